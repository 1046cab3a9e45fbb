use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::EnvironmentName;
use crate::fleet::ProblemKind;
use crate::fleet::argo::application::Application;
use crate::fleet::aws::alarm::{Alarm, AlarmState};
use crate::fleet::aws::kind::ALARMS;
use crate::fleet::aws::terraform_state::{HeldLock, TerraformState};
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::{
    APPLICATIONS, AUTO_NODE_CLASSES, CERTIFICATES, EC2_NODE_CLASSES, EXTERNAL_SECRETS, NODE_CLAIMS,
    NODE_POOLS,
};
use crate::fleet::printed::Printed;
use crate::fleet::secrets::external_secret::ExternalSecret;
use crate::fleet::{Problem, workload::Workload};
use crate::planes::alarm::KNOWN_ALARMS;
use crate::planes::cost::{Cost, Part};
use crate::planes::namespace;
use crate::ui::test_cluster::TestCluster;
use crate::ui::views::test_bench::{Bench, lines};

fn node(name: &str, ready: &str) -> Json {
    json!({"metadata": {"name": name, "creationTimestamp": "2026-11-20T10:00:00Z"},
        "status": {"conditions": [{"type": "Ready", "status": ready, "reason": "KubeletNotReady",
            "message": "kubelet stopped posting status", "lastTransitionTime": "2026-11-21T12:51:00Z"}]}})
}

fn pod(name: &str, waiting: Option<&str>) -> Json {
    let state = waiting.map_or(
        json!({"running": {"startedAt": "2026-11-21T10:00:00Z"}}),
        |reason| json!({"waiting": {"reason": reason, "message": "no such tag"}}),
    );
    let ready = waiting.is_none();
    let status = if ready { "True" } else { "False" };
    json!({"metadata": {"name": name, "namespace": "production", "creationTimestamp": "2026-11-21T10:00:00Z"},
        "spec": {"nodeName": "n-1", "containers": [{"name": "api", "image": "api:1"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": status}],
            "containerStatuses": [{"name": "api", "ready": ready, "state": state}]}})
}

fn event(name: &str, kind: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "production"}, "type": kind, "reason": "Failed",
        "message": "m", "lastTimestamp": "2026-11-21T12:55:00Z", "involvedObject": {"kind": "Pod", "name": "api-0"}})
}

fn whole() -> TestCluster {
    let empty = Vec::new();
    TestCluster::new()
        .with::<Node>(&NODES, &[node("n-1", "True"), node("n-2", "Unknown")])
        .with::<Pod>(&PODS, &[pod("api-0", None), pod("api-1", Some("ImagePullBackOff"))])
        .with::<crate::fleet::namespace::Namespace>(
            &NAMESPACES,
            &[json!({"metadata": {"name": "production"}})],
        )
        .with::<Workload>(&DEPLOYMENTS, &empty)
        .with::<Workload>(&STATEFUL_SETS, &empty)
        .with::<Workload>(&DAEMON_SETS, &empty)
        .with::<Workload>(&JOBS, &empty)
        .with::<Workload>(&CRON_JOBS, &empty)
        .with::<Event>(&EVENTS, &[event("a", "Warning"), event("b", "Normal")])
}

#[test]
fn a_cluster_of_which_a_part_may_be_read_is_not_called_well() {
    let part = whole().with::<Pod>(&PODS, &[]).with::<Node>(&NODES, &[node("n-1", "True")]);
    let part = part.narrowed::<Pod>(&PODS, &["staging"]);
    let mut bench = Bench::new(Fleet::default(), vec![part.picture()]);
    let shown = bench.screen(160, 12).join("\n");
    assert!(shown.contains("◐0/0"), "{shown}");
    assert!(shown.contains("not known: only namespace staging may be read"), "{shown}");
    assert!(shown.contains("what could not be read is not judged"), "{shown}");
}

#[test]
fn every_cluster_has_a_row_and_what_is_wrong_is_listed_below() {
    let dev = std::sync::Arc::new(ClusterSnapshot::unknown(ClusterId::new(
        EnvironmentName::new("dev"),
        "myapp-dev",
    )));
    let mut bench = Bench::new(Fleet::default(), vec![dev, whole().picture()]);
    let shown = bench.screen(120, 12);
    assert_eq!(
        shown[0],
        "    ENV   CLUSTER     GUARD   VERSION   API  NODES  PODS  ADD-ONS  APPS  CERTS  WORST"
    );
    assert!(shown[1].starts_with("▸◌  dev   myapp-dev   open    –           ◌"), "{shown:?}");
    assert!(shown[1].ends_with("connecting"));
    assert!(shown[2].starts_with(" ✖  PROD  myapp-prod  locked  1.36.3   0 ms    1/2   1/2"), "{shown:?}");
    assert_eq!(shown[4], "   WRONG NOW  2");
    assert!(
        shown[5].contains("Node n-2") && shown[5].contains("kubelet stopped posting status"),
        "{shown:?}"
    );
    assert!(shown[6].contains("Pod production/api-1") && shown[6].contains("ImagePullBackOff"), "{shown:?}");
}

#[test]
fn enter_opens_the_cluster_or_what_is_wrong() {
    let mut bench = Bench::new(Fleet::default(), vec![whole().picture()]);
    bench.screen(120, 12);
    let Handled::Line(line) = bench.run("open") else { panic!() };
    assert_eq!(line, "namespaces @myapp-prod");
    bench.run("down");
    bench.screen(120, 12);
    let Handled::Open(view) = bench.run("open") else { panic!() };
    assert_eq!(view.subject().unwrap(), "Node n-2");
    assert_eq!(bench.view.selected().len(), 1);
}

#[test]
fn what_cannot_be_read_is_not_called_fine() {
    let forbidden =
        Freshness::Forbidden { problem: Problem::new(ProblemKind::Forbidden, "forbidden: list nodes") };
    let cluster = TestCluster::new().with_freshness::<Node>(&NODES, forbidden);
    let mut bench = Bench::new(Fleet::default(), vec![cluster.picture()]);
    let shown = bench.screen(120, 6);
    assert!(shown[1].starts_with("▸○") && shown[1].contains('⊘'), "{shown:?}");
    assert!(shown[1].ends_with("not known: nodes cannot be read"), "{shown:?}");
    assert!(shown[3].contains("nothing known to be wrong"), "{shown:?}");

    let down = Link::Down(Problem::new(ProblemKind::Unreachable, "connection refused\u{1b}[2J"));
    let mut bench = Bench::new(Fleet::default(), vec![whole().with_link(down).picture()]);
    let shown = bench.screen(120, 6);
    assert!(shown[1].starts_with("▸✖") && shown[1].contains("connection refused␛[2J"), "{shown:?}");
}

#[test]
fn it_fits_every_terminal() {
    let mut bench = Bench::new(Fleet::default(), vec![whole().picture()]);
    for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24), (120, 40), (200, 60)] {
        bench.screen(width, height);
        for id in sheet::COMMANDS {
            bench.run(id);
        }
    }
    let ascii = lines(&bench.buffer(80, 10, true));
    assert!(ascii.iter().all(|line| line.is_ascii()), "{ascii:?}");
    assert!(bench.screen(80, 10)[1].contains("myapp-prod"));
    let empty = &mut Bench::new(Fleet::default(), Vec::new());
    empty.screen(80, 10);
    empty.run("open");
}

#[test]
fn what_a_table_tells_that_has_just_become_complete_is_told_at_once_and_what_changed_is_told_soon() {
    let before = TestCluster::new().with::<Pod>(&PODS, &[pod("api-0", None)]);
    let mut bench = Bench::new(Fleet::default(), vec![before.picture()]);
    let shown = bench.screen(120, 8);
    assert!(shown[1].starts_with("▸◌") && shown[3].contains("still loading"), "{shown:?}");
    assert!(bench.view.pictures().iter().any(|picture| picture.word() == "loading"));
    // Within the same second: the nodes have arrived.
    bench.snapshot.clusters = vec![whole().picture()];
    let shown = bench.screen(120, 8);
    assert!(shown[1].starts_with("▸✖") && shown[4].contains("Node n-2"), "{shown:?}");
    // A row changed just after: not yet, but soon.
    let well = whole().with::<Node>(&NODES, &[node("n-1", "True"), node("n-2", "True")]);
    bench.snapshot.clusters = vec![well.picture()];
    assert!(bench.screen(120, 8)[4].contains("Node n-2"));
    let wake = bench.view.next_wake(bench.now).unwrap();
    assert_eq!(wake.seconds() - bench.now.seconds(), PATIENCE);
    bench.now = wake;
    assert!(!bench.screen(120, 8).iter().any(|line| line.contains("Node n-2")));
}

#[test]
fn what_belongs_to_namespaces_is_counted_and_told_with_what_is_wrong() {
    let certificate = |name: &str, ready: &str| {
        json!({"metadata": {"name": name, "namespace": "production", "creationTimestamp": "2026-11-21T12:00:00Z"},
            "status": {"conditions": [{"type": "Ready", "status": ready, "message": "the order failed"}]}})
    };
    let cluster = whole()
        .with::<Pod>(&PODS, &[])
        .with::<Node>(&NODES, &[node("n-1", "True")])
        .with::<Application>(&APPLICATIONS, &[])
        .with::<ExternalSecret>(&EXTERNAL_SECRETS, &[])
        .with::<Certificate>(&CERTIFICATES, &[certificate("web", "True"), certificate("api", "False")]);
    let others = namespace::TABLE.inputs().filter(|kind| !cluster.picture().freshness(kind).is_settled());
    let absent = || Freshness::Unavailable { problem: Problem::new(ProblemKind::NotFound, "no such kind") };
    let without = |cluster: TestCluster, kind| cluster.with_freshness::<Printed>(kind, absent());
    let others: Vec<_> = others.collect();
    let cluster = others.into_iter().fold(cluster, without).looking_at(&NAMESPACE_SUMS);
    let mut bench = Bench::new(Fleet::default(), vec![cluster.picture()]);
    let shown = bench.screen(200, 12);
    assert!(shown[0].contains("ADD-ONS  APPS  ALARMS  CERTS") && shown[1].contains("1/2"), "{shown:?}");
    assert!(
        shown[4].contains("certificates.cert-manager.io") || shown[4].contains("Certificate production/api"),
        "{shown:?}"
    );
    assert!(shown[4].contains("the order failed"), "{shown:?}");
}

#[test]
fn a_component_that_may_only_seem_to_be_missing_is_not_called_missing() {
    let wanted = "environment = \"prod\"\n[components.coredns]";
    let cluster = whole().wanting(wanted).looking_at(&COMPONENTS);
    let mut bench = Bench::new(Fleet::default(), vec![cluster.picture()]);
    let shown = bench.screen(200, 12).join("\n");
    assert!(!shown.contains("wanted, but not in this cluster"), "its pods are still being read: {shown}");
}

#[test]
fn a_node_pool_that_launches_nothing_is_told_and_opens_as_itself() {
    let pool = json!({"metadata": {"name": "spot"}, "status": {"conditions": [
        {"type": "Ready", "status": "False", "reason": "NodeClassNotReady", "message": "no subnet was found"}]}});
    let nothing: [Json; 0] = [];
    let cluster = whole()
        .with::<Pod>(&PODS, &[])
        .with::<Node>(&NODES, &[node("n-1", "True")])
        .with::<NodePool>(&NODE_POOLS, &[pool])
        .with::<NodeClaim>(&NODE_CLAIMS, &nothing)
        .with::<NodeClass>(&EC2_NODE_CLASSES, &nothing)
        .with::<NodeClass>(&AUTO_NODE_CLASSES, &nothing)
        .looking_at(&POOLS);
    let mut bench = Bench::new(Fleet::default(), vec![cluster.picture()]);
    let shown = bench.screen(200, 12);
    let words = "NodePool spot: not Ready: no subnet was found";
    assert!(shown[1].starts_with("▸✖") && shown[1].ends_with(words), "{shown:?}");
    bench.run("down");
    assert_eq!(bench.view.selected()[0].resource, NODE_POOLS);
    let interests = bench.with(|view, world| view.interests(world));
    assert!(interests.iter().any(|interest| interest.resource == PENDING), "who waits for it is asked");
}

#[test]
fn an_application_that_nobody_made_is_told_although_it_belongs_to_no_namespace() {
    let wanted = "environment = \"prod\"\n[applications.api]";
    let cluster = whole()
        .with::<Pod>(&PODS, &[])
        .with::<Node>(&NODES, &[node("n-1", "True")])
        .with::<Application>(&APPLICATIONS, &[])
        .wanting(wanted)
        .looking_at(&MISSING_APPLICATIONS);
    let mut bench = Bench::new(Fleet::default(), vec![cluster.picture()]);
    let shown = bench.screen(200, 12);
    assert!(shown[1].ends_with("Application api: wanted, but not in this cluster"), "{shown:?}");
    let interests = bench.with(|view, world| view.interests(world));
    assert!(!interests.iter().any(|interest| interest.resource == PENDING), "there is no pool to wait for");
}

#[test]
fn the_platform_is_read_only_when_nodes_and_pods_are_there() {
    let asked = |cluster: TestCluster| {
        let mut bench = Bench::new(Fleet::default(), vec![cluster.picture()]);
        let interests = bench.with(|view, world| view.interests(world));
        interests.iter().any(|interest| interest.resource == COMPONENTS)
    };
    assert!(!asked(TestCluster::new().with::<Node>(&NODES, &[])), "pods are still coming");
    assert!(asked(whole()));
}

#[test]
fn alarms_that_have_gone_off_are_counted_and_told_and_an_unknown_account_holds_nothing_up() {
    let firing = Alarm {
        name: "myapp-prod-5xx".into(),
        state: AlarmState::Alarm,
        reason: "because".into(),
        acts: true,
        actions: ["arn:aws:sns:x:1:alerts".into()].into(),
        ..Alarm::default()
    };
    let well = || whole().with::<Pod>(&PODS, &[]).with::<Node>(&NODES, &[node("n-1", "True")]);
    let cluster = well().with_rows(&ALARMS, &[firing]).looking_at(&KNOWN_ALARMS);
    let mut bench = Bench::new(Fleet::default(), vec![cluster.picture()]);
    let shown = bench.screen(200, 12);
    let told = shown.iter().find(|line| line.contains("Alarm myapp-prod-5xx"));
    assert!(told.is_some_and(|line| line.contains("have gone off")), "{shown:?}");
    assert!(shown[0].contains("ALARMS"), "{shown:?}");
    bench.run("down");
    bench.screen(200, 12);
    let Handled::Open(view) = bench.run("open") else { panic!() };
    assert_eq!(view.name(), "alarm-history");

    let nowhere = Freshness::Unavailable { problem: Problem::new(ProblemKind::Unset, "no account") };
    let cluster = well().with_freshness::<Alarm>(&ALARMS, nowhere).looking_at(&KNOWN_ALARMS).picture();
    assert!(cluster.freshness(&KNOWN_ALARMS).is_current());
    let mut bench = Bench::new(Fleet::default(), vec![cluster]);
    let shown = bench.screen(200, 12);
    assert!(!shown[1].contains('○') && !shown.join("").contains("account"), "{shown:?}");
}

#[test]
fn what_keeps_aws_from_being_read_is_one_line_and_quieter_than_kubernetes() {
    use crate::fleet::aws::caller::Caller;
    let of = |kind, message: &str| Freshness::Unavailable {
        problem: Problem::new(kind, message).with_hint("aws sso login --profile prod\u{1b}"),
    };
    let signed_out = || of(ProblemKind::Credentials, "nobody is signed in for profile prod, or no longer");
    let line = "nobody is signed in for profile prod, or no longer: aws sso login --profile prod␛";
    // Beside trouble of Kubernetes it comes last, and the cluster's row tells the other.
    let ill = whole().with_freshness::<Caller>(&CALLERS, signed_out());
    let mut bench = Bench::new(Fleet::default(), vec![ill.picture()]);
    let shown = bench.screen(160, 12);
    assert!(shown[1].starts_with("▸✖") && !shown[1].contains("aws"), "{shown:?}");
    assert!(shown[4].contains("Node n-2") && shown[5].contains("api-1"), "{shown:?}");
    assert!(shown[6].contains("aws of myapp-prod") && shown[6].contains(line), "{shown:?}");
    bench.run("last");
    let Handled::Line(opens) = bench.run("open") else { panic!() };
    assert_eq!(opens, "namespaces @myapp-prod");
    // Where nothing else is wrong it is the cluster's reason, and no alarm.
    let well = || {
        let calm = whole().with::<Pod>(&PODS, &[pod("api-0", None)]);
        calm.with::<Node>(&NODES, &[node("n-1", "True")]).with::<Event>(&EVENTS, &[])
    };
    let quiet = well().with_freshness::<Caller>(&CALLERS, signed_out());
    let mut bench = Bench::new(Fleet::default(), vec![quiet.picture()]);
    let shown = bench.screen(160, 12);
    assert!(shown[1].starts_with("▸○") && shown[1].contains("aws: nobody"), "{shown:?}");
    let export = bench.with(|view, world| view.export(world)).unwrap();
    let [unknown] = &export.unknown[..] else { panic!("{:?}", export.unknown) };
    assert_eq!((&*unknown.cluster, &*unknown.what), ("myapp-prod", "aws"));
    assert!(unknown.why.contains("aws sso login"), "{unknown:?}");
    // Nobody expects AWS where there is no account, or where it is switched off.
    let plain = well().with_freshness::<Caller>(&CALLERS, of(ProblemKind::Unset, "AWS is switched off"));
    let mut bench = Bench::new(Fleet::default(), vec![plain.picture()]);
    assert!(!bench.screen(160, 12).join("\n").contains("aws"));
    // What somebody set wrongly, or AWS refused, is not the same as that.
    let wrong = well().with_freshness::<Caller>(&CALLERS, of(ProblemKind::User, "HTTPS_PROXY is no URL"));
    let mut bench = Bench::new(Fleet::default(), vec![wrong.picture()]);
    assert!(bench.screen(160, 12).join("\n").contains("HTTPS_PROXY is no URL"));
}

#[test]
fn a_month_s_cost_is_shown_in_wide_mode_alone_and_gives_way_first() {
    let total = Cost {
        part: Part::Total,
        key: "total".into(),
        monthly: Some(21_000),
        estimate: Some(16_500),
        ..Cost::default()
    };
    let calm = whole().with::<Pod>(&PODS, &[pod("api-0", None)]).with::<Event>(&EVENTS, &[]);
    let calm = calm.with::<Node>(&NODES, &[node("n-1", "True")]).with_rows(&COSTS, &[total]);
    let mut from_the_start = Bench::new(Fleet::default(), vec![calm.picture()]);
    let columns = |bench: &mut Bench<Fleet>| {
        let export = bench.with(|view, world| view.export(world)).unwrap();
        export.columns.iter().map(|column| column.id.clone()).collect::<Vec<_>>()
    };
    assert!(!columns(&mut from_the_start).contains(&"dollars".to_owned()));
    from_the_start.with(|view, _| view.widen());
    assert!(columns(&mut from_the_start).contains(&"dollars".to_owned()));
    let export = from_the_start.with(|view, world| view.export(world)).unwrap();
    assert_eq!(export.rows[0].json["dollars"], 210);
    assert!(from_the_start.screen(220, 8)[0].contains("$/MONTH"));
    let mut bench = Bench::new(Fleet::default(), vec![calm.picture()]);
    assert!(!bench.screen(220, 8)[0].contains("$/MONTH"));
    bench.run("wide");
    let shown = bench.screen(220, 8);
    assert!(shown[0].contains("WARNINGS  $/MONTH  WORST") && shown[1].contains("$210"), "{shown:?}");
    assert!(!bench.screen(100, 8)[0].contains("$/MONTH"));
    assert!(shown[4].contains("27% above the $165 of the blueprint"), "{shown:?}");
    let Handled::Line(opens) = bench.with(|view, world| {
        view.command("down", world);
        view.command("open", world)
    }) else {
        panic!()
    };
    assert_eq!(opens, "cost @myapp-prod");
}

#[test]
fn a_state_of_terraform_that_is_locked_for_hours_is_told_and_opens_the_plan_that_waits_for_it() {
    let held = HeldLock {
        who: "ana@desk".into(),
        since: Timestamp::parse("2026-11-21T09:00:00Z"),
        ..HeldLock::default()
    };
    let state = TerraformState {
        address: "s3://states/prod".into(),
        bytes: Some(1),
        versioning: "Enabled".into(),
        encryption: "AES256".into(),
        lock: Some(held),
        ..TerraformState::default()
    };
    let calm = whole().with::<Pod>(&PODS, &[pod("api-0", None)]).with::<Event>(&EVENTS, &[]);
    let calm = calm.with::<Node>(&NODES, &[node("n-1", "True")]).with_rows(&TERRAFORM_STATES, &[state]);
    let mut bench = Bench::new(Fleet::default(), vec![calm.picture()]);
    let shown = bench.screen(160, 8);
    assert!(shown[4].contains("locked by ana@desk for 4h"), "{shown:?}");
    bench.run("down");
    let Handled::Line(opens) = bench.run("open") else { panic!() };
    assert_eq!(opens, "upgrade @myapp-prod");
}
