//! Where an application goes: which of the clusters that are looked at its destination means.

use crate::fleet::ClusterId;
use crate::fleet::argo::Destination;

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

/// Which cluster a destination means. A name is found among those that are looked at; of a server only the name in its
/// URL could say it, for the servers of clusters are not known here.
pub fn goes(destination: &Destination, known: &[ClusterId]) -> Goes {
    let (name, server) = (&*destination.name, destination.server.trim_end_matches('/'));
    if name == IN_CLUSTER || OWN_SERVERS.iter().any(|own| server == *own || server == format!("{own}:443")) {
        return Goes::Own;
    }
    if !name.is_empty() {
        // Argo CD calls a cluster by its context, which for EKS may be its ARN.
        let short = name.rsplit('/').next().unwrap_or(name);
        return match known.iter().find(|id| id.name() == name || id.name() == short) {
            Some(id) => Goes::To(id.clone()),
            None => Goes::Elsewhere(name.to_owned()),
        };
    }
    if server.is_empty() { Goes::Nowhere } else { Goes::Elsewhere(server.to_owned()) }
}

/// True when it stays in the cluster that Argo CD runs in.
pub fn is_own(destination: &Destination) -> bool {
    goes(destination, &[]) == Goes::Own
}

/// In words for a table: `production`, `myapp-prod/production`, `abc.gr7.us-east-1.eks.amazonaws.com/production`.
pub fn words(destination: &Destination) -> String {
    let namespace = match &*destination.namespace {
        "" => "each its own",
        namespace => namespace,
    };
    match goes(destination, &[]) {
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
    use super::*;
    use crate::fleet::EnvironmentName;

    fn to(server: &str, name: &str) -> Destination {
        Destination { server: server.into(), name: name.into(), namespace: "production".into() }
    }

    #[test]
    fn a_destination_is_joined_to_a_cluster_by_name_and_to_its_own_by_server() {
        let prod = ClusterId::new(EnvironmentName::new("prod"), "myapp-prod");
        let known = [prod.clone()];
        assert_eq!(goes(&to("https://kubernetes.default.svc", ""), &known), Goes::Own);
        assert_eq!(goes(&to("https://kubernetes.default.svc:443/", ""), &known), Goes::Own);
        assert_eq!(goes(&to("", "in-cluster"), &known), Goes::Own);
        assert_eq!(goes(&to("", "myapp-prod"), &known), Goes::To(prod.clone()));
        let arn = "arn:aws:eks:us-east-1:123456789012:cluster/myapp-prod";
        assert_eq!(goes(&to("", arn), &known), Goes::To(prod));
        assert_eq!(goes(&to("", "edge"), &known), Goes::Elsewhere("edge".to_owned()));
        assert_eq!(goes(&to("", ""), &known), Goes::Nowhere);
    }

    #[test]
    fn a_destination_is_told_shortly() {
        assert_eq!(words(&to("https://kubernetes.default.svc", "")), "production");
        assert_eq!(words(&to("", "edge")), "edge/production");
        assert_eq!(words(&to("https://abc.eks.amazonaws.com", "")), "abc.eks.amazonaws.com/production");
    }
}
