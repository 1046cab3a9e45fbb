//! The objects that an object names: who owns it, what it uses, what it sends traffic to.

use serde_json::Value;

use super::read::{list, text};

/// An object that another one names, in the same cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; `None` for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl Target {
    /// Something in a namespace; `None` without a name.
    pub fn namespaced(group: &str, kind: &str, namespace: &str, name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        })
    }

    /// Something of the whole cluster; `None` without a name.
    pub fn cluster_wide(group: &str, kind: &str, name: &str) -> Option<Self> {
        Self::namespaced(group, kind, "", name).map(|target| Self { namespace: None, ..target })
    }
}

/// How another object belongs to this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// In a word or two: `owned by`, `runs on`, `secret`.
    pub how: &'static str,
    /// Which.
    pub target: Target,
}

/// All objects that an object names, each once, the owner first.
pub fn related(object: &Value) -> Vec<Relation> {
    let mut all = Relations { namespace: text(object, "/metadata/namespace"), found: Vec::new() };
    all.owners(object);
    all.of_kind(object);
    for template in ["/spec/template", "/spec/jobTemplate/spec/template"] {
        if let Some(template) = object.pointer(template) {
            all.pod(template);
        }
    }
    if text(object, "/kind") == "Pod" || object.pointer("/spec/containers").is_some() {
        all.pod(object);
    }
    all.found
}

struct Relations<'v> {
    namespace: &'v str,
    found: Vec<Relation>,
}

impl Relations<'_> {
    fn add(&mut self, how: &'static str, target: Option<Target>) {
        if let Some(target) = target
            && !self.found.iter().any(|known| known.target == target)
        {
            self.found.push(Relation { how, target });
        }
    }

    fn local(&mut self, how: &'static str, kind: &str, name: &str) {
        self.add(how, Target::namespaced("", kind, self.namespace, name));
    }

    fn owners(&mut self, object: &Value) {
        for owner in list(object, "/metadata/ownerReferences") {
            let group = text(owner, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
            let (kind, name) = (text(owner, "/kind"), text(owner, "/name"));
            // The scope of the owner's kind is looked up where the target is resolved.
            self.add("owned by", Target::namespaced(group, kind, self.namespace, name));
        }
    }

    fn of_kind(&mut self, object: &Value) {
        self.add("runs on", Target::cluster_wide("", "Node", text(object, "/spec/nodeName")));
        self.add("node", Target::cluster_wide("", "Node", text(object, "/status/nodeName")));
        for class in ["/spec/nodeClassRef", "/spec/template/spec/nodeClassRef"] {
            let Some(class) = object.pointer(class) else { continue };
            // `v1beta1` said the group with its version.
            let group = text(class, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
            let group = if text(class, "/group").is_empty() { group } else { text(class, "/group") };
            self.add("class", Target::cluster_wide(group, text(class, "/kind"), text(class, "/name")));
        }
        for about in ["/involvedObject", "/regarding"] {
            let Some(about) = object.pointer(about) else { continue };
            let group = text(about, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
            let (namespace, kind, name) =
                (text(about, "/namespace"), text(about, "/kind"), text(about, "/name"));
            self.add("about", Target::namespaced(group, kind, namespace, name));
        }
        if let Some(scaled) = object.pointer("/spec/scaleTargetRef") {
            let group = text(scaled, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
            let (kind, name) = (text(scaled, "/kind"), text(scaled, "/name"));
            self.add("scales", Target::namespaced(group, kind, self.namespace, name));
        }
        let service = text(object, "/spec/serviceName");
        self.local("service", "Service", service);
        self.add("volume", Target::cluster_wide("", "PersistentVolume", text(object, "/spec/volumeName")));
        let class = text(object, "/spec/storageClassName");
        self.add("class", Target::cluster_wide("storage.k8s.io", "StorageClass", class));
        let claim = object.pointer("/spec/claimRef").unwrap_or(&Value::Null);
        let claim_namespace = text(claim, "/namespace");
        self.add(
            "claimed by",
            Target::namespaced("", "PersistentVolumeClaim", claim_namespace, text(claim, "/name")),
        );
        self.add(
            "class",
            Target::cluster_wide("networking.k8s.io", "IngressClass", text(object, "/spec/ingressClassName")),
        );
        for rule in list(object, "/spec/rules") {
            for path in list(rule, "/http/paths") {
                self.local("sends to", "Service", text(path, "/backend/service/name"));
            }
        }
        self.local("sends to", "Service", text(object, "/spec/defaultBackend/service/name"));
        for tls in list(object, "/spec/tls") {
            self.local("certificate", "Secret", text(tls, "/secretName"));
        }
        let role = text(object, "/roleRef/name");
        if text(object, "/roleRef/kind") == "ClusterRole" {
            self.add("grants", Target::cluster_wide("rbac.authorization.k8s.io", "ClusterRole", role));
        } else {
            self.add("grants", Target::namespaced("rbac.authorization.k8s.io", "Role", self.namespace, role));
        }
        for subject in list(object, "/subjects") {
            if text(subject, "/kind") == "ServiceAccount" {
                let target = Target::namespaced(
                    "",
                    "ServiceAccount",
                    text(subject, "/namespace"),
                    text(subject, "/name"),
                );
                self.add("to", target);
            }
        }
        for pod in list(object, "/subsets").iter().flat_map(|subset| list(subset, "/addresses")) {
            self.local("endpoint", text(pod, "/targetRef/kind"), text(pod, "/targetRef/name"));
        }
        for endpoint in list(object, "/endpoints") {
            self.local("endpoint", text(endpoint, "/targetRef/kind"), text(endpoint, "/targetRef/name"));
        }
    }

    fn pod(&mut self, pod: &Value) {
        self.local("runs as", "ServiceAccount", text(pod, "/spec/serviceAccountName"));
        for volume in list(pod, "/spec/volumes") {
            self.local("claim", "PersistentVolumeClaim", text(volume, "/persistentVolumeClaim/claimName"));
            self.local("config map", "ConfigMap", text(volume, "/configMap/name"));
            self.local("secret", "Secret", text(volume, "/secret/secretName"));
            for source in list(volume, "/projected/sources") {
                self.local("config map", "ConfigMap", text(source, "/configMap/name"));
                self.local("secret", "Secret", text(source, "/secret/name"));
            }
        }
        for containers in ["/spec/initContainers", "/spec/containers"] {
            for container in list(pod, containers) {
                for from in list(container, "/envFrom") {
                    self.local("config map", "ConfigMap", text(from, "/configMapRef/name"));
                    self.local("secret", "Secret", text(from, "/secretRef/name"));
                }
                for variable in list(container, "/env") {
                    self.local("config map", "ConfigMap", text(variable, "/valueFrom/configMapKeyRef/name"));
                    self.local("secret", "Secret", text(variable, "/valueFrom/secretKeyRef/name"));
                }
            }
        }
        for secret in list(pod, "/spec/imagePullSecrets") {
            self.local("pull secret", "Secret", text(secret, "/name"));
        }
        let class = text(pod, "/spec/priorityClassName");
        self.add("priority", Target::cluster_wide("scheduling.k8s.io", "PriorityClass", class));
    }
}
