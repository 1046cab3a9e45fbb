//! What the journeys are made with.

pub(crate) mod pty;
pub(crate) mod shape;
