//! The cockpit without its terminal: the screen's state, the fleet it listens to, and the inbox between them.
//!
//! The cockpit on a terminal, the one-shot commands and the tests all drive this, so that what one of them shows the
//! others show too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::effects::Effects;
use super::fleet::Fleet;
use super::inbox::{Arrival, Inbox, Post, inbox};
use super::live::Live;
use crate::config::{Changed, Unusable};
use crate::fleet::aws::kind::is_aws;
use crate::fleet::time::Clock;
use crate::fleet::{ClusterId, Interest, Problem, ProblemKind, Timestamp};
use crate::planes;
use crate::settings::Cockpit as Settings;
use crate::snapshot::{Freshness, Link, Snapshot, derived};
use crate::terminal::InputEvent;
use crate::ui::cockpit::Ui;
use crate::ui::export::{Export, ExportUnknown};
use crate::ui::fresh::Picture;
use crate::ui::message::{Effect, Msg, Notice};

/// What the inbox brings.
#[derive(Debug)]
pub enum Event {
    /// For the screen.
    Ui(Msg),
    /// The user, the terminal or the operating system said something.
    Input(InputEvent),
    /// The settings, the keys or a theme changed.
    Settings(Changed, Box<Result<Settings, Unusable>>),
}

/// What the stage cannot do by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outward {
    /// End.
    Quit,
    /// Give the terminal back to the shell until `fg`.
    Suspend,
    /// Put a text on the clipboard.
    Copy(String),
}

/// The cockpit without its terminal.
pub struct Stage {
    ui: Ui,
    live: Arc<Live>,
    effects: Effects,
    post: Post<Event>,
    inbox: Inbox<Event>,
    clock: Clock,
    newest: Arc<Snapshot>,
    wanted: BTreeSet<Interest>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("ui", &self.ui).field("live", &self.live).finish_non_exhaustive()
    }
}

impl Stage {
    /// Starts to listen to what the screen wants to see.
    pub fn open(fleet: Fleet, ui: Ui, saved: std::path::PathBuf) -> Result<Self, Problem> {
        let (post, inbox) = inbox();
        let clock = Arc::clone(&fleet.clock);
        let problems = fleet.problems.clone();
        let pictures = post.clone();
        let live = Arc::new(Live::start(fleet, move |snapshot| pictures.snapshot(snapshot))?);
        let effects = Effects::new(Arc::clone(&live), post.clone(), saved);
        let mut stage =
            Self { ui, live, effects, post, inbox, clock, newest: Arc::default(), wanted: BTreeSet::new() };
        for problem in problems {
            stage.tell(Msg::Notice(Notice::Problem(problem)));
        }
        stage.want();
        Ok(stage)
    }

    /// Where events may be sent to.
    pub fn post(&self) -> &Post<Event> {
        &self.post
    }

    /// The screen's state.
    pub fn ui(&mut self) -> &mut Ui {
        &mut self.ui
    }

    /// What is being listened to.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The present moment, as the fleet's clock tells it.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The newest picture that the screen has seen.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.newest
    }

    /// The next arrival; waits for it until `deadline`.
    pub fn next(&self, deadline: Option<Instant>) -> Arrival<Event> {
        self.inbox.next(deadline)
    }

    /// A newer picture came.
    pub fn picture(&mut self, snapshot: Arc<Snapshot>) -> Vec<Outward> {
        self.newest = Arc::clone(&snapshot);
        self.tell(Msg::Snapshot(snapshot))
    }

    /// Hands a message to the screen, and carries out what it asks for.
    pub fn tell(&mut self, message: Msg) -> Vec<Outward> {
        let mut outward = Vec::new();
        let mut messages = vec![message];
        while let Some(message) = messages.pop() {
            for effect in self.ui.update(message, (self.clock)()) {
                match effect {
                    Effect::Quit => outward.push(Outward::Quit),
                    Effect::Suspend => outward.push(Outward::Suspend),
                    Effect::Copy(text) => outward.push(Outward::Copy(text)),
                    Effect::Fetch(object) => self.effects.fetch(object),
                    Effect::OpenLog(request) => self.effects.open_log(request),
                    Effect::CloseLog(id) => self.effects.close_log(id),
                    Effect::StartQuery(request) => self.effects.start_query(request),
                    Effect::StopQuery(id) => self.effects.stop_query(id),
                    Effect::Save { name, content } => {
                        messages.push(Msg::Notice(self.effects.save(&name, &content)));
                    }
                    Effect::Reconnect(cluster) => self.live.reconnect(&cluster),
                }
            }
        }
        self.want();
        outward
    }

    /// Draws the screen as it is now.
    pub fn draw(&mut self, buffer: &mut Buffer) {
        let Rect { width, height, .. } = buffer.area;
        self.ui.prepare(Size { width, height }, (self.clock)());
        self.ui.render(buffer);
        self.want();
    }

    /// Takes in what arrives until `done` says so or the deadline has passed; says whether it was done.
    pub fn until(&mut self, deadline: Instant, mut done: impl FnMut(&mut Self) -> bool) -> bool {
        loop {
            if done(self) {
                return true;
            }
            match self.next(Some(deadline)) {
                Arrival::Message(Event::Ui(message)) => {
                    self.tell(message);
                }
                Arrival::Message(Event::Input(_) | Event::Settings(..)) => {}
                Arrival::Snapshot(snapshot) => {
                    self.picture(snapshot);
                }
                Arrival::Nothing if Instant::now() < deadline => {}
                Arrival::Nothing | Arrival::Closed => return done(self),
            }
        }
    }

    /// How long the screen may rest before what it shows goes out of date by itself.
    pub fn wake_in(&self) -> Option<Duration> {
        let now = (self.clock)();
        let wake = self.ui.next_wake(now)?;
        if wake < now {
            // There is more to do than fitted into the last frame; keys that wait come first.
            return Some(Duration::from_millis(1));
        }
        // The clock counts whole seconds: a little later is after the change and not just before it.
        let seconds = u64::try_from(now.seconds_before(wake)).unwrap_or(0);
        Some(Duration::from_secs(seconds.max(1)))
    }

    /// What the view says, as data; `None` when it does not speak in rows. Where a cluster lacks a table that the view
    /// says nothing about, for example one that only fills a column, that is told too.
    pub fn export(&mut self) -> Option<Export> {
        let now = (self.clock)();
        self.ui.prepare(Size { width: 200, height: 60 }, now);
        let mut export = self.ui.export(now)?;
        let mut untold: Vec<ExportUnknown> = Vec::new();
        for interest in self.wanted.iter().filter(|interest| !self.has(interest)) {
            let cluster = interest.cluster.name();
            if export.unknown.iter().any(|unknown| unknown.cluster == cluster) {
                continue;
            }
            let seen = self.newest.cluster(&interest.cluster);
            let why = seen.and_then(|seen| Picture::of(seen, &interest.resource).unknown());
            let (what, why) = (interest.resource.qualified(), why.unwrap_or_else(|| "not read".to_owned()));
            match untold.iter_mut().find(|unknown| unknown.cluster == cluster && unknown.why == why) {
                Some(like) => like.what = format!("{}, {what}", like.what),
                None => untold.push(ExportUnknown { cluster: cluster.to_owned(), what, why }),
            }
        }
        export.unknown.append(&mut untold);
        Some(export)
    }

    /// True when every table that the screen wants is complete and current, in every cluster.
    pub fn is_complete(&self) -> bool {
        self.wanted.iter().all(|interest| self.has(interest))
    }

    /// True while something that the screen wants is missing only because a server asked for patience.
    pub fn is_held_off(&self) -> bool {
        self.wanted.iter().any(|interest| {
            let freshness =
                self.newest.cluster(&interest.cluster).map(|seen| seen.freshness(&interest.resource));
            matches!(
                freshness,
                Some(Freshness::Unavailable { problem } | Freshness::Stale { problem, .. })
                    if problem.kind() == ProblemKind::Throttled
            )
        })
    }

    fn has(&self, interest: &Interest) -> bool {
        self.newest.cluster(&interest.cluster).is_some_and(|cluster| {
            let freshness = cluster.freshness(&interest.resource);
            // Where nobody has named an account there is nothing of AWS that could be missing.
            let is_unset = matches!(&freshness, Freshness::Unavailable { problem } if problem.kind() == ProblemKind::Unset);
            freshness.is_current() || is_unset
        })
    }

    /// True when every table that the screen wants is complete, or known not to be had.
    pub fn is_settled(&self) -> bool {
        let is_settled = |interest: &Interest| {
            self.newest.cluster(&interest.cluster).is_some_and(|cluster| {
                let kind = &interest.resource;
                // What is concluded here, or read from AWS, does not wait for the cluster.
                let is_over = match kind.group == derived::GROUP {
                    true => cluster.any_table(kind).is_some(),
                    false => !is_aws(kind),
                };
                let is_lost = matches!(cluster.link, Link::Down(_)) && is_over;
                is_lost || cluster.freshness(kind).is_settled()
            })
        };
        // What is looked at once is looked at whole, with what only adds to it and for which nobody else waits.
        let clusters: Vec<ClusterId> =
            self.newest.clusters.iter().map(|cluster| cluster.id.clone()).collect();
        let inputs = planes::inputs_of(&self.wanted, &clusters);
        self.wanted.iter().chain(&inputs).all(is_settled)
    }

    /// True when every cluster has said what it offers, or cannot be reached.
    pub fn is_acquainted(&self) -> bool {
        !self.newest.clusters.is_empty()
            && self.newest.clusters.iter().all(|cluster| match &cluster.link {
                Link::Connecting => false,
                Link::Up(_) => !cluster.catalog.kinds.is_empty(),
                Link::Down(_) => true,
            })
    }

    fn want(&mut self) {
        let wanted = self.ui.interests();
        if wanted != self.wanted {
            self.live.want(wanted.clone());
            self.wanted = wanted;
        }
    }
}
