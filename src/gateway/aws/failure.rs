//! What AWS says no with, in the words of a [`Failure`]: which permission is missing, which command signs in.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::account::AccountSettings;
use super::door::Calls;
use super::operations::Operation;
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
    account: &AccountSettings,
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
                    403 | 429 => said(status, "", "", operation, account),
                    _ => malformed(operation, status, body),
                };
            };
            let failure = said(status, code, meta.message().unwrap_or_default(), operation, account);
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
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => lost(error, operation, account),
        _ => Failure::new(Cause::Malformed, ProblemKind::Malformed, root_cause(error)),
    }
}

/// No answer: no credentials, no network, or we refused ourselves.
fn lost(error: &(dyn Error + 'static), operation: &Operation, account: &AccountSettings) -> Failure {
    if let Some(credentials) = chain(error).find_map(|error| error.downcast_ref::<CredentialsError>()) {
        return no_credentials(credentials, account);
    }
    let refused =
        chain(error).filter_map(|error| error.downcast_ref::<ConnectorError>()).any(|error| error.is_user());
    if refused {
        return Failure::new(Cause::Refused, ProblemKind::Bug, root_cause(error));
    }
    let peer = Peer { address: format!("AWS ({})", operation.service.host), ..Peer::default() };
    transport(&peer, error)
}

/// Credentials that cannot be had, and the command that gets them.
fn no_credentials(error: &CredentialsError, account: &AccountSettings) -> Failure {
    let reason = one_line(&root_cause(error));
    let of = account.whose();
    let message = match error {
        CredentialsError::CredentialsNotLoaded(_) => format!("no AWS credentials were found for {of}"),
        CredentialsError::ProviderTimedOut(_) => format!("the AWS credentials of {of} did not come in time"),
        _ => format!("the AWS credentials of {of} cannot be used: {reason}"),
    };
    let failure = Failure::new(Cause::Unauthorized, ProblemKind::Credentials, message);
    with_login(failure, &reason, account)
}

fn with_login(failure: Failure, reason: &str, account: &AccountSettings) -> Failure {
    let reason = reason.to_ascii_lowercase();
    let hint = if reason.contains("mfa") {
        "sign in with your MFA device first: `aws sts get-session-token --serial-number … --token-code …`, and put \
         the result into the profile"
            .to_owned()
    } else {
        account.login()
    };
    Failure { problem: failure.problem.with_hint(hint), ..failure }
}

/// An answer that says no.
pub(super) fn said(
    status: u16,
    code: &str,
    message: &str,
    operation: &Operation,
    account: &AccountSettings,
) -> Failure {
    let text = one_line(message);
    let detail = if text.is_empty() { code.to_owned() } else { text };
    let name = format!("{} {}", operation.service.id, operation.name);
    let new = |cause, kind, message: String| Failure::new(cause, kind, message);
    match code {
        _ if is_throttling(code) || status == 429 => new(
            Cause::Busy(LEAVE_ALONE),
            ProblemKind::Throttled,
            format!("AWS asks for fewer calls of {name}"),
        ),
        _ if is_stale_login(code) => {
            let failure = new(
                Cause::Unauthorized,
                ProblemKind::Credentials,
                format!("AWS does not accept the credentials of {}: {detail}", account.whose()),
            );
            with_login(failure, &detail, account)
        }
        "RequestTimeTooSkewed" | "RequestExpired" => new(
            Cause::Unauthorized,
            ProblemKind::Credentials,
            "AWS does not accept the time of this machine's clock".to_owned(),
        )
        .with("set the clock: signatures are good for five minutes around the time of AWS"),
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
    let html = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
        && body.windows(5).take(512).any(|window| window.eq_ignore_ascii_case(b"<html"));
    let (service, name) = (operation.service.id, operation.name);
    if html {
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
    Problem::new(ProblemKind::User, format!("no AWS account is known for {cluster}")).with_hint(format!(
        "name it in the settings: [clusters.{cluster}] eks = \"REGION/NAME\", and a profile for its environment"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::aws::operations::{EC2_SUBNETS, EKS_CLUSTER, ROUTE_53_ZONES};

    fn account() -> AccountSettings {
        AccountSettings { profile: Some("prod".to_owned()), ..AccountSettings::default() }
    }

    fn cause(status: u16, code: &str) -> Failure {
        said(status, code, "because", &EKS_CLUSTER, &account())
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
            let failure = said(403, code, "The security token is expired", &EC2_SUBNETS, &account());
            assert_eq!(failure.cause, Cause::Unauthorized, "{code}");
            assert_eq!(failure.problem.hints(), ["aws sso login --profile prod"]);
        }
    }

    #[test]
    fn what_is_not_there_and_what_is_broken_are_told_apart() {
        assert_eq!(cause(404, "ResourceNotFoundException").cause, Cause::Missing);
        assert_eq!(said(404, "NoSuchHostedZone", "", &ROUTE_53_ZONES, &account()).cause, Cause::Missing);
        assert_eq!(cause(500, "ServerException").cause, Cause::Server);
        assert_eq!(cause(400, "InvalidParameterException").cause, Cause::NotOffered);
        let html = malformed(&EKS_CLUSTER, 200, b"<!doctype html><html><body>Sign in</body></html>");
        assert_eq!(html.cause, Cause::Lost);
    }
}
