//! What may leave this process. There are no writes yet, so anything that is not a read is refused here, whatever
//! view, key or bug asked for it.

use http::Method;

use crate::fleet::{Problem, ProblemKind};

/// Reviews are sent by POST, but they store nothing: the API server answers from its own tables.
const REVIEWS: [&str; 3] = [
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
];

/// Subresources that turn a GET into a tunnel. `proxy` reaches any port of a pod or node, so a GET there may change
/// anything; one path of one port is known to be a read.
const TUNNELS: [&str; 4] = ["exec", "attach", "portforward", "proxy"];

/// Passes reads and reviews of one's own rights; refuses everything else.
pub(super) fn check(method: &Method, path: &str) -> Result<(), Problem> {
    let read = method == Method::GET && (!is_tunnel(path) || is_summary(path));
    if read || (method == Method::POST && REVIEWS.contains(&path)) {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::Bug, format!("refused {method} {path}: pilothouse only reads")))
}

/// True for the Summary API of a node's kubelet, which only counts. A node's name has neither the colon that would name
/// another port nor anything that could be read as another path.
fn is_summary(path: &str) -> bool {
    let node = path.strip_prefix("/api/v1/nodes/").and_then(|rest| rest.strip_suffix("/proxy/stats/summary"));
    node.is_some_and(|node| {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        !node.is_empty() && !node.starts_with('.') && node.bytes().all(is_plain)
    })
}

/// True for `…/pods/x/exec` and the like, also with more path behind it; a pod may itself be named `exec`.
fn is_tunnel(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    segments.windows(3).any(|window| match window {
        [collection, _, subresource] => {
            matches!(*collection, "pods" | "nodes" | "services") && TUNNELS.contains(subresource)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_reviews_of_ones_own_rights_pass() {
        for path in
            ["/version", "/api/v1/pods", "/api/v1/namespaces/a/pods/exec", "/apis/x.io/v1/things/proxy"]
        {
            assert!(check(&Method::GET, path).is_ok(), "{path}");
        }
        for path in REVIEWS {
            assert!(check(&Method::POST, path).is_ok(), "{path}");
        }
    }

    #[test]
    fn writes_and_tunnels_are_refused() {
        for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::POST] {
            assert!(check(&method, "/api/v1/namespaces/a/pods/b").is_err(), "{method}");
        }
        assert!(check(&Method::POST, "/apis/authorization.k8s.io/v1/subjectaccessreviews").is_err());
        assert!(check(&Method::PUT, REVIEWS[0]).is_err());
        for tunnel in TUNNELS {
            let path = format!("/api/v1/namespaces/a/pods/b/{tunnel}");
            assert!(check(&Method::GET, &path).is_err(), "{path}");
        }
        assert!(check(&Method::GET, "/api/v1/nodes/n/proxy/run/ns/pod").is_err());
    }

    #[test]
    fn of_a_kubelet_nothing_is_read_but_its_summary() {
        let node = "/api/v1/nodes/ip-10-1-11-40.ec2.internal/proxy";
        assert!(check(&Method::GET, &format!("{node}/stats/summary")).is_ok());
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert!(check(&method, &format!("{node}/stats/summary")).is_err(), "{method}");
        }
        for path in [
            "/api/v1/nodes/n/proxy/stats/summary/",
            "/api/v1/nodes/n/proxy/stats/summary/../../run/a/b",
            "/api/v1/nodes/n/proxy/run/a/proxy/stats/summary",
            "/api/v1/nodes/n:10255/proxy/stats/summary",
            "/api/v1/nodes/https:n:443/proxy/stats/summary",
            "/api/v1/nodes/../proxy/stats/summary",
            "/api/v1/nodes/n%2Fproxy/proxy/stats/summary",
            "/api/v1/namespaces/a/pods/b/proxy/stats/summary",
        ] {
            assert!(check(&Method::GET, path).is_err(), "{path}");
        }
    }
}
