//! Who an object is. The cluster is part of every identity, so that nothing read in one cluster can be acted on in
//! another.

use std::fmt;
use std::sync::Arc;

use super::kind::ResourceType;

/// The name of an environment: `dev`, `staging`, `prod`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentName(Arc<str>);

impl EnvironmentName {
    /// Takes the name as the configuration spells it.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as the configuration spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A cluster of an environment. Cheap to clone; equal when environment and name are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(Arc<ClusterName>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct ClusterName {
    environment: EnvironmentName,
    name: Box<str>,
}

impl ClusterId {
    /// Names a cluster. `name` is what the configuration or the kubeconfig context calls it.
    pub fn new(environment: EnvironmentName, name: &str) -> Self {
        Self(Arc::new(ClusterName { environment, name: name.into() }))
    }

    /// The environment this cluster belongs to.
    pub fn environment(&self) -> &EnvironmentName {
        &self.0.environment
    }

    /// The cluster's own name.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

/// `metadata.uid`. An API server writes it as an RFC 4122 text; some test servers and aggregated APIs do not, and
/// those are folded into the same 128 bits by hashing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(u128);

impl Uid {
    /// Reads a uid; an empty text is the uid of nothing.
    pub fn parse(text: &str) -> Self {
        let mut value: u128 = 0;
        let mut digits = 0;
        for byte in text.bytes() {
            match (byte as char).to_digit(16) {
                Some(digit) => {
                    value = (value << 4) | u128::from(digit);
                    digits += 1;
                }
                None if byte == b'-' => {}
                None => return Self::folded(text),
            }
        }
        if digits <= 32 { Self(value) } else { Self::folded(text) }
    }

    /// True when the server gave no uid.
    pub fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// FNV-1a over 128 bits: stable across runs, and these uids are only compared within one session.
    fn folded(text: &str) -> Self {
        let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        for byte in text.bytes() {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        Self(hash)
    }
}

/// Grows by one whenever a cluster's connection is replaced; what an older connection still delivers is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch of the connection that replaces this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One object of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Where it lives.
    pub cluster: ClusterId,
    /// What it is.
    pub resource: ResourceType,
    /// Its namespace; `None` for cluster-scoped kinds.
    pub namespace: Option<Arc<str>>,
    /// `metadata.name`.
    pub name: Arc<str>,
}

impl fmt::Display for ObjectRef {
    /// `Pod production/api-0`, the form every statement and message uses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.resource.kind, self.name),
            None => write!(f, "{} {}", self.resource.kind, self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_reads_rfc_4122_and_anything_else() {
        assert_eq!(Uid::parse("00000000-0000-0000-0000-00000000000a"), Uid(10));
        assert!(Uid::parse("").is_nothing());
        assert_ne!(Uid::parse("node-a"), Uid::parse("node-b"));
        assert_eq!(Uid::parse("node-a"), Uid::parse("node-a"));
    }
}
