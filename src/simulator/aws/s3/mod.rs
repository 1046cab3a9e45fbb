//! S3: the bucket with Terraform's state, and how it is kept.

use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::protocol::Protocol;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "s3",
    signing: "s3",
    permission: "s3",
    protocol: Protocol::S3,
    routes: &[
        ("HEAD", "/{Bucket}", "HeadBucket"),
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
        "GetBucketVersioning" => Ok(json!({"VersioningConfiguration": {"Status": "Enabled"}})),
        "GetBucketEncryption" => Ok(json!({"ServerSideEncryptionConfiguration": {"Rule": {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": true,
        }}})),
        other => Err(Failure::not_built(&format!("s3:{other}"))),
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
