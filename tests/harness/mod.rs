//! What the journeys are made with.

pub(crate) mod pty;
pub(crate) mod screen;
pub(crate) mod shape;
pub(crate) mod stage;
