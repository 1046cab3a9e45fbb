//! What a pod costs in memory: everything that a row refers to is counted, with what the allocator adds.

use std::collections::HashSet;

use super::*;
use crate::fleet::container_status::ContainerState;

/// What glibc's `malloc` takes for so many bytes: 8 more, in steps of 16, at least 32.
fn malloc(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { (bytes + 8).div_ceil(16).max(2) * 16 }
}

/// Strong and weak count in front of what an `Arc` holds.
fn arc(bytes: usize) -> usize {
    malloc(bytes + 2 * size_of::<usize>())
}

/// Counts each shared allocation once.
#[derive(Default)]
struct Counted {
    seen: HashSet<usize>,
    bytes: usize,
}

impl Counted {
    fn own(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    fn text(&mut self, text: &Arc<str>) {
        if self.seen.insert(text.as_ptr() as usize) {
            // The interner's table holds a pointer of two words and a byte of hash, at half load in the worst case.
            self.bytes += arc(text.len()) + 2 * (2 * size_of::<usize>() + 1);
        }
    }

    fn termination(&mut self, ended: &Termination) {
        self.own(malloc(size_of::<Termination>()));
        self.text(&ended.reason);
        self.text(&ended.message);
    }

    fn pod(&mut self, pod: &Pod) {
        // The row, its slot in the table, its entry in the table's index at half load, its name.
        self.own(
            arc(size_of::<Pod>()) + size_of::<usize>() + 2 * (size_of::<u32>() + 1) + malloc(pod.name.len()),
        );
        self.text(&pod.status);
        pod.node.iter().for_each(|node| self.text(node));
        self.template(&pod.template);
        let Some(unusual) = &pod.unusual else { return };
        self.own(malloc(size_of::<Unusual>()) + malloc(size_of_val(&*unusual.containers)));
        for container in &unusual.containers {
            self.text(&container.name);
            container.last_run.iter().for_each(|ended| self.termination(ended));
            match &container.state {
                ContainerState::Waiting { reason, message } => {
                    self.text(reason);
                    self.text(message);
                }
                ContainerState::Terminated(ended) => self.termination(ended),
                ContainerState::Running { .. } | ContainerState::Unknown => {}
            }
        }
        unusual.unbound.iter().for_each(|_| self.own(malloc(size_of::<Unbound>())));
        if let Some(scheduling) = pod.scheduling() {
            self.text(&scheduling.reason);
            self.text(&scheduling.message);
        }
        if let Some(gates) = &unusual.readiness_gates {
            self.own(malloc(size_of::<ReadinessGates>()));
            gates.unmet.iter().for_each(|gate| self.text(gate));
        }
        for text in [&unusual.reason, &unusual.message, &unusual.nominated_node].into_iter().flatten() {
            self.text(text);
        }
    }

    fn template(&mut self, template: &Arc<Template>) {
        if !self.seen.insert(Arc::as_ptr(template) as usize) {
            return;
        }
        self.own(arc(size_of::<Template>()) + 2 * (size_of::<usize>() + 1));
        self.own(malloc(size_of_val(&*template.labels)) + malloc(size_of_val(&*template.containers)));
        for (key, value) in &template.labels {
            self.text(key);
            self.text(value);
        }
        for container in &template.containers {
            self.text(&container.name);
            self.text(&container.image);
        }
        for owner in template.owner.iter().chain(&template.workload) {
            self.text(&owner.kind);
            self.text(&owner.name);
        }
        if let Some(unusual) = &template.unusual {
            self.own(malloc(size_of_val(&**unusual)));
            let texts = unusual.do_not_disrupt.iter().chain(&unusual.priority_class);
            texts.for_each(|text| self.text(text));
            self.own(malloc(size_of_val(&*unusual.keeps_away)));
            for term in &unusual.keeps_away {
                self.text(&term.topology_key);
                let labels = term.selector.iter().flat_map(|selector| &selector.labels);
                for (key, value) in labels {
                    self.own(malloc(size_of::<(Arc<str>, Arc<str>)>()));
                    self.text(key);
                    self.text(value);
                }
            }
            if let Some(AwsIdentity::Irsa { role }) = &unusual.identity {
                self.text(role);
            }
        }
        for text in [&template.namespace, &template.service_account] {
            self.text(text);
        }
    }
}

/// Digits and letters as Kubernetes makes them up, the same in every run.
fn suffix(seed: usize, length: usize) -> String {
    let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            "bcdfghjklmnpqrstvwxz2456789".as_bytes()[(state >> 33) as usize % 27] as char
        })
        .collect()
}

/// A cluster's worth: Deployments of 6, DaemonSets on every node, StatefulSets of 3, Jobs of 1 that are done; a tenth
/// restarted lately, some cannot start.
fn fleet(pods: usize) -> Vec<Value> {
    let team = |at: usize| format!("team-{}", at % 40);
    let node = |at: usize| format!("ip-10-1-{}-{}.ec2.internal", 11 + at % 3, at % 80);
    (0..pods)
        .map(|at| {
            let (kind, owner, name, hash) = match at % 20 {
                0..12 => {
                    let hash = suffix(at / 12, 9);
                    let owner = format!("checkout-service-{}-{hash}", at / 12 % 97);
                    ("ReplicaSet", owner.clone(), format!("{owner}-{}", suffix(at + 7, 5)), Some(hash))
                }
                12..16 => {
                    let owner = ["aws-node", "kube-proxy", "ebs-csi-node", "fluent-bit"][at % 20 - 12].to_owned();
                    ("DaemonSet", owner.clone(), format!("{owner}-{}", suffix(at + 7, 5)), None)
                }
                16..19 => {
                    let owner = format!("cache-cluster-{}", at / 20);
                    ("StatefulSet", owner.clone(), format!("{owner}-{}", at % 20 - 16), None)
                }
                _ => {
                    let owner = format!("nightly-report-{}", 29_000_000 + at);
                    ("Job", owner.clone(), format!("{owner}-{}", suffix(at + 7, 5)), None)
                }
            };
            let app = owner.split('-').next().unwrap_or("").to_owned();
            let group = match kind {
                "ReplicaSet" => at / 12,
                "DaemonSet" => at % 20,
                _ => at / 20,
            };
            let mut labels = json!({"app.kubernetes.io/name": app, "app.kubernetes.io/instance": owner,
                "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/part-of": "myapp",
                "app.kubernetes.io/version": "1.8.1", "topology.kubernetes.io/region": "us-east-1"});
            match (kind, hash) {
                (_, Some(hash)) => labels["pod-template-hash"] = json!(hash),
                ("StatefulSet", _) => {
                    labels["statefulset.kubernetes.io/pod-name"] = json!(name);
                    labels["apps.kubernetes.io/pod-index"] = json!(name.rsplit('-').next());
                    labels["controller-revision-hash"] = json!(format!("{owner}-59bf975b86"));
                }
                ("Job", _) => {
                    labels["batch.kubernetes.io/controller-uid"] = json!(format!("{at:08x}-0000-4000-8000-000000000000"));
                    labels["batch.kubernetes.io/job-name"] = json!(owner);
                }
                _ => labels["controller-revision-hash"] = json!("6d8f7c9b5"),
            }
            let state = match (kind, at % 50) {
                ("Job", _) => container(json!({"terminated": {"exitCode": 0, "reason": "Completed"}}), 0, json!({})),
                (_, 0 | 10 | 20 | 30 | 40) => {
                    let last = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-21T08:00:00Z"}});
                    with(running(), [(CONTAINER, json!({"name": "api", "ready": true, "restartCount": at % 7 + 1,
                        "state": {"running": {"startedAt": "2026-11-21T08:00:10Z"}}, "lastState": last}))])
                }
                (_, 7) => {
                    let message = format!("back-off 5m0s restarting failed container=api pod={name}_x({at})");
                    container(json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}}), 12, json!({}))
                }
                _ => running(),
            };
            let affinity = match kind {
                // As charts write it for data stores that run in several copies.
                "StatefulSet" if at / 20 % 5 == 0 => json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app.kubernetes.io/instance": owner}}}]}}),
                _ => json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {}}}]}}),
            };
            let phase = if kind == "Job" { "Succeeded" } else { "Running" };
            with(state, [
                ("/metadata/name", json!(name)),
                ("/metadata/namespace", json!(if kind == "DaemonSet" { "kube-system".to_owned() } else { team(group) })),
                ("/metadata/uid", json!(format!("{at:08x}-2454-473c-b7e3-dbfa445c7b74"))),
                ("/metadata/labels", labels),
                ("/metadata/ownerReferences", json!([{"kind": kind, "name": owner, "controller": true}])),
                ("/spec/nodeName", json!(node(at))),
                ("/spec/affinity", affinity),
                ("/spec/containers/0/image", json!(format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/myapp/{app}:1.8.1"))),
                ("/status/podIPs/0/ip", json!(format!("10.1.{}.{}", at / 250, at % 250))),
                ("/status/phase", json!(phase)),
            ])
        })
        .collect()
}

#[test]
fn a_pod_takes_at_most_400_bytes_with_all_its_names() {
    let mut shared = PodShared::default();
    let pods: Vec<Pod> = fleet(2000).iter().map(|pod| pack_with(pod, &mut shared)).collect();
    let mut counted = Counted::default();
    for pod in &pods {
        counted.pod(pod);
    }
    let each = counted.bytes / pods.len();
    assert!(each <= 400, "{each} bytes a pod");
    assert!(size_of::<Pod>() <= 128, "{} bytes a row", size_of::<Pod>());
}

#[test]
fn the_templates_of_pods_that_are_gone_are_let_go() {
    let mut shared = PodShared::default();
    for round in 0..40 {
        for pod in 0..100 {
            let labels = json!({"unique": format!("{round}-{pod}")});
            drop(pack_with(&with(running(), [("/metadata/labels", labels)]), &mut shared));
        }
    }
    assert!(shared.templates.len() <= 2048, "{} templates", shared.templates.len());
}
