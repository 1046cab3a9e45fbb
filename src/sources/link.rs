//! The state of a cluster's connection, as its tables see it. One task per cluster finds out; its tables report what
//! they notice and wait for the verdict, instead of knocking on a closed door one by one.

use tokio::sync::{mpsc, watch};

use crate::fleet::Problem;

/// Whether the API server answers.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkState {
    /// Grows each time the server was found to answer.
    pub(super) generation: u64,
    /// It answers, as far as is known.
    pub(super) up: bool,
    /// Why not; `None` while the first answer is awaited.
    pub(super) problem: Option<Problem>,
}

/// A table's end of it.
#[derive(Clone, Debug)]
pub(super) struct LinkWatch {
    state: watch::Receiver<LinkState>,
    lost: mpsc::Sender<()>,
}

impl LinkWatch {
    pub(super) fn new(state: watch::Receiver<LinkState>, lost: mpsc::Sender<()>) -> Self {
        Self { state, lost }
    }

    /// The state now; a later [`LinkWatch::changed`] waits for another one.
    pub(super) fn state(&mut self) -> LinkState {
        self.state.borrow_and_update().clone()
    }

    /// Says that a request of this generation got no answer, or that the credentials were refused.
    pub(super) fn report(&self, generation: u64) {
        if generation == self.state.borrow().generation {
            // Full means that somebody reported already.
            let _ = self.lost.try_send(());
        }
    }

    /// Says that the connection may be half-open.
    pub(super) fn doubt(&self) {
        // Two statements: the state is read again in there, and a reader may not wait for itself behind a writer.
        let generation = self.state.borrow().generation;
        self.report(generation);
    }

    /// Waits until the server is found not to answer.
    pub(super) async fn down(&mut self) -> Problem {
        loop {
            let state = self.state();
            match state.problem {
                Some(problem) if !state.up => return problem,
                _ => self.changed().await,
            }
        }
    }

    /// Waits for another state.
    pub(super) async fn changed(&mut self) {
        if self.state.changed().await.is_err() {
            // The cluster's task ended and takes this one with it.
            std::future::pending::<()>().await;
        }
    }
}
