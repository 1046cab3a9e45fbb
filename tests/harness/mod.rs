//! What the journeys are made with.

pub(crate) mod cli;
pub(crate) mod desk;
pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod pty;
pub(crate) mod range;
pub(crate) mod screen;
pub(crate) mod shape;
pub(crate) mod stage;
pub(crate) mod world;
