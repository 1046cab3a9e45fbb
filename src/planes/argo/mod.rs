//! Argo CD, read through the Kubernetes API alone: how its applications are, which windows hold them up, and what the
//! live objects say where it says nothing itself.

pub mod destination;
pub mod facts;
pub mod health;
pub mod sets;
#[cfg(test)]
mod tests;
pub mod verdict;
pub mod window;

pub use facts::{
    APPLICATION_FACTS, ApplicationFacts, MISSING, MISSING_APPLICATIONS, MISSING_WORDS, ProjectOf, TABLE,
    Unwell, of,
};
pub use sets::{SET_MEMBERS, SETS};
