//! The state of Terraform: an object in a bucket, and who holds its lock. Never what is in it.

use std::sync::Arc;

use super::aws_row;
use crate::fleet::Timestamp;

/// Where a state is, and how it is locked (Terraform, backend `s3`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatePlace {
    /// The bucket.
    pub bucket: Arc<str>,
    /// The object's key in it.
    pub key: Arc<str>,
    /// How it is locked.
    pub lock: StateLock,
}

/// How a state is locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StateLock {
    /// Nobody said how.
    #[default]
    Unknown,
    /// By an item in a table of DynamoDB (`dynamodb_table`).
    Table(Arc<str>),
    /// By an object beside it, `KEY.tflock` (`use_lockfile`).
    Object,
}

impl StatePlace {
    /// The place of `s3://BUCKET/KEY`; `None` where that is no such address.
    pub fn parse(address: &str) -> Option<Self> {
        let (bucket, key) = address.strip_prefix("s3://")?.split_once('/')?;
        let is_whole = !bucket.is_empty() && !key.is_empty() && !key.ends_with('/');
        is_whole.then(|| Self { bucket: bucket.into(), key: key.into(), lock: StateLock::Unknown })
    }

    /// `s3://BUCKET/KEY`
    pub fn address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// The key of the object that locks it.
    pub fn lock_key(&self) -> String {
        format!("{}.tflock", self.key)
    }
}

/// A state of Terraform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerraformState {
    /// Where: `s3://BUCKET/KEY`.
    pub address: Box<str>,
    /// Its size in bytes; `None` where there is no such object.
    pub bytes: Option<u64>,
    /// `LastModified`: when somebody wrote it last.
    pub changed: Timestamp,
    /// `Status` of the bucket's versioning: `Enabled`, `Suspended`; empty where it never was.
    pub versioning: Box<str>,
    /// `SSEAlgorithm` of the bucket: `AES256`, `aws:kms`; empty without.
    pub encryption: Box<str>,
    /// Who holds the lock; `None` where nobody does, or nobody said how it is locked.
    pub lock: Option<HeldLock>,
}

aws_row!(TerraformState, address);

/// A lock that somebody holds, by what Terraform writes into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldLock {
    /// `Who`: `ana@desk`.
    pub who: Box<str>,
    /// `Operation`: `OperationTypeApply`.
    pub operation: Box<str>,
    /// `Created`
    pub since: Timestamp,
    /// `ID`, which `terraform force-unlock` wants.
    pub id: Box<str>,
}

impl HeldLock {
    /// What is being done, in Terraform's words: `apply`.
    pub fn doing(&self) -> String {
        self.operation.strip_prefix("OperationType").unwrap_or(&self.operation).to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_bucket_and_a_key() {
        let place = StatePlace::parse("s3://states/prod/terraform.tfstate").unwrap();
        assert_eq!((&*place.bucket, &*place.key), ("states", "prod/terraform.tfstate"));
        assert_eq!(place.address(), "s3://states/prod/terraform.tfstate");
        assert_eq!(place.lock_key(), "prod/terraform.tfstate.tflock");
        for wrong in ["", "states/x", "s3://states", "s3://states/", "s3:///x", "s3://states/folder/"] {
            assert_eq!(StatePlace::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_operation_is_said_as_terraform_calls_it() {
        let doing = |operation: &str| HeldLock { operation: operation.into(), ..HeldLock::default() }.doing();
        assert_eq!(
            (doing("OperationTypeApply"), doing("migrate")),
            ("apply".to_owned(), "migrate".to_owned())
        );
    }
}
