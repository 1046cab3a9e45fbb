//! Which clusters are looked at, and by which URLs their API servers are known: what one cluster says of another, by name or
//! by server, is found in it.

use std::sync::Arc;

use crate::fleet::ClusterId;

/// The clusters that are looked at, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    cluster: ClusterId,
    servers: Vec<String>,
}

impl Directory {
    /// Clusters of which nobody knows yet where they are.
    pub fn of(clusters: &[ClusterId]) -> Self {
        let entry = |cluster: &ClusterId| Entry { cluster: cluster.clone(), servers: Vec::new() };
        Self { entries: clusters.iter().map(entry).collect() }
    }

    /// With one cluster reached by these URLs from now on; `None` when that is nothing new.
    pub(super) fn with(&self, cluster: &ClusterId, servers: Vec<Arc<str>>) -> Option<Self> {
        let servers: Vec<String> = servers.iter().map(|server| same(server)).collect();
        let at = self.entries.iter().position(|entry| &entry.cluster == cluster)?;
        let mut changed = self.clone();
        let entry = changed.entries.get_mut(at).filter(|entry| entry.servers != servers)?;
        entry.servers = servers;
        Some(changed)
    }

    /// The clusters.
    pub fn clusters(&self) -> impl Iterator<Item = &ClusterId> {
        self.entries.iter().map(|entry| &entry.cluster)
    }

    /// The cluster whose API server a URL means, however it is written.
    pub fn at(&self, server: &str) -> Option<&ClusterId> {
        let server = same(server);
        self.entries.iter().find(|entry| entry.servers.contains(&server)).map(|entry| &entry.cluster)
    }
}

/// One writing of all that mean the same: hosts have no case, `https` has port 443 without saying so, and a path that
/// ends in `/` is the one that does not.
fn same(server: &str) -> String {
    let server = server.trim();
    let (scheme, rest) = server.split_once("://").unwrap_or(("https", server));
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.trim_end_matches('/');
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.to_ascii_lowercase();
    let port = if scheme == "http" { ":80" } else { ":443" };
    format!("{scheme}://{}{path}", host.strip_suffix(port).unwrap_or(&host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::EnvironmentName;

    #[test]
    fn a_server_is_found_however_its_url_is_written() {
        let prod = ClusterId::new(EnvironmentName::new("prod"), "myapp-prod");
        let dev = ClusterId::new(EnvironmentName::new("dev"), "myapp-dev");
        let directory = Directory::of(&[dev.clone(), prod.clone()]);
        let directory = directory
            .with(&prod, vec!["https://0A1B.gr7.us-east-1.eks.amazonaws.com".into()])
            .unwrap()
            .with(
                &dev,
                vec!["https://rancher.example.com/k8s/clusters/c-1/".into(), "https://[::1]:6443".into()],
            )
            .unwrap();
        for url in [
            "https://0A1B.gr7.us-east-1.eks.amazonaws.com",
            "https://0a1b.gr7.us-east-1.eks.amazonaws.com:443/",
            "HTTPS://0A1B.GR7.us-east-1.eks.amazonaws.com",
        ] {
            assert_eq!(directory.at(url), Some(&prod), "{url}");
        }
        assert_eq!(directory.at("https://rancher.example.com/k8s/clusters/c-1"), Some(&dev));
        assert_eq!(directory.at("https://[::1]:6443"), Some(&dev));
        for url in [
            "https://rancher.example.com/k8s/clusters/c-2",
            "https://0a1b.gr7.us-east-1.eks.amazonaws.com:8443",
            "http://0a1b.gr7.us-east-1.eks.amazonaws.com",
            "",
            "://",
        ] {
            assert_eq!(directory.at(url), None, "{url}");
        }
    }

    #[test]
    fn the_same_place_again_is_nothing_new() {
        let prod = ClusterId::new(EnvironmentName::new("prod"), "myapp-prod");
        let directory = Directory::of(std::slice::from_ref(&prod));
        let known = directory.with(&prod, vec!["https://a".into()]).unwrap();
        assert_eq!(known.with(&prod, vec!["https://a:443/".into()]), None);
        assert_eq!(known.with(&ClusterId::new(EnvironmentName::new("x"), "y"), Vec::new()), None);
    }
}
