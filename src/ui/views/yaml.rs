//! x
pub mod emit;
