//! The controllers of a simulated cluster.

pub mod event;
pub mod placement;
pub mod pod;
pub mod slice;
