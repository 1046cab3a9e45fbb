//! Finding, reading and watching the configuration files.
//!
//! The only place that asks for environment variables and home folders: everybody else is handed what was found.
//! [`paths`] says where files are, [`files`] reads them, [`watch`] notices when they change.

pub mod blueprints;
pub mod files;
pub mod kubeconfig;
pub mod paths;
pub mod watch;

pub use files::{SettingsFile, Unusable, init};
pub use kubeconfig::kubeconfig_paths;
pub use paths::{Paths, variable};
pub use watch::{Changed, Watcher};
