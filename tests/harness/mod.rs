//! What the journeys are made with.

pub mod pty;
pub mod shape;
