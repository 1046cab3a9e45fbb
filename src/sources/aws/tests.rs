//! Tables of AWS over the embedded AWS, as two clusters of one account want them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{mpsc, watch};

use super::{Home, Keeper, StateCell, keep};
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::instance::Instance;
use crate::fleet::aws::kind::{
    ADDONS, CALLERS, EBS_VOLUMES, EKS_CLUSTERS, ENDPOINTS, GATEWAYS, INSTANCES, LAUNCH_TEMPLATES,
    LOAD_BALANCERS, MACHINE_IMAGES, NODE_RELEASES, QUEUES, ROUTE_TABLES, SECURITY_GROUPS, STORED_SECRETS,
    SUBNETS, TERRAFORM_STATES, VPCS,
};
use crate::fleet::aws::launch_template::LaunchTemplate;
use crate::fleet::aws::load_balancer::{LoadBalancer, stack_of};
use crate::fleet::aws::machine_image::{MachineImage, NodeRelease};
use crate::fleet::aws::queue::Queue;
use crate::fleet::aws::route_table::RouteTable;
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::aws::terraform_state::{StateLock, StatePlace, TerraformState};
use crate::fleet::{ClusterId, EnvironmentName, Interest, ProblemKind, ResourceType, Timestamp};
use crate::gateway::aws::{Account, AccountSettings, Border};
use crate::simulator::Simulator;
use crate::simulator::aws::dynamodb::Lock;
use crate::simulator::aws::elb::classic::ClassicBalancer;
use crate::simulator::aws::faults::Harm;
use crate::simulator::clock::SimClock;
use crate::simulator::demo::Demo;
use crate::snapshot::{ClusterSnapshot, Delta, Freshness, Store};
use crate::sources::Interests;
use crate::sources::pace::Pace;
use crate::sources::work::Work;

const NOW: &str = "2026-11-21T10:42:07Z";

struct Rig {
    simulator: Simulator,
    interests: watch::Sender<Interests>,
    again: mpsc::Sender<ClusterId>,
    deltas: mpsc::Receiver<Delta>,
    store: Store,
    work: Work,
    states: BTreeMap<String, StateCell>,
}

fn cluster(name: &str) -> ClusterId {
    let environment = name.rsplit('-').next().unwrap();
    ClusterId::new(EnvironmentName::new(environment), name)
}

impl Rig {
    fn new() -> Self {
        let mut simulator = Simulator::new(SimClock::fixed(NOW).unwrap());
        Demo::quiet(&mut simulator, 1).unwrap();
        let clock: crate::fleet::time::Clock = Arc::new(|| Timestamp::parse(NOW));
        let settings = AccountSettings { profile: Some("ops".into()), ..AccountSettings::default() };
        let account = Account::new(settings, Border::service(simulator.aws_service()), clock);
        let home = |eks: &str| {
            let place = StatePlace::parse(&format!("s3://myapp-tfstate/{}/terraform.tfstate", &eks[6..]));
            let lock = StateLock::Table("myapp-tflock".into());
            let place = StatePlace { lock, ..place.unwrap() };
            let state = StateCell::new(ArcSwapOption::from_pointee(place));
            Some(Home { account: account.clone(), eks: Some(eks.into()), state })
        };
        let homes = BTreeMap::from([
            (cluster("myapp-dev"), home("myapp-dev")),
            (cluster("myapp-prod"), home("myapp-prod")),
            (cluster("somewhere-else"), None),
        ]);
        let states = homes
            .iter()
            .filter_map(|(id, home)| Some((id.name().to_owned(), Arc::clone(&home.as_ref()?.state))))
            .collect();
        let (sender, deltas) = mpsc::channel(256);
        let (interests, wanted) = watch::channel(Interests::default());
        let (again, asked) = mpsc::channel(4);
        let quick = Duration::from_millis(4);
        let pace = Pace { linger: quick, retry_first: quick, refused: quick, ..Pace::default() };
        let work = Work::default();
        tokio::spawn(keep(Keeper {
            homes: homes.clone(),
            deltas: sender,
            interests: wanted,
            acted: Arc::new(ArcSwap::default()),
            again: asked,
            pace: Arc::new(pace),
            work: work.clone(),
        }));
        Self { simulator, interests, again, deltas, store: Store::new(homes.into_keys()), work, states }
    }

    fn want(&self, wanted: &[(&str, &ResourceType)]) {
        let interest = |(name, resource): &(&str, &ResourceType)| Interest {
            cluster: cluster(name),
            resource: (*resource).clone(),
        };
        self.interests.send_replace(Arc::new(wanted.iter().map(interest).collect()));
    }

    fn place_state(&self, name: &str, lock: StateLock) {
        let cell = &self.states[name];
        let place = cell.load_full().unwrap();
        cell.store(Some(Arc::new(StatePlace { lock, ..StatePlace::clone(&place) })));
    }

    async fn until(
        &mut self,
        name: &str,
        reason: &str,
        is: impl Fn(&ClusterSnapshot) -> bool,
    ) -> Arc<ClusterSnapshot> {
        loop {
            let picture = Arc::clone(self.store.publish().cluster(&cluster(name)).unwrap());
            if is(&picture) {
                return picture;
            }
            match tokio::time::timeout(Duration::from_secs(10), self.deltas.recv()).await {
                Ok(Some(delta)) => self.store.apply(delta),
                _ => panic!("never {reason}: {picture:?}"),
            }
        }
    }

    async fn settled(&mut self, name: &str, resource: &ResourceType) -> Freshness {
        let picture = self.until(name, "settled", |p| p.freshness(resource).is_settled()).await;
        picture.freshness(resource)
    }
}

#[tokio::test]
async fn one_call_answers_all_clusters_of_an_account() {
    let mut rig = Rig::new();
    rig.want(&[("myapp-dev", &CALLERS), ("myapp-prod", &CALLERS)]);
    for name in ["myapp-dev", "myapp-prod"] {
        let picture = rig.until(name, "known", |p| p.freshness(&CALLERS).is_current()).await;
        let (_, caller) = picture.table::<Caller>(&CALLERS).unwrap().iter().next().unwrap();
        assert_eq!((&*caller.account, &*caller.region), ("123456789012", "us-east-1"));
    }
    assert_eq!(rig.simulator.aws().requests().count("sts", "GetCallerIdentity"), 1);
    assert_eq!(rig.work.count(), 0, "nobody waits any more");
}

#[tokio::test]
async fn each_cluster_is_described_as_eks_knows_it() {
    let mut rig = Rig::new();
    rig.want(&[("myapp-prod", &EKS_CLUSTERS), ("myapp-prod", &ADDONS)]);
    let whole =
        |p: &ClusterSnapshot| p.freshness(&EKS_CLUSTERS).is_current() && p.freshness(&ADDONS).is_current();
    let picture = rig.until("myapp-prod", "described", whole).await;
    let (_, eks) = picture.table::<EksCluster>(&EKS_CLUSTERS).unwrap().iter().next().unwrap();
    assert_eq!((&*eks.name, &*eks.version, &*eks.status), ("myapp-prod", "1.36", "ACTIVE"));
    assert!(eks.is_private && !eks.vpc.is_empty() && !eks.logs.is_empty(), "{eks:?}");
    let table = picture.table::<Addon>(&ADDONS).unwrap();
    let (_, cni) = table.find(None, "vpc-cni").unwrap();
    assert_eq!(&*cni.status, "ACTIVE");
    assert_eq!(table.len(), 7);
}

#[tokio::test]
async fn who_comes_later_is_told_at_once_and_who_leaves_is_forgotten() {
    let mut rig = Rig::new();
    rig.want(&[("myapp-dev", &CALLERS)]);
    rig.settled("myapp-dev", &CALLERS).await;
    rig.want(&[("myapp-dev", &CALLERS), ("myapp-prod", &CALLERS)]);
    rig.settled("myapp-prod", &CALLERS).await;
    assert_eq!(rig.simulator.aws().requests().count("sts", "GetCallerIdentity"), 1);
    rig.want(&[("myapp-prod", &CALLERS)]);
    rig.until("myapp-dev", "forgotten", |p| p.freshness(&CALLERS) == Freshness::NotWatched).await;
    rig.want(&[]);
    rig.until("myapp-prod", "forgotten", |p| p.freshness(&CALLERS) == Freshness::NotWatched).await;
}

#[tokio::test]
async fn a_cluster_without_an_account_says_so() {
    let mut rig = Rig::new();
    rig.want(&[("somewhere-else", &ADDONS)]);
    let Freshness::Unavailable { problem } = rig.settled("somewhere-else", &ADDONS).await else { panic!() };
    assert!(problem.message().contains("no AWS account is known"), "{problem}");
}

#[tokio::test]
async fn a_denial_is_forbidden_by_the_name_of_the_action() {
    let mut rig = Rig::new();
    rig.simulator.aws().faults().harm("eks", "DescribeAddon", None, Harm::Denied);
    rig.want(&[("myapp-dev", &ADDONS)]);
    let Freshness::Forbidden { problem } = rig.settled("myapp-dev", &ADDONS).await else { panic!() };
    assert_eq!(problem.message(), "forbidden: eks:DescribeAddon");
}

#[tokio::test]
async fn expired_credentials_are_one_line_with_the_command_and_are_tried_again_when_asked() {
    let mut rig = Rig::new();
    rig.simulator.aws().faults().harm("eks", "", None, Harm::Expired);
    rig.want(&[("myapp-dev", &EKS_CLUSTERS)]);
    let Freshness::Unavailable { problem } = rig.settled("myapp-dev", &EKS_CLUSTERS).await else { panic!() };
    assert_eq!(problem.kind(), ProblemKind::Credentials);
    assert_eq!(problem.hints(), ["aws sso login --profile ops"]);
    rig.simulator.aws().faults().clear();
    rig.again.send(cluster("myapp-dev")).await.unwrap();
    rig.until("myapp-dev", "described", |p| p.freshness(&EKS_CLUSTERS).is_current()).await;
}

#[tokio::test]
async fn whatever_is_answered_instead_is_said_and_the_next_answer_heals_it() {
    for (harm, word) in [
        (Harm::WebPage, "HTML"),
        (Harm::CutShort, ""),
        (Harm::Internal, ""),
        (Harm::Throttled, "fewer calls"),
        (Harm::Refused, ""),
        (Harm::Skewed, "clock"),
    ] {
        let mut rig = Rig::new();
        let what = format!("{harm:?}");
        rig.simulator.aws().faults().harm("eks", "", None, harm);
        rig.want(&[("myapp-dev", &EKS_CLUSTERS)]);
        let Freshness::Unavailable { problem } = rig.settled("myapp-dev", &EKS_CLUSTERS).await else {
            panic!("{what}")
        };
        assert!(problem.message().contains(word), "{what}: {problem}");
        rig.simulator.aws().faults().clear();
        rig.again.send(cluster("myapp-dev")).await.unwrap();
        rig.until("myapp-dev", "healed", |p| p.freshness(&EKS_CLUSTERS).is_current()).await;
    }
}

#[tokio::test]
async fn networks_machines_and_volumes_of_the_account_are_read_for_both_clusters() {
    let mut rig = Rig::new();
    let kinds = [
        &VPCS,
        &SUBNETS,
        &ROUTE_TABLES,
        &GATEWAYS,
        &SECURITY_GROUPS,
        &INSTANCES,
        &ENDPOINTS,
        &EBS_VOLUMES,
        &STORED_SECRETS,
    ];
    rig.want(&kinds.map(|kind| ("myapp-prod", kind)));
    for kind in kinds {
        let freshness = rig.settled("myapp-prod", kind).await;
        assert!(freshness.is_current(), "{kind}: {freshness:?}");
    }
    let picture = rig.until("myapp-prod", "there", |_| true).await;
    let count = |kind: &ResourceType| picture.any_table(kind).map_or(0, |table| table.len());
    assert_eq!((count(&VPCS), count(&SUBNETS), count(&GATEWAYS)), (2, 18, 4));
    let private = picture
        .table::<Subnet>(&SUBNETS)
        .unwrap()
        .iter()
        .map(|(_, subnet)| subnet)
        .find(|subnet| subnet.called() == "myapp-prod-private-a")
        .unwrap();
    assert_eq!((&*private.cidr, private.usable()), ("10.1.11.0/24", Some(251)));
    assert!(private.free.is_some_and(|free| free > 16 && free < 251), "{private:?}");
    let instances = picture.table::<Instance>(&INSTANCES).unwrap();
    let mut running = instances.iter().map(|(_, instance)| instance);
    assert!(running.all(|one| &*one.state == "running" && one.checks.is_some() && !one.groups.is_empty()));
    assert!(instances.iter().any(|(_, one)| one.capacity() == "spot"));
    let tables = picture.table::<RouteTable>(&ROUTE_TABLES).unwrap();
    assert!(
        tables.iter().any(|(_, table)| table.way_out().is_some_and(|way| way.target.starts_with("nat-")))
    );
    assert!(count(&STORED_SECRETS) > 10 && count(&EBS_VOLUMES) > 0 && count(&ENDPOINTS) == 2);
    assert_eq!(rig.simulator.aws().requests().count("ec2", "DescribeInstances"), 1);
}

#[tokio::test]
async fn templates_images_and_the_recommended_releases_are_read() {
    let mut rig = Rig::new();
    let kinds = [&LAUNCH_TEMPLATES, &MACHINE_IMAGES, &NODE_RELEASES];
    rig.want(&kinds.map(|kind| ("myapp-prod", kind)));
    for kind in kinds {
        let freshness = rig.settled("myapp-prod", kind).await;
        assert!(freshness.is_current(), "{kind}: {freshness:?}");
    }
    let picture = rig.until("myapp-prod", "there", |_| true).await;
    let templates = picture.table::<LaunchTemplate>(&LAUNCH_TEMPLATES).unwrap();
    let (_, own) = templates.iter().find(|(_, own)| &*own.name == "eks-myapp-prod-system").unwrap();
    assert_eq!((own.default, own.latest), (1, 1));
    let images = picture.table::<MachineImage>(&MACHINE_IMAGES).unwrap();
    let mut lines = images.iter().filter_map(|(_, image)| image.release());
    assert!(lines.all(|(line, day)| line.key() == "1.36/x86_64/standard" && !day.is_never()));
    assert!(images.iter().count() > 0);
    let releases = picture.table::<NodeRelease>(&NODE_RELEASES).unwrap();
    let (_, standard) = releases.find(None, "1.36/x86_64/standard").unwrap();
    assert_eq!(&*standard.release, "1.36.3-20261007");
    assert!(releases.find(None, "1.35/arm64/standard").is_some(), "groups may be one minor behind");
    let asked = rig.simulator.aws().requests();
    assert_eq!((asked.count("ec2", "DescribeImages"), asked.count("ssm", "GetParameters")), (1, 2));
}

#[tokio::test]
async fn the_state_of_terraform_is_looked_after_and_never_read() {
    for in_bucket in [false, true] {
        let mut rig = Rig::new();
        let since = "2026-11-21T07:42:07Z".parse().unwrap();
        rig.simulator.aws().edit(|account| {
            account.locks.push(Lock {
                state: "prod/terraform.tfstate".to_owned(),
                who: "ana@desk".to_owned(),
                operation: "OperationTypeApply".to_owned(),
                since,
                in_bucket,
            });
        });
        if in_bucket {
            rig.place_state("myapp-prod", StateLock::Object);
        }
        rig.want(&[("myapp-dev", &TERRAFORM_STATES), ("myapp-prod", &TERRAFORM_STATES)]);
        let mut found = Vec::new();
        for name in ["myapp-dev", "myapp-prod"] {
            let freshness = rig.settled(name, &TERRAFORM_STATES).await;
            assert!(freshness.is_current(), "{name}: {freshness:?}");
            let picture = rig.until(name, "there", |_| true).await;
            let table = picture.table::<TerraformState>(&TERRAFORM_STATES).unwrap();
            found.push(TerraformState::clone(table.iter().next().unwrap().1));
        }
        let [dev, prod] = &found[..] else { panic!() };
        assert_eq!((&*dev.address, &dev.lock), ("s3://myapp-tfstate/dev/terraform.tfstate", &None));
        assert_eq!((&*prod.versioning, &*prod.encryption), ("Enabled", "aws:kms"));
        assert!(prod.bytes.is_some_and(|bytes| bytes > 0) && !prod.changed.is_never(), "{prod:?}");
        let lock = prod.lock.as_ref().unwrap();
        assert_eq!((&*lock.who, &*lock.doing()), ("ana@desk", "apply"));
        assert_eq!(lock.since, Timestamp::parse("2026-11-21T07:42:07Z"));
    }
}

#[tokio::test]
async fn classic_load_balancers_stand_beside_the_others_with_their_instances() {
    let mut rig = Rig::new();
    rig.simulator.aws().edit(|account| {
        account.classic_balancers.push(ClassicBalancer {
            name: "a0123456789abcdef0123456789abcde".to_owned(),
            cluster: "myapp-dev".to_owned(),
            service: "staging/legacy".to_owned(),
            port: 31080,
            silent: 1,
        });
    });
    rig.want(&[("myapp-dev", &LOAD_BALANCERS)]);
    assert!(rig.settled("myapp-dev", &LOAD_BALANCERS).await.is_current());
    let picture = rig.until("myapp-dev", "there", |_| true).await;
    let table = picture.table::<LoadBalancer>(&LOAD_BALANCERS).unwrap();
    assert_eq!(table.len(), 3, "two of the fleet and this one");
    let (_, own) = table.find(None, "a0123456789abcdef0123456789abcde").unwrap();
    assert_eq!((own.cluster(), &*own.kind), (Some("myapp-dev"), "classic"));
    assert_eq!(stack_of(&own.tags), Some(("Service", "staging/legacy")));
    let group = &own.classic.as_ref().unwrap().group;
    let health = group.health().unwrap();
    assert_eq!((health.all - health.healthy, health.all), (1, 4));
    assert!(group.judge().1.contains("unhealthy: Instance on 31080"), "{:?}", group.judge());
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_an_empty_table_and_no_failure() {
    let mut rig = Rig::new();
    rig.want(&[("myapp-dev", &QUEUES), ("myapp-prod", &QUEUES)]);
    for (name, queues) in [("myapp-dev", 0), ("myapp-prod", 1)] {
        assert!(rig.settled(name, &QUEUES).await.is_current(), "{name}");
        let picture = rig.until(name, "there", |_| true).await;
        assert_eq!(picture.table::<Queue>(&QUEUES).map_or(0, |table| table.iter().count()), queues, "{name}");
    }
}

#[tokio::test]
async fn records_zones_and_load_balancers_are_read_once_for_the_account() {
    use crate::fleet::aws::acm_certificate::AcmCertificate;
    use crate::fleet::aws::health_check::HealthCheck;
    use crate::fleet::aws::kind::{
        ACM_CERTIFICATES, HEALTH_CHECKS, LISTENERS, LOAD_BALANCERS, RECORDS, TARGET_GROUPS, ZONES,
    };
    use crate::fleet::aws::listener::{Action, Listener};
    use crate::fleet::aws::load_balancer::LoadBalancer;
    use crate::fleet::aws::record::RecordSet;
    use crate::fleet::aws::target_group::TargetGroup;
    use crate::fleet::aws::zone::HostedZone;
    use crate::simulator::aws::route53::record::Record;

    let mut rig = Rig::new();
    rig.simulator.aws().edit(|account| {
        let zone = &mut account.zones[0];
        zone.put(Record::plain("*.wild.cosner.cloud.", "A", 60, vec!["198.51.100.1".to_owned()]));
        zone.put(Record::plain("über.cosner.cloud.", "CNAME", 60, vec!["X.Example.COM.".to_owned()]));
    });
    let kinds = [ZONES, RECORDS, HEALTH_CHECKS, LOAD_BALANCERS, LISTENERS, TARGET_GROUPS, ACM_CERTIFICATES];
    let wanted: Vec<(&str, &ResourceType)> = ["myapp-dev", "myapp-prod"]
        .iter()
        .flat_map(|name| kinds.iter().map(move |kind| (*name, kind)))
        .collect();
    rig.want(&wanted);
    let all = |p: &ClusterSnapshot| kinds.iter().all(|kind| p.freshness(kind).is_current());
    rig.until("myapp-dev", "read", all).await;
    let picture = rig.until("myapp-prod", "read", all).await;
    let requests = rig.simulator.aws().requests().clone();
    assert_eq!(requests.count("route53", "ListResourceRecordSets"), 2, "two zones, once for both clusters");

    let zones = picture.table::<HostedZone>(&ZONES).unwrap();
    let public = zones.iter().find(|(_, zone)| &*zone.domain == "cosner.cloud").unwrap().1;
    assert_eq!((public.is_private, public.name_servers.len()), (false, 4));
    let private = zones.iter().find(|(_, zone)| zone.is_private).unwrap().1;
    assert_eq!((&*private.domain, private.networks.len()), ("internal.cosner.cloud", 2));

    let records = picture.table::<RecordSet>(&RECORDS).unwrap();
    let api = records.find(None, "api.cosner.cloud A").unwrap().1;
    assert!(api.targets()[0].starts_with("k8s-ingressnginx-edge-prod"), "{api:?}");
    assert!(records.find(None, "*.wild.cosner.cloud A").is_some(), "octets are read");
    assert_eq!(records.find(None, "über.cosner.cloud CNAME").unwrap().1.targets(), ["x.example.com"]);

    let check = picture.table::<HealthCheck>(&HEALTH_CHECKS).unwrap().iter().next().unwrap().1.clone();
    assert_eq!(&*check.asks, "https://www.cosner.cloud:443/healthz");
    assert_eq!(check.judge().0, crate::fleet::Verdict::Ok, "{check:?}");

    let balancers = picture.table::<LoadBalancer>(&LOAD_BALANCERS).unwrap();
    let edge = balancers.find(None, "k8s-ingressnginx-edge-prod").unwrap().1;
    assert_eq!((&*edge.state, edge.zones.len(), edge.cluster()), ("active", 3, Some("myapp-prod")));
    assert!(!edge.created.is_never() && edge.subnets.len() == 3 && edge.security_groups.len() == 1);
    let listeners = picture.table::<Listener>(&LISTENERS).unwrap();
    let https =
        listeners.iter().find(|(_, one)| one.is_encrypted() && one.load_balancer == edge.arn).unwrap().1;
    assert_eq!((https.port, https.certificates.len()), (443, 1));
    let (rule, _) = https.rule_for("api.cosner.cloud", "/");
    let Some(Action::Forward(to)) = rule.map(|rule| &rule.action) else { panic!("{https:?}") };
    let groups = picture.table::<TargetGroup>(&TARGET_GROUPS).unwrap();
    let group = groups.iter().find(|(_, group)| group.arn == to[0].0).unwrap().1;
    assert_eq!(group.judge(), (crate::fleet::Verdict::Ok, "2 of 2 healthy".to_owned()), "{group:?}");
    let certificate =
        picture.table::<AcmCertificate>(&ACM_CERTIFICATES).unwrap().iter().next().unwrap().1.clone();
    assert!(certificate.covers("api.cosner.cloud") && !certificate.expires.is_never(), "{certificate:?}");
}

#[tokio::test]
async fn ten_thousand_records_are_read_page_by_page_and_pages_without_an_end_are_a_fault() {
    use crate::fleet::aws::kind::RECORDS;
    use crate::simulator::aws::route53::record::Record;

    let mut rig = Rig::new();
    rig.simulator.aws().edit(|account| {
        let zone = &mut account.zones[0];
        let record =
            |at: u32| Record::plain(&format!("n{at:05}.cosner.cloud."), "A", 60, vec!["198.51.100.1".into()]);
        zone.records.extend((0..10_000).map(record));
        zone.records.sort_by_cached_key(|record| {
            (
                record.name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect::<Vec<_>>(),
                record.kind.clone(),
            )
        });
    });
    rig.want(&[("myapp-dev", &RECORDS)]);
    let picture = rig.until("myapp-dev", "read", |p| p.freshness(&RECORDS).is_settled()).await;
    assert!(picture.any_table(&RECORDS).unwrap().len() > 10_000, "{:?}", picture.freshness(&RECORDS));
    assert!(rig.simulator.aws().requests().count("route53", "ListResourceRecordSets") < 40);

    for harm in [Harm::EndlessPages, Harm::CutShort, Harm::WebPage] {
        let mut rig = Rig::new();
        rig.simulator.aws().faults().harm("route53", "ListResourceRecordSets", None, harm);
        rig.want(&[("myapp-dev", &RECORDS)]);
        let Freshness::Unavailable { problem } = rig.settled("myapp-dev", &RECORDS).await else {
            panic!("{harm:?}")
        };
        if harm == Harm::EndlessPages {
            assert!(problem.message().contains("never ends"), "{problem}");
        }
    }
}

#[tokio::test]
async fn one_service_that_is_denied_leaves_the_others_and_names_its_action() {
    let mut rig = Rig::new();
    rig.simulator.aws().faults().harm("ec2", "DescribeSecurityGroups", None, Harm::Denied);
    rig.want(&[("myapp-prod", &SECURITY_GROUPS), ("myapp-prod", &SUBNETS)]);
    let refused = rig.settled("myapp-prod", &SECURITY_GROUPS).await;
    assert!(
        matches!(&refused, Freshness::Forbidden { problem }
        if problem.message() == "forbidden: ec2:DescribeSecurityGroups"),
        "{refused:?}"
    );
    assert!(rig.settled("myapp-prod", &SUBNETS).await.is_current());
}

#[tokio::test]
async fn five_hundred_zones_cost_few_calls_and_the_fullest_are_looked_into() {
    use crate::fleet::aws::kind::{RECORDS, ZONES};
    use crate::simulator::aws::route53::zone::Zone;

    let mut rig = Rig::new();
    rig.simulator.aws().edit(|account| {
        account.zones.extend((0..500).map(|at| Zone::new(&format!("parked{at}.example."), "", Vec::new())));
    });
    rig.want(&[("myapp-dev", &ZONES), ("myapp-dev", &RECORDS)]);
    let picture = rig
        .until("myapp-dev", "read", |p| {
            p.freshness(&ZONES).is_current() && p.freshness(&RECORDS).is_current()
        })
        .await;
    assert_eq!(picture.any_table(&ZONES).unwrap().len(), 502);
    let requests = rig.simulator.aws().requests().clone();
    assert_eq!(requests.count("route53", "ListHostedZones"), 12, "six pages for each table");
    assert_eq!(
        requests.count("route53", "ListResourceRecordSets"),
        2,
        "parked zones have no records of their own"
    );
    assert_eq!(requests.count("route53", "GetHostedZone"), 24);
}
