//! How a certificate is, and why, in few words.

use super::facts::{CertificateFacts, IssuerState, Presence};
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::condition::{Condition, Status};
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Nobody should have less time than this to find out why a certificate is not renewed.
const SOON: i64 = 14 * DAY;
/// Less than this is an outage to come.
const IMMINENT: i64 = 3 * DAY;
/// An issuance may take this long: DNS has to spread.
const ISSUANCE: i64 = 15 * 60;
/// cert-manager waits from one hour, doubled with each failure, up to 32 hours.
const LONGEST_PAUSE: i64 = 32 * HOUR;

/// How a certificate is.
pub fn of(certificate: &Certificate, facts: Option<&CertificateFacts>, now: Timestamp) -> (Verdict, String) {
    if !certificate.meta.deleted.is_never() {
        return (Verdict::Progressing, "being deleted".to_owned());
    }
    let cause = cause(certificate, facts, now);
    let with = |words: String| if cause.is_empty() { words } else { format!("{words}: {cause}") };
    let ready = certificate.conditions.get("Ready");
    let issuing = certificate.conditions.get("Issuing").filter(|issuing| issuing.is_true());
    let left = certificate.not_after.known().map(|end| now.seconds_before(end));
    if let Some(left) = left.filter(|left| *left <= 0) {
        return (Verdict::Critical, with(format!("expired {} ago", human_duration(-left))));
    }
    if facts.is_some_and(|facts| facts.issuer == IssuerState::Missing)
        && !ready.is_some_and(Condition::is_true)
    {
        return (Verdict::Critical, cause);
    }
    if facts.is_some_and(|facts| facts.secret == Presence::Missing) && issuing.is_none() && left.is_some() {
        return (Verdict::Critical, format!("its secret {} is not there", certificate.secret));
    }
    if let Some(left) = left.filter(|left| *left < SOON) {
        let verdict = if left < IMMINENT { Verdict::Critical } else { Verdict::Warning };
        // Short-lived ones are always about to expire; they are late when they are past their renewal.
        if certificate.renewal.known().is_none_or(|renewal| renewal.seconds_before(now) > HOUR) {
            return (verdict, with(format!("expires in {}", human_duration(left))));
        }
    }
    match ready.map(|ready| &ready.status) {
        Some(Status::True) => renewal(certificate, facts, issuing, now, &with),
        Some(Status::False) if left.is_none() => {
            let age = certificate.meta.created.age_at(now);
            let words = format!("not issued for {}", human_duration(age));
            let failed = !certificate.last_failure.is_never()
                || facts
                    .and_then(|facts| facts.hangs.as_ref())
                    .is_some_and(|step| step.verdict == Verdict::Critical);
            if age <= ISSUANCE && !failed {
                return (Verdict::Progressing, with("being issued".to_owned()));
            }
            (Verdict::Critical, with(words))
        }
        Some(Status::False) if issuing.is_some_and(|issuing| issuing.since.age_at(now) <= ISSUANCE) => {
            (Verdict::Progressing, with("being issued anew".to_owned()))
        }
        Some(Status::False) => (Verdict::Warning, with("not ready".to_owned())),
        Some(Status::Unknown) => (Verdict::Unknown, with("not known whether it is ready".to_owned())),
        Some(Status::Other(word)) => (Verdict::Unknown, format!("Ready is {word}, which is not known here")),
        None if certificate.meta.created.age_at(now) <= ISSUANCE => {
            (Verdict::Progressing, "waits for cert-manager".to_owned())
        }
        None => (Verdict::Warning, "no status: does cert-manager run?".to_owned()),
    }
}

fn renewal(
    certificate: &Certificate,
    facts: Option<&CertificateFacts>,
    issuing: Option<&Condition>,
    now: Timestamp,
    with: &dyn Fn(String) -> String,
) -> (Verdict, String) {
    let late = certificate.renewal.age_at(now);
    if let Some(issuing) = issuing {
        let age = issuing.since.age_at(now);
        let is_held_up = age > ISSUANCE || late > HOUR || !certificate.last_failure.is_never();
        let verdict = if is_held_up { Verdict::Warning } else { Verdict::Progressing };
        let behind = if late > HOUR { format!(", {} late", human_duration(late)) } else { String::new() };
        return (verdict, with(format!("being renewed for {}{behind}", human_duration(age))));
    }
    if late > HOUR {
        return (Verdict::Warning, with(format!("its renewal is {} late", human_duration(late))));
    }
    if !certificate.last_failure.is_never() {
        let ago = human_duration(certificate.last_failure.age_at(now));
        return (Verdict::Warning, with(format!("its renewal failed {ago} ago")));
    }
    match facts.map(|facts| &facts.issuer) {
        Some(IssuerState::NotReady(_) | IssuerState::Missing) => {
            (Verdict::Warning, with("cannot be renewed".to_owned()))
        }
        _ => (Verdict::Ok, String::new()),
    }
}

/// The deepest cause that is known.
fn cause(certificate: &Certificate, facts: Option<&CertificateFacts>, now: Timestamp) -> String {
    let issuer = &certificate.issuer;
    match facts.map(|facts| &facts.issuer) {
        Some(IssuerState::Missing) => return format!("{} {} does not exist", issuer.kind, issuer.name),
        Some(IssuerState::NotReady(why)) => {
            let words = format!("{} {} is not ready", issuer.kind, issuer.name);
            return if why.is_empty() { words } else { format!("{words}: {why}") };
        }
        Some(IssuerState::Ready | IssuerState::Unknown) | None => {}
    }
    if let Some(step) = facts.and_then(|facts| facts.hangs.as_ref()) {
        return format!("{} {}: {}", step.resource.kind, step.name, step.words);
    }
    if let Some(pause) = pause(certificate, now) {
        return pause;
    }
    let unready = certificate.conditions.get("Ready").filter(|ready| !ready.is_true());
    unready.map(|ready| ready.message.to_string()).unwrap_or_default()
}

/// When the next attempt comes after failures.
fn pause(certificate: &Certificate, now: Timestamp) -> Option<String> {
    let failed = certificate.last_failure.known()?;
    let attempts = certificate.failed_attempts.clamp(1, 6);
    let pause = (HOUR << (attempts - 1)).min(LONGEST_PAUSE);
    let next = now.seconds_before(Timestamp::from_seconds(failed.seconds() + pause));
    let count = certificate.failed_attempts.max(1);
    let times = if count == 1 { "failed once".to_owned() } else { format!("failed {count} times") };
    (next > 0).then(|| format!("{times}, next attempt in {}", human_duration(next)))
}
