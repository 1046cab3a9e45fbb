//! Tokens that let into a cluster of EKS, signed in this process.
//!
//! A token is a signed request to STS that nobody has sent yet: EKS sends it, and believes the answer. Making one needs
//! no network, only credentials (sources: `awscli/customizations/eks/get_token.py`, aws-iam-authenticator
//! `pkg/token/token.go`).

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use base64::Engine as _;

use super::account::Account;
use super::partition;
use crate::fleet::ProblemKind;
use crate::gateway::failure::{Cause, Failure};

/// EKS accepts a token for 15 minutes after it was signed, whatever is written in it.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// A token is signed anew when it is this old.
const RENEWED: Duration = Duration::from_secs(12 * 60);
/// What is written in it, as both tools do.
const EXPIRES: Duration = Duration::from_secs(60);

/// A token.
#[derive(Clone)]
pub(in crate::gateway) struct Token {
    /// `k8s-aws-v1.…`
    pub(in crate::gateway) text: String,
    /// When to sign another one.
    pub(in crate::gateway) renew_in: Duration,
    /// When it is refused.
    pub(in crate::gateway) good_for: Duration,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("good_for", &self.good_for).finish_non_exhaustive()
    }
}

/// A token for the cluster that EKS calls `cluster`, with the account's credentials.
pub(in crate::gateway) async fn token(account: &Account, cluster: &str) -> Result<Token, Failure> {
    let region = account.region().await?;
    let credentials = account.credentials().await?;
    let now = account.now();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(now.seconds().unsigned_abs());
    let text = signed(&credentials, &region, cluster, time).map_err(|error| {
        Failure::new(Cause::Refused, ProblemKind::Bug, format!("no token for EKS can be signed: {error}"))
    })?;
    // STS refuses what was signed with credentials that have expired since.
    let lasts = credentials.expiry().map_or(LIFE, |until| until.duration_since(time).unwrap_or_default());
    let good_for = LIFE.min(lasts);
    Ok(Token { text, renew_in: RENEWED.min(good_for.mul_f32(0.8)), good_for })
}

fn signed(
    credentials: &Credentials,
    region: &str,
    cluster: &str,
    time: SystemTime,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    // Always where AWS has it: what is signed is sent by EKS, not by us, so that no endpoint of our own counts.
    let suffix = partition::suffix(region);
    let uri = format!("https://sts.{region}.{suffix}/?Action=GetCallerIdentity&Version=2011-06-15");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES);
    let identity: Identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(time)
        .settings(settings)
        .build()?
        .into();
    let headers = std::iter::once(("x-k8s-aws-id", cluster));
    let signable = SignableRequest::new("GET", &uri, headers, SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    let mut request = http::Request::builder().uri(&uri).header("x-k8s-aws-id", cluster).body(())?;
    instructions.apply_to_request_http1x(&mut request);
    let url = request.uri().to_string();
    Ok(format!("k8s-aws-v1.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(token: &str) -> String {
        let encoded = token.strip_prefix("k8s-aws-v1.").unwrap();
        String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
    }

    fn sign_at(session: Option<&str>, region: &str) -> String {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            session.map(str::to_owned),
            None,
            "test",
        );
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        signed(&credentials, region, "myapp-dev", time).unwrap()
    }

    /// Two other implementations sign the same.
    #[test]
    fn the_signature_is_the_one_that_others_compute() {
        let url = url_of(&sign_at(Some("SESSIONTOKEN==/+"), "us-east-1"));
        let signature = "X-Amz-Signature=81c620640d577ba46da300f06aa0cd2df39f45d1d1beac8b2b329ccc74fde5c1";
        assert!(url.contains(signature), "{url}");
        assert!(url.contains("X-Amz-Date=20231114T221320Z"), "{url}");
        assert!(url.contains("X-Amz-Security-Token=SESSIONTOKEN%3D%3D%2F%2B"), "{url}");
    }

    /// The keys that aws-iam-authenticator's verifier knows; any other is refused there.
    #[test]
    fn a_token_holds_what_the_verifier_knows_and_nothing_else() {
        for session in [None, Some("t")] {
            let token = sign_at(session, "eu-west-1");
            assert!(token.len() <= 4096);
            let url = url_of(&token);
            let query = url.strip_prefix("https://sts.eu-west-1.amazonaws.com/?").unwrap();
            let mut keys: Vec<&str> = query.split('&').map(|pair| pair.split_once('=').unwrap().0).collect();
            keys.sort_unstable();
            let mut known = vec![
                "Action",
                "Version",
                "X-Amz-Algorithm",
                "X-Amz-Credential",
                "X-Amz-Date",
                "X-Amz-Expires",
                "X-Amz-Signature",
                "X-Amz-SignedHeaders",
            ];
            known.extend(session.map(|_| "X-Amz-Security-Token"));
            known.sort_unstable();
            assert_eq!(keys, known);
            assert!(query.contains("X-Amz-SignedHeaders=host%3Bx-k8s-aws-id"), "{query}");
            assert!(query.contains("X-Amz-Expires=60"), "{query}");
        }
    }

    #[test]
    fn each_partition_has_its_own_sts() {
        assert!(
            url_of(&sign_at(None, "cn-north-1")).starts_with("https://sts.cn-north-1.amazonaws.com.cn/?")
        );
        assert!(
            url_of(&sign_at(None, "us-gov-west-1")).starts_with("https://sts.us-gov-west-1.amazonaws.com/?")
        );
    }
}
