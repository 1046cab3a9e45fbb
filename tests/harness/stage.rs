//! The cockpit without a terminal over the embedded world: keys in, screen out, and the world at hand.
//!
//! Time stands still unless [`Journey::advance`] moves it, so that the same keys always show the same screen. Nothing
//! here waits for time to pass: [`Journey::until`] takes in what arrives until the screen is as wanted, and fails with
//! the screen.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use pilothouse::app::Opening;
use pilothouse::app::fleet::{Fleet, Pace, World};
use pilothouse::app::setup;
use pilothouse::app::stage::{Outward, Stage};
use pilothouse::config::{Paths, SettingsFile};
use pilothouse::settings::{Cockpit, Overrides};
use pilothouse::simulator::Simulator;
use pilothouse::simulator::clock::SimClock;
use pilothouse::simulator::demo::Demo;
use pilothouse::simulator::store::Store;
use pilothouse::sources;
use pilothouse::ui::input::{Key, Mouse, MouseAction};
use pilothouse::ui::keymap::{Chord, Keymap};
use pilothouse::ui::message::Msg;
use pilothouse::ui::theme::{Depth, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tempfile::TempDir;

use super::screen::Screen;

/// How long a picture may take on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The clusters of the embedded world.
pub(crate) const DEV: &str = "myapp-dev";
pub(crate) const PROD: &str = "myapp-prod";

/// How a journey begins.
pub(crate) struct Plan {
    world: Kind,
    settings: Cockpit,
    size: (u16, u16),
    before: Box<dyn FnOnce(&Simulator)>,
    listening: Option<sources::Pace>,
}

enum Kind {
    Scenario(String),
    Own(Simulator),
}

impl Plan {
    /// The reference fleet in this trouble; healthy when empty.
    pub(crate) fn in_trouble(scenario: &str) -> Self {
        Self::over(Kind::Scenario(scenario.to_owned()))
    }

    /// Two clusters without a single object.
    pub(crate) fn empty() -> Self {
        let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        simulator.add_cluster(DEV);
        simulator.add_cluster(PROD);
        Self::over(Kind::Own(simulator))
    }

    fn over(world: Kind) -> Self {
        let mut settings = Cockpit::default();
        // Tables of views that were left stay as they are while a test goes on.
        settings.watch.linger = Duration::from_secs(600);
        Self { world, settings, size: (120, 40), before: Box::new(|_| {}), listening: None }
    }

    pub(crate) fn size(mut self, width: u16, height: u16) -> Self {
        self.size = (width, height);
        self
    }

    /// Settings, flags above all.
    pub(crate) fn with(mut self, flags: Overrides) -> Self {
        self.settings = self.settings.with(flags);
        self
    }

    /// The first view.
    pub(crate) fn view(self, view: &str) -> Self {
        self.with(Overrides { view: Some(view.to_owned()), ..Overrides::default() })
    }

    /// Nothing is connected yet: what is broken from the start, who asks.
    pub(crate) fn before(mut self, act: impl FnOnce(&Simulator) + 'static) -> Self {
        self.before = Box::new(act);
        self
    }

    /// Retries and lingers of milliseconds.
    pub(crate) fn hasty(mut self) -> Self {
        let pace = sources::Pace {
            linger: Duration::from_millis(50),
            forget_after: Duration::from_millis(50),
            retry_first: Duration::from_millis(20),
            retry_most: Duration::from_millis(100),
            watch: Duration::from_secs(2),
            watch_grace: Duration::from_millis(500),
            refused: Duration::from_millis(100),
            ..sources::Pace::default()
        };
        self.listening = Some(pace);
        self
    }

    /// Starts to listen. The first screen is drawn; nothing has arrived yet.
    pub(crate) fn open(self) -> Journey {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let opening = Opening {
            file: SettingsFile { path: paths.settings(), is_named: false },
            paths,
            settings: self.settings,
            flags: Overrides::default(),
            keymap: Keymap::shipped(),
            kubeconfig: Vec::new(),
            kubeconfig_is_named: false,
            https_proxy: None,
            no_proxy: None,
            demo: match &self.world {
                Kind::Scenario(scenario) => Some(scenario.clone()),
                Kind::Own(_) => None,
            },
        };
        let mut fleet = match self.world {
            Kind::Scenario(_) => Fleet::open(&opening, Pace::Still).unwrap(),
            Kind::Own(simulator) => Fleet::over(&opening, World::at_rest(simulator)).unwrap(),
        };
        let world = fleet.world.as_ref().unwrap();
        let (simulator, life) = (world.simulator.clone(), world.take_life());
        (self.before)(&simulator);
        // On a machine with much to do a journey may take longer than a watch lasts.
        fleet.listening.watch = Duration::from_secs(3600);
        if let Some(pace) = self.listening {
            fleet.listening = pace;
            for member in &mut fleet.clusters {
                member.settings.answer_timeout = Duration::from_secs(2);
            }
        }
        let theme = Theme::shipped("dark", Depth::True).unwrap();
        let ui = setup::ui(&opening, &fleet, theme.clone(), Depth::True);
        let stage = Stage::open(fleet, ui, opening.paths.saved()).unwrap();
        let mut journey = Journey {
            stage,
            simulator,
            life,
            theme,
            size: self.size,
            outward: Vec::new(),
            saved: opening.paths.saved(),
            _home: home,
        };
        journey.screen();
        journey
    }
}

/// A cockpit on its way.
pub(crate) struct Journey {
    pub(crate) stage: Stage,
    pub(crate) simulator: Simulator,
    pub(crate) life: Option<Demo>,
    pub(crate) theme: Theme,
    size: (u16, u16),
    outward: Vec<Outward>,
    /// Where the user's saved files go.
    pub(crate) saved: PathBuf,
    _home: TempDir,
}

impl Journey {
    /// This view of the healthy fleet, with everything that it shows.
    pub(crate) fn at(view: &str) -> Self {
        let mut journey = Plan::in_trouble("").view(view).open();
        journey.settle();
        journey
    }

    /// This view of the fleet in trouble, with everything that it shows.
    pub(crate) fn in_trouble(scenario: &str, view: &str) -> Self {
        let mut journey = Plan::in_trouble(scenario).view(view).open();
        journey.settle();
        journey
    }

    /// Presses keys as they are written in the keymap: `v p`, `ctrl-w`, `enter`.
    pub(crate) fn press(&mut self, keys: &str) -> Screen {
        let chord = Chord::parse(keys).unwrap();
        for key in chord.keys() {
            self.tell(Msg::Key(*key));
            self.screen();
        }
        self.screen()
    }

    /// Types a text letter by letter.
    pub(crate) fn type_text(&mut self, text: &str) -> Screen {
        for letter in text.chars() {
            self.tell(Msg::Key(Key::char(letter)));
        }
        self.screen()
    }

    /// Types a line into the palette and runs it.
    pub(crate) fn run(&mut self, line: &str) -> Screen {
        self.press(":");
        self.type_text(line);
        self.press("enter");
        self.settle()
    }

    /// Filters the table.
    pub(crate) fn filter(&mut self, text: &str) -> Screen {
        self.press("/");
        self.type_text(text);
        self.press("enter")
    }

    pub(crate) fn mouse(&mut self, (column, row): (u16, u16), action: MouseAction) -> Screen {
        self.tell(Msg::Mouse(Mouse { column, row, action }));
        self.screen()
    }

    /// Moves the cursor to the row of this text and stays there.
    pub(crate) fn go_to(&mut self, text: &str) -> Screen {
        self.press("g");
        let mut line = self.selected();
        for _ in 0..400 {
            if line.contains(text) {
                return self.screen();
            }
            self.press("j");
            let next = self.selected();
            if next == line {
                break;
            }
            line = next;
        }
        let screen = self.screen();
        if !self.selected_of(&screen).contains(text) {
            panic!("there is no row with {text:?}{screen:?}");
        }
        screen
    }

    /// The line under the cursor.
    pub(crate) fn selected(&mut self) -> String {
        let screen = self.screen();
        self.selected_of(&screen)
    }

    fn selected_of(&self, screen: &Screen) -> String {
        screen.selected(&self.theme).join("\n")
    }

    pub(crate) fn tell(&mut self, message: Msg) {
        let outward = self.stage.tell(message);
        self.outward.extend(outward);
    }

    /// What the cockpit asked of the terminal since the last time.
    pub(crate) fn outward(&mut self) -> Vec<Outward> {
        std::mem::take(&mut self.outward)
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) -> Screen {
        self.size = (width, height);
        self.tell(Msg::Resize(width, height));
        self.screen()
    }

    /// The screen as it is now.
    pub(crate) fn screen(&mut self) -> Screen {
        draw(&mut self.stage, self.size)
    }

    /// Takes in what arrives until the screen is as wanted; fails with the screen.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&Screen) -> bool) -> Screen {
        let size = self.size;
        let done = self.stage.until(Instant::now() + PATIENCE, |stage| wanted(&draw(stage, size)));
        let screen = self.screen();
        if !done {
            let asked = self.asked();
            panic!("never {what}{screen:?}\nasked:\n{asked}");
        }
        screen
    }

    pub(crate) fn until_shows(&mut self, text: &str) -> Screen {
        self.until(&format!("showed {text:?}"), |screen| screen.shows(text))
    }

    pub(crate) fn until_gone(&mut self, text: &str) -> Screen {
        self.until(&format!("lost {text:?}"), |screen| !screen.shows(text))
    }

    /// Takes in what arrives until something is true of the picture behind the screen.
    pub(crate) fn until_stage(&mut self, what: &str, wanted: impl Fn(&Stage) -> bool) -> Screen {
        let size = self.size;
        let done = self.stage.until(Instant::now() + PATIENCE, |stage| {
            draw(stage, size);
            wanted(stage)
        });
        let screen = self.screen();
        assert!(done, "never {what}{screen:?}\nasked:\n{}", self.asked());
        screen
    }

    /// Takes in what arrives until everything that is looked at is there, or known not to be had. Columns are as wide as
    /// what is there now needs, whatever came first.
    pub(crate) fn settle(&mut self) -> Screen {
        self.until_stage("settled", |stage| stage.is_acquainted() && stage.is_settled());
        let (width, height) = self.size;
        draw(&mut self.stage, (width + 1, height));
        self.screen()
    }

    /// Lets the embedded world live for a while, and the screen see what time it is.
    pub(crate) fn advance(&mut self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap();
        match &mut self.life {
            Some(life) => life.advance(by),
            None => self.simulator.clock().advance(by.unsigned_abs()),
        }
        self.tell(Msg::Wake);
    }

    /// The objects of a cluster.
    pub(crate) fn world(&self, cluster: &str) -> Store {
        self.simulator.cluster(cluster).unwrap().clone()
    }

    /// How often a cluster was asked for a list under this path.
    pub(crate) fn lists(&self, cluster: &str, path: &str) -> usize {
        self.world(cluster).requests().count(|request| {
            request.path == path && request.method == "GET" && !request.query.contains("watch=")
        })
    }

    /// How often a cluster was asked to watch this path.
    pub(crate) fn watches(&self, cluster: &str, path: &str) -> usize {
        self.world(cluster)
            .requests()
            .count(|request| request.path == path && request.query.contains("watch="))
    }

    /// What the clusters were asked, for failures.
    fn asked(&self) -> String {
        let mut lines = Vec::new();
        for name in self.simulator.clusters() {
            for request in self.world(name).requests().all() {
                let status = request.status.map_or("never answered".to_owned(), |status| status.to_string());
                lines.push(format!("{name} {status} {} {}?{}", request.method, request.path, request.query));
            }
        }
        lines.join("\n")
    }
}

fn draw(stage: &mut Stage, (width, height): (u16, u16)) -> Screen {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    stage.draw(&mut buffer);
    Screen::new(buffer)
}
