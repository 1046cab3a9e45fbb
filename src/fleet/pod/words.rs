//! Kubernetes' messages, shortened to what a reader at three in the morning needs.

use crate::fleet::image;

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
