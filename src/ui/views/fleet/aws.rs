//! What keeps AWS from being read, in one line of a cluster.

use crate::fleet::ProblemKind;
use crate::fleet::aws::kind::CALLERS;
use crate::snapshot::{ClusterSnapshot, Freshness};

/// Why nothing of AWS is known of a cluster, and the command that mends it. Nothing where nobody expects AWS: for a
/// cluster without an account, or when it is switched off.
pub(super) fn trouble(cluster: &ClusterSnapshot) -> Option<String> {
    let problem = match cluster.freshness(&CALLERS) {
        Freshness::Unavailable { problem }
        | Freshness::Stale { problem, .. }
        | Freshness::Forbidden { problem } => problem,
        _ => return None,
    };
    if problem.kind() == ProblemKind::Unset {
        return None;
    }
    Some(match problem.hints().first() {
        Some(hint) => format!("{problem}: {hint}"),
        None => problem.to_string(),
    })
}
