//! What is known of one source of Secrets.

use std::sync::Arc;

use crate::fleet::aws::stored_secret::StoredSecret;
use crate::fleet::condition::Condition;
use crate::fleet::meta::{Meta, row_with_meta};
use crate::fleet::secrets::external_secret::{RefreshPolicy, StoreRef};
use crate::fleet::{ResourceType, Row, Timestamp};
use crate::planes::certificate::Presence;

/// Something that makes Secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretSource {
    /// Its own name, with its kind where several kinds share one.
    pub name: Box<str>,
    /// The object's kind.
    pub resource: ResourceType,
    /// The object's `metadata`.
    pub meta: Meta,
    /// What makes it.
    pub origin: Origin,
    /// Where the secrets are: `aws`, `vault` …; empty where that is not known.
    pub provider: Arc<str>,
    /// The secrets in the store, or the keys that are sealed, by name.
    pub remote: Box<[Arc<str>]>,
    /// The Secrets that it makes.
    pub targets: Box<[Target]>,
    /// The workloads that use them, or the pods that mount it.
    pub consumers: Consumers,
    /// What the store in AWS knows about the secrets.
    pub stored: Stored,
}

/// What the store in AWS knows about secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Stored {
    /// It was not asked, or it is another account's or region's, or no store of AWS.
    #[default]
    Unknown,
    /// This, about each.
    Known(Box<[StoredKey]>),
}

/// A secret that is named, and what its store knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredKey {
    /// How it is named.
    pub key: Arc<str>,
    /// What its store knows; `None` when it has no such secret.
    pub found: Option<Arc<StoredSecret>>,
}

/// What makes a Secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// An ExternalSecret.
    External {
        /// The store that it reads.
        store: StoreRef,
        /// How that is.
        state: StoreState,
        /// `status.refreshTime`
        refreshed: Timestamp,
        /// `spec.refreshInterval` in seconds; `None` where it is read once, or where it is not said.
        every: Option<u64>,
        /// `spec.refreshPolicy`
        policy: RefreshPolicy,
        /// `Ready`
        ready: Option<Condition>,
        /// `creationPolicy` says that somebody else makes the Secret.
        leaves_target: bool,
        /// The version that the API server offers when it is older than `v1`.
        old_version: Option<Arc<str>>,
    },
    /// A SealedSecret.
    Sealed {
        /// `Synced`
        synced: Option<Condition>,
        /// The controller has looked at the latest change.
        is_observed: bool,
    },
    /// A SecretProviderClass.
    Mounted {
        /// Pods that have mounted it, of those that want to.
        mounted: u32,
        /// Pods that want to.
        wanted: u32,
        /// A pod that waits for it.
        waits: Option<Arc<str>>,
    },
    /// A PushSecret: it takes what a Secret has into stores.
    Pushed {
        /// The stores that it names, and how those are.
        stores: Box<[(StoreRef, StoreState)]>,
        /// `status.refreshTime`
        refreshed: Timestamp,
        /// `spec.refreshInterval` in seconds; `None` where it is written once.
        every: Option<u64>,
        /// `Ready`
        ready: Option<Condition>,
    },
    /// Nobody knows: objects of this kind may not be read, for this reason.
    Unreadable(Arc<str>),
}

/// How a store is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoreState {
    /// Stores could not be read.
    #[default]
    Unknown,
    /// It does not exist.
    Missing,
    /// It is valid.
    Valid,
    /// It is not, with its message.
    Broken(Arc<str>),
}

/// A Secret that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is there.
    pub presence: Presence,
}

/// Who uses a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Consumers {
    /// Workloads could not be read.
    #[default]
    Unknown,
    /// These, as `Deployment api`; sorted.
    Known(Box<[Arc<str>]>),
}

impl Row for SecretSource {
    type Tally = ();
    row_with_meta!(@nameless meta);
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}
