//! How a component is, and why.

use super::catalogue::Runs;
use super::state::{Component, PartState};
use crate::blueprint::{Version, WantedComponent};
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::opinion::Opinion;

/// A restart that is longer ago is history.
const RECENT: i64 = 60 * 60;

/// How it is, and why, in words; empty when there is nothing to say. The worst comes first; where several are as bad,
/// what is broken comes before what is not as wanted.
pub fn of(component: &Component, wanted: Option<&WantedComponent>, now: Timestamp) -> (Verdict, String) {
    let mut opinion = Opinion::default();
    if component.is_missing() {
        opinion.say(Verdict::Critical, "wanted, but not in this cluster");
        return opinion.into();
    }
    if component.is_switched_off() {
        let verdict = if wanted.is_some() { Verdict::Critical } else { Verdict::Ok };
        opinion.say(verdict, "scaled to zero");
        return opinion.into();
    }
    for part in component.missing_parts() {
        opinion.say(Verdict::Critical, format!("its {} is missing", part.name));
    }
    for part in &component.parts {
        running(&mut opinion, component, part, now);
    }
    if let Some(most) = component.known.at_most
        && let Some(part) = component.parts.iter().find(|part| part.wanted > most)
    {
        let words = format!("{} replicas elect no leader: all of them write", part.wanted);
        opinion.say(Verdict::Warning, words);
    }
    if component.installations > 1 {
        opinion.say(Verdict::Warning, format!("installed {} times in this cluster", component.installations));
    }
    if let Some(wanted) = wanted {
        as_wanted(&mut opinion, component, wanted);
    }
    opinion.into()
}

fn running(opinion: &mut Opinion, component: &Component, part: &PartState, now: Timestamp) {
    let called = match (part.part.name, component.parts.len()) {
        ("", _) | (_, 1) => String::new(),
        (name, _) => format!("{name}: "),
    };
    let pods = part.pods.as_ref();
    let trouble = pods.and_then(|pods| pods.trouble.as_deref());
    if part.ready < part.wanted {
        let verdict = match (part.ready, part.part.runs) {
            (0, _) => Verdict::Critical,
            (_, Runs::OnNodes | Runs::Replicated) => Verdict::Warning,
        };
        let uncovered = pods.map_or(&[][..], |pods| &pods.uncovered);
        let words = match uncovered {
            [] => format!("{called}{} of {} ready", part.ready, part.wanted),
            [only] => format!("{called}not on {}", crate::fleet::node::host(only)),
            [first, rest @ ..] => {
                format!("{called}not on {} and {} more", crate::fleet::node::host(first), rest.len())
            }
        };
        let words = match (trouble, part.stuck.as_deref()) {
            (Some(trouble), _) => format!("{words}: {trouble}"),
            (None, Some(stuck)) => format!("{words}: {stuck}"),
            (None, None) => words,
        };
        opinion.say(verdict, words);
    } else if part.updated < part.wanted || !part.is_observed {
        let words = format!("{called}rolling out, {} of {} updated", part.updated, part.wanted);
        opinion.say(Verdict::Progressing, words);
    }
    if let Some(restart) = pods.and_then(|pods| pods.last_restart.as_ref())
        && restart.at.age_at(now) < RECENT
    {
        let how = if restart.how.is_empty() { "restarted" } else { &restart.how };
        opinion
            .say(Verdict::Warning, format!("{called}{how} {} ago", human_duration(restart.at.age_at(now))));
    }
}

fn as_wanted(opinion: &mut Opinion, component: &Component, wanted: &WantedComponent) {
    if let Some(least) = wanted.replicas
        && let Some(part) = component.fewest_replicas()
        && part.wanted < least
    {
        opinion.say(Verdict::Warning, format!("{} of at least {least} replicas wanted", part.wanted));
    }
    if let Some(range) = &wanted.version {
        match component.version() {
            None => opinion.say(Verdict::Unknown, format!("its image has no tag; {range} is wanted")),
            Some(tag) => match Version::parse(tag) {
                None => opinion.say(Verdict::Unknown, format!("{tag} is no version; {range} is wanted")),
                Some(version) if !range.allows(&version) => {
                    opinion.say(Verdict::Warning, format!("{tag}, and {range} is wanted"));
                }
                Some(_) => {}
            },
        }
    }
    if let (Some(namespace), Some(own)) = (&wanted.namespace, &component.namespace)
        && namespace != own
    {
        opinion.say(Verdict::Warning, format!("in {own}, and {namespace} is wanted"));
    }
}
