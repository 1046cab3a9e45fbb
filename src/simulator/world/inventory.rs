//! The objects of one cluster at rest, collected while they are written down.
//!
//! A workload put in here appears as a real one would be found after days of quiet: with its ReplicaSets, its pods on
//! nodes that can take them, the volumes they claim and a status that says it is complete.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::simulator::controllers::placement::Placement;
use crate::simulator::controllers::pod::{self, Address, Birth};
use crate::simulator::world::chance::{Chance, hex_of, template_hash};
use crate::simulator::world::cluster::Cluster;
use crate::simulator::world::field;
use crate::simulator::world::identity;
use crate::simulator::world::managed::managed_fields;
use crate::simulator::world::node;
use crate::simulator::world::object::{Object, Site, controller_reference};
use crate::simulator::world::storage;
use crate::simulator::world::workload::Workload;

/// Collects the objects of a cluster.
#[derive(Debug)]
pub struct Inventory {
    site: Site,
    objects: Vec<Value>,
    pods: Vec<Value>,
    placement: Placement,
    chance: Chance,
    addresses: u32,
}

impl Inventory {
    /// A cluster with its nodes and nothing on them.
    pub fn new(cluster: &'static Cluster, now: Timestamp) -> Self {
        let site = Site { cluster, now };
        let nodes: Vec<Value> =
            cluster.machines.iter().map(|machine| node::at_rest(&site, machine)).collect();
        Self {
            site,
            placement: Placement::new(&nodes),
            objects: nodes,
            pods: Vec::new(),
            chance: Chance::of(cluster.name),
            addresses: 0,
        }
    }

    /// Where and when things are built.
    pub fn site(&self) -> Site {
        self.site
    }

    /// Adds an object.
    pub fn add(&mut self, object: Object) {
        self.objects.push(object.build());
    }

    /// Adds an object that is already finished, and hands it back for those who refer to it.
    pub fn keep(&mut self, object: Value) -> Value {
        self.objects.push(object.clone());
        object
    }

    /// Attaches a volume to a node, as the node's status says it.
    pub fn attach(&mut self, node: &str, handle: &str) {
        let device = json!({"name": format!("kubernetes.io/csi/ebs.csi.aws.com^{handle}"), "devicePath": ""});
        for object in self.objects.iter_mut() {
            if field::kind(object) == "Node" && field::name(object) == node {
                field::push(object, "status.volumesAttached", device.clone());
                let in_use = field::at(&device, "name").clone();
                field::push(object, "status.volumesInUse", in_use);
            }
        }
    }

    /// Makes a NodeClaim own the node it became.
    pub fn claim_node(&mut self, node: &str, claim: &Value) {
        for object in self
            .objects
            .iter_mut()
            .filter(|object| field::kind(object) == "Node" && field::name(object) == node)
        {
            let owner = json!({"apiVersion": field::text(claim, "apiVersion"), "kind": "NodeClaim", "name": field::name(claim), "uid": field::uid(claim), "blockOwnerDeletion": true});
            field::put(object, "metadata.ownerReferences", json!([owner]));
            field::put(object, "metadata.finalizers", json!(["karpenter.sh/termination"]));
            for hash in ["karpenter.k8s.aws/ec2nodeclass-hash", "karpenter.sh/nodepool-hash"] {
                field::annotate(object, hash, field::annotation(claim, hash));
            }
        }
    }

    /// The objects so far.
    pub fn objects(&self) -> impl Iterator<Item = &Value> {
        self.objects.iter().chain(&self.pods)
    }

    /// The objects of a kind so far.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects().filter(move |object| field::kind(object) == kind)
    }

    /// The finished collection.
    pub fn finish(self) -> Vec<Value> {
        let mut all = self.objects;
        all.extend(self.pods);
        all
    }

    /// Puts a workload with everything that belongs to it.
    pub fn run(&mut self, workload: &Workload) {
        self.objects.extend(workload.budget(&self.site));
        let mut object = workload.build(&self.site);
        match field::kind(&object) {
            "Deployment" => self.run_deployment(&mut object, workload),
            "StatefulSet" => self.run_stateful_set(&mut object, workload),
            _ => self.run_daemon_set(&mut object, workload),
        }
        self.objects.push(object);
    }

    fn run_deployment(&mut self, object: &mut Value, workload: &Workload) {
        let replicas = field::number(object, "spec.replicas");
        let minutes = workload.age_of_pods();
        let kept = workload.revisions_kept();
        for revision in 1..=kept {
            let mut older = object.clone();
            rewind_template(&mut older, kept + 1 - revision);
            let age = minutes + i64::from(kept + 1 - revision) * 5 * 24 * 60;
            let set = self.replica_set(&older, revision, 0, age);
            self.objects.push(set);
        }
        let set = self.replica_set(object, kept + 1, replicas, minutes);
        let since = self.site.minutes_ago(minutes);
        for index in 0..replicas {
            let prefix = format!("{}-", field::name(&set));
            let name = format!("{prefix}{}", self.chance.suffix());
            let template = field::at(&set, "spec.template").clone();
            let pod = pod::from_template(Birth {
                owner: &set,
                template: &template,
                name: &name,
                generate_name: &prefix,
            });
            self.start(pod, later(since, index * 7));
        }
        let done = later(since, 24);
        let hash = field::name(&set).to_owned();
        field::put(
            object,
            "status",
            json!({
                "observedGeneration": field::number(object, "metadata.generation"), "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas,
                "terminatingReplicas": 0,
                "conditions": [
                    {"type": "Available", "status": "True", "lastUpdateTime": field::stamp(done), "lastTransitionTime": field::stamp(done), "reason": "MinimumReplicasAvailable", "message": "Deployment has minimum availability."},
                    {"type": "Progressing", "status": "True", "lastUpdateTime": field::stamp(done), "lastTransitionTime": field::text(object, "metadata.creationTimestamp"), "reason": "NewReplicaSetAvailable", "message": format!("ReplicaSet \"{hash}\" has successfully progressed.")},
                ],
            }),
        );
        self.objects.push(set);
    }

    fn replica_set(&self, deployment: &Value, revision: u32, replicas: i64, minutes: i64) -> Value {
        let hash = template_hash(field::at(deployment, "spec.template"));
        let mut template = field::at(deployment, "spec.template").clone();
        field::set_label(&mut template, "pod-template-hash", hash.as_str());
        let mut selector = field::at(deployment, "spec.selector").clone();
        if let Some(labels) = selector.get_mut("matchLabels").and_then(Value::as_object_mut) {
            labels.insert("pod-template-hash".to_owned(), json!(hash));
        }
        let wanted = field::number(deployment, "spec.replicas");
        let object =
            self.site.object("apps/v1", "ReplicaSet", &format!("{}-{hash}", field::name(deployment)));
        let object = object
            .namespace(field::namespace(deployment))
            .labels(field::at(&template, "metadata.labels"))
            .annotations(field::at(deployment, "metadata.annotations"))
            .annotation("deployment.kubernetes.io/desired-replicas", &wanted.to_string())
            .annotation("deployment.kubernetes.io/max-replicas", &(wanted + 1).to_string())
            .annotation("deployment.kubernetes.io/revision", &revision.to_string())
            .controlled_by(deployment)
            .written_by("kube-controller-manager")
            .minutes_old(minutes)
            .generation(if replicas == 0 { 2 + i64::from(revision) } else { 2 })
            .spec(json!({"replicas": replicas, "selector": selector, "template": template}));
        let observed = if replicas == 0 { 2 + i64::from(revision) } else { 2 };
        let mut status =
            json!({"replicas": replicas, "terminatingReplicas": 0, "observedGeneration": observed});
        if replicas > 0 {
            status = json!({"replicas": replicas, "fullyLabeledReplicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "terminatingReplicas": 0, "observedGeneration": observed});
        }
        object.status(status).build()
    }

    fn run_stateful_set(&mut self, object: &mut Value, workload: &Workload) {
        let replicas = field::number(object, "spec.replicas");
        let since = self.site.minutes_ago(workload.age_of_pods());
        let name = field::name(object).to_owned();
        let revision = format!("{name}-{}", template_hash(field::at(object, "spec.template")));
        let template = field::at(object, "spec.template").clone();
        for index in 0..replicas {
            let pod_name = format!("{name}-{index}");
            let mut pod = pod::from_template(Birth {
                owner: object,
                template: &template,
                name: &pod_name,
                generate_name: &format!("{name}-"),
            });
            set_member_identity(&mut pod, object, &revision, index);
            let zone = self.start(pod, later(since, index * 11));
            for claim in field::list(object, "spec.volumeClaimTemplates") {
                let claimed = storage::bound_claim(&self.site, object, claim, &pod_name, &zone);
                self.objects.extend(claimed);
            }
        }
        self.objects.push(controller_revision(&self.site, object, &revision, &template));
        field::put(
            object,
            "status",
            json!({
                "observedGeneration": field::number(object, "metadata.generation"), "replicas": replicas, "readyReplicas": replicas, "currentReplicas": replicas, "updatedReplicas": replicas,
                "currentRevision": revision, "updateRevision": revision, "collisionCount": 0, "availableReplicas": replicas,
            }),
        );
    }

    fn run_daemon_set(&mut self, object: &mut Value, workload: &Workload) {
        let template = field::at(object, "spec.template").clone();
        let hash = template_hash(&template);
        let name = field::name(object).to_owned();
        let nodes: Vec<(String, Timestamp)> = self
            .objects
            .iter()
            .filter(|node| field::kind(node) == "Node")
            .map(|node| {
                (
                    field::name(node).to_owned(),
                    field::time(node, "metadata.creationTimestamp").unwrap_or(self.site.now),
                )
            })
            .collect();
        let rolled = self.site.minutes_ago(workload.age_of_pods());
        for (node, joined) in &nodes {
            let pod_name = format!("{name}-{}", self.chance.suffix());
            let mut pod = pod::from_template(Birth {
                owner: object,
                template: &template,
                name: &pod_name,
                generate_name: &format!("{name}-"),
            });
            field::set_label(&mut pod, "controller-revision-hash", hash.as_str());
            field::set_label(&mut pod, "pod-template-generation", "1");
            pod::pin_to_node(&mut pod, node);
            self.start(pod, rolled.max(later(*joined, 4)));
        }
        self.objects.push(controller_revision(&self.site, object, &format!("{name}-{hash}"), &template));
        let count = nodes.len();
        field::put(
            object,
            "status",
            json!({
                "currentNumberScheduled": count, "numberMisscheduled": 0, "desiredNumberScheduled": count, "numberReady": count, "observedGeneration": 1, "updatedNumberScheduled": count, "numberAvailable": count,
            }),
        );
    }

    /// Gives a pod a node and an address and lets it run since an instant, but never longer than its node has been
    /// there. Answers its zone.
    pub fn start(&mut self, mut pod: Value, wanted: Timestamp) -> String {
        self.placement.watch_spread(&pod, &self.pods);
        // A fleet whose pods do not fit would show as a pod without a node, which a test refuses.
        let name = self.placement.choose(&pod).unwrap_or_default();
        let node =
            self.objects.iter().find(|object| field::kind(object) == "Node" && field::name(object) == name);
        let host = node.map(node::internal_address).unwrap_or_default();
        let zone =
            node.map(|node| field::label(node, "topology.kubernetes.io/zone").to_owned()).unwrap_or_default();
        let joined = node.and_then(|node| field::time(node, "metadata.creationTimestamp")).unwrap_or(wanted);
        let settling = Chance::of(field::name(&pod)).between(70, 400);
        let born = wanted.max(later(joined, settling));
        self.complete(&mut pod, born);
        pod::assign(&mut pod, &name, born);
        field::set_label(&mut pod, "topology.kubernetes.io/region", "us-east-1");
        field::set_label(&mut pod, "topology.kubernetes.io/zone", zone.as_str());
        let own =
            if field::is_true(&pod, "spec.hostNetwork") { host.clone() } else { self.address_on(&host) };
        let started = later(born, 3);
        let address = Address { host, pod: own };
        pod::running(&mut pod, &address, started);
        pod::ready(&mut pod, later(started, 9));
        let fields = managed_fields(&pod, "kube-controller-manager", born);
        field::put(&mut pod, "metadata.managedFields", fields);
        self.placement.occupy(&pod);
        self.pods.push(pod);
        zone
    }

    fn complete(&self, pod: &mut Value, born: Timestamp) {
        identity::inject(pod, self.site.cluster.name);
        let uid = self.site.cluster.uid("Pod", field::namespace(pod), field::name(pod));
        field::put(pod, "metadata.uid", json!(uid));
        field::put(pod, "metadata.creationTimestamp", json!(field::stamp(born)));
        field::put(pod, "metadata.generation", json!(1));
    }

    /// A free address in the node's subnet, as the VPC network plugin gives them from prefixes.
    fn address_on(&mut self, host: &str) -> String {
        self.addresses += 1;
        let prefix = host.rsplit_once('.').map_or(host, |(prefix, _)| prefix);
        format!("{prefix}.{}", 64 + self.addresses % 190)
    }

    /// Adds a pod that has finished, of a Job that ended some minutes ago.
    pub fn finished_pod(&mut self, mut pod: Value, born: Timestamp, ended: Timestamp) {
        self.complete(&mut pod, born);
        let node = self.placement.choose(&pod).unwrap_or_default();
        pod::assign(&mut pod, &node, born);
        let host = self
            .objects
            .iter()
            .find(|object| field::name(object) == node)
            .map(node::internal_address)
            .unwrap_or_default();
        let address = Address { pod: self.address_on(&host), host };
        pod::running(&mut pod, &address, later(born, 2));
        pod::ready(&mut pod, later(born, 2));
        pod::succeeded(&mut pod, ended);
        let fields = managed_fields(&pod, "kube-controller-manager", born);
        field::put(&mut pod, "metadata.managedFields", fields);
        self.pods.push(pod);
    }

    /// The stream that names generated things.
    pub fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }
}

/// What the StatefulSet controller gives each member beside the template: labels, hostname, its own volumes.
pub fn set_member_identity(pod: &mut Value, set: &Value, revision: &str, index: i64) {
    let name = field::name(pod).to_owned();
    field::set_label(pod, "apps.kubernetes.io/pod-index", index.to_string());
    field::set_label(pod, "controller-revision-hash", revision);
    field::set_label(pod, "statefulset.kubernetes.io/pod-name", name.as_str());
    field::put(pod, "spec.hostname", json!(name));
    field::put(pod, "spec.subdomain", field::at(set, "spec.serviceName").clone());
    let claims: Vec<String> = field::list(set, "spec.volumeClaimTemplates")
        .iter()
        .map(|claim| field::name(claim).to_owned())
        .collect();
    for (at, claim) in claims.iter().enumerate() {
        let volume =
            json!({"name": claim, "persistentVolumeClaim": {"claimName": format!("{claim}-{name}")}});
        if let Some(volumes) = pod.pointer_mut("/spec/volumes").and_then(Value::as_array_mut) {
            volumes.insert(at.min(volumes.len()), volume);
        } else {
            field::push(pod, "spec.volumes", volume);
        }
    }
}

/// The record of one template of a StatefulSet or DaemonSet.
pub fn controller_revision(site: &Site, owner: &Value, name: &str, template: &Value) -> Value {
    let mut replaced = template.clone();
    field::put(&mut replaced, "$patch", json!("replace"));
    let mut revision = site
        .object("apps/v1", "ControllerRevision", name)
        .namespace(field::namespace(owner))
        .labels(field::at(template, "metadata.labels"))
        .label("controller.kubernetes.io/hash", name.rsplit_once('-').map_or(name, |(_, hash)| hash))
        .written_by("kube-controller-manager")
        .with("data", json!({"spec": {"template": replaced}}))
        .with("revision", json!(1))
        .build();
    field::put(&mut revision, "metadata.ownerReferences", json!([controller_reference(owner)]));
    revision
}

/// The template as it was some revisions ago: the same containers from older images.
fn rewind_template(deployment: &mut Value, revisions: u32) {
    for container in field::list_mut(deployment, "spec.template.spec.containers") {
        let older = older_image(field::text(container, "image"), revisions);
        field::put(container, "image", json!(older));
    }
}

fn older_image(image: &str, revisions: u32) -> String {
    let Some((repository, tag)) = image.rsplit_once(':') else { return image.to_owned() };
    let digits = tag.rfind(|letter: char| letter.is_ascii_digit());
    match digits.and_then(|end| {
        Some((tag.get(..end)?, tag.get(end..=end)?.parse::<u32>().ok()?, tag.get(end + 1..)?))
    }) {
        Some((before, last, after)) if last >= revisions => {
            format!("{repository}:{before}{}{after}", last - revisions)
        }
        _ => format!("{repository}:{tag}-{}", hex_of(&format!("{image}/{revisions}"), 7)),
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}
