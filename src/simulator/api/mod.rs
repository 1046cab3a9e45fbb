//! The Kubernetes API over one cluster's [`Store`](super::store::Store), at the HTTP boundary.

pub mod faults;
pub mod kinds;
pub mod status;
pub mod users;
