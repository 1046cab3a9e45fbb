//! Credentials for the token of a service account. The token itself says who asks: the request has no signature.
//!
//! That the token is one, of a provider that the account knows, for STS, not over and as the role's trust wants it, is
//! checked; its signature is not, as with requests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::call::Call;
use super::super::eks::cluster;
use super::super::failure::Failure;
use super::super::iam;
use super::{role, session};
use crate::simulator::world::cluster::ACCOUNT;
use crate::simulator::world::field;

/// The operation's name: the only one that is answered without a signature.
pub(crate) const OPERATION: &str = "AssumeRoleWithWebIdentity";
/// Whom tokens for STS are for.
const AUDIENCE: &str = "sts.amazonaws.com";

/// What a token says.
struct Claims {
    issuer: String,
    subject: String,
    audiences: Vec<String>,
    until: Timestamp,
}

/// `AssumeRoleWithWebIdentity`, with the refusals of its page in the STS API reference.
pub(super) fn assume_role(call: &Call<'_>) -> Result<Value, Failure> {
    let (account, name) = role(call)?;
    let invalid = |message: String| Failure::new(400, "InvalidIdentityToken", message);
    let claims = claims(call.text("WebIdentityToken")).ok_or_else(|| {
        invalid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
                .to_owned(),
        )
    })?;
    let issuer = claims.issuer.trim_start_matches("https://");
    if !call.aws.lands().iter().any(|land| cluster::issuer(land) == claims.issuer) {
        let message = format!("No OpenIDConnect provider found in your account for {}", claims.issuer);
        return Err(invalid(message));
    }
    if !claims.audiences.iter().any(|audience| audience == AUDIENCE) {
        return Err(invalid("Incorrect token audience".to_owned()));
    }
    if claims.until <= call.now() {
        let message = format!(
            "Token expired: current date/time {} must be before the expiration date/time {}",
            call.now().as_second(),
            claims.until.as_second()
        );
        return Err(Failure::new(400, "ExpiredTokenException", message));
    }
    let trust = iam::trust(call, name).filter(|_| account == ACCOUNT);
    if !trust.is_some_and(|trust| trusts(&trust, issuer, &claims)) {
        let message = format!("Not authorized to perform sts:{OPERATION}");
        return Err(Failure::new(403, "AccessDenied", message));
    }
    let mut answer = session(call, account, name);
    if let Some(fields) = answer.as_object_mut() {
        fields.extend(Map::from_iter([
            ("SubjectFromWebIdentityToken".to_owned(), json!(claims.subject)),
            ("Provider".to_owned(), json!(format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"))),
            ("Audience".to_owned(), json!(AUDIENCE)),
        ]));
    }
    Ok(answer)
}

fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1).filter(|_| token.split('.').count() == 3)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let audiences = match field::at(&claims, "aud") {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Some(Claims {
        issuer: field::text(&claims, "iss").to_owned(),
        subject: field::text(&claims, "sub").to_owned(),
        audiences,
        until: Timestamp::from_second(field::at(&claims, "exp").as_i64()?).ok()?,
    })
}

/// True where some statement lets this provider's subject in.
fn trusts(trust: &Value, issuer: &str, claims: &Claims) -> bool {
    let statements = field::at(trust, "Statement").as_array().cloned().unwrap_or_default();
    statements.iter().any(|statement| {
        let actions = field::at(statement, "Action").to_string();
        let principal = field::at(statement, "Principal").get("Federated").and_then(Value::as_str);
        let is_provider = principal.is_some_and(|arn| arn.ends_with(&format!(":oidc-provider/{issuer}")));
        let wanted = statement.pointer("/Condition/StringEquals").and_then(Value::as_object);
        let fits = wanted.is_none_or(|wanted| {
            wanted.iter().all(|(name, value)| match name.strip_prefix(issuer) {
                Some(":sub") => value.as_str() == Some(claims.subject.as_str()),
                Some(":aud") => {
                    claims.audiences.iter().any(|audience| value.as_str() == Some(audience.as_str()))
                }
                _ => false,
            })
        });
        actions.contains(OPERATION) && is_provider && fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::aws::tests::{ask_form_unsigned, ask_json, shared};

    const DNS: &str = "system:serviceaccount:external-dns:external-dns";

    async fn asked(role: &str, change: impl FnOnce(&mut Value)) -> String {
        let aws = shared();
        let cluster = ask_json(aws, "eks", "/clusters/myapp-prod").await;
        let issuer = cluster["cluster"]["identity"]["oidc"]["issuer"].clone();
        let until = aws.clock().now().as_second() + 600;
        let mut claims = json!({"iss": issuer, "sub": DNS, "aud": [AUDIENCE], "exp": until});
        change(&mut claims);
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let form = format!(
            "Action={OPERATION}&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F{role}&RoleSessionName=pod&WebIdentityToken={token}"
        );
        ask_form_unsigned(aws, "sts", &form).await
    }

    #[tokio::test]
    async fn the_service_account_that_a_role_trusts_becomes_it_without_a_signature() {
        let answer = asked("myapp-prod-external-dns", |_| {}).await;
        assert!(answer.contains("assumed-role/myapp-prod-external-dns/pod</Arn>"), "{answer}");
        assert!(answer.contains(&format!("<SubjectFromWebIdentityToken>{DNS}<")), "{answer}");
    }

    #[tokio::test]
    async fn what_does_not_fit_is_refused_as_the_reference_says() {
        let role = "myapp-prod-external-dns";
        let other = asked(role, |claims| claims["sub"] = json!("system:serviceaccount:web:web")).await;
        assert!(
            other.contains("<Message>Not authorized to perform sts:AssumeRoleWithWebIdentity<"),
            "{other}"
        );
        let over = asked(role, |claims| claims["exp"] = json!(1)).await;
        assert!(over.contains("<Code>ExpiredTokenException<"), "{over}");
        let elsewhere = asked(role, |claims| claims["iss"] = json!("https://id.example.com")).await;
        assert!(elsewhere.contains("No OpenIDConnect provider found in your account"), "{elsewhere}");
        let stranger = asked(role, |claims| claims["aud"] = json!("somebody")).await;
        assert!(stranger.contains("Incorrect token audience"), "{stranger}");
        let agent = asked("myapp-prod-karpenter", |_| {}).await;
        assert!(agent.contains("<Code>AccessDenied<"), "a role for Pod Identity: {agent}");
    }

    #[tokio::test]
    async fn nothing_else_is_answered_without_a_signature() {
        let said = ask_form_unsigned(shared(), "sts", "Action=GetCallerIdentity").await;
        assert!(said.contains("<Code>MissingAuthenticationToken<"), "{said}");
    }
}
