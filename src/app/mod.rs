//! Wiring: what a session looks at, the event loop, effects, one-shot runs.
//!
//! [`stage`] is the cockpit without its terminal; [`cockpit`] puts it on one, [`one_shot`] looks at it once.

pub mod clock;
pub mod cockpit;
pub mod doctor;
mod effects;
pub mod fleet;
mod frame;
mod inbox;
mod live;
pub mod look;
pub mod one_shot;
pub mod opening;
mod publish;
mod setup;
pub mod stage;

pub use opening::Opening;
