//! Records judged over two clusters that share an account, made of rows and JSON.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::load_balancer::{BALANCERS, Balancer};
use super::zone::{DNS_ZONES, DnsZone};
use super::*;
use crate::fleet::aws::acm_certificate::AcmCertificate;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::health_check::{HealthCheck, Seen};
use crate::fleet::aws::listener::Listener;
use crate::fleet::aws::load_balancer::LoadBalancer;
use crate::fleet::aws::record::{Answer, Routing};
use crate::fleet::aws::target_group::{Target, TargetGroup};
use crate::fleet::aws::zone::HostedZone;
use crate::fleet::ingress::Ingress;
use crate::fleet::service::Service;
use crate::fleet::workload::Workload;
use crate::fleet::{EnvironmentName, Interest, Packed, Problem, ProblemKind};
use crate::planes::DERIVED;
use crate::snapshot::delta::Change;
use crate::snapshot::{ClusterSnapshot, Delta, Freshness, RowChange, Store};

const NOW: &str = "2026-11-21T13:00:00Z";
const DEV: &str = "myapp-dev";
const PROD: &str = "myapp-prod";
const ZONE: &str = "Z1";
const EDGE: &str = "k8s-edge-prod-1.us-east-1.elb.amazonaws.com";
const DEV_EDGE: &str = "k8s-edge-dev-1.us-east-1.elb.amazonaws.com";

fn now() -> Timestamp {
    Timestamp::parse(NOW)
}

fn id(name: &str) -> ClusterId {
    ClusterId::new(EnvironmentName::new(name.trim_start_matches("myapp-")), name)
}

/// Two clusters with everything that records are judged by.
struct Fleet {
    store: Store,
    records: Vec<RecordSet>,
}

fn external_dns(owner: &str, more: &[&str]) -> Json {
    let mut args = vec!["--source=ingress".to_owned(), "--source=service".to_owned()];
    args.extend([format!("--txt-owner-id={owner}"), "--domain-filter=cosner.cloud".to_owned()]);
    args.extend(more.iter().map(|argument| (*argument).to_owned()));
    json!({"kind": "Deployment", "metadata": {"name": "external-dns", "namespace": "dns"},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [
            {"name": "external-dns", "image": "registry.k8s.io/external-dns/external-dns:v0.20.0", "args": args}]}}},
        "status": {"replicas": 1, "readyReplicas": 1}})
}

fn ingress(name: &str, host: &str, at: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "web", "creationTimestamp": "2026-11-20T10:00:00Z"},
        "spec": {"rules": [{"host": host}]}, "status": {"loadBalancer": {"ingress": [{"hostname": at}]}}})
}

fn record(name: &str, kind: &str, answer: Answer) -> RecordSet {
    RecordSet {
        key: format!("{name} {kind}").into(),
        name: name.into(),
        kind: kind.into(),
        zone: ZONE.into(),
        answer,
        ..RecordSet::default()
    }
}

fn alias(name: &str, target: &str) -> RecordSet {
    record(name, "A", Answer::Alias { target: target.into(), zone: "Z35".into(), evaluates_health: true })
}

fn plain(name: &str, kind: &str, values: &[&str]) -> RecordSet {
    record(
        name,
        kind,
        Answer::Values { ttl: 300, values: values.iter().map(|value| (*value).into()).collect() },
    )
}

fn text(name: &str, owner: &str, resource: &str) -> RecordSet {
    let value =
        format!("\"heritage=external-dns,external-dns/owner={owner},external-dns/resource={resource}\"");
    plain(name, "TXT", &[value.as_str()])
}

fn balancer(host: &str, cluster: &str, stack: &str) -> LoadBalancer {
    let name = host.split(".us-east").next().unwrap();
    LoadBalancer {
        name: name.into(),
        arn: format!("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/{name}/1").into(),
        host: host.into(),
        state: "active".into(),
        kind: "application".into(),
        tags: [
            ("elbv2.k8s.aws/cluster".into(), cluster.into()),
            ("ingress.k8s.aws/stack".into(), stack.into()),
        ]
        .into(),
        ..LoadBalancer::default()
    }
}

impl Fleet {
    /// `api.cosner.cloud` of production and `api.dev.cosner.cloud` of development, each kept by its external-dns.
    fn whole() -> Self {
        let mut fleet =
            Self { store: Store::new([id(DEV), id(PROD)]).deriving(DERIVED), records: Vec::new() };
        fleet.records = vec![
            plain("cosner.cloud", "SOA", &["ns-1 hostmaster"]),
            plain("cosner.cloud", "NS", &["ns-1.awsdns.com"]),
            alias("api.cosner.cloud", EDGE),
            text("cname-api.cosner.cloud", PROD, "ingress/web/api"),
            alias("api.dev.cosner.cloud", DEV_EDGE),
            text("cname-api.dev.cosner.cloud", DEV, "ingress/web/api"),
            plain("bastion.cosner.cloud", "A", &["198.51.100.7"]),
        ];
        for (name, host, at) in [(DEV, "api.dev.cosner.cloud", DEV_EDGE), (PROD, "api.cosner.cloud", EDGE)] {
            fleet.objects::<Workload>(name, &DEPLOYMENTS, &[external_dns(name, &["--policy=sync"])]);
            fleet.objects::<Ingress>(name, &INGRESSES, &[ingress("api", host, at)]);
            fleet.objects::<Service>(name, &SERVICES, &[]);
            fleet.rows(name, &ZONES, vec![zone(ZONE, "cosner.cloud")]);
            fleet.rows(
                name,
                &CALLERS,
                vec![Caller { region: "us-east-1".into(), arn: "me".into(), ..Caller::default() }],
            );
            fleet.rows(
                name,
                &LOAD_BALANCERS,
                vec![balancer(EDGE, PROD, "web/api"), balancer(DEV_EDGE, DEV, "web/api")],
            );
            fleet.rows::<Listener>(name, &LISTENERS, vec![]);
            fleet.rows::<TargetGroup>(name, &TARGET_GROUPS, vec![]);
            fleet.rows::<AcmCertificate>(name, &ACM_CERTIFICATES, vec![]);
            fleet.rows::<HealthCheck>(name, &HEALTH_CHECKS, vec![]);
        }
        fleet
    }

    fn apply(&mut self, cluster: &str, change: Change) {
        self.store.apply(Delta { cluster: id(cluster), epoch: None, change });
    }

    fn rows<R: Row>(&mut self, cluster: &str, kind: &ResourceType, rows: Vec<R>) {
        let mut changes = vec![RowChange::ListBegan];
        changes.extend(rows.into_iter().map(RowChange::Upserted));
        changes.extend([RowChange::ListEnded, RowChange::Freshness(Freshness::Live)]);
        self.apply(cluster, Change::Table(kind.clone(), Box::new(changes)));
    }

    fn objects<R: Packed>(&mut self, cluster: &str, kind: &ResourceType, objects: &[Json]) {
        let mut shared = R::Shared::default();
        let rows = objects.iter().map(|object| {
            let json = object.to_string();
            R::pack(serde_json::from_str(&json).unwrap(), &mut shared)
        });
        let rows: Vec<R> = rows.collect();
        self.rows(cluster, kind, rows);
    }

    fn refused<R: Row>(&mut self, cluster: &str, kind: &ResourceType) {
        let problem = Problem::new(ProblemKind::Forbidden, "forbidden");
        let changes: Vec<RowChange<R>> = vec![
            RowChange::ListBegan,
            RowChange::ListEnded,
            RowChange::Freshness(Freshness::Forbidden { problem }),
        ];
        self.apply(cluster, Change::Table(kind.clone(), Box::new(changes)));
    }

    fn with(mut self, more: Vec<RecordSet>) -> Self {
        self.records.extend(more);
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.records.retain(|record| &*record.name != name);
        self
    }

    fn pictures(&mut self) -> Vec<Arc<ClusterSnapshot>> {
        for cluster in [DEV, PROD] {
            let records = self.records.clone();
            self.rows(cluster, &RECORDS, records);
        }
        let interest = |cluster: &str, resource: &ResourceType| Interest {
            cluster: id(cluster),
            resource: resource.clone(),
        };
        let kinds = [DNS_RECORDS, DNS_ZONES, BALANCERS];
        let all = [DEV, PROD].iter().flat_map(|cluster| kinds.iter().map(|kind| interest(cluster, kind)));
        self.store.look_at(&all.collect());
        self.store.publish().clusters.clone()
    }

    /// What is said of a record, and in which clusters' tables it is shown.
    fn said(&mut self, name: &str) -> (Class, Verdict, String, Vec<String>) {
        let pictures = self.pictures();
        let mut found = None;
        let mut shown = Vec::new();
        for picture in &pictures {
            for (_, row) in picture.table::<DnsRecord>(&DNS_RECORDS).unwrap().iter() {
                if &*row.name == name && &*row.kind != "NS" && &*row.kind != "SOA" {
                    if row.shown_by.is_none() {
                        shown.push(picture.id.name().to_owned());
                    }
                    found = Some((row.class, row.judge(now())));
                }
            }
        }
        let (class, (verdict, why)) = found.unwrap_or_else(|| panic!("no row for {name}"));
        (class, verdict, why, shown)
    }

    fn class(&mut self, name: &str) -> (Class, Verdict) {
        let (class, verdict, _, _) = self.said(name);
        (class, verdict)
    }
}

fn zone(id: &str, domain: &str) -> HostedZone {
    HostedZone {
        id: id.into(),
        domain: domain.into(),
        records: 9,
        name_servers: ["ns-1.awsdns.com".into()].into(),
        ..HostedZone::default()
    }
}

#[test]
fn records_are_joined_to_the_cluster_that_owns_them_and_every_record_is_shown_once() {
    let mut fleet = Fleet::whole();
    for (name, cluster) in [("api.cosner.cloud", PROD), ("api.dev.cosner.cloud", DEV)] {
        let (class, verdict, why, shown) = fleet.said(name);
        assert_eq!((class, verdict, why.as_str()), (Class::Managed, Verdict::Ok, ""), "{name}");
        assert_eq!(shown, [cluster]);
    }
    let (class, verdict, _, shown) = fleet.said("bastion.cosner.cloud");
    assert_eq!((class, verdict, shown), (Class::ByHand, Verdict::Ok, vec![DEV.to_owned()]));
    let pictures = fleet.pictures();
    let prod = pictures[1].table::<DnsRecord>(&DNS_RECORDS).unwrap();
    assert_eq!(*prod.tally(), DnsTally { records: 1, drift: 0, unknown: 0 });
    let hidden: Vec<&str> =
        prod.iter().filter(|(_, row)| row.shown_by == Some(id(DEV))).map(|(_, row)| &*row.name).collect();
    assert!(hidden.contains(&"bastion.cosner.cloud"), "there when production is looked at alone: {hidden:?}");
    assert!(!prod.iter().any(|(_, row)| row.name.starts_with("cname-")), "texts are told with their records");
}

#[test]
fn texts_of_all_ages_and_with_affixes_are_found() {
    for (name, more) in [
        ("api.cosner.cloud", &[][..]),
        ("a-api.cosner.cloud", &[]),
        ("own-cname-api.cosner.cloud", &["--txt-prefix=own-"]),
        ("a-own-api.cosner.cloud", &["--txt-prefix=%{record_type}-own-"]),
        ("cname-api-own.cosner.cloud", &["--txt-suffix=-own"]),
    ] {
        let mut fleet =
            Fleet::whole().without("cname-api.cosner.cloud").with(vec![text(name, PROD, "ingress/web/api")]);
        fleet.objects::<Workload>(PROD, &DEPLOYMENTS, &[external_dns(PROD, more)]);
        assert_eq!(fleet.class("api.cosner.cloud"), (Class::Managed, Verdict::Ok), "{name}");
    }
}

#[test]
fn what_is_wanted_and_not_there_is_a_row_unless_it_has_just_been_asked_for() {
    let mut fleet = Fleet::whole().without("api.cosner.cloud").without("cname-api.cosner.cloud");
    let (class, verdict, why, shown) = fleet.said("api.cosner.cloud");
    assert_eq!(
        (class, verdict, why.as_str()),
        (Class::Missing, Verdict::Critical, "Ingress web/api wants it")
    );
    assert_eq!(shown, [PROD]);
    let mut young = ingress("api", "api.cosner.cloud", EDGE);
    young["metadata"]["creationTimestamp"] = json!("2026-11-21T12:59:00Z");
    fleet.objects::<Ingress>(PROD, &INGRESSES, &[young]);
    assert_eq!(fleet.class("api.cosner.cloud").1, Verdict::Progressing);
    // A domain that its external-dns does not keep is nobody's business.
    fleet.objects::<Ingress>(PROD, &INGRESSES, &[ingress("api", "api.example.com", EDGE)]);
    assert!(
        !fleet.pictures()[1]
            .table::<DnsRecord>(&DNS_RECORDS)
            .unwrap()
            .iter()
            .any(|(_, row)| row.class == Class::Missing)
    );
}

#[test]
fn a_wildcard_that_answers_in_its_place_is_said() {
    let bare = || Fleet::whole().without("api.cosner.cloud").without("cname-api.cosner.cloud");
    let (class, verdict, why, _) =
        bare().with(vec![alias("*.cosner.cloud", DEV_EDGE)]).said("api.cosner.cloud");
    assert_eq!((class, verdict), (Class::Shadowed, Verdict::Critical));
    assert!(why.contains("*.cosner.cloud answers in its place"), "{why}");
    assert_eq!(
        bare().with(vec![alias("*.cosner.cloud", EDGE)]).class("api.cosner.cloud"),
        (Class::Shadowed, Verdict::Warning)
    );
}

#[test]
fn what_nobody_wants_any_more_is_orphaned_and_unknown_where_nobody_could_look() {
    let mut fleet = Fleet::whole();
    fleet.objects::<Ingress>(PROD, &INGRESSES, &[]);
    let (class, verdict, why, _) = fleet.said("api.cosner.cloud");
    assert_eq!(
        (class, verdict, why.as_str()),
        (Class::Orphaned, Verdict::Warning, "ingress web/api is gone")
    );
    fleet.objects::<Workload>(PROD, &DEPLOYMENTS, &[external_dns(PROD, &["--policy=upsert-only"])]);
    assert!(fleet.said("api.cosner.cloud").2.ends_with("policy upsert-only never deletes"));
    fleet.refused::<Ingress>(PROD, &INGRESSES);
    assert_eq!(fleet.class("api.cosner.cloud"), (Class::Unknown, Verdict::Unknown));
    fleet.refused::<Workload>(PROD, &DEPLOYMENTS);
    let (class, verdict, why, _) = fleet.said("api.cosner.cloud");
    assert_eq!((class, verdict), (Class::Unknown, Verdict::Unknown));
    assert!(why.contains("myapp-prod, which cannot be read"), "{why}");
}

#[test]
fn an_owner_that_is_nobody_here_is_foreign_and_only_bad_where_somebody_wants_the_name() {
    let foreign = text("cname-old.cosner.cloud", "elsewhere", "ingress/a/b");
    let mut fleet = Fleet::whole().with(vec![alias("old.cosner.cloud", EDGE), foreign]);
    assert_eq!(fleet.class("old.cosner.cloud"), (Class::Foreign, Verdict::Ok));
    let mut fleet = Fleet::whole().without("cname-api.cosner.cloud").with(vec![text(
        "cname-api.cosner.cloud",
        "elsewhere",
        "ingress/a/b",
    )]);
    let (class, verdict, why, _) = fleet.said("api.cosner.cloud");
    assert_eq!((class, verdict), (Class::Foreign, Verdict::Warning));
    assert!(why.contains("owner elsewhere") && why.contains("Ingress web/api of myapp-prod"), "{why}");
}

#[test]
fn two_clusters_that_sign_alike_and_two_texts_that_disagree_are_two_owners() {
    let mut fleet = Fleet::whole();
    fleet.objects::<Workload>(DEV, &DEPLOYMENTS, &[external_dns(PROD, &[])]);
    let (class, verdict, why, _) = fleet.said("api.cosner.cloud");
    assert_eq!((class, verdict), (Class::TwoOwners, Verdict::Warning));
    assert!(why.starts_with("myapp-dev and myapp-prod sign with the same owner"), "{why}");
    let mut fleet = Fleet::whole().with(vec![text("api.cosner.cloud", DEV, "ingress/web/api")]);
    let (class, verdict, why, _) = fleet.said("api.cosner.cloud");
    assert_eq!((class, verdict), (Class::TwoOwners, Verdict::Warning));
    assert!(why.contains("myapp-prod and myapp-dev"), "{why}");
}

#[test]
fn a_load_balancer_that_is_not_there_dangles_and_one_of_another_region_is_unknown() {
    let gone = "k8s-gone-1.us-east-1.elb.amazonaws.com";
    let mut fleet = Fleet::whole().without("api.cosner.cloud").with(vec![alias("api.cosner.cloud", gone)]);
    fleet.objects::<Ingress>(PROD, &INGRESSES, &[ingress("api", "api.cosner.cloud", gone)]);
    let (class, verdict, why, _) = fleet.said("api.cosner.cloud");
    assert_eq!((class, verdict), (Class::Dangling, Verdict::Critical));
    assert!(why.contains(gone), "{why}");
    let far = "k8s-far-1.eu-west-1.elb.amazonaws.com";
    let mut fleet = Fleet::whole().without("api.cosner.cloud").with(vec![alias("api.cosner.cloud", far)]);
    fleet.objects::<Ingress>(PROD, &INGRESSES, &[ingress("api", "api.cosner.cloud", far)]);
    assert_eq!(fleet.class("api.cosner.cloud").1, Verdict::Unknown);
    // Nobody could look: never dangling.
    let mut fleet = Fleet::whole();
    for cluster in [DEV, PROD] {
        fleet.refused::<LoadBalancer>(cluster, &LOAD_BALANCERS);
    }
    assert_eq!(fleet.class("api.cosner.cloud"), (Class::Managed, Verdict::Unknown));
}

#[test]
fn a_record_that_leads_elsewhere_than_its_ingress_is_wrong_and_dualstack_is_the_same() {
    let mut fleet =
        Fleet::whole().without("api.cosner.cloud").with(vec![alias("api.cosner.cloud", DEV_EDGE)]);
    let (class, verdict, why, _) = fleet.said("api.cosner.cloud");
    assert_eq!((class, verdict), (Class::WrongTarget, Verdict::Critical));
    assert!(why.contains(DEV_EDGE) && why.contains(EDGE), "{why}");
}

#[test]
fn a_name_made_by_hand_is_not_judged_unless_somebody_wants_it_elsewhere() {
    let by_hand = |target: &str| {
        Fleet::whole()
            .without("api.cosner.cloud")
            .without("cname-api.cosner.cloud")
            .with(vec![alias("api.cosner.cloud", target)])
            .class("api.cosner.cloud")
    };
    assert_eq!(by_hand(EDGE), (Class::ByHand, Verdict::Ok));
    assert_eq!(by_hand(DEV_EDGE), (Class::Foreign, Verdict::Warning));
}

#[test]
fn a_time_to_live_is_odd_when_it_is_a_day_or_not_what_was_asked_for() {
    let cname = |ttl: u32| {
        let answer = Answer::Values { ttl, values: [EDGE.into()].into() };
        Fleet::whole().without("api.cosner.cloud").with(vec![record("api.cosner.cloud", "CNAME", answer)])
    };
    assert_eq!(cname(300).class("api.cosner.cloud"), (Class::Managed, Verdict::Ok));
    assert_eq!(cname(86_400).class("api.cosner.cloud"), (Class::OddTtl, Verdict::Warning));
    let mut fleet = cname(300);
    let mut asked = ingress("api", "api.cosner.cloud", EDGE);
    asked["metadata"]["annotations"] = json!({"external-dns.alpha.kubernetes.io/ttl": "60"});
    fleet.objects::<Ingress>(PROD, &INGRESSES, &[asked]);
    assert_eq!(fleet.said("api.cosner.cloud").2, "lives for 300 s, and Ingress web/api wants 60 s");
}

#[test]
fn a_text_without_its_record_is_an_orphan_of_its_owner() {
    let mut fleet = Fleet::whole().with(vec![text("cname-gone.cosner.cloud", PROD, "ingress/web/gone")]);
    let (class, verdict, why, shown) = fleet.said("cname-gone.cosner.cloud");
    assert_eq!((class, verdict, shown), (Class::OrphanText, Verdict::Warning, vec![PROD.to_owned()]));
    assert!(why.contains("gone.cosner.cloud"), "{why}");
}

#[test]
fn a_delegation_that_names_other_servers_than_the_zone_has_is_broken() {
    let delegated = |servers: &[&str]| {
        let mut fleet = Fleet::whole().with(vec![plain("sub.cosner.cloud", "NS", servers)]);
        for cluster in [DEV, PROD] {
            let mut child = zone("Z2", "sub.cosner.cloud");
            child.records = 2;
            child.name_servers = ["ns-3.awsdns.com".into(), "ns-4.awsdns.com".into()].into();
            fleet.rows(cluster, &ZONES, vec![zone(ZONE, "cosner.cloud"), child]);
        }
        let pictures = fleet.pictures();
        let record = pictures[0]
            .table::<DnsRecord>(&DNS_RECORDS)
            .unwrap()
            .find(None, "sub.cosner.cloud NS")
            .map(|(_, row)| row.judge(now()).0);
        let child =
            pictures[0].table::<DnsZone>(&DNS_ZONES).unwrap().find(None, "Z2").map(|(_, row)| row.verdict);
        (record, child)
    };
    let ok = (Some(Verdict::Ok), Some(Verdict::Ok));
    assert_eq!(delegated(&["ns-4.awsdns.com", "ns-3.awsdns.com"]), ok);
    let broken = (Some(Verdict::Critical), Some(Verdict::Critical));
    assert_eq!(delegated(&["ns-9.awsdns.com"]), broken);
}

#[test]
fn several_sets_of_one_name_have_texts_of_their_own_and_a_failing_check_is_said() {
    let of = |set: &str, mut record: RecordSet| {
        record.key = format!("{} {set}", record.key).into();
        record.routing =
            Some(Box::new(Routing { set: set.into(), words: "weight 10".into(), weight: Some(10) }));
        record
    };
    let mut blue = of("blue", alias("w.cosner.cloud", EDGE));
    blue.health_check = Some("hc".into());
    let texts = of("blue", text("cname-w.cosner.cloud", PROD, "ingress/web/api"));
    let green = of("green", alias("w.cosner.cloud", EDGE));
    let mut fleet = Fleet::whole().with(vec![blue, texts, green]);
    let seen = Seen { succeeded: 0, all: 16, failure: "Failure: timeout".into() };
    let check = HealthCheck { id: "hc".into(), seen: Some(seen), ..HealthCheck::default() };
    fleet.rows(PROD, &HEALTH_CHECKS, vec![check]);
    fleet.objects::<Ingress>(
        PROD,
        &INGRESSES,
        &[ingress("api", "api.cosner.cloud", EDGE), ingress("w", "w.cosner.cloud", EDGE)],
    );
    let pictures = fleet.pictures();
    let table = pictures[1].table::<DnsRecord>(&DNS_RECORDS).unwrap();
    let blue = table.find(None, "w.cosner.cloud A blue").unwrap().1;
    assert_eq!((&*blue.owner, blue.judge(now()).0), (PROD, Verdict::Warning));
    assert!(blue.judge(now()).1.starts_with("its health check fails"), "{blue:?}");
    let green = table.find(None, "w.cosner.cloud A green").unwrap().1;
    assert_eq!((&*green.owner, green.class), ("", Class::ByHand));
}

#[test]
fn a_load_balancer_says_its_targets_its_names_and_that_its_ingress_is_gone() {
    let mut fleet = Fleet::whole();
    let arn = balancer(EDGE, PROD, "web/api").arn;
    let target = |state: &str| Target { id: "i-1".into(), state: state.into(), ..Target::default() };
    let group = TargetGroup {
        name: "group".into(),
        arn: "arn:group".into(),
        load_balancers: [arn].into(),
        targets: Some([target("healthy"), target("unhealthy")].into()),
        ..TargetGroup::default()
    };
    fleet.rows(PROD, &TARGET_GROUPS, vec![group]);
    let pictures = fleet.pictures();
    type Told = (String, Option<(u32, u32)>, Verdict);
    let table = |picture: &ClusterSnapshot| -> Vec<Told> {
        let table = picture.table::<Balancer>(&BALANCERS).unwrap();
        table
            .iter()
            .map(|(_, row)| (row.balancer.name.to_string(), row.targets, row.judge(now()).0))
            .collect()
    };
    assert_eq!(table(&pictures[1]), [("k8s-edge-prod-1".to_owned(), Some((1, 2)), Verdict::Warning)]);
    let row = pictures[1].table::<Balancer>(&BALANCERS).unwrap().iter().next().unwrap().1.clone();
    assert_eq!(row.names.as_deref().map(<[_]>::len), Some(1));
    assert_eq!(row.source.as_ref().map(ToString::to_string).as_deref(), Some("Ingress web/api"));
    fleet.objects::<Ingress>(DEV, &INGRESSES, &[]);
    let pictures = fleet.pictures();
    let row = pictures[0].table::<Balancer>(&BALANCERS).unwrap().iter().next().unwrap().1.clone();
    assert_eq!(
        row.judge(now()),
        (Verdict::Warning, "was made for Ingress web/api, which is gone".to_owned())
    );
}

#[test]
fn ten_thousand_records_of_a_zone_are_judged_without_a_stall() {
    let many = (0..5000).flat_map(|at| {
        let name = format!("n{at}.cosner.cloud");
        [alias(&name, EDGE), text(&format!("cname-{name}"), "elsewhere", "ingress/a/b")]
    });
    let mut fleet = Fleet::whole().with(many.collect());
    let pictures = fleet.pictures();
    assert_eq!(pictures[0].table::<DnsRecord>(&DNS_RECORDS).unwrap().len(), 5004);
    let began = std::time::Instant::now();
    fleet.objects::<Ingress>(PROD, &INGRESSES, &[]);
    fleet.pictures();
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(4), "unoptimised: {took:?}");
}
