//! What pods without a node ask for, and who pods are to AWS.

use super::*;

/// A pod that the scheduler cannot place, with everything that a pod may ask for.
fn waiting() -> Value {
    let mut pod = running();
    let spec = pod["spec"].as_object_mut().unwrap();
    spec.remove("nodeName");
    spec.extend(
        json!({
            "nodeSelector": {"environment": "prod"}, "priority": -10, "schedulerName": "default-scheduler",
            "tolerations": [{"key": "spot", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                {"operator": "Exists"}],
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "api"}}}],
            "affinity": {
                "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}],
                        "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}, {}]}},
                "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm":
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "cache"}}}}]},
                "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "namespaces": ["production"]}]}},
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-api-0"}},
                {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}, {"name": "tmp", "emptyDir": {}}]
        })
        .as_object()
        .unwrap()
        .clone(),
    );
    pod["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]});
    pod
}

#[test]
fn a_pod_without_a_node_says_what_it_asks_of_one() {
    let pod = pack(&waiting());
    let wants = pod.placement().unwrap();
    assert_eq!(wants.node_selector[..], [("environment".into(), "prod".into())]);
    assert_eq!((wants.priority, &*wants.scheduler), (Some(-10), "default-scheduler"));
    assert_eq!(wants.claims[..], ["data-api-0".into(), "api-58bc9599dd-j9zqr-scratch".into()]);
    let spread = &wants.spread[0];
    assert_eq!(
        (&*spread.topology_key, spread.max_skew, &*spread.when_unsatisfiable),
        ("topology.kubernetes.io/zone", 1, "DoNotSchedule")
    );
    assert!(spread.selector.as_ref().unwrap().matches([("app", "api")]));
    let [near, far] = &*wants.pod_terms else { panic!("{wants:?}") };
    assert!(!near.is_anti && !near.is_required && far.is_anti && far.is_required);
    assert_eq!((far.selector.clone(), far.namespaces.len()), (None, 1));
}

#[test]
fn rules_about_other_pods_are_read_whole() {
    let mut waits = waiting();
    let spread = &mut waits["spec"]["topologySpreadConstraints"][0];
    spread["matchLabelKeys"] = json!(["pod-template-hash"]);
    spread["minDomains"] = json!(3);
    spread["nodeAffinityPolicy"] = json!("Ignore");
    spread["nodeTaintsPolicy"] = json!("Honor");
    waits["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]["namespaceSelector"] =
        json!({});
    let pod = pack(&waits);
    let wants = pod.placement().unwrap();
    let spread = &wants.spread[0];
    assert_eq!((&*spread.same_labels[0], spread.min_domains), ("pod-template-hash", 3));
    assert!(spread.ignores_affinity && spread.honors_taints);
    assert!(wants.pod_terms[1].namespace_selector.as_ref().unwrap().is_empty());
    let plain = pack(&waiting());
    let spread = &plain.placement().unwrap().spread[0];
    assert!(!spread.ignores_affinity && !spread.honors_taints && spread.min_domains == 0);
}

#[test]
fn what_is_asked_for_besides_cpu_and_memory_is_reckoned_as_they_are() {
    let container = |amount: Value| json!({"name": "c", "image": "i", "resources": {"requests": {"cpu": "1", "nvidia.com/gpu": amount}}});
    let mut pod = running();
    pod["spec"]["containers"] = json!([container(json!("1")), container(json!(2))]);
    assert_eq!(pack(&pod).extended_requests(), [("nvidia.com/gpu".into(), 3)]);
    assert_eq!(pack(&pod).requests().cpu, 2000, "CPU is read beside it");
    pod["spec"]["initContainers"] = json!([container(json!("8"))]);
    assert_eq!(pack(&pod).extended_requests(), [("nvidia.com/gpu".into(), 8)], "the larger of both");
    pod["spec"]["initContainers"][0]["restartPolicy"] = json!("Always");
    assert_eq!(pack(&pod).extended_requests(), [("nvidia.com/gpu".into(), 11)], "a sidecar stays");
    pod["spec"]["containers"][0]["resources"]["requests"] =
        json!({"hugepages-2Mi": "1Gi", "nvidia.com/gpu": "many"});
    pod["spec"]["initContainers"] = json!([]);
    let asked = pack(&pod);
    assert_eq!(asked.extended_requests(), [("hugepages-2Mi".into(), 1 << 30), ("nvidia.com/gpu".into(), 2)]);
    assert_eq!(pack(&running()).extended_requests(), []);
    let (mut tally, asked) = (PodTally::default(), pack(&pod));
    asked.add_to(&mut tally);
    let node = asked.node().unwrap();
    assert_eq!((tally.extended(node, "nvidia.com/gpu"), tally.extended("other", "nvidia.com/gpu")), (2, 0));
    asked.take_from(&mut tally);
    assert_eq!(tally, PodTally::default());
}

#[test]
fn node_terms_are_met_as_the_scheduler_meets_them() {
    let pod = pack(&waiting());
    let [term, empty] = &*pod.placement().unwrap().node_terms else { panic!() };
    let amd64 = |key: &str| (key == "kubernetes.io/arch").then_some("amd64");
    assert!(term.admits("node-1", amd64));
    assert!(!term.admits("node-2", amd64) && !term.admits("node-1", |_| None));
    assert!(!empty.admits("node-1", amd64));
}

#[test]
fn taints_are_tolerated_as_kubernetes_tolerates_them() {
    let pod = pack(&waiting());
    let [spot, not_ready, all] = &*pod.placement().unwrap().tolerations else { panic!() };
    assert!(spot.tolerates("spot", "yes", "NoSchedule"));
    assert!(!spot.tolerates("spot", "no", "NoSchedule") && !spot.tolerates("spot", "yes", "NoExecute"));
    assert!(not_ready.tolerates("node.kubernetes.io/not-ready", "any", "NoExecute"));
    assert!(!not_ready.tolerates("other", "", "NoExecute"));
    assert!(all.tolerates("anything", "at all", "NoSchedule"));
    assert!(!Toleration { operator: "Like".into(), ..Toleration::default() }.tolerates("a", "", "b"));
}

#[test]
fn a_pod_with_a_node_keeps_nothing_of_it() {
    let mut bound = waiting();
    bound["spec"]["nodeName"] = json!("ip-10-1-11-40.ec2.internal");
    assert!(pack(&bound).placement().is_none() && pack(&running()).placement().is_none());
    let mut ended = waiting();
    ended["status"]["phase"] = json!("Failed");
    assert!(pack(&ended).placement().is_none());
}

#[test]
fn parts_of_another_shape_ask_for_nothing() {
    let mut pod = waiting();
    for part in ["affinity", "tolerations", "topologySpreadConstraints", "nodeSelector", "volumes"] {
        for other in [json!("x"), json!(null), json!([7]), json!({"a": {"b": 1}})] {
            pod["spec"][part] = other;
            assert!(pack(&pod).placement().is_some(), "{part}");
        }
    }
    let wants = pack(&pod);
    assert!(wants.placement().unwrap().tolerations.is_empty());
}

#[test]
fn the_identity_for_aws_is_what_the_webhooks_wrote() {
    let plain = running();
    assert_eq!(pack(&plain).identity_for_aws(), None);
    let token = |audience: &str| {
        json!([{"name": "kube-api-access", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}, {"configMap": {}}]}},
            {"name": "aws", "projected": {"sources": [{"serviceAccountToken": {"audience": audience, "expirationSeconds": 86400}}]}}])
    };
    let role = "arn:aws:iam::123456789012:role/external-dns";
    let irsa = with(
        plain.clone(),
        [
            (
                "/spec/containers/0/env",
                json!([7, {"name": "PASSWORD", "value": "geheim"}, {"name": "AWS_ROLE_ARN", "value": role},
                    {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/token"}]),
            ),
            ("/spec/volumes", token("sts.amazonaws.com")),
        ],
    );
    assert_eq!(pack(&irsa).identity_for_aws(), Some(&AwsIdentity::Irsa { role: role.into() }));
    assert!(!format!("{:?}", pack(&irsa)).contains("geheim"));
    let by_volume = with(plain.clone(), [("/spec/volumes", token("pods.eks.amazonaws.com"))]);
    assert_eq!(pack(&by_volume).identity_for_aws(), Some(&AwsIdentity::PodIdentity));
    let address = json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}]);
    let by_address = with(plain.clone(), [("/spec/containers/0/env", address)]);
    assert_eq!(pack(&by_address).identity_for_aws(), Some(&AwsIdentity::PodIdentity));
    let only_role =
        with(plain, [("/spec/containers/0/env", json!([{"name": "AWS_ROLE_ARN", "value": role}]))]);
    assert_eq!(pack(&only_role).identity_for_aws(), None);
}

#[test]
fn pods_that_karpenter_must_leave_alone_say_so() {
    assert_eq!(pack(&running()).do_not_disrupt(), None);
    let protected = with(
        running(),
        [("/metadata/annotations", json!({"karpenter.sh/do-not-disrupt": "4h", "other": "x"}))],
    );
    assert_eq!(pack(&protected).do_not_disrupt(), Some("4h"));
}
