//! Tables of AWS over the embedded AWS, as two clusters of one account want them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, watch};

use super::{Home, Keeper, keep};
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::instance::Instance;
use crate::fleet::aws::kind::{
    ADDONS, CALLERS, EBS_VOLUMES, EKS_CLUSTERS, ENDPOINTS, GATEWAYS, INSTANCES, QUEUES, ROUTE_TABLES,
    SECURITY_GROUPS, STORED_SECRETS, SUBNETS, VPCS,
};
use crate::fleet::aws::queue::Queue;
use crate::fleet::aws::route_table::RouteTable;
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::{ClusterId, EnvironmentName, Interest, ProblemKind, ResourceType, Timestamp};
use crate::gateway::aws::{Account, AccountSettings, Border};
use crate::simulator::Simulator;
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
        let home = |eks: &str| Some(Home { account: account.clone(), eks: Some(eks.into()) });
        let homes = BTreeMap::from([
            (cluster("myapp-dev"), home("myapp-dev")),
            (cluster("myapp-prod"), home("myapp-prod")),
            (cluster("somewhere-else"), None),
        ]);
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
        Self { simulator, interests, again, deltas, store: Store::new(homes.into_keys()), work }
    }

    fn want(&self, wanted: &[(&str, &ResourceType)]) {
        let interest = |(name, resource): &(&str, &ResourceType)| Interest {
            cluster: cluster(name),
            resource: (*resource).clone(),
        };
        self.interests.send_replace(Arc::new(wanted.iter().map(interest).collect()));
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
