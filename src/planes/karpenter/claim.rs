//! The life of a claim: launched, registered, initialized, and gone.

use std::sync::Arc;

use crate::fleet::Timestamp;
use crate::fleet::Verdict;
use crate::fleet::delay::Delay;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::time::human_duration;

/// An instance that takes longer is worth a look; Karpenter gives up after 5 minutes (`liveness.go`).
const LAUNCH_PATIENCE: i64 = 2 * 60;
/// A node that takes longer to join is worth a look; Karpenter gives up after 15 minutes.
const REGISTRATION_PATIENCE: i64 = 5 * 60;
/// From joining to taking pods: start-up taints, the network plugin, devices.
const INITIALIZATION_PATIENCE: i64 = 5 * 60;
/// A drain may take this long.
const DRAIN_PATIENCE: i64 = 15 * 60;

/// How far a claim has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It waits for an instance.
    Launching,
    /// Its instance has not joined as a node.
    Registering,
    /// Its node has joined and is not of use yet.
    Initializing,
    /// Its node takes pods.
    Ready,
    /// It is being deleted.
    Leaving,
}

impl Phase {
    /// One word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Launching => "launching",
            Self::Registering => "registering",
            Self::Initializing => "initializing",
            Self::Ready => "ready",
            Self::Leaving => "leaving",
        }
    }
}

/// How far a claim has come.
pub fn phase(claim: &NodeClaim) -> Phase {
    if !claim.meta.deleted.is_never() {
        return Phase::Leaving;
    }
    let conditions = &claim.conditions;
    if conditions.is_true("Initialized") || conditions.is_true("Ready") {
        Phase::Ready
    } else if conditions.is_true("Registered") {
        Phase::Initializing
    } else if conditions.is_true("Launched") {
        Phase::Registering
    } else {
        Phase::Launching
    }
}

/// How long a step took, in seconds: from the end of the one before it; `None` until it is done, and where the times
/// contradict each other.
pub fn step(claim: &NodeClaim, condition: &str) -> Option<i64> {
    let before = match condition {
        "Launched" => claim.meta.created,
        "Registered" => done(claim, "Launched")?,
        "Initialized" => done(claim, "Registered")?,
        _ => return None,
    };
    let took = before.known()?.seconds_before(done(claim, condition)?);
    (took >= 0).then_some(took)
}

fn done(claim: &NodeClaim, condition: &str) -> Option<Timestamp> {
    claim.conditions.get(condition).filter(|condition| condition.is_true())?.since.known()
}

/// What Karpenter says about a condition that does not hold: the message, else the reason.
pub(in crate::planes) fn said(claim: &NodeClaim, condition: &str) -> Arc<str> {
    let Some(condition) = claim.conditions.get(condition).filter(|condition| !condition.is_true()) else {
        return Arc::default();
    };
    let line = condition.message.lines().next().unwrap_or("").trim();
    match (line, &*condition.reason) {
        ("", reason) => reason.into(),
        // Karpenter's words for "I do not know yet".
        ("object is awaiting reconciliation", _) => Arc::default(),
        (line, reason) if reason.is_empty() || line.contains(reason) => line.into(),
        (line, reason) => format!("{reason}: {line}").into(),
    }
}

/// When the claim's age makes Karpenter replace its node; `None` when it never does.
pub fn expires(claim: &NodeClaim) -> Option<Timestamp> {
    let after = claim.expire_after.as_ref().and_then(Delay::seconds)?;
    let created = claim.meta.created.known()?;
    Timestamp::from_seconds(created.seconds().saturating_add(i64::try_from(after).ok()?)).known()
}

/// The instance, for example `i-0c31f2`; `None` until it is launched.
pub fn instance(claim: &NodeClaim) -> Option<&str> {
    claim.provider_id.rsplit('/').next().filter(|id| !id.is_empty())
}

/// How a claim is, and why. `held` is what keeps its node from going, in words; empty when nothing is known.
pub fn of(claim: &NodeClaim, held: &str, now: Timestamp) -> (Verdict, String) {
    let age = claim.meta.created.age_at(now);
    let waits = |condition: &str, so_far: i64, patience: i64, what: &str| {
        let verdict = if so_far > patience { Verdict::Warning } else { Verdict::Progressing };
        let failed = claim
            .conditions
            .get(condition)
            .is_some_and(|condition| condition.status == crate::fleet::condition::Status::False);
        let why = said(claim, condition);
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        (
            if failed { Verdict::Warning } else { verdict },
            format!("{what} for {}{why}", human_duration(so_far)),
        )
    };
    let since = |condition: &str| done(claim, condition).unwrap_or(claim.meta.created).age_at(now);
    match phase(claim) {
        Phase::Leaving => leaving(claim, held, now),
        Phase::Launching => waits("Launched", age, LAUNCH_PATIENCE, "no instance"),
        Phase::Registering => {
            let (verdict, why) =
                waits("Registered", since("Launched"), REGISTRATION_PATIENCE, "instance has not joined");
            (verdict, with_instance(claim, why))
        }
        Phase::Initializing => {
            waits("Initialized", since("Registered"), INITIALIZATION_PATIENCE, "joined, not initialized")
        }
        Phase::Ready => ready(claim, held, now),
    }
}

fn with_instance(claim: &NodeClaim, why: String) -> String {
    match instance(claim) {
        Some(instance) => format!("{instance}: {why}"),
        None => why,
    }
}

fn leaving(claim: &NodeClaim, held: &str, now: Timestamp) -> (Verdict, String) {
    let since = claim.meta.deleted.age_at(now);
    let step = ["Drained", "VolumesDetached", "InstanceTerminating"].iter().find_map(|kind| {
        let condition = claim.conditions.get(kind)?;
        (!condition.is_true()).then_some(match *kind {
            "Drained" => "draining",
            "VolumesDetached" => "waits for its volumes to be detached",
            _ => "its instance is being terminated",
        })
    });
    let step = step.unwrap_or("going");
    let forced = match claim.forced_end.known() {
        Some(end) if end > now => format!(", by force in {}", human_duration(now.seconds_before(end))),
        _ => String::new(),
    };
    let held = if held.is_empty() { String::new() } else { format!(": {held}") };
    let verdict = if since > DRAIN_PATIENCE { Verdict::Warning } else { Verdict::Progressing };
    (verdict, format!("{step} for {}{forced}{held}", human_duration(since)))
}

fn ready(claim: &NodeClaim, held: &str, now: Timestamp) -> (Verdict, String) {
    if let Some(broken) = claim.conditions.get("ConsistentStateFound").filter(|found| !found.is_true())
        && broken.status == crate::fleet::condition::Status::False
    {
        return (Verdict::Warning, format!("not what was launched: {}", broken.message));
    }
    if let Some(ready) = claim.conditions.get("Ready").filter(|ready| !ready.is_true()) {
        let why = said(claim, "Ready");
        let why = if why.is_empty() { "not Ready".to_owned() } else { why.to_string() };
        return (Verdict::Warning, format!("{why}, for {}", human_duration(ready.since.age_at(now))));
    }
    let disrupted = claim.conditions.get("DisruptionReason").filter(|reason| reason.is_true());
    if let Some(disrupted) = disrupted {
        let why = disrupted.reason.to_ascii_lowercase();
        return (Verdict::Progressing, format!("is being replaced: {why}"));
    }
    let stays = if held.is_empty() { String::new() } else { format!("; stays: {held}") };
    if let Some(expires) = expires(claim).filter(|expires| *expires <= now) {
        let since = human_duration(expires.age_at(now));
        return (Verdict::Warning, format!("expired {since} ago and is still here{stays}"));
    }
    if let Some(drifted) = claim.conditions.get("Drifted").filter(|drifted| drifted.is_true()) {
        return (Verdict::Progressing, format!("drifted, {}{stays}", drift_words(&drifted.reason)));
    }
    (Verdict::Ok, String::new())
}

/// What has changed since a claim was launched, by the reason of its condition `Drifted`.
pub fn drift_words(reason: &str) -> &str {
    match reason {
        "" => "it is not said why",
        "NodePoolDrifted" => "its pool changed",
        "RequirementsDrifted" => "its pool's requirements changed",
        "NodeClassDrift" => "its class changed",
        "AMIDrift" => "there is another image",
        "SubnetDrift" => "its subnet is not among the class's",
        "SecurityGroupDrift" => "the class's security groups changed",
        "InstanceTypeNotFound" => "its instance type is not offered any more",
        "CapacityReservationDrift" => "its capacity reservation changed",
        "PlacementGroupDrift" => "its placement group changed",
        other => other,
    }
}
