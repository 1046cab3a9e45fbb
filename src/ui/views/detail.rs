//! x
pub mod subject;
