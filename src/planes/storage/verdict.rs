//! How a claim is, and why.

use super::{Found, StoredClaim};
use crate::fleet::quantity::human_bytes;
use crate::fleet::storage::claim::ClaimPhase;
use crate::fleet::storage::volume::VolumePhase;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};

/// A volume may take this long to be made.
const PROVISIONING_PATIENCE: i64 = 2 * 60;
/// Attaching may take this long: EBS needs tens of seconds, and a node that was lost holds on for six minutes
/// (`ReconcilerMaxWaitForUnmountDuration`).
const ATTACHING_PATIENCE: i64 = 7 * 60;
/// A claim that is deleted may wait this long for the pods that use it.
const DELETION_PATIENCE: i64 = 10 * 60;

/// Volumes that are this full have little left, in parts of a hundred.
const NEARLY_FULL: u64 = 85;
/// And these next to nothing: what writes to them fails any moment.
const FULL: u64 = 95;

/// How it is, and why in words.
pub fn of(row: &StoredClaim, now: Timestamp) -> (Verdict, String) {
    let claim = &row.claim;
    if let Some(at) = claim.meta.deleted.known() {
        let since = at.age_at(now);
        let verdict = if since > DELETION_PATIENCE { Verdict::Warning } else { Verdict::Progressing };
        return (verdict, format!("being deleted for {}: a pod still uses it", human_duration(since)));
    }
    match &claim.phase {
        ClaimPhase::Lost => {
            let volume = claim.volume.as_deref().unwrap_or("its volume");
            (Verdict::Critical, format!("{volume} is gone, with what was on it"))
        }
        ClaimPhase::Pending => pending(row, now),
        ClaimPhase::Bound => bound(row, now),
        ClaimPhase::Other(word) if word.is_empty() => {
            (Verdict::Progressing, "nobody has looked at it yet".to_owned())
        }
        ClaimPhase::Other(word) => (Verdict::Unknown, format!("phase {word} is not known")),
    }
}

fn pending(row: &StoredClaim, now: Timestamp) -> (Verdict, String) {
    let claim = &row.claim;
    let age = claim.meta.created.age_at(now);
    let class = match (&row.class, claim.class.as_deref()) {
        (Found::Missing, Some(name)) => {
            return (Verdict::Critical, format!("StorageClass {name} does not exist"));
        }
        (Found::Missing, None) => {
            return (Verdict::Critical, "names no StorageClass, and none is the default".to_owned());
        }
        (Found::Is(class), _) => Some(class),
        (Found::NotNamed | Found::Unknown, _) => None,
    };
    let waits_for_pod = class.is_some_and(|class| &*class.binding_mode == "WaitForFirstConsumer");
    if waits_for_pod && claim.selected_node.is_none() {
        return match &row.waiting {
            None => (Verdict::Ok, "no pod uses it yet".to_owned()),
            Some(waiting) if age <= PROVISIONING_PATIENCE => {
                (Verdict::Progressing, format!("waits until pod {} has a node", waiting.pod))
            }
            Some(waiting) => {
                let said = match &*waiting.message {
                    "" => String::new(),
                    message => format!(": {message}"),
                };
                (Verdict::Warning, format!("no node for pod {}{said}", waiting.pod))
            }
        };
    }
    let from = match (class, claim.class.as_deref()) {
        (Some(class), _) => format!("no volume from {}", class.provisioner),
        (None, Some("")) => "no volume without a class fits".to_owned(),
        (None, _) => "no volume".to_owned(),
    };
    if age <= PROVISIONING_PATIENCE {
        return (Verdict::Progressing, "its volume is being made".to_owned());
    }
    let who = row.waiting.as_ref().map(|waiting| format!("; pod {} waits", waiting.pod)).unwrap_or_default();
    let verdict = if row.waiting.is_some() { Verdict::Critical } else { Verdict::Warning };
    (verdict, format!("{from} for {}{who}", human_duration(age)))
}

fn bound(row: &StoredClaim, now: Timestamp) -> (Verdict, String) {
    let claim = &row.claim;
    let volume = match &row.volume {
        Found::Missing => {
            let name = claim.volume.as_deref().unwrap_or_default();
            return (Verdict::Critical, format!("its volume {name} does not exist"));
        }
        Found::Is(volume) => Some(volume),
        Found::NotNamed | Found::Unknown => None,
    };
    if let Some(volume) = volume.filter(|volume| volume.phase == VolumePhase::Failed) {
        return (Verdict::Critical, format!("its volume failed: {}", volume.message));
    }
    for attachment in &row.attachments {
        if let Some(error) = &attachment.attach_error {
            let node = crate::fleet::node::host(&attachment.node);
            return (Verdict::Critical, format!("cannot be attached to {node}: {}", error.message));
        }
    }
    let (verdict, words) = within_reach(row, now);
    match fullness(row) {
        Some(full) if full.0 >= verdict => full,
        _ => (verdict, words),
    }
}

/// What is wrong with a volume that has little left.
fn fullness(row: &StoredClaim) -> Option<(Verdict, String)> {
    let usage = row.usage.known()?;
    let judged = |percent: u64, words: String| {
        let verdict = of_percent(percent);
        (verdict != Verdict::Ok).then_some((verdict, words))
    };
    let bytes = usage.percent().and_then(|percent| {
        let of = human_bytes(usage.capacity);
        judged(percent, format!("nearly full: {percent} % of {of} used"))
    });
    let inodes = usage.inodes_percent().and_then(|percent| {
        let of = usage.inodes;
        judged(percent, format!("nearly out of inodes: {percent} % of {of} used"))
    });
    match (bytes, inodes) {
        (Some(bytes), Some(inodes)) => Some((bytes.0.max(inodes.0), format!("{}; {}", bytes.1, inodes.1))),
        (bytes, inodes) => bytes.or(inodes),
    }
}

/// How full a share of a volume is, as a verdict.
pub fn of_percent(percent: u64) -> Verdict {
    match percent {
        FULL.. => Verdict::Critical,
        NEARLY_FULL.. => Verdict::Warning,
        _ => Verdict::Ok,
    }
}

/// What keeps pods from a volume that is there.
fn within_reach(row: &StoredClaim, now: Timestamp) -> (Verdict, String) {
    let zones = || row.zones().iter().map(|zone| &**zone).collect::<Vec<_>>().join(", ");
    if let Some(waiting) = &row.waiting {
        if row.reach == Some(0) {
            let words =
                format!("its volume is in {}, where no node takes pods; pod {} waits", zones(), waiting.pod);
            return (Verdict::Critical, words);
        }
        // The scheduler's words (`ErrReasonConflict` of its volume binding).
        if waiting.message.contains("volume node affinity conflict") {
            let words = format!("pod {} fits no node in {}, where its volume is", waiting.pod, zones());
            return (Verdict::Critical, words);
        }
    }
    if let Some(found) = attaching(row, now) {
        return found;
    }
    if row.reach == Some(0) {
        let words = format!("its volume is in {}, where no node takes pods", zones());
        return (Verdict::Warning, words);
    }
    resizing(row).unwrap_or_default()
}

/// What is wrong with where it is attached.
fn attaching(row: &StoredClaim, now: Timestamp) -> Option<(Verdict, String)> {
    let host = |node: &str| crate::fleet::node::host(node).to_owned();
    for attachment in &row.attachments {
        if let Some(error) = &attachment.detach_error {
            let words = format!("cannot be detached from {}: {}", host(&attachment.node), error.message);
            return Some((Verdict::Warning, words));
        }
    }
    if let Some(node) = row.gone_nodes.first() {
        return Some((Verdict::Warning, format!("attached to {}, which is gone", host(node))));
    }
    let coming = row.attachments.iter().find(|at| !at.is_attached && at.meta.deleted.is_never())?;
    let since = coming.meta.created.age_at(now);
    let held = row.attachments.iter().find(|at| at.is_attached && at.node != coming.node);
    let words = match held {
        Some(held) => format!("{} waits for it; still attached to {}", host(&coming.node), host(&held.node)),
        None => format!("being attached to {} for {}", host(&coming.node), human_duration(since)),
    };
    Some((if since > ATTACHING_PATIENCE { Verdict::Warning } else { Verdict::Progressing }, words))
}

/// What becomes of a claim that asks for more than it has.
fn resizing(row: &StoredClaim) -> Option<(Verdict, String)> {
    let conditions = &row.claim.conditions;
    for kind in ["ControllerResizeError", "NodeResizeError"] {
        if let Some(error) = conditions.get(kind).filter(|condition| condition.is_true()) {
            return Some((Verdict::Warning, format!("cannot grow: {}", error.message)));
        }
    }
    if conditions.is_true("FileSystemResizePending") {
        return Some((Verdict::Progressing, "its file system grows when a pod mounts it again".to_owned()));
    }
    if conditions.is_true("Resizing") {
        return Some((Verdict::Progressing, "growing".to_owned()));
    }
    let is_short = row.claim.capacity > 0 && row.claim.requested > row.claim.capacity;
    (is_short && row.class.known().is_some_and(|class| !class.is_expandable))
        .then(|| (Verdict::Warning, "asks for more than it has, and its class cannot grow".to_owned()))
}
