//! One way into one account and region of AWS. Cheap to clone; made without touching the network, a file or a
//! credential: all of that happens in the first call.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::door::{Calls, Door};
use super::kept::{Kept, timestamp};
use super::means::{Means, Whose};
use super::network::{Network, closed};
use super::operations::Operation;
use super::{failure, sts};
use crate::fleet::time::Clock;
use crate::fleet::{Problem, ProblemKind, Timestamp};
use crate::gateway::failure::{Cause, Failure};
use crate::gateway::kubeconfig::EksAddress;

/// The application as it is called in the user agent of every call.
const APP: &str = concat!("pilothouse-", env!("CARGO_PKG_VERSION"));
/// How often a call is tried that was throttled or got no answer; further tries are the sources' own.
const TRIES: u32 = 3;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(15);

/// How long the metadata service of an instance may take to accept a connection: it is on the same machine, or nowhere.
const METADATA_CONNECT: Duration = Duration::from_millis(400);
/// How long the metadata service may take in all.
const METADATA: Duration = Duration::from_secs(2);
/// How long asking who we are may hold up what it only checks.
const CHECK: Duration = Duration::from_secs(5);

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
    /// The account that the credentials must be of (twelve digits), where somebody says so.
    pub account: Option<String>,
}

impl From<EksAddress> for AccountSettings {
    fn from(address: EksAddress) -> Self {
        let EksAddress { profile, role, region, account, .. } = address;
        Self { profile, role, region, account }
    }
}

/// What AWS is reached through.
#[derive(Clone, Debug)]
pub enum Border {
    /// The network.
    Network(Arc<Network>),
    /// A service in this process, at the HTTP boundary.
    Embedded(SharedHttpClient),
    /// Nothing: the settings switch AWS off.
    Off,
}

/// One way into one account and region.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    settings: AccountSettings,
    border: Border,
    clock: Clock,
    calls: Calls,
    loaded: Mutex<Option<Loaded>>,
    /// Whose credentials were loaded last, for messages.
    whose: std::sync::Mutex<Whose>,
}

/// What the files and the environment say.
struct Loaded {
    at: Instant,
    config: Arc<SdkConfig>,
    /// The account of the credentials: asked once; `None` inside when nobody could say.
    checked: Option<Option<Box<str>>>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl PartialEq for Account {
    /// The same one, not only an equal one.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Account {
    /// Does nothing yet.
    pub fn new(settings: AccountSettings, border: Border, clock: Clock) -> Self {
        let whose = Whose {
            profile: settings.profile.clone(),
            region: settings.region.clone(),
            settings: settings.clone(),
            means: Means::Unknown,
        };
        Self(Arc::new(Inner {
            settings,
            border,
            clock,
            calls: Calls::default(),
            loaded: Mutex::default(),
            whose: std::sync::Mutex::new(whose),
        }))
    }

    /// Another account, region or role over the same border; itself when it is the same.
    #[must_use]
    pub fn with(&self, settings: AccountSettings) -> Self {
        if settings == self.0.settings {
            return self.clone();
        }
        Self::new(settings, self.0.border.clone(), Arc::clone(&self.0.clock))
    }

    /// Forgets the files and credentials that were read, unless that was a moment ago: somebody may have signed in, or
    /// written a profile.
    pub async fn renew(&self) {
        let mut loaded = self.0.loaded.lock().await;
        if loaded.as_ref().is_some_and(|loaded| loaded.at.elapsed() > KEPT) {
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

    /// Whose credentials, for messages: `profile prod`.
    pub fn name(&self) -> String {
        self.whose().name()
    }

    /// The command that signs in, or mends what is wrong with the credentials.
    pub fn way_in(&self) -> String {
        self.whose().way_in()
    }

    fn whose(&self) -> Whose {
        self.0.whose.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The region that calls go to.
    pub async fn region(&self) -> Result<String, Failure> {
        let config = self.config().await;
        config.region().map(|region| region.as_ref().to_owned()).ok_or_else(|| {
            let message = format!("no AWS region is set for {}", self.name());
            let failure = Failure::new(Cause::Unauthorized, ProblemKind::Credentials, message);
            let hint =
                "set AWS_REGION, region in the profile, or aws-region of the environment in the settings";
            Failure { problem: failure.problem.with_hint(hint), ..failure }
        })
    }

    /// Says why nothing may be asked here at all: AWS is switched off, or the credentials are of another account than
    /// the cluster, whose neighbours would be shown as if they were its own.
    pub async fn check(&self) -> Result<(), Failure> {
        if matches!(self.0.border, Border::Off) {
            return Err(Failure { cause: Cause::NotOffered, problem: off() });
        }
        let Some(wanted) = &self.0.settings.account else { return Ok(()) };
        // Loads it, so that there is something to write into.
        let config = self.config().await;
        let known = {
            let loaded = self.0.loaded.lock().await;
            loaded.as_ref().and_then(|loaded| loaded.checked.clone())
        };
        let found = match known {
            Some(known) => known,
            None => {
                let asked = tokio::time::timeout(CHECK, Box::pin(sts::caller(self))).await;
                // Whoever cannot be asked proves nothing. Without credentials the tables say so themselves.
                let found = asked.ok().and_then(Result::ok).map(|caller| caller.account);
                let mut loaded = self.0.loaded.lock().await;
                if let Some(loaded) = loaded.as_mut().filter(|loaded| Arc::ptr_eq(&loaded.config, &config)) {
                    loaded.checked = Some(found.clone());
                }
                found
            }
        };
        match found.filter(|found| !found.is_empty() && **found != **wanted) {
            Some(found) => Err(failure::wrong_account(&self.whose(), &found, wanted)),
            None => Ok(()),
        }
    }

    /// Credentials as they are, obtained first where that is needed.
    pub(super) async fn credentials(&self) -> Result<Credentials, Failure> {
        let config = self.config().await;
        let Some(provider) = config.credentials_provider() else {
            return Err(failure::no_credentials(
                &aws_credential_types::provider::error::CredentialsError::not_loaded_no_source(),
                &self.whose(),
            ));
        };
        provider.provide_credentials().await.map_err(|error| failure::credentials(&error, &self.whose()))
    }

    /// Until when the credentials are good; *never* for keys that do not expire.
    pub async fn good_until(&self) -> Result<Timestamp, Failure> {
        Ok(self.credentials().await?.expiry().map_or(Timestamp::NEVER, timestamp))
    }

    /// The configuration of all clients. Files are read in the first call; credentials in the first request.
    pub(super) async fn config(&self) -> Arc<SdkConfig> {
        let mut loaded = self.0.loaded.lock().await;
        match &*loaded {
            Some(loaded) => Arc::clone(&loaded.config),
            None => {
                // Chains of providers are large, and this is inside of every call.
                let config = Arc::new(Box::pin(self.load()).await);
                *loaded = Some(Loaded { at: Instant::now(), config: Arc::clone(&config), checked: None });
                config
            }
        }
    }

    async fn load(&self) -> SdkConfig {
        let Inner { border, calls, .. } = &*self.0;
        match border {
            Border::Embedded(client) => self.embedded(client.clone()),
            Border::Off => self.embedded(closed(off())),
            Border::Network(network) => {
                let inner = network.client().await;
                self.over_network(Door { inner, calls: calls.clone() }, network).await
            }
        }
    }

    /// The embedded world knows one key, and its time is not ours.
    fn embedded(&self, inner: SharedHttpClient) -> SdkConfig {
        let nobody = Credentials::new("AKIASIMULATOR", "simulator", None, None, "embedded");
        let region = self.0.settings.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        let time = Arc::clone(&self.0.clock);
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(time().seconds().unsigned_abs());
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(Door { inner, calls: self.0.calls.clone() })
            .retry_config(retry())
            .timeout_config(timeouts())
            .region(Region::new(region))
            .sleep_impl(TokioSleep::new())
            .time_source(Now(now))
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            .build()
    }

    async fn over_network(&self, door: Door, network: &Network) -> SdkConfig {
        let settings = &self.0.settings;
        let whose = Whose::read(settings).await;
        *self.0.whose.lock().unwrap_or_else(PoisonError::into_inner) = whose.clone();
        let door = SharedHttpClient::new(door);
        let plain =
            ProviderConfig::default().with_http_client(door.clone()).with_sleep_impl(TokioSleep::new());
        let metadata = imds::Client::builder()
            .configure(&plain)
            .connect_timeout(METADATA_CONNECT)
            .operation_timeout(METADATA)
            .build();
        let region = match &settings.region {
            Some(region) => Some(Region::new(region.clone())),
            None => self.region_of_surroundings(&plain, metadata.clone()).await,
        };
        {
            let mut whose = self.0.whose.lock().unwrap_or_else(PoisonError::into_inner);
            whose.region = region.as_ref().map(ToString::to_string);
        }
        let providers = plain.with_region(region.clone());
        let base = match &settings.profile {
            // A profile that is asked for by name wins over keys that happen to be in the environment.
            Some(profile) => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder().configure(&providers).profile_name(profile).build(),
            ),
            None => SharedCredentialsProvider::new(
                DefaultCredentialsChain::builder()
                    .configure(providers)
                    .region(region.clone())
                    .imds_client(metadata)
                    .build()
                    .await,
            ),
        };
        let session = match (&whose.means, &network.home) {
            (Means::Code(role), Some(home)) => Some((role.clone(), home.join(".aws/cli/cache"))),
            _ => None,
        };
        let base = Kept::new(base, session, Arc::clone(&self.0.clock));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(door)
            .retry_config(retry())
            .timeout_config(timeouts())
            .region(region)
            .credentials_provider(base);
        if let Ok(name) = aws_config::AppName::new(APP) {
            loader = loader.app_name(name);
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
                let kept =
                    Kept::new(SharedCredentialsProvider::new(assumed), None, Arc::clone(&self.0.clock));
                base.into_builder().credentials_provider(SharedCredentialsProvider::new(kept)).build()
            }
        }
    }

    async fn region_of_surroundings(&self, plain: &ProviderConfig, metadata: imds::Client) -> Option<Region> {
        let mut profile = ProfileFileRegionProvider::builder().configure(plain);
        if let Some(name) = &self.0.settings.profile {
            profile = profile.profile_name(name);
        }
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .or_else(
                imds::region::ImdsRegionProvider::builder().configure(plain).imds_client(metadata).build(),
            )
            .region()
            .await
    }

    /// What a failed call means.
    pub(super) fn failed<E>(&self, operation: &Operation, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        failure::failed(error, operation, &self.whose(), &self.0.calls)
    }
}

fn retry() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(TRIES)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(TRY).build()
}

/// AWS is switched off.
fn off() -> Problem {
    Problem::new(ProblemKind::Unset, "AWS is switched off in the settings").with_hint("[aws] read = true")
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

#[cfg(test)]
#[path = "account/tests.rs"]
mod tests;
