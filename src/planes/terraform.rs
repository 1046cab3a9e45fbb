//! How the state of Terraform is kept, and whether somebody holds its lock for too long.

use crate::fleet::aws::terraform_state::{HeldLock, TerraformState};
use crate::fleet::quantity::human_bytes;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::opinion::Opinion;

/// No plan and no apply takes longer; a lock that does was mostly left behind by one that broke off.
const LONG: i64 = 3600;

/// How a state is, and why it is not ok.
pub fn judge(state: &TerraformState, now: Timestamp) -> (Verdict, String) {
    let mut opinion = Opinion::default();
    if state.bytes.is_none() {
        opinion.say(Verdict::Warning, "there is no such object");
    }
    if &*state.versioning != "Enabled" {
        opinion.say(Verdict::Warning, "its bucket keeps no versions: what breaks it cannot be undone");
    }
    if state.encryption.is_empty() {
        opinion.say(Verdict::Warning, "its bucket is not encrypted");
    }
    if let Some(lock) = &state.lock {
        let is_long = lock.since.known().is_some_and(|since| since.age_at(now) > LONG);
        let verdict = if is_long { Verdict::Warning } else { Verdict::Progressing };
        opinion.say(verdict, locked(lock, now));
    }
    opinion.into()
}

/// `locked by ana@desk for 3h, apply`
pub fn locked(lock: &HeldLock, now: Timestamp) -> String {
    let who = if lock.who.is_empty() { "somebody" } else { &lock.who };
    let since = match lock.since.known() {
        Some(since) => format!(" for {}", human_duration(since.age_at(now))),
        None => String::new(),
    };
    let doing = match lock.doing() {
        doing if doing.is_empty() => doing,
        doing => format!(", {doing}"),
    };
    format!("locked by {who}{since}{doing}")
}

/// `142 KiB, changed 3d ago, versioned, aws:kms`
pub fn words(state: &TerraformState, now: Timestamp) -> String {
    let size = state.bytes.map(human_bytes);
    let changed = state.changed.known().map(|at| format!("changed {} ago", human_duration(at.age_at(now))));
    let versioned = (&*state.versioning == "Enabled").then(|| "versioned".to_owned());
    let encrypted = (!state.encryption.is_empty()).then(|| state.encryption.to_string());
    [size, changed, versioned, encrypted].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-21T13:00:00Z";

    fn state() -> TerraformState {
        TerraformState {
            address: "s3://states/prod".into(),
            bytes: Some(145_408),
            changed: Timestamp::parse("2026-11-18T13:00:00Z"),
            versioning: "Enabled".into(),
            encryption: "aws:kms".into(),
            lock: None,
        }
    }

    fn judged(state: &TerraformState) -> (Verdict, String) {
        judge(state, Timestamp::parse(NOW))
    }

    #[test]
    fn a_lock_is_a_warning_with_who_when_it_is_held_for_more_than_an_hour() {
        let held = |since: &str| TerraformState {
            lock: Some(HeldLock {
                who: "ana@desk".into(),
                operation: "OperationTypeApply".into(),
                since: Timestamp::parse(since),
                id: "1".into(),
            }),
            ..state()
        };
        assert_eq!(
            judged(&held("2026-11-21T10:00:00Z")),
            (Verdict::Warning, "locked by ana@desk for 3h, apply".to_owned())
        );
        assert_eq!(judged(&held("2026-11-21T12:30:00Z")).0, Verdict::Progressing);
        let strange = TerraformState { lock: Some(HeldLock::default()), ..state() };
        assert_eq!(judged(&strange), (Verdict::Progressing, "locked by somebody".to_owned()));
    }

    #[test]
    fn a_state_that_could_be_lost_or_read_by_others_is_a_warning() {
        assert_eq!(judged(&state()), (Verdict::Ok, String::new()));
        for versioning in ["", "Suspended"] {
            let (verdict, why) = judged(&TerraformState { versioning: versioning.into(), ..state() });
            assert_eq!(verdict, Verdict::Warning);
            assert!(why.contains("keeps no versions"), "{why}");
        }
        assert_eq!(judged(&TerraformState { encryption: "".into(), ..state() }).0, Verdict::Warning);
        let (_, why) = judged(&TerraformState { bytes: None, ..state() });
        assert_eq!(why, "there is no such object");
        assert_eq!(words(&state(), Timestamp::parse(NOW)), "142 Ki, changed 3d ago, versioned, aws:kms");
    }
}
