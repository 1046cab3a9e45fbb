use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::fleet::Timestamp;

fn clock() -> Clock {
    Arc::new(|| Timestamp::parse("2026-11-21T10:00:00Z"))
}

fn script(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("plugin");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn user(value: serde_json::Value) -> Credentials {
    let mut user: AuthInfo = serde_json::from_value(value).unwrap();
    Credentials::taken_from(&mut user, clock()).unwrap()
}

fn plugin(path: &Path) -> Credentials {
    user(serde_json::json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": path.to_str().unwrap(),
        "args": ["--profile", "prod", "--token", "hunter2"],
        "env": [{"name": "GREETING", "value": "hello"}],
    }}))
}

fn bearer(ticket: &Ticket) -> String {
    ticket.header.as_ref().unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn tokens_and_passwords_of_the_file_become_headers() {
    let token = user(serde_json::json!({"token": "abc"}));
    assert_eq!(bearer(&token.ticket().await.unwrap()), "Bearer abc");
    let basic = user(serde_json::json!({"username": "me", "password": "pw"}));
    assert_eq!(bearer(&basic.ticket().await.unwrap()), "Basic bWU6cHc=");
    let nothing = user(serde_json::json!({}));
    assert!(nothing.ticket().await.unwrap().header.is_none());
    assert!(token.renewed(&Ticket::default()).await.is_none(), "a fixed token cannot be renewed");
}

#[tokio::test]
async fn a_token_file_is_read_again_after_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "one\n").unwrap();
    let credentials = user(serde_json::json!({"tokenFile": path}));
    let first = credentials.ticket().await.unwrap();
    assert_eq!(bearer(&first), "Bearer one");
    std::fs::write(&path, "two\n").unwrap();
    let second = credentials.renewed(&first).await.unwrap().unwrap();
    assert_eq!(bearer(&second), "Bearer two");
    let shared = credentials.renewed(&first).await.unwrap().unwrap();
    assert_eq!(shared.generation, second.generation, "somebody renewed them already");
}

#[tokio::test]
async fn a_plugin_gets_its_environment_no_input_and_runs_once_while_its_token_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let ran = folder.path().join("ran");
    let body = format!(
        "echo x >> {}; read line && exit 9\n\
         case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":false'*) ;; *) exit 8;; esac\n\
         echo '{{\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"t-'$GREETING'\",\"expirationTimestamp\":\"2026-11-21T10:14:00Z\"}}}}'",
        ran.display()
    );
    let credentials = plugin(&script(folder.path(), &body));
    let (first, second) = tokio::join!(credentials.ticket(), credentials.ticket());
    assert_eq!(bearer(&first.unwrap()), "Bearer t-hello");
    let second = second.unwrap();
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "x\n");
    assert!(credentials.renewed(&second).await.is_none(), "it was asked just now");
    let long_ago = Ticket { at: None, ..second };
    credentials.renewed(&long_ago).await.unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "x\nx\n");
}

#[tokio::test]
async fn what_a_failing_plugin_prints_is_the_reason_and_it_is_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let ran = folder.path().join("ran");
    let body = format!(
        "echo x >> {}; echo secret-on-stdout; echo noise >&2; echo 'The SSO session has expired or is invalid.' >&2; exit 255",
        ran.display()
    );
    let plugin_path = script(folder.path(), &body);
    let aws = folder.path().join("aws");
    std::fs::rename(plugin_path, &aws).unwrap();
    let credentials = plugin(&aws);
    let (first, second) = tokio::join!(credentials.ticket(), credentials.ticket());
    let failure = first.unwrap_err();
    assert_eq!(failure, second.unwrap_err());
    assert_eq!(failure.cause, Cause::Unauthorized);
    assert_eq!(failure.problem.kind(), ProblemKind::Credentials);
    let message = failure.problem.message();
    assert!(
        message.ends_with("aws failed with 255: noise; The SSO session has expired or is invalid."),
        "{message}"
    );
    assert_eq!(failure.problem.hints()[0], "aws sso login --profile prod");
    assert!(
        failure.problem.hints()[1].ends_with("aws --profile prod --token …"),
        "{:?}",
        failure.problem.hints()
    );
    let text = format!("{:?}", failure.problem);
    assert!(!text.contains("secret-on-stdout") && !text.contains("hunter2"));
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "x\n");
}

#[tokio::test]
async fn a_plugin_that_is_missing_or_prints_nonsense_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = plugin(&folder.path().join("nothing-here")).ticket().await.unwrap_err();
    assert!(missing.problem.message().ends_with("nothing-here is not installed"), "{}", missing.problem);
    for (body, reason) in [
        ("echo token-in-the-open", "printed no ExecCredential"),
        ("echo '{\"status\":{}}'", "printed neither a token nor a certificate"),
        ("echo '{}'", "printed no credentials"),
        ("kill -9 $$", "was killed"),
    ] {
        let failure = plugin(&script(folder.path(), body)).ticket().await.unwrap_err();
        assert!(failure.problem.message().ends_with(reason), "{}", failure.problem);
        assert!(!failure.problem.message().contains("token-in-the-open"));
    }
}

#[tokio::test]
async fn a_plugin_may_answer_with_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let body = "echo 'status: {clientCertificateData: CERT, clientKeyData: KEY}'";
    let ticket = plugin(&script(folder.path(), body)).ticket().await.unwrap();
    assert_eq!(ticket.identity, Some(("CERT".to_owned(), "KEY".to_owned())));
    assert!(!format!("{ticket:?}").contains("KEY"));
}

fn embedded_account() -> Account {
    use crate::gateway::aws::{AccountSettings, Border};
    let nothing = tower::service_fn(|_: http::Request<http_body_util::Full<bytes::Bytes>>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Full::new(bytes::Bytes::new())))
    });
    Account::new(AccountSettings::default(), Border::service(nothing), clock())
}

/// An account whose credentials cannot be had: there is no such profile.
fn signed_out_account() -> Account {
    use crate::gateway::aws::{AccountSettings, Border};
    let settings = AccountSettings {
        profile: Some("pilothouse-has-no-such-profile".into()),
        region: Some("us-east-1".into()),
        ..AccountSettings::default()
    };
    Account::new(settings, Border::Network(Arc::default()), clock())
}

fn exec(path: &Path) -> ExecConfig {
    serde_json::from_value(serde_json::json!({"command": path.to_str().unwrap()})).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_token_is_signed_here_and_again_after_twelve_minutes() {
    let credentials = Credentials::signed(embedded_account(), "web".into(), None, clock());
    let first = credentials.ticket().await.unwrap();
    assert!(bearer(&first).starts_with("Bearer k8s-aws-v1."));
    assert!(credentials.by().await.unwrap().starts_with("a token signed here with"));
    tokio::time::advance(Duration::from_secs(11 * 60)).await;
    assert_eq!(credentials.ticket().await.unwrap().generation, first.generation);
    tokio::time::advance(Duration::from_secs(61)).await;
    let second = credentials.ticket().await.unwrap();
    assert_eq!(second.generation, first.generation + 1);
    assert!(credentials.renewed(&second).await.is_none(), "it was signed just now");
    tokio::time::advance(Duration::from_secs(60)).await;
    let third = credentials.renewed(&second).await.unwrap().unwrap();
    assert_eq!(third.generation, second.generation + 1, "a refused token is signed anew");
}

#[tokio::test]
async fn without_credentials_of_its_own_the_plugin_is_asked_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = script(
        folder.path(),
        "echo '{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"of-the-plugin\"}}'",
    );
    let credentials = Credentials::signed(signed_out_account(), "web".into(), Some(exec(&path)), clock());
    assert_eq!(bearer(&credentials.ticket().await.unwrap()), "Bearer of-the-plugin");
    let by = credentials.by().await.unwrap();
    assert!(
        by.starts_with("the plugin ") && by.contains("because here the AWS configuration has no profile"),
        "{by}"
    );
}

#[tokio::test]
async fn when_neither_can_the_reason_here_comes_first_with_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let missing = exec(&folder.path().join("aws"));
    let credentials = Credentials::signed(signed_out_account(), "web".into(), Some(missing), clock());
    let failure = credentials.ticket().await.unwrap_err();
    assert_eq!(failure.cause, Cause::Unauthorized);
    assert!(
        failure.problem.message().contains("has no profile pilothouse-has-no-such-profile"),
        "{failure:?}"
    );
    let hints = failure.problem.hints();
    assert_eq!(hints[0], "aws configure sso --profile pilothouse-has-no-such-profile");
    assert!(hints[1].contains("aws is not installed"), "{hints:?}");
}
