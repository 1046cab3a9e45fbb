//! What the user may set, as plain data read from TOML text.
//!
//! [`document`] reads TOML with the place of everything, so that a wrong file is answered with file, line, column, what
//! is wrong and the nearest valid name; several problems at once, and nothing half-applied. [`cockpit`] is the content
//! of `pilothouse.toml`; [`clusters`] joins it with the contexts of a kubeconfig. Finding and reading the files is the
//! business of `config`.

pub mod clusters;
pub mod cockpit;
pub mod document;
mod print;
pub mod spelling;

pub use clusters::{FleetPlan, PlannedAws, PlannedCluster};
pub use cockpit::{Cockpit, Overrides, ViewColumns};
pub use document::{Located, Mistake, Mistakes, Place};
pub use spelling::{is_slip, nearest};
