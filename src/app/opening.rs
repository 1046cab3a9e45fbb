//! What a live command starts from, before anything is opened.

use std::path::PathBuf;

use crate::config::{Paths, SettingsFile};
use crate::settings::{Cockpit, Overrides};
use crate::ui::keymap::Keymap;

/// What a live command starts from. Nothing of it was opened but the settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
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
    /// `HTTPS_PROXY`; a cluster's own `proxy-url` wins.
    pub https_proxy: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// The scenario of the embedded world, instead of clusters; empty means the one where all is well.
    pub demo: Option<String>,
}
