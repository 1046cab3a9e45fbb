use jiff::SignedDuration;
use serde_json::{Value, json};

use super::conduct::Conduct;
use super::*;
use crate::simulator::clock::SimClock;
use crate::simulator::store::{DeleteOptions, Propagation};
use crate::simulator::world::cluster::{Cluster, DEV, PROD};
use crate::simulator::world::{field, install};

pub(super) fn fleet(cluster: &'static Cluster) -> Controllers {
    let store = Store::new(cluster.name, SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
    install(cluster, &store).unwrap();
    Controllers::new(&store, 7)
}

pub(super) fn pass(controllers: &mut Controllers, seconds: i64) {
    advance([controllers], SignedDuration::from_secs(seconds));
}

pub(super) fn deployment(namespace: &str, name: &str) -> Key {
    Key::namespaced("deployments.apps", namespace, name)
}

fn let_alone(controllers: &Controllers) {
    for key in controllers.lister.keys("applications.argoproj.io", None, &Selection::all()) {
        controllers
            .store()
            .edit(&key, |application| {
                field::annotate(application, "argocd.argoproj.io/skip-reconcile", "true");
                Ok(())
            })
            .unwrap();
    }
}

pub(super) fn set_image(controllers: &Controllers, key: &Key, image: &str) {
    controllers
        .store()
        .edit(key, |object| {
            for container in field::list_mut(object, "spec.template.spec.containers") {
                field::put(container, "image", json!(image));
            }
            Ok(())
        })
        .unwrap();
}

pub(super) fn pods(controllers: &Controllers, namespace: &str, app: &str) -> Vec<Value> {
    let selection = Selection::by_labels(&format!("app.kubernetes.io/name={app}")).unwrap();
    controllers.store().list("pods", Some(namespace), &selection).iter().map(|pod| pod.value()).collect()
}

pub(super) fn messages(controllers: &Controllers, namespace: &str, reason: &str) -> Vec<String> {
    let selection = Selection::parse("", &format!("reason={reason}")).unwrap();
    controllers
        .store()
        .list("events", Some(namespace), &selection)
        .iter()
        .map(|event| field::text(&event.value(), "message").to_owned())
        .collect()
}

#[test]
fn a_healthy_fleet_is_left_as_it_is() {
    for cluster in [&DEV, &PROD] {
        let mut controllers = fleet(cluster);
        let mut changes = controllers.store().subscribe();
        controllers.work();
        let mut moved = Vec::new();
        while let Some(Notice::Change(change)) = changes.try_next() {
            // A lease is there to be renewed.
            if &*change.object.key.resource != "leases.coordination.k8s.io" {
                moved.push(format!("{} {:?}", change.object.key, change.kind));
            }
        }
        assert_eq!(moved, Vec::<String>::new(), "{}", cluster.name);
        assert_eq!(controllers.refused().count(), 0);
    }
}

#[test]
fn a_rollout_replaces_every_pod_and_completes() {
    let mut controllers = fleet(&PROD);
    let key = deployment("production", "web");
    let before: Vec<String> =
        pods(&controllers, "production", "web").iter().map(|pod| field::name(pod).to_owned()).collect();
    set_image(&controllers, &key, "r/web:1.8.2");
    let mut least = 3;
    for _ in 0..120 {
        pass(&mut controllers, 1);
        least = least.min(
            pods(&controllers, "production", "web")
                .iter()
                .filter(|pod| pod::is_ready(pod) && !pod::is_terminating(pod))
                .count(),
        );
    }
    let after = pods(&controllers, "production", "web");
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|pod| pod::is_ready(pod) && !before.contains(&field::name(pod).to_owned())));
    assert_eq!(least, 3, "maxUnavailable is zero");
    let deployment = controllers.store().get(&key).unwrap();
    assert_eq!(field::text(field::condition(&deployment, "Progressing"), "reason"), "NewReplicaSetAvailable");
    assert_eq!(field::number(&deployment, "status.updatedReplicas"), 3);
    assert_eq!(field::annotation(&deployment, "deployment.kubernetes.io/revision"), "4");
    assert_eq!(
        controllers.refused().map(|(key, status)| format!("{key}: {status:?}")).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

#[test]
fn a_rollout_with_a_missing_image_stops_at_the_surge_and_passes_its_deadline() {
    let mut controllers = fleet(&DEV);
    let_alone(&controllers);
    let key = deployment("staging", "web");
    set_image(&controllers, &key, "r/myapp/web:1.8.3");
    pass(&mut controllers, 60);
    let stuck = pods(&controllers, "staging", "web");
    let reasons: Vec<&str> = stuck
        .iter()
        .map(|pod| field::text(&field::list(pod, "status.containerStatuses")[0], "state.waiting.reason"))
        .filter(|reason| !reason.is_empty())
        .collect();
    assert_eq!(reasons.len(), 1, "one surge pod");
    assert!(["ErrImagePull", "ImagePullBackOff"].contains(&reasons[0]));
    assert_eq!(stuck.iter().filter(|pod| pod::is_ready(pod)).count(), 2);
    pass(&mut controllers, 700);
    let deployment = controllers.store().get(&key).unwrap();
    assert_eq!(
        field::text(field::condition(&deployment, "Progressing"), "reason"),
        "ProgressDeadlineExceeded"
    );
    assert!(field::condition_is_true(&deployment, "Available"));
    assert!(
        messages(&controllers, "staging", "Failed")
            .iter()
            .any(|message| message.contains("1.8.3: not found"))
    );
}

#[test]
fn a_crashing_container_restarts_ever_more_slowly() {
    let mut controllers = fleet(&DEV);
    controllers.conducts().set(
        "development",
        "api",
        Conduct::Crash { after: 3, code: 1, words: vec!["panic".to_owned()] },
    );
    let name = field::name(&pods(&controllers, "development", "api")[0]).to_owned();
    let key = Key::namespaced("pods", "development", &name);
    // The rule takes hold with the next look at the pod.
    controllers
        .store()
        .edit(&key, |pod| {
            field::annotate(pod, "touched", "yes");
            Ok(())
        })
        .unwrap();
    pass(&mut controllers, 90);
    let pod = controllers.store().get(&key).unwrap();
    let status = &field::list(&pod, "status.containerStatuses")[0];
    assert_eq!(field::number(status, "restartCount"), 4, "{status}");
    assert_eq!(field::text(status, "state.waiting.reason"), "CrashLoopBackOff");
    assert!(
        field::text(status, "state.waiting.message")
            .starts_with("back-off 1m20s restarting failed container=api"),
        "{status}"
    );
    assert_eq!(field::number(status, "lastState.terminated.exitCode"), 1);
    let selection = Selection::parse("", "reason=BackOff").unwrap();
    let event = controllers.store().list("events", Some("development"), &selection)[0].value();
    assert!(field::number(&event, "count") >= 3, "{event}");
    assert_eq!(
        &*controllers.store().logs().previous("development", &name, "api").unwrap().last().unwrap().text,
        "panic"
    );
}

#[test]
fn a_pod_that_fits_nowhere_waits_and_goes_when_there_is_room() {
    let mut controllers = fleet(&DEV);
    let_alone(&controllers);
    controllers
        .store()
        .edit(&Key::cluster("nodepools.karpenter.sh", "default"), |pool| {
            field::put(pool, "spec.limits.cpu", json!("8"));
            Ok(())
        })
        .unwrap();
    controllers
        .store()
        .delete(&Key::namespaced("resourcequotas", "development", "compute"), &DeleteOptions::default())
        .unwrap();
    let key = deployment("development", "api");
    controllers
        .store()
        .edit(&key, |object| {
            field::put(object, "spec.replicas", json!(60));
            Ok(())
        })
        .unwrap();
    pass(&mut controllers, 40);
    let all = pods(&controllers, "development", "api");
    let waiting: Vec<&Value> =
        all.iter().filter(|pod| field::text(pod, "spec.nodeName").is_empty()).collect();
    assert!(!waiting.is_empty() && waiting.len() < 60);
    let condition = field::condition(waiting[0], "PodScheduled");
    assert_eq!(field::text(condition, "reason"), "Unschedulable");
    assert!(
        field::text(condition, "message").starts_with(
            "0/4 nodes are available: 2 Insufficient cpu, 2 node(s) had untolerated taint(s). preemption:"
        ),
        "{condition}"
    );
    controllers
        .store()
        .edit(&key, |object| {
            field::put(object, "spec.replicas", json!(1));
            Ok(())
        })
        .unwrap();
    pass(&mut controllers, 60);
    let left = pods(&controllers, "development", "api");
    assert_eq!((left.len(), left.iter().filter(|pod| pod::is_ready(pod)).count()), (1, 1));
}

#[test]
fn a_silent_node_becomes_unknown_and_loses_its_pods_after_five_minutes() {
    let mut controllers = fleet(&PROD);
    controllers.work();
    let node = "ip-10-1-13-60.ec2.internal";
    controllers.conducts().lose_node(node);
    pass(&mut controllers, 420);
    let object = controllers.store().get(&Key::cluster("nodes", node)).unwrap();
    assert_eq!(field::text(field::condition(&object, "Ready"), "status"), "Unknown");
    assert_eq!(field::list(&object, "spec.taints").len(), 2);
    pass(&mut controllers, 400);
    let web = pods(&controllers, "production", "web");
    assert_eq!(
        web.iter().filter(|pod| pod::is_ready(pod) && field::text(pod, "spec.nodeName") != node).count(),
        3
    );
    let on_it = Selection::parse("", &format!("spec.nodeName={node}")).unwrap();
    assert!(
        controllers
            .store()
            .list("pods", Some("production"), &on_it)
            .iter()
            .all(|pod| pod::is_terminating(&pod.value())),
        "nobody stops them"
    );
    controllers.conducts().find_node(node);
    controllers
        .store()
        .edit(&Key::cluster("nodes", node), |node| {
            // Karpenter would take a node that comes back empty.
            field::annotate(node, "karpenter.sh/do-not-disrupt", "true");
            Ok(())
        })
        .unwrap();
    pass(&mut controllers, 60);
    let object = controllers.store().get(&Key::cluster("nodes", node)).unwrap();
    assert!(field::condition_is_true(&object, "Ready") && field::list(&object, "spec.taints").is_empty());
    assert!(
        controllers
            .store()
            .list("pods", Some("production"), &on_it)
            .iter()
            .all(|pod| !pod::is_terminating(&pod.value()))
    );
}

#[test]
fn what_a_deleted_deployment_owned_goes_with_it() {
    for propagation in [Propagation::Background, Propagation::Foreground] {
        let mut controllers = fleet(&DEV);
        let_alone(&controllers);
        let options = DeleteOptions { propagation, ..DeleteOptions::default() };
        controllers.store().delete(&deployment("staging", "web"), &options).unwrap();
        pass(&mut controllers, 60);
        assert_eq!(pods(&controllers, "staging", "web").len(), 0, "{propagation:?}");
        let sets = controllers.store().list(
            "replicasets.apps",
            Some("staging"),
            &Selection::by_labels("app.kubernetes.io/name=web").unwrap(),
        );
        assert_eq!(sets.len(), 0, "{propagation:?}");
        assert!(controllers.store().get(&deployment("staging", "web")).is_err());
    }
}

#[test]
fn a_deleted_member_of_a_stateful_set_comes_back_under_its_name() {
    let mut controllers = fleet(&PROD);
    let key = Key::namespaced("pods", "production", "cache-1");
    let old = controllers.store().get(&key).unwrap();
    controllers.store().delete(&key, &DeleteOptions::default()).unwrap();
    pass(&mut controllers, 40);
    let new = controllers.store().get(&key).unwrap();
    assert!(pod::is_ready(&new) && field::uid(&new) != field::uid(&old));
    assert_eq!(field::list(&new, "spec.volumes")[0]["persistentVolumeClaim"]["claimName"], "data-cache-1");
    let set = controllers.store().get(&Key::namespaced("statefulsets.apps", "production", "cache")).unwrap();
    assert_eq!(field::number(&set, "status.readyReplicas"), 3);
}

#[test]
fn the_report_runs_on_the_hour_and_keeps_three_runs() {
    let mut controllers = fleet(&PROD);
    pass(&mut controllers, 3 * 3600);
    let jobs: Vec<Value> = controllers
        .store()
        .list("jobs.batch", Some("production"), &Selection::all())
        .iter()
        .map(|job| job.value())
        .collect();
    assert_eq!(jobs.len(), 3);
    assert!(jobs.iter().all(|job| field::condition_is_true(job, "Complete")));
    let cron = controllers.store().get(&Key::namespaced("cronjobs.batch", "production", "report")).unwrap();
    assert_eq!(field::text(&cron, "status.lastScheduleTime"), "2026-11-21T13:00:00Z");
    assert_eq!(pods(&controllers, "production", "report").len(), 3);
}

#[test]
fn endpoints_follow_the_pods() {
    let mut controllers = fleet(&PROD);
    let slice = || {
        let selection = Selection::by_labels("kubernetes.io/service-name=web").unwrap();
        controllers.store().list("endpointslices.discovery.k8s.io", Some("production"), &selection)[0].value()
    };
    let before: Vec<Value> = field::list(&slice(), "endpoints").to_vec();
    let name = field::text(&before[0], "targetRef.name").to_owned();
    controllers
        .store()
        .delete(&Key::namespaced("pods", "production", &name), &DeleteOptions::default())
        .unwrap();
    pass(&mut controllers, 60);
    let selection = Selection::by_labels("kubernetes.io/service-name=web").unwrap();
    let after = controllers.store().list("endpointslices.discovery.k8s.io", Some("production"), &selection)
        [0]
    .value();
    let names: Vec<&str> = field::list(&after, "endpoints")
        .iter()
        .map(|endpoint| field::text(endpoint, "targetRef.name"))
        .collect();
    assert!(names.len() == 3 && !names.contains(&name.as_str()));
}

#[test]
fn a_deleted_namespace_is_emptied_first() {
    let mut controllers = fleet(&DEV);
    controllers
        .store()
        .delete(&Key::cluster("namespaces", "development"), &DeleteOptions::default())
        .unwrap();
    pass(&mut controllers, 120);
    assert!(controllers.store().get(&Key::cluster("namespaces", "development")).is_err());
    assert_eq!(controllers.store().list("pods", Some("development"), &Selection::all()).len(), 0);
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let history = || {
        let mut controllers = fleet(&DEV);
        set_image(&controllers, &deployment("staging", "web"), "r/web:1.8.4");
        pass(&mut controllers, 60);
        controllers
            .store()
            .list("pods", None, &Selection::all())
            .iter()
            .map(|pod| pod.value().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(history(), history());
}
