use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;

use super::*;

fn clock() -> Clock {
    Arc::new(|| Timestamp::parse("2026-11-21T10:00:00Z"))
}

/// An account whose STS says that its credentials are of `number`, and how often it was asked.
fn account_of(number: &str, wanted: Option<&str>) -> (Account, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let number = number.to_owned();
    let sts = tower::service_fn(move |_: http::Request<Full<Bytes>>| {
        count.fetch_add(1, Ordering::Relaxed);
        let body = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::{number}:user/me</Arn><UserId>U</UserId><Account>{number}</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let status = if number.is_empty() { 500 } else { 200 };
        let answer = http::Response::builder().status(status).body(Full::new(Bytes::from(body)));
        async move { answer }
    });
    let settings = AccountSettings { account: wanted.map(str::to_owned), ..AccountSettings::default() };
    (Account::new(settings, Border::service(sts), clock()), asked)
}

#[tokio::test]
async fn credentials_of_another_account_are_refused_after_asking_once() {
    let (account, asked) = account_of("111111111111", Some("222222222222"));
    for _ in 0..5 {
        let failure = account.check().await.unwrap_err();
        assert_eq!(failure.cause, Cause::Unauthorized);
        assert!(failure.problem.message().contains("111111111111"), "{failure:?}");
        assert!(failure.problem.message().contains("222222222222"), "{failure:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_right_account_passes_and_without_one_nobody_is_asked() {
    let (account, asked) = account_of("111111111111", Some("111111111111"));
    account.check().await.unwrap();
    account.check().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let (any, asked) = account_of("111111111111", None);
    any.check().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_be_asked_proves_nothing() {
    let (account, _) = account_of("", Some("222222222222"));
    account.check().await.unwrap();
}

#[tokio::test]
async fn switched_off_nothing_is_loaded() {
    let account = Account::new(AccountSettings::default(), Border::Off, clock());
    let failure = account.check().await.unwrap_err();
    assert_eq!(failure.problem.kind(), ProblemKind::Unset);
    // Whoever does not ask first gets the same answer.
    let failure = sts::caller(&account).await.unwrap_err();
    assert_eq!(failure.problem.message(), "AWS is switched off in the settings");
}

#[test]
fn only_the_same_settings_are_the_same_account() {
    let (account, _) = account_of("1", None);
    assert!(account.with(account.settings().clone()) == account);
    let other = AccountSettings { region: Some("eu-west-1".into()), ..AccountSettings::default() };
    assert!(account.with(other) != account);
}
