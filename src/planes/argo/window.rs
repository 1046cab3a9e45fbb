//! Sync windows: when an application may sync, by Argo CD's own rules (`AppProject.spec.syncWindows`, `CanSync`).
//!
//! Without a window that takes the application it may always. An open window that denies closes it; a sync by hand
//! passes only where every such window lets it. Else an open window that allows opens it. Else windows that allow, but
//! are not open, close it; a sync by hand passes where one of them lets it.

use crate::fleet::Timestamp;
use crate::fleet::argo::application::Application;
use crate::fleet::argo::project::{SyncWindow, WindowKind};
use crate::fleet::schedule::Schedule;
use crate::fleet::zone::Zone;

/// A window at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// It is open.
    pub is_open: bool,
    /// When it closes, if it is open.
    pub closes: Option<Timestamp>,
    /// When it opens next.
    pub opens: Option<Timestamp>,
}

/// Whether an application may sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    /// By itself.
    pub automatic: bool,
    /// When somebody asks for it.
    pub manual: bool,
    /// What decides, in words: `deny until …`; empty without a window.
    pub words: String,
    /// When that changes.
    pub until: Option<Timestamp>,
    /// A window could not be read: its schedule, its duration or its time zone. What it means is not known.
    pub unreadable: Option<String>,
}

/// Whether a window takes an application: by name, by the namespace or by the cluster it goes to.
pub fn takes(window: &SyncWindow, application: &Application) -> bool {
    let any = |patterns: &[std::sync::Arc<str>], texts: &[&str]| {
        patterns.iter().any(|pattern| texts.iter().any(|text| !text.is_empty() && fits(pattern, text)))
    };
    let destination = &application.destination;
    let tests = [
        (&window.applications, any(&window.applications, &[&application.meta.name])),
        (&window.namespaces, any(&window.namespaces, &[&destination.namespace])),
        (&window.clusters, any(&window.clusters, &[&destination.server, &destination.name])),
    ];
    let mut asked = tests.iter().filter(|(patterns, _)| !patterns.is_empty()).map(|(_, fits)| *fits);
    if window.takes_all {
        let is_asked = tests.iter().any(|(patterns, _)| !patterns.is_empty());
        is_asked && asked.all(|fits| fits)
    } else {
        asked.any(|fits| fits)
    }
}

/// How a window stands. The error says what of it cannot be read.
pub fn opening(window: &SyncWindow, now: Timestamp) -> Result<Opening, String> {
    let schedule = Schedule::parse(&window.schedule)
        .map_err(|why| format!("schedule {:?}: {why}", &*window.schedule))?;
    let duration = window.duration.as_ref().and_then(crate::fleet::delay::Delay::seconds);
    let duration = duration.and_then(|seconds| i64::try_from(seconds).ok()).ok_or("its duration is none")?;
    let zone = Zone::named(&window.time_zone)
        .ok_or_else(|| format!("there is no time zone {}", &*window.time_zone))?;
    // Schedules are read in the window's own time, and reckon as if that were UTC.
    let local = zone.wall(now);
    let began = schedule.next(Timestamp::from_seconds(local.seconds() - duration));
    let open = began.filter(|began| *began <= local);
    let back = |at: Timestamp| zone.instant(at);
    Ok(Opening {
        is_open: open.is_some(),
        closes: open.map(|began| back(Timestamp::from_seconds(began.seconds() + duration))),
        opens: schedule.next(local).map(back),
    })
}

/// Whether an application that these windows take may sync now.
pub fn permission(windows: &[SyncWindow], now: Timestamp) -> Permission {
    let mut open = Permission { automatic: true, manual: true, ..Permission::default() };
    let mut seen = Vec::new();
    for window in windows {
        match opening(window, now) {
            Ok(opening) => seen.push((window, opening)),
            Err(why) => open.unreadable = Some(why),
        }
    }
    let of = |kind: WindowKind, is_open: bool| {
        seen.iter()
            .filter(move |(window, opening)| window.kind == kind && opening.is_open == is_open)
            .collect::<Vec<_>>()
    };
    let denying = of(WindowKind::Deny, true);
    let allowing = of(WindowKind::Allow, true);
    let waiting = of(WindowKind::Allow, false);
    let unreadable = open.unreadable.take();
    if let Some((_, last)) = denying.iter().max_by_key(|(_, opening)| opening.closes) {
        return Permission {
            automatic: false,
            manual: denying.iter().all(|(window, _)| window.allows_manual),
            words: "denied".to_owned(),
            until: last.closes,
            unreadable,
        };
    }
    let denial = of(WindowKind::Deny, false).iter().filter_map(|(_, opening)| opening.opens).min();
    if let Some((_, last)) = allowing.iter().max_by_key(|(_, opening)| opening.closes) {
        let ends = [last.closes, denial].into_iter().flatten().min();
        return Permission { words: "allowed".to_owned(), until: ends, unreadable, ..open };
    }
    if !waiting.is_empty() {
        return Permission {
            automatic: false,
            manual: waiting.iter().any(|(window, _)| window.allows_manual),
            words: "closed".to_owned(),
            until: waiting.iter().filter_map(|(_, opening)| opening.opens).min(),
            unreadable,
        };
    }
    let words = if denial.is_some() { "open".to_owned() } else { String::new() };
    Permission { words, until: denial, unreadable, ..open }
}

/// Whether a pattern fits all of a text: `*` stands for any characters, `?` for any one.
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut on) = (0, 0);
    // Where the last star stood, and the text that it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while on < text.len() {
        match (pattern.get(at), text.get(on)) {
            (Some('*'), _) => {
                star = Some((at, on));
                at += 1;
            }
            (Some('?'), _) => (at, on) = (at + 1, on + 1),
            (Some(wanted), Some(is)) if wanted == is => (at, on) = (at + 1, on + 1),
            _ => match star {
                Some((stood, took)) => {
                    star = Some((stood, took + 1));
                    (at, on) = (stood + 1, took + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fleet::Packed;
    use crate::fleet::argo::project::AppProject;
    use crate::fleet::intern::Interner;

    fn windows(json: Value) -> Vec<SyncWindow> {
        let text = json!({"spec": {"syncWindows": json}}).to_string();
        let project = AppProject::pack(serde_json::from_str(&text).unwrap(), &mut Interner::default());
        project.sync_windows.to_vec()
    }

    fn at(windows_json: Value, now: &str) -> Permission {
        permission(&windows(windows_json), Timestamp::parse(now))
    }

    #[test]
    fn without_a_window_everything_may_sync() {
        let free = at(json!([]), "2026-11-21T13:00:00Z");
        assert!(free.automatic && free.manual && free.words.is_empty() && free.until.is_none());
    }

    #[test]
    fn an_open_window_that_denies_closes_and_lets_people_pass_only_if_every_one_does() {
        let deny = |manual: bool| json!({"kind": "deny", "schedule": "0 16 * * 5", "duration": "63h", "manualSync": manual, "applications": ["*"]});
        let weekend = at(json!([deny(true)]), "2026-11-21T13:00:00Z");
        assert!(!weekend.automatic && weekend.manual);
        assert_eq!(weekend.until.unwrap().rfc3339(), "2026-11-23T07:00:00Z");
        let two = at(json!([deny(true), deny(false)]), "2026-11-21T13:00:00Z");
        assert!(!two.automatic && !two.manual);
        let before = at(json!([deny(false)]), "2026-11-20T15:59:00Z");
        assert!(before.automatic && before.manual && before.words == "open");
        assert_eq!(before.until.unwrap().rfc3339(), "2026-11-20T16:00:00Z");
    }

    #[test]
    fn windows_that_allow_close_whatever_is_outside_of_them() {
        let allow = |manual: bool| json!([{"kind": "allow", "schedule": "0 9 * * *", "duration": "2h", "manualSync": manual, "applications": ["*"]}]);
        let inside = at(allow(false), "2026-11-21T10:00:00Z");
        assert!(inside.automatic && inside.manual);
        assert_eq!(inside.until.unwrap().rfc3339(), "2026-11-21T11:00:00Z");
        let outside = at(allow(false), "2026-11-21T13:00:00Z");
        assert!(!outside.automatic && !outside.manual && outside.words == "closed");
        assert_eq!(outside.until.unwrap().rfc3339(), "2026-11-22T09:00:00Z");
        assert!(at(allow(true), "2026-11-21T13:00:00Z").manual);
    }

    #[test]
    fn a_schedule_is_read_in_the_time_of_its_zone() {
        // 08:00 in New York is 13:00 in UTC in November.
        let window = json!([{"kind": "deny", "schedule": "0 8 * * *", "duration": "1h", "timeZone": "America/New_York", "applications": ["*"]}]);
        let closed = at(window.clone(), "2026-11-21T13:30:00Z");
        assert_eq!(closed.until.unwrap().rfc3339(), "2026-11-21T14:00:00Z");
        assert!(at(window, "2026-11-21T08:30:00Z").automatic);
    }

    #[test]
    fn a_window_that_cannot_be_read_is_said() {
        for (window, said) in [
            (json!({"kind": "deny", "schedule": "whenever", "duration": "1h"}), "5 fields are expected"),
            (json!({"kind": "deny", "schedule": "0 8 * * *"}), "duration"),
            (
                json!({"kind": "deny", "schedule": "0 8 * * *", "duration": "1h", "timeZone": "Mars/Olympus"}),
                "Mars/Olympus",
            ),
        ] {
            let permission = at(json!([window]), "2026-11-21T13:00:00Z");
            assert!(permission.unreadable.as_deref().is_some_and(|why| why.contains(said)), "{permission:?}");
        }
    }

    #[test]
    fn patterns_fit_all_of_a_text() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("*-prod", "web-prod", true),
            ("*-prod", "web-prod-2", false),
            ("a*b*c", "aXbYbZc", true),
            ("https://*", "https://kubernetes.default.svc", true),
            ("we?", "web", true),
            ("", "", true),
            ("", "x", false),
            ("a", "", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_window_takes_what_one_of_its_patterns_names_or_all_where_it_says_so() {
        let text = json!({"metadata": {"name": "web"}, "spec": {"destination": {"namespace": "production", "name": "prod"}}}).to_string();
        let application = Application::pack(serde_json::from_str(&text).unwrap(), &mut Interner::default());
        let takes = |window: Value| takes(&windows(json!([window]))[0], &application);
        assert!(takes(json!({"applications": ["w*"], "namespaces": ["staging"]})));
        assert!(!takes(json!({"applications": ["w*"], "namespaces": ["staging"], "andOperator": true})));
        assert!(takes(json!({"applications": ["w*"], "clusters": ["prod"], "andOperator": true})));
        assert!(!takes(json!({})) && !takes(json!({"andOperator": true})));
        assert!(!takes(json!({"namespaces": ["staging"]})));
    }
}
