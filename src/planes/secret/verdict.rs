//! How a source of Secrets is, and why, in few words.

use super::state::{Origin, SecretSource, StoreState, Stored, StoredKey};
use crate::fleet::condition::{Condition, Status};
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::certificate::Presence;

/// An operator may need this long for a new object.
const PATIENCE: i64 = 5 * 60;

type Judgement = (Verdict, String);

/// How a source is.
pub fn of(source: &SecretSource, now: Timestamp) -> Judgement {
    if !source.meta.deleted.is_never() {
        return (Verdict::Progressing, "being deleted".to_owned());
    }
    match &source.origin {
        Origin::External { .. } => with_store(external(source, now), source, now),
        Origin::Sealed { synced, is_observed } => sealed(source, synced.as_ref(), *is_observed, now),
        Origin::Mounted { mounted, wanted, waits } => match waits {
            Some(pod) => {
                let left = wanted - mounted;
                let words = if left == 1 {
                    format!("pod {pod} waits for its mount")
                } else {
                    format!("{left} pods wait for their mount, {pod} among them")
                };
                (Verdict::Warning, words)
            }
            // Its Secrets exist only while some pod mounts it.
            None if *mounted > 0 => missing(source).unwrap_or_default(),
            None => Judgement::default(),
        },
        Origin::Pushed { .. } => pushed(source, now),
        Origin::Unreadable(why) => (Verdict::Unknown, why.to_string()),
    }
}

/// A rotation that is late by more is worth a word: Secrets Manager rotates within a window of hours.
const ROTATES_WITHIN: i64 = 24 * 60 * 60;

/// With what the store says of the secrets behind it.
fn with_store((verdict, why): Judgement, source: &SecretSource, now: Timestamp) -> Judgement {
    let Stored::Known(keys) = &source.stored else { return (verdict, why) };
    let mut said: Vec<String> = Vec::new();
    for StoredKey { key, found } in keys {
        match found {
            None => said.push(format!("{key} is not in the store")),
            Some(stored) if !stored.deleted.is_never() => {
                let since = human_duration(stored.deleted.seconds_before(now).max(0));
                said.push(format!("{key} is scheduled for deletion since {since}"));
            }
            Some(stored)
                if stored.rotates
                    && !stored.next_rotation.is_never()
                    && stored.next_rotation.seconds_before(now) > ROTATES_WITHIN =>
            {
                let late = human_duration(stored.next_rotation.seconds_before(now));
                said.push(format!("{key} should have been rotated {late} ago"));
            }
            Some(_) => {}
        }
    }
    if said.is_empty() {
        return (verdict, why);
    }
    let said = said.join("; ");
    // What the store says is the cause of what the operator says.
    let why = if verdict >= Verdict::Warning && !why.is_empty() { format!("{said}: {why}") } else { said };
    (verdict.max(Verdict::Warning), why)
}

fn external(source: &SecretSource, now: Timestamp) -> Judgement {
    let Origin::External { store, state, refreshed, every, ready, leaves_target, old_version, .. } =
        &source.origin
    else {
        return Judgement::default();
    };
    let is_there = source.targets.iter().all(|target| target.presence != Presence::Missing);
    // A Secret that is still there keeps its last values.
    let failing = if is_there { Verdict::Warning } else { Verdict::Critical };
    let store_name = format!("{} {}", store.kind, store.name);
    let last = match refreshed.known() {
        Some(at) if is_there => format!("; last refreshed {} ago", human_duration(at.seconds_before(now))),
        _ => String::new(),
    };
    if *state == StoreState::Missing {
        return (Verdict::Critical, format!("{store_name} does not exist"));
    }
    let ready = match ready {
        Some(ready) => ready,
        None if let StoreState::Broken(why) = state => {
            return (failing, format!("{store_name}: {why}"));
        }
        None => return no_status(source, "the external-secrets operator", now),
    };
    match &ready.status {
        Status::False => {
            let why = match state {
                StoreState::Broken(why) => format!("{store_name}: {why}"),
                _ => told(ready),
            };
            return (failing, format!("{why}{last}"));
        }
        Status::Unknown => return (Verdict::Unknown, told(ready)),
        Status::Other(word) => {
            return (Verdict::Unknown, format!("Ready is {word}, which is not known here"));
        }
        Status::True => {}
    }
    if let StoreState::Broken(why) = state {
        return (failing, format!("{store_name}: {why}{last}"));
    }
    if let Some(every) = every.and_then(|every| i64::try_from(every).ok())
        && refreshed.age_at(now) > 2 * every + PATIENCE
    {
        let (age, every) = (human_duration(refreshed.age_at(now)), human_duration(every));
        return (Verdict::Warning, format!("not refreshed for {age}, due every {every}"));
    }
    if !leaves_target && let Some(missing) = missing(source) {
        return missing;
    }
    match old_version {
        Some(version) => (
            Verdict::Warning,
            format!("only external-secrets.io/{version} is offered, which newer releases lack"),
        ),
        None => Judgement::default(),
    }
}

fn pushed(source: &SecretSource, now: Timestamp) -> Judgement {
    let Origin::Pushed { stores, refreshed, every, ready } = &source.origin else {
        return Judgement::default();
    };
    // Nobody reads here what is not written there: what is late is late for somebody else.
    if let Some(missing) = missing(source) {
        return missing;
    }
    if let Some((store, _)) = stores.iter().find(|(_, state)| *state == StoreState::Missing) {
        return (Verdict::Critical, format!("{} {} does not exist", store.kind, store.name));
    }
    let broken = stores.iter().find_map(|(store, state)| match state {
        StoreState::Broken(why) => Some(format!("{} {}: {why}", store.kind, store.name)),
        _ => None,
    });
    let Some(ready) = ready else {
        return match broken {
            Some(why) => (Verdict::Warning, why),
            None => no_status(source, "the external-secrets operator", now),
        };
    };
    let late = every.and_then(|every| i64::try_from(every).ok());
    let late = late.filter(|every| refreshed.age_at(now) > 2 * every + PATIENCE);
    match (&ready.status, broken, late) {
        (Status::False, why, _) => (Verdict::Warning, why.unwrap_or_else(|| told(ready))),
        (Status::Unknown, ..) => (Verdict::Unknown, told(ready)),
        (Status::Other(word), ..) => (Verdict::Unknown, format!("Ready is {word}, which is not known here")),
        (Status::True, Some(why), _) => (Verdict::Warning, why),
        (Status::True, None, Some(every)) => {
            let (age, every) = (human_duration(refreshed.age_at(now)), human_duration(every));
            (Verdict::Warning, format!("not pushed for {age}, due every {every}"))
        }
        (Status::True, None, None) => Judgement::default(),
    }
}

fn sealed(source: &SecretSource, synced: Option<&Condition>, is_observed: bool, now: Timestamp) -> Judgement {
    let Some(synced) = synced else { return no_status(source, "the sealed-secrets controller", now) };
    match &synced.status {
        Status::False => (Verdict::Critical, format!("cannot be unsealed: {}", told(synced))),
        Status::Unknown => (Verdict::Unknown, told(synced)),
        Status::Other(word) => (Verdict::Unknown, format!("Synced is {word}, which is not known here")),
        Status::True if !is_observed => {
            (Verdict::Progressing, "its latest change was not looked at yet".to_owned())
        }
        Status::True => missing(source).unwrap_or_default(),
    }
}

fn missing(source: &SecretSource) -> Option<Judgement> {
    let missing = source.targets.iter().find(|target| target.presence == Presence::Missing)?;
    Some((Verdict::Critical, format!("its secret {} is not there", missing.name)))
}

fn no_status(source: &SecretSource, who: &str, now: Timestamp) -> Judgement {
    let age = source.meta.created.age_at(now);
    if age <= PATIENCE {
        return (Verdict::Progressing, format!("waits for {who}"));
    }
    (Verdict::Warning, format!("no status after {}: does {who} run?", human_duration(age)))
}

fn told(condition: &Condition) -> String {
    let words = if condition.message.is_empty() { &condition.reason } else { &condition.message };
    words.to_string()
}
