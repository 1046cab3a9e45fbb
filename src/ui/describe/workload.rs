//! What makes pods: replicas, how it rolls out, and the template of its pods.

use serde_json::{Value, json};

use super::pod;
use super::read::{age, ago, conditions, is_true, list, number, pairs, selector, text, time, words};
use super::related::Target;
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;
use crate::ui::role::Role;

pub(super) fn describe(workload: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("ROLLOUT");
    let status = |path: &str| number(workload, &format!("/status/{path}"));
    // A DaemonSet wants one for each node; the others say how many.
    let wanted = number(workload, "/spec/replicas").or(status("desiredNumberScheduled"));
    if let Some(wanted) = wanted {
        let ready = status("readyReplicas").or(status("numberReady")).unwrap_or(0);
        let mut parts = vec![format!("{ready} of {wanted} ready")];
        for (name, count) in [
            ("updated", status("updatedReplicas").or(status("updatedNumberScheduled"))),
            ("available", status("availableReplicas").or(status("numberAvailable"))),
            ("misscheduled", status("numberMisscheduled").filter(|count| *count > 0)),
        ] {
            parts.extend(count.map(|count| format!("{count} {name}")));
        }
        let role = if ready < wanted { Role::Warning } else { Role::Text };
        section.field_as("replicas", parts.join(", "), role);
    }
    if is_true(workload, "/spec/paused") {
        section.field_as("paused", "yes: changes of the template are not rolled out", Role::Warning);
    }
    let (wanted, seen) = (number(workload, "/metadata/generation"), status("observedGeneration"));
    if let (Some(wanted), Some(seen)) = (wanted, seen)
        && seen < wanted
    {
        section.field_as("controller", format!("has seen generation {seen} of {wanted}"), Role::Warning);
    }
    section.field("strategy", strategy(workload));
    section.field("deadline", words(workload, "/spec/progressDeadlineSeconds").replace("600", ""));
    section.field("service", text(workload, "/spec/serviceName"));
    section.field("revision", text(workload, "/metadata/annotations/deployment.kubernetes.io~1revision"));
    section.field("selector", selector(workload, "/spec/selector"));
    let mut sections = vec![section, conditions(workload, now)];
    sections.extend(template(workload, "/spec/template", now));
    for claim in list(workload, "/spec/volumeClaimTemplates") {
        let mut section = Section::new("CLAIMS");
        let storage = words(claim, "/spec/resources/requests/storage");
        section.field(
            text(claim, "/metadata/name"),
            format!("{storage} {}", text(claim, "/spec/storageClassName")),
        );
        sections.push(section);
    }
    sections
}

fn strategy(workload: &Value) -> String {
    for path in ["/spec/strategy", "/spec/updateStrategy"] {
        let Some(strategy) = workload.pointer(path) else { continue };
        let mut words_of_it = vec![text(strategy, "/type").to_owned()];
        for (name, label) in
            [("maxSurge", "surge"), ("maxUnavailable", "unavailable"), ("partition", "partition")]
        {
            let value = words(strategy, &format!("/rollingUpdate/{name}"));
            let is_default = name == "partition" && value == "0";
            if !value.is_empty() && !is_default {
                words_of_it.push(format!("{label} {value}"));
            }
        }
        return words_of_it.join(", ");
    }
    String::new()
}

/// The template's containers, volumes and scheduling, as a pod's.
fn template(workload: &Value, path: &str, now: Timestamp) -> Vec<Section> {
    let Some(template) = workload.pointer(path) else { return Vec::new() };
    // Templates carry no namespace; what they name is in the workload's.
    let pod = json!({
        "metadata": {"namespace": text(workload, "/metadata/namespace")},
        "spec": template.get("spec").cloned().unwrap_or_default(),
    });
    let mut containers = pod::containers(&pod, now);
    containers.title = "TEMPLATE".to_owned();
    let account = text(&pod, "/spec/serviceAccountName");
    if !account.is_empty() {
        let namespace = text(&pod, "/metadata/namespace");
        containers.push(Line::field("service account", Cell::plain(account))).leading_to(Target::namespaced(
            "",
            "ServiceAccount",
            namespace,
            account,
        ));
    }
    vec![containers, pod::volumes(&pod), pod::scheduling(&pod)]
}

pub(super) fn job(job: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("JOB");
    let count = |name: &str| number(job, &format!("/status/{name}")).unwrap_or(0);
    let wanted = number(job, "/spec/completions").unwrap_or(1);
    section.field("completions", format!("{} of {wanted}", count("succeeded")));
    section.field("active", count("active").to_string());
    let failed = count("failed");
    if failed > 0 {
        let limit = number(job, "/spec/backoffLimit").unwrap_or(6);
        section.field_as("failed", format!("{failed}, gives up after {limit} retries"), Role::Warning);
    }
    section.field("parallelism", words(job, "/spec/parallelism"));
    if is_true(job, "/spec/suspend") {
        section.field_as("suspended", "yes", Role::Warning);
    }
    let (started, ended) = (time(job, "/status/startTime"), time(job, "/status/completionTime"));
    section.field("started", ago(started, now));
    if !ended.is_never() {
        section.field("took", age(started, ended));
        section.field("completed", ago(ended, now));
    }
    section.field("deadline", words(job, "/spec/activeDeadlineSeconds"));
    section.field("selector", selector(job, "/spec/selector"));
    let mut sections = vec![section, conditions(job, now)];
    sections.extend(template(job, "/spec/template", now));
    sections
}

pub(super) fn cron_job(cron_job: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("SCHEDULE");
    let zone = text(cron_job, "/spec/timeZone");
    section.field("schedule", format!("{}  {zone}", text(cron_job, "/spec/schedule")).trim().to_owned());
    if is_true(cron_job, "/spec/suspend") {
        section.field_as("suspended", "yes", Role::Warning);
    }
    section.field("last run", ago(time(cron_job, "/status/lastScheduleTime"), now));
    section.field("last success", ago(time(cron_job, "/status/lastSuccessfulTime"), now));
    section.field("concurrency", text(cron_job, "/spec/concurrencyPolicy"));
    let kept = ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"]
        .map(|limit| words(cron_job, &format!("/spec/{limit}")));
    section.field("keeps", format!("{} successful, {} failed", kept[0], kept[1]));
    let namespace = text(cron_job, "/metadata/namespace");
    for active in list(cron_job, "/status/active") {
        let name = text(active, "/name");
        section
            .push(Line::field("running", Cell::plain(name)))
            .leading_to(Target::namespaced("batch", "Job", namespace, name));
    }
    section.field("labels of jobs", pairs(cron_job, "/spec/jobTemplate/metadata/labels"));
    let mut sections = vec![section];
    sections.extend(template(cron_job, "/spec/jobTemplate/spec/template", now));
    sections
}
