//! Whose an alarm is, what it is about and how bad it is, among clusters of one account and of several.

use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::aws::alarm::{AlarmRule, Condition, Dimension, Watched};
use crate::fleet::ingress::Ingress;
use crate::fleet::node::Node;
use crate::fleet::{ClusterId, EnvironmentName, Epoch, Interest, Packed};
use crate::planes::DERIVED;
use crate::snapshot::delta::Change;
use crate::snapshot::{Delta, Freshness, RowChange, Store};

fn condition() -> Condition {
    Condition {
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(10.0),
        period: 60,
        periods: 5,
        datapoints: 5,
    }
}

fn alarm(name: &str, dimensions: &[(&str, &str)]) -> Alarm {
    let dimension = |(name, value): &(&str, &str)| Dimension { name: (*name).into(), value: (*value).into() };
    Alarm {
        name: name.into(),
        arn: format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}").into(),
        acts: true,
        actions: ["arn:aws:sns:us-east-1:123456789012:platform-alerts".into()].into(),
        rule: AlarmRule::Metric(Watched {
            metric: "Errors".into(),
            dimensions: dimensions.iter().map(dimension).collect(),
            condition: condition(),
            ..Watched::default()
        }),
        ..Alarm::default()
    }
}

fn composite(name: &str, rule: &str) -> Alarm {
    Alarm { rule: AlarmRule::Composite(rule.into()), ..alarm(name, &[]) }
}

fn id(name: &str) -> ClusterId {
    ClusterId::new(EnvironmentName::new(name.rsplit('-').next().unwrap()), name)
}

/// Several clusters while somebody looks at the alarms of all of them.
struct Account {
    store: Store,
}

impl Account {
    fn of(clusters: &[&str]) -> Self {
        let ids: Vec<ClusterId> = clusters.iter().map(|name| id(name)).collect();
        let mut store = Store::new(ids.clone()).deriving(DERIVED);
        let interest = |cluster| Interest { cluster, resource: CLUSTER_ALARMS };
        store.look_at(&ids.into_iter().map(interest).collect());
        Self { store }
    }

    fn sees(mut self, cluster: &str, alarms: &[Alarm]) -> Self {
        let mut changes: Vec<RowChange<Alarm>> = alarms.iter().cloned().map(RowChange::Upserted).collect();
        changes.push(RowChange::Freshness(Freshness::Live));
        let change = Change::Table(ALARMS, Box::new(changes));
        self.store.apply(Delta { cluster: id(cluster), epoch: None, change });
        self
    }

    fn has<R: Packed>(mut self, cluster: &str, resource: &ResourceType, objects: &[Json]) -> Self {
        let mut shared = R::Shared::default();
        let mut packed = |object: &Json| {
            let text = object.to_string();
            RowChange::Upserted(R::pack(serde_json::from_str(&text).unwrap(), &mut shared))
        };
        let mut changes: Vec<RowChange<R>> = objects.iter().map(&mut packed).collect();
        changes.push(RowChange::Freshness(Freshness::Live));
        self.store.apply(Delta::rows(&id(cluster), Epoch::default(), resource, changes));
        self
    }

    /// The alarms of a cluster, each with what it is about.
    fn told(&mut self, cluster: &str) -> Vec<(String, String)> {
        let picture = self.store.publish();
        let table = picture.cluster(&id(cluster)).unwrap().table::<ClusterAlarm>(&CLUSTER_ALARMS);
        let mut told: Vec<(String, String)> = table
            .iter()
            .flat_map(|t| t.iter())
            .map(|(_, row)| (row.name().to_owned(), row.about.words()))
            .collect();
        told.sort();
        told
    }

    fn names(&mut self, cluster: &str) -> Vec<String> {
        self.told(cluster).into_iter().map(|(name, _)| name).collect()
    }
}

#[test]
fn an_alarm_of_the_other_cluster_of_an_account_is_shown_there_and_only_there() {
    let alarms = [
        alarm("myapp-dev-alb-5xx", &[]),
        alarm("myapp-prod-alb-5xx", &[]),
        alarm("cpu", &[("ClusterName", "myapp-prod")]),
        alarm("billing", &[]),
    ];
    let mut account =
        Account::of(&["myapp-dev", "myapp-prod"]).sees("myapp-dev", &alarms).sees("myapp-prod", &alarms);
    assert_eq!(account.names("myapp-dev"), ["billing", "myapp-dev-alb-5xx"]);
    assert_eq!(account.names("myapp-prod"), ["cpu", "myapp-prod-alb-5xx"]);
}

#[test]
fn of_two_names_that_fit_the_longer_one_is_meant() {
    let alarms = [alarm("web-prod-5xx", &[]), alarm("web-5xx", &[]), alarm("webinar-5xx", &[])];
    let mut account = Account::of(&["web", "web-prod"]).sees("web", &alarms).sees("web-prod", &alarms);
    assert_eq!(account.names("web"), ["web-5xx", "webinar-5xx"]);
    assert_eq!(account.names("web-prod"), ["web-prod-5xx"]);
    assert_eq!(account.told("web")[1].1, "the account");
}

#[test]
fn names_prove_nothing_across_accounts() {
    let elsewhere = Alarm { arn: "arn:aws:cloudwatch:us-east-1:999:alarm:x".into(), ..alarm("prod-x", &[]) };
    let own = [alarm("prod-x", &[])];
    let mut account = Account::of(&["dev", "prod"]).sees("dev", &own).sees("prod", &[elsewhere]);
    assert_eq!(account.names("dev"), ["prod-x"], "the other account's is another alarm");
    assert_eq!(account.names("prod"), ["prod-x"]);
}

#[test]
fn an_alarm_is_about_the_node_or_the_ingress_that_its_dimensions_name() {
    let node =
        json!({"metadata": {"name": "ip-10-0-0-1"}, "spec": {"providerID": "aws:///us-east-1a/i-0abc"}});
    let ingress = json!({"metadata": {"name": "edge", "namespace": "web"}, "status": {"loadBalancer": {"ingress": [
        {"hostname": "k8s-web-edge-1234567890.us-east-1.elb.amazonaws.com"}]}}});
    let alarms = [
        alarm("status", &[("InstanceId", "i-0abc")]),
        alarm("5xx", &[("LoadBalancer", "app/k8s-web-edge/0a1b2c")]),
        alarm("other", &[("LoadBalancer", "app/somebody/0a1b2c")]),
        alarm("queue", &[("QueueName", "prod-jobs")]),
    ];
    let mut account = Account::of(&["dev", "prod"])
        .sees("dev", &alarms)
        .sees("prod", &alarms)
        .has::<Node>("prod", &NODES, &[node])
        .has::<Ingress>("prod", &INGRESSES, &[ingress]);
    let told = account.told("prod");
    let told: Vec<(&str, &str)> = told.iter().map(|(name, about)| (name.as_str(), about.as_str())).collect();
    assert_eq!(
        told,
        [("5xx", "Ingress web/edge"), ("queue", "queue prod-jobs"), ("status", "Node ip-10-0-0-1")]
    );
    assert_eq!(account.told("dev"), [("other".to_owned(), "load balancer somebody".to_owned())]);
}

#[test]
fn an_alarm_over_alarms_is_about_what_they_are_about_even_in_a_circle() {
    let alarms = [
        composite("pager", "ALARM(\"prod-5xx\") AND NOT ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:quiet)"),
        alarm("prod-5xx", &[]),
        alarm("quiet", &[]),
        composite("a", "ALARM(\"b\")"),
        composite("b", "OK(a"),
    ];
    let mut account = Account::of(&["dev", "prod"]).sees("dev", &alarms).sees("prod", &alarms);
    assert_eq!(account.names("prod"), ["pager", "prod-5xx"]);
    let picture = account.store.publish();
    let table = picture.cluster(&id("prod")).unwrap().table::<ClusterAlarm>(&CLUSTER_ALARMS).unwrap();
    let (_, pager) = table.find(None, "pager").unwrap();
    let children: Vec<&str> = pager.children.iter().map(|child| &*child.name).collect();
    assert_eq!(children, ["prod-5xx", "quiet"]);
}

#[test]
fn what_goes_off_is_counted_and_what_is_quiet_again_is_not() {
    let firing = Alarm { state: AlarmState::Alarm, ..alarm("dev-x", &[]) };
    let blind = Alarm { state: AlarmState::InsufficientData, ..alarm("dev-y", &[]) };
    let mut account = Account::of(&["dev"]).sees("dev", &[firing, blind]);
    let tally = |account: &mut Account| {
        let picture = account.store.publish();
        *picture.cluster(&id("dev")).unwrap().table::<ClusterAlarm>(&CLUSTER_ALARMS).unwrap().tally()
    };
    assert_eq!(tally(&mut account), AlarmTally { all: 2, firing: 1, unknown: 1 });
    let mut account = account.sees("dev", &[alarm("dev-x", &[])]);
    assert_eq!(tally(&mut account), AlarmTally { all: 2, firing: 0, unknown: 1 });
}

fn judged(change: impl FnOnce(&mut Alarm)) -> (Verdict, String) {
    let mut firing = Alarm { state: AlarmState::Alarm, recent: [512.0].into(), ..alarm("web-5xx", &[]) };
    change(&mut firing);
    verdict::of(&firing)
}

#[test]
fn an_alarm_is_as_bad_as_the_people_that_it_tells_would_say() {
    let why = "Errors is 512, above 10 for 5m";
    assert_eq!(judged(|_| {}), (Verdict::Critical, why.to_owned()));
    assert_eq!(judged(|alarm| alarm.name = "web-5xx-warning".into()), (Verdict::Warning, why.to_owned()));
    let (verdict, why) = judged(|alarm| alarm.acts = false);
    assert_eq!(verdict, Verdict::Warning);
    assert!(why.ends_with("its actions are disabled: nobody is told"), "{why}");
    assert_eq!(judged(|alarm| alarm.actions = Box::default()).0, Verdict::Warning);
    assert_eq!(judged(|alarm| alarm.suppressed = "Alarm".into()).0, Verdict::Warning);
}

#[test]
fn an_alarm_that_only_scales_is_at_work() {
    let policy = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:x:autoScalingGroupName/y:policyName/z";
    assert_eq!(judged(|alarm| alarm.actions = [policy.into()].into()).0, Verdict::Ok);
    let both = [policy.into(), "arn:aws:sns:us-east-1:1:alerts".into()];
    assert_eq!(judged(|alarm| alarm.actions = both.into()).0, Verdict::Critical);
}

#[test]
fn what_cannot_be_told_is_unknown_and_never_ok() {
    let blind = judged(|alarm| alarm.state = AlarmState::InsufficientData);
    assert_eq!(blind, (Verdict::Unknown, "too little data to tell".to_owned()));
    assert_eq!(judged(|alarm| alarm.state = AlarmState::of("MAYBE")).0, Verdict::Unknown);
    let failed = judged(|alarm| {
        alarm.state = AlarmState::Ok;
        alarm.evaluation = "EVALUATION_ERROR".into();
    });
    assert_eq!(failed.0, Verdict::Unknown);
    let muted = judged(|alarm| {
        alarm.state = AlarmState::Ok;
        alarm.acts = false;
    });
    assert_eq!(muted, (Verdict::Ok, "its actions are disabled: nobody is told".to_owned()));
}

#[test]
fn a_part_of_the_points_and_a_band_are_told_as_such() {
    let mut some = condition();
    some.datapoints = 3;
    let with = |condition: Condition| {
        judged(|alarm| {
            alarm.rule = AlarmRule::Metric(Watched { metric: "E".into(), condition, ..Watched::default() });
            alarm.reason = "as CloudWatch says".into();
        })
        .1
    };
    assert_eq!(with(some), "E is 512, above 10 in 3 of 5 periods of 60s");
    let band = Condition { comparison: "GreaterThanUpperThreshold".into(), threshold: None, ..condition() };
    assert_eq!(with(band), "as CloudWatch says");
}

#[test]
fn an_alarm_over_alarms_names_those_that_have_gone_off() {
    let child = |name: &str, state| Child { name: name.into(), state };
    let row = |children: Vec<Child>| ClusterAlarm {
        alarm: Arc::new(Alarm {
            state: AlarmState::Alarm,
            rule: AlarmRule::Composite("ALARM(\"a\") OR ALARM(\"b\")".into()),
            ..alarm("web-degraded", &[])
        }),
        about: About::Cluster("other alarms".into()),
        children: children.into(),
    };
    let why = |children| verdict::of_row(&row(children)).1;
    let (a, b) = (child("a", AlarmState::Alarm), child("b", AlarmState::Ok));
    assert_eq!(why(vec![a.clone(), b]), "a has gone off");
    assert_eq!(why(vec![a.clone(), a]), "a, a have gone off");
    assert_eq!(why(Vec::new()), "alarms that it looks at have gone off");
}
