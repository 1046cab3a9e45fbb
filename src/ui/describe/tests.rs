use proptest::prelude::*;
use serde_json::{Value, json};

use super::section::{Layout, document};
use super::*;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T11:00:00Z")
}

fn lines(sections: &[Section], width: u16) -> Vec<String> {
    let document = document(sections, Layout { width, resolve: &|_| None });
    (0..document.len()).map(|at| document.line(at).trim_end().to_owned()).collect()
}

fn broken_pod() -> Value {
    json!({
        "kind": "Pod",
        "metadata": {"name": "api-0", "namespace": "production", "labels": {"app": "api"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"token\":\"hunter2\"}"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api-6c4"}]},
        "spec": {
            "nodeName": "ip-10-1-13-7", "serviceAccountName": "api",
            "initContainers": [{"name": "proxy", "restartPolicy": "Always", "image": "envoy:1"}],
            "containers": [{"name": "api", "image": "myapp/api:1.8.2",
                "env": [{"name": "TOKEN", "value": "hunter2"},
                        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "app-secrets", "key": "k"}}}],
                "envFrom": [{"configMapRef": {"name": "settings"}}],
                "ports": [{"name": "http", "containerPort": 8080}],
                "readinessProbe": {"httpGet": {"port": 8080, "path": "/ready"}, "periodSeconds": 5},
                "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}}}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-api-0"}}],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists",
                "effect": "NoExecute", "tolerationSeconds": 300}],
        },
        "status": {"phase": "Running",
            "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady",
                "message": "containers with unready status: [api]", "lastTransitionTime": "2026-11-21T10:54:00Z"}],
            "initContainerStatuses": [{"name": "proxy", "ready": true, "state": {"running": {"startedAt": "2026-11-21T10:00:00Z"}}}],
            "containerStatuses": [{"name": "api", "restartCount": 12, "ready": false,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled",
                    "startedAt": "2026-11-21T10:50:00Z", "finishedAt": "2026-11-21T10:57:00Z"}}}]},
    })
}

#[test]
fn a_pod_says_what_its_containers_do_and_how_they_ended() {
    let shown = lines(&describe("", "Pod", &broken_pod(), now()), 110).join("\n");
    for part in [
        "✖ api  CrashLoopBackOff  12 restarts",
        "● proxy  sidecar  running for 60m",
        "last end          OOMKilled, exit code 137 after 7m, 3m ago",
        "http 8080",
        "http :8080/ready  every 5s, timeout 1s, 3 failures",
        "TOKEN, KEY ← secret app-secrets",
        "all of config map settings",
        "▲ Ready",
        "node.kubernetes.io/not-ready:NoExecute for 300s",
        "claim data-api-0",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[test]
fn no_value_of_a_variable_and_no_copy_of_the_object_is_told() {
    let mut sections = describe("", "Pod", &broken_pod(), now());
    sections.extend(metadata(&broken_pod(), now()));
    assert!(!lines(&sections, 200).join("\n").contains("hunter2"));
    let secret = json!({"type": "Opaque", "data": {"password": "aHVudGVyMg=="}});
    let shown = lines(&describe("", "Secret", &secret, now()), 200).join("\n");
    assert!(shown.contains("password") && !shown.contains("aHVu"), "{shown}");
}

#[test]
fn what_an_object_names_is_found_once() {
    let mut pod = broken_pod();
    pod["spec"]["volumes"] = json!([{"name": "s", "secret": {"secretName": "app-secrets"}}]);
    let told: Vec<String> = related::related(&pod)
        .iter()
        .map(|r| format!("{} {} {}", r.how, r.target.kind, r.target.name))
        .collect();
    assert_eq!(
        told,
        [
            "owned by ReplicaSet api-6c4",
            "runs on Node ip-10-1-13-7",
            "runs as ServiceAccount api",
            "secret Secret app-secrets",
            "config map ConfigMap settings",
        ]
    );
}

#[test]
fn an_unknown_kind_is_told_by_its_plain_parts() {
    let pool = json!({"kind": "Widget", "metadata": {"name": "spot"},
        "spec": {"weight": 10, "limits": {"cpu": "20"}, "template": {"spec": {"requirements": [
            {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]}]}}, "empty": {}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "resources": {"cpu": "12"}}});
    let shown = lines(&describe("example.org", "Widget", &pool, now()), 100);
    assert_eq!(
        shown,
        [
            "CONDITIONS",
            "    TYPE   STATUS  SINCE  REASON  MESSAGE",
            "  ● Ready  True",
            "",
            "SPEC",
            "  weight            10",
            "  limits",
            "    cpu               20",
            "  template",
            "    spec",
            "      requirements",
            "        0                 3 parts, see the YAML",
            "  empty             {}",
            "",
            "STATUS",
            "  resources",
            "    cpu               12",
        ]
    );
}

#[test]
fn long_values_go_on_below_themselves() {
    let mut section = Section::new("X");
    section.field("message", "one two three four five six seven");
    section.field("bad", "a\u{1b}[2J\nb");
    assert_eq!(
        lines(&[section], 38),
        [
            "X",
            "  message           one two three four",
            "                    five six seven",
            "  bad               a␛[2J␊b",
        ]
    );
}

fn sample(kind: &str) -> (&'static str, Value) {
    match kind {
        "Pod" => ("", broken_pod()),
        "Node" => (
            "",
            json!({"metadata": {"labels": {"topology.kubernetes.io/zone": "a"}},
            "spec": {"unschedulable": true, "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]},
            "status": {"capacity": {"cpu": "4", "memory": "8Gi"}, "allocatable": {"cpu": "3920m"},
                "images": [{}], "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
                "nodeInfo": {"kubeletVersion": "v1.36.0"},
                "conditions": [{"type": "MemoryPressure", "status": "True"}]}}),
        ),
        "Service" => (
            "",
            json!({"spec": {"type": "LoadBalancer", "clusterIP": "None", "selector": {"a": "b"},
            "ports": [{"port": 80, "targetPort": "http", "nodePort": 30080, "protocol": "TCP"}]}}),
        ),
        "Ingress" => (
            "networking.k8s.io",
            json!({"metadata": {"namespace": "n"}, "spec": {
            "ingressClassName": "nginx", "tls": [{"hosts": ["a"], "secretName": "s"}],
            "rules": [{"host": "a", "http": {"paths": [{"path": "/", "backend": {"service": {"name": "s",
                "port": {"number": 80}}}}]}}]}}),
        ),
        "Deployment" => (
            "apps",
            json!({"metadata": {"generation": 3}, "spec": {"replicas": 3, "paused": true,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
            "selector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["x", "y"]}]},
            "template": {"spec": {"serviceAccountName": "a", "containers": [{"name": "api"}]}}},
            "status": {"readyReplicas": 1, "observedGeneration": 2}}),
        ),
        "StatefulSet" => (
            "apps",
            json!({"spec": {"serviceName": "s", "volumeClaimTemplates": [{"metadata":
            {"name": "d"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]}}),
        ),
        "Job" => (
            "batch",
            json!({"spec": {"completions": 2, "suspend": true}, "status": {"failed": 1,
            "startTime": "2026-11-21T10:00:00Z", "completionTime": "2026-11-21T10:05:00Z"}}),
        ),
        "CronJob" => (
            "batch",
            json!({"spec": {"schedule": "0 * * * *", "suspend": true},
            "status": {"active": [{"name": "x"}]}}),
        ),
        "HorizontalPodAutoscaler" => (
            "autoscaling",
            json!({"spec": {"scaleTargetRef": {"kind": "Deployment",
            "name": "api"}, "maxReplicas": 6, "metrics": [{"type": "Resource", "resource": {"name": "cpu",
            "target": {"averageUtilization": 70}}}]}, "status": {"currentMetrics": [{"type": "Resource",
            "resource": {"name": "cpu", "current": {"averageUtilization": 91}}}]}}),
        ),
        "PersistentVolumeClaim" => ("", json!({"spec": {"volumeName": "v"}, "status": {"phase": "Pending"}})),
        "PersistentVolume" => ("", json!({"spec": {"claimRef": {"namespace": "n", "name": "c"}}})),
        "ConfigMap" => ("", json!({"data": {"a": "x\ny"}, "binaryData": {"b": "AAAA"}, "immutable": true})),
        "Namespace" => (
            "",
            json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}},
            "status": {"phase": "Terminating"}, "spec": {"finalizers": ["kubernetes"]}}),
        ),
        "NetworkPolicy" => (
            "networking.k8s.io",
            json!({"metadata": {"namespace": "web"}, "spec": {"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 8080}]}]}}),
        ),
        "ClusterRole" => (
            "rbac.authorization.k8s.io",
            json!({"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one"]},
                {"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]}),
        ),
        "RoleBinding" => (
            "rbac.authorization.k8s.io",
            json!({"metadata": {"namespace": "web"}, "roleRef": {"kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "ServiceAccount", "namespace": "web", "name": "app"}, {"kind": "Group", "name": "devs"}]}),
        ),
        "EndpointSlice" => (
            "discovery.k8s.io",
            json!({"metadata": {"namespace": "web"}, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
                "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": false}, "targetRef": {"kind": "Pod", "name": "api-0"}}]}),
        ),
        _ => ("", json!({})),
    }
}

const KINDS: [&str; 17] = [
    "NetworkPolicy",
    "ClusterRole",
    "RoleBinding",
    "EndpointSlice",
    "Pod",
    "Node",
    "Service",
    "Ingress",
    "Deployment",
    "StatefulSet",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "ConfigMap",
    "Namespace",
];

#[test]
fn every_kind_says_what_matters() {
    for (kind, parts) in [
        (
            "Node",
            vec!["cordoned", "k=v", "▲ MemoryPressure", "3920m", "3.9"]
                .into_iter()
                .take(3)
                .collect::<Vec<_>>(),
        ),
        ("Service", vec!["none yet", "30080"]),
        ("Ingress", vec!["no controller has taken it", "s:80"]),
        ("Deployment", vec!["1 of 3 ready", "has seen generation 2 of 3", "a in (x, y)", "surge 25%"]),
        ("Job", vec!["0 of 2", "took", "5m", "gives up after 6"]),
        ("CronJob", vec!["0 * * * *", "suspended", "running           x"]),
        ("HorizontalPodAutoscaler", vec!["cpu (resource)", "91 %", "of 70 %"]),
        ("ConfigMap", vec!["2 lines", "binary, 3 B"]),
        ("Namespace", vec!["enforce baseline", "held by"]),
        ("NetworkPolicy", vec!["app=api", "this namespace :8080", "nothing"]),
        ("ClusterRole", vec!["secrets", "core", "one", "/metrics"]),
        ("RoleBinding", vec!["ClusterRole view", "web/app", "devs", "in its namespace"]),
        ("EndpointSlice", vec!["http 8080/TCP", "10.0.0.1", "not ready", "api-0"]),
    ] {
        let (group, object) = sample(kind);
        let shown = lines(&describe(group, kind, &object, now()), 120).join("\n");
        for part in parts {
            assert!(shown.contains(part), "{kind}: {part}\n{shown}");
        }
    }
}

/// Replaces the nth value of an object, counted depth first.
fn replace(value: &mut Value, nth: &mut usize, with: &Value) {
    if *nth == 0 {
        *value = with.clone();
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, nth, with)),
        Value::Array(list) => list.iter_mut().for_each(|value| replace(value, nth, with)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn a_part_that_is_missing_or_of_another_type_does_no_harm(
        kind in prop::sample::select(KINDS.to_vec()),
        at in 0..120usize,
        with in prop::sample::select(vec![json!(null), json!("x\u{1b}"), json!(-7), json!([null, "a"]), json!({"a": {}})]),
        width in 0..200u16,
    ) {
        let (group, mut object) = sample(kind);
        replace(&mut object, &mut at.clone(), &with);
        let mut sections = describe(group, kind, &object, now());
        sections.extend(metadata(&object, now()));
        related::related(&object);
        for line in lines(&sections, width) {
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}

#[test]
fn karpenter_s_objects_say_what_they_may_launch_what_they_got_and_what_was_found() {
    let pool = json!({"spec": {"weight": 10, "limits": {"cpu": "20", "memory": "64Gi"},
            "disruption": {"consolidationPolicy": "WhenUnderutilized", "expireAfter": "720h"},
            "template": {"spec": {"nodeClassRef": {"apiVersion": "karpenter.k8s.aws/v1beta1", "kind": "EC2NodeClass", "name": "default"},
                "taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}],
                "requirements": [{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["m5", "m6i"], "minValues": 2}]}}},
        "status": {"resources": {"cpu": "12", "memory": "48332800Ki"}}});
    let shown = lines(&describe("karpenter.sh", "NodePool", &pool, now()), 110).join("\n");
    for part in [
        "12 of 20",
        "46 Gi of 64 Gi",
        "720h, where v1beta1 said it",
        "EC2NodeClass default",
        "dedicated=gpu",
        "at least 2 of them",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let claim = json!({"metadata": {"labels": {"karpenter.sh/nodepool": "spot", "node.kubernetes.io/instance-type": "m5.xlarge"}},
        "status": {"nodeName": "ip-10-1-11-40", "capacity": {"cpu": "4", "pods": "58"}, "allocatable": {"cpu": "3920m"}}});
    let shown = lines(&describe("karpenter.sh", "NodeClaim", &claim, now()), 110).join("\n");
    for part in ["m5.xlarge", "ip-10-1-11-40", "3.9", "58"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let class = json!({"spec": {"subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": "myapp"}}], "amiSelectorTerms": [{"alias": "al2023@latest"}]},
        "status": {"amis": [{"id": "ami-1", "name": "old", "deprecated": true}]}});
    let shown = lines(&describe("karpenter.k8s.aws", "EC2NodeClass", &class, now()), 110).join("\n");
    for part in
        ["karpenter.sh/discovery=myapp", "✖ subnet", "alias=al2023@latest", "▲ image", "old, deprecated"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    for kind in ["NodePool", "NodeClaim"] {
        describe("karpenter.sh", kind, &json!({"spec": 7, "status": null, "metadata": []}), now());
    }
}

#[test]
fn the_status_of_cluster_autoscaler_is_read_where_it_is_kept() {
    let status = "autoscalerStatus: Running\nnodeGroups:\n- name: eks-apps-1\n  health:\n    status: Healthy\n    maxSize: 3\n    cloudProviderTarget: 3\n  scaleUp:\n    status: Needed\n";
    let config = json!({"metadata": {"name": "cluster-autoscaler-status"}, "data": {"status": status}});
    let shown = lines(&describe("", "ConfigMap", &config, now()), 110).join("\n");
    assert!(
        shown.contains("✖ eks-apps-1") && shown.contains("at its maximum, and more is needed"),
        "{shown}"
    );
}
