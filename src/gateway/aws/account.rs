//! One way into one account and region of AWS. Cheap to clone; made without touching the network, a file or a
//! credential: all of that happens in the first call.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::door::{Calls, Door};
use super::failure;
use super::operations::Operation;
use crate::fleet::time::Clock;
use crate::fleet::{ProblemKind, Timestamp};
use crate::gateway::failure::{Cause, Failure};

/// The application as it is called in the user agent of every call.
const APP: &str = concat!("pilothouse-", env!("CARGO_PKG_VERSION"));
/// How often a call is tried that was throttled or got no answer; further tries are the sources' own.
const TRIES: u32 = 3;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(15);

/// What was read a moment ago is not read again.
const KEPT: Duration = Duration::from_secs(5);

/// Which account, region and role. Equal settings share their calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountSettings {
    /// A profile of the AWS configuration files; `None` for the default chain.
    pub profile: Option<String>,
    /// A role to assume with the credentials of the profile.
    pub role: Option<String>,
    /// The region; `None` for the one of the profile or the environment.
    pub region: Option<String>,
}

impl AccountSettings {
    /// Whose credentials, for messages.
    pub fn whose(&self) -> String {
        match (&self.profile, &self.role) {
            (_, Some(role)) => format!("role {role}"),
            (Some(profile), None) => format!("profile {profile}"),
            (None, None) => "the default profile".to_owned(),
        }
    }

    /// The command that signs in.
    pub fn login(&self) -> String {
        self.profile.as_ref().map_or_else(
            || "aws sso login".to_owned(),
            |profile| format!("aws sso login --profile {profile}"),
        )
    }
}

/// What AWS is reached through.
#[derive(Clone, Debug)]
pub enum Border {
    /// The network.
    Network,
    /// A service in this process, at the HTTP boundary.
    Embedded(SharedHttpClient),
}

/// One way into one account and region.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    settings: AccountSettings,
    border: Border,
    clock: Clock,
    calls: Calls,
    loaded: Mutex<Option<(Instant, Arc<SdkConfig>)>>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Account {
    /// Does nothing yet.
    pub fn new(settings: AccountSettings, border: Border, clock: Clock) -> Self {
        Self(Arc::new(Inner { settings, border, clock, calls: Calls::default(), loaded: Mutex::default() }))
    }

    /// Forgets the files and credentials that were read, unless that was a moment ago: somebody may have signed in, or
    /// written a profile.
    pub async fn renew(&self) {
        let mut loaded = self.0.loaded.lock().await;
        if loaded.as_ref().is_some_and(|(at, _)| at.elapsed() > KEPT) {
            *loaded = None;
        }
    }

    /// Which account, region and role.
    pub fn settings(&self) -> &AccountSettings {
        &self.0.settings
    }

    /// What was called so far.
    pub fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The region that calls go to.
    pub async fn region(&self) -> Result<String, Failure> {
        let config = self.config().await;
        config.region().map(|region| region.as_ref().to_owned()).ok_or_else(|| {
            let message = format!("no AWS region is set for {}", self.0.settings.whose());
            let failure = Failure::new(Cause::Unauthorized, ProblemKind::Credentials, message);
            let hint =
                "set AWS_REGION, region in the profile, or aws-region of the environment in the settings";
            Failure { problem: failure.problem.with_hint(hint), ..failure }
        })
    }

    /// The configuration of all clients. Files are read in the first call; credentials in the first request.
    pub(super) async fn config(&self) -> Arc<SdkConfig> {
        let mut loaded = self.0.loaded.lock().await;
        match &*loaded {
            Some((_, config)) => Arc::clone(config),
            None => {
                let config = Arc::new(self.load().await);
                *loaded = Some((Instant::now(), Arc::clone(&config)));
                config
            }
        }
    }

    async fn load(&self) -> SdkConfig {
        let Inner { settings, border, clock, calls, .. } = &*self.0;
        let inner = match border {
            Border::Network => aws_smithy_http_client::Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
            Border::Embedded(client) => client.clone(),
        };
        let time = Arc::clone(clock);
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(time().seconds().unsigned_abs());
        let door = Door { inner, calls: calls.clone() };
        let retry = RetryConfig::standard().with_max_attempts(TRIES);
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(TRY).build();
        if let Border::Embedded(_) = border {
            // The embedded world knows one key, and its time is not ours.
            let nobody = Credentials::new("AKIASIMULATOR", "simulator", None, None, "embedded");
            let region = settings.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
            return SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(door)
                .retry_config(retry)
                .timeout_config(timeouts)
                .region(Region::new(region))
                .sleep_impl(TokioSleep::new())
                .time_source(Now(now))
                .credentials_provider(SharedCredentialsProvider::new(nobody))
                .build();
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(door)
            .retry_config(retry)
            .timeout_config(timeouts);
        if let Ok(name) = aws_config::AppName::new(APP) {
            loader = loader.app_name(name);
        }
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        let base = loader.load().await;
        match &settings.role {
            None => base,
            Some(role) => {
                let assumed = aws_config::sts::AssumeRoleProvider::builder(role)
                    .session_name("pilothouse")
                    .configure(&base)
                    .build()
                    .await;
                let shared = SharedCredentialsProvider::new(assumed);
                base.into_builder().credentials_provider(shared).build()
            }
        }
    }

    /// What a failed call means.
    pub(super) fn failed<E>(&self, operation: &Operation, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        failure::failed(error, operation, &self.0.settings, &self.0.calls)
    }
}

struct Now<F>(F);

impl<F> fmt::Debug for Now<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Now")
    }
}

impl<F: Fn() -> SystemTime + Send + Sync> aws_smithy_async::time::TimeSource for Now<F> {
    fn now(&self) -> SystemTime {
        (self.0)()
    }
}
