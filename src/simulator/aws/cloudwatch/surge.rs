//! Something that drives a metric up.

use jiff::Timestamp;

/// From an instant on, a metric of a cluster has another value than at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Surge {
    /// The cluster.
    pub cluster: String,
    /// The metric's name.
    pub metric: String,
    /// When it begins.
    pub since: Timestamp,
    /// About what it is from then on.
    pub value: f64,
}
