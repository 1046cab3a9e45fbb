//! Containers of a pod template, with the defaults the API server writes.

use serde_json::{Value, json};

use crate::simulator::world::field;

/// Begins a container that runs an image.
pub fn container(name: &str, image: &str) -> Container {
    Container(json!({
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }))
}

/// A container that is being written down.
#[derive(Clone, Debug)]
pub struct Container(Value);

impl Container {
    /// Adds an argument.
    pub fn argument(mut self, argument: &str) -> Self {
        field::push(&mut self.0, "args", json!(argument));
        self
    }

    /// Adds an environment variable with a plain value.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        field::push(&mut self.0, "env", json!({"name": name, "value": value}));
        self
    }

    /// Adds an environment variable that reads a key of a Secret.
    pub fn env_from_secret(mut self, name: &str, secret: &str, key: &str) -> Self {
        field::push(
            &mut self.0,
            "env",
            json!({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}),
        );
        self
    }

    /// Adds a TCP port.
    pub fn port(self, name: &str, port: u16) -> Self {
        self.protocol_port(name, port, "TCP")
    }

    /// Adds a port of a protocol.
    pub fn protocol_port(mut self, name: &str, port: u16, protocol: &str) -> Self {
        field::push(&mut self.0, "ports", json!({"name": name, "containerPort": port, "protocol": protocol}));
        self
    }

    /// Requests CPU and memory.
    pub fn requests(self, cpu: &str, memory: &str) -> Self {
        self.with("resources.requests", json!({"cpu": cpu, "memory": memory}))
    }

    /// Limits memory.
    pub fn memory_limit(self, memory: &str) -> Self {
        self.with("resources.limits", json!({"memory": memory}))
    }

    /// Limits CPU and memory.
    pub fn limits(self, cpu: &str, memory: &str) -> Self {
        self.with("resources.limits", json!({"cpu": cpu, "memory": memory}))
    }

    /// Probes one path for readiness and, more slowly, for liveness.
    pub fn probed(self, path: &str, port: impl Into<Value>) -> Self {
        let port = port.into();
        self.ready_when(http_get(path, port.clone(), 10)).alive_when(http_get(path, port, 20), 15)
    }

    /// Sets the readiness probe.
    pub fn ready_when(self, probe: Value) -> Self {
        self.with("readinessProbe", probe)
    }

    /// Sets the liveness probe, first asked after some seconds.
    pub fn alive_when(self, mut probe: Value, after: u32) -> Self {
        if after > 0 {
            field::put(&mut probe, "initialDelaySeconds", json!(after));
        }
        self.with("livenessProbe", probe)
    }

    /// Mounts a volume.
    pub fn mount(mut self, volume: &str, path: &str) -> Self {
        field::push(&mut self.0, "volumeMounts", json!({"name": volume, "mountPath": path}));
        self
    }

    /// Runs as `restricted` pod security asks, with a read-only root file system.
    pub fn restricted(self) -> Self {
        self.with("securityContext", json!({
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true,
            "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"},
        }))
    }

    /// Runs without privilege escalation and capabilities; the pod says the rest.
    pub fn confined(self) -> Self {
        self.with("securityContext", json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true}))
    }

    /// Runs privileged.
    pub fn privileged(self) -> Self {
        self.with("securityContext", json!({"privileged": true}))
    }

    /// Sets any field by its dotted path.
    pub fn with(mut self, path: &str, value: Value) -> Self {
        field::put(&mut self.0, path, value);
        self
    }

    /// The finished container.
    pub fn build(self) -> Value {
        self.0
    }
}

/// An HTTP probe with the API server's defaults.
pub fn http_get(path: &str, port: impl Into<Value>, period: u32) -> Value {
    json!({"httpGet": {"path": path, "port": port.into(), "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": period, "successThreshold": 1, "failureThreshold": 3})
}

/// A TCP probe with the API server's defaults.
pub fn tcp_socket(port: &str) -> Value {
    json!({"tcpSocket": {"port": port}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})
}
