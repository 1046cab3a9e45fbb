//! How a component is, and why.

use super::catalogue::{Known, Runs};
use super::managed::{self, Managed};
use super::state::{Component, PartState};
use crate::blueprint::{Version, WantedComponent, WantedIdentity};
use crate::fleet::node::host;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::opinion::Opinion;
use crate::planes::rights::aws::{Fit, Way};

/// A restart that is longer ago is history.
const RECENT: i64 = 60 * 60;
/// How long after its end a lease may go without renewal before its leader counts as silent, in seconds: rows follow in
/// steps, and clocks differ.
const LEASE_PATIENCE: i64 = 30;

/// Stands for the component where one of its workloads is judged alone.
pub static ALONE: Known = Known::NONE;

/// How it is, and why, in words; empty when there is nothing to say. The worst comes first; where several are as bad,
/// what is broken comes before what is not as wanted.
pub fn of(component: &Component, wanted: Option<&WantedComponent>, now: Timestamp) -> (Verdict, String) {
    let mut opinion = Opinion::default();
    if component.is_missing() {
        if let Managed::Yes(_) = component.managed {
            if std::ptr::eq(component.known, &managed::OTHER) {
                managed::judge(&mut opinion, component, None);
                return opinion.into();
            }
            let (verdict, words) = match component.is_certain {
                true => (Verdict::Critical, "EKS manages it, and nobody in this cluster runs it"),
                false => (Verdict::Unknown, "EKS manages it; not found among the workloads that may be read"),
            };
            opinion.say(verdict, words);
            managed::judge(&mut opinion, component, wanted);
            return opinion.into();
        }
        match (wanted, component.is_defined()) {
            (Some(_), _) if !component.is_certain => {
                opinion.say(Verdict::Unknown, "not found among the workloads that may be read");
            }
            (Some(_), false) => opinion.say(Verdict::Critical, "wanted, but not in this cluster"),
            (Some(_), true) => {
                opinion
                    .say(Verdict::Critical, "its definitions are here, but nobody in this cluster runs it");
            }
            (None, _) => opinion.say(Verdict::Ok, "only its definitions are here"),
        }
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
        running(&mut opinion, (component, part), wanted.is_some(), now);
    }
    around(&mut opinion, component, now);
    if let Some(most) = component.known.at_most
        && let Some(part) = component.parts.iter().find(|part| part.wanted > most)
    {
        let words = format!("{} replicas elect no leader: all of them write", part.wanted);
        opinion.say(Verdict::Warning, words);
    }
    if component.installations > 1 {
        opinion.say(Verdict::Warning, format!("installed {} times in this cluster", component.installations));
    }
    managed::judge(&mut opinion, component, wanted);
    if let Some(wanted) = wanted {
        as_wanted(&mut opinion, component, wanted);
    }
    opinion.into()
}

fn running(
    opinion: &mut Opinion,
    (component, part): (&Component, &PartState),
    is_wanted: bool,
    now: Timestamp,
) {
    let called = match (part.part.name, component.parts.len()) {
        ("", _) | (_, 1) => String::new(),
        (name, _) => format!("{name}: "),
    };
    let pods = part.pods.as_ref();
    let uncovered = pods.map_or(&[][..], |pods| &pods.uncovered);
    let trouble = pods.and_then(|pods| pods.trouble.as_deref());
    if part.ready < part.wanted {
        let verdict = match (part.ready, part.part.runs) {
            (0, _) => Verdict::Critical,
            (_, Runs::OnNodes | Runs::Replicated) => Verdict::Warning,
        };
        let words = match places(uncovered) {
            None => format!("{called}{} of {} ready", part.ready, part.wanted),
            Some(places) => format!("{called}not on {places}"),
        };
        let words = match (trouble, part.stuck.as_deref()) {
            (Some(trouble), _) => format!("{words}: {trouble}"),
            (None, Some(stuck)) => format!("{words}: {stuck}"),
            (None, None) => words,
        };
        opinion.say(verdict, words);
    } else if let Some(places) = places(uncovered)
        && (part.part.is_everywhere || is_wanted)
    {
        opinion.say(Verdict::Warning, format!("{called}not on {places}: its own rules keep it away"));
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

/// Names of nodes as people say them: the first, and how many more.
fn places(nodes: &[Box<str>]) -> Option<String> {
    let (first, rest) = nodes.split_first()?;
    let first = host(first);
    Some(if rest.is_empty() { first.to_owned() } else { format!("{first} and {} more", rest.len()) })
}

fn around(opinion: &mut Opinion, component: &Component, now: Timestamp) {
    let deaf = component.webhooks.iter().filter(|hook| hook.is_lost || hook.ready == Some(0));
    let (refusing, ignored): (Vec<_>, Vec<_>) = deaf.partition(|hook| hook.refuses);
    for (verdict, hooks, effect) in [
        (Verdict::Critical, refusing, "what it checks is refused"),
        (Verdict::Warning, ignored, "what it checks passes unchecked"),
    ] {
        if let [first, rest @ ..] = hooks.as_slice() {
            let others = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let why = if first.is_lost { "service is gone" } else { "service has no ready endpoint" };
            opinion.say(verdict, format!("webhook {}{others}: {why}: {effect}", first.name));
        }
    }
    if let Some(api) = &component.api {
        match (api.is_available, &*api.reason) {
            (Some(true), _) => {}
            (Some(false), reason) => {
                opinion.say(Verdict::Critical, format!("API {} is not available: {reason}", api.name));
            }
            (None, _) => opinion.say(Verdict::Critical, format!("API {} is not registered", api.name)),
        }
    }
    if let Some(lease) = &component.lease {
        let silent = lease.renewed.age_at(now);
        if lease.holder.is_empty() {
            opinion.say(Verdict::Warning, format!("nobody leads: lease {} has no holder", lease.name));
        } else if silent > i64::from(lease.duration_seconds) + LEASE_PATIENCE {
            let age = human_duration(silent);
            opinion.say(
                Verdict::Warning,
                format!("its leader has been silent for {age} (lease {})", lease.name),
            );
        }
    }
    if let Some(definitions) = &component.definitions {
        if let Some((group, served)) = &definitions.outdated {
            opinion.say(
                Verdict::Warning,
                format!("{group} is served as {served} only, which it no longer speaks"),
            );
        }
        // A group whose version matters is one that the component cannot work without.
        let is_essential = |absent: &&&str| {
            component.known.groups.iter().any(|(group, oldest)| group == *absent && !oldest.is_empty())
        };
        if let Some(group) = definitions.absent.iter().find(is_essential) {
            opinion.say(Verdict::Warning, format!("its definitions of {group} are not here"));
        }
    }
    if let Some(identity) = &component.identity {
        let pods = identity.irsa + identity.pod_identity + identity.none;
        for entitled in &identity.entitled {
            if let Fit::Broken(why) = &entitled.fit {
                opinion.say(Verdict::Critical, format!("AWS refuses its role: {why}"));
            }
        }
        if identity.pod_identity > 0 && identity.is_associated == Some(false) {
            let words = "its Pod Identity association is gone: what starts now gets no role";
            opinion.say(Verdict::Warning, words);
        }
        let is_due = identity.annotated.is_some()
            || identity.entitled.iter().any(|entitled| entitled.way == Way::PodIdentity);
        if is_due && identity.none > 0 && identity.is_usual {
            let words = format!("{} of {pods} pods do not carry their role: older than it?", identity.none);
            opinion.say(Verdict::Warning, words);
        } else if identity.none > 0 && identity.none < pods {
            let words = format!("{} of {pods} pods carry no AWS identity: restart them", identity.none);
            opinion.say(Verdict::Warning, words);
        }
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
    if let (Some(identity), Some(wanted)) = (&component.identity, wanted.identity)
        && let Some(has) = identity.words()
    {
        let wants = match wanted {
            WantedIdentity::PodIdentity => "pod identity",
            WantedIdentity::Irsa => "irsa",
            WantedIdentity::None => "none",
        };
        if has == "none" && wants != "none" {
            opinion.say(Verdict::Critical, format!("has lost its AWS identity ({wants})"));
        } else if has != wants && has != "mixed" {
            opinion.say(Verdict::Warning, format!("AWS identity by {has}, and {wants} is wanted"));
        }
    }
    if let (Some(namespace), Some(own)) = (&wanted.namespace, &component.namespace)
        && namespace != own
    {
        opinion.say(Verdict::Warning, format!("in {own}, and {namespace} is wanted"));
    }
}
