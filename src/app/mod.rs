//! Wiring: dependencies, event loop, effects, shutdown.

pub mod clock;
pub mod doctor;
pub mod fleet;
pub mod frame;
pub mod inbox;
pub mod live;
pub mod look;
pub mod opening;
pub mod publish;

pub use opening::Opening;
