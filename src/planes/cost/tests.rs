use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::aws::ebs_volume::EbsVolume;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::gateway::{Gateway, GatewayKind};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::service::Service;
use crate::snapshot::ClusterSnapshot;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn node(name: &str, kind: &str, capacity: &str) -> Json {
    json!({"metadata": {"name": name, "labels": {"topology.kubernetes.io/region": "us-east-1",
            "node.kubernetes.io/instance-type": kind, "karpenter.sh/capacity-type": capacity, "karpenter.sh/nodepool": "default"}},
        "spec": {"providerID": "aws:///us-east-1a/i-1"},
        "status": {"allocatable": {"cpu": "2", "memory": "8Gi", "pods": "29"}}})
}

fn pod(name: &str, namespace: &str, cpu: &str, memory: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": namespace},
        "spec": {"nodeName": "n-1", "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": memory}}}]},
        "status": {"phase": "Running"}})
}

fn eks(version: &str) -> EksCluster {
    EksCluster {
        name: "myapp-prod".into(),
        version: version.into(),
        vpc: "vpc-1".into(),
        ..EksCluster::default()
    }
}

fn cluster(nodes: &[Json]) -> TestCluster {
    TestCluster::new().with::<Node>(&NODES, nodes).with::<Pod>(&PODS, &[])
}

fn sheet(cluster: TestCluster) -> std::sync::Arc<ClusterSnapshot> {
    cluster.looking_at(&COSTS).picture()
}

fn row(picture: &ClusterSnapshot, key: &str) -> Cost {
    let table = picture.table::<Cost>(&COSTS).unwrap();
    let known: Vec<String> = table.iter().map(|(_, row)| row.key.to_string()).collect();
    let (_, row) = table.find(None, key).unwrap_or_else(|| panic!("no {key} in {known:?}"));
    Cost::clone(row)
}

fn cents(picture: &ClusterSnapshot, key: &str) -> Option<u64> {
    row(picture, key).cents(Timestamp::parse(NOW))
}

#[test]
fn nodes_cost_by_type_and_capacity_and_pools_divide_what_is_counted_already() {
    let nodes = [
        node("n-1", "m6i.large", "on-demand"),
        node("n-2", "m6i.large", "on-demand"),
        node("n-3", "m6i.large", "spot"),
    ];
    let picture = sheet(cluster(&nodes));
    assert_eq!(cents(&picture, "nodes m6i.large on-demand"), Some(2 * 7008));
    assert_eq!(cents(&picture, "nodes m6i.large spot"), Some(2453), "a guess of 35%");
    assert_eq!(cents(&picture, "pool default"), Some(2 * 7008 + 2453));
    let plane = cents(&picture, "control plane Kubernetes 1.36").unwrap();
    assert_eq!(cents(&picture, "total"), Some(2 * 7008 + 2453 + plane));
}

#[test]
fn what_has_no_price_is_said_and_not_counted() {
    let picture =
        sheet(cluster(&[node("n-1", "q9.large", "on-demand"), node("n-2", "m6i.large", "on-demand")]));
    let odd = row(&picture, "nodes q9.large on-demand");
    assert_eq!(odd.cents(Timestamp::parse(NOW)), None);
    assert_eq!(odd.judged(Timestamp::parse(NOW)), (Verdict::Unknown, "no price is known".to_owned()));
    let (_, why) = row(&picture, "total").judged(Timestamp::parse(NOW));
    assert!(why.contains("1 without a price are not counted"), "{why}");
    assert!(why.contains("prices of 2026-01-19, without traffic"), "{why}");
}

#[test]
fn a_region_without_a_list_costs_nobody_knows_what() {
    let abroad =
        json!({"metadata": {"name": "n", "labels": {"topology.kubernetes.io/region": "mars-west-1"}}});
    let picture = sheet(cluster(&[abroad]));
    let total = row(&picture, "total");
    assert_eq!(total.monthly, None);
    assert!(total.judged(Timestamp::parse(NOW)).1.contains("no price list is shipped for mars-west-1"));
}

#[test]
fn namespaces_have_what_they_request_and_the_rest_is_nobodys() {
    let pods = [pod("a", "web", "1", "4Gi"), pod("b", "web", "500m", "0"), pod("c", "batch", "0", "2Gi")];
    let cluster = TestCluster::new()
        .with::<Node>(&NODES, &[node("n-1", "m6i.large", "on-demand")])
        .with::<Pod>(&PODS, &pods);
    let picture = sheet(cluster);
    // Of 70.08 dollars: half of CPU and memory each for `a`, a quarter of the CPU for `b`, of the memory for `c`.
    assert_eq!(cents(&picture, "namespace web"), Some(4380));
    assert_eq!(cents(&picture, "namespace batch"), Some(876));
    assert_eq!(cents(&picture, "namespace (requested by nobody)"), Some(7008 - 4380 - 876));
}

#[test]
fn extended_support_costs_from_its_day_on() {
    let at = |version: &str, now: &str| {
        let picture =
            sheet(cluster(&[node("n-1", "m6i.large", "spot")]).polled(&EKS_CLUSTERS, &[eks(version)]));
        let plane = row(&picture, &format!("control plane Kubernetes {version}"));
        let now = Timestamp::parse(now);
        (plane.cents(now), plane.judged(now).0)
    };
    assert_eq!(at("1.33", "2026-07-29T12:00:00Z"), (Some(7300), Verdict::Ok));
    assert_eq!(at("1.33", "2026-07-30T00:00:00Z"), (Some(43_800), Verdict::Warning));
    assert_eq!(at("1.99", "2030-01-01T00:00:00Z"), (Some(7300), Verdict::Ok), "nobody knows its end");
}

#[test]
fn the_network_and_volumes_are_added_when_aws_tells_and_missed_when_not() {
    let nodes = [node("n-1", "m6i.large", "on-demand")];
    let without = sheet(cluster(&nodes));
    let (_, why) = row(&without, "total").judged(Timestamp::parse(NOW));
    assert!(why.contains("the network and volumes not read"), "{why}");
    let nat = Gateway {
        id: "nat-1".into(),
        kind: GatewayKind::Nat,
        vpc: "vpc-1".into(),
        state: "available".into(),
        addresses: ["203.0.113.9".into()].into(),
        ..Gateway::default()
    };
    let volume = |id: &str, tag: &str| EbsVolume {
        id: id.into(),
        gib: 100,
        kind: "gp3".into(),
        iops: 3000,
        throughput: 125,
        tags: [(tag.into(), "owned".into())].into(),
        ..EbsVolume::default()
    };
    let volumes = [
        volume("vol-1", "kubernetes.io/cluster/myapp-prod"),
        volume("vol-2", "kubernetes.io/cluster/another"),
    ];
    let elb = "k8s-edge-1a.elb.us-east-1.amazonaws.com";
    let service = json!({"metadata": {"name": "edge", "namespace": "x"}, "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"hostname": elb}]}}});
    let ingress = json!({"metadata": {"name": "api", "namespace": "x"},
        "status": {"loadBalancer": {"ingress": [{"hostname": elb}]}}});
    let with = cluster(&nodes)
        .polled(&EKS_CLUSTERS, &[eks("1.36")])
        .polled(&GATEWAYS, &[nat])
        .polled(&EBS_VOLUMES, &volumes)
        .with::<Service>(&SERVICES, &[service])
        .with::<crate::fleet::ingress::Ingress>(&INGRESSES, &[ingress]);
    let with = sheet(with);
    assert_eq!(cents(&with, "network NAT gateways"), Some(3285));
    assert_eq!(cents(&with, "network public addresses"), Some(365));
    assert_eq!(cents(&with, "volumes gp3"), Some(800), "the other cluster's is not counted");
    assert_eq!(row(&with, "volumes gp3").judged(Timestamp::parse(NOW)).1, "1 attached to nothing");
    assert_eq!(cents(&with, "network network load balancers"), Some(1643));
    assert!(with.table::<Cost>(&COSTS).unwrap().find(None, "network application load balancers").is_none());
}

#[test]
fn more_than_the_estimate_of_the_blueprint_is_a_warning() {
    let of = |estimate: u32| {
        let wanted = format!("environment = \"prod\"\ncost-a-month = {estimate}");
        let picture = sheet(cluster(&[node("n-1", "m6i.large", "on-demand")]).wanting(&wanted));
        row(&picture, "total").judged(Timestamp::parse(NOW))
    };
    // A node and a control plane: 143.08 dollars.
    let (verdict, why) = of(100);
    assert!(verdict == Verdict::Warning && why.starts_with("43% above the $100 of the blueprint"), "{why}");
    let (verdict, why) = of(140);
    assert!(verdict == Verdict::Ok && why.starts_with("the blueprint estimates $140"), "{why}");
}

#[test]
fn dollars_are_whole_with_thousands_apart() {
    assert_eq!([dollars(0), dollars(149), dollars(123_456_750)], ["$0", "$1", "$1,234,568"]);
}
