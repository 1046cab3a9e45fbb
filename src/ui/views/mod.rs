//! Every view, one file each, and how they open.
//!
//! To add a view: create its file and put one line into [`VIEWS`]. `:name`, the palette, the help, `get name` and the
//! watches it needs follow from that.

pub mod detail;
pub mod events;
pub mod fleet;
pub mod ingress;
pub mod logs;
pub mod namespace_home;
pub mod namespaces;
pub mod nodes;
pub mod pods;
pub mod services;
pub mod workloads;
pub mod yaml;

use super::view::{View, ViewAbout, World};
use crate::fleet::ObjectRef;

/// A view and how it opens.
#[derive(Clone, Copy, Debug)]
pub struct ViewEntry {
    /// Its name and help.
    pub about: &'static ViewAbout,
    /// Makes it.
    pub open: fn(&OpenContext<'_>) -> Box<dyn View>,
}

/// What a view may look at when it opens.
#[derive(Clone, Copy, Debug)]
pub struct OpenContext<'a> {
    /// The world at that moment.
    pub world: &'a World<'a>,
}

/// A way from an object into a view about it.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// The command that opens it: `open`, `describe`, `yaml`, `logs`, `previous-logs`. The first door of a command
    /// that takes the object is used.
    pub command: &'static str,
    /// Whether it takes this object, or why not.
    pub takes: fn(&ObjectRef) -> Result<(), &'static str>,
    /// Makes the view.
    pub open: fn(&ObjectRef, &World<'_>) -> Box<dyn View>,
}

/// Every view, sorted by name.
pub const VIEWS: &[ViewEntry] = &[];

/// Views about one object; they open through [`DOORS`] and have a section in the keymap.
pub const DETAILS: &[&str] = &["detail", "logs", "namespace-home", "yaml"];

/// Every way into an object, the special ones before the general ones.
pub const DOORS: &[Door] = &[];

/// The summary of an object.
pub fn open_object(object: &ObjectRef) -> Box<dyn View> {
    Box::new(detail::Detail::open(object))
}
