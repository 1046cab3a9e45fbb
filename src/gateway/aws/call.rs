//! Calls to services that are not worth their SDK: a handful of reads each, with the few fields that we keep.
//!
//! They are signed like all others and pass the same door, with the retries of the SDKs' own runtime. `aws-sdk-ec2` alone
//! would cost as much to compile as everything else together.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation as Orchestrated;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use bytes::Bytes;

use super::account::Account;
use super::failure::{Refusal, malformed};
use super::operations::{Operation, S3, Service};
use crate::fleet::ProblemKind;
use crate::gateway::failure::{Cause, Failure};

/// A request as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) method: &'static str,
    /// With its query.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// Reads the code and the message of a refusal, in the protocol's shape.
pub(super) type Refused = fn(&HttpResponse) -> Option<ErrorMetadata>;

/// Sends a request and returns the body of its answer.
pub(super) async fn send(
    account: &Account,
    operation: &Operation,
    draft: Draft,
    refused: Refused,
) -> Result<Bytes, Failure> {
    let config = account.config().await;
    let region = account.region().await?;
    let endpoint = endpoint(&config, &operation.service, &region);
    let request = signed(account, operation, &draft, &endpoint, &region).await?;
    let (Some(client), retry) = (config.http_client(), config.retry_config()) else {
        return Err(bug("there is no HTTP client"));
    };
    let mut builder = Orchestrated::builder()
        .service_name(operation.service.id)
        .operation_name(operation.name)
        .http_client(client)
        .endpoint_url(&endpoint)
        .no_auth()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .retry_classifier(AwsErrorCodeClassifier::<Refusal>::default())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(TransientErrorClassifier::<Refusal>::new());
    match retry {
        Some(_) if operation.is_once() => builder = builder.standard_retry(&RetryConfig::disabled()),
        Some(retry) => builder = builder.standard_retry(retry),
        None => {}
    }
    if let Some(timeouts) = config.timeout_config() {
        builder = builder.timeout_config(timeouts.clone());
    }
    if let Some(sleep) = config.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    let call = builder
        .serializer(move |(): ()| {
            request.try_clone().ok_or_else(|| "a body that cannot be sent twice".into())
        })
        .deserializer(move |answer: &HttpResponse| read(answer, refused))
        .build();
    call.invoke(()).await.map_err(|error: SdkError<Refusal, HttpResponse>| account.failed(operation, &error))
}

fn read(answer: &HttpResponse, refused: Refused) -> Result<Bytes, OrchestratorError<Refusal>> {
    let body = answer.body().bytes().unwrap_or_default();
    if answer.status().is_success() {
        return Ok(Bytes::copy_from_slice(body));
    }
    match refused(answer) {
        Some(meta) => Err(OrchestratorError::operation(Refusal(meta))),
        None => Err(OrchestratorError::response("not in the shape of a refusal".into())),
    }
}

/// Where the service is: as the environment or the profile say (`AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL`), else where
/// AWS has it.
fn endpoint(config: &aws_config::SdkConfig, service: &Service, region: &str) -> String {
    let key = aws_types::service_config::ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok();
    let own = config.service_config().zip(key).and_then(|(config, key)| config.load_config(key));
    let set = own.or_else(|| config.endpoint_url().map(str::to_owned));
    set.map_or_else(|| usual_endpoint(service, region), |url| url.trim_end_matches('/').to_owned())
}

/// Partitions by their regions: AWS general reference, service endpoints.
fn usual_endpoint(service: &Service, region: &str) -> String {
    let suffix = super::partition::suffix(region);
    if service.is_global {
        format!("https://{}.{suffix}", service.host)
    } else {
        format!("https://{}.{region}.{suffix}", service.host)
    }
}

async fn signed(
    account: &Account,
    operation: &Operation,
    draft: &Draft,
    endpoint: &str,
    region: &str,
) -> Result<HttpRequest, Failure> {
    let config = account.config().await;
    let provider = config.credentials_provider().ok_or_else(|| bug("there are no credentials"))?;
    let credentials = provider.provide_credentials().await.map_err(|error| {
        let dispatch = aws_smithy_runtime_api::client::result::ConnectorError::other(error.into(), None);
        account.failed(operation, &SdkError::<Refusal, HttpResponse>::dispatch_failure(dispatch))
    })?;
    let identity = Identity::new(credentials.clone(), credentials.expiry());
    let now: SystemTime = config.time_source().map_or_else(
        || SystemTime::UNIX_EPOCH + Duration::from_secs(account.now().seconds().unsigned_abs()),
        |source| source.now(),
    );
    let region = if operation.service.is_global { "us-east-1" } else { region };
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(operation.service.signing)
        .time(now)
        .settings(settings(&operation.service))
        .build()
        .map_err(|error| bug(&error.to_string()))?;
    let uri = format!("{endpoint}{}", draft.path);
    let headers = draft.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable =
        SignableRequest::new(draft.method, &uri, headers, SignableBody::Bytes(draft.body.as_bytes()))
            .map_err(|error| bug(&error.to_string()))?;
    let (instructions, _) =
        sign(signable, &params.into()).map_err(|error| bug(&error.to_string()))?.into_parts();
    let mut request = http::Request::builder().method(draft.method).uri(&uri);
    for (name, value) in &draft.headers {
        request = request.header(*name, value);
    }
    let mut request =
        request.body(SdkBody::from(draft.body.clone())).map_err(|error| bug(&error.to_string()))?;
    instructions.apply_to_request_http1x(&mut request);
    HttpRequest::try_from(request).map_err(|error| bug(&error.to_string()))
}

/// S3 signs paths as they are, and wants the hash of the body in a header (S3 API reference, "Signature calculations").
fn settings(service: &Service) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if *service == S3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

fn bug(what: &str) -> Failure {
    Failure::new(Cause::Refused, ProblemKind::Bug, format!("calling AWS: {what}"))
}

/// What was read cannot be understood.
pub(super) fn unreadable(operation: &Operation, body: &[u8]) -> Failure {
    malformed(operation, 200, body)
}
