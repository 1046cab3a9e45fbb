//! The state of Terraform: how its bucket is kept, how old it is, and who holds its lock.
//!
//! What is in a state is often secret, so nothing here asks for a permission to read it: `HeadObject` would need
//! `s3:GetObject` on the state itself, and a listing of its one key tells as much. The only objects that are read are
//! locks.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::account::Account;
use super::call::{Draft, send, unreadable};
use super::json;
use super::operations::{DYNAMODB_GET_ITEM, Operation, S3_ENCRYPTION, S3_LIST, S3_LOCK, S3_VERSIONING};
use crate::fleet::Timestamp;
use crate::fleet::aws::terraform_state::{HeldLock, StateLock, StatePlace, TerraformState};
use crate::gateway::failure::{Cause, Failure};

/// Objects of a listing: the state, its lock, and some whose keys begin alike.
const OBJECTS: u32 = 10;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Listing {
    contents: Vec<ObjectWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ObjectWire {
    key: String,
    last_modified: String,
    size: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Versioning {
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Encryption {
    rule: Vec<RuleWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RuleWire {
    apply_server_side_encryption_by_default: DefaultWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DefaultWire {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
}

/// What Terraform writes into a lock (`statemgr.LockInfo`).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct LockWire {
    #[serde(rename = "ID")]
    id: String,
    operation: String,
    who: String,
    created: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Found {
    item: Option<ItemWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ItemWire {
    info: TextWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TextWire {
    #[serde(rename = "S")]
    text: String,
}

/// How a state and its lock are.
pub async fn state(account: &Account, place: &StatePlace) -> Result<TerraformState, Failure> {
    let answers = futures::try_join!(
        listing(account, place),
        xml::<Versioning>(account, &S3_VERSIONING, format!("/{}?versioning", escaped(&place.bucket, false))),
        encryption(account, place),
    );
    let (listing, versioning, encryption) = answers.map_err(|failure| about(failure, &place.address()))?;
    let lock = match &place.lock {
        StateLock::Unknown => None,
        StateLock::Table(table) => locked_in_table(account, place, table)
            .await
            .map_err(|failure| about(failure, &format!("lock table {table}")))?,
        StateLock::Object => match listing.iter().find(|object| object.key == place.lock_key()) {
            Some(object) => Some(locked_by_object(account, place, object).await?),
            None => None,
        },
    };
    let own = listing.iter().find(|object| *object.key == *place.key);
    Ok(TerraformState {
        address: place.address().into(),
        bytes: own.map(|object| object.size.parse().unwrap_or_default()),
        changed: own.map_or(Timestamp::NEVER, |object| Timestamp::parse(&object.last_modified)),
        versioning: versioning.status.into(),
        encryption: encryption.into(),
        lock,
    })
}

/// What was looked for: the answers of a bucket and of a table name neither.
fn about(failure: Failure, what: &str) -> Failure {
    match failure.cause {
        Cause::Missing | Cause::NotOffered => {
            Failure { problem: failure.problem.while_doing(what), ..failure }
        }
        // Denials name the action, and the rest is not about this place.
        _ => failure,
    }
}

async fn listing(account: &Account, place: &StatePlace) -> Result<Vec<ObjectWire>, Failure> {
    let (bucket, key) = (escaped(&place.bucket, false), escaped(&place.key, false));
    let path = format!("/{bucket}?list-type=2&max-keys={OBJECTS}&prefix={key}");
    Ok(xml::<Listing>(account, &S3_LIST, path).await?.contents)
}

/// The algorithm; empty where the bucket has none.
async fn encryption(account: &Account, place: &StatePlace) -> Result<String, Failure> {
    let path = format!("/{}?encryption", escaped(&place.bucket, false));
    match xml::<Encryption>(account, &S3_ENCRYPTION, path).await {
        Ok(told) => {
            let mut rules = told.rule.into_iter();
            Ok(rules
                .next()
                .map(|rule| rule.apply_server_side_encryption_by_default.algorithm)
                .unwrap_or_default())
        }
        // `ServerSideEncryptionConfigurationNotFoundError`; that there is no such bucket, the listing says.
        Err(failure) if failure.cause == Cause::Missing => Ok(String::new()),
        Err(failure) => Err(failure),
    }
}

async fn locked_in_table(
    account: &Account,
    place: &StatePlace,
    table: &str,
) -> Result<Option<HeldLock>, Failure> {
    let id = format!("{}/{}", place.bucket, place.key);
    let input = json!({"TableName": table, "Key": {"LockID": {"S": id}}, "ConsistentRead": true});
    let found: Found = json::call(account, &DYNAMODB_GET_ITEM, &input).await?;
    Ok(found.item.map(|item| held(item.info.text.as_bytes(), Timestamp::NEVER)))
}

async fn locked_by_object(
    account: &Account,
    place: &StatePlace,
    object: &ObjectWire,
) -> Result<HeldLock, Failure> {
    let path = format!("/{}/{}", escaped(&place.bucket, false), escaped(&place.lock_key(), true));
    let body = get(account, &S3_LOCK, path).await?;
    Ok(held(&body, Timestamp::parse(&object.last_modified)))
}

/// What a lock says of who holds it. One that cannot be understood is held all the same.
fn held(info: &[u8], seen: Timestamp) -> HeldLock {
    let wire: LockWire = serde_json::from_slice(info).unwrap_or_default();
    HeldLock {
        who: wire.who.into(),
        operation: wire.operation.into(),
        since: Timestamp::parse(&wire.created).known().unwrap_or(seen),
        id: wire.id.into(),
    }
}

async fn get(account: &Account, operation: &Operation, path: String) -> Result<Bytes, Failure> {
    let draft = Draft { method: "GET", path, headers: Vec::new(), body: String::new() };
    send(account, operation, draft, refused).await
}

async fn xml<T: DeserializeOwned>(
    account: &Account,
    operation: &Operation,
    path: String,
) -> Result<T, Failure> {
    let answer = get(account, operation, path).await?;
    let text = std::str::from_utf8(&answer).map_err(|_| unreadable(operation, &answer))?;
    quick_xml::de::from_str(text).map_err(|_| unreadable(operation, &answer))
}

/// `<Error><Code/><Message/>`
fn refused(answer: &HttpResponse) -> Option<ErrorMetadata> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Said {
        code: String,
        message: String,
    }
    let text = std::str::from_utf8(answer.body().bytes()?).ok()?;
    let said: Said = quick_xml::de::from_str(text).ok()?;
    (!said.code.is_empty()).then(|| ErrorMetadata::builder().code(said.code).message(said.message).build())
}

/// A part of an address; slashes of a path stay.
fn escaped(text: &str, is_path: bool) -> String {
    let mut into = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (is_path && byte == b'/') {
            into.push(char::from(byte));
        } else {
            into.push_str(&format!("%{byte:02X}"));
        }
    }
    into
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_cannot_be_understood_is_held_since_it_was_seen() {
        let seen = Timestamp::parse("2026-11-21T10:00:00Z");
        let known = br#"{"ID":"1","Operation":"OperationTypeApply","Who":"ana@desk","Created":"2026-11-21T09:12:14.5Z"}"#;
        let lock = held(known, seen);
        assert_eq!((&*lock.who, lock.since), ("ana@desk", Timestamp::parse("2026-11-21T09:12:14Z")));
        let strange = held(b"<html>", seen);
        assert_eq!((&*strange.who, strange.since), ("", seen));
    }

    #[test]
    fn recorded_answers_of_a_bucket_are_read() {
        let listing: Listing = quick_xml::de::from_str(
            r#"<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyCount>2</KeyCount>
<Contents><Key>a</Key><LastModified>2026-11-21T09:12:14.000Z</LastModified><ETag>"x"</ETag><Size>42</Size></Contents>
<Contents><Key>a.tflock</Key><Size>1</Size></Contents></ListBucketResult>"#,
        )
        .unwrap();
        assert_eq!((listing.contents.len(), &*listing.contents[0].size), (2, "42"));
        let empty: Listing =
            quick_xml::de::from_str("<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>").unwrap();
        assert!(empty.contents.is_empty());
        let never: Versioning = quick_xml::de::from_str("<VersioningConfiguration/>").unwrap();
        assert_eq!(never.status, "");
        assert_eq!(escaped("a b/ü", true), "a%20b/%C3%BC");
    }
}
