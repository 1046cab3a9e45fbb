//! `myapp`: web, api, worker and cache in three environments, and the hourly report of production.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::simulator::controllers::external_secret;
use crate::simulator::controllers::pod::{self, Birth};
use crate::simulator::world::chance::{Chance, hex_of};
use crate::simulator::world::cluster::{app_image, platform_image};
use crate::simulator::world::container::{container, http_get, tcp_socket};
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::{Object, pairs};
use crate::simulator::world::platform::{Front, Port, Route, certificate, ingress, service, tls_secret};
use crate::simulator::world::workload::{Workload, deployment, stateful_set, tracking_id};

/// One environment of the applications.
#[derive(Debug)]
pub struct Environment {
    /// Namespace, which is also the value of `ENVIRONMENT`.
    pub namespace: &'static str,
    /// Argo CD application.
    pub application: &'static str,
    /// Version at rest.
    pub version: &'static str,
    /// Prefix of its secrets in Secrets Manager.
    pub secrets: &'static str,
    /// Replicas of web, api, worker and cache.
    pub replicas: [i64; 4],
    /// Hostnames of web.
    pub web: &'static [&'static str],
    /// Hostname of api.
    pub api: &'static [&'static str],
    /// Whether HPAs own the replica counts of web and api.
    pub autoscaled: bool,
    /// Whether workloads have disruption budgets.
    pub budgeted: bool,
    /// Minutes since the last deploy.
    pub deployed: i64,
}

/// `development`, on the dev cluster.
pub static DEVELOPMENT: Environment = Environment {
    namespace: "development",
    application: "myapp-dev",
    version: "1.9.0-rc.3",
    secrets: "dev",
    replicas: [1, 1, 1, 1],
    web: &["dev.cosner.cloud"],
    api: &["api.dev.cosner.cloud"],
    autoscaled: false,
    budgeted: false,
    deployed: 3 * 60 + 12,
};
/// `staging`, on the dev cluster.
pub static STAGING: Environment = Environment {
    namespace: "staging",
    application: "myapp-staging",
    version: "1.8.2",
    secrets: "staging",
    replicas: [2, 2, 1, 1],
    web: &["staging.cosner.cloud"],
    api: &["api.staging.cosner.cloud"],
    autoscaled: false,
    budgeted: true,
    deployed: 21 * 60 + 4,
};
/// `production`.
pub static PRODUCTION: Environment = Environment {
    namespace: "production",
    application: "myapp-production",
    version: "1.8.1",
    secrets: "production",
    replicas: [3, 3, 2, 3],
    web: &["www.cosner.cloud", "app.cosner.cloud"],
    api: &["api.cosner.cloud"],
    autoscaled: true,
    budgeted: true,
    deployed: 4 * 24 * 60 + 51,
};

/// The environments of a cluster.
pub fn environments(namespaces: &[&str]) -> impl Iterator<Item = &'static Environment> {
    [&DEVELOPMENT, &STAGING, &PRODUCTION]
        .into_iter()
        .filter(move |environment| namespaces.contains(&environment.namespace))
}

/// Everything of the applications in a cluster.
pub fn install(inventory: &mut Inventory) {
    for environment in environments(inventory.site().cluster.namespaces) {
        for (app, replicas) in APPS.iter().zip(environment.replicas) {
            run_app(inventory, environment, app, replicas);
        }
        run_cache(inventory, environment, environment.replicas.last().copied().unwrap_or(1));
        secrets(inventory, environment);
        if environment.namespace == "production" {
            report(inventory, environment);
        }
    }
}

/// One of the three programs.
struct App {
    name: &'static str,
    port: u16,
    cpu: i64,
    memory: &'static str,
    load: &'static str,
    used: &'static str,
}

const APPS: [App; 3] = [
    App { name: "web", port: 8080, cpu: 200, memory: "256Mi", load: "132m", used: "118Mi" },
    App { name: "api", port: 8080, cpu: 250, memory: "384Mi", load: "165m", used: "171Mi" },
    App { name: "worker", port: 9090, cpu: 200, memory: "256Mi", load: "64m", used: "140Mi" },
];

fn chart(workload: Workload, environment: &Environment, name: &str) -> Workload {
    let workload = workload
        .without_label("app.kubernetes.io/instance")
        .selected_by(&[("app.kubernetes.io/name", name), ("app.kubernetes.io/part-of", "myapp")])
        .version(environment.version)
        .service_account(name)
        .of_application(environment.application)
        .pods_age(environment.deployed)
        .older_revisions(2)
        .pod("automountServiceAccountToken", json!(false))
        .pod("securityContext", pod_security());
    if environment.budgeted { workload } else { workload.without_budget() }
}

fn pod_security() -> Value {
    json!({"runAsUser": 10001, "runAsNonRoot": true, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}})
}

fn chart_labels(environment: &Environment, name: &str) -> Value {
    pairs(&[
        ("app.kubernetes.io/name", name),
        ("app.kubernetes.io/part-of", "myapp"),
        ("app.kubernetes.io/version", environment.version),
        ("app.kubernetes.io/managed-by", "Helm"),
    ])
}

fn of_chart(object: Object, environment: &Environment, group: &str, kind: &str, name: &str) -> Object {
    object
        .annotation(
            "argocd.argoproj.io/tracking-id",
            &tracking_id(environment.application, group, kind, environment.namespace, name),
        )
        .written_by("argocd-controller")
}

fn account(inventory: &mut Inventory, environment: &Environment, name: &str) {
    let object = inventory
        .site()
        .object("v1", "ServiceAccount", name)
        .namespace(environment.namespace)
        .labels(&chart_labels(environment, name));
    inventory.add(of_chart(object, environment, "", "ServiceAccount", name));
}

fn run_app(inventory: &mut Inventory, environment: &Environment, app: &App, replicas: i64) {
    let site = inventory.site();
    let (namespace, name) = (environment.namespace, app.name);
    account(inventory, environment, name);
    let process = container(name, &app_image(name, environment.version))
        .env("ENVIRONMENT", namespace)
        .env("LOG_LEVEL", "info")
        .env("CACHE_HOST", &format!("cache.{namespace}.svc.cluster.local"))
        .env_from_secret("DATABASE_URL", "app-secrets", "database-url")
        .port("http", app.port)
        .ready_when(http_get("/readyz", "http", 10))
        .alive_when(http_get("/healthz", "http", 20), 10)
        .requests(&format!("{}m", app.cpu), app.memory)
        .limits(&format!("{}m", app.cpu * 2), app.memory)
        .confined();
    let workload = chart(deployment(namespace, name), environment, name)
        .replicas(replicas)
        .container(process)
        .uses(app.load, app.used)
        .spec("revisionHistoryLimit", json!(5))
        .spec(
            "strategy",
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}),
        );
    inventory.run(&if replicas > 1 { workload.spread("ScheduleAnyway") } else { workload });
    front(inventory, environment, name, Port { name: "http", port: 80, target: "http" });
    let hosts = match name {
        "web" => environment.web,
        "api" => environment.api,
        _ => &[],
    };
    if !hosts.is_empty() {
        let secret = format!("{name}-tls");
        let route = ingress(&site, Route { namespace, name, hosts, port: Ok("http"), secret: &secret })
            .labels(&chart_labels(environment, name))
            .annotation("external-dns.alpha.kubernetes.io/ttl", "300");
        inventory.add(of_chart(route, environment, "networking.k8s.io", "Ingress", name));
        let certificate = of_chart(
            certificate(&site, namespace, &secret, hosts).labels(&chart_labels(environment, name)),
            environment,
            "cert-manager.io",
            "Certificate",
            &secret,
        )
        .build();
        for object in tls_secret(&site, &certificate) {
            inventory.keep(object);
        }
        inventory.keep(certificate);
    }
    if environment.autoscaled && name != "worker" {
        autoscaler(inventory, environment, app, replicas);
    }
}

fn front(inventory: &mut Inventory, environment: &Environment, name: &str, port: Port<'_>) {
    let front = Front {
        namespace: environment.namespace,
        name,
        selector: &[("app.kubernetes.io/name", name), ("app.kubernetes.io/part-of", "myapp")],
        ports: &[port],
        application: Some(environment.application),
    };
    service(inventory, front, |spec| {
        if name == "cache" {
            field::put(spec, "clusterIP", json!("None"));
            field::put(spec, "clusterIPs", json!(["None"]));
        }
    });
}

fn autoscaler(inventory: &mut Inventory, environment: &Environment, app: &App, replicas: i64) {
    let site = inventory.site();
    let percent = field::millicores(app.load) * 100 / app.cpu;
    let since = site.stamp(environment.deployed - 4);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message});
    let object = site
        .object("autoscaling/v2", "HorizontalPodAutoscaler", app.name)
        .namespace(environment.namespace)
        .labels(&chart_labels(environment, app.name))
        .spec(json!({
            "scaleTargetRef": {"kind": "Deployment", "name": app.name, "apiVersion": "apps/v1"}, "minReplicas": 2, "maxReplicas": 6,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}],
        }))
        .status(json!({
            "lastScaleTime": site.stamp(environment.deployed - 30), "currentReplicas": replicas, "desiredReplicas": replicas,
            "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent, "averageValue": app.load}}}],
            "conditions": [
                condition("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
                condition("ScalingActive", "True", "ValidMetricFound", "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)"),
                condition("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range"),
            ],
        }));
    inventory.add(of_chart(object, environment, "autoscaling", "HorizontalPodAutoscaler", app.name));
}

fn run_cache(inventory: &mut Inventory, environment: &Environment, replicas: i64) {
    account(inventory, environment, "cache");
    let process = container("cache", &platform_image("redis", "7.4.5"))
        .env("ENVIRONMENT", environment.namespace)
        .port("redis", 6379)
        .ready_when(tcp_socket("redis"))
        .alive_when(tcp_socket("redis"), 0)
        .requests("100m", "256Mi")
        .limits("200m", "256Mi")
        .mount("data", "/data")
        .confined();
    let workload = chart(stateful_set(environment.namespace, "cache"), environment, "cache")
        .replicas(replicas)
        .container(process)
        .claim("data", "10Gi")
        .uses("22m", "96Mi")
        .pods_age(11 * 24 * 60 + 7);
    inventory.run(&workload);
    front(inventory, environment, "cache", Port { name: "redis", port: 6379, target: "redis" });
}

fn secrets(inventory: &mut Inventory, environment: &Environment) {
    let site = inventory.site();
    let keys = [("database-url", "database"), ("app-key", "app")];
    let remote: Vec<Value> = keys
        .iter()
        .map(|(key, of)| {
            json!({"secretKey": key, "remoteRef": {"conversionStrategy": "Default", "decodingStrategy": "None", "key": format!("{}/{of}", environment.secrets), "metadataPolicy": "None", "property": "password"}})
        })
        .collect();
    let object = site
        .object("external-secrets.io/v1", "ExternalSecret", "app-secrets")
        .namespace(environment.namespace)
        .labels(&pairs(&[("app.kubernetes.io/managed-by", "Helm"), ("app.kubernetes.io/part-of", "myapp")]))
        .spec(json!({
            "data": remote, "refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-secrets-manager"},
            "target": {"creationPolicy": "Owner", "deletionPolicy": "Retain", "name": "app-secrets"},
        }))
        .status(json!({
            "binding": {"name": "app-secrets"}, "refreshTime": site.stamp(7), "syncedResourceVersion": "",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": site.stamp(30 * 24 * 60), "reason": "SecretSynced", "message": "secret synced"}],
        }));
    let mut object =
        of_chart(object, environment, "external-secrets.io", "ExternalSecret", "app-secrets").build();
    let synced = external_secret::synced_version(&object);
    field::put(&mut object, "status.syncedResourceVersion", json!(synced));
    let object = inventory.keep(object);
    inventory.add(
        site.object("v1", "Secret", "app-secrets")
            .namespace(environment.namespace)
            .label("reconcile.external-secrets.io/managed", "true")
            .annotation(
                "reconcile.external-secrets.io/data-hash",
                &hex_of(&format!("{}/data", environment.namespace), 56),
            )
            .controlled_by(&object)
            .written_by("externalsecrets.external-secrets.io/app-secrets")
            .with("type", json!("Opaque"))
            .with("data", external_secret::data(&object)),
    );
}

/// The hourly report with the three runs its history keeps.
fn report(inventory: &mut Inventory, environment: &Environment) {
    let site = inventory.site();
    let labels = chart_labels(environment, "report");
    let process = container("report", &app_image("worker", environment.version))
        .argument("report")
        .argument("--hourly")
        .env("ENVIRONMENT", environment.namespace)
        .requests("100m", "128Mi")
        .limits("500m", "256Mi")
        .confined()
        .build();
    let template = json!({"metadata": {"labels": labels, "annotations": {"kwok.x-k8s.io/usage-cpu": "90m", "kwok.x-k8s.io/usage-memory": "88Mi"}}, "spec": {
        "containers": [process], "restartPolicy": "Never", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "serviceAccountName": "worker", "serviceAccount": "worker",
        "automountServiceAccountToken": false, "securityContext": pod_security(), "schedulerName": "default-scheduler",
    }});
    let hour = site.now.as_second().div_euclid(3600) * 3600;
    let runs: Vec<Timestamp> =
        [2, 1, 0].iter().filter_map(|back| Timestamp::from_second(hour - back * 3600).ok()).collect();
    let last = runs.last().copied().unwrap_or(site.now);
    let ended = last.checked_add(SignedDuration::from_secs(RUN_SECONDS)).unwrap_or(last);
    // On the hour itself the youngest run is still to come.
    let runs: Vec<Timestamp> =
        runs.into_iter().filter(|start| site.now.duration_since(*start).as_secs() > RUN_SECONDS).collect();
    let last = runs.last().copied().unwrap_or(last);
    let object = site
        .object("batch/v1", "CronJob", "report")
        .namespace(environment.namespace)
        .labels(&labels)
        .spec(json!({
            "schedule": "0 * * * *", "startingDeadlineSeconds": 600, "concurrencyPolicy": "Forbid", "suspend": false,
            "jobTemplate": {"metadata": {"labels": labels}, "spec": {"backoffLimit": 2, "template": template}}, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
        }))
        .status(json!({"lastScheduleTime": field::stamp(last), "lastSuccessfulTime": field::stamp(ended.min(site.now))}));
    let cron = inventory.keep(of_chart(object, environment, "batch", "CronJob", "report").build());
    for start in runs {
        let job = job(
            &cron,
            start,
            &site.cluster.uid("Job", environment.namespace, &start.as_second().to_string()),
        );
        let name = field::name(&job).to_owned();
        let end = start.checked_add(SignedDuration::from_secs(RUN_SECONDS)).unwrap_or(start);
        let pod_name = format!("{name}-{}", Chance::of(&name).suffix());
        let pod = pod::from_template(Birth {
            owner: &job,
            template: field::at(&job, "spec.template"),
            name: &pod_name,
            generate_name: &format!("{name}-"),
        });
        inventory.finished_pod(pod, start, end);
        inventory.keep(completed(job, end));
    }
}

/// How long a run of the report takes.
const RUN_SECONDS: i64 = 38;

/// The Job a CronJob makes for one of its times.
pub fn job(cron: &Value, at: Timestamp, uid: &str) -> Value {
    let name = format!("{}-{}", field::name(cron), at.as_second().div_euclid(60));
    let mut labels = field::at(cron, "spec.jobTemplate.metadata.labels").clone();
    let mut template = field::at(cron, "spec.jobTemplate.spec.template").clone();
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name.as_str()),
        ("controller-uid", uid),
        ("job-name", name.as_str()),
    ] {
        field::set_label(&mut template, key, value);
        if let Some(map) = labels.as_object_mut() {
            map.insert(key.to_owned(), json!(value));
        }
    }
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": name, "namespace": field::namespace(cron), "uid": uid, "generation": 1, "creationTimestamp": field::stamp(at), "labels": labels,
            "annotations": {"batch.kubernetes.io/cronjob-scheduled-timestamp": field::stamp(at)},
            "ownerReferences": [crate::simulator::world::object::controller_reference(cron)],
        },
        "spec": {
            "parallelism": 1, "completions": 1, "backoffLimit": field::at(cron, "spec.jobTemplate.spec.backoffLimit"),
            "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}, "template": template, "completionMode": "NonIndexed", "suspend": false, "podReplacementPolicy": "TerminatingOrFailed", "manualSelector": false,
        },
        "status": {"startTime": field::stamp(at), "terminating": 0, "uncountedTerminatedPods": {}, "ready": 0},
    })
}

/// A Job after its pod succeeded.
pub fn completed(mut job: Value, end: Timestamp) -> Value {
    let stamp = field::stamp(end);
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": stamp, "lastTransitionTime": stamp, "reason": "CompletionsReached", "message": "Reached expected number of succeeded pods"});
    let status = json!({
        "conditions": [condition("SuccessCriteriaMet"), condition("Complete")], "startTime": field::at(&job, "status.startTime"), "completionTime": stamp,
        "succeeded": 1, "terminating": 0, "uncountedTerminatedPods": {}, "ready": 0,
    });
    field::put(&mut job, "status", status);
    job
}
