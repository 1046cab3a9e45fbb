//! The controllers of a simulated cluster.

pub mod placement;
pub mod pod;
