//! Deployments, StatefulSets and DaemonSets as their authors write them, with the defaults the API server adds.

use serde_json::{Value, json};

use crate::simulator::world::container::Container;
use crate::simulator::world::field;
use crate::simulator::world::object::{Object, Site, pairs};

/// Begins a Deployment.
pub fn deployment(namespace: &str, name: &str) -> Workload {
    Workload::new("Deployment", namespace, name)
}

/// Begins a StatefulSet.
pub fn stateful_set(namespace: &str, name: &str) -> Workload {
    Workload::new("StatefulSet", namespace, name)
}

/// Begins a DaemonSet.
pub fn daemon_set(namespace: &str, name: &str) -> Workload {
    Workload::new("DaemonSet", namespace, name)
}

/// A workload that is being written down.
#[derive(Clone, Debug)]
pub struct Workload {
    kind: &'static str,
    namespace: String,
    name: String,
    labels: Value,
    selector: Value,
    replicas: i64,
    pod_annotations: Value,
    pod: Value,
    containers: Vec<Value>,
    claims: Vec<Value>,
    argo_application: Option<String>,
    writer: &'static str,
    pods_age: i64,
    budget: Budget,
    older_revisions: u32,
    spec: Vec<(&'static str, Value)>,
}

/// Whether a workload has a PodDisruptionBudget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Budget {
    WhenReplicated,
    None,
}

impl Workload {
    fn new(kind: &'static str, namespace: &str, name: &str) -> Self {
        let own = pairs(&[("app.kubernetes.io/name", name), ("app.kubernetes.io/instance", name)]);
        let mut labels = own.clone();
        if let Value::Object(map) = &mut labels {
            map.insert("app.kubernetes.io/managed-by".to_owned(), json!("Helm"));
        }
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            labels,
            selector: own,
            replicas: 1,
            pod_annotations: json!({}),
            pod: json!({
                "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "serviceAccountName": name, "serviceAccount": name,
                "securityContext": {}, "schedulerName": "default-scheduler",
            }),
            containers: Vec::new(),
            claims: Vec::new(),
            argo_application: None,
            writer: "argocd-controller",
            pods_age: 6 * 24 * 60,
            budget: Budget::WhenReplicated,
            older_revisions: 1,
            spec: Vec::new(),
        }
    }

    /// Sets the version label.
    pub fn version(self, version: &str) -> Self {
        self.label("app.kubernetes.io/version", version)
    }

    /// Adds a label to the workload and its pods.
    pub fn label(mut self, key: &str, value: &str) -> Self {
        if let Value::Object(map) = &mut self.labels {
            map.insert(key.to_owned(), json!(value));
        }
        self
    }

    /// Replaces labels and selector, for charts that do not set `instance`.
    pub fn selected_by(mut self, selector: &[(&str, &str)]) -> Self {
        self.selector = pairs(selector);
        for (key, value) in selector {
            self = self.label(key, value);
        }
        self
    }

    /// Removes a label the builder sets by default.
    pub fn without_label(mut self, key: &str) -> Self {
        if let Value::Object(map) = &mut self.labels {
            map.shift_remove(key);
        }
        self
    }

    /// Sets the replica count.
    pub fn replicas(mut self, replicas: i64) -> Self {
        self.replicas = replicas;
        self
    }

    /// Adds a container.
    pub fn container(mut self, container: Container) -> Self {
        self.containers.push(container.build());
        self
    }

    /// Runs as a service account of another name than the workload.
    pub fn service_account(self, name: &str) -> Self {
        self.pod("serviceAccountName", json!(name)).pod("serviceAccount", json!(name))
    }

    /// Sets a field of the pod's spec.
    pub fn pod(mut self, path: &str, value: Value) -> Self {
        field::put(&mut self.pod, path, value);
        self
    }

    /// Sets a field of the workload's spec, over the default.
    pub fn spec(mut self, path: &'static str, value: Value) -> Self {
        self.spec.push((path, value));
        self
    }

    /// Says how much CPU and memory each pod uses: the metrics API answers with it.
    pub fn uses(mut self, cpu: &str, memory: &str) -> Self {
        self.pod_annotations =
            pairs(&[("kwok.x-k8s.io/usage-cpu", cpu), ("kwok.x-k8s.io/usage-memory", memory)]);
        self
    }

    /// Runs on the managed node group only, as critical as the cluster itself.
    pub fn on_system_nodes(self) -> Self {
        self.pod("priorityClassName", json!("system-cluster-critical"))
            .pod("tolerations", json!([{"key": "CriticalAddonsOnly", "operator": "Exists"}]))
            .pod("affinity", json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"}]}]}}}))
    }

    /// Runs on every node, whatever its taints.
    pub fn everywhere(self) -> Self {
        self.pod("priorityClassName", json!("system-node-critical"))
            .pod("tolerations", json!([{"operator": "Exists"}]))
    }

    /// Uses the node's network.
    pub fn host_network(self) -> Self {
        self.pod("hostNetwork", json!(true))
    }

    /// Spreads over zones: strictly, or as well as may be.
    pub fn spread(self, when_unsatisfiable: &str) -> Self {
        let mut constraint = json!({"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": when_unsatisfiable});
        if when_unsatisfiable == "DoNotSchedule" {
            field::put(&mut constraint, "nodeTaintsPolicy", json!("Honor"));
        }
        field::put(&mut constraint, "labelSelector", json!({"matchLabels": self.selector}));
        self.pod("topologySpreadConstraints", json!([constraint]))
    }

    /// Claims a volume for each pod of a StatefulSet.
    pub fn claim(mut self, name: &str, storage: &str) -> Self {
        self.claims.push(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}, "storageClassName": "gp3", "volumeMode": "Filesystem"},
            "status": {"phase": "Pending"},
        }));
        self
    }

    /// Belongs to an Argo CD application.
    pub fn of_application(mut self, application: &str) -> Self {
        self.argo_application = Some(application.to_owned());
        self
    }

    /// Was installed by EKS as a managed add-on.
    pub fn managed_addon(mut self) -> Self {
        self.writer = "eks-addon";
        self.argo_application = None;
        self
    }

    /// Says how many minutes ago its present pods came to be.
    pub fn pods_age(mut self, minutes: i64) -> Self {
        self.pods_age = minutes;
        self
    }

    /// Has no PodDisruptionBudget even with several replicas.
    pub fn without_budget(mut self) -> Self {
        self.budget = Budget::None;
        self
    }

    /// Says how many older revisions its history keeps.
    pub fn older_revisions(mut self, count: u32) -> Self {
        self.older_revisions = count;
        self
    }

    /// Minutes since its present pods were made.
    pub fn age_of_pods(&self) -> i64 {
        self.pods_age
    }

    /// Older revisions kept.
    pub fn revisions_kept(&self) -> u32 {
        if self.kind == "Deployment" { self.older_revisions } else { 0 }
    }

    /// The PodDisruptionBudget, where the workload has one.
    pub fn budget(&self, site: &Site) -> Option<Value> {
        (self.budget == Budget::WhenReplicated && self.kind != "DaemonSet" && self.replicas >= 2).then(|| {
            self.tracked(site.object("policy/v1", "PodDisruptionBudget", &self.name), "policy", "PodDisruptionBudget")
                .spec(json!({"maxUnavailable": 1, "selector": {"matchLabels": self.selector}}))
                .status(json!({
                    "observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": self.replicas, "desiredHealthy": self.replicas - 1, "expectedPods": self.replicas,
                    "conditions": [{"type": "DisruptionAllowed", "status": "True", "observedGeneration": 1, "lastTransitionTime": site.stamp(self.pods_age - 1), "reason": "SufficientPods", "message": ""}],
                }))
                .build()
        })
    }

    /// The finished workload, without a status.
    pub fn build(&self, site: &Site) -> Value {
        let mut template = json!({"metadata": {"labels": self.labels}, "spec": {}});
        if self.pod_annotations.as_object().is_some_and(|map| !map.is_empty()) {
            field::put(&mut template, "metadata.annotations", self.pod_annotations.clone());
        }
        let mut pod = json!({"containers": self.containers});
        for (key, value) in self.pod.as_object().into_iter().flatten() {
            field::put(&mut pod, key, value.clone());
        }
        field::put(&mut template, "spec", pod);
        let selector = json!({"matchLabels": self.selector});
        let mut spec = match self.kind {
            "Deployment" => json!({
                "replicas": self.replicas, "selector": selector, "template": template, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
                "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            }),
            "StatefulSet" => json!({
                "replicas": self.replicas, "selector": selector, "template": template, "serviceName": self.name, "podManagementPolicy": "Parallel",
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}, "revisionHistoryLimit": 10,
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            }),
            _ => json!({
                "selector": selector, "template": template, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 0}}, "revisionHistoryLimit": 10,
            }),
        };
        if !self.claims.is_empty() {
            field::put(&mut spec, "volumeClaimTemplates", json!(self.claims));
        }
        for (path, value) in &self.spec {
            field::put(&mut spec, path, value.clone());
        }
        let object = self.tracked(site.object("apps/v1", self.kind, &self.name), "apps", self.kind);
        let object = match self.kind {
            "DaemonSet" => object.annotation("deprecated.daemonset.template.generation", "1"),
            "Deployment" => object
                .annotation("deployment.kubernetes.io/revision", &(self.revisions_kept() + 1).to_string()),
            _ => object,
        };
        object.generation(i64::from(self.revisions_kept()) + 1).spec(spec).build()
    }

    fn tracked(&self, object: Object, group: &str, kind: &str) -> Object {
        let object = object.namespace(&self.namespace).labels(&self.labels).written_by(self.writer);
        match &self.argo_application {
            Some(application) => object.annotation(
                "argocd.argoproj.io/tracking-id",
                &tracking_id(application, group, kind, &self.namespace, &self.name),
            ),
            None => object,
        }
    }
}

/// Argo CD's mark on a resource it deployed: application, group/kind and namespace/name.
pub fn tracking_id(application: &str, group: &str, kind: &str, namespace: &str, name: &str) -> String {
    format!("{application}:{group}/{kind}:{namespace}/{name}")
}
