//! Wiring: what a session looks at, the event loop, effects, one-shot runs.
//!
//! [`stage`] is the cockpit without its terminal; [`cockpit`] puts it on one, [`one_shot`] looks at it once;
//! [`survey`] reads tables without a screen.

pub mod clock;
pub mod cockpit;
pub mod doctor;
pub mod effects;
pub mod fleet;
pub mod frame;
mod homes;
pub mod inbox;
pub mod live;
pub mod look;
pub mod names;
pub mod one_shot;
pub mod opening;
pub mod publish;
pub mod setup;
pub mod stage;
pub mod survey;

pub use opening::Opening;
