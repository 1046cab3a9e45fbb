//! What AWS says no with, in the words of a [`Failure`]: which permission is missing, which command signs in.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::door::Calls;
use super::kept::CodeWanted;
use super::means::{Means, Whose};
use super::operations::{LOGS_FILTER, Operation};
use super::partition;
use crate::fleet::{Problem, ProblemKind};
use crate::gateway::failure::{Cause, Failure, Peer, chain, one_line, root_cause, transport};

/// How long to leave a service alone that asks for it without saying how long.
const LEAVE_ALONE: Duration = Duration::from_secs(5);

/// A refusal of a service that is called without its SDK.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) ErrorMetadata);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.message().unwrap_or_default())
    }
}

impl Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// What a failed call means.
pub(super) fn failed<E>(
    error: &SdkError<E, HttpResponse>,
    operation: &Operation,
    whose: &Whose,
    calls: &Calls,
) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            let meta = refused.err().meta();
            let Some(code) = meta.code().filter(|code| !code.is_empty()) else {
                // Not in the service's own words: something stands in between, or it is broken.
                let body = refused.raw().body().bytes().unwrap_or_default();
                return match status {
                    403 | 429 => said(status, "", "", operation, whose),
                    _ => malformed(operation, status, body),
                };
            };
            let failure = said(status, code, meta.message().unwrap_or_default(), operation, whose);
            if matches!(failure.cause, Cause::Busy(_)) {
                calls.throttled(operation.service.signing, operation.name);
            }
            failure
        }
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            malformed(operation, status, answer.raw().body().bytes().unwrap_or_default())
        }
        SdkError::TimeoutError(_) => {
            let message = format!("{} of AWS did not answer in time", operation.service.id);
            Failure::new(Cause::Lost, ProblemKind::Unreachable, message)
        }
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => lost(error, operation, whose),
        _ => Failure::new(Cause::Malformed, ProblemKind::Malformed, root_cause(error)),
    }
}

/// No answer: no credentials, no network, or we refused ourselves.
fn lost(error: &(dyn Error + 'static), operation: &Operation, whose: &Whose) -> Failure {
    if let Some(failure) = unusable(error) {
        return failure;
    }
    if let Some(error) = chain(error).find_map(|error| error.downcast_ref::<CredentialsError>()) {
        return credentials(error, whose);
    }
    let refused =
        chain(error).filter_map(|error| error.downcast_ref::<ConnectorError>()).any(|error| error.is_user());
    if refused {
        return Failure::new(Cause::Refused, ProblemKind::Bug, root_cause(error));
    }
    let region = whose.region.as_deref().filter(|_| !operation.service.is_global);
    no_answer(operation.service.host, region, error)
}

/// Nothing came back from a part of AWS.
fn no_answer(what: &str, region: Option<&str>, error: &(dyn Error + 'static)) -> Failure {
    if let Some(failure) = in_proxy(error) {
        return failure;
    }
    let address = match region {
        Some(region) => format!("AWS ({what}) in {region}"),
        None => format!("AWS ({what})"),
    };
    let failure = transport(&Peer { address, ..Peer::default() }, error);
    let message = failure.problem.message();
    let with = |kind, hint: &str| Failure::new(failure.cause, kind, message).with(hint);
    // What helps with a cluster does not help here.
    match failure.problem.kind() {
        ProblemKind::Certificate => with(
            ProblemKind::Certificate,
            "is a proxy in front that speaks for AWS? AWS_CA_BUNDLE names a file with the certificates to trust",
        ),
        kind if message.starts_with("no address is known") => with(
            kind,
            "is that a region of AWS, and does it have this service? else a VPN or a DNS resolver is missing",
        ),
        kind if message.ends_with("does not speak TLS") => {
            with(kind, "is a proxy or a login page in front? HTTPS_PROXY and NO_PROXY decide")
        }
        kind if message.ends_with("refuses connections") => {
            with(kind, "is AWS_ENDPOINT_URL set, and right? without it AWS is asked itself")
        }
        _ => failure,
    }
}

/// The proxy on the way has not let through, or is not there. Its type is nobody's to name, only its words are.
fn in_proxy(error: &(dyn Error + 'static)) -> Option<Failure> {
    let words = chain(error).map(ToString::to_string).find(|text| text.starts_with("tunnel error"))?;
    let (what, hint) = if words.contains("authorization required") {
        ("wants another user or password", "HTTPS_PROXY has them: http://user:password@host:port")
    } else if words.contains("underlying connection") {
        ("cannot be reached", "is it right? NO_PROXY names what is reached without it")
    } else {
        (
            "does not let through to AWS",
            "ask for *.amazonaws.com there; NO_PROXY names what is reached without it",
        )
    };
    let message = format!("the proxy of HTTPS_PROXY {what}");
    Some(Failure::new(Cause::Lost, ProblemKind::Unreachable, message).with(hint))
}

/// The network cannot be used at all, and it is known why.
fn unusable(error: &(dyn Error + 'static)) -> Option<Failure> {
    let problem = chain(error).find_map(|error| error.downcast_ref::<Problem>())?;
    Some(Failure { cause: Cause::Lost, problem: problem.clone() })
}

/// Credentials that cannot be had, wherever they are asked for.
pub(super) fn credentials(error: &CredentialsError, whose: &Whose) -> Failure {
    unusable(error).or_else(|| unreachable(error, whose)).unwrap_or_else(|| no_credentials(error, whose))
}

/// Whoever hands out credentials cannot be reached: signing in would not help. Not for the metadata service, which is
/// only there on instances.
fn unreachable(error: &CredentialsError, whose: &Whose) -> Option<Failure> {
    let is_network = |error: &ConnectorError| error.is_io() || error.is_timeout();
    let connector = chain(error).find_map(|error| error.downcast_ref::<ConnectorError>());
    let is_asked = matches!(error, CredentialsError::ProviderError(_) | CredentialsError::Unhandled(_));
    (is_asked && connector.is_some_and(is_network))
        .then(|| no_answer("credentials", whose.region.as_deref(), error))
}

/// Credentials that cannot be had, and the command that gets them.
pub(super) fn no_credentials(error: &CredentialsError, whose: &Whose) -> Failure {
    // A service that was asked for them says why in a sentence of its own.
    let said = chain(error).find_map(|error| error.downcast_ref::<ErrorMetadata>());
    let reason = said.and_then(|said| said.message()).map_or_else(|| root_cause(error), str::to_owned);
    let reason = one_line(&reason);
    let lower = reason.to_ascii_lowercase();
    let of = whose.name();
    let wants_code = chain(error).any(|error| error.downcast_ref::<CodeWanted>().is_some());
    let message = match (&whose.means, error) {
        (Means::Missing(there), _) => {
            let name = whose.profile.as_deref().unwrap_or_default();
            let others = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            format!("the AWS configuration has no profile {name}, only {others}")
        }
        (Means::Unreadable(why), _) => format!("the AWS configuration cannot be read: {why}"),
        _ if wants_code => format!("{of} wants the code of an MFA device"),
        (_, CredentialsError::ProviderTimedOut(_)) => {
            format!("the AWS credentials of {of} did not come in time")
        }
        (Means::SignIn, _)
            if ["expired", "cached", "token", "cache"].iter().any(|word| lower.contains(word)) =>
        {
            format!("nobody is signed in for {of}, or no longer")
        }
        (_, CredentialsError::CredentialsNotLoaded(_)) => format!("no AWS credentials were found for {of}"),
        _ => format!("the AWS credentials of {of} cannot be used: {reason}"),
    };
    let command = match &whose.means {
        // The portal knows who asks, and that he may not be this.
        Means::SignIn if reason == "No access" => {
            format!("sso_account_id and sso_role_name of {of}: is that role assigned to you?")
        }
        Means::Workload => whose.way_in(),
        _ if reason.contains("sts:AssumeRole") => {
            "the role's trust policy and sts:AssumeRole of the profile decide: both must allow it".to_owned()
        }
        _ => whose.way_in(),
    };
    Failure::new(Cause::Unauthorized, ProblemKind::Credentials, one_line(&message)).with(command)
}

/// The credentials are of another account than the cluster.
pub(super) fn wrong_account(whose: &Whose, found: &str, wanted: &str) -> Failure {
    let message = format!("{} is of the AWS account {found}, and the cluster of {wanted}", whose.name());
    Failure::new(Cause::Unauthorized, ProblemKind::Credentials, message)
        .with("name a profile of that account: aws-profile of the environment in the settings")
}

/// An answer that says no.
pub(super) fn said(status: u16, code: &str, message: &str, operation: &Operation, whose: &Whose) -> Failure {
    let text = one_line(message);
    let detail = if text.is_empty() { code.to_owned() } else { text };
    let name = format!("{} {}", operation.service.id, operation.name);
    let new = |cause, kind, message: String| Failure::new(cause, kind, message);
    match code {
        // By the same word other operations ask for fewer calls.
        "LimitExceededException" if operation.is_once() => new(
            Cause::NotOffered,
            ProblemKind::User,
            "as many queries run in this account as may at once".to_owned(),
        )
        .with("wait until one has ended, or stop one; Service Quotas says how many may run"),
        "InvalidParameterException" if *operation == LOGS_FILTER => {
            let message = format!("CloudWatch Logs does not take this: {detail}");
            new(Cause::NotOffered, ProblemKind::User, message)
        }
        "MalformedQueryException" => {
            new(Cause::NotOffered, ProblemKind::User, format!("the query is not understood: {detail}"))
        }
        _ if is_throttling(code) || status == 429 => new(
            Cause::Busy(LEAVE_ALONE),
            ProblemKind::Throttled,
            format!("AWS asks for fewer calls of {name}"),
        ),
        // Most services call it a wrong signature, and only their words tell (IAM user guide, "Troubleshooting signed
        // requests": `Signature expired: … is now earlier than …`).
        _ if matches!(code, "RequestTimeTooSkewed" | "RequestExpired")
            || detail.starts_with("Signature expired")
            || detail.starts_with("Signature not yet current") =>
        {
            let message = "AWS does not accept the time of this machine's clock".to_owned();
            new(Cause::Unauthorized, ProblemKind::Credentials, message)
                .with("set the clock: signatures are good for five minutes around the time of AWS")
        }
        _ if is_stale_login(code) => {
            let of = whose.name();
            if code.starts_with("ExpiredToken") {
                let message = format!("the AWS credentials of {of} have expired");
                return new(Cause::Unauthorized, ProblemKind::Credentials, message).with(whose.way_in());
            }
            let region = whose.region.as_deref().filter(|_| !operation.service.is_global);
            let place = region.map(|region| format!(" in {region}")).unwrap_or_default();
            let message = format!("AWS does not accept the credentials of {of}{place}: {detail}");
            let failure = new(Cause::Unauthorized, ProblemKind::Credentials, message);
            // A region that the account has not enabled does not know its keys, and says no more than that.
            let failure = match region.filter(|region| partition::is_opt_in(region)) {
                Some(region) => failure.with(format!(
                    "is the region enabled in the account? aws account get-region-opt-status --region-name {region}"
                )),
                None => failure,
            };
            failure.with(whose.way_in())
        }
        _ if is_denial(code) || status == 403 => {
            let action = operation.action();
            new(Cause::Forbidden, ProblemKind::Forbidden, format!("forbidden: {action}"))
                .with(format!("ask for the IAM action {action}; `pilothouse doctor --iam-policy` prints all"))
        }
        _ if is_missing(code) || status == 404 => new(Cause::Missing, ProblemKind::NotFound, detail),
        _ if status >= 500 => {
            new(Cause::Server, ProblemKind::Unreachable, format!("{name} failed with {status}: {detail}"))
        }
        _ => new(Cause::NotOffered, ProblemKind::User, format!("{name} was refused: {detail}")),
    }
}

/// An answer that cannot be understood.
pub(super) fn malformed(operation: &Operation, status: u16, body: &[u8]) -> Failure {
    let (service, name) = (operation.service.id, operation.name);
    if is_html(body) {
        let message = format!("something in front of {service} answered HTML ({status})");
        return Failure::new(Cause::Lost, ProblemKind::Unreachable, message)
            .with("is a proxy or a login page in front? HTTPS_PROXY and NO_PROXY decide");
    }
    if status >= 500 {
        let message = format!("{service} {name} failed with {status}");
        return Failure::new(Cause::Server, ProblemKind::Unreachable, message);
    }
    let message = format!("the answer of {service} {name} cannot be understood ({status})");
    Failure::new(Cause::Malformed, ProblemKind::Malformed, message)
}

fn is_html(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
        && body.windows(5).take(512).any(|window| window.eq_ignore_ascii_case(b"<html"))
}

fn is_throttling(code: &str) -> bool {
    code.contains("Throttl")
        || code.contains("TooManyRequests")
        || ["RequestLimitExceeded", "SlowDown", "LimitExceededException", "PriorRequestNotComplete"]
            .contains(&code)
}

fn is_stale_login(code: &str) -> bool {
    code.starts_with("ExpiredToken")
        || code.contains("InvalidClientTokenId")
        || [
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "AuthFailure",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "InvalidAccessKeyId",
            "OptInRequired",
        ]
        .contains(&code.trim_end_matches("Exception"))
        || code == "UnrecognizedClientException"
        || code == "InvalidSignatureException"
}

fn is_denial(code: &str) -> bool {
    code.contains("AccessDenied") || code.contains("Unauthorized") || code.contains("NotAuthorized")
}

fn is_missing(code: &str) -> bool {
    code.contains("NotFound")
        || code.starts_with("NoSuch")
        || code.contains("DoesNotExist")
        || code.contains("NonExistent")
}

impl Failure {
    fn with(self, hint: impl Into<String>) -> Self {
        Self { problem: self.problem.with_hint(hint), ..self }
    }
}

/// Nothing is known of the AWS account of a cluster.
pub fn no_account(cluster: &str) -> Problem {
    Problem::new(ProblemKind::Unset, format!("no AWS account is known for {cluster}")).with_hint(format!(
        "name it in the settings: [clusters.{cluster}] eks = \"REGION/NAME\", and a profile for its environment"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::aws::operations::{EC2_SUBNETS, EKS_CLUSTER, ROUTE_53_ZONES};

    fn whose(means: Means) -> Whose {
        Whose { profile: Some("prod".to_owned()), means, ..Whose::default() }
    }

    /// Message and command.
    fn told(error: CredentialsError, whose: &Whose) -> (String, String) {
        let failure = credentials(&error, whose);
        assert_eq!(failure.cause, Cause::Unauthorized);
        let [hint] = failure.problem.hints() else { panic!("one command: {failure:?}") };
        (failure.problem.message().to_owned(), hint.clone())
    }

    fn cause(status: u16, code: &str) -> Failure {
        said(status, code, "because", &EKS_CLUSTER, &whose(Means::SignIn))
    }

    #[test]
    fn a_denial_names_the_action_in_every_dialect() {
        for (status, code) in [
            (403, "AccessDeniedException"),
            (403, "AccessDenied"),
            (403, "UnauthorizedOperation"),
            (400, "AccessDeniedException"),
            (403, ""),
        ] {
            let failure = cause(status, code);
            assert_eq!(failure.cause, Cause::Forbidden, "{code}");
            assert_eq!(failure.problem.message(), "forbidden: eks:DescribeCluster");
        }
    }

    #[test]
    fn throttling_has_many_names() {
        for (status, code) in [
            (400, "Throttling"),
            (429, "TooManyRequestsException"),
            (503, "RequestLimitExceeded"),
            (400, "ThrottlingException"),
        ] {
            assert!(matches!(cause(status, code).cause, Cause::Busy(_)), "{code}");
        }
    }

    #[test]
    fn an_expired_login_says_how_to_sign_in() {
        for code in [
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "AuthFailure",
            "SignatureDoesNotMatch",
        ] {
            let failure =
                said(403, code, "The security token is expired", &EC2_SUBNETS, &whose(Means::SignIn));
            assert_eq!(failure.cause, Cause::Unauthorized, "{code}");
            assert_eq!(failure.problem.hints(), ["aws sso login --profile prod"]);
        }
    }

    #[test]
    fn what_is_not_there_and_what_is_broken_are_told_apart() {
        assert_eq!(cause(404, "ResourceNotFoundException").cause, Cause::Missing);
        assert_eq!(
            said(404, "NoSuchHostedZone", "", &ROUTE_53_ZONES, &whose(Means::SignIn)).cause,
            Cause::Missing
        );
        assert_eq!(cause(500, "ServerException").cause, Cause::Server);
        assert_eq!(cause(400, "InvalidParameterException").cause, Cause::NotOffered);
        let html = malformed(&EKS_CLUSTER, 200, b"<!doctype html><html><body>Sign in</body></html>");
        assert_eq!(html.cause, Cause::Lost);
    }

    #[test]
    fn credentials_that_cannot_be_had_are_one_line_and_one_command() {
        let pair = |message: &str, command: &str| (message.to_owned(), command.to_owned());
        let expired = CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        assert_eq!(
            told(expired, &whose(Means::SignIn)),
            pair("nobody is signed in for profile prod, or no longer", "aws sso login --profile prod")
        );
        assert_eq!(
            told(CredentialsError::not_loaded_no_source(), &Whose::default()),
            pair("no AWS credentials were found for the default profile", "aws sso login")
        );
        assert_eq!(
            told(CredentialsError::not_loaded("x"), &whose(Means::Missing(vec!["dev".into(), "ops".into()]))),
            pair(
                "the AWS configuration has no profile prod, only dev, ops",
                "aws configure sso --profile prod"
            )
        );
        assert_eq!(
            told(CredentialsError::not_loaded(CodeWanted), &whose(Means::Code("arn".into()))),
            pair(
                "profile prod wants the code of an MFA device",
                "aws sts get-caller-identity --profile prod"
            )
        );
        assert_eq!(
            told(CredentialsError::provider_error("exit status 3"), &whose(Means::Process)),
            pair(
                "the AWS credentials of profile prod cannot be used: exit status 3",
                "aws configure export-credentials --profile prod"
            )
        );
    }

    #[test]
    fn another_account_is_named_with_the_one_that_is_meant() {
        let failure = wrong_account(&whose(Means::Keys), "111111111111", "222222222222");
        assert_eq!(
            failure.problem.message(),
            "profile prod is of the AWS account 111111111111, and the cluster of 222222222222"
        );
        assert!(failure.problem.hints()[0].contains("aws-profile"));
    }

    #[test]
    fn a_network_that_cannot_be_used_is_the_reason_and_not_the_login() {
        let broken = Problem::new(ProblemKind::Certificate, "AWS_CA_BUNDLE x holds no certificate");
        let connector = ConnectorError::other(broken.clone().into(), None);
        let failure = credentials(&CredentialsError::provider_error(connector), &whose(Means::SignIn));
        assert_eq!(failure.problem, broken);
    }
}
