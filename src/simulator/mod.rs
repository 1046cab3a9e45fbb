//! A fleet that does not exist: the Kubernetes API of several clusters, in process.
//!
//! Everything a client may ask is answered at the HTTP boundary, so that whatever talks to it cannot tell it from a
//! real API server and shares no code with it: a misunderstanding of the protocol cannot hide on both sides.
//! [`clock`] is the one source of time, [`store`] keeps the objects of one cluster, [`api`] speaks HTTP over it.

pub mod api;
pub mod clock;
pub mod controllers;
pub mod store;
pub mod world;
