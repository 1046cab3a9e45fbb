//! The kubelets of all nodes: they start the pods that are given to them, watch over their containers, and stop them.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::conduct::{Conduct, is_missing};
use crate::simulator::controllers::event::Remark;
use crate::simulator::controllers::pod::{self, Address, Ending};
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{DeleteOptions, Key, Line, Selection};
use crate::simulator::world::chance::Chance;
use crate::simulator::world::{field, node};

/// The kubelets.
pub(super) struct Kubelet;

/// The longest pause between two starts of a container that keeps failing, seconds.
const LONGEST_BACK_OFF: i64 = 300;

impl Controller for Kubelet {
    fn resource(&self) -> &'static str {
        "pods"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if !changed.is("nodes") {
            return Vec::new();
        }
        let Ok(own) = Selection::parse("", &format!("spec.nodeName={}", changed.key.name)) else {
            return Vec::new();
        };
        lister.keys("pods", None, &own)
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let Ok(pod) = round.lister.get(key) else {
            round.store.logs().forget(key.namespace.as_deref().unwrap_or_default(), &key.name);
            return Ok(());
        };
        let host = field::text(&pod, "spec.nodeName").to_owned();
        if host.is_empty() || round.conducts.is_lost(&host) {
            return Ok(());
        }
        if pod::is_terminating(&pod) {
            return stop(key, &pod, round);
        }
        if pod::is_finished(&pod) {
            return Ok(());
        }
        match stage(&pod) {
            Stage::Accepted => accept(key, &pod, round),
            Stage::Creating(since) => create(key, &pod, since, round),
            Stage::WithoutImage(reason) => retry_image(key, &pod, &reason, round),
            Stage::Running { container, since } => watch_over(key, &pod, &container, since, round),
            Stage::Ended(container) => after_end(key, &pod, &container, round),
            Stage::BackingOff { container, since, restarts } => {
                let until = later(since, back_off(restarts));
                if round.now < until {
                    round.wake_at(until);
                    return Ok(());
                }
                restart(key, &pod, &container, round)
            }
        }
    }
}

/// What a pod on a node is waiting for.
enum Stage {
    Accepted,
    Creating(Timestamp),
    WithoutImage(String),
    Running { container: String, since: Timestamp },
    Ended(String),
    BackingOff { container: String, since: Timestamp, restarts: i64 },
}

fn stage(pod: &Value) -> Stage {
    let statuses = field::list(pod, "status.containerStatuses");
    let started = field::time(pod, "status.startTime");
    let Some(since) = started.filter(|_| !statuses.is_empty()) else { return Stage::Accepted };
    for status in statuses {
        let name = field::text(status, "name").to_owned();
        match field::text(status, "state.waiting.reason") {
            "" => {}
            "CrashLoopBackOff" => {
                let since = field::time(status, "lastState.terminated.finishedAt").unwrap_or(since);
                return Stage::BackingOff {
                    container: name,
                    since,
                    restarts: field::number(status, "restartCount"),
                };
            }
            reason @ ("ErrImagePull" | "ImagePullBackOff") => return Stage::WithoutImage(reason.to_owned()),
            _ => return Stage::Creating(since),
        }
        if field::at(status, "state").get("terminated").is_some() {
            return Stage::Ended(name);
        }
    }
    // The container that runs shortest is the one to look at: it may still have to become ready, or to fail again.
    let youngest =
        statuses.iter().max_by_key(|status| field::text(status, "state.running.startedAt").to_owned());
    let container = youngest.map(|status| field::text(status, "name").to_owned()).unwrap_or_default();
    let since = youngest.and_then(|status| field::time(status, "state.running.startedAt")).unwrap_or(since);
    Stage::Running { container, since }
}

/// A delay of this pod between two bounds, in milliseconds: the same whenever it is asked for.
fn delay(pod: &Value, what: &str, low: i64, high: i64) -> SignedDuration {
    SignedDuration::from_millis(Chance::of(&format!("{}/{what}", field::uid(pod))).between(low, high))
}

fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(at)
}

fn say(pod: &Value, kind: &str, reason: &str, message: String, round: &mut Round<'_>) {
    let host = field::text(pod, "spec.nodeName");
    round.say(&Remark { about: pod, kind, reason, message, component: "kubelet", host });
}

fn accept(key: &Key, pod: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let now = round.now;
    let host = address(pod, round);
    round.store.edit(key, |pod| {
        pod::creating(pod, None, now);
        if let Some(host) = &host {
            field::put(pod, "status.hostIP", host.host.as_str().into());
            field::put(pod, "status.hostIPs", serde_json::json!([{"ip": host.host}]));
        }
        Ok(())
    })?;
    round.wake_at(after(now, delay(pod, "create", 900, 2600)));
    Ok(())
}

fn create(key: &Key, pod: &Value, since: Timestamp, round: &mut Round<'_>) -> Result<(), Status> {
    let due = after(since, delay(pod, "create", 900, 2600));
    if round.now < due {
        round.wake_at(due);
        return Ok(());
    }
    if let Some(image) = missing_image(pod, round) {
        return fail_pull(key, pod, &image, round);
    }
    for container in field::list(pod, "spec.containers") {
        let image = field::text(container, "image");
        say(
            pod,
            "Normal",
            "Pulled",
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod"),
            round,
        );
    }
    start(key, pod, round)
}

fn start(key: &Key, pod: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let Some(address) = address(pod, round) else { return Ok(()) };
    let now = round.now;
    round.store.edit(key, |pod| {
        pod::running(pod, &address, now);
        Ok(())
    })?;
    for _ in field::list(pod, "spec.containers") {
        say(pod, "Normal", "Created", "Container created".to_owned(), round);
        say(pod, "Normal", "Started", "Container started".to_owned(), round);
    }
    Ok(())
}

/// The address a pod has or gets: its node's, or the first free one of the node's subnet.
fn address(pod: &Value, round: &Round<'_>) -> Option<Address> {
    let host = round
        .lister
        .get(&Key::cluster("nodes", field::text(pod, "spec.nodeName")))
        .ok()
        .map(|node| node::internal_address(&node))?;
    if field::is_true(pod, "spec.hostNetwork") {
        return Some(Address { pod: host.clone(), host });
    }
    let own = field::text(pod, "status.podIP");
    if !own.is_empty() {
        return Some(Address { pod: own.to_owned(), host });
    }
    let prefix = host.rsplit_once('.').map_or(host.as_str(), |(prefix, _)| prefix).to_owned();
    let taken: Vec<String> = round
        .lister
        .list("pods", None, &Selection::all())
        .iter()
        .map(|pod| field::text(pod, "status.podIP").to_owned())
        .filter(|address| address.starts_with(&prefix))
        .collect();
    let first = Chance::of(field::uid(pod)).below(180);
    let free = (0..180)
        .map(|step| format!("{prefix}.{}", 70 + (first + step) % 180))
        .find(|address| !taken.contains(address));
    free.map(|pod| Address { host, pod })
}

fn missing_image(pod: &Value, round: &Round<'_>) -> Option<String> {
    field::list(pod, "spec.containers").iter().find_map(|container| {
        let image = field::text(container, "image");
        let is_refused = round.conducts.of(field::namespace(pod), field::text(container, "name"))
            == Some(Conduct::ImageMissing);
        (is_missing(image) || is_refused).then(|| image.to_owned())
    })
}

fn pull_failure(image: &str) -> String {
    format!(
        "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
    )
}

fn fail_pull(key: &Key, pod: &Value, image: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let now = round.now;
    let why = format!("rpc error: code = NotFound desc = {}", pull_failure(image));
    say(pod, "Normal", "Pulling", format!("Pulling image \"{image}\""), round);
    say(pod, "Warning", "Failed", format!("Failed to pull image \"{image}\": {why}"), round);
    say(pod, "Warning", "Failed", "Error: ErrImagePull".to_owned(), round);
    round.store.edit(key, |pod| {
        pod::waiting(pod, "ErrImagePull", &why, now);
        Ok(())
    })?;
    round.wake_after(2);
    Ok(())
}

/// Between two pulls the container waits longer each time.
fn retry_image(key: &Key, pod: &Value, reason: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let Some(image) = missing_image(pod, round) else { return start(key, pod, round) };
    let since =
        field::time(field::condition(pod, "ContainersReady"), "lastTransitionTime").unwrap_or(round.now);
    if reason == "ErrImagePull" {
        let now = round.now;
        let message = format!(
            "Back-off pulling image \"{image}\": ErrImagePull: rpc error: code = NotFound desc = {}",
            pull_failure(&image)
        );
        say(pod, "Normal", "BackOff", format!("Back-off pulling image \"{image}\""), round);
        say(pod, "Warning", "Failed", "Error: ImagePullBackOff".to_owned(), round);
        round.store.edit(key, |pod| {
            pod::waiting(pod, "ImagePullBackOff", &message, now);
            Ok(())
        })?;
    } else {
        let pause = round.now.duration_since(since).as_secs().clamp(10, LONGEST_BACK_OFF);
        let last = last_pull(pod, round).unwrap_or(since);
        if round.now >= later(last, pause) {
            return fail_pull(key, pod, &image, round);
        }
        round.wake_at(later(last, pause));
    }
    Ok(())
}

/// When the image was asked for last: the kubelet's own event says it.
fn last_pull(pod: &Value, round: &Round<'_>) -> Option<Timestamp> {
    let about =
        Selection::parse("", &format!("involvedObject.name={},reason=Pulling", field::name(pod))).ok()?;
    round
        .lister
        .list("events", Some(field::namespace(pod)), &about)
        .iter()
        .filter_map(|event| field::time(event, "lastTimestamp"))
        .max()
}

/// A running pod becomes ready, fails as its conduct says, or completes.
fn watch_over(
    key: &Key,
    pod: &Value,
    youngest: &str,
    since: Timestamp,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let now = round.now;
    let namespace = field::namespace(pod).to_owned();
    let conducts: Vec<(String, Conduct)> = field::list(pod, "spec.containers")
        .iter()
        .filter_map(|container| {
            let name = field::text(container, "name");
            Some((name.to_owned(), round.conducts.of(&namespace, name)?))
        })
        .collect();
    for (name, conduct) in &conducts {
        let (seconds, code, reason, words) = match conduct {
            Conduct::Crash { after, code, words } => (*after, *code, "Error", words.clone()),
            Conduct::OutOfMemory { after } => (*after, 137, "OOMKilled", Vec::new()),
            Conduct::NeverReady | Conduct::ImageMissing => continue,
        };
        let started = started_at(pod, name).unwrap_or(since);
        let due = later(started, seconds);
        if now >= due {
            for text in words {
                round.store.logs().append(
                    &namespace,
                    field::name(pod),
                    name,
                    Line { at: now, text: text.into() },
                );
            }
            round.store.edit(key, |pod| {
                pod::ended(pod, name, Ending { code, reason, at: now });
                Ok(())
            })?;
            return Ok(());
        }
        round.wake_at(due);
    }
    if field::text(pod, "spec.restartPolicy") != "Always" {
        return complete_when_done(key, pod, since, round);
    }
    if conducts.iter().any(|(_, conduct)| *conduct == Conduct::NeverReady) {
        // What was ready keeps being asked, and fails now.
        if pod::is_ready(pod) {
            say(
                pod,
                "Warning",
                "Unhealthy",
                "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned(),
                round,
            );
            round.store.edit(key, |pod| {
                for status in field::list_mut(pod, "status.containerStatuses") {
                    field::put(status, "ready", false.into());
                }
                pod::conditions(pod, now);
                Ok(())
            })?;
        }
        return Ok(());
    }
    let is_silent = pod::is_ready(pod) || !pod_has_unready(pod);
    if is_silent {
        return Ok(());
    }
    let due = after(since, delay(pod, youngest, 1500, 9000));
    if now < due {
        round.wake_at(due);
        return Ok(());
    }
    round.store.edit(key, |pod| {
        pod::ready(pod, now);
        Ok(())
    })?;
    Ok(())
}

fn pod_has_unready(pod: &Value) -> bool {
    field::list(pod, "status.containerStatuses").iter().any(|status| !field::is_true(status, "ready"))
}

fn started_at(pod: &Value, container: &str) -> Option<Timestamp> {
    let status = field::list(pod, "status.containerStatuses")
        .iter()
        .find(|status| field::text(status, "name") == container)?;
    field::time(status, "state.running.startedAt")
}

/// The pod of a Job works for a while and is then done.
fn complete_when_done(key: &Key, pod: &Value, since: Timestamp, round: &mut Round<'_>) -> Result<(), Status> {
    let now = round.now;
    if !pod::is_ready(pod) {
        round.store.edit(key, |pod| {
            pod::ready(pod, now);
            Ok(())
        })?;
    }
    let due = after(since, delay(pod, "work", 24_000, 46_000));
    if now < due {
        round.wake_at(due);
        return Ok(());
    }
    round.store.edit(key, |pod| {
        pod::succeeded(pod, now);
        Ok(())
    })?;
    Ok(())
}

/// Seconds before the restart that follows so many: 10, 20, 40 … 300.
pub(super) fn back_off(restarts: i64) -> i64 {
    let doublings = u32::try_from((restarts - 1).clamp(0, 8)).unwrap_or_default();
    (10_i64 << doublings).min(LONGEST_BACK_OFF)
}

fn spoken(seconds: i64) -> String {
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

fn after_end(key: &Key, pod: &Value, container: &str, round: &mut Round<'_>) -> Result<(), Status> {
    if field::text(pod, "spec.restartPolicy") == "Never" {
        round.store.edit(key, |pod| {
            field::put(pod, "status.phase", "Failed".into());
            Ok(())
        })?;
        return Ok(());
    }
    let restarts = field::list(pod, "status.containerStatuses")
        .iter()
        .find(|status| field::text(status, "name") == container)
        .map(|status| field::number(status, "restartCount"))
        .unwrap_or_default();
    if restarts == 0 {
        return restart(key, pod, container, round);
    }
    let now = round.now;
    let pause = back_off(restarts);
    say(
        pod,
        "Warning",
        "BackOff",
        format!(
            "Back-off restarting failed container {container} in pod {}_{}({})",
            field::name(pod),
            field::namespace(pod),
            field::uid(pod)
        ),
        round,
    );
    round.store.edit(key, |pod| {
        pod::backing_off(pod, container, &spoken(pause), now);
        Ok(())
    })?;
    round.wake_after(pause);
    Ok(())
}

fn restart(key: &Key, pod: &Value, container: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let now = round.now;
    let image = field::list(pod, "spec.containers")
        .iter()
        .find(|own| field::text(own, "name") == container)
        .map(|own| field::text(own, "image").to_owned())
        .unwrap_or_default();
    say(
        pod,
        "Normal",
        "Pulled",
        format!("Container image \"{image}\" already present on machine and can be accessed by the pod"),
        round,
    );
    say(pod, "Normal", "Created", "Container created".to_owned(), round);
    say(pod, "Normal", "Started", "Container started".to_owned(), round);
    round.store.logs().restart(field::namespace(pod), field::name(pod), container);
    round.store.edit(key, |pod| {
        pod::restarted(pod, container, now);
        Ok(())
    })?;
    Ok(())
}

/// Stops a pod that is being deleted: containers end within the grace, then the object goes.
fn stop(key: &Key, pod: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let now = round.now;
    let grace = field::number(pod, "metadata.deletionGracePeriodSeconds");
    let asked = field::time(pod, "metadata.deletionTimestamp").map_or(now, |at| later(at, -grace));
    let due = after(asked, delay(pod, "stop", 1200, 6000).min(SignedDuration::from_secs(grace.max(0))));
    if now < due {
        for container in field::list(pod, "status.containerStatuses")
            .iter()
            .filter(|status| field::at(status, "state").get("running").is_some())
        {
            let message = format!("Stopping container {}", field::text(container, "name"));
            say_once(pod, message, round);
        }
        round.wake_at(due);
        return Ok(());
    }
    let running: Vec<String> = field::list(pod, "status.containerStatuses")
        .iter()
        .filter(|status| field::at(status, "state").get("running").is_some())
        .map(|status| field::text(status, "name").to_owned())
        .collect();
    if !running.is_empty() {
        round.store.edit(key, |pod| {
            for name in &running {
                pod::ended(pod, name, Ending { code: 0, reason: "Completed", at: now });
            }
            Ok(())
        })?;
    }
    // A grace of zero again and again would be a write without end where a finalizer holds the pod.
    if grace > 0 || field::list(pod, "metadata.finalizers").is_empty() {
        let uid = Some(field::uid(pod).to_owned());
        round
            .store
            .delete(key, &DeleteOptions { grace_seconds: Some(0), uid, ..DeleteOptions::default() })?;
    }
    Ok(())
}

fn say_once(pod: &Value, message: String, round: &mut Round<'_>) {
    let about = Selection::parse("", &format!("involvedObject.uid={},reason=Killing", field::uid(pod)))
        .unwrap_or_default();
    let said = round.lister.list("events", Some(field::namespace(pod)), &about);
    if !said.iter().any(|event| field::text(event, "message") == message) {
        say(pod, "Normal", "Killing", message, round);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_between_restarts_doubles_up_to_five_minutes() {
        let pauses: Vec<i64> = (1..9).map(back_off).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(
            (spoken(40), spoken(160), spoken(300)),
            ("40s".to_owned(), "2m40s".to_owned(), "5m0s".to_owned())
        );
    }
}
