use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::*;
use crate::gateway::failure::chain;

#[derive(Debug, Default)]
struct Counting {
    asked: Arc<AtomicUsize>,
    lasts: Option<Duration>,
    fails_from: usize,
}

impl ProvideCredentials for Counting {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        future::ProvideCredentials::ready(if asked >= self.fails_from {
            Err(CredentialsError::provider_error("the session has expired"))
        } else {
            let until = self.lasts.map(|lasts| SystemTime::UNIX_EPOCH + lasts);
            Ok(Credentials::new(format!("AKID{asked}"), "s", None, until, "test"))
        })
    }
}

fn kept(inner: Counting) -> (Kept, Arc<AtomicUsize>, Arc<AtomicI64>) {
    let (asked, time) = (Arc::clone(&inner.asked), Arc::new(AtomicI64::new(1_000)));
    let hand = Arc::clone(&time);
    let clock: Clock = Arc::new(move || Timestamp::from_seconds(hand.load(Ordering::Relaxed)));
    (Kept::new(SharedCredentialsProvider::new(inner), None, clock), asked, time)
}

#[tokio::test]
async fn credentials_are_obtained_once_and_again_before_they_expire() {
    let lasts = Some(Duration::from_secs(4_600));
    let (kept, asked, time) = kept(Counting { lasts, fails_from: 9, ..Counting::default() });
    let (one, two) = tokio::join!(kept.provide_credentials(), kept.provide_credentials());
    assert_eq!((one.unwrap().access_key_id(), two.unwrap().access_key_id()), ("AKID0", "AKID0"));
    time.store(4_500, Ordering::Relaxed);
    assert_eq!(kept.provide_credentials().await.unwrap().access_key_id(), "AKID1");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_cannot_be_renewed_is_used_until_it_expires() {
    let lasts = Some(Duration::from_secs(2_000));
    let (kept, asked, time) = kept(Counting { lasts, fails_from: 1, ..Counting::default() });
    kept.provide_credentials().await.unwrap();
    time.store(1_950, Ordering::Relaxed);
    assert_eq!(kept.provide_credentials().await.unwrap().access_key_id(), "AKID0");
    assert_eq!(asked.load(Ordering::Relaxed), 2, "it was tried");
    time.store(2_001, Ordering::Relaxed);
    kept.provide_credentials().await.unwrap_err();
}

#[tokio::test]
async fn a_failure_counts_for_everybody_and_keeps_its_reason() {
    let (kept, asked, _time) = kept(Counting::default());
    for _ in 0..20 {
        let error = kept.provide_credentials().await.unwrap_err();
        assert!(matches!(error, CredentialsError::ProviderError(_)));
        let said: Vec<String> = chain(&error).map(ToString::to_string).collect();
        assert!(said.contains(&"the session has expired".to_owned()), "{said:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_session_that_the_cli_keeps_opens_a_role_that_wants_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let session = |file: &str, arn: &str, key: &str, until: &str| {
        let text = serde_json::json!({
            "Credentials": {"AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": until},
            "AssumedRoleUser": {"AssumedRoleId": "x", "Arn": arn},
        });
        std::fs::write(folder.path().join(file), text.to_string()).unwrap();
    };
    let role = "arn:aws:iam::123456789012:role/team/ops";
    let now = Timestamp::parse("2026-11-21T10:00:00Z");
    let find =
        || async { remembered(role, folder.path(), now).await.map(|found| found.access_key_id().to_owned()) };
    assert_eq!(find().await, None);
    std::fs::write(folder.path().join("half.json"), "{\"Credentials\"").unwrap();
    session("old.json", "arn:aws:sts::123456789012:assumed-role/ops/me", "OLD", "2026-11-21T09:00:00Z");
    session("other.json", "arn:aws:sts::999999999999:assumed-role/ops/me", "OTHER", "2026-11-21T11:00:00Z");
    session("like.json", "arn:aws:sts::123456789012:assumed-role/ops2/me", "LIKE", "2026-11-21T11:00:00Z");
    assert_eq!(find().await, None);
    session(
        "good.json",
        "arn:aws:sts::123456789012:assumed-role/ops/me",
        "GOOD",
        "2026-11-21T10:30:00+00:00",
    );
    session(
        "better.json",
        "arn:aws:sts::123456789012:assumed-role/ops/me",
        "BETTER",
        "2026-11-21T10:40:00+00:00",
    );
    assert_eq!(find().await.as_deref(), Some("BETTER"));
}
