//! What a namespace may use and what its containers get: quotas and limit ranges.

use serde_json::Value;

use super::read::{entries, list, scalar, text, words};
use super::section::{Cell, Section};
use crate::fleet::Timestamp;
use crate::fleet::quota::QuotaUnit;
use crate::ui::role::Role;

/// A ResourceQuota: used of what is allowed.
pub(super) fn quota(quota: &Value, _: Timestamp) -> Vec<Section> {
    let mut section = Section::new("QUOTA");
    let has_status = entries(quota, "/status/hard").next().is_some();
    let hard = if has_status { "/status/hard" } else { "/spec/hard" };
    for (resource, limit) in entries(quota, hard) {
        let used = words_of(quota, "/status/used", resource);
        let unit = QuotaUnit::of(resource);
        let limit = scalar(limit);
        let is_full = match (unit.read(&used), unit.read(&limit)) {
            (Some(used), Some(limit)) => limit > 0 && used >= limit,
            _ => false,
        };
        let used = if used.is_empty() { "not counted yet".to_owned() } else { used };
        let role = if is_full { Role::Warning } else { Role::Text };
        section.row(vec![Cell::dim(resource), Cell::new(used, role), Cell::dim(format!("of {limit}"))]);
    }
    section.field("only for", list(quota, "/spec/scopes").iter().map(scalar).collect::<Vec<_>>().join(", "));
    vec![section]
}

/// A LimitRange: what containers, pods and claims get and may ask for.
pub(super) fn limit_range(range: &Value, _: Timestamp) -> Vec<Section> {
    let parts = [
        ("/defaultRequest", "requests that name none"),
        ("/default", "limits that name none"),
        ("/min", "at least"),
        ("/max", "at most"),
        ("/maxLimitRequestRatio", "limit to request"),
    ];
    let of = |limit: &Value| {
        let mut section = Section::new(&text(limit, "/type").to_uppercase());
        for (path, label) in parts {
            let amounts =
                entries(limit, path).map(|(resource, amount)| format!("{resource} {}", scalar(amount)));
            section.field(label, amounts.collect::<Vec<_>>().join(", "));
        }
        section
    };
    list(range, "/spec/limits").iter().map(of).collect()
}

/// An entry of a map, as a word; keys may have a `/` in them.
fn words_of(value: &Value, path: &str, key: &str) -> String {
    words(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(sections: &[Section]) -> Vec<String> {
        let cells = |line: &super::super::Line| {
            line.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ")
        };
        sections.iter().flat_map(|section| section.lines.iter().map(cells)).collect()
    }

    #[test]
    fn a_quota_tells_used_of_allowed_also_before_anybody_counted() {
        let counted = json!({"spec": {"hard": {"requests.cpu": "4"}}, "status": {"hard": {"count/jobs.batch": "2", "requests.cpu": "4"},
            "used": {"count/jobs.batch": "2", "requests.cpu": "500m"}}});
        let sections = quota(&counted, Timestamp::NEVER);
        assert_eq!(told(&sections), ["count/jobs.batch 2 of 2", "requests.cpu 500m of 4"]);
        let full = |at: usize| sections[0].lines[at].cells[1].role == Role::Warning;
        assert!(full(0) && !full(1));
        let new = json!({"spec": {"hard": {"pods": "4"}}});
        assert_eq!(told(&quota(&new, Timestamp::NEVER)), ["pods not counted yet of 4"]);
        assert!(told(&quota(&json!({"spec": 7}), Timestamp::NEVER)).is_empty());
    }

    #[test]
    fn a_limit_range_tells_what_containers_get() {
        let range = json!({"spec": {"limits": [{"type": "Container", "default": {"memory": "512Mi"}, "max": {"cpu": 2}}, 7]}});
        assert_eq!(
            told(&limit_range(&range, Timestamp::NEVER)),
            ["limits that name none memory 512Mi", "at most cpu 2"]
        );
    }
}
