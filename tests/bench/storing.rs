//! The store: what fifty changes cost in tables of different sizes, and a whole list.

use super::Outcome;
use super::figures::{Figures, ROUNDS, Times};
use super::pods::Large;

/// Changes that travel together: 500 a second, ten pictures a second.
const TOGETHER: usize = 50;
/// How often they come.
const TIMES: usize = 200;

pub(crate) fn measure(figures: &mut Figures) -> Outcome {
    let mut medians = Vec::new();
    for pods in [20_000, 100_000] {
        let mut large = Large::new(pods)?;
        // Somebody is looking at the picture before: nothing may be changed in place.
        let mut shown = large.store.publish();
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let mut times = Times::default();
            for _ in 0..TIMES {
                let delta = large.changes(TOGETHER)?;
                let store = &mut large.store;
                shown = times.take(|| {
                    store.apply(delta);
                    store.publish()
                });
            }
            rounds.push(times);
        }
        drop(shown);
        let times = Times::best_of(rounds);
        medians.push(times.quantile(0.5));
        figures.hold_times(&format!("apply and publish 50 changes in {pods} rows"), &times, 3.0);
    }
    if let [small, large] = medians[..] {
        figures.tell("the same in 100,000 rows beside 20,000", large / small, "×");
    }
    Ok(())
}
