use serde_json::{Value as Json, json};

use super::counterpart::{compared, next};
use super::differences::differences;
use super::{Belonging, NAMESPACE_SUMS, NamespaceSum, TABLE, of};
use crate::fleet::argo::application::Application;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::config_map::ConfigMap;
use crate::fleet::kind::{
    APPLICATIONS, CERTIFICATES, CONFIG_MAPS, DEPLOYMENTS, EXTERNAL_SECRETS, NAMESPACES, SEALED_SECRETS,
    SECRET_STORES, SECRETS,
};
use crate::fleet::namespace::Namespace;
use crate::fleet::secrets::external_secret::ExternalSecret;
use crate::fleet::secrets::sealed_secret::SealedSecret;
use crate::fleet::secrets::secret_meta::SecretMeta;
use crate::fleet::secrets::secret_store::SecretStore;
use crate::fleet::workload::Workload;
use crate::fleet::{ClusterId, EnvironmentName, Row as _, Timestamp, Verdict};
use crate::planes::reading::rows;
use crate::planes::secret::{self, SecretSource};
use crate::planes::{argo, certificate};
use crate::snapshot::Snapshot;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn application(name: &str, destination: Json, sync: &str, health: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "argocd"}, "spec": {"destination": destination},
        "status": {"reconciledAt": NOW, "sync": {"status": sync}, "health": {"status": health}}})
}

fn certificate(name: &str, status: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "staging", "creationTimestamp": "2026-11-20T12:00:00Z"},
        "status": {"conditions": [{"type": "Ready", "status": status, "reason": "DoesNotExist", "message": "the order failed"}]}})
}

fn cluster() -> TestCluster {
    TestCluster::new().with::<Namespace>(
        &NAMESPACES,
        &[
            json!({"metadata": {"name": "staging"}, "status": {"phase": "Active"}}),
            json!({"metadata": {"name": "production"}, "status": {"phase": "Active"}}),
        ],
    )
}

fn sum(cluster: TestCluster, namespace: &str) -> NamespaceSum {
    let picture = cluster.looking_at(&NAMESPACE_SUMS).picture();
    of(&picture, namespace).unwrap().sum(&picture, Timestamp::parse(NOW))
}

/// Names with their verdicts and reasons.
type Told = Vec<(String, Verdict, String)>;

/// What is said of all that belongs to a namespace.
fn told(cluster: TestCluster, namespace: &str) -> Told {
    let picture = cluster.looking_at(&NAMESPACE_SUMS).picture();
    let judged = of(&picture, namespace).unwrap().judged(picture.wanted.as_deref(), Timestamp::parse(NOW));
    let line = |judged: super::Judged<'_>| {
        (judged.of.object(&picture.id).name.to_string(), judged.verdict, judged.why)
    };
    judged.map(line).collect()
}

#[test]
fn applications_count_where_they_deploy_to_and_only_in_this_cluster() {
    let here = json!({"server": "https://kubernetes.default.svc", "namespace": "staging"});
    let there = json!({"server": "https://example.eks.amazonaws.com", "namespace": "staging"});
    let applications = [
        application("web", here.clone(), "Synced", "Healthy"),
        application("api", here.clone(), "OutOfSync", "Healthy"),
        application("worker", here, "Synced", "Degraded"),
        application("far", there, "Synced", "Degraded"),
    ];
    let sum = sum(cluster().with::<Application>(&APPLICATIONS, &applications), "staging");
    let count = sum.applications.as_ref().unwrap();
    assert_eq!((count.all, count.well(), sum.out_of_sync), (3, 1, 1));
    let ill: Vec<&str> = sum.ill().into_iter().map(|ill| &*ill.object.name).collect();
    assert_eq!(ill, ["worker", "api"], "the worst first");
}

#[test]
fn what_cannot_be_read_is_not_none_of_it() {
    let certificates =
        [certificate("web", "True"), certificate("api", "False"), certificate("odd", "Perhaps")];
    let cluster = || cluster().with::<Certificate>(&CERTIFICATES, &certificates);
    let staging = sum(cluster(), "staging");
    assert_eq!((staging.applications.clone(), staging.secrets.clone()), (None, None));
    let told: Vec<(&str, Verdict)> =
        staging.ill().into_iter().map(|ill| (&*ill.object.name, ill.verdict)).collect();
    assert_eq!(told, [("api", Verdict::Critical), ("odd", Verdict::Unknown)]);
    assert_eq!(sum(cluster(), "production").certificates.map(|count| count.all), Some(0));
}

#[test]
fn an_application_without_a_status_is_on_its_way() {
    let bare = json!({"metadata": {"name": "new", "namespace": "argocd", "creationTimestamp": NOW},
        "spec": {"destination": {"name": "in-cluster", "namespace": "staging"}}});
    let sum = sum(cluster().with::<Application>(&APPLICATIONS, &[bare]), "staging");
    assert_eq!(
        (sum.applications.as_ref().map(|count| (count.all, count.well())), sum.ill()),
        (Some((1, 1)), vec![])
    );
}

/// A cluster in which only other tables tell what is wrong: a workload of an application, the Secret of a certificate,
/// the store of a source of Secrets.
fn broken_elsewhere() -> TestCluster {
    let here = json!({"name": "in-cluster", "namespace": "staging"});
    let mut web = application("web", here.clone(), "Synced", "Healthy");
    web["status"]["resources"] = json!([{"group": "apps", "version": "v1", "kind": "Deployment",
        "namespace": "staging", "name": "web", "status": "Synced"}]);
    let applications = [web, application("api", here, "OutOfSync", "Healthy")];
    let mut issued = certificate("web", "True");
    issued["spec"] = json!({"secretName": "web-tls"});
    issued["status"]["notAfter"] = json!("2027-01-21T12:00:00Z");
    let external = json!({"metadata": {"name": "db", "namespace": "staging", "creationTimestamp": NOW},
        "spec": {"secretStoreRef": {"kind": "SecretStore", "name": "aws"}}});
    let sealed = json!({"metadata": {"name": "token", "namespace": "staging", "creationTimestamp": NOW},
        "status": {"conditions": [{"type": "Synced", "status": "False", "message": "no key could decrypt"}]}});
    cluster()
        .with::<Application>(&APPLICATIONS, &applications)
        .with::<Workload>(&DEPLOYMENTS, &[])
        .with::<Certificate>(&CERTIFICATES, &[issued])
        .with::<SecretMeta>(&SECRETS, &[])
        .with::<ExternalSecret>(&EXTERNAL_SECRETS, &[external])
        .with::<SecretStore>(&SECRET_STORES, &[])
        .with::<SealedSecret>(&SEALED_SECRETS, &[sealed])
}

#[test]
fn what_belongs_to_a_namespace_is_judged_as_its_own_view_judges_it() {
    let now = Timestamp::parse(NOW);
    let told = told(broken_elsewhere(), "staging");
    let mut own: Told = Vec::new();
    let picture = broken_elsewhere().looking_at(&argo::APPLICATION_FACTS).picture();
    for row in rows::<Application>(&picture, &APPLICATIONS) {
        let (verdict, why) = argo::verdict::of(row, argo::of(&picture, row), None, now);
        own.push((row.name().to_owned(), verdict, why));
    }
    let picture = broken_elsewhere().looking_at(&certificate::CERTIFICATE_FACTS).picture();
    for row in rows::<Certificate>(&picture, &CERTIFICATES) {
        let (verdict, why) = certificate::verdict::of(row, certificate::of(&picture, row), now);
        own.push((row.name().to_owned(), verdict, why));
    }
    let picture = broken_elsewhere().looking_at(&secret::SECRET_SOURCES).picture();
    for row in rows::<SecretSource>(&picture, &secret::SECRET_SOURCES) {
        let (verdict, why) = secret::verdict::of(row, now);
        own.push((row.name().to_owned(), verdict, why));
    }
    assert_eq!(told, own);
    let wrong: Vec<&str> = told
        .iter()
        .filter(|(_, verdict, _)| *verdict == Verdict::Critical)
        .map(|(_, _, why)| &**why)
        .collect();
    assert_eq!(
        wrong,
        [
            "Deployment staging/web is not there",
            "its secret web-tls is not there",
            "SecretStore aws does not exist",
            "cannot be unsealed: no key could decrypt",
        ]
    );
}

#[test]
fn all_that_its_own_view_looks_at_is_looked_at() {
    for table in [argo::TABLE, certificate::TABLE, secret::TABLE] {
        let lacking: Vec<_> =
            table.inputs().filter(|input| !TABLE.inputs().any(|own| own == *input)).collect();
        assert!(lacking.is_empty(), "{:?} looks at {lacking:?}", table.resource);
    }
}

#[test]
fn what_comes_with_time_needs_no_other_row() {
    let mut soon = certificate("web", "True");
    soon["status"]["notAfter"] = json!("2026-12-21T13:00:00Z");
    let picture = cluster().with::<Certificate>(&CERTIFICATES, &[soon]).looking_at(&NAMESPACE_SUMS).picture();
    let belongings = of(&picture, "staging").unwrap();
    let at = |now: &str| belongings.sum(&picture, Timestamp::parse(now)).certificates.unwrap().well();
    assert_eq!((at("2026-11-21T13:00:00Z"), at("2026-12-20T13:00:00Z")), (1, 0));
    let judged = belongings.judged(None, Timestamp::parse("2026-12-20T13:00:00Z")).next().unwrap();
    assert!(matches!(judged.of, Belonging::Certificate(row) if row.name() == "web"));
    assert_eq!((judged.verdict, judged.why.as_str()), (Verdict::Critical, "expires in 24h"));
}

fn deployment(namespace: &str, name: &str, image: &str, replicas: u32, cpu: &str) -> Json {
    json!({"kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": {"replicas": replicas,
        "template": {"spec": {"containers": [{"image": image, "resources": {"requests": {"cpu": cpu}}}]}}}})
}

fn config(namespace: &str, keys: &[&str]) -> Json {
    let data: serde_json::Map<String, Json> =
        keys.iter().map(|key| ((*key).to_owned(), json!("x"))).collect();
    json!({"metadata": {"name": "app", "namespace": namespace}, "data": data})
}

#[test]
fn images_replicas_resources_and_keys_differ_and_what_is_equal_is_not_told() {
    let cluster = TestCluster::new()
        .with::<Workload>(
            &DEPLOYMENTS,
            &[
                deployment("staging", "web", "ecr/web:1.8.2", 1, "100m"),
                deployment("production", "web", "ecr/web:1.8.1", 3, "250m"),
                deployment("staging", "same", "ecr/same:1", 1, "1"),
                deployment("production", "same", "ecr/same:1", 1, "1"),
                deployment("staging", "moved", "old/moved:1", 1, "1"),
                deployment("production", "moved", "new/moved:1", 1, "1"),
                deployment("staging", "new", "ecr/new:1", 1, "1"),
            ],
        )
        .with::<ConfigMap>(&CONFIG_MAPS, &[config("staging", &["A", "B"]), config("production", &["B", "C"])])
        .picture();
    let found = differences((&cluster, "staging"), (&cluster, "production"));
    let told: Vec<String> =
        found.iter().map(|of| format!("{} {}: {} | {}", of.name, of.what, of.here, of.there)).collect();
    assert_eq!(
        told,
        [
            "moved image: old/moved:1 | new/moved:1",
            "new only here: yes | ",
            "web image: 1.8.2 | 1.8.1",
            "web replicas: 1 | 3",
            "web requests: 100m | 250m",
            "app keys only on one side: A | C",
        ]
    );
}

#[test]
fn what_could_not_be_read_on_one_side_is_not_called_different() {
    let here =
        TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[deployment("staging", "web", "web:1", 1, "1")]);
    let there = TestCluster::new().picture();
    assert!(differences((&here.picture(), "staging"), (&there, "production")).is_empty());
}

#[test]
fn the_next_namespace_is_the_blueprints_else_the_one_of_the_same_name_and_the_last_looks_back() {
    let dev = "environment = \"dev\"\n[namespaces.development]\nnext = \"dev/staging\"\n[namespaces.staging]\nnext = \"prod/production\"";
    let prod = "environment = \"prod\"\n[namespaces.production]";
    let named = |environment: &str, wanted: &str, namespace: &str| {
        let rows = [json!({"metadata": {"name": namespace}}), json!({"metadata": {"name": "monitoring"}})];
        let mut cluster =
            (*TestCluster::new().with::<Namespace>(&NAMESPACES, &rows).wanting(wanted).picture()).clone();
        cluster.id = ClusterId::new(EnvironmentName::new(environment), &format!("myapp-{environment}"));
        std::sync::Arc::new(cluster)
    };
    let clusters = vec![named("dev", dev, "staging"), named("prod", prod, "production")];
    let snapshot = Snapshot { version: 1, clusters };
    let (dev, prod) = (&snapshot.clusters[0], &snapshot.clusters[1]);
    let told = |found: Option<super::counterpart::Counterpart<'_>>| {
        found.map(|of| format!("{}/{}", of.cluster.id.name(), of.namespace))
    };
    assert_eq!(told(next(&snapshot, dev, "development")).as_deref(), Some("myapp-dev/staging"));
    assert_eq!(told(next(&snapshot, dev, "staging")).as_deref(), Some("myapp-prod/production"));
    assert_eq!(told(next(&snapshot, dev, "monitoring")).as_deref(), Some("myapp-prod/monitoring"));
    assert_eq!(told(next(&snapshot, prod, "production")), None, "the last");
    assert_eq!(told(compared(&snapshot, prod, "production")).as_deref(), Some("myapp-dev/staging"));
}
