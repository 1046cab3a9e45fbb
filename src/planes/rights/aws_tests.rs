//! Roles of service accounts, as AWS would give them.

use super::aws::{AwsRights, Fit, Way};
use super::{ENTRANTS, Entrant};
use crate::fleet::aws::access_entry::{AccessEntry, AccessPolicy};
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::kind::{ACCESS_ENTRIES, EKS_CLUSTERS, OIDC_PROVIDERS, POD_IDENTITIES, ROLES};
use crate::fleet::aws::pod_identity::PodIdentity;
use crate::fleet::aws::role::{Condition, Role, TokenProvider, Trust};
use crate::fleet::kind::{CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS};
use crate::fleet::roles::binding::RoleBinding;
use crate::fleet::{Problem, ProblemKind, Verdict};
use crate::snapshot::Freshness;
use crate::snapshot::test_cluster::TestCluster;
use serde_json::json;

const ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/ABC";
const ROLE: &str = "arn:aws:iam::123456789012:role/dns";

fn cluster() -> TestCluster {
    let eks = EksCluster {
        name: "myapp-prod".into(),
        arn: "arn:aws:eks:us-east-1:123456789012:cluster/myapp-prod".into(),
        issuer: ISSUER.into(),
        authentication: "API".into(),
        ..EksCluster::default()
    };
    TestCluster::new().with_rows(&EKS_CLUSTERS, vec![eks])
}

fn provider(issuer: &str) -> TokenProvider {
    TokenProvider { arn: format!("arn:aws:iam::123456789012:oidc-provider/{issuer}").into() }
}

fn by_token(subject: &str) -> Role {
    let trust = Trust {
        allows: true,
        federated: [provider(ISSUER).arn].into(),
        actions: ["sts:AssumeRoleWithWebIdentity".into()].into(),
        conditions: [Condition {
            operator: "StringEquals".into(),
            key: format!("{ISSUER}:sub").into(),
            values: [subject.into()].into(),
        }]
        .into(),
        ..Trust::default()
    };
    Role { arn: ROLE.into(), name: "dns".into(), trust: [trust].into() }
}

fn fit(cluster: &TestCluster) -> Fit {
    let picture = cluster.picture();
    let role = ROLE.into();
    let entitled = AwsRights::of(&picture).entitlements("dns", "external-dns", Some(&role));
    entitled.iter().find(|one| one.way == Way::Irsa).unwrap().fit.clone()
}

#[test]
fn irsa_needs_the_role_its_trust_and_a_provider() {
    let own = by_token("system:serviceaccount:dns:external-dns");
    let whole =
        cluster().with_rows(&ROLES, vec![own.clone()]).with_rows(&OIDC_PROVIDERS, vec![provider(ISSUER)]);
    assert_eq!(fit(&whole), Fit::Works);
    let broken = |cluster: TestCluster| match fit(&cluster) {
        Fit::Broken(why) => why.to_string(),
        other => panic!("{other:?}"),
    };
    let strange =
        cluster().with_rows(&ROLES, vec![own.clone()]).with_rows(&OIDC_PROVIDERS, vec![provider("x/id/DEF")]);
    assert_eq!(broken(strange), "the account has no OIDC provider for this cluster");
    let nobody = cluster().with_rows::<Role>(&ROLES, Vec::new());
    assert_eq!(broken(nobody), "role/dns does not exist");
    let other = cluster().with_rows(&ROLES, vec![by_token("system:serviceaccount:other:external-dns")]);
    assert_eq!(broken(other), "the trust of role/dns wants sub system:serviceaccount:other:external-dns");
}

#[test]
fn what_was_not_read_is_not_held_against_anybody() {
    assert_eq!(fit(&cluster()), Fit::Unknown("".into()), "on its way");
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: iam:ListRoles");
    let denied = cluster().with_freshness::<Role>(&ROLES, Freshness::Forbidden { problem });
    assert_eq!(fit(&denied), Fit::Unknown("forbidden: iam:ListRoles".into()));
}

#[test]
fn an_association_counts_with_its_role() {
    let association = PodIdentity {
        id: "a-1".into(),
        namespace: "kube-system".into(),
        account: "karpenter".into(),
        role: ROLE.into(),
        ..PodIdentity::default()
    };
    let cluster = cluster()
        .with_rows(&POD_IDENTITIES, vec![association])
        .with_rows(&ROLES, vec![by_token("system:serviceaccount:kube-system:karpenter")]);
    let picture = cluster.picture();
    let rights = AwsRights::of(&picture);
    let entitled = rights.entitlements("kube-system", "karpenter", None);
    assert_eq!(entitled[0].fit, Fit::Broken("role/dns does not trust EKS Pod Identity".into()));
    assert!(rights.entitlements("kube-system", "other", None).is_empty());
    assert_eq!(rights.association("kube-system", "other"), Some(None));
}

fn entry(principal: &str, groups: &[&str], policies: &[&str]) -> AccessEntry {
    AccessEntry {
        principal: format!("arn:aws:iam::123456789012:{principal}").into(),
        kind: "STANDARD".into(),
        groups: groups.iter().map(|group| (*group).into()).collect(),
        policies: policies
            .iter()
            .map(|name| AccessPolicy { name: (*name).into(), namespaces: Box::default() })
            .collect(),
        ..AccessEntry::default()
    }
}

#[test]
fn entries_are_held_against_the_blueprint_and_the_bindings() {
    let binding = json!({"metadata": {"name": "admins"}, "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "Group", "name": "platform-admin"}]});
    let cluster = cluster()
        .with_rows(
            &ACCESS_ENTRIES,
            vec![
                entry("role/Admin", &["platform-admin"], &[]),
                entry("role/Stray", &["strangers"], &[]),
                entry("user/root", &[], &["AmazonEKSClusterAdminPolicy"]),
            ],
        )
        .with::<RoleBinding>(&CLUSTER_ROLE_BINDINGS, &[binding])
        .with::<RoleBinding>(&ROLE_BINDINGS, &[])
        .wanting("environment = \"prod\"\n[groups.platform-admin]\n[groups.platform-viewer]")
        .looking_at(&ENTRANTS);
    let picture = cluster.picture();
    let table = picture.table::<Entrant>(&ENTRANTS).unwrap();
    let row = |name: &str| table.iter().find(|(_, row)| row.name.ends_with(name)).unwrap().1.clone();
    let admin = row("Admin");
    assert_eq!(
        (admin.verdict, &*admin.roles.as_ref().unwrap()[0]),
        (Verdict::Ok, "ClusterRole/cluster-admin")
    );
    assert!(row("Stray").why.contains("nothing is bound to group strangers"), "{:?}", row("Stray"));
    assert!(row("root").why.contains("every right"), "{:?}", row("root"));
    let missing = row("platform-viewer");
    assert!(missing.is_missing && missing.verdict == Verdict::Warning, "{missing:?}");
    assert_eq!(super::entry::members(&picture, "platform-admin"), ["role/Admin"]);
}
