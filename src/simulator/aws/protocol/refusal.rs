//! How each protocol says that anybody's request is refused: codes and status codes, as AWS documents them under "Common
//! errors" of each service.

use super::super::failure::{Failure, Refusal};

/// The dialects of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    RestJson,
    Json,
    Query,
    Ec2,
    S3,
}

/// A refusal in a protocol's words. `action` is the permission's name, like `eks:ListClusters`.
pub(crate) fn failure(words: Words, refusal: Refusal, who: &str, action: &str) -> Failure {
    let (status, code) = code(words, refusal);
    Failure::new(status, code, message(words, refusal, who, action))
}

fn code(words: Words, refusal: Refusal) -> (u16, &'static str) {
    use Refusal as R;
    use Words as W;
    match (refusal, words) {
        (R::Unsigned, W::RestJson | W::Json) => (403, "MissingAuthenticationTokenException"),
        (R::Unsigned, W::Query) => (403, "MissingAuthenticationToken"),
        (R::Unsigned, W::Ec2) => (401, "AuthFailure"),
        (R::Unsigned, W::S3) | (R::Denied, W::S3 | W::Query) => (403, "AccessDenied"),
        (R::UnknownKey, W::RestJson) => (403, "UnrecognizedClientException"),
        (R::UnknownKey, W::Json) => (400, "UnrecognizedClientException"),
        (R::UnknownKey, W::Query) => (403, "InvalidClientTokenId"),
        (R::UnknownKey, W::Ec2) => (401, "AuthFailure"),
        (R::UnknownKey, W::S3) => (403, "InvalidAccessKeyId"),
        (R::Expired, W::RestJson) => (403, "ExpiredTokenException"),
        (R::Expired, W::Json) => (400, "ExpiredTokenException"),
        (R::Expired, W::Query) => (403, "ExpiredToken"),
        (R::Expired, W::Ec2) => (400, "RequestExpired"),
        (R::Expired, W::S3) => (400, "ExpiredToken"),
        (R::Denied, W::RestJson) => (403, "AccessDeniedException"),
        (R::Denied, W::Json) => (400, "AccessDeniedException"),
        (R::Denied, W::Ec2) => (403, "UnauthorizedOperation"),
        (R::Throttled, W::RestJson) => (429, "ThrottlingException"),
        (R::Throttled, W::Json) => (400, "ThrottlingException"),
        (R::Throttled, W::Query) => (400, "Throttling"),
        (R::Throttled, W::Ec2) => (503, "RequestLimitExceeded"),
        (R::Throttled, W::S3) => (503, "SlowDown"),
        (R::Skewed, W::RestJson) => (403, "InvalidSignatureException"),
        (R::Skewed, W::Json) => (400, "InvalidSignatureException"),
        (R::Skewed | R::WrongSignature, W::Query) => (403, "SignatureDoesNotMatch"),
        (R::Skewed | R::WrongSignature, W::Ec2) => (401, "AuthFailure"),
        (R::Skewed, W::S3) => (403, "RequestTimeTooSkewed"),
        (R::WrongSignature, W::RestJson) => (403, "InvalidSignatureException"),
        (R::WrongSignature, W::Json) => (400, "InvalidSignatureException"),
        (R::WrongSignature, W::S3) => (403, "SignatureDoesNotMatch"),
        (R::Internal, W::RestJson) => (500, "ServerException"),
        (R::Internal, W::Json) => (500, "InternalServerError"),
        (R::Internal, W::Query) => (500, "InternalFailure"),
        (R::Internal, W::Ec2 | W::S3) => (500, "InternalError"),
        (R::Unavailable, W::RestJson | W::Json) => (503, "ServiceUnavailableException"),
        (R::Unavailable, W::Query | W::S3) => (503, "ServiceUnavailable"),
        (R::Unavailable, W::Ec2) => (503, "Unavailable"),
    }
}

fn message(words: Words, refusal: Refusal, who: &str, action: &str) -> String {
    let fixed = match refusal {
        Refusal::Denied if words == Words::Ec2 => {
            return format!(
                "You are not authorized to perform this operation. User: {who} is not authorized to perform: {action} \
                 because no identity-based policy allows the {action} action"
            );
        }
        Refusal::Denied => {
            return format!(
                "User: {who} is not authorized to perform: {action} because no identity-based policy allows the \
                 {action} action"
            );
        }
        Refusal::Unsigned => "Missing Authentication Token",
        Refusal::UnknownKey => "The security token included in the request is invalid.",
        Refusal::Expired if words == Words::Ec2 => "Request has expired.",
        Refusal::Expired => "The security token included in the request is expired",
        Refusal::Throttled if words == Words::Ec2 => "Request limit exceeded.",
        Refusal::Throttled => "Rate exceeded",
        Refusal::Skewed if words == Words::S3 => {
            "The difference between the request time and the current time is too large."
        }
        Refusal::Skewed => {
            "Signature expired: the request was signed more than 5 min. from the time of the service."
        }
        Refusal::WrongSignature => {
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
             Key and signing method. Consult the service documentation for details."
        }
        Refusal::Internal => {
            "The request processing has failed because of an unknown error, exception or failure."
        }
        Refusal::Unavailable => "The service is temporarily unavailable. Please try again later.",
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_has_each_protocols_code_and_status() {
        let told = |words| {
            let failure = failure(words, Refusal::Throttled, "", "");
            (failure.status, failure.code)
        };
        assert_eq!(told(Words::RestJson), (429, "ThrottlingException".to_owned()));
        assert_eq!(told(Words::Query), (400, "Throttling".to_owned()));
        assert_eq!(told(Words::Ec2), (503, "RequestLimitExceeded".to_owned()));
        assert_eq!(told(Words::S3), (503, "SlowDown".to_owned()));
    }

    #[test]
    fn a_denial_names_who_and_what() {
        let said = failure(Words::Query, Refusal::Denied, "arn:aws:iam::1:user/a", "route53:ListHostedZones");
        assert_eq!((said.status, said.code.as_str()), (403, "AccessDenied"));
        assert!(said.message.starts_with(
            "User: arn:aws:iam::1:user/a is not authorized to perform: route53:ListHostedZones"
        ));
    }
}
