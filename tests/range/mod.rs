//! The core of the journeys on real API servers. Without a range each test says that it was left out, and passes.

mod aws;
mod delivery;
mod eks;
mod faults;
mod journeys;
mod karpenter;
mod protobuf;
mod shapes;
mod storage;
mod traffic;
