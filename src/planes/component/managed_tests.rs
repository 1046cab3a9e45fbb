//! What EKS says of components, beside what runs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::managed::newer;
use super::*;
use crate::fleet::aws::Issue;
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::addon_version::{OfferedAddon, OfferedVersion};
use crate::fleet::aws::kind::{ADDON_VERSIONS, ADDONS};
use crate::fleet::aws::update::Update;
use crate::fleet::kind::{DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS};
use crate::fleet::workload::Workload;
use crate::fleet::{Problem, ProblemKind, Timestamp, Verdict};
use crate::snapshot::test_cluster::{NOW, TestCluster};
use crate::snapshot::{Conclusion, Freshness};

fn coredns() -> Value {
    json!({"kind": "Deployment", "metadata": {"name": "coredns", "namespace": "kube-system", "generation": 1},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "eks/coredns:v1.12.4"}]}}},
        "status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "updatedReplicas": 2, "availableReplicas": 2}})
}

fn cluster(workloads: &[Value]) -> TestCluster {
    TestCluster::new()
        .with::<Workload>(&DEPLOYMENTS, workloads)
        .with::<Workload>(&DAEMON_SETS, &[])
        .with::<Workload>(&STATEFUL_SETS, &[])
}

fn addon(name: &str, status: &str) -> Addon {
    Addon {
        name: name.into(),
        version: "v1.12.4-eksbuild.1".into(),
        status: status.into(),
        ..Addon::default()
    }
}

fn offers(name: &str) -> OfferedAddon {
    let version = |version: &str| OfferedVersion {
        version: version.into(),
        fits: [Arc::from("1.36")].into(),
        default_for: Box::default(),
    };
    OfferedAddon {
        name: name.into(),
        owner: "aws".into(),
        versions: [version("v1.12.10-eksbuild.1"), version("v1.12.4-eksbuild.1")].into(),
    }
}

fn one(cluster: &TestCluster, name: &str) -> Component {
    let found = Components.conclude(&cluster.picture()).into_iter().find(|row| &*row.name == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

fn judged(cluster: &TestCluster, name: &str) -> (Verdict, String) {
    let picture = cluster.picture();
    let component = one(cluster, name);
    let wanted = picture.wanted.as_ref().and_then(|wanted| wanted.component(component.known.id));
    verdict::of(&component, wanted, Timestamp::parse(NOW))
}

#[test]
fn what_eks_says_is_judged_in_its_own_words() {
    let issue = Issue {
        code: "ConfigurationConflict".into(),
        message: "Conflicts found when trying to apply".into(),
        ..Issue::default()
    };
    let ill = Addon { issues: [issue].into(), ..addon("coredns", "DEGRADED") };
    assert_eq!(
        judged(&cluster(&[coredns()]).with_rows(&ADDONS, vec![ill]), "coredns"),
        (
            Verdict::Warning,
            "EKS says degraded: ConfigurationConflict: Conflicts found when trying to apply".to_owned()
        )
    );
    let error = Issue { code: "AdmissionRequestDenied".into(), ..Issue::default() };
    let failed = Update { status: "Failed".into(), errors: [error].into(), ..Update::default() };
    let failed = Addon { updates: [failed].into(), ..addon("coredns", "UPDATE_FAILED") };
    assert_eq!(
        judged(&cluster(&[coredns()]).with_rows(&ADDONS, vec![failed]), "coredns").1,
        "EKS says update failed: AdmissionRequestDenied"
    );
    let strange = cluster(&[coredns()]).with_rows(&ADDONS, vec![addon("coredns", "HIBERNATING")]);
    assert_eq!(judged(&strange, "coredns"), (Verdict::Unknown, "EKS says hibernating".to_owned()));
}

#[test]
fn a_newer_version_and_a_managed_one_are_told_and_are_no_fault() {
    let managed = cluster(&[coredns()])
        .with_rows(&ADDONS, vec![addon("coredns", "ACTIVE")])
        .with_rows(&ADDON_VERSIONS, vec![offers("coredns")]);
    assert_eq!(judged(&managed, "coredns"), (Verdict::Ok, "v1.12.10-eksbuild.1 can be had".to_owned()));
    assert_eq!(newer(&one(&managed, "coredns")), Some("v1.12.10-eksbuild.1"));
    let own = cluster(&[coredns()])
        .with_rows::<Addon>(&ADDONS, Vec::new())
        .with_rows(&ADDON_VERSIONS, vec![offers("coredns")]);
    assert_eq!(judged(&own, "coredns"), (Verdict::Ok, "self-managed, EKS has a managed one".to_owned()));
}

#[test]
fn who_manages_it_is_held_against_the_blueprint() {
    let wants = |by: &str| format!("environment = \"prod\"\n[components.coredns]\nmanaged-by = \"{by}\"");
    let own = cluster(&[coredns()]).with_rows::<Addon>(&ADDONS, Vec::new()).wanting(&wants("eks"));
    assert_eq!(judged(&own, "coredns").1, "EKS is to manage it, and does not");
    let managed =
        cluster(&[coredns()]).with_rows(&ADDONS, vec![addon("coredns", "ACTIVE")]).wanting(&wants("helm"));
    assert_eq!(judged(&managed, "coredns").1, "EKS manages it, and helm is to");
}

#[test]
fn an_add_on_without_workloads_and_one_that_nobody_knows_have_rows() {
    let gone = cluster(&[]).with_rows(&ADDONS, vec![addon("coredns", "ACTIVE"), addon("adot", "DEGRADED")]);
    let (verdict, why) = judged(&gone, "coredns");
    assert!(verdict == Verdict::Critical && why.contains("nobody in this cluster runs it"), "{why}");
    assert_eq!(judged(&gone, "adot"), (Verdict::Warning, "EKS says degraded".to_owned()));
}

#[test]
fn components_stand_without_aws_and_say_what_is_refused() {
    assert_eq!(one(&cluster(&[coredns()]), "coredns").managed, Managed::Unread);
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: eks:ListAddons");
    let denied = cluster(&[coredns()]).with_freshness::<Addon>(&ADDONS, Freshness::Forbidden { problem });
    assert_eq!(one(&denied, "coredns").managed, Managed::Refused("forbidden: eks:ListAddons".into()));
    assert_eq!(judged(&denied, "coredns"), (Verdict::Ok, String::new()));
}
