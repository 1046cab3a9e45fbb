use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Topology;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::kind::{
    CALLERS, EKS_CLUSTERS, ENDPOINTS, GATEWAYS, INSTANCES, LOAD_BALANCERS, ROUTE_TABLES, SECURITY_GROUPS,
    SUBNETS, TARGET_GROUPS, VPCS,
};
use crate::fleet::aws::load_balancer::LoadBalancer;
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::kind::{NODES, PODS};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::{Problem, ProblemKind};
use crate::planes::dns::load_balancer::BALANCERS;
use crate::snapshot::Freshness;
use crate::ui::test_cluster::TestCluster;
use crate::ui::view::{Handled, View};
use crate::ui::views::test_bench::Bench;

fn node(name: &str, zone: &str, ready: &str) -> Json {
    json!({"metadata": {"name": name, "creationTimestamp": "2026-11-20T10:00:00Z", "labels": {
            "topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": "us-east-1",
            "karpenter.sh/nodepool": "spot", "node.kubernetes.io/instance-type": "m6i.large"}},
        "status": {"allocatable": {"cpu": "2", "memory": "8Gi", "pods": "29"}, "conditions": [
            {"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-21T12:51:00Z"}]}})
}

fn pod(name: &str, node: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "production", "creationTimestamp": "2026-11-21T10:00:00Z"},
        "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "500m"}}}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "c", "ready": true, "state": {"running": {}}}]}})
}

fn bench(nodes: &[Json], pods: &[Json]) -> Bench<Topology> {
    let cluster = TestCluster::new().with::<Node>(&NODES, nodes).with::<Pod>(&PODS, pods);
    Bench::new(Topology::default(), vec![cluster.picture()])
}

fn small() -> Bench<Topology> {
    let nodes = [
        node("ip-10-1-11-1.ec2.internal", "us-east-1a", "True"),
        node("ip-10-1-12-1.ec2.internal", "us-east-1b", "Unknown"),
    ];
    bench(&nodes, &[pod("api-1", "ip-10-1-11-1.ec2.internal"), pod("web-1", "ip-10-1-12-1.ec2.internal")])
}

fn shows(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

#[test]
fn a_broken_node_bubbles_up_to_its_cluster_with_its_reason() {
    let screen = small().screen(120, 20);
    let told: Vec<&String> =
        screen.iter().filter(|line| line.contains("ip-10-1-12-1: NotReady for 9m")).collect();
    assert_eq!(told.len(), 4, "cluster, region, zone and pool: {screen:#?}");
    assert!(
        screen.iter().any(|line| line.contains("✖ ip-10-1-12-1") && line.contains("  NotReady for 9m")),
        "{screen:#?}"
    );
    assert!(shows(&screen, "✖ us-east-1b") && shows(&screen, "● us-east-1a"), "{screen:#?}");
}

#[test]
fn pods_appear_when_their_node_is_unfolded_and_enter_opens_what_is_an_object() {
    let mut bench = small();
    assert!(!shows(&bench.screen(120, 20), "api-1"), "nodes are folded at first");
    for _ in 0..4 {
        bench.run("down");
    }
    bench.run("right");
    assert!(shows(&bench.screen(120, 20), "production/api-1"));
    assert!(matches!(bench.run("open"), Handled::Open(_)), "a node");
    let selected = bench.with(|view, _| view.selected());
    assert_eq!(&*selected[0].name, "ip-10-1-11-1.ec2.internal");
    bench.run("right");
    let selected = bench.with(|view, _| view.selected());
    assert_eq!((&*selected[0].name, &*selected[0].resource.kind), ("api-1", "Pod"));
    bench.run("left");
    bench.run("left");
    assert!(!shows(&bench.screen(120, 20), "production/api-1"), "out of the branch, then folded");
}

#[test]
fn a_filter_finds_a_pod_and_unfolds_what_it_is_in() {
    let mut bench = small();
    bench.with(|view, _| view.filter = "web".to_owned());
    let screen = bench.screen(120, 20);
    assert!(shows(&screen, "production/web-1") && !shows(&screen, "us-east-1a"), "{screen:#?}");
    assert!(bench.with(|view, _| view.unwind()), "Esc takes the filter away first");
    assert!(shows(&bench.screen(120, 20), "us-east-1a"));
}

#[test]
fn the_next_problem_is_found_behind_folded_branches() {
    let mut bench = small();
    bench.screen(120, 20);
    bench.run("fold-all");
    assert!(!shows(&bench.screen(120, 20), "us-east-1b"));
    bench.run("search-next");
    bench.screen(120, 20);
    let selected = bench.with(|view, _| view.selected());
    assert_eq!(&*selected[0].name, "ip-10-1-12-1.ec2.internal");
}

#[test]
fn the_cursor_stays_on_its_node_when_others_come() {
    let mut bench = small();
    bench.screen(120, 20);
    bench.run("search-next");
    let more = TestCluster::new().with::<Node>(
        &NODES,
        &[
            node("ip-10-1-11-1.ec2.internal", "us-east-1a", "True"),
            node("ip-10-1-11-2.ec2.internal", "us-east-1a", "True"),
            node("ip-10-1-12-1.ec2.internal", "us-east-1b", "Unknown"),
        ],
    );
    bench.snapshot.clusters = vec![more.picture()];
    bench.now = crate::fleet::Timestamp::from_seconds(bench.now.seconds() + 5);
    bench.screen(120, 20);
    let selected = bench.with(|view, _| view.selected());
    assert_eq!(&*selected[0].name, "ip-10-1-12-1.ec2.internal");
}

#[test]
fn two_clusters_stand_side_by_side_where_there_is_room_and_the_cursor_goes_from_one_to_the_other() {
    let one =
        TestCluster::new().with::<Node>(&NODES, &[node("a.ec2.internal", "us-east-1a", "True")]).picture();
    let mut two = (*one).clone();
    two.id = crate::fleet::ClusterId::new(crate::fleet::EnvironmentName::new("dev"), "myapp-dev");
    let mut bench = Bench::new(Topology::default(), vec![one, Arc::new(two)]);
    let beside = |line: &String| line.contains("myapp-prod") && line.contains("myapp-dev");
    assert!(!bench.screen(120, 30).iter().any(beside));
    let screen = bench.screen(200, 30);
    assert!(screen.iter().any(beside), "{screen:#?}");
    bench.run("down");
    bench.run("down");
    bench.run("down");
    bench.run("down");
    bench.run("right");
    bench.screen(200, 30);
    bench.run("search-next");
    let panes: Vec<bool> = bench.with(|view, _| view.panes.iter().map(|pane| pane.has_cursor).collect());
    assert_eq!(panes, [false, true]);
}

#[test]
fn five_thousand_nodes_fit_on_a_map_and_the_broken_one_is_seen() {
    let zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
    let nodes: Vec<Json> = (0..5000)
        .map(|at| node(&format!("n-{at:04}"), zones[at % 3], if at == 4321 { "Unknown" } else { "True" }))
        .collect();
    let mut bench = bench(&nodes, &[]);
    bench.screen(120, 37);
    bench.run("topology-map");
    let screen = bench.screen(120, 37);
    assert!(shows(&screen, "a cell is 2 nodes"), "{screen:#?}");
    let broken = screen.iter().skip(1).filter(|line| line.trim_start().starts_with('✖')).count();
    assert_eq!(broken, 1, "{screen:#?}");
    for zone in zones {
        assert!(shows(&screen, zone), "{zone} is on the screen {screen:#?}");
    }
    bench.run("search-next");
    let screen = bench.screen(120, 37);
    assert!(screen[36].contains("n-4321") && screen[36].contains("NotReady"), "{:?}", screen[36]);
}

#[test]
fn a_few_nodes_have_room_on_a_map_and_every_cell_can_be_reached() {
    let mut bench = small();
    bench.screen(120, 20);
    bench.run("topology-map");
    assert!(shows(&bench.screen(120, 20), "a cell is a node"));
    bench.run("top");
    let first = bench.with(|view, _| view.selected());
    bench.run("down");
    let second = bench.with(|view, _| view.selected());
    assert_eq!(
        (&*first[0].name, &*second[0].name),
        ("ip-10-1-11-1.ec2.internal", "ip-10-1-12-1.ec2.internal")
    );
}

#[test]
fn without_glyphs_it_is_read_in_plain_letters() {
    let mut bench = small();
    let buffer = bench.buffer(120, 20, true);
    let text = crate::ui::views::test_bench::lines(&buffer).join("\n");
    assert!(text.is_ascii(), "{text}");
}

fn with_network(free: u32) -> TestCluster {
    let subnet = Subnet {
        id: "subnet-1".into(),
        vpc: "vpc-1".into(),
        zone: "us-east-1a".into(),
        cidr: "10.1.11.0/24".into(),
        free: Some(free),
        tags: [("Name".into(), "private-a".into())].into(),
        ..Subnet::default()
    };
    let eks = EksCluster { vpc: "vpc-1".into(), ..EksCluster::default() };
    let empty =
        Subnet { id: "subnet-2".into(), zone: "us-east-1c".into(), tags: [].into(), ..subnet.clone() };
    TestCluster::new()
        .with::<Node>(&NODES, &[node("ip-10-1-11-1.ec2.internal", "us-east-1a", "True")])
        .with::<Pod>(&PODS, &[])
        .with_rows(&EKS_CLUSTERS, &[eks])
        .with_rows(&SUBNETS, &[subnet, Subnet { free: Some(200), ..empty }])
}

#[test]
fn subnets_stand_in_their_zones_also_where_no_node_is_and_a_full_one_bubbles_up() {
    let mut bench = Bench::new(Topology::default(), vec![with_network(200).picture()]);
    let screen = bench.screen(120, 20);
    assert!(shows(&screen, "● private-a") && shows(&screen, "10.1.11.0/24  200 of 251 free"), "{screen:#?}");
    assert!(shows(&screen, "us-east-1c") && shows(&screen, "● subnet-2"), "{screen:#?}");
    let mut bench = Bench::new(Topology::default(), vec![with_network(3).picture()]);
    let screen = bench.screen(120, 20);
    let told = screen.iter().filter(|line| line.contains("private-a: 3 addresses are left")).count();
    assert_eq!(told, 3, "cluster, region, zone: {screen:#?}");
    bench.run("search-next");
    assert!(bench.with(|view, _| view.selected()).is_empty(), "a subnet is no object of the API server");
}

#[test]
fn a_load_balancer_bubbles_up_and_enter_walks_to_it() {
    let edge = LoadBalancer {
        name: "edge".into(),
        state: "active_impaired".into(),
        vpc: "vpc-1".into(),
        ..LoadBalancer::default()
    };
    let cluster = with_network(200).with_rows(&LOAD_BALANCERS, &[edge]);
    let mut bench = Bench::new(Topology::default(), vec![cluster.picture()]);
    let screen = bench.screen(160, 20);
    let told = screen.iter().filter(|line| line.contains("is impaired")).count();
    assert_eq!(told, 3, "cluster, network and itself: {screen:#?}");
    bench.run("search-next");
    let selected = bench.with(|view, _| view.selected());
    assert_eq!((&selected[0].resource, &*selected[0].name), (&BALANCERS, "edge"));
    assert!(matches!(bench.run("open"), Handled::Open(view) if view.about().name == "load-balancer"));
}

#[test]
fn what_aws_does_not_tell_is_said_once_and_judges_nothing() {
    let problem = Problem::new(ProblemKind::User, "no AWS account is known for myapp-prod");
    let kinds = [
        CALLERS,
        VPCS,
        SUBNETS,
        ROUTE_TABLES,
        GATEWAYS,
        SECURITY_GROUPS,
        INSTANCES,
        ENDPOINTS,
        LOAD_BALANCERS,
        TARGET_GROUPS,
    ];
    let nodes = [node("ip-10-1-11-1.ec2.internal", "us-east-1a", "True")];
    let cluster = TestCluster::new().with::<Node>(&NODES, &nodes).with::<Pod>(&PODS, &[]);
    let unavailable = || Freshness::Unavailable { problem: problem.clone() };
    let cluster =
        kinds.iter().fold(cluster, |cluster, kind| cluster.with_freshness::<Subnet>(kind, unavailable()));
    let mut bench = Bench::new(Topology::default(), vec![cluster.picture()]);
    let screen = bench.screen(120, 20);
    let told = screen.iter().filter(|line| line.contains("no AWS account is known")).count();
    assert_eq!(told, 1, "{screen:#?}");
    assert!(shows(&screen, "○ network") && shows(&screen, "● myapp-prod"), "{screen:#?}");
}
