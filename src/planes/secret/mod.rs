//! Where Secrets come from: External Secrets, Sealed Secrets and the Secrets Store CSI driver in one table, with the
//! store behind, the Secret in front and the workloads that use it; and what PushSecrets take from Secrets into stores. Never
//! a value.

pub mod conclude;
pub mod state;
mod stored;
pub mod stores;
#[cfg(test)]
mod tests;
pub mod verdict;

pub use conclude::{SECRET_SOURCES, TABLE};
pub use state::{Consumers, Origin, SecretSource, StoreState, Stored, StoredKey, Target};
pub use stores::{STORE_USES, STORES, StoreUse};
