//! The cockpit on a terminal: one thread, one inbox, frames only when something visible changed.

use std::sync::mpsc::SyncSender;
use std::time::Instant;

use ratatui::layout::Size;

use super::fleet::{self, Fleet, Pace};
use super::frame::FrameScheduler;
use super::inbox::Arrival;
use super::look;
use super::names;
use super::opening::Opening;
use super::setup;
use super::stage::{Event, Outward, Stage};
use crate::config::{Changed, Watcher, variable};
use crate::fleet::Problem;
use crate::terminal::{self, Background, Ending, InputEvent, Options, Screen};
use crate::ui::message::{Msg, Notice};
use crate::ui::theme::Depth;

/// How many messages are taken in before the screen is looked after again.
const BURST: usize = 64;

/// Runs the cockpit until the user leaves it. `None` is the user's own wish; otherwise what ended it.
pub fn run(opening: Opening) -> Result<Option<Ending>, Problem> {
    let depth = terminal::depth_of_terminal(&variable);
    let background = Background::by_variable(&variable);
    let is_auto = opening.settings.screen.theme.is_none();
    let light = background == Some(Background::Light);
    let theme = look::theme(&opening.settings, &opening.paths, depth, light).map_err(look::together)?;
    let fleet = Fleet::open(&opening, Pace::Living)?;
    let ui = setup::ui(&opening, &fleet, theme, depth);
    let ask_background = is_auto && background.is_none() && depth != Depth::None;
    let mut screen = Screen::enter(&Options {
        mouse: opening.settings.screen.mouse,
        ask_background,
        variable: &variable,
    })?;
    let mut stage = Stage::open(fleet, ui, opening.paths.saved())?;
    let mut cockpit = Cockpit { opening, depth, frames: FrameScheduler::default(), ending: None };
    cockpit.draw(&mut stage, &mut screen)?;
    let settings = stage.post().clone();
    let (file, paths) = (cockpit.opening.file.clone(), &cockpit.opening.paths);
    let watching = Watcher::configuration(file, paths, move |changed, read| {
        // Nobody reads on at the end of the program only.
        let _ = settings.send(Event::Settings(changed, Box::new(read)));
    });
    if let Err(problem) = &watching {
        stage.tell(Msg::Notice(Notice::Problem(problem.clone())));
    }
    let input = terminal::spawn_input(input_queue(&stage), |event| Some(Event::Input(event)))?;
    let ended = cockpit.run(&mut stage, &mut screen);
    input.stop();
    drop(screen);
    ended.map(|()| cockpit.ending)
}

fn input_queue(stage: &Stage) -> SyncSender<Option<Event>> {
    stage.post().queue()
}

struct Cockpit {
    opening: Opening,
    depth: Depth,
    frames: FrameScheduler,
    ending: Option<Ending>,
}

impl Cockpit {
    fn run(&mut self, stage: &mut Stage, screen: &mut Screen) -> Result<(), Problem> {
        loop {
            let mut deadline = self.frames.deadline();
            for _ in 0..BURST {
                let outward = match stage.next(deadline) {
                    Arrival::Message(Event::Ui(message)) => {
                        let outward = stage.tell(message);
                        self.frames.data(now());
                        outward
                    }
                    Arrival::Message(Event::Input(event)) => match self.input(event, stage, screen)? {
                        Some(outward) => outward,
                        None => return Ok(()),
                    },
                    Arrival::Message(Event::Settings(changed, read)) => {
                        self.settings(changed, *read, stage);
                        Vec::new()
                    }
                    Arrival::Snapshot(snapshot) => {
                        let outward = stage.picture(snapshot);
                        if stage.ui().needs_frame() {
                            self.frames.data(now());
                        }
                        outward
                    }
                    Arrival::Nothing => break,
                    Arrival::Closed => return Ok(()),
                };
                if self.carry_out(outward, stage, screen)? {
                    return Ok(());
                }
                // Whatever else has arrived already is taken in before the frame.
                deadline = Some(now());
            }
            if self.frames.is_due(now()) {
                self.draw(stage, screen)?;
            }
        }
    }

    /// What the user did; `None` is the end.
    fn input(
        &mut self,
        event: InputEvent,
        stage: &mut Stage,
        screen: &mut Screen,
    ) -> Result<Option<Vec<Outward>>, Problem> {
        let message = match event {
            InputEvent::Key(key) => Msg::Key(key),
            InputEvent::Mouse(mouse) => Msg::Mouse(mouse),
            InputEvent::Paste(text) => Msg::Paste(text),
            InputEvent::Resize(width, height) => {
                screen.resize(Size { width, height });
                Msg::Resize(width, height)
            }
            InputEvent::Continued => {
                screen.resume()?;
                let Size { width, height } = screen.size();
                Msg::Resize(width, height)
            }
            InputEvent::Background(background) => {
                let light = background == Background::Light;
                let theme = look::theme(&self.opening.settings, &self.opening.paths, self.depth, light);
                stage.ui().recolour(theme.map_err(look::together)?);
                self.frames.input(now());
                return Ok(Some(Vec::new()));
            }
            InputEvent::End(ending) => {
                self.ending = Some(ending);
                return Ok(None);
            }
        };
        let outward = stage.tell(message);
        self.frames.input(now());
        Ok(Some(outward))
    }

    /// Settings that were read anew are taken as a whole, or not at all.
    fn settings(
        &mut self,
        changed: Changed,
        read: Result<crate::settings::Cockpit, crate::config::Unusable>,
        stage: &mut Stage,
    ) {
        let what = match changed {
            Changed::Settings => "settings",
            Changed::Keys => "keys",
            Changed::Themes => "themes",
            Changed::Blueprints => "blueprints",
        };
        // The embedded world has blueprints of its own.
        if changed == Changed::Blueprints && stage.live().fleet().world.is_some() {
            return;
        }
        let taken = match changed {
            Changed::Settings => read.map_err(Problem::from).and_then(|settings| self.take(settings, stage)),
            Changed::Keys => self.take_keys(stage),
            Changed::Themes => self.take_themes(stage),
            Changed::Blueprints => fleet::own_blueprints(&self.opening)
                .map(|blueprints| stage.live().judge_by(blueprints.into())),
        };
        let told = match taken {
            Ok(()) => Notice::Info(format!("{what} read again")),
            Err(problem) => Notice::Problem(
                problem
                    .while_doing(&format!("the {what} before stay in effect"))
                    .with_hint("`pilothouse config check`"),
            ),
        };
        stage.tell(Msg::Notice(told));
        self.frames.data(now());
    }

    fn take_keys(&mut self, stage: &mut Stage) -> Result<(), Problem> {
        let keymap = look::keymap(&self.opening.paths.keymap()).map_err(look::together)?;
        stage.ui().rebind(keymap);
        Ok(())
    }

    /// The theme on screen is read again, whether the settings or the user chose it.
    fn take_themes(&mut self, stage: &mut Stage) -> Result<(), Problem> {
        let themes = setup::own_themes(&self.opening.paths);
        let name = stage.ui().theme().to_owned();
        let theme =
            look::named_theme(&name, &self.opening.paths.themes(), self.depth).map_err(look::together)?;
        stage.ui().take_themes(themes);
        stage.ui().recolour(theme);
        Ok(())
    }

    fn take(&mut self, settings: crate::settings::Cockpit, stage: &mut Stage) -> Result<(), Problem> {
        names::check(&settings).into_iter().next().map_or(Ok(()), Err)?;
        let settings = settings.with(self.opening.flags.clone());
        let keymap = look::keymap(&self.opening.paths.keymap()).map_err(look::together)?;
        let light = Background::by_variable(&variable) == Some(Background::Light);
        let theme = look::theme(&settings, &self.opening.paths, self.depth, light).map_err(look::together)?;
        self.opening.settings = settings;
        let settings = &self.opening.settings;
        stage.ui().restyle(theme, keymap, setup::glyphs(settings), setup::preferences(settings));
        Ok(())
    }

    /// True at the end.
    fn carry_out(
        &mut self,
        outward: Vec<Outward>,
        stage: &mut Stage,
        screen: &mut Screen,
    ) -> Result<bool, Problem> {
        for wish in outward {
            match wish {
                Outward::Quit => return Ok(true),
                Outward::Suspend => {
                    screen.suspend()?;
                    let Size { width, height } = screen.size();
                    stage.tell(Msg::Resize(width, height));
                    self.frames.input(now());
                }
                Outward::Copy(text) => {
                    let notice = match screen.copy(&text) {
                        Ok(()) => Notice::Info(copied(&text)),
                        Err(problem) => Notice::Problem(problem),
                    };
                    stage.tell(Msg::Notice(notice));
                    self.frames.input(now());
                }
            }
        }
        Ok(false)
    }

    fn draw(&mut self, stage: &mut Stage, screen: &mut Screen) -> Result<(), Problem> {
        screen.draw(|buffer| stage.draw(buffer))?;
        let wake = stage.wake_in().map(|wait| now() + wait);
        self.frames.drawn(now(), wake);
        Ok(())
    }
}

fn copied(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => format!("copied {}", text.chars().take(60).collect::<String>()),
        lines => format!("copied {lines} lines"),
    }
}

fn now() -> Instant {
    Instant::now()
}
