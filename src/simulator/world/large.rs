//! A large cluster for measuring: tens of thousands of pods that look like pods, in sixty namespaces.
//!
//! Its objects are finished, nothing moves them: controllers are for the reference fleet. Each workload's pod is built
//! once and then only renamed, re-addressed and re-dated, so that a hundred thousand are a matter of seconds; the store
//! keeps them as text.

mod platform;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::pod::{self, Address, Birth, Ending};
use crate::simulator::store::Store;
use crate::simulator::world::chance::{Chance, template_hash};
use crate::simulator::world::cluster::{INSTANCES, M5_XLARGE, Machine, PROD, app_image, zone_of};
use crate::simulator::world::container::{container, http_get};
use crate::simulator::world::field;
use crate::simulator::world::managed::managed_fields;
use crate::simulator::world::node;
use crate::simulator::world::object::{Site, controller_reference};
use crate::simulator::world::workload::{Workload, deployment};

pub use self::platform::{Platform, platform};

/// Namespaces the pods are spread over.
const NAMESPACES: usize = 60;
/// Pods of a Deployment, at least and at most.
const REPLICAS: (i64, i64) = (2, 40);

/// Fills a store with so many nodes, and so many pods on them with their Deployments and ReplicaSets.
///
/// # Errors
/// When the store refuses an object: it was not empty.
pub fn large(store: &Store, pods: usize, nodes: usize, seed: u64) -> Result<(), Status> {
    let site = Site { cluster: &PROD, now: store.clock().now() };
    let mut chance = Chance::new(seed);
    let hosts = populate_nodes(store, &site, nodes)?;
    for index in 0..NAMESPACES {
        let name = namespace_name(index);
        let namespace = site.object("v1", "Namespace", &name).label("kubernetes.io/metadata.name", &name);
        store.create(
            &namespace
                .with("spec", json!({"finalizers": ["kubernetes"]}))
                .status(json!({"phase": "Active"}))
                .build(),
        )?;
    }
    let mut left = pods;
    let mut number = 0;
    while left > 0 {
        let replicas = chance.between(REPLICAS.0, REPLICAS.1).min(i64::try_from(left).unwrap_or(i64::MAX));
        let namespace = namespace_name(usize::try_from(chance.below(60)).unwrap_or_default());
        run(store, &site, Plan { namespace, number, replicas }, &hosts, &mut chance)?;
        left = left.saturating_sub(usize::try_from(replicas).unwrap_or(1));
        number += 1;
    }
    Ok(())
}

fn namespace_name(index: usize) -> String {
    const AREAS: [&str; 12] = [
        "billing",
        "catalog",
        "checkout",
        "customers",
        "inventory",
        "mail",
        "media",
        "payments",
        "pricing",
        "reports",
        "search",
        "shipping",
    ];
    const STAGES: [&str; 5] = ["dev", "load", "preview", "prod", "qa"];
    let area = AREAS.get(index % AREAS.len()).copied().unwrap_or_default();
    let stage = STAGES.get(index / AREAS.len()).copied().unwrap_or_default();
    format!("{area}-{stage}")
}

/// A node's name and address.
struct Host {
    name: String,
    address: String,
    zone: &'static str,
}

fn populate_nodes(store: &Store, site: &Site, count: usize) -> Result<Vec<Host>, Status> {
    let mut hosts = Vec::with_capacity(count);
    for index in 0..count {
        let subnet = 11 + u8::try_from(index % 3).unwrap_or_default();
        let (high, low) = ((index / 3) / 250, (index / 3) % 250 + 4);
        let machine = Machine {
            subnet,
            host: u8::try_from(low).unwrap_or_default(),
            instance: INSTANCES.get(index % INSTANCES.len()).copied().unwrap_or(M5_XLARGE),
            pool: Some(if index % 5 == 0 { "on-demand" } else { "spot" }),
            capacity: if index % 5 == 0 { "on-demand" } else { "spot" },
            days: 1 + i64::try_from(index % 28).unwrap_or_default(),
        };
        let mut object = node::at_rest(site, &machine);
        // More nodes than a subnet has addresses: the third octet tells them apart.
        let third = usize::from(subnet) + 16 * high;
        let name = format!("ip-10-1-{third}-{low}.ec2.internal");
        let address = format!("10.1.{third}.{low}");
        field::put(&mut object, "metadata.name", json!(name));
        field::put(&mut object, "metadata.uid", json!(site.cluster.uid("Node", "", &name)));
        field::set_label(&mut object, "kubernetes.io/hostname", name.as_str());
        for own in field::list_mut(&mut object, "status.addresses") {
            let is_address = field::text(own, "type") == "InternalIP";
            field::put(own, "address", json!(if is_address { &address } else { &name }));
        }
        store.create(&object)?;
        hosts.push(Host { name, address, zone: zone_of(subnet).0 });
    }
    Ok(hosts)
}

struct Plan {
    namespace: String,
    number: usize,
    replicas: i64,
}

fn workload(plan: &Plan, chance: &mut Chance) -> Workload {
    const ROLES: [&str; 8] =
        ["api", "backend", "consumer", "frontend", "gateway", "indexer", "scheduler", "worker"];
    let role = chance.pick(&ROLES).copied().unwrap_or("api");
    let name = format!("{role}-{:04}", plan.number);
    let version = format!("{}.{}.{}", chance.between(1, 4), chance.between(0, 30), chance.between(0, 9));
    let mut main = container(role, &app_image(role, &version))
        .port("http", 8080)
        .port("metrics", 9090)
        .requests("250m", "512Mi")
        .limits("1", "1Gi")
        .ready_when(http_get("/readyz", "http", 10))
        .alive_when(http_get("/healthz", "http", 20), 15)
        .env_from_secret("DATABASE_URL", "app-secrets", "database-url")
        .confined();
    for index in 0..4 {
        main = main.env(&format!("SETTING_{index:02}"), &chance.hex(18));
    }
    let proxy = container("proxy", &app_image("proxy", "1.27.4"))
        .port("proxy", 15001)
        .requests("20m", "64Mi")
        .memory_limit("128Mi");
    deployment(&plan.namespace, &name)
        .version(&version)
        .label("team", plan.namespace.split('-').next().unwrap_or_default())
        .replicas(plan.replicas)
        .container(main)
        .container(proxy.restricted())
        .uses(&format!("{}m", chance.between(4, 700)), &format!("{}Mi", chance.between(60, 900)))
        .spread("ScheduleAnyway")
        .without_budget()
}

fn run(store: &Store, site: &Site, plan: Plan, hosts: &[Host], chance: &mut Chance) -> Result<(), Status> {
    let workload = workload(&plan, chance);
    let mut object = workload.build(site);
    let hash = template_hash(field::at(&object, "spec.template"));
    let set_name = format!("{}-{hash}", field::name(&object));
    let mut template = field::at(&object, "spec.template").clone();
    field::set_label(&mut template, "pod-template-hash", hash.as_str());
    let count = json!(plan.replicas);
    let generation = field::number(&object, "metadata.generation");
    field::put(
        &mut object,
        "status",
        json!({
            "observedGeneration": generation, "replicas": count, "updatedReplicas": count, "readyReplicas": count, "availableReplicas": count,
            "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "Deployment has minimum availability.", "lastTransitionTime": site.stamp(600), "lastUpdateTime": site.stamp(600)}],
        }),
    );
    let set = site
        .object("apps/v1", "ReplicaSet", &set_name)
        .namespace(&plan.namespace)
        .labels(field::at(&template, "metadata.labels"))
        .annotation("deployment.kubernetes.io/revision", "2")
        .controlled_by(&object)
        .written_by("kube-controller-manager")
        .spec(json!({"replicas": count, "selector": {"matchLabels": {"pod-template-hash": hash}}, "template": template}))
        .status(json!({"replicas": count, "fullyLabeledReplicas": count, "readyReplicas": count, "availableReplicas": count, "observedGeneration": 1}))
        .build();
    store.create(&object)?;
    store.create(&set)?;
    let born = site.minutes_ago(chance.between(3, 40_000));
    let mut model = model(&set, &template, born);
    for _ in 0..plan.replicas {
        let fate = chance.below(1000);
        let host = chance.pick(hosts);
        loop {
            individualise(&mut model, &set_name, host, born, chance);
            let created = match with_fate(&model, fate, site.now) {
                Some(unlucky) => store.create(&unlucky),
                None => store.create(&model),
            };
            match created {
                Ok(_) => break,
                // Five letters at the end of a name are few enough to be met twice among so many pods.
                Err(status) if status.reason == "AlreadyExists" => {}
                Err(status) => return Err(status),
            }
        }
    }
    Ok(())
}

/// The pod all pods of a workload are copied from: running and ready, with its managed fields.
fn model(set: &Value, template: &Value, born: Timestamp) -> Value {
    let mut pod = pod::from_template(Birth {
        owner: set,
        template,
        name: "model",
        generate_name: &format!("{}-", field::name(set)),
    });
    field::put(&mut pod, "metadata.ownerReferences", json!([controller_reference(set)]));
    field::put(&mut pod, "metadata.generation", json!(1));
    field::put(&mut pod, "metadata.uid", json!("model"));
    field::put(&mut pod, "metadata.creationTimestamp", json!(field::stamp(born)));
    pod::assign(&mut pod, "model", born);
    pod::running(&mut pod, &Address { host: String::new(), pod: "0.0.0.0".to_owned() }, born);
    pod::ready(&mut pod, born);
    let fields = managed_fields(&pod, "kube-controller-manager", born);
    field::put(&mut pod, "metadata.managedFields", fields);
    pod
}

fn individualise(pod: &mut Value, set: &str, host: Option<&Host>, born: Timestamp, chance: &mut Chance) {
    field::put(pod, "metadata.name", json!(format!("{set}-{}", chance.suffix())));
    field::put(pod, "metadata.uid", json!(chance.uuid()));
    let started = born.checked_add(SignedDuration::from_secs(chance.between(1, 90))).unwrap_or(born);
    field::put(pod, "status.startTime", json!(field::stamp(started)));
    if let Some(host) = host {
        let own = format!("100.64.{}.{}", chance.below(256), chance.between(1, 254));
        field::put(pod, "spec.nodeName", json!(host.name));
        field::set_label(pod, "topology.kubernetes.io/zone", host.zone);
        field::put(pod, "status.hostIP", json!(host.address));
        field::put(pod, "status.hostIPs", json!([{"ip": host.address}]));
        field::put(pod, "status.podIP", json!(own));
        field::put(pod, "status.podIPs", json!([{"ip": own}]));
    }
    for status in field::list_mut(pod, "status.containerStatuses") {
        field::put(status, "containerID", json!(format!("containerd://{}", chance.hex(64))));
        field::put(status, "state.running.startedAt", json!(field::stamp(started)));
        let restarts = if chance.below(12) == 0 { chance.between(1, 9) } else { 0 };
        field::put(status, "restartCount", json!(restarts));
    }
}

/// Of a thousand pods a few fare badly, as in any large cluster; `None` for the others.
fn with_fate(model: &Value, fate: u64, now: Timestamp) -> Option<Value> {
    let mut pod = if fate < 40 { model.clone() } else { return None };
    let first = field::list(&pod, "spec.containers")
        .first()
        .map(|container| field::text(container, "name").to_owned())
        .unwrap_or_default();
    match fate {
        0..10 => {
            pod::ended(&mut pod, &first, Ending { code: 1, reason: "Error", at: now });
            pod::backing_off(&mut pod, &first, "5m0s", now);
        }
        10..14 => pod::waiting(&mut pod, "ImagePullBackOff", "Back-off pulling image", now),
        14..18 => {
            field::drop_at(&mut pod, "spec.nodeName");
            field::put(&mut pod, "status", json!({"phase": "Pending", "qosClass": "Burstable"}));
            pod::refuse(
                &mut pod,
                "0/400 nodes are available: 400 Insufficient cpu. preemption: 0/400 nodes are available: 400 No preemption victims found for incoming pod.",
                now,
            );
        }
        18..24 => {
            field::put(&mut pod, "metadata.deletionTimestamp", json!(field::stamp(now)));
            field::put(&mut pod, "metadata.deletionGracePeriodSeconds", json!(30));
        }
        _ => pod::succeeded(&mut pod, now),
    }
    Some(pod)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;
    use crate::simulator::store::Selection;

    fn filled(seed: u64) -> Store {
        let store = Store::new("large", SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        large(&store, 240, 20, seed).unwrap();
        store
    }

    #[test]
    fn a_large_cluster_has_the_pods_and_nodes_asked_for_at_a_realistic_size() {
        let store = filled(1);
        let pods = store.list("pods", None, &Selection::all());
        assert_eq!((pods.len(), store.count("nodes")), (240, 20));
        let bytes = pods.iter().map(|pod| pod.body().len()).sum::<usize>() / pods.len();
        assert!((6_500..10_000).contains(&bytes), "{bytes} bytes a pod");
    }

    #[test]
    fn a_large_cluster_is_the_same_for_the_same_seed() {
        let names = |seed| {
            filled(seed)
                .list("pods", None, &Selection::all())
                .iter()
                .map(|pod| pod.uid.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
    }
}
