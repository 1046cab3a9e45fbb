//! What every live command starts from: settings with flags over them, and which kubeconfig files to read.

use std::env;
use std::path::{Path, PathBuf};

use super::arguments::CommonFlags;
use super::exit::{Exit, Failure};
use super::themes;
use crate::config::files::read_text;
use crate::config::{Paths, SettingsFile, Unusable, kubeconfig_paths, variable};
use crate::fleet::{Problem, ProblemKind};
use crate::settings::{Cockpit, Overrides};
use crate::terminal::Background;
use crate::ui::keymap::Keymap;
use crate::ui::theme::{Depth, Theme};
use crate::ui::toml_text::Complaint;

/// What every live command starts from. Nothing of it was opened but the settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Our folders.
    pub paths: Paths,
    /// Where the settings are, for watching.
    pub file: SettingsFile,
    /// The settings, flags included.
    pub settings: Cockpit,
    /// The flags alone, to be laid over settings that are read again.
    pub flags: Overrides,
    /// The keys, the user's own included.
    pub keymap: Keymap,
    /// The kubeconfig files to merge, the first one winning. Not read yet.
    pub kubeconfig: Vec<PathBuf>,
    /// The kubeconfig file was named by a flag: then it must be there.
    pub kubeconfig_is_named: bool,
    /// The scenario of the embedded world, instead of clusters; empty means the one where all is well.
    pub demo: Option<String>,
}

impl Session {
    /// Reads the settings.
    pub fn open(common: &CommonFlags, view: Option<String>) -> Result<Self, Failure> {
        let paths = Paths::find()?;
        let file = settings_file(common, &paths);
        let flags = Overrides { view, ..common.overrides() };
        let settings = file.load()?.with(flags.clone());
        themes::check(&settings, &paths.themes())?;
        let keymap = keymap(&paths.keymap())?;
        let listed = env::var_os("KUBECONFIG");
        let kubeconfig = kubeconfig_paths(common.kubeconfig.as_deref(), listed.as_deref(), &paths.home);
        let kubeconfig_is_named = common.kubeconfig.is_some();
        let demo = common.demo.clone();
        Ok(Self { paths, file, settings, flags, keymap, kubeconfig, kubeconfig_is_named, demo })
    }

    /// The same, on the embedded world.
    pub fn open_demo(
        common: &CommonFlags,
        scenario: Option<String>,
        view: Option<String>,
    ) -> Result<Self, Failure> {
        let mut session = Self::open(common, view)?;
        session.demo = Some(scenario.or(common.demo.clone()).unwrap_or_default());
        Ok(session)
    }
}

impl Session {
    /// The theme that the settings choose for this terminal: by its background where they leave it open, and dark
    /// where that is not known.
    pub fn theme(&self, depth: Depth, background: Option<Background>) -> Result<Theme, Failure> {
        let name = self.settings.screen.theme_on(background == Some(Background::Light));
        themes::load(&name.value, &self.paths.themes(), depth)
    }
}

/// The shipped keys with the user's file over them, where there is one.
pub fn keymap(file: &Path) -> Result<Keymap, Failure> {
    let shipped = Keymap::shipped();
    match read_text(file) {
        Ok(text) => shipped.with(&text).map_err(|complaints| Failure {
            exit: Exit::Usage,
            problems: complaints
                .iter()
                .map(|complaint| told(&file.display().to_string(), complaint))
                .collect(),
        }),
        Err(Unusable::Missing(_)) => Ok(shipped),
        Err(unusable) => Err(unusable.into()),
    }
}

/// A mistake in a keymap or a theme, told like one in the settings.
pub(super) fn told(file: &str, complaint: &Complaint) -> Problem {
    let (message, hint) = match complaint.message.split_once("; ") {
        Some((message, hint)) => (message, Some(hint)),
        None => (complaint.message.as_str(), None),
    };
    let place = match complaint.line {
        0 => file.to_owned(),
        line => format!("{file}:{line}:{}", complaint.column),
    };
    let problem = Problem::new(ProblemKind::User, format!("{place}: {message}"));
    hint.into_iter().fold(problem, Problem::with_hint)
}

/// The settings file that flags and environment choose.
pub(super) fn settings_file(common: &CommonFlags, paths: &Paths) -> SettingsFile {
    SettingsFile::choose(common.config.as_deref(), variable("PILOTHOUSE_CONFIG").as_deref(), paths)
}
