//! What may go wrong between a client and a simulated cluster, on request.

/// The faults injected into one cluster.
#[derive(Clone, Debug, Default)]
pub struct Faults {}
