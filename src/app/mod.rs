//! Wiring: dependencies, event loop, effects, shutdown.

pub mod frame;
pub mod inbox;
pub mod publish;
