//! The screen: a key to its finished frame, quiet and under change; sorting, filtering, jumping.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pilothouse::fleet::{Environment, Timestamp};
use pilothouse::snapshot::Snapshot;
use pilothouse::ui::cockpit::{ReadOnly, Setup, Ui};
use pilothouse::ui::input::{Key, KeyCode};
use pilothouse::ui::keymap::Keymap;
use pilothouse::ui::message::{Effect, Msg};
use pilothouse::ui::table_view::Glyphs;
use pilothouse::ui::theme::{Depth, Theme};
use pilothouse::ui::view::Scope;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::Outcome;
use super::figures::{Figures, ROUNDS, Times};
use super::pods::{Large, NOW};

/// As large as terminals of careful people are.
const SIZE: Size = Size { width: 200, height: 50 };
/// Keys of one measurement.
const KEYS: usize = 300;

/// A cockpit without its terminal.
pub(crate) struct Screen {
    ui: Ui,
    buffer: Buffer,
    now: Timestamp,
}

impl Screen {
    /// Looks at the pods of a cluster.
    pub(crate) fn open(large: &Large) -> Result<Self, Box<dyn Error>> {
        let theme = Theme::shipped("dark", Depth::True).map_err(|complaints| format!("{complaints:?}"))?;
        let ui = Ui::new(Setup {
            preferences: Default::default(),
            theme,
            depth: Depth::True,
            themes: Vec::new(),
            keymap: Keymap::shipped(),
            environments: vec![Environment::guessed("prod")],
            clusters: vec![large.cluster.clone()],
            scope: Scope::default(),
            read_only: ReadOnly::No,
            glyphs: Glyphs::Unicode,
            view: "pods".to_owned(),
            favourites: Vec::new(),
        });
        let now = Timestamp::parse(NOW);
        Ok(Self { ui, buffer: Buffer::empty(Rect::new(0, 0, SIZE.width, SIZE.height)), now })
    }

    /// Tells it something.
    pub(crate) fn tell(&mut self, message: Msg) -> Vec<Effect> {
        self.ui.update(message, self.now)
    }

    /// Takes in a picture.
    pub(crate) fn look(&mut self, snapshot: Arc<Snapshot>) {
        self.tell(Msg::Snapshot(snapshot));
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, code: KeyCode) -> Vec<Effect> {
        self.tell(Msg::Key(Key::plain(code)))
    }

    /// Draws.
    pub(crate) fn draw(&mut self) {
        self.buffer.reset();
        self.ui.prepare(SIZE, self.now);
        self.ui.render(&mut self.buffer);
        std::hint::black_box(&self.buffer);
    }

    /// Draws the frames that the last one asked for at once, and says how long they took.
    pub(crate) fn settle(&mut self) -> Duration {
        let mut all = Duration::ZERO;
        while self.ui.next_wake(self.now).is_some_and(|wake| wake < self.now) {
            let start = Instant::now();
            self.tell(Msg::Wake);
            self.draw();
            all += start.elapsed();
        }
        all
    }

    /// Presses a key and draws what it did.
    pub(crate) fn answer(&mut self, code: KeyCode) {
        self.press(code);
        self.draw();
    }
}

pub(crate) fn measure(figures: &mut Figures) -> Outcome {
    for pods in [2_000, 20_000, 100_000] {
        let mut large = Large::new(pods)?;
        let mut screen = Screen::open(&large)?;
        screen.look(large.store.publish());
        screen.draw();
        keys(figures, &mut screen, pods);
        changes(figures, &mut screen, &mut large, pods, 'j', "key to frame with 50 new rows")?;
        if pods == 100_000 {
            actions(figures, &mut screen, pods);
        }
        if pods == 20_000 {
            actions(figures, &mut screen, pods);
            screen.answer(KeyCode::Char('R'));
            screen.answer(KeyCode::Char('g'));
            changes(figures, &mut screen, &mut large, pods, 'j', "the same, sorted by what changes")?;
        }
    }
    Ok(())
}

fn keys(figures: &mut Figures, screen: &mut Screen, pods: usize) {
    let rounds: Vec<Times> = std::iter::repeat_with(|| {
        let mut times = Times::default();
        for _ in 0..KEYS {
            times.take(|| screen.answer(KeyCode::Char('j')));
        }
        screen.answer(KeyCode::Char('g'));
        times
    })
    .take(ROUNDS)
    .collect();
    let times = Times::best_of(rounds);
    figures.hold_times(&format!("key to frame, quiet, {pods} rows"), &times, 3.0);
}

/// The worst case of every tenth of a second: the picture with the changes has come just before the key.
fn changes(
    figures: &mut Figures,
    screen: &mut Screen,
    large: &mut Large,
    pods: usize,
    key: char,
    what: &str,
) -> Outcome {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let mut times = Times::default();
        for _ in 0..KEYS {
            let delta = large.changes(50)?;
            large.store.apply(delta);
            let snapshot = large.store.publish();
            times.take(|| {
                screen.look(snapshot);
                screen.answer(KeyCode::Char(key));
            });
        }
        rounds.push(times);
    }
    let times = Times::best_of(rounds);
    figures.hold_times(&format!("{what}, {pods} rows"), &times, 8.0);
    Ok(())
}

/// What is done to a table: the keys of each step, and how long one of them may take.
fn steps() -> [(&'static str, Vec<KeyCode>, f64); 9] {
    let letters = |word: &str| word.chars().map(KeyCode::Char).collect::<Vec<_>>();
    [
        ("jump to the end and back", letters("GgGg"), 20.0),
        ("sort by age, status, restarts, name, the other way", letters("ASRN~N"), 20.0),
        ("open the filter", letters("/"), 20.0),
        ("each character of a filter", letters("backend-00"), 5.0),
        ("each character taken back", vec![KeyCode::Backspace; 10], 5.0),
        ("each character of a condition", letters("restarts>3"), 5.0),
        ("leave the filter", vec![KeyCode::Esc], 20.0),
        ("each character of a fuzzy filter", letters("/~bkndprod"), 5.0),
        ("clear the filter", vec![KeyCode::Enter, KeyCode::Esc], 20.0),
    ]
}

fn actions(figures: &mut Figures, screen: &mut Screen, pods: usize) {
    let mut rounds: Vec<Vec<(Times, Times)>> = Vec::new();
    for _ in 0..ROUNDS {
        let mut taken = Vec::new();
        for (_, keys, _) in steps() {
            let (mut times, mut more) = (Times::default(), Times::default());
            for key in keys {
                times.take(|| screen.answer(key));
                // The next key comes a tenth of a second later; what the frame left to the following ones is done then.
                more.add(screen.settle());
            }
            taken.push((times, more));
        }
        rounds.push(taken);
    }
    for (what, keys, at_most) in steps().into_iter().rev() {
        let (times, more): (Vec<Times>, Vec<Times>) = rounds.iter_mut().filter_map(Vec::pop).unzip();
        let (times, more) = (Times::best_of(times), Times::best_of(more));
        figures.hold(format!("{what} in {pods} rows, worst of {}", keys.len()), times.worst(), "ms", at_most);
        if more.worst() > 0.0 {
            figures.tell(
                format!("{what} in {pods} rows, what the next frames do, worst"),
                more.worst(),
                "ms",
            );
        }
    }
}
