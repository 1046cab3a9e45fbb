//! Kubernetes' messages, shortened to what a reader at three in the morning needs.

use crate::fleet::image;

/// `0/6 nodes are available: 4 Insufficient cpu, 2 node(s) had untolerated taint {CriticalAddonsOnly: true}.` as
/// `0/6 nodes fit: 4 insufficient cpu, 2 taint CriticalAddonsOnly`. What preemption would not help with is left out.
pub(super) fn scheduling(message: &str) -> String {
    let fit = ["no new claims to deallocate", "preemption:"]
        .iter()
        .fold(message, |rest, after| rest.split_once(after).map_or(rest, |(before, _)| before));
    let Some((nodes, reasons)) = fit.split_once(" nodes are available: ") else {
        return fit.trim().trim_end_matches(['.', ',']).to_owned();
    };
    let reasons: Vec<String> = clauses(reasons.trim().trim_end_matches(['.', ','])).map(clause).collect();
    format!("{nodes} nodes fit: {}", reasons.join(", "))
}

/// Splits at commas that are not inside braces.
fn clauses(reasons: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    reasons
        .split(move |c| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            c == ',' && depth <= 0
        })
        .map(str::trim)
        .filter(|clause| !clause.is_empty())
}

fn clause(text: &str) -> String {
    let (count, reason) = match text.split_once(' ') {
        Some((count, reason)) if count.bytes().all(|b| b.is_ascii_digit()) => (count, reason),
        _ => return text.to_owned(),
    };
    let reason = reason.strip_prefix("node(s) ").unwrap_or(reason);
    if let Some(resource) = reason.strip_prefix("Insufficient ") {
        return format!("{count} insufficient {resource}");
    }
    if let Some((_, taint)) = reason.split_once("untolerated taint") {
        let taint = taint.trim_start_matches("(s)").trim().trim_matches(['{', '}']);
        // The scheduler of Kubernetes 1.36 does not say which taint it was; older ones do.
        return match taint.split(':').next().unwrap_or(taint).trim() {
            "" => format!("{count} untolerated taint"),
            key => format!("{count} taint {key}"),
        };
    }
    let short = [
        ("didn't match Pod's node affinity", "node affinity or selector"),
        ("didn't match pod topology spread", "topology spread"),
        ("didn't match pod anti-affinity", "pod anti-affinity"),
        ("didn't satisfy existing pods anti-affinity", "anti-affinity of other pods"),
        ("didn't match pod affinity", "pod affinity"),
        ("had taints that the pod didn't tolerate", "untolerated taint"),
        ("had volume node affinity conflict", "volume in another zone"),
        ("didn't match PersistentVolume's node affinity", "volume in another zone"),
        ("had no available volume zone", "volume in another zone"),
        ("exceed max volume count", "volume limit reached"),
        ("were unschedulable", "cordoned"),
        ("didn't have free ports", "host port taken"),
        ("Too many pods", "pod limit reached"),
    ];
    let known = short.iter().find(|(start, _)| reason.starts_with(start)).map_or(reason, |(_, words)| words);
    format!("{count} {known}")
}

/// Why an image cannot be pulled.
pub(super) fn pull(message: &str, image: &str) -> String {
    let said = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["toomanyrequests", "too many requests", "rate limit"]) {
        return "registry rate limit reached".to_owned();
    }
    if says(&[
        "no basic auth",
        "unauthorized",
        "authorization failed",
        "access denied",
        "denied:",
        "forbidden",
    ]) {
        return format!("not allowed to pull {image}");
    }
    if says(&["x509", "certificate"]) {
        return "the registry's certificate is not trusted".to_owned();
    }
    if says(&["no such host", "dial tcp", "i/o timeout", "connection refused", "network is unreachable"]) {
        return format!("registry {} cannot be reached", image::registry(image));
    }
    if says(&["not found", "notfound", "manifest unknown", "name_unknown", "does not exist"]) {
        return match (image::short_digest(image), image::tag(image)) {
            (Some(digest), _) => format!("digest {digest} not found"),
            (None, Some(tag)) => format!("tag {tag} not found"),
            (None, None) => format!("image {image} not found"),
        };
    }
    if says(&["no match for platform", "exec format"]) {
        return format!("{image} is not built for this node's architecture");
    }
    format!("cannot pull {image}")
}

/// `5m` of `back-off 5m0s restarting failed container=api pod=…`.
pub(super) fn back_off(message: &str) -> Option<&str> {
    let wait = message.strip_prefix("back-off ")?.split(' ').next()?;
    let short = wait.strip_suffix("0s").filter(|short| short.ends_with('m')).unwrap_or(wait);
    let short = short.strip_suffix("0m").filter(|short| short.ends_with('h')).unwrap_or(short);
    wait.starts_with(|c: char| c.is_ascii_digit()).then_some(short)
}

/// The first line of a message without the wrapping that Go code puts around it.
pub(super) fn first_line(message: &str) -> &str {
    let line = message.lines().next().unwrap_or("").trim();
    line.rsplit("desc = ").next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheduling_messages_become_short() {
        assert_eq!(
            scheduling(
                "0/6 nodes are available: 4 Insufficient cpu, 2 node(s) had untolerated taint \
                 {CriticalAddonsOnly: true}. preemption: 0/6 nodes are available: 6 Preemption is not helpful."
            ),
            "0/6 nodes fit: 4 insufficient cpu, 2 taint CriticalAddonsOnly"
        );
        assert_eq!(
            scheduling(
                "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had \
                 untolerated taint {node.kubernetes.io/unreachable: }, 1 node(s) were unschedulable."
            ),
            "0/3 nodes fit: 1 node affinity or selector, 1 taint node.kubernetes.io/unreachable, 1 cordoned"
        );
        assert_eq!(
            scheduling("0/3 nodes are available: persistentvolumeclaim \"data\" not found."),
            "0/3 nodes fit: persistentvolumeclaim \"data\" not found"
        );
        assert_eq!(
            scheduling(
                "0/6 nodes are available: 4 Insufficient cpu, 2 node(s) had untolerated taint(s). no new claims to \
                 deallocate, preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling."
            ),
            "0/6 nodes fit: 4 insufficient cpu, 2 untolerated taint"
        );
        assert_eq!(scheduling("no nodes available to schedule pods"), "no nodes available to schedule pods");
        assert_eq!(scheduling(""), "");
    }

    #[test]
    fn pull_failures_name_their_cause() {
        let image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/myapp/api:1.8.3";
        assert_eq!(
            pull("rpc error: code = NotFound desc = failed to pull: not found", image),
            "tag 1.8.3 not found"
        );
        assert_eq!(
            pull("pull access denied, repository does not exist", image),
            format!("not allowed to pull {image}")
        );
        assert_eq!(
            pull("dial tcp: lookup x: no such host", image),
            "registry 123456789012.dkr.ecr.us-east-1.amazonaws.com cannot be reached"
        );
        assert_eq!(pull("429 Too Many Requests", "nginx"), "registry rate limit reached");
        assert_eq!(pull("Back-off pulling image", "nginx"), "cannot pull nginx");
        assert_eq!(pull("not found", "a/b@sha256:0123456789abcdef"), "digest 0123456789ab not found");
    }

    #[test]
    fn back_offs_are_read_as_go_writes_durations() {
        assert_eq!(back_off("back-off 5m0s restarting failed container=api"), Some("5m"));
        assert_eq!(back_off("back-off 2m40s restarting failed container=api"), Some("2m40s"));
        assert_eq!(back_off("back-off 10s restarting failed container=api"), Some("10s"));
        assert_eq!(back_off("back-off restarting"), None);
        assert_eq!(back_off("Error"), None);
    }
}
