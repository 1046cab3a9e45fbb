//! Plans of clusters whose AWS is at hand.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::fleet::aws::Issue;
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::addon_version::{OfferedAddon, OfferedVersion};
use crate::fleet::aws::insight::{ApiClient, DeprecatedUse, Insight};
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::aws::terraform_state::HeldLock;
use crate::fleet::kind::{DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS};
use crate::fleet::node::Node;
use crate::fleet::workload::Workload;
use crate::fleet::{Problem, ProblemKind};
use crate::snapshot::Freshness;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn eks() -> EksCluster {
    EksCluster {
        name: "myapp-prod".into(),
        version: "1.36".into(),
        status: "ACTIVE".into(),
        ..EksCluster::default()
    }
}

fn version(minor: &str, standard: &str, extended: &str) -> EksVersion {
    EksVersion {
        minor: minor.into(),
        standard_until: Timestamp::parse(standard),
        extended_until: Timestamp::parse(extended),
        ..EksVersion::default()
    }
}

fn offered(name: &str, versions: &[(&str, &[&str])]) -> OfferedAddon {
    let version = |(version, fits): &(&str, &[&str])| OfferedVersion {
        version: (*version).into(),
        fits: fits.iter().map(|minor| Arc::from(*minor)).collect(),
        default_for: Box::default(),
    };
    OfferedAddon { name: name.into(), owner: "aws".into(), versions: versions.iter().map(version).collect() }
}

fn addon(name: &str, version: &str) -> Addon {
    Addon { name: name.into(), version: version.into(), status: "ACTIVE".into(), ..Addon::default() }
}

fn group(version: &str) -> NodeGroup {
    NodeGroup {
        name: "system".into(),
        status: "ACTIVE".into(),
        version: version.into(),
        ..NodeGroup::default()
    }
}

fn insight(status: &str, about: &str) -> Insight {
    Insight {
        id: format!("{status}{about}").into(),
        name: "Deprecated APIs".into(),
        category: "UPGRADE_READINESS".into(),
        status: status.into(),
        version: about.into(),
        deprecated: [DeprecatedUse {
            usage: "/apis/old/v1".into(),
            replaced_with: "/apis/new/v1".into(),
            gone_in: about.into(),
            clients: [ApiClient { agent: "kubectl/v1.30".into(), requests: 7, last: Timestamp::parse(NOW) }]
                .into(),
        }]
        .into(),
        ..Insight::default()
    }
}

fn node(name: &str, version: &str) -> Value {
    json!({"metadata": {"name": name}, "status": {"nodeInfo": {"kubeletVersion": version}}})
}

/// A cluster that is ready for its upgrade.
fn ready() -> TestCluster {
    TestCluster::new()
        .with_rows(&EKS_CLUSTERS, vec![eks()])
        .with_rows(
            &EKS_VERSIONS,
            vec![
                version("1.36", "2027-08-02T00:00:00Z", "2028-08-02T00:00:00Z"),
                version("1.37", "2027-12-06T00:00:00Z", "2028-12-06T00:00:00Z"),
            ],
        )
        .with_rows(&INSIGHTS, vec![insight("PASSING", "1.37")])
        .with_rows(&ADDONS, vec![addon("vpc-cni", "v1.20.0-eksbuild.1")])
        .with_rows(&ADDON_VERSIONS, vec![offered("vpc-cni", &[("v1.20.0-eksbuild.1", &["1.36", "1.37"])])])
        .with_rows(&NODE_GROUPS, vec![group("1.36")])
        .with_rows::<Update>(&UPDATES, Vec::new())
        .with::<Node>(&NODES, &[node("a", "v1.36.3-eks-0a1b2c3")])
        .with::<Workload>(&DEPLOYMENTS, &[])
        .with::<Workload>(&DAEMON_SETS, &[])
        .with::<Workload>(&STATEFUL_SETS, &[])
        .looking_at(&COMPONENTS)
}

fn planned(cluster: &TestCluster) -> Plan {
    plan(&cluster.picture(), Timestamp::parse(NOW))
}

fn step<'a>(plan: &'a Plan, what: &str) -> &'a Step {
    plan.steps
        .iter()
        .find(|step| step.what.contains(what))
        .unwrap_or_else(|| panic!("no {what} in {plan:#?}"))
}

fn with_state(lock: Option<HeldLock>) -> TestCluster {
    let state = TerraformState {
        address: "s3://states/prod".into(),
        bytes: Some(1024),
        versioning: "Enabled".into(),
        encryption: "AES256".into(),
        lock,
        ..TerraformState::default()
    };
    let wanted = "environment = \"prod\"\n[terraform]\nstate = \"s3://states/prod\"\nlock = \"s3\"";
    ready().with_rows(&TERRAFORM_STATES, &[state]).wanting(wanted)
}

#[test]
fn whoever_holds_the_state_of_terraform_is_told_and_without_a_place_nothing_is() {
    let plan = planned(&with_state(None));
    assert_eq!(step(&plan, "the state of Terraform").state, State::Done);
    let held = HeldLock {
        who: "ana@desk".into(),
        operation: "OperationTypeApply".into(),
        since: Timestamp::parse(NOW),
        ..HeldLock::default()
    };
    let plan = planned(&with_state(Some(held)));
    let running = step(&plan, "the state of Terraform");
    assert_eq!((running.state, running.verdict), (State::Running, Verdict::Progressing));
    assert!(running.why.starts_with("locked by ana@desk"), "{}", running.why);
    assert!(!planned(&ready()).steps.iter().any(|step| step.what.contains("Terraform")));
}

#[test]
fn a_cluster_that_is_ready_has_its_control_plane_next() {
    let plan = planned(&ready());
    assert_eq!((plan.from.as_str(), plan.to.as_deref()), ("1.36", Some("1.37")));
    assert_eq!(step(&plan, "control plane").state, State::ToDo);
    assert_eq!(step(&plan, "support").state, State::Done);
    assert!(step(&plan, "support").why.contains("253 days, until 2027-08-02"), "{plan:#?}");
    let phases: Vec<Phase> = plan.steps.iter().map(|step| step.phase).collect();
    assert!(phases.is_sorted(), "{phases:?}");
    // Its components rest on tables that this cluster does not have.
    let read = plan.steps.iter().filter(|step| step.phase != Phase::OwnComponents);
    assert!(read.into_iter().all(|step| step.verdict == Verdict::Ok), "{plan:#?}");
}

#[test]
fn what_is_not_there_yet_blocks_nothing_and_promises_nothing() {
    let cluster = ready().with_rows(&EKS_VERSIONS, vec![version("1.36", "2027-08-02T00:00:00Z", "")]);
    let plan = planned(&cluster);
    assert_eq!(plan.to, None);
    assert_eq!(step(&plan, "control plane").why, "EKS has no 1.37 yet");
    assert!(plan.steps.iter().all(|step| !step.blocks), "{plan:#?}");
    assert!(step(&plan, "add-ons").why.contains("are judged when it has 1.37"), "{plan:#?}");
}

#[test]
fn an_error_of_an_insight_stops_the_control_plane_and_a_warning_for_later_does_not() {
    let plan = planned(&ready().with_rows(&INSIGHTS, vec![insight("WARNING", "1.38")]));
    let warned = step(&plan, "Deprecated");
    assert_eq!((warned.verdict, warned.blocks), (Verdict::Warning, false));
    assert!(warned.details[1].contains("kubectl/v1.30, 7 times"), "{warned:?}");
    assert_eq!(step(&plan, "control plane").state, State::ToDo);
    let plan = planned(&ready().with_rows(&INSIGHTS, vec![insight("ERROR", "1.37")]));
    assert!(step(&plan, "Deprecated").blocks);
    assert_eq!(step(&plan, "control plane").state, State::Blocked);
}

#[test]
fn an_add_on_that_does_not_fit_comes_first_where_a_version_fits_both_and_last_where_none_does() {
    let cluster = ready()
        .with_rows(&ADDONS, vec![addon("coredns", "v1.12.4-eksbuild.1"), addon("efs", "v2.1.13-eksbuild.1")])
        .with_rows(
            &ADDON_VERSIONS,
            vec![
                offered("coredns", &[("v1.13.1-eksbuild.1", &["1.37"]), ("v1.12.4-eksbuild.1", &["1.36"])]),
                offered(
                    "efs",
                    &[("v2.1.15-eksbuild.1", &["1.36", "1.37"]), ("v2.1.13-eksbuild.1", &["1.36"])],
                ),
            ],
        );
    let plan = planned(&cluster);
    let first = step(&plan, "add-on efs");
    assert_eq!((first.phase, first.blocks), (Phase::AddonsBefore, true));
    assert!(first.what.ends_with("v2.1.15-eksbuild.1"), "{first:?}");
    let last = step(&plan, "coredns");
    assert_eq!((last.phase, last.state, last.blocks), (Phase::AddonsAfter, State::Blocked, false));
    assert_eq!(step(&plan, "control plane").why, "1 step before it");
}

#[test]
fn an_add_on_that_eks_has_no_version_of_yet_blocks() {
    let cluster =
        ready().with_rows(&ADDON_VERSIONS, vec![offered("vpc-cni", &[("v1.20.0-eksbuild.1", &["1.36"])])]);
    let plan = planned(&cluster);
    assert!(step(&plan, "vpc-cni").why.contains("no version for 1.37 yet"), "{plan:#?}");
    assert_eq!(step(&plan, "control plane").state, State::Blocked);
}

#[test]
fn groups_must_have_the_control_planes_minor_and_kubelets_may_not_be_too_old() {
    let cluster = ready().with_rows(&NODE_GROUPS, vec![group("1.35")]);
    assert!(step(&planned(&cluster), "update node group system to 1.36").blocks);
    let cluster = ready().with::<Node>(&NODES, &[node("a", "v1.34.1"), node("b", "v1.36.3")]);
    let within = planned(&cluster);
    assert_eq!(step(&within, "kubelets").state, State::Done);
    let cluster = ready().with::<Node>(&NODES, &[node("a", "v1.33.1"), node("b", "v1.36.3")]);
    let old = planned(&cluster);
    let old = step(&old, "replace old nodes");
    assert!(old.blocks && old.details == ["a has 1.33"], "{old:?}");
}

#[test]
fn the_end_of_support_is_told_with_its_price() {
    let at = |standard: &str, extended: &str| {
        let plan = planned(&ready().with_rows(&EKS_VERSIONS, vec![version("1.36", standard, extended)]));
        let step = step(&plan, "support");
        (step.verdict, step.why.clone())
    };
    let (verdict, why) = at("2026-12-02T00:00:00Z", "2027-12-02T00:00:00Z");
    assert!(verdict == Verdict::Warning && why.contains("10 days") && why.contains("$365"), "{why}");
    let (verdict, why) = at("2026-01-02T00:00:00Z", "2027-12-02T00:00:00Z");
    assert!(
        verdict == Verdict::Warning && why.contains("extended support, about $365 a month more"),
        "{why}"
    );
    let (verdict, why) = at("2025-01-02T00:00:00Z", "2026-01-02T00:00:00Z");
    assert!(verdict == Verdict::Critical && why.contains("unsupported since 323 days"), "{why}");
}

#[test]
fn an_update_that_runs_and_a_cluster_that_is_ill_stand_before_everything() {
    let running = Update { kind: "VersionUpdate".into(), status: "InProgress".into(), ..Update::default() };
    let plan = planned(&ready().with_rows(&UPDATES, vec![running]));
    assert_eq!(step(&plan, "VersionUpdate").state, State::Running);
    assert_eq!(step(&plan, "control plane").state, State::Blocked);
    let issue = Issue { code: "KmsKeyDisabled".into(), ..Issue::default() };
    let plan =
        planned(&ready().with_rows(&EKS_CLUSTERS, vec![EksCluster { issues: [issue].into(), ..eks() }]));
    assert_eq!(step(&plan, "repair the cluster").why, "KmsKeyDisabled");
}

#[test]
fn what_may_not_be_read_is_unknown_and_never_done() {
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: eks:ListInsights");
    let cluster = ready().with_freshness::<Insight>(&INSIGHTS, Freshness::Forbidden { problem });
    let plan = planned(&cluster);
    let step = step(&plan, "insights");
    assert_eq!((step.state, step.why.as_str()), (State::Unknown, "forbidden: eks:ListInsights"));
    let nothing = planned(&TestCluster::new());
    assert_eq!(nothing.from, "1.36", "by its API server");
    assert!(nothing.steps.iter().all(|step| step.state != State::Done), "{nothing:#?}");
}
