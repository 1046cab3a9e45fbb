//! Which service accounts act in AWS and how, and what admission writes into their pods.
//!
//! Pod Identity associations live in EKS, outside the Kubernetes API: here they are a table. A role of the older kind
//! (IRSA) stands in an annotation of its service account. Both show in a pod only from its creation on, as its
//! projected token and environment (EKS user guide, "Pod Identity" and "IAM roles for service accounts").

use serde_json::{Value, json};

use crate::simulator::world::cluster::{ACCOUNT, REGION};
use crate::simulator::world::field;

/// How a service account gets credentials of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// By an association of EKS Pod Identity.
    Association,
    /// By the cluster's OIDC provider and a role that the service account names.
    WebIdentity,
}

/// Namespace, service account and kind of identity.
const IDENTITIES: [(&str, &str, Identity); 9] = [
    ("cert-manager", "cert-manager", Identity::Association),
    ("external-dns", "external-dns", Identity::WebIdentity),
    ("external-secrets", "external-secrets", Identity::Association),
    ("kube-system", "aws-load-balancer-controller", Identity::Association),
    ("kube-system", "aws-node", Identity::Association),
    ("kube-system", "ebs-csi-controller-sa", Identity::Association),
    ("kube-system", "efs-csi-controller-sa", Identity::Association),
    ("kube-system", "karpenter", Identity::Association),
    ("logging", "fluent-bit", Identity::Association),
];

/// Annotation of a service account that names its role.
pub const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// The identity of a service account at rest; most have none.
pub fn of(namespace: &str, account: &str) -> Option<Identity> {
    IDENTITIES
        .iter()
        .find(|(own, name, _)| (*own, *name) == (namespace, account))
        .map(|(_, _, identity)| *identity)
}

/// Every identity at rest: namespace, service account, kind.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, Identity)> {
    IDENTITIES.into_iter()
}

/// The role of a service account in a cluster.
pub fn role(cluster: &str, account: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{cluster}-{account}")
}

/// Writes the identity of a pod's service account into the pod, as the webhook of EKS does when the pod is created.
pub fn inject(pod: &mut Value, cluster: &str) {
    let account = field::text(pod, "spec.serviceAccountName").to_owned();
    match of(field::namespace(pod), &account) {
        Some(Identity::Association) => inject_token(
            pod,
            ("eks-pod-identity-token", "pods.eks.amazonaws.com", "eks-pod-identity-token"),
            "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
            &[
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"),
                (
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                    "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
                ),
            ],
        ),
        Some(Identity::WebIdentity) => inject_token(
            pod,
            ("aws-iam-token", "sts.amazonaws.com", "token"),
            "/var/run/secrets/eks.amazonaws.com/serviceaccount",
            &[
                ("AWS_ROLE_ARN", &role(cluster, &account)),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
            ],
        ),
        None => {}
    }
}

fn inject_token(
    pod: &mut Value,
    (volume, audience, path): (&str, &str, &str),
    mount: &str,
    env: &[(&str, &str)],
) {
    field::push(
        pod,
        "spec.volumes",
        json!({"name": volume, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"audience": audience, "expirationSeconds": 86400, "path": path}},
        ]}}),
    );
    let region =
        [("AWS_STS_REGIONAL_ENDPOINTS", "regional"), ("AWS_DEFAULT_REGION", REGION), ("AWS_REGION", REGION)];
    for container in field::list_mut(pod, "spec.containers") {
        for (name, value) in region.iter().chain(env) {
            field::push(container, "env", json!({"name": name, "value": value}));
        }
        field::push(container, "volumeMounts", json!({"name": volume, "readOnly": true, "mountPath": mount}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(namespace: &str, account: &str) -> Value {
        let mut pod = json!({"metadata": {"namespace": namespace}, "spec": {"serviceAccountName": account, "containers": [{"name": "a"}]}});
        inject(&mut pod, "myapp-dev");
        pod
    }

    #[test]
    fn a_pod_with_an_association_gets_its_token_and_the_agents_address() {
        let pod = pod("kube-system", "karpenter");
        assert_eq!(
            field::text(
                &pod["spec"]["volumes"][0]["projected"]["sources"][0],
                "serviceAccountToken.audience"
            ),
            "pods.eks.amazonaws.com"
        );
        assert!(pod["spec"]["containers"][0]["env"].to_string().contains("169.254.170.23"));
    }

    #[test]
    fn the_older_kind_names_the_role_and_others_stay_as_they_are() {
        let env = pod("external-dns", "external-dns")["spec"]["containers"][0]["env"].to_string();
        assert!(env.contains("arn:aws:iam::123456789012:role/myapp-dev-external-dns"), "{env}");
        assert!(!env.contains("169.254"));
        assert_eq!(pod("production", "web")["spec"].get("volumes"), None);
    }
}
