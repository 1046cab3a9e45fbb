use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::machine::{Machine, Purpose};
use super::parts::{Part, Thing};
use super::subnet::{CLUSTER_SUBNETS, ClusterSubnet, SubnetRole};
use super::*;
use crate::fleet::aws::gateway::{Gateway, GatewayKind};
use crate::fleet::aws::instance::{Checks, Event};
use crate::fleet::aws::kind::{
    GATEWAYS, LAUNCH_TEMPLATES, LOAD_BALANCERS, MACHINE_IMAGES, NODE_GROUPS, NODE_RELEASES, SECURITY_GROUPS,
    TARGET_GROUPS, VPCS,
};
use crate::fleet::aws::launch_template::{LaunchTemplate, UsedTemplate};
use crate::fleet::aws::load_balancer::LoadBalancer;
use crate::fleet::aws::machine_image::{MachineImage, NodeRelease};
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::aws::route_table::Route;
use crate::fleet::aws::security_group::{Permission, SecurityGroup};
use crate::fleet::aws::tag::Tags;
use crate::fleet::aws::target_group::{Target, TargetGroup};
use crate::fleet::aws::vpc::Vpc;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::NODE_POOLS;
use crate::fleet::{Problem, ProblemKind, Timestamp};
use crate::planes::karpenter::{POOLS, Pool};
use crate::planes::machine_image::Vintage;
use crate::planes::topology::network::machine::MACHINES;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn tags(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| (Arc::from(*key), Arc::from(*value))).collect()
}

fn eks() -> EksCluster {
    EksCluster {
        name: "myapp-prod".into(),
        vpc: "vpc-own".into(),
        security_group: "sg-plane".into(),
        ..EksCluster::default()
    }
}

fn subnet(id: &str, zone: &str, free: u32, own: &[(&str, &str)]) -> Subnet {
    Subnet {
        id: id.into(),
        vpc: "vpc-own".into(),
        state: "available".into(),
        zone: zone.into(),
        cidr: "10.1.11.0/24".into(),
        free: Some(free),
        tags: tags(own),
        ..Subnet::default()
    }
}

fn table(subnets: &[&str], target: &str, state: &str) -> RouteTable {
    let way_out = (!target.is_empty()).then(|| Route {
        destination: "0.0.0.0/0".into(),
        target: target.into(),
        state: state.into(),
    });
    RouteTable {
        id: format!("rtb-{target}{}", subnets.len()).into(),
        vpc: "vpc-own".into(),
        is_main: subnets.is_empty(),
        subnets: subnets.iter().map(|id| Arc::from(*id)).collect(),
        routes: way_out.into_iter().collect(),
        ..RouteTable::default()
    }
}

fn instance(id: &str, state: &str) -> Instance {
    Instance {
        id: id.into(),
        state: state.into(),
        kind: "m6i.large".into(),
        vpc: "vpc-own".into(),
        subnet: "subnet-a".into(),
        address: "10.1.11.7".into(),
        groups: ["sg-node".into()].into(),
        launched: Timestamp::parse("2026-11-20T10:00:00Z"),
        ..Instance::default()
    }
}

fn node(name: &str, instance: &str) -> Json {
    json!({"metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": "us-east-1a"}},
        "spec": {"providerID": format!("aws:///us-east-1a/{instance}")},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

fn claim(zone: &str, says: &str) -> Json {
    json!({"metadata": {"name": "spot-x7", "creationTimestamp": "2026-11-21T12:50:00Z"},
        "spec": {"requirements": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]},
        "status": {"conditions": [{"type": "Launched", "status": "Unknown", "reason": "LaunchFailed", "message": says}]}})
}

fn base() -> TestCluster {
    TestCluster::new()
        .with_rows(&EKS_CLUSTERS, &[eks()])
        .with_rows(&INSTANCES, &[instance("i-1", "running")])
        .with::<Node>(&NODES, &[node("n-1", "i-1")])
}

fn three_subnets() -> TestCluster {
    base()
        .with_rows(
            &SUBNETS,
            &[
                subnet("subnet-a", "us-east-1a", 200, &[("Name", "prod-private-a")]),
                subnet("subnet-p", "us-east-1a", 240, &[("Name", "prod-public-a")]),
                subnet("subnet-d", "us-east-1a", 250, &[("Name", "prod-database-a")]),
                Subnet { vpc: "vpc-other".into(), ..subnet("subnet-x", "us-east-1a", 1, &[]) },
            ],
        )
        .with_rows(
            &ROUTE_TABLES,
            &[
                table(&["subnet-a"], "nat-1", "active"),
                table(&["subnet-p"], "igw-1", "active"),
                table(&[], "", ""),
            ],
        )
}

#[test]
fn the_network_is_where_nodes_are_or_the_clusters_own_subnets_and_then_what_eks_names() {
    let eks = |vpc: &str, subnets: &[&str]| EksCluster {
        vpc: vpc.into(),
        subnets: subnets.iter().map(|id| (*id).into()).collect(),
        ..EksCluster::default()
    };
    let of = |eks: EksCluster, nodes: &[Json]| {
        found(&three_subnets().with_rows(&EKS_CLUSTERS, &[eks]).with::<Node>(&NODES, nodes)).len()
    };
    assert_eq!(of(eks("vpc-other", &["subnet-x"]), &[node("n-1", "i-1")]), 3);
    assert_eq!(of(eks("vpc-other", &["subnet-a", "subnet-p"]), &[]), 3);
    assert_eq!(of(eks("vpc-other", &["subnet-gone"]), &[]), 1);
    assert_eq!(of(eks("", &[]), &[]), 0);
}

fn found(cluster: &TestCluster) -> Vec<ClusterSubnet> {
    Network::of(&cluster.picture()).subnets()
}

fn one(cluster: &TestCluster, id: &str) -> ClusterSubnet {
    found(cluster).into_iter().find(|own| *own.subnet.id == *id).unwrap()
}

fn parts(cluster: &TestCluster) -> Vec<Part> {
    let picture = cluster.picture();
    let network = Network::of(&picture);
    network.parts(&network.subnets(), Timestamp::parse(NOW)).unwrap()
}

#[test]
fn a_subnet_is_what_its_routes_say_and_those_of_other_networks_are_nobodys() {
    let cluster = three_subnets();
    let roles: Vec<_> =
        found(&cluster).iter().map(|own| (own.subnet.called().to_owned(), own.role)).collect();
    assert_eq!(
        roles,
        [
            ("prod-public-a".to_owned(), SubnetRole::Public),
            ("prod-private-a".to_owned(), SubnetRole::Private),
            ("prod-database-a".to_owned(), SubnetRole::Database),
        ]
    );
    let private = one(&cluster, "subnet-a");
    assert!(private.takes_nodes && private.machines == 1, "a node's machine is in it");
    assert_eq!(private.judged(), (Verdict::Ok, String::new()));
    assert_eq!(private.words(), "private  10.1.11.0/24  200 of 251 free");
}

#[test]
fn without_route_tables_tags_say_what_a_subnet_is_for_and_without_both_nobody_knows() {
    let public = [("kubernetes.io/role/elb", "1")];
    let cluster = base().with_rows(
        &SUBNETS,
        &[subnet("subnet-p", "us-east-1a", 99, &public), subnet("subnet-q", "us-east-1b", 99, &[])],
    );
    assert_eq!(one(&cluster, "subnet-p").role, SubnetRole::Public);
    assert_eq!(one(&cluster, "subnet-q").role, SubnetRole::Unknown);
}

#[test]
fn a_subnet_with_less_than_a_prefix_is_short_and_says_who_takes_it() {
    let short = |addon: &str| {
        let cni = Addon { name: "vpc-cni".into(), configuration: addon.into(), ..Addon::default() };
        let cluster = base()
            .with_rows(&ADDONS, &[cni])
            .with_rows(&SUBNETS, &[subnet("subnet-a", "us-east-1a", 15, &[])])
            .with_rows(&ROUTE_TABLES, &[table(&["subnet-a"], "nat-1", "active")]);
        one(&cluster, "subnet-a").judged()
    };
    let prefixes = r#"{"env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}}"#;
    assert_eq!(
        short(prefixes),
        (Verdict::Warning, "15 addresses are left: nodes take a /28 (16) at a time".into())
    );
    assert_eq!(short("{}").1, "15 addresses are left: nodes and pods take theirs from it");
    let enough = base().with_rows(&SUBNETS, &[subnet("subnet-a", "us-east-1a", 16, &[])]);
    assert_eq!(one(&enough, "subnet-a").judged().0, Verdict::Ok);
}

#[test]
fn a_claim_that_waits_meets_the_subnet_that_has_no_room_in_its_zone() {
    let cluster = |zone: &str, free: u32| {
        base()
            .with_rows(&SUBNETS, &[subnet("subnet-a", "us-east-1a", free, &[])])
            .with::<NodeClaim>(&NODE_CLAIMS, &[claim(zone, "InsufficientFreeAddressesInSubnet: not enough")])
    };
    let (verdict, why) = one(&cluster("us-east-1a", 2), "subnet-a").judged();
    assert_eq!(
        (verdict, &*why),
        (Verdict::Critical, "2 addresses are left, and claim spot-x7 waits for one")
    );
    assert_eq!(one(&cluster("us-east-1b", 2), "subnet-a").judged().0, Verdict::Warning, "not its zone");
    assert_eq!(one(&cluster("us-east-1a", 200), "subnet-a").judged().0, Verdict::Ok, "there is room");
}

#[test]
fn a_way_out_that_is_gone_is_critical_and_a_tag_that_all_others_have_is_missed() {
    let internal = [("kubernetes.io/role/internal-elb", "1")];
    let cluster = base()
        .with_rows(
            &SUBNETS,
            &[subnet("subnet-a", "us-east-1a", 99, &internal), subnet("subnet-b", "us-east-1b", 99, &[])],
        )
        .with_rows(&ROUTE_TABLES, &[table(&["subnet-a", "subnet-b"], "nat-1", "blackhole")]);
    assert_eq!(one(&cluster, "subnet-a").judged(), (Verdict::Critical, "its way out, nat-1, is gone".into()));
    let tags = one(&cluster, "subnet-b").missing_tags;
    assert_eq!(tags, ["kubernetes.io/role/internal-elb"], "and no tag that no subnet has");
}

#[test]
fn the_network_is_the_one_of_the_nodes_where_eks_does_not_say() {
    let cluster = TestCluster::new()
        .with_rows(&INSTANCES, &[instance("i-1", "running")])
        .with::<Node>(&NODES, &[node("n-1", "i-1")])
        .with_rows(&SUBNETS, &[subnet("subnet-a", "us-east-1a", 99, &[])]);
    assert_eq!(found(&cluster).len(), 1);
    let nothing = TestCluster::new().with_rows(&SUBNETS, &[subnet("subnet-a", "us-east-1a", 99, &[])]);
    assert_eq!(found(&nothing), []);
}

#[test]
fn a_subnet_whose_facts_are_missing_or_strange_is_shown_and_not_judged() {
    let strange = Subnet { free: None, cidr: "".into(), state: "".into(), ..subnet("subnet-a", "", 0, &[]) };
    let cluster = base().with_rows(&SUBNETS, &[strange]);
    let own = one(&cluster, "subnet-a");
    assert_eq!((own.judged(), own.is_short()), ((Verdict::Ok, String::new()), false));
}

fn rule(ports: Option<(i32, i32)>, group: &str, network: &str) -> Permission {
    let list = |text: &str| -> Vec<String> { if text.is_empty() { vec![] } else { vec![text.to_owned()] } };
    Permission {
        protocol: if ports.is_some() { "tcp" } else { "-1" }.into(),
        ports,
        groups: list(group).into_iter().map(Arc::from).collect(),
        networks: list(network).into_iter().map(Into::into).collect(),
        ..Permission::default()
    }
}

fn group(id: &str, rules: &[Permission]) -> SecurityGroup {
    SecurityGroup {
        id: id.into(),
        name: id.into(),
        vpc: "vpc-own".into(),
        ingress: rules.into(),
        ..SecurityGroup::default()
    }
}

fn rules(groups: &[SecurityGroup]) -> Vec<(String, Verdict)> {
    let cluster = base().with_rows(&SECURITY_GROUPS, groups);
    let all = parts(&cluster).into_iter().filter(|part| part.thing == Thing::Rule);
    all.map(|part| (part.name.to_string(), part.verdict)).collect()
}

#[test]
fn nodes_and_control_plane_reach_each_other_by_group_or_by_network_or_it_is_critical() {
    let (to_plane, to_nodes) = ("nodes to control plane".to_owned(), "control plane to nodes".to_owned());
    let by_group = [
        group("sg-plane", &[rule(Some((443, 443)), "sg-node", "")]),
        group("sg-node", &[rule(Some((1025, 65535)), "sg-plane", "")]),
    ];
    assert_eq!(rules(&by_group), [(to_plane.clone(), Verdict::Ok), (to_nodes.clone(), Verdict::Ok)]);
    let by_network = [
        group("sg-plane", &[rule(Some((443, 443)), "", "10.1.0.0/16")]),
        group("sg-node", &[rule(None, "", "10.0.0.0/8")]),
    ];
    assert_eq!(rules(&by_network), [(to_plane.clone(), Verdict::Ok), (to_nodes.clone(), Verdict::Ok)]);
    let closed = [
        group("sg-plane", &[rule(Some((443, 443)), "sg-bastion", "192.168.0.0/16")]),
        group("sg-node", &[rule(Some((30000, 32767)), "sg-plane", "")]),
    ];
    assert_eq!(rules(&closed), [(to_plane, Verdict::Critical), (to_nodes, Verdict::Critical)]);
}

fn balancer(tags_of: &[(&str, &str)]) -> LoadBalancer {
    LoadBalancer {
        name: "edge".into(),
        arn: "arn:edge".into(),
        host: "edge-1.us-east-1.elb.amazonaws.com".into(),
        kind: "application".into(),
        scheme: "internet-facing".into(),
        state: "active".into(),
        vpc: "vpc-own".into(),
        zones: ["us-east-1a".into()].into(),
        subnets: ["subnet-a".into()].into(),
        security_groups: ["sg-edge".into()].into(),
        tags: tags(tags_of),
        ..LoadBalancer::default()
    }
}

fn behind(balancer: LoadBalancer, state: &str, node_rules: &[Permission]) -> TestCluster {
    let target = Target { id: "i-1".into(), port: 30080, state: state.into(), ..Target::default() };
    let targets = TargetGroup {
        name: "web".into(),
        arn: "arn:web".into(),
        load_balancers: [balancer.arn.clone()].into(),
        targets: Some([target].into()),
        ..TargetGroup::default()
    };
    base()
        .with_rows(&SUBNETS, &[subnet("subnet-a", "us-east-1a", 99, &[])])
        .with_rows(&LOAD_BALANCERS, &[balancer])
        .with_rows(&TARGET_GROUPS, &[targets])
        .with_rows(&SECURITY_GROUPS, &[group("sg-edge", &[]), group("sg-node", node_rules)])
}

fn one_part(cluster: &TestCluster, name: &str) -> Part {
    parts(cluster).into_iter().find(|part| &*part.name == name).unwrap()
}

#[test]
fn a_load_balancer_says_what_it_is_for_and_what_is_behind_it() {
    let made_for = [("elbv2.k8s.aws/cluster", "myapp-prod"), ("ingress.k8s.aws/stack", "web/edge")];
    let well = one_part(&behind(balancer(&made_for), "healthy", &[]), "edge");
    assert_eq!((well.thing, well.verdict), (Thing::LoadBalancer, Verdict::Ok));
    assert_eq!(
        well.words,
        "application  internet-facing  active  1/1 targets  for Ingress web/edge  us-east-1a"
    );
    let ill = one_part(&behind(balancer(&made_for), "unhealthy", &[]), "edge");
    assert_eq!(ill.verdict, Verdict::Critical);
    assert!(ill.why.starts_with("target group web: 0 of 1 healthy"), "{}", ill.why);
}

#[test]
fn a_load_balancer_that_is_for_another_cluster_is_not_of_this_one() {
    let of = |cluster: &str| {
        let tag = [("elbv2.k8s.aws/cluster", cluster)];
        let parts = parts(&behind(balancer(&tag), "healthy", &[]));
        parts.iter().filter(|part| part.thing == Thing::LoadBalancer).count()
    };
    assert_eq!((of("myapp-prod"), of("neighbour")), (1, 0));
}

#[test]
fn nodes_let_a_load_balancer_in_by_its_group_or_its_networks_or_it_is_critical() {
    let told = |rules: &[Permission]| {
        let rule = one_part(&behind(balancer(&[]), "healthy", rules), "edge to nodes");
        (rule.words, rule.verdict)
    };
    let node_ports = Some((30000, 32767));
    let open = ("30080 open".to_owned(), Verdict::Ok);
    assert_eq!(told(&[rule(node_ports, "sg-edge", "")]), open);
    assert_eq!(told(&[rule(node_ports, "", "10.1.0.0/16")]), open);
    let closed = ("30080 closed".to_owned(), Verdict::Critical);
    assert_eq!(told(&[rule(Some((443, 443)), "sg-edge", "10.1.0.0/16")]), closed);
    assert_eq!(told(&[rule(node_ports, "", "10.1.11.0/26")]), closed, "a part of its subnet");
    let unread = LoadBalancer { security_groups: [].into(), ..balancer(&[]) };
    let parts = parts(&behind(unread, "healthy", &[]));
    assert!(!parts.iter().any(|part| &*part.name == "edge to nodes"), "without groups nothing is said");
}

#[test]
fn a_node_group_says_its_template_and_the_age_of_the_image_that_its_machines_really_have() {
    let used = UsedTemplate { id: "lt-1".into(), name: "system".into(), version: "2".into() };
    let group = NodeGroup { name: "system".into(), launch_template: Some(used), ..NodeGroup::default() };
    let template = LaunchTemplate { id: "lt-1".into(), default: 2, latest: 3, ..LaunchTemplate::default() };
    let image = MachineImage {
        id: "ami-1".into(),
        name: "amazon-eks-node-al2023-x86_64-standard-1.36-v20261007".into(),
        ..MachineImage::default()
    };
    let newest = NodeRelease { line: "1.36/x86_64/standard".into(), release: "1.36.3-20261104".into() };
    let machine = Instance { image: "ami-1".into(), ..instance("i-1", "running") };
    let picture = TestCluster::new()
        .with_rows(&EKS_CLUSTERS, &[eks()])
        .with_rows(&INSTANCES, &[machine])
        .with::<Node>(&NODES, &[node("n-1", "i-1")])
        .with_rows(&NODE_GROUPS, &[group])
        .with_rows(&LAUNCH_TEMPLATES, &[template])
        .with_rows(&MACHINE_IMAGES, &[image])
        .with_rows(&NODE_RELEASES, &[newest])
        .picture();
    let network = Network::of(&picture);
    let nodes = || picture.table::<Node>(&NODES).unwrap().iter().map(|(_, node)| node.as_ref());
    let now = Timestamp::parse(NOW);
    assert_eq!(
        network.launched_from("system", nodes(), now),
        "image 45d old, 1.36.3-20261104 is 28 days newer, system v2 of 3"
    );
    assert_eq!(
        network.launched_from("spot", nodes(), now),
        "image 45d old, 1.36.3-20261104 is 28 days newer"
    );
    assert_eq!(network.launched_from("spot", std::iter::empty(), now), "");
    let vintage = Vintage::of_image(&picture, "ami-1");
    let well = Machine { instance: Arc::new(instance("i-1", "running")), vintage, ..Machine::default() };
    assert_eq!(well.judged(now), (Verdict::Ok, String::new()));
}

#[test]
fn one_nat_gateway_for_all_zones_is_said_and_judged_by_the_blueprint_alone() {
    let nat = Gateway {
        id: "nat-1".into(),
        kind: GatewayKind::Nat,
        vpc: "vpc-own".into(),
        state: "available".into(),
        subnet: "subnet-a".into(),
        addresses: ["203.0.113.9".into()].into(),
        ..Gateway::default()
    };
    let with = |gateways: &[Gateway]| {
        base()
            .with_rows(
                &SUBNETS,
                &[subnet("subnet-a", "us-east-1a", 99, &[]), subnet("subnet-b", "us-east-1b", 99, &[])],
            )
            .with_rows(&ROUTE_TABLES, &[table(&["subnet-a", "subnet-b"], "nat-1", "active")])
            .with_rows(&GATEWAYS, gateways)
    };
    let nats = |cluster: &TestCluster| -> Vec<Part> {
        parts(cluster).into_iter().filter(|part| part.thing == Thing::NatGateway).collect()
    };
    let told = nats(&with(std::slice::from_ref(&nat)));
    assert_eq!((told[0].verdict, told[0].words.contains("one for 2 zones")), (Verdict::Ok, true));
    let each =
        with(std::slice::from_ref(&nat)).wanting("environment = \"prod\"\nnat-gateways = \"each-zone\"");
    let told = nats(&each);
    assert_eq!(
        (told[0].verdict, &*told[0].why),
        (Verdict::Warning, "one in each zone is wanted: us-east-1b has none")
    );
    let failed = Gateway { state: "failed".into(), failure: "no free address".into(), ..nat };
    assert_eq!(nats(&with(&[failed]))[0].why, "failed: no free address");
}

#[test]
fn a_bastion_is_open_when_the_world_may_log_in_and_unknown_without_its_groups() {
    let bastion = Instance {
        tags: tags(&[("Name", "myapp-prod-bastion")]),
        groups: ["sg-b".into()].into(),
        ..instance("i-b", "running")
    };
    let with = |groups: Option<&[SecurityGroup]>| {
        let cluster = base().with_rows(&INSTANCES, &[instance("i-1", "running"), bastion.clone()]);
        match groups {
            Some(groups) => cluster.with_rows(&SECURITY_GROUPS, groups),
            None => cluster,
        }
    };
    let judged = |cluster: TestCluster| {
        let picture = cluster.looking_at(&MACHINES).picture();
        let (_, row) = picture.table::<Machine>(&MACHINES).unwrap().find(None, "i-b").unwrap();
        row.judged(Timestamp::parse(NOW))
    };
    let open = group("sg-b", &[rule(Some((22, 22)), "", "0.0.0.0/0")]);
    assert_eq!(judged(with(Some(&[open]))), (Verdict::Warning, "SSH is open to the whole world".to_owned()));
    let narrow = group("sg-b", &[rule(Some((22, 22)), "", "198.51.100.0/24")]);
    assert_eq!(judged(with(Some(&[narrow]))).0, Verdict::Ok);
    assert_eq!(judged(with(None)).0, Verdict::Ok);
}

fn machine(instance: Instance, nodes: &[Json]) -> Machine {
    let cluster = TestCluster::new()
        .with_rows(&EKS_CLUSTERS, &[eks()])
        .with_rows(&INSTANCES, std::slice::from_ref(&instance))
        .with::<Node>(&NODES, nodes)
        .looking_at(&MACHINES);
    let picture = cluster.picture();
    let (_, row) = picture.table::<Machine>(&MACHINES).unwrap().find(None, &instance.id).unwrap();
    Machine::clone(row)
}

#[test]
fn a_machine_that_was_launched_to_be_a_node_and_is_none_is_told_after_a_while() {
    let pool = tags(&[("karpenter.sh/nodepool", "spot")]);
    let lost = machine(Instance { tags: pool.clone(), ..instance("i-9", "running") }, &[]);
    assert_eq!(lost.purpose, Purpose::Lost);
    assert_eq!(
        lost.judged(Timestamp::parse(NOW)),
        (Verdict::Warning, "runs for 27h and is no node".to_owned())
    );
    let young = Instance {
        launched: Timestamp::parse("2026-11-21T12:55:00Z"),
        tags: pool,
        ..instance("i-9", "running")
    };
    assert_eq!(machine(young, &[]).judged(Timestamp::parse(NOW)).0, Verdict::Progressing);
    let node = machine(instance("i-1", "running"), &[node("n-1", "i-1")]);
    assert_eq!(node.purpose, Purpose::Node { name: "n-1".into(), is_ready: Some(true) });
}

#[test]
fn checks_that_fail_and_events_that_are_planned_are_told() {
    let impaired = Checks {
        system: "ok".into(),
        instance: "impaired".into(),
        since: Timestamp::parse("2026-11-21T12:51:00Z"),
        ..Checks::default()
    };
    let sick = Instance { checks: Some(impaired), ..instance("i-1", "running") };
    let (verdict, why) = machine::judged(&sick, Timestamp::parse(NOW));
    assert_eq!((verdict, &*why), (Verdict::Critical, "its instance check fails for 9m"));
    let event = |description: &str| Event {
        code: "instance-retirement".into(),
        description: description.into(),
        not_before: Timestamp::parse("2026-11-23T13:00:00Z"),
    };
    let with = |event| Instance {
        checks: Some(Checks { events: [event].into(), ..Checks::default() }),
        ..instance("i-1", "running")
    };
    let (verdict, why) =
        machine::judged(&with(event("The instance runs on degraded hardware")), Timestamp::parse(NOW));
    assert_eq!((verdict, &*why), (Verdict::Warning, "AWS plans instance-retirement in 2d"));
    assert_eq!(machine::judged(&with(event("[Completed] it is over")), Timestamp::parse(NOW)).0, Verdict::Ok);
}

#[test]
fn a_node_whose_machine_is_gone_is_no_node_but_only_where_the_account_is_the_right_one() {
    let now = Timestamp::parse(NOW);
    let behind = |instances: &[Instance]| {
        let cluster = TestCluster::new()
            .with_rows(&INSTANCES, instances)
            .with::<Node>(&NODES, &[node("n-1", "i-1"), node("n-2", "i-2")]);
        let picture = cluster.picture();
        let (_, node) = picture.table::<Node>(&NODES).unwrap().find(None, "n-2").unwrap();
        machine::of_node(&Network::of(&picture), node, now)
    };
    let (verdict, why) = behind(&[instance("i-1", "running")]);
    assert_eq!((verdict, &*why), (Verdict::Critical, "its instance i-2 does not exist any more"));
    assert_eq!(behind(&[instance("i-7", "running")]).0, Verdict::Ok, "the instances of somebody else");
    assert_eq!(behind(&[instance("i-1", "running"), instance("i-2", "stopped")]).0, Verdict::Critical);
}

#[test]
fn what_may_not_be_read_stands_where_it_would_be_with_its_action() {
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: ec2:DescribeSecurityGroups");
    let cluster = three_subnets()
        .with_rows(
            &VPCS,
            &[Vpc { id: "vpc-own".into(), cidrs: ["10.1.0.0/16".into()].into(), ..Vpc::default() }],
        )
        .with_freshness::<SecurityGroup>(&SECURITY_GROUPS, Freshness::Forbidden { problem });
    let unread: Vec<_> = parts(&cluster)
        .into_iter()
        .filter(|part| part.thing == Thing::Unread)
        .map(|part| (part.name.to_string(), part.verdict, part.why))
        .collect();
    assert!(unread.contains(&(
        "security groups".to_owned(),
        Verdict::Unknown,
        "forbidden: ec2:DescribeSecurityGroups".to_owned()
    )));
    assert!(Network::of(&TestCluster::new().picture()).parts(&[], Timestamp::parse(NOW)).is_none());
}

#[test]
fn the_table_of_subnets_is_as_fresh_as_what_ec2_said() {
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: ec2:DescribeSubnets");
    let refused = Freshness::Forbidden { problem };
    let read = base()
        .with_rows::<Addon>(&ADDONS, [])
        .with_rows::<RouteTable>(&ROUTE_TABLES, &[])
        .with::<NodeClaim>(&NODE_CLAIMS, &[])
        .with::<NodeClass>(&EC2_NODE_CLASSES, &[]);
    let cluster =
        read.with_freshness::<Subnet>(&SUBNETS, refused.clone()).looking_at(&CLUSTER_SUBNETS).picture();
    assert_eq!(cluster.freshness(&CLUSTER_SUBNETS), refused);
}

#[test]
fn a_pool_whose_claim_waits_names_the_subnet_that_is_full() {
    let mut waiting = claim("us-east-1a", "InsufficientFreeAddressesInSubnet");
    waiting["metadata"]["labels"] = json!({"karpenter.sh/nodepool": "spot"});
    let pool = json!({"metadata": {"name": "spot"}, "spec": {"template": {"spec": {}}}});
    let why = |free: u32| {
        let picture = base()
            .with_rows(&SUBNETS, &[subnet("subnet-a", "us-east-1a", free, &[("Name", "private-a")])])
            .with::<NodeClaim>(&NODE_CLAIMS, std::slice::from_ref(&waiting))
            .with::<NodePool>(&NODE_POOLS, std::slice::from_ref(&pool))
            .looking_at(&POOLS)
            .picture();
        let (_, row) = picture.table::<Pool>(&POOLS).unwrap().find(None, "spot").unwrap();
        row.claims.clone().unwrap().launching.why
    };
    assert!(why(2).starts_with("subnet private-a has 2 addresses left: "), "{}", why(2));
    assert!(!why(200).contains("private-a"), "{}", why(200));
}
