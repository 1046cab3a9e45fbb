//! STS: who asks, and the credentials of roles.

mod web_identity;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::asked::Asked;
use super::call::Call;
use super::credentials::Caller;
use super::failure::Failure;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::cluster::ACCOUNT;
use crate::simulator::world::field;

pub(crate) use self::web_identity::OPERATION as BY_TOKEN;

pub(crate) const SERVICE: Service = Service {
    name: "sts",
    signing: "sts",
    permission: "sts",
    protocol: Protocol::Query("https://sts.amazonaws.com/doc/2011-06-15/"),
    routes: &[],
    answer,
};

/// True for the request that carries a token instead of a signature; at another host than AWS's, only this tells whose it is.
pub(crate) fn is_by_token(asked: &Asked) -> bool {
    asked.form().iter().any(|(name, value)| name == "Action" && value == BY_TOKEN)
}

/// Seconds that credentials of a role last when nobody asks for another span.
const SESSION: i64 = 3600;

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "GetCallerIdentity" => Ok(json!({
            "Arn": call.caller.arn, "UserId": call.caller.user_id, "Account": call.caller.account,
        })),
        "AssumeRole" => assume_role(call),
        "AssumeRoleWithWebIdentity" => web_identity::assume_role(call),
        other => Err(Failure::not_built(&format!("sts:{other}"))),
    }
}

fn assume_role(call: &Call<'_>) -> Result<Value, Failure> {
    let (account, name) = role(call)?;
    if account != ACCOUNT {
        let (who, role) = (&call.caller.arn, call.text("RoleArn"));
        let message = format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}");
        return Err(Failure::new(403, "AccessDenied", message));
    }
    Ok(session(call, account, name))
}

/// The account and the name of the role that somebody wants to be.
fn role<'a>(call: &'a Call<'_>) -> Result<(&'a str, &'a str), Failure> {
    let role = call.text("RoleArn");
    let parts = role.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    parts
        .filter(|_| !call.text("RoleSessionName").is_empty())
        .ok_or_else(|| Failure::new(400, "ValidationError", format!("{role} is invalid")))
}

/// Credentials of a role, with an access key that is good from now on.
fn session(call: &Call<'_>, account: &str, name: &str) -> Value {
    let (role, session) = (call.text("RoleArn"), call.text("RoleSessionName"));
    let seconds = call.number("DurationSeconds").unwrap_or(SESSION).clamp(900, 12 * SESSION);
    let until = call.now().checked_add(SignedDuration::from_secs(seconds)).unwrap_or(call.now());
    let id = hex_of(&format!("{role}/{session}/{}", call.now()), 16).to_uppercase();
    let key = format!("ASIA{id}");
    let role_id = format!("AROA{}", hex_of(role, 16).to_uppercase());
    let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
    let caller = Caller {
        arn: arn.clone(),
        user_id: format!("{role_id}:{session}"),
        account: account.to_owned(),
        until: Some(until),
    };
    call.aws.keys().add(&key, caller);
    json!({
        "Credentials": {
            "AccessKeyId": key, "SecretAccessKey": hex_of(&format!("{key}/secret"), 40),
            "SessionToken": format!("FwoGZXIvYXdzE{}", hex_of(&format!("{key}/token"), 120)), "Expiration": field::stamp(until),
        },
        "AssumedRoleUser": {"AssumedRoleId": format!("{role_id}:{session}"), "Arn": arn},
        "PackedPolicySize": 6,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ask_form, ask_form_by, resting, shared};

    #[tokio::test]
    async fn the_caller_is_told_who_he_is() {
        let aws = shared();
        let answer = ask_form(aws, "sts", "Action=GetCallerIdentity&Version=2011-06-15").await;
        assert!(answer.contains("<Arn>arn:aws:iam::123456789012:user/pilot</Arn>"), "{answer}");
        assert!(answer.contains("<GetCallerIdentityResult>"), "{answer}");
    }

    #[tokio::test]
    async fn a_role_of_this_account_gives_credentials_that_work_until_they_end() {
        let (simulator, aws) = resting();
        let form = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FPlatformViewer&RoleSessionName=desk&DurationSeconds=900";
        let answer = ask_form(&aws, "sts", form).await;
        let key = answer.split("<AccessKeyId>").nth(1).unwrap().split('<').next().unwrap();
        let whoami = "Action=GetCallerIdentity";
        let said = ask_form_by(&aws, "sts", whoami, key).await;
        assert!(said.contains("assumed-role/PlatformViewer/desk"), "{said}");
        simulator.clock().advance(std::time::Duration::from_secs(901));
        let said = ask_form_by(&aws, "sts", whoami, key).await;
        assert!(said.contains("<Code>ExpiredToken</Code>"), "{said}");
    }

    #[tokio::test]
    async fn a_role_of_another_account_is_refused() {
        let aws = shared();
        let form = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A999%3Arole%2Fx&RoleSessionName=desk";
        assert!(ask_form(aws, "sts", form).await.contains("<Code>AccessDenied</Code>"));
    }
}
