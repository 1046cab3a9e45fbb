//! From flags to what a live command starts from: settings with flags over them, keys, and which kubeconfig files to
//! read.

use std::env;

use super::arguments::CommonFlags;
use super::exit::{Exit, Failure};
use super::themes;
use crate::app::{Opening, look, names};
use crate::config::{Paths, SettingsFile, kubeconfig_paths, variable};
use crate::settings::{Cockpit, Overrides};

/// Reads the settings and the keys.
pub(super) fn open(common: &CommonFlags, view: Option<String>) -> Result<Opening, Failure> {
    let paths = Paths::find()?;
    let file = settings_file(common, &paths);
    let flags = Overrides { view, ..common.overrides() };
    let settings = file.load()?.with(flags.clone());
    themes::check(&settings, &paths.themes())?;
    check_names(&settings)?;
    let listed = env::var_os("KUBECONFIG");
    Ok(Opening {
        keymap: look::keymap(&paths.keymap())?,
        kubeconfig: kubeconfig_paths(common.kubeconfig.as_deref(), listed.as_deref(), &paths.home),
        kubeconfig_is_named: common.kubeconfig.is_some(),
        https_proxy: variable("HTTPS_PROXY").or_else(|| variable("https_proxy")),
        no_proxy: variable("NO_PROXY").or_else(|| variable("no_proxy")),
        demo: common.demo.clone(),
        paths,
        file,
        settings,
        flags,
    })
}

/// The same, on the embedded world.
pub(super) fn open_demo(
    common: &CommonFlags,
    scenario: Option<String>,
    view: Option<String>,
) -> Result<Opening, Failure> {
    let demo = Some(scenario.or(common.demo.clone()).unwrap_or_default());
    Ok(Opening { demo, ..open(common, view)? })
}

/// Says which views and columns the settings name that do not exist.
pub(super) fn check_names(settings: &Cockpit) -> Result<(), Failure> {
    let problems = names::check(settings);
    if problems.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Usage, problems }) }
}

/// The settings file that flags and environment choose.
pub(super) fn settings_file(common: &CommonFlags, paths: &Paths) -> SettingsFile {
    SettingsFile::choose(common.config.as_deref(), variable("PILOTHOUSE_CONFIG").as_deref(), paths)
}
