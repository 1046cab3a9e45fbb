//! Sync windows: when a project lets applications be synced (argo-cd `pkg/apis/application/v1alpha1`, `CanSync`).

use jiff::Timestamp;
use serde_json::Value;

use crate::simulator::controllers::external_secret::seconds;
use crate::simulator::controllers::schedule::Schedule;
use crate::simulator::world::field;

/// Whether a project lets an application be synced at an instant, by a person or by itself.
pub(super) fn can_sync(project: &Value, application: &Value, at: Timestamp, is_manual: bool) -> bool {
    let windows = field::list(project, "spec.syncWindows");
    let own: Vec<&Value> = windows.iter().filter(|window| matches(window, application)).collect();
    let of = |kind: &str| {
        own.iter().copied().filter(move |window| field::text(window, "kind") == kind).collect::<Vec<_>>()
    };
    let (denies, allows) = (of("deny"), of("allow"));
    let active_denies: Vec<&&Value> = denies.iter().filter(|window| is_open(window, at)).collect();
    if !active_denies.is_empty() {
        return is_manual && active_denies.iter().all(|window| field::is_true(window, "manualSync"));
    }
    if allows.is_empty() || allows.iter().any(|window| is_open(window, at)) {
        return true;
    }
    is_manual && allows.iter().any(|window| field::is_true(window, "manualSync"))
}

fn is_open(window: &Value, at: Timestamp) -> bool {
    let schedule = Schedule::parse(field::text(window, "schedule"));
    let duration = seconds(field::text(window, "duration"));
    schedule.zip(duration).is_some_and(|(schedule, duration)| schedule.is_open(at, duration))
}

fn matches(window: &Value, application: &Value) -> bool {
    let named = |part: &str, value: &str| {
        field::list(window, part).iter().filter_map(Value::as_str).any(|pattern| {
            pattern == "*"
                || pattern == value
                || pattern.strip_suffix('*').is_some_and(|start| value.starts_with(start))
        })
    };
    named("applications", field::name(application))
        || named("namespaces", field::text(application, "spec.destination.namespace"))
        || named("clusters", field::text(application, "spec.destination.server"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_closed_project_lets_only_people_sync_and_only_where_it_says_so() {
        let window = |manual: bool| json!({"spec": {"syncWindows": [{"kind": "deny", "schedule": "0 16 * * 5", "duration": "63h", "applications": ["*"], "manualSync": manual}]}});
        let application = json!({"metadata": {"name": "web"}});
        let (saturday, tuesday) =
            ("2026-11-21T10:00:00Z".parse().unwrap(), "2026-11-24T10:00:00Z".parse().unwrap());
        assert!(!can_sync(&window(true), &application, saturday, false));
        assert!(can_sync(&window(true), &application, saturday, true));
        assert!(!can_sync(&window(false), &application, saturday, true));
        assert!(can_sync(&window(false), &application, tuesday, false));
        assert!(can_sync(&json!({}), &application, saturday, false));
    }

    #[test]
    fn an_allow_window_that_is_closed_blocks_what_it_matches() {
        let project = json!({"spec": {"syncWindows": [{"kind": "allow", "schedule": "0 9 * * 1-5", "duration": "8h", "namespaces": ["prod*"]}]}});
        let at = "2026-11-21T10:00:00Z".parse().unwrap();
        let to = |namespace: &str| json!({"metadata": {"name": "a"}, "spec": {"destination": {"namespace": namespace}}});
        assert!(!can_sync(&project, &to("production"), at, true));
        assert!(can_sync(&project, &to("staging"), at, false));
    }
}
