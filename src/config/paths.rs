//! Where files are: the XDG base folders, on macOS too, as people keep their terminal tools' files.

use std::env;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::fleet::{Problem, ProblemKind};

/// An environment variable that is set and not empty. What is not UTF-8 is no value that this program knows.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folders of this program. None of them needs to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Settings, keys and themes: `~/.config/pilothouse`.
    pub config: PathBuf,
    /// Logs and what the user saves: `~/.local/state/pilothouse`.
    pub state: PathBuf,
    /// What may be lost: `~/.cache/pilothouse`.
    pub cache: PathBuf,
    /// The user's home, for `~/.kube/config`.
    pub home: PathBuf,
}

impl Paths {
    /// As `XDG_CONFIG_HOME`, `XDG_STATE_HOME`, `XDG_CACHE_HOME` and `HOME` say.
    pub fn find() -> Result<Self, Problem> {
        let strategy = etcetera::base_strategy::Xdg::new().map_err(|error| {
            Problem::new(ProblemKind::User, format!("there is no home folder: {error}"))
                .with_hint("set HOME, or XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_CACHE_HOME")
        })?;
        let home = strategy.home_dir().to_owned();
        let state = strategy.state_dir().unwrap_or_else(|| home.join(".local/state"));
        Ok(Self {
            config: strategy.config_dir().join(FOLDER),
            state: state.join(FOLDER),
            cache: strategy.cache_dir().join(FOLDER),
            home,
        })
    }

    /// All under one folder: for tests.
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config").join(FOLDER),
            state: root.join("state").join(FOLDER),
            cache: root.join("cache").join(FOLDER),
            home: root.join("home"),
        }
    }

    /// The settings.
    pub fn settings(&self) -> PathBuf {
        self.config.join("pilothouse.toml")
    }

    /// The user's keys.
    pub fn keymap(&self) -> PathBuf {
        self.config.join("keymap.toml")
    }

    /// The folder of what the environments are meant to contain.
    pub fn blueprints(&self) -> PathBuf {
        self.config.join("blueprints")
    }

    /// The folder of the user's themes.
    pub fn themes(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// The log of this program itself.
    pub fn log(&self) -> PathBuf {
        self.state.join("pilothouse.log")
    }

    /// The folder of what the user saves from the screen.
    pub fn saved(&self) -> PathBuf {
        self.state.join("saved")
    }
}

const FOLDER: &str = "pilothouse";
