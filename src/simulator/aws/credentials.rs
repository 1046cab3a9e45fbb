//! Who asks: access keys, and what a signature must look like.
//!
//! That a signature is there, by a key somebody has and whole, is checked; its arithmetic is not. [`Harm::WrongSignature`]
//! plays the refusal of one that does not fit.
//!
//! [`Harm::WrongSignature`]: super::faults::Harm::WrongSignature

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::asked::Asked;
use super::failure::Refusal;
use crate::simulator::world::cluster::ACCOUNT;

/// The access key of the one who operates the fleet.
pub const ACCESS_KEY: &str = "AKIASIMULATOR";
/// Any secret fits; this is what the documentation shows.
pub const SECRET_KEY: &str = "simulator";

/// Somebody whose requests are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The ARN of the user or of the role's session.
    pub arn: String,
    /// The unique id, like `AIDA…`.
    pub user_id: String,
    /// The twelve digits of the account.
    pub account: String,
    /// When temporary credentials end.
    pub until: Option<Timestamp>,
}

/// The access keys in use. Clones share them.
#[derive(Clone, Debug)]
pub struct Keys(Arc<Mutex<BTreeMap<String, Caller>>>);

impl Default for Keys {
    fn default() -> Self {
        let pilot = Caller {
            arn: format!("arn:aws:iam::{ACCOUNT}:user/pilot"),
            user_id: "AIDASIMULATORPILOT00".to_owned(),
            account: ACCOUNT.to_owned(),
            until: None,
        };
        Self(Arc::new(Mutex::new(BTreeMap::from([(ACCESS_KEY.to_owned(), pilot)]))))
    }
}

/// The regions that every account has. Any other one answers nobody, as if his key were unknown, until the account enables
/// it (Account Management reference guide, "Enable or disable AWS Regions").
pub(crate) const REGIONS_OF_ALL: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// What the request's signature says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) access_key: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

impl Keys {
    /// Gives somebody an access key.
    pub fn add(&self, access_key: &str, caller: Caller) {
        self.keys().insert(access_key.to_owned(), caller);
    }

    /// Takes an access key out of use.
    pub fn remove(&self, access_key: &str) {
        self.keys().remove(access_key);
    }

    /// Somebody whom no signature names.
    pub(super) fn nobody() -> Caller {
        Caller { arn: String::new(), user_id: String::new(), account: ACCOUNT.to_owned(), until: None }
    }

    /// Whose request this is.
    pub(super) fn caller(&self, asked: &Asked, now: Timestamp) -> Result<Caller, Refusal> {
        let scope = scope(asked).ok_or(Refusal::Unsigned)?;
        let caller = self.keys().get(&scope.access_key).cloned().ok_or(Refusal::UnknownKey)?;
        let token = [asked.header("x-amz-security-token"), asked.parameter("X-Amz-Security-Token")];
        if caller.until.is_some() && token.iter().all(|token| token.is_empty()) {
            return Err(Refusal::UnknownKey);
        }
        if caller.until.is_some_and(|until| until <= now) {
            return Err(Refusal::Expired);
        }
        Ok(caller)
    }

    fn keys(&self) -> MutexGuard<'_, BTreeMap<String, Caller>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The scope of a request's signature, from its header or, of a presigned one, from its query.
pub(crate) fn scope(asked: &Asked) -> Option<Scope> {
    let header = asked.header("authorization");
    let credential = match header.strip_prefix("AWS4-HMAC-SHA256") {
        Some(rest) => {
            let part = |name: &str| {
                rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            };
            let signed =
                part("SignedHeaders").is_some_and(|names| names.split(';').any(|name| name == "host"));
            let whole = part("Signature").is_some_and(is_signature);
            part("Credential").filter(|_| signed && whole)?.to_owned()
        }
        None if is_signature(asked.parameter("X-Amz-Signature")) => {
            asked.parameter("X-Amz-Credential").to_owned()
        }
        None => return None,
    };
    let mut parts = credential.split('/');
    let (access_key, _date, region, service) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (parts.next() == Some("aws4_request")).then(|| Scope {
        access_key: access_key.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
    })
}

fn is_signature(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn asked(authorization: &str) -> Asked {
        let (parts, ()) = http::Request::builder()
            .uri("https://eks.us-east-1.amazonaws.com/clusters")
            .header("authorization", authorization)
            .body(())
            .unwrap()
            .into_parts();
        Asked::new(&parts, Bytes::new())
    }

    fn signed(key: &str, signature: &str) -> Asked {
        asked(&format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261121/us-east-1/eks/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}"
        ))
    }

    #[test]
    fn a_whole_signature_by_a_known_key_says_who_asks() {
        let caller =
            Keys::default().caller(&signed(ACCESS_KEY, &"a".repeat(64)), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(caller.arn, "arn:aws:iam::123456789012:user/pilot");
    }

    #[test]
    fn a_missing_or_broken_signature_is_none_and_an_unknown_key_is_nobodys() {
        let keys = Keys::default();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(keys.caller(&asked(""), now), Err(Refusal::Unsigned));
        assert_eq!(keys.caller(&signed(ACCESS_KEY, "short"), now), Err(Refusal::Unsigned));
        assert_eq!(keys.caller(&signed("AKIASTRANGER", &"a".repeat(64)), now), Err(Refusal::UnknownKey));
    }

    #[test]
    fn temporary_credentials_need_their_token_and_end() {
        let keys = Keys::default();
        let until = Some("2026-11-21T11:00:00Z".parse().unwrap());
        let caller = Caller { arn: String::new(), user_id: String::new(), account: String::new(), until };
        keys.add("ASIATEST", caller);
        let mut asked = signed("ASIATEST", &"b".repeat(64));
        let before = "2026-11-21T10:59:59Z".parse().unwrap();
        assert_eq!(keys.caller(&asked, before), Err(Refusal::UnknownKey));
        asked.headers.insert("x-amz-security-token", "token".parse().unwrap());
        assert!(keys.caller(&asked, before).is_ok());
        assert_eq!(keys.caller(&asked, "2026-11-21T11:00:00Z".parse().unwrap()), Err(Refusal::Expired));
    }
}
