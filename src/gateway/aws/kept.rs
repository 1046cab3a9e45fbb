//! Credentials are obtained once for everybody who asks: by SDKs, by our own calls and by tokens. A failure counts for a
//! moment, so that twenty tables of an account whose login has expired look for it once and not one after the other.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::fleet::Timestamp;
use crate::fleet::time::Clock;

/// Credentials are renewed this long before they expire.
const MARGIN: i64 = 120;
/// How long a failure counts for everybody who asks.
const FAILURE_COUNTS: Duration = Duration::from_secs(3);

/// Keeps what another provider provides.
pub(super) struct Kept {
    inner: SharedCredentialsProvider,
    /// A role that wants the code of an MFA device, and where the AWS CLI keeps the sessions of such.
    session: Option<(String, PathBuf)>,
    clock: Clock,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    good: Option<Credentials>,
    failed: Option<(Instant, Arc<CredentialsError>)>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.obtain())
    }
}

impl Kept {
    pub(super) fn new(
        inner: SharedCredentialsProvider,
        session: Option<(String, PathBuf)>,
        clock: Clock,
    ) -> Self {
        Self { inner, session, clock, held: Mutex::default() }
    }

    async fn obtain(&self) -> Result<Credentials, CredentialsError> {
        let mut held = self.held.lock().await;
        let now = (self.clock)();
        if let Some(good) = held.good.as_ref().filter(|good| left(good, now) > MARGIN) {
            return Ok(good.clone());
        }
        if let Some((_, error)) = held.failed.as_ref().filter(|(at, _)| at.elapsed() < FAILURE_COUNTS) {
            return still_good(&held, now).ok_or_else(|| again(error));
        }
        match self.fresh(now).await {
            Ok(fresh) => {
                *held = Held { good: Some(fresh.clone()), failed: None };
                Ok(fresh)
            }
            Err(error) => {
                let error = Arc::new(error);
                held.failed = Some((Instant::now(), Arc::clone(&error)));
                still_good(&held, now).ok_or_else(|| again(&error))
            }
        }
    }

    async fn fresh(&self, now: Timestamp) -> Result<Credentials, CredentialsError> {
        let Some((role, cache)) = &self.session else { return self.inner.provide_credentials().await };
        // Nobody can be asked for a code here, and the SDK would try without.
        remembered(role, cache, now).await.ok_or_else(|| CredentialsError::not_loaded(CodeWanted))
    }
}

/// A session of a role begins with the code of an MFA device.
#[derive(Debug)]
pub(super) struct CodeWanted;

impl fmt::Display for CodeWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the code of an MFA device is wanted")
    }
}

impl Error for CodeWanted {}

/// What could not be renewed is good until it expires.
fn still_good(held: &Held, now: Timestamp) -> Option<Credentials> {
    held.good.as_ref().filter(|good| left(good, now) > 0).cloned()
}

/// How many seconds credentials are good for; keys that never expire are for ever.
fn left(credentials: &Credentials, now: Timestamp) -> i64 {
    credentials.expiry().map_or(i64::MAX, |until| now.seconds_before(timestamp(until)))
}

pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[derive(Debug)]
struct Shared(Arc<CredentialsError>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The same error for somebody else: it cannot be cloned.
fn again(error: &Arc<CredentialsError>) -> CredentialsError {
    let shared = Shared(Arc::clone(error));
    match **error {
        CredentialsError::CredentialsNotLoaded(_) => CredentialsError::not_loaded(shared),
        CredentialsError::ProviderTimedOut(ref timed) => {
            CredentialsError::provider_timed_out(timed.timeout_duration())
        }
        CredentialsError::InvalidConfiguration(_) => CredentialsError::invalid_configuration(shared),
        CredentialsError::ProviderError(_) => CredentialsError::provider_error(shared),
        _ => CredentialsError::unhandled(shared),
    }
}

/// A session that the AWS CLI keeps (`~/.aws/cli/cache/*.json`, as botocore's `JSONFileCache` writes it): somebody typed
/// the code of the MFA device there.
async fn remembered(role: &str, cache: &std::path::Path, now: Timestamp) -> Option<Credentials> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Session {
        credentials: Keys,
        assumed_role_user: User,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Keys {
        access_key_id: String,
        secret_access_key: String,
        session_token: String,
        expiration: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct User {
        arn: String,
    }
    // arn:aws:iam::123456789012:role/path/ops makes arn:aws:sts::123456789012:assumed-role/ops/session
    let (before, name) = role.split_once(":role/")?;
    let name = name.rsplit('/').next()?;
    let wanted = format!("{}:assumed-role/{name}/", before.replacen(":iam:", ":sts:", 1));
    let mut files = tokio::fs::read_dir(cache).await.ok()?;
    let mut best: Option<(i64, Credentials)> = None;
    while let Ok(Some(file)) = files.next_entry().await {
        let Ok(text) = tokio::fs::read(file.path()).await else { continue };
        let Ok(session) = serde_json::from_slice::<Session>(&text) else { continue };
        let until = Timestamp::parse(&session.credentials.expiration);
        let left = now.seconds_before(until);
        let is_longest = best.as_ref().is_none_or(|(other, _)| left > *other);
        if session.assumed_role_user.arn.starts_with(&wanted) && left > 0 && is_longest {
            let keys = session.credentials;
            let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(until.seconds().unsigned_abs());
            let credentials = Credentials::new(
                keys.access_key_id,
                keys.secret_access_key,
                Some(keys.session_token),
                Some(expires),
                "aws-cli",
            );
            best = Some((left, credentials));
        }
    }
    best.map(|(_, credentials)| credentials)
}

#[cfg(test)]
#[path = "kept/tests.rs"]
mod tests;
