//! Where an application goes: which of the clusters that are looked at its destination means.

use crate::fleet::ClusterId;
use crate::fleet::argo::Destination;
use crate::snapshot::ClusterSnapshot;

/// What Argo CD calls the cluster that it runs in.
const IN_CLUSTER: &str = "in-cluster";
/// The API server as pods of the cluster reach it.
const OWN_SERVERS: [&str; 2] = ["https://kubernetes.default.svc", "https://kubernetes.default"];

/// The cluster that a destination means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goes {
    /// The one that Argo CD runs in.
    Own,
    /// Another one that is looked at.
    To(ClusterId),
    /// None that is known here; by its name or its server.
    Elsewhere(String),
    /// It names no cluster.
    Nowhere,
}

/// Which cluster a destination means, seen from the one that Argo CD runs in. A server is found by the URLs that are looked
/// at. A name is found where the cluster is called so here too: what Argo CD calls a server is in its cluster Secrets,
/// whose data is never read.
pub fn goes(destination: &Destination, own: &ClusterSnapshot) -> Goes {
    let (name, server) = (&*destination.name, destination.server.trim_end_matches('/'));
    if name == IN_CLUSTER || OWN_SERVERS.iter().any(|own| server == *own || server == format!("{own}:443")) {
        return Goes::Own;
    }
    let (found, said) = if name.is_empty() {
        (own.directory.at(server), server)
    } else {
        // Argo CD calls a cluster by its context, which for EKS may be its ARN.
        let short = name.rsplit('/').next().unwrap_or(name);
        (own.directory.clusters().find(|id| id.name() == name || id.name() == short), name)
    };
    match found {
        Some(id) if *id == own.id => Goes::Own,
        Some(id) => Goes::To(id.clone()),
        None if said.is_empty() => Goes::Nowhere,
        None => Goes::Elsewhere(said.to_owned()),
    }
}

/// Why a destination is joined to no cluster, in words.
pub fn why_elsewhere(destination: &Destination) -> &'static str {
    if destination.name.is_empty() {
        "no cluster that is looked at has this API server"
    } else {
        "no cluster that is looked at is called so (what Argo CD calls it is in a Secret, which is not read)"
    }
}

/// In words for a table: `production`, `myapp-prod/production`, `abc.gr7.us-east-1.eks.amazonaws.com/production`.
pub fn words(destination: &Destination, own: &ClusterSnapshot) -> String {
    let namespace = match &*destination.namespace {
        "" => "each its own",
        namespace => namespace,
    };
    match goes(destination, own) {
        Goes::Own => namespace.to_owned(),
        Goes::To(id) => format!("{}/{namespace}", id.name()),
        Goes::Elsewhere(to) => {
            let short = to.strip_prefix("https://").unwrap_or(&to);
            format!("{}/{namespace}", short.rsplit('/').next().unwrap_or(short))
        }
        Goes::Nowhere => format!("no cluster/{namespace}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fleet::{EnvironmentName, Epoch};
    use crate::snapshot::delta::Change;
    use crate::snapshot::{Delta, Store};

    const PROD: &str = "https://0A1B2C.gr7.us-east-1.eks.amazonaws.com";
    const DEV: &str = "https://9F8E7D.gr7.us-east-1.eks.amazonaws.com";

    fn to(server: &str, name: &str) -> Destination {
        Destination { server: server.into(), name: name.into(), namespace: "production".into() }
    }

    fn cluster(name: &str) -> ClusterId {
        ClusterId::new(EnvironmentName::new("any"), name)
    }

    /// `myapp-prod`, where Argo CD runs, beside `myapp-dev`.
    fn prod() -> Arc<ClusterSnapshot> {
        let mut store = Store::new([cluster("myapp-dev"), cluster("myapp-prod")]);
        for (name, server) in [("myapp-dev", DEV), ("myapp-prod", PROD)] {
            let change = Change::Connection(vec![server.into()]);
            store.apply(Delta { cluster: cluster(name), epoch: Some(Epoch::default()), change });
        }
        Arc::clone(store.publish().cluster(&cluster("myapp-prod")).unwrap())
    }

    #[test]
    fn a_destination_is_joined_to_a_cluster_by_name() {
        let own = prod();
        let dev = Goes::To(cluster("myapp-dev"));
        assert_eq!(goes(&to("", "in-cluster"), &own), Goes::Own);
        assert_eq!(goes(&to("", "myapp-dev"), &own), dev);
        assert_eq!(goes(&to("", "arn:aws:eks:us-east-1:123456789012:cluster/myapp-dev"), &own), dev);
        assert_eq!(goes(&to("", "myapp-prod"), &own), Goes::Own, "its own by its name");
        assert_eq!(goes(&to("", "edge"), &own), Goes::Elsewhere("edge".to_owned()));
        assert_eq!(goes(&to("", ""), &own), Goes::Nowhere);
    }

    #[test]
    fn a_destination_is_joined_to_a_cluster_by_the_url_of_its_server() {
        let own = prod();
        assert_eq!(goes(&to("https://kubernetes.default.svc", ""), &own), Goes::Own);
        assert_eq!(goes(&to("https://kubernetes.default.svc:443/", ""), &own), Goes::Own);
        assert_eq!(goes(&to(&format!("{DEV}/"), ""), &own), Goes::To(cluster("myapp-dev")));
        assert_eq!(goes(&to(&PROD.to_lowercase(), ""), &own), Goes::Own, "its own from outside");
        let other = "https://abc.eks.amazonaws.com";
        assert_eq!(goes(&to(other, ""), &own), Goes::Elsewhere(other.to_owned()));
    }

    #[test]
    fn a_destination_is_told_shortly() {
        let own = prod();
        assert_eq!(words(&to("https://kubernetes.default.svc", ""), &own), "production");
        assert_eq!(words(&to(DEV, ""), &own), "myapp-dev/production");
        assert_eq!(words(&to("", "edge"), &own), "edge/production");
        assert_eq!(words(&to("https://abc.eks.amazonaws.com", ""), &own), "abc.eks.amazonaws.com/production");
    }
}
