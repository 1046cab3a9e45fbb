//! The reference fleet, built by code: two clusters of a small company at rest, every object as its API server keeps it.
//!
//! [`cluster`] says what the clusters are, [`inventory`] collects their objects, and each neighbour file describes one
//! part of what runs on them.

pub mod chance;
pub mod cluster;
pub mod container;
pub mod field;
pub mod inventory;
pub mod managed;
pub mod node;
pub mod object;
pub mod storage;
pub mod workload;
