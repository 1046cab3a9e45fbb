use super::*;
use crate::simulator::controllers::Controllers;
use crate::simulator::controllers::tests::{deployment, fleet, messages, pass};
use crate::simulator::world::cluster::{Cluster, DEV, PROD};

/// A fleet whose api was given so much to do for a while that there is a node more than is needed.
fn with_an_empty_node(cluster: &'static Cluster) -> (Controllers, Key) {
    let mut fleet = fleet(cluster);
    fleet
        .store()
        .create(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "large", "namespace": "monitoring"}, "spec": {
            "containers": [{"name": "large", "image": "r/large:1", "resources": {"requests": {"cpu": "3500m", "memory": "1Gi"}}}], "schedulerName": "default-scheduler", "restartPolicy": "Always", "serviceAccountName": "default"},
            "status": {"phase": "Pending"}}))
        .unwrap();
    pass(&mut fleet, 120);
    let pod = fleet.store().get(&large()).unwrap();
    let node = field::text(&pod, "spec.nodeName").to_owned();
    assert!(!node.is_empty(), "{pod}");
    let claims = fleet.store().list(CLAIMS, None, &Selection::all());
    let own = claims.iter().find(|claim| field::text(&claim.value(), "status.nodeName") == node).unwrap();
    (fleet, own.key.clone())
}

fn large() -> Key {
    Key::namespaced("pods", "monitoring", "large")
}

fn nodes(fleet: &Controllers) -> usize {
    fleet.store().count("nodes")
}

fn remove_large(fleet: &mut Controllers) {
    fleet.store().delete(&large(), &crate::simulator::store::DeleteOptions::default()).unwrap();
    fleet.work();
}

fn set_budgets(fleet: &Controllers, pool: &str, budgets: &Value) {
    fleet
        .store()
        .edit(&Key::cluster(POOLS, pool), |pool| {
            field::put(pool, "spec.disruption.budgets", budgets.clone());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_pod_that_fits_nowhere_gets_a_claim_that_becomes_a_node_with_its_steps_told() {
    let (fleet, claim) = with_an_empty_node(&DEV);
    assert_eq!(nodes(&fleet), 5);
    let claim = fleet.store().get(&claim).unwrap();
    for kind in ["Launched", "Registered", "Initialized", "Ready"] {
        assert!(field::condition_is_true(&claim, kind), "{kind}");
    }
    let time = |kind: &str| field::text(field::condition(&claim, kind), "lastTransitionTime").to_owned();
    assert!(time("Launched") < time("Registered") && time("Registered") < time("Initialized"));
    let said = messages(&fleet, "monitoring", "Nominated");
    assert_eq!(said, [format!("Pod should schedule on: nodeclaim/{}", field::name(&claim))]);
    let pool = fleet.store().get(&Key::cluster(POOLS, "default")).unwrap();
    assert_eq!((field::number(&pool, "status.nodes"), field::text(&pool, "status.resources.cpu")), (3, "12"));
    assert_eq!(fleet.refused().count(), 0);
}

#[test]
fn a_limit_refuses_more_nodes_in_karpenters_words() {
    let mut fleet = fleet(&DEV);
    fleet
        .store()
        .edit(&Key::cluster(POOLS, "default"), |pool| {
            field::put(pool, "spec.limits.cpu", json!("8"));
            Ok(())
        })
        .unwrap();
    fleet
        .store()
        .edit(&deployment("monitoring", "kps-operator"), |deployment| {
            field::put(deployment, "spec.replicas", json!(40));
            for container in field::list_mut(deployment, "spec.template.spec.containers") {
                field::put(container, "resources.requests.cpu", json!("1"));
            }
            Ok(())
        })
        .unwrap();
    pass(&mut fleet, 120);
    assert_eq!(nodes(&fleet), 4);
    let said = messages(&fleet, "monitoring", "FailedScheduling");
    assert!(
        said.iter().any(|message| message
            == "Failed to schedule pod, all available instance types exceed limits for nodepool: \"default\""),
        "{said:?}"
    );
}

#[test]
fn a_class_that_is_not_ready_makes_no_nodes_and_its_pool_says_why() {
    let mut fleet = fleet(&DEV);
    fleet
        .store()
        .edit(&Key::cluster("ec2nodeclasses.karpenter.k8s.aws", "default"), |class| {
            for (kind, reason) in [("SubnetsReady", "SubnetsNotFound"), ("Ready", "UnhealthyDependents")] {
                field::set_condition(class, json!({"type": kind, "status": "False", "reason": reason, "message": "SubnetSelector did not match any Subnets", "lastTransitionTime": "2026-11-21T10:42:07Z", "observedGeneration": 1}));
            }
            Ok(())
        })
        .unwrap();
    pass(&mut fleet, 5);
    let pool = fleet.store().get(&Key::cluster(POOLS, "default")).unwrap();
    assert!(!field::condition_is_true(&pool, "Ready"));
    assert_eq!(field::text(field::condition(&pool, "NodeClassReady"), "reason"), "SubnetsNotFound");
}

#[test]
fn an_empty_node_goes_after_its_quiet_time_and_not_before() {
    let (mut fleet, claim) = with_an_empty_node(&DEV);
    remove_large(&mut fleet);
    pass(&mut fleet, 20);
    assert_eq!(nodes(&fleet), 5);
    pass(&mut fleet, 400);
    assert_eq!(nodes(&fleet), 4);
    assert!(fleet.store().get(&claim).is_err());
    assert!(
        messages(&fleet, "default", "DisruptionTerminating")
            .contains(&"Disrupting Node: Empty/Delete".to_owned())
    );
}

#[test]
fn a_budget_of_nothing_keeps_an_empty_node_and_says_so() {
    let (mut fleet, claim) = with_an_empty_node(&DEV);
    set_budgets(&fleet, "default", &json!([{"nodes": "0"}]));
    remove_large(&mut fleet);
    pass(&mut fleet, 700);
    assert!(field::condition_is_true(&fleet.store().get(&claim).unwrap(), "Consolidatable"));
    let said = messages(&fleet, "default", "DisruptionBlocked");
    assert!(
        said.contains(
            &"No allowed disruptions for disruption reason Empty due to blocking budget".to_owned()
        ),
        "{said:?}"
    );
    set_budgets(&fleet, "default", &json!([{"nodes": "1"}]));
    pass(&mut fleet, 700);
    assert_eq!(nodes(&fleet), 4);
}

#[test]
fn a_node_that_is_protected_stays() {
    let (mut fleet, claim) = with_an_empty_node(&DEV);
    let name = field::text(&fleet.store().get(&claim).unwrap(), "status.nodeName").to_owned();
    fleet
        .store()
        .edit(&Key::cluster("nodes", &name), |node| {
            field::annotate(node, KEEP, "true");
            Ok(())
        })
        .unwrap();
    remove_large(&mut fleet);
    pass(&mut fleet, 700);
    assert_eq!(nodes(&fleet), 5);
    let said = messages(&fleet, "default", "DisruptionBlocked");
    assert!(said.contains(
        &"Disruption is blocked through the \"karpenter.sh/do-not-disrupt\" annotation".to_owned()
    ));
}

#[test]
fn a_changed_template_drifts_every_node_and_they_are_replaced_one_after_the_other() {
    let mut fleet = fleet(&DEV);
    let before: Vec<String> = fleet
        .store()
        .list(CLAIMS, None, &Selection::all())
        .iter()
        .map(|claim| claim.key.name.to_string())
        .collect();
    fleet
        .store()
        .edit(&Key::cluster(POOLS, "default"), |pool| {
            field::put(pool, "spec.template.metadata.labels.round", json!("two"));
            Ok(())
        })
        .unwrap();
    fleet.work();
    let drifted = fleet.store().list(CLAIMS, None, &Selection::all());
    let reasons = drifted
        .iter()
        .map(|claim| claim.value())
        .filter(|claim| before.contains(&field::name(claim).to_owned()));
    assert!(
        reasons
            .map(|claim| field::text(field::condition(&claim, "Drifted"), "reason").to_owned())
            .all(|reason| reason == "NodePoolDrifted")
    );
    let mut least = 4;
    for _ in 0..40 {
        pass(&mut fleet, 30);
        let ready = fleet.store().list("nodes", None, &Selection::all());
        least =
            least.min(ready.iter().filter(|node| field::condition_is_true(&node.value(), "Ready")).count());
    }
    assert_eq!(least, 4, "the replacement comes first");
    let after = fleet.store().list(CLAIMS, None, &Selection::all());
    assert_eq!(after.len(), 2);
    assert!(after.iter().all(|claim| !before.contains(&claim.key.name.to_string())));
}

#[test]
fn budgets_count_round_up_and_follow_their_schedule() {
    let node =
        |ready: &str| Arc::new(json!({"status": {"conditions": [{"type": "Ready", "status": ready}]}}));
    let nodes = [node("True"), node("True"), node("True")];
    let pool = |budgets: Value| json!({"spec": {"disruption": {"budgets": budgets}}});
    let at = |text: &str| text.parse().unwrap();
    let now = at("2026-11-21T10:42:07Z");
    assert_eq!(allowed(&pool(json!([{"nodes": "10%"}])), "Empty", &nodes, now), 1);
    assert_eq!(allowed(&json!({}), "Empty", &nodes, now), 1, "ten per cent is the default");
    assert_eq!(allowed(&pool(json!([{"nodes": "2", "reasons": ["Drifted"]}])), "Drifted", &nodes, now), 2);
    let frozen = pool(json!([{"nodes": "100%"}, {"nodes": "0", "schedule": "0 9 * * *", "duration": "8h"}]));
    assert_eq!(allowed(&frozen, "Empty", &nodes, now), 0);
    assert_eq!(allowed(&frozen, "Empty", &nodes, at("2026-11-21T18:00:00Z")), 3);
    let one_away = [node("True"), node("False"), node("True")];
    assert_eq!(allowed(&pool(json!([{"nodes": "1"}])), "Empty", &one_away, now), 0);
}

#[test]
fn a_budget_of_pods_and_a_protected_pod_are_named_as_what_blocks() {
    let (mut fleet, claim) = with_an_empty_node(&PROD);
    let name = field::text(&fleet.store().get(&claim).unwrap(), "status.nodeName").to_owned();
    fleet
        .store()
        .edit(&large(), |pod| {
            field::annotate(pod, KEEP, "true");
            Ok(())
        })
        .unwrap();
    fleet
        .store()
        .edit(&claim, |claim| {
            field::set_condition(claim, json!({"type": "Drifted", "status": "True", "reason": "AMIDrift", "message": "AMIDrift", "lastTransitionTime": "2026-11-21T10:42:07Z"}));
            Ok(())
        })
        .unwrap();
    pass(&mut fleet, 700);
    assert!(fleet.store().get(&Key::cluster("nodes", &name)).is_ok());
    let said = messages(&fleet, "default", "DisruptionBlocked");
    assert!(
        said.contains(
            &"Pod has \"karpenter.sh/do-not-disrupt\" annotation (Pod=monitoring/large)".to_owned()
        ),
        "{said:?}"
    );
    fleet
        .store()
        .edit(&large(), |pod| {
            field::annotate(pod, KEEP, "false");
            field::set_label(pod, "app", "large");
            Ok(())
        })
        .unwrap();
    fleet
        .store()
        .create(&json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "never", "namespace": "monitoring"}, "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "large"}}}}))
        .unwrap();
    pass(&mut fleet, 700);
    let said = messages(&fleet, "default", "DisruptionBlocked");
    assert!(
        said.contains(&"Pdb prevents pod evictions (PodDisruptionBudget(s)=[monitoring/never])".to_owned()),
        "{said:?}"
    );
}

#[test]
fn the_fleet_at_rest_keeps_its_nodes_for_hours() {
    for cluster in [&DEV, &PROD] {
        let mut fleet = fleet(cluster);
        let before = nodes(&fleet);
        pass(&mut fleet, 2 * 3600);
        assert_eq!(nodes(&fleet), before, "{}", cluster.name);
        assert_eq!(messages(&fleet, "default", "DisruptionTerminating"), Vec::<String>::new());
    }
}
