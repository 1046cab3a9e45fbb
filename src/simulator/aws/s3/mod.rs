//! S3: the bucket with Terraform's state, and how it is kept.

use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

pub(crate) const SERVICE: Service = Service {
    name: "s3",
    signing: "s3",
    permission: "s3",
    protocol: Protocol::S3,
    routes: &[
        ("HEAD", "/{Bucket}", "HeadBucket"),
        ("GET", "/{Bucket}?list-type", "ListObjectsV2"),
        ("GET", "/{Bucket}/{Folder}/{File}", "GetObject"),
        ("GET", "/{Bucket}?versioning", "GetBucketVersioning"),
        ("GET", "/{Bucket}?encryption", "GetBucketEncryption"),
    ],
    answer,
};

/// The bucket of Terraform's state.
pub(crate) const STATE: &str = "myapp-tfstate";

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let bucket = call.text("Bucket");
    if bucket != STATE {
        return Err(Failure::new(404, "NoSuchBucket", "The specified bucket does not exist"));
    }
    match call.operation {
        "HeadBucket" => Ok(Value::Null),
        "ListObjectsV2" => Ok(list(call)),
        "GetObject" => get(call),
        "GetBucketVersioning" => Ok(json!({"VersioningConfiguration": {"Status": "Enabled"}})),
        "GetBucketEncryption" => Ok(json!({"ServerSideEncryptionConfiguration": {"Rule": {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": true,
        }}})),
        other => Err(Failure::not_built(&format!("s3:{other}"))),
    }
}

/// Bytes of each state.
const SIZES: [(&str, u64); 3] = [("dev", 148_213), ("prod", 163_902), ("shared", 41_377)];

/// The states, and the locks that lie beside them.
fn list(call: &Call<'_>) -> Value {
    let prefix = call.text("prefix");
    let written = call.aws.lands().first().map(|land| land.before(3 * 24 * 60));
    let object = |key: String, size: u64, at: Option<String>| json!({"Key": key, "LastModified": at, "ETag": format!("\"{}\"", hex_of(&key, 32)), "Size": size, "StorageClass": "STANDARD"});
    let mut objects: Vec<Value> = SIZES
        .iter()
        .map(|(folder, size)| object(format!("{folder}/terraform.tfstate"), *size, written.map(field::stamp)))
        .collect();
    objects.extend(call.aws.account().locks.iter().filter(|lock| lock.in_bucket).map(|lock| {
        let size = lock.info().to_string().len();
        object(
            format!("{}.tflock", lock.state),
            u64::try_from(size).unwrap_or_default(),
            Some(lock.since.to_string()),
        )
    }));
    objects.retain(|object| field::text(object, "Key").starts_with(prefix));
    objects.sort_by(|one, other| field::text(one, "Key").cmp(field::text(other, "Key")));
    json!({"ListBucketResult": {
        "Name": STATE, "Prefix": prefix, "KeyCount": objects.len(), "MaxKeys": 1000, "IsTruncated": false, "Contents": objects,
    }})
}

/// A lock. What is in a state, nobody tells.
fn get(call: &Call<'_>) -> Result<Value, Failure> {
    let key = format!("{}/{}", call.text("Folder"), call.text("File"));
    let account = call.aws.account();
    let held = account.locks.iter().filter(|lock| lock.in_bucket);
    match held.into_iter().find(|lock| format!("{}.tflock", lock.state) == key) {
        Some(lock) => Ok(lock.info()),
        None => Err(Failure::new(404, "NoSuchKey", "The specified key does not exist.")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ask, ask_host, shared};

    #[tokio::test]
    async fn the_state_is_versioned_and_encrypted_in_both_ways_of_addressing() {
        let aws = shared();
        let (status, body) = ask(aws, "s3", "GET", "/myapp-tfstate?versioning", "").await;
        assert_eq!(status, 200);
        assert!(
            body.contains(
                "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled"
            ),
            "{body}"
        );
        let host = "myapp-tfstate.s3.us-east-1.amazonaws.com";
        let (status, body) = ask_host(aws, host, "s3", "GET", "/?encryption").await;
        assert_eq!(status, 200);
        assert!(body.contains("<SSEAlgorithm>aws:kms<"), "{body}");
        assert_eq!(ask_host(aws, host, "s3", "HEAD", "/").await.0, 200);
    }

    #[tokio::test]
    async fn a_bucket_that_is_not_there_has_no_body_for_head() {
        let aws = shared();
        assert_eq!(ask(aws, "s3", "HEAD", "/other", "").await, (404, String::new()));
        assert!(ask(aws, "s3", "GET", "/other?versioning", "").await.1.contains("<Code>NoSuchBucket</Code>"));
    }
}
