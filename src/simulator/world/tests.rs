use std::collections::{BTreeMap, BTreeSet};

use super::cluster::{CLUSTERS, DEV, PROD};
use super::*;
use crate::simulator::clock::SimClock;
use crate::simulator::store::Selection;

const NOW: &str = "2026-11-21T10:42:07Z";

fn at_rest(cluster: &'static Cluster) -> Vec<Value> {
    objects(cluster, NOW.parse().unwrap())
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| field::kind(object) == kind).collect()
}

/// Pods per controller's stem: `web` for `web-7d55dff859-abcde`.
fn pods_per_workload(objects: &[Value], namespace: &str) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for pod in of_kind(objects, "Pod")
        .into_iter()
        .filter(|pod| field::namespace(pod) == namespace && field::text(pod, "status.phase") == "Running")
    {
        let (kind, owner, _) = field::controller_of(pod).unwrap();
        let stem = if kind == "ReplicaSet" { owner.rsplit_once('-').unwrap().0 } else { owner };
        *count.entry(stem.to_owned()).or_default() += 1;
    }
    count
}

#[test]
fn the_applications_have_the_replicas_of_the_reference_fleet() {
    let (dev, prod) = (at_rest(&DEV), at_rest(&PROD));
    let expect = |list: [(&str, usize); 4]| {
        list.into_iter().map(|(name, count)| (name.to_owned(), count)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(
        pods_per_workload(&dev, "development"),
        expect([("api", 1), ("cache", 1), ("web", 1), ("worker", 1)])
    );
    assert_eq!(
        pods_per_workload(&dev, "staging"),
        expect([("api", 2), ("cache", 1), ("web", 2), ("worker", 1)])
    );
    assert_eq!(
        pods_per_workload(&prod, "production"),
        expect([("api", 3), ("cache", 3), ("web", 3), ("worker", 2)])
    );
}

#[test]
fn both_clusters_have_as_many_pods_as_the_real_fleet() {
    let running = |objects: &[Value]| {
        of_kind(objects, "Pod")
            .into_iter()
            .filter(|pod| field::text(pod, "status.phase") == "Running")
            .count()
    };
    assert_eq!(running(&at_rest(&PROD)), 107);
    assert_eq!(running(&at_rest(&DEV)), 69);
}

#[test]
fn every_object_has_an_identity_of_its_own() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        let uids: BTreeSet<&str> = objects.iter().map(field::uid).collect();
        assert_eq!(uids.len(), objects.len(), "{}", cluster.name);
        let names: BTreeSet<(&str, &str, &str, &str)> = objects
            .iter()
            .map(|object| {
                (
                    field::text(object, "apiVersion"),
                    field::kind(object),
                    field::namespace(object),
                    field::name(object),
                )
            })
            .collect();
        assert_eq!(names.len(), objects.len());
    }
}

#[test]
fn every_owner_exists_under_its_name_and_unique_id() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        let known: BTreeSet<(&str, &str, &str)> = objects
            .iter()
            .map(|object| (field::kind(object), field::name(object), field::uid(object)))
            .collect();
        for object in &objects {
            for owner in field::list(object, "metadata.ownerReferences") {
                let reference =
                    (field::text(owner, "kind"), field::text(owner, "name"), field::text(owner, "uid"));
                assert!(
                    known.contains(&reference),
                    "{} {} is owned by {reference:?}",
                    field::kind(object),
                    field::name(object)
                );
            }
        }
    }
}

#[test]
fn every_pod_has_a_node_an_address_and_is_ready_unless_it_is_done() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        let nodes: BTreeSet<&str> = of_kind(&objects, "Node").into_iter().map(field::name).collect();
        let mut addresses = BTreeSet::new();
        for pod in of_kind(&objects, "Pod") {
            assert!(nodes.contains(field::text(pod, "spec.nodeName")), "{} has no node", field::name(pod));
            if field::text(pod, "status.phase") == "Running" {
                assert!(field::condition_is_true(pod, "Ready"), "{}", field::name(pod));
            }
            if !field::is_true(pod, "spec.hostNetwork") {
                assert!(
                    addresses.insert(field::text(pod, "status.podIP")),
                    "{} shares an address",
                    field::name(pod)
                );
            }
        }
    }
}

#[test]
fn every_workload_at_rest_is_complete() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        for deployment in of_kind(&objects, "Deployment").into_iter().chain(of_kind(&objects, "StatefulSet"))
        {
            let wanted = field::number(deployment, "spec.replicas");
            for part in ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas"] {
                assert_eq!(
                    field::number(deployment, &format!("status.{part}")),
                    wanted,
                    "{} {part}",
                    field::name(deployment)
                );
            }
            assert_eq!(
                field::number(deployment, "status.observedGeneration"),
                field::number(deployment, "metadata.generation")
            );
        }
        for set in of_kind(&objects, "DaemonSet") {
            assert_eq!(
                field::number(set, "status.numberReady"),
                i64::try_from(cluster.machines.len()).unwrap()
            );
        }
    }
}

#[test]
fn pods_carry_what_they_use_for_the_metrics_api() {
    for cluster in CLUSTERS {
        for pod in of_kind(&at_rest(cluster), "Pod") {
            assert!(!field::annotation(pod, "kwok.x-k8s.io/usage-cpu").is_empty(), "{}", field::name(pod));
        }
    }
}

#[test]
fn every_service_with_a_selector_has_endpoints() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        for slice in of_kind(&objects, "EndpointSlice") {
            assert!(
                !field::list(slice, "endpoints").is_empty(),
                "{}/{}",
                field::namespace(slice),
                field::name(slice)
            );
        }
    }
}

#[test]
fn the_same_instant_gives_the_same_world() {
    assert_eq!(at_rest(&PROD), at_rest(&PROD));
}

#[test]
fn a_store_takes_the_whole_fleet() {
    for cluster in CLUSTERS {
        let store = Store::new(cluster.name, SimClock::fixed(NOW).unwrap());
        install(cluster, &store).unwrap();
        assert_eq!(
            store.list("pods", None, &Selection::all()).len(),
            of_kind(&at_rest(cluster), "Pod").len()
        );
        assert_eq!(
            store.list("nodeclaims.karpenter.sh", None, &Selection::all()).len(),
            cluster.machines.iter().filter(|machine| machine.pool.is_some()).count()
        );
    }
}

#[test]
fn no_pod_is_older_than_its_node_and_no_event_older_than_a_day() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        let born: BTreeMap<&str, &str> = of_kind(&objects, "Node")
            .into_iter()
            .map(|node| (field::name(node), field::text(node, "metadata.creationTimestamp")))
            .collect();
        for pod in of_kind(&objects, "Pod") {
            let node = born[field::text(pod, "spec.nodeName")];
            assert!(field::text(pod, "metadata.creationTimestamp") > node, "{}", field::name(pod));
        }
        let events = of_kind(&objects, "Event");
        assert!(events.len() > 50, "{} has {} events", cluster.name, events.len());
        let warnings = events.iter().filter(|event| field::text(event, "type") == "Warning").count();
        assert!(warnings > 0 && warnings * 10 < events.len());
        let (yesterday, now) = ("2026-11-20T09:42:07Z", NOW);
        for event in events {
            let first = field::text(event, "metadata.creationTimestamp");
            assert!(first > yesterday && first <= now, "{event}");
        }
    }
}

#[test]
fn every_claimed_volume_is_attached_to_the_node_of_its_pod() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        assert_eq!(of_kind(&objects, "VolumeAttachment").len(), of_kind(&objects, "PersistentVolume").len());
        for attachment in of_kind(&objects, "VolumeAttachment") {
            let find = |kind, name| {
                *of_kind(&objects, kind).iter().find(|object| field::name(object) == name).unwrap()
            };
            let node = find("Node", field::text(attachment, "spec.nodeName"));
            let volume =
                find("PersistentVolume", field::text(attachment, "spec.source.persistentVolumeName"));
            let zone = field::label(node, "topology.kubernetes.io/zone");
            assert!(
                field::at(volume, "spec.nodeAffinity").to_string().contains(zone),
                "{}",
                field::name(volume)
            );
        }
        assert_eq!(
            of_kind(&objects, "PersistentVolumeClaim").len(),
            of_kind(&objects, "PersistentVolume").len()
        );
    }
}

/// The kinds of the platform that a cluster at rest has objects of. Challenges live only while a certificate is issued.
const PLATFORM_KINDS: [&str; 45] = [
    "APIService",
    "AppProject",
    "Application",
    "ApplicationSet",
    "CSIDriver",
    "CSINode",
    "Certificate",
    "CertificateRequest",
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "ConfigMap",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "EC2NodeClass",
    "EndpointSlice",
    "ExternalSecret",
    "Ingress",
    "IngressClass",
    "Lease",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "NodeClaim",
    "NodePool",
    "Order",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "PriorityClass",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "SealedSecret",
    "Secret",
    "SecretProviderClass",
    "SecretProviderClassPodStatus",
    "Service",
    "ServiceAccount",
    "StatefulSet",
    "StorageClass",
    "TargetGroupBinding",
    "ValidatingWebhookConfiguration",
];

#[test]
fn every_kind_of_the_platform_is_there_in_both_clusters() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        for kind in PLATFORM_KINDS {
            assert!(!of_kind(&objects, kind).is_empty(), "{} has no {kind}", cluster.name);
        }
    }
    assert_eq!(of_kind(&at_rest(&PROD), "HorizontalPodAutoscaler").len(), 2);
}

#[test]
fn every_webhook_and_api_service_has_somebody_behind_it() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        let mut services: Vec<(String, String)> = Vec::new();
        for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
            for configuration in of_kind(&objects, kind) {
                for webhook in field::list(configuration, "webhooks") {
                    let service = field::at(webhook, "clientConfig.service");
                    services.push((
                        field::text(service, "namespace").to_owned(),
                        field::text(service, "name").to_owned(),
                    ));
                }
            }
        }
        for service in of_kind(&objects, "APIService") {
            let service = field::at(service, "spec.service");
            services.push((
                field::text(service, "namespace").to_owned(),
                field::text(service, "name").to_owned(),
            ));
        }
        for (namespace, name) in services.into_iter().filter(|(_, name)| !name.is_empty()) {
            let slice = of_kind(&objects, "EndpointSlice").into_iter().find(|slice| {
                field::namespace(slice) == namespace
                    && field::label(slice, "kubernetes.io/service-name") == name
            });
            assert!(
                slice.is_some_and(|slice| !field::list(slice, "endpoints").is_empty()),
                "{namespace}/{name}"
            );
        }
    }
}

#[test]
fn components_that_use_aws_have_exactly_one_identity() {
    for cluster in CLUSTERS {
        let objects = at_rest(cluster);
        for pod in of_kind(&objects, "Pod") {
            let text = pod.to_string();
            let kinds = [
                text.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
                text.contains("AWS_WEB_IDENTITY_TOKEN_FILE"),
            ];
            let wanted = identity::of(field::namespace(pod), field::text(pod, "spec.serviceAccountName"));
            let count = kinds.iter().filter(|there| **there).count();
            assert_eq!(count, usize::from(wanted.is_some()), "{}", field::name(pod));
        }
        let account =
            of_kind(&objects, "ServiceAccount").into_iter().find(|own| field::name(own) == "external-dns");
        assert!(field::annotation(account.unwrap(), identity::ROLE_ANNOTATION).ends_with("-external-dns"));
    }
}
