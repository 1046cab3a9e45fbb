//! The simulator answers in the shape in which real API servers do: the same questions to both, and what differs.

use std::collections::BTreeSet;

use pilothouse::simulator::api::users::User;
use serde_json::{Value, json};

use crate::harness::http::{ask, first_event};
use crate::harness::range::{Proxy, Range};
use crate::harness::shape::shape;
use crate::harness::world::StillWorld;

const TABLE: (&str, &str) = (
    "Accept",
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
);

/// Every path that cockpits read most.
const LISTS: &[&str] = &[
    "/api/v1/pods",
    "/api/v1/nodes",
    "/api/v1/namespaces",
    "/api/v1/services",
    "/api/v1/events",
    "/api/v1/configmaps",
    "/api/v1/secrets",
    "/api/v1/resourcequotas",
    "/api/v1/persistentvolumeclaims",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/replicasets",
    "/apis/apps/v1/statefulsets",
    "/apis/apps/v1/daemonsets",
    "/apis/batch/v1/jobs",
    "/apis/batch/v1/cronjobs",
    "/apis/networking.k8s.io/v1/ingresses",
    "/apis/discovery.k8s.io/v1/endpointslices",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/cert-manager.io/v1/certificates",
    "/apis/argoproj.io/v1alpha1/applications",
    "/apis/karpenter.sh/v1/nodepools",
    "/apis/karpenter.sh/v1/nodeclaims",
    "/apis/external-secrets.io/v1/externalsecrets",
    "/api/v1/limitranges",
    "/api/v1/persistentvolumes",
    "/api/v1/serviceaccounts",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "/apis/acme.cert-manager.io/v1/challenges",
    "/apis/acme.cert-manager.io/v1/orders",
    "/apis/apiregistration.k8s.io/v1/apiservices",
    "/apis/argoproj.io/v1alpha1/applicationsets",
    "/apis/argoproj.io/v1alpha1/appprojects",
    "/apis/bitnami.com/v1alpha1/sealedsecrets",
    "/apis/cert-manager.io/v1/certificaterequests",
    "/apis/cert-manager.io/v1/clusterissuers",
    "/apis/cert-manager.io/v1/issuers",
    "/apis/coordination.k8s.io/v1/leases",
    "/apis/elbv2.k8s.aws/v1beta1/targetgroupbindings",
    "/apis/external-secrets.io/v1/clustersecretstores",
    "/apis/external-secrets.io/v1/secretstores",
    "/apis/karpenter.k8s.aws/v1/ec2nodeclasses",
    "/apis/networking.k8s.io/v1/ingressclasses",
    "/apis/networking.k8s.io/v1/networkpolicies",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/roles",
    "/apis/scheduling.k8s.io/v1/priorityclasses",
    "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses",
    "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses",
    "/apis/storage.k8s.io/v1/csidrivers",
    "/apis/storage.k8s.io/v1/csinodes",
    "/apis/storage.k8s.io/v1/storageclasses",
    "/apis/storage.k8s.io/v1/volumeattachments",
];

/// What differs for a reason: the reason, then each list with the field.
const DIFFERENT_WORLDS: &[(&str, &[(&str, &str)])] = &[
    (
        "the range's kubelets are played",
        &[
            ("pods", "status.containerStatuses[].state.terminated.containerID"),
            ("nodes", "status.volumesInUse"),
            ("events", "involvedObject.fieldPath"),
            ("events", "source.host"),
        ],
    ),
    (
        "of the network policy agent, which the range's seed does not switch on",
        &[("daemonsets", "spec.template.spec.containers[].args")],
    ),
    (
        "Karpenter's, which the range runs on demand",
        &[
            ("nodes", "metadata.finalizers"),
            ("nodepools", "metadata.annotations"),
            ("nodeclaims", "metadata.finalizers"),
            ("ec2nodeclasses", "metadata.finalizers"),
        ],
    ),
    (
        "of the secrets store driver, which the range's seed does not use",
        &[
            ("pods", "spec.volumes[].csi"),
            ("deployments", "spec.template.spec.volumes[].csi"),
            ("replicasets", "spec.template.spec.volumes[].csi"),
        ],
    ),
    (
        "the range's seed sets none",
        &[
            ("jobs", "spec.template.metadata.annotations"),
            ("cronjobs", "spec.jobTemplate.spec.template.metadata.annotations"),
        ],
    ),
    (
        "of webhooks and controllers that the range has none of",
        &[
            ("pods", "spec.volumes[].projected.sources[].serviceAccountToken.audience"),
            ("certificaterequests", "spec.username"),
            ("volumeattachments", "metadata.finalizers"),
        ],
    ),
    (
        "written by Argo CD, which the range runs on demand; its history was made by hand",
        &[
            ("applications", "status.controllerNamespace"),
            ("applications", "status.history[].initiatedBy.automated"),
        ],
    ),
    ("the range reaches its metrics server that way", &[("services", "spec.externalName")]),
    (
        "optional; which controllers spoke last differs",
        &[("events", "involvedObject.resourceVersion"), ("applications", "metadata.finalizers")],
    ),
    (
        "there only after something ran to its end, which a range that was just made has not seen",
        &[
            ("pods", "status.conditions[].reason"),
            ("pods", "status.containerStatuses[].state.terminated"),
            ("cronjobs", "status.lastScheduleTime"),
            ("cronjobs", "status.lastSuccessfulTime"),
        ],
    ),
    (
        "there only after a change",
        &[("endpointslices", "metadata.annotations"), ("horizontalpodautoscalers", "status.lastScaleTime")],
    ),
];

fn is_of_another_world(list: &str, path: &str) -> bool {
    DIFFERENT_WORLDS.iter().flat_map(|(_, fields)| *fields).any(|(of, field)| {
        let rest = path.strip_prefix(".items[].").and_then(|path| path.strip_prefix(field));
        list.ends_with(&format!("/{of}")) && rest.is_some_and(|rest| rest.starts_with([':', '.', '[']))
    })
}

struct Both {
    real: Proxy,
    world: StillWorld,
    simulated: String,
}

impl Both {
    fn open(range: &Range) -> Self {
        let world = StillWorld::new();
        let simulated = world.address("myapp-prod");
        Self { real: Proxy::start(range, "myapp-prod"), world, simulated }
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> [(u16, Value); 2] {
        [
            ask(&self.real.address, method, path, headers, body),
            ask(&self.simulated, method, path, headers, body),
        ]
    }
}

/// Asks both, where there is a range; whatever a question finds wrong is told together.
fn compare(questions: impl FnOnce(&Both, &mut String)) {
    let Some(range) = Range::find() else { return };
    let mut wrong = String::new();
    questions(&Both::open(&range), &mut wrong);
    assert!(wrong.is_empty(), "{wrong}");
}

fn difference(real: &Value, simulated: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let (real, simulated) = (shape(real), shape(simulated));
    let lacks = real.difference(&simulated).cloned().collect();
    let invents = simulated.difference(&real).cloned().collect();
    (lacks, invents)
}

fn report(what: &str, lacks: &BTreeSet<String>, invents: &BTreeSet<String>) -> String {
    let list = |title: &str, paths: &BTreeSet<String>| {
        paths.iter().map(|path| format!("  {title} {path}\n")).collect::<String>()
    };
    format!("{what}\n{}{}", list("lacks", lacks), list("invents", invents))
}

#[test]
fn what_is_forbidden_is_refused_in_the_same_words() {
    compare(|both, wrong| {
        // Somebody who is known and has no rights.
        both.world.ask_as("myapp-prod", User::new("nobody-in-particular", &["system:authenticated"]));
        let headers = [("Impersonate-User", "nobody-in-particular"), ("Content-Type", "application/json")];
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}});
        for (method, path, body) in [
            ("GET", "/api/v1/pods", None),
            ("GET", "/api/v1/pods?watch=1", None),
            ("GET", "/api/v1/nodes", None),
            ("GET", "/api/v1/nodes/some-node", None),
            ("GET", "/api/v1/namespaces", None),
            ("GET", "/api/v1/namespaces/production", None),
            ("GET", "/api/v1/namespaces/production/pods", None),
            ("GET", "/api/v1/namespaces/production/pods/web-0", None),
            ("GET", "/api/v1/namespaces/production/pods/web-0/log", None),
            ("GET", "/apis/apps/v1/namespaces/production/deployments", None),
            ("GET", "/apis/cert-manager.io/v1/namespaces/production/certificates/web", None),
            ("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", None),
            ("POST", "/api/v1/namespaces/production/configmaps?dryRun=All", Some(&config)),
            ("GET", "/metrics", None),
        ] {
            let [(real_code, real), (simulated_code, simulated)] = both.ask(method, path, &headers, body);
            assert_eq!((real_code, &real["reason"]), (403, &json!("Forbidden")), "{method} {path}: {real}");
            if (simulated_code, &simulated) != (real_code, &real) {
                *wrong += &format!(
                    "{method} {path}\n  real      {real}\n  simulated {simulated_code} {simulated}\n"
                );
            }
        }
    });
}

#[test]
fn refusals_have_one_shape() {
    compare(|both, wrong| {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}});
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "resourceVersion": "1"}});
        for (method, path, body, code) in [
            ("GET", "/api/v1/namespaces/production/pods/no-such-pod", None, 404),
            ("GET", "/api/v1/namespaces/production/nosuchkind", None, 404),
            ("GET", "/apis/cert-manager.io/v1/namespaces/production/certificates/none", None, 404),
            ("GET", "/api/v1/pods?continue=nonsense&limit=1", None, 400),
            ("GET", "/api/v1/pods?fieldSelector=spec.nonsense%3D1", None, 400),
            ("POST", "/api/v1/namespaces?dryRun=All", Some(&namespace), 409),
            ("PUT", "/api/v1/namespaces/production/configmaps/x?dryRun=All", Some(&config), 404),
        ] {
            let [(real_code, real), (simulated_code, simulated)] =
                both.ask(method, path, &[("Content-Type", "application/json")], body);
            assert_eq!(real_code, code, "the range answers {method} {path} with {real}");
            let (lacks, invents) = difference(&real, &simulated);
            // What exactly is wrong with a broken token is told in the words of the language it is read in.
            let same_message = code == 400 || real["message"] == simulated["message"];
            let same_words = real["reason"] == simulated["reason"] && same_message;
            if simulated_code != code || !lacks.is_empty() || !invents.is_empty() || !same_words {
                *wrong += &report(
                    &format!("{method} {path}: {real} against {simulated_code} {simulated}"),
                    &lacks,
                    &invents,
                );
            }
        }
    });
}

#[test]
fn tables_have_the_columns_that_a_real_server_prints() {
    compare(|both, wrong| {
        for path in LISTS {
            let [(_, real), (code, simulated)] = both.ask("GET", &format!("{path}?limit=5"), &[TABLE], None);
            let columns = |table: &Value| {
                let all = table["columnDefinitions"].as_array().cloned().unwrap_or_default();
                all.iter()
                    .map(|c| format!("{} {} {} {}", c["name"], c["type"], c["format"], c["priority"]))
                    .collect::<Vec<_>>()
            };
            if code != 200 || columns(&real) != columns(&simulated) {
                *wrong += &format!(
                    "{path}\n  real      {:?}\n  simulated {:?}\n",
                    columns(&real),
                    columns(&simulated)
                );
            }
            let row = |table: &Value| {
                table["rows"][0].as_object().map(|row| row.keys().cloned().collect::<Vec<_>>())
            };
            if row(&real).is_some() && row(&real) != row(&simulated) {
                *wrong += &format!("{path}: rows of {:?} against {:?}\n", row(&real), row(&simulated));
            }
        }
    });
}

#[test]
fn objects_have_the_fields_that_a_real_server_sends() {
    compare(|both, wrong| {
        for path in LISTS {
            let [(_, real), (code, simulated)] = both.ask("GET", path, &[], None);
            assert_eq!(code, 200, "{path}");
            if real["items"].as_array().is_some_and(Vec::is_empty) {
                // What the range has none of can only be compared as an empty list.
                assert_eq!(real["kind"], simulated["kind"], "{path}");
                continue;
            }
            let (mut lacks, mut invents) = difference(&real, &simulated);
            lacks.retain(|field| !is_of_another_world(path, field));
            invents.retain(|field| !is_of_another_world(path, field));
            if !lacks.is_empty() || !invents.is_empty() {
                *wrong += &report(path, &lacks, &invents);
            }
        }
    });
}

#[test]
fn discovery_and_watches_begin_alike() {
    compare(|both, wrong| {
        let aggregated = [("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")];
        for (path, headers) in [
            ("/version", &[] as &[(&str, &str)]),
            ("/api", &aggregated),
            ("/apis", &aggregated),
            ("/api/v1", &[]),
            ("/apis/apps/v1", &[]),
        ] {
            let [(_, real), (code, simulated)] = both.ask("GET", path, headers, None);
            let (mut lacks, invents) = difference(&real, &simulated);
            // A hash that says which version is stored: nobody but the garbage collector reads it.
            lacks.retain(|field| !field.contains("storageVersionHash"));
            if code != 200 || !invents.is_empty() || !lacks.is_empty() {
                *wrong += &report(path, &lacks, &invents);
            }
        }
        for path in
            ["/api/v1/nodes?watch=1", "/api/v1/nodes?watch=1&allowWatchBookmarks=true&resourceVersion=0"]
        {
            let [real, simulated] =
                [&both.real.address, &both.simulated].map(|address| first_event(address, path, &[TABLE]));
            let keys = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!((keys(&real), &real["type"]), (keys(&simulated), &simulated["type"]), "{path}");
            assert_eq!(real["object"]["kind"], simulated["object"]["kind"], "{path}");
        }
    });
}
