//! What every live command starts from: settings with flags over them, and which kubeconfig files to read.

use std::env;
use std::path::PathBuf;

use super::arguments::CommonFlags;
use super::exit::Failure;
use super::themes;
use crate::config::{Paths, SettingsFile, kubeconfig_paths, variable};
use crate::settings::{Cockpit, Overrides};

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
        let listed = env::var_os("KUBECONFIG");
        let kubeconfig = kubeconfig_paths(common.kubeconfig.as_deref(), listed.as_deref(), &paths.home);
        let kubeconfig_is_named = common.kubeconfig.is_some();
        Ok(Self { paths, file, settings, flags, kubeconfig, kubeconfig_is_named, demo: common.demo.clone() })
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

/// The settings file that flags and environment choose.
pub(super) fn settings_file(common: &CommonFlags, paths: &Paths) -> SettingsFile {
    SettingsFile::choose(common.config.as_deref(), variable("PILOTHOUSE_CONFIG").as_deref(), paths)
}
