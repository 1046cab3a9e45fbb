use serde_json::{Value, json};

use super::super::faults::Harm;
use super::super::tests::{ask, ask_json, resting, shared, unfolded};
use super::update::Update;
use crate::simulator::world::field;

#[tokio::test]
async fn clusters_are_listed_by_small_pages_and_described() {
    let (_simulator, aws) = resting();
    aws.edit(|account| account.strangers = (0..5).map(|index| format!("team-{index}")).collect());
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let page = ask_json(&aws, "eks", &format!("/clusters?maxResults=3{token}")).await;
        assert!(field::list(&page, "clusters").len() <= 3);
        names.extend(field::list(&page, "clusters").to_vec());
        match field::text(&page, "nextToken") {
            "" => break,
            next => token = format!("&nextToken={next}"),
        }
    }
    assert_eq!(names.len(), 7);
    let prod = ask_json(&aws, "eks", "/clusters/myapp-prod").await;
    assert_eq!(field::text(&prod, "cluster.version"), "1.36");
    assert_eq!(field::text(&prod, "cluster.accessConfig.authenticationMode"), "API");
    assert!(field::at(&prod, "cluster.createdAt").is_i64());
    let (status, body) = ask(&aws, "eks", "GET", "/clusters/gone", "").await;
    assert_eq!((status, body), (404, json!({"message": "No cluster found for name: gone."}).to_string()));
}

#[tokio::test]
async fn add_ons_run_what_the_cluster_runs_and_are_active_at_rest() {
    let (simulator, aws) = resting();
    for cluster in ["myapp-dev", "myapp-prod"] {
        let store = simulator.cluster(cluster).unwrap();
        let names = ask_json(&aws, "eks", &format!("/clusters/{cluster}/addons")).await;
        assert_eq!(field::list(&names, "addons").len(), if cluster == "myapp-prod" { 7 } else { 6 });
        for name in field::list(&names, "addons").iter().filter_map(Value::as_str) {
            let answer = ask_json(&aws, "eks", &format!("/clusters/{cluster}/addons/{name}")).await;
            assert_eq!(field::text(&answer, "addon.status"), "ACTIVE", "{answer}");
            let own = super::addon::ADDONS.iter().find(|addon| addon.name == name).unwrap();
            let (resource, workload) = own.workloads[0];
            let key = crate::simulator::store::Key::namespaced(resource, "kube-system", workload);
            let image =
                store.get(&key).unwrap()["spec"]["template"]["spec"]["containers"][0]["image"].to_string();
            assert!(image.contains(own.version), "{name}: {image}");
        }
    }
}

#[tokio::test]
async fn an_add_on_without_its_pods_is_degraded() {
    let (simulator, aws) = resting();
    let key = crate::simulator::store::Key::namespaced("deployments.apps", "kube-system", "coredns");
    simulator.cluster("myapp-dev").unwrap().patch_status(&key, &json!({"readyReplicas": 1})).unwrap();
    let answer = ask_json(&aws, "eks", "/clusters/myapp-dev/addons/coredns").await;
    assert_eq!(field::text(&answer, "addon.status"), "DEGRADED");
    let issue = &field::list(&answer, "addon.health.issues")[0];
    assert_eq!(field::text(issue, "code"), "InsufficientNumberOfReplicas");
}

#[tokio::test]
async fn an_add_on_without_an_identity_is_degraded_and_has_no_association() {
    let (_simulator, aws) = unfolded("addon-degraded");
    let answer = ask_json(&aws, "eks", "/clusters/myapp-dev/addons/aws-ebs-csi-driver").await;
    assert_eq!(field::text(&answer, "addon.status"), "DEGRADED");
    let issue = &field::list(&answer, "addon.health.issues")[0];
    assert_eq!(field::text(issue, "code"), "AddonPermissionFailure");
    assert_eq!(field::list(&answer, "addon.podIdentityAssociations").len(), 0);
    let path = "/clusters/myapp-dev/pod-identity-associations?serviceAccount=ebs-csi-controller-sa";
    assert_eq!(ask_json(&aws, "eks", path).await, json!({"associations": []}));
    let path = "/clusters/myapp-prod/pod-identity-associations?serviceAccount=ebs-csi-controller-sa";
    assert_eq!(field::list(&ask_json(&aws, "eks", path).await, "associations").len(), 1);
}

#[tokio::test]
async fn one_upgrade_insight_warns_on_production_and_none_on_dev() {
    let aws = shared();
    let body = json!({"filter": {"statuses": ["WARNING", "ERROR"]}}).to_string();
    let (_, dev) = ask(aws, "eks", "POST", "/clusters/myapp-dev/insights", &body).await;
    assert_eq!(dev, json!({"insights": []}).to_string());
    let (_, prod) = ask(aws, "eks", "POST", "/clusters/myapp-prod/insights", &body).await;
    let prod: Value = prod.parse().unwrap();
    assert_eq!(field::list(&prod, "insights").len(), 1);
    let id = field::text(&field::list(&prod, "insights")[0], "id");
    let whole = ask_json(aws, "eks", &format!("/clusters/myapp-prod/insights/{id}")).await;
    let detail = &field::list(&whole, "insight.categorySpecificSummary.deprecationDetails")[0];
    assert_eq!(field::text(detail, "stopServingVersion"), "1.38");
    assert_eq!(field::list(detail, "clientStats").len(), 1);
}

#[tokio::test]
async fn the_calendar_follows_the_clock() {
    let (simulator, aws) = resting();
    let status = |answer: &Value, version: &str| {
        let versions = field::list(answer, "clusterVersions");
        let found = versions.iter().find(|own| field::text(own, "clusterVersion") == version);
        found.map(|own| field::text(own, "versionStatus").to_owned())
    };
    let now = ask_json(&aws, "eks", "/cluster-versions").await;
    assert_eq!(status(&now, "1.31").as_deref(), Some("EXTENDED_SUPPORT"));
    assert_eq!(status(&now, "1.30"), None);
    simulator.clock().advance(std::time::Duration::from_secs(6 * 24 * 3600));
    let later = ask_json(&aws, "eks", "/cluster-versions?includeAll=true").await;
    assert_eq!(status(&later, "1.31").as_deref(), Some("UNSUPPORTED"));
    let two = ask_json(&aws, "eks", "/cluster-versions?clusterVersions=1.36&clusterVersions=1.37").await;
    assert_eq!(field::list(&two, "clusterVersions").len(), 2);
}

#[tokio::test]
async fn the_node_group_and_who_may_get_in() {
    let aws = shared();
    let group = ask_json(aws, "eks", "/clusters/myapp-dev/node-groups/system").await;
    assert_eq!(
        field::at(&group, "nodegroup.scalingConfig"),
        &json!({"minSize": 2, "maxSize": 4, "desiredSize": 2})
    );
    let entries = ask_json(aws, "eks", "/clusters/myapp-dev/access-entries").await;
    assert_eq!(field::list(&entries, "accessEntries").len(), 6);
    let path = "/clusters/myapp-dev/access-entries/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FPlatformAdmin";
    let entry = ask_json(aws, "eks", path).await;
    assert_eq!(field::at(&entry, "accessEntry.kubernetesGroups"), &json!(["platform-admin"]));
    let policies = ask_json(aws, "eks", &format!("{path}/access-policies")).await;
    assert_eq!(field::at(&policies, "associatedAccessPolicies"), &json!([]));
}

#[tokio::test]
async fn an_update_is_in_progress_until_its_time_and_then_says_why_it_failed() {
    let (simulator, aws) = resting();
    let created = simulator.clock().now();
    let update = Update {
        id: "u-1".to_owned(),
        cluster: "myapp-dev".to_owned(),
        addon: Some("coredns".to_owned()),
        nodegroup: None,
        kind: "AddonUpdate".to_owned(),
        parameters: vec![("AddonVersion".to_owned(), "v1.13.1-eksbuild.1".to_owned())],
        created,
        ends: created.checked_add(jiff::SignedDuration::from_mins(2)).unwrap(),
        errors: vec![("ConfigurationConflict".to_owned(), "Apply failed".to_owned())],
    };
    aws.edit(|account| account.updates.push(update));
    let list = ask_json(&aws, "eks", "/clusters/myapp-dev/updates?addonName=coredns").await;
    assert_eq!(field::list(&list, "updateIds")[0], "u-1");
    let path = "/clusters/myapp-dev/updates/u-1?addonName=coredns";
    assert_eq!(field::text(&ask_json(&aws, "eks", path).await, "update.status"), "InProgress");
    simulator.clock().advance(std::time::Duration::from_secs(120));
    let ended = ask_json(&aws, "eks", path).await;
    assert_eq!(field::text(&ended, "update.status"), "Failed");
    assert_eq!(field::text(&field::list(&ended, "update.errors")[0], "errorCode"), "ConfigurationConflict");
}

#[tokio::test]
async fn the_catalogue_knows_the_default_of_the_next_minor() {
    let aws = shared();
    let answer =
        ask_json(aws, "eks", "/addons/supported-versions?kubernetesVersion=1.37&addonName=kube-proxy").await;
    let versions = field::list(&field::list(&answer, "addons")[0], "addonVersions");
    assert_eq!(versions.len(), 1);
    assert_eq!(field::text(&versions[0], "addonVersion"), "v1.37.1-eksbuild.2");
}

#[tokio::test]
async fn a_list_without_an_end_always_has_another_page() {
    let (_simulator, aws) = resting();
    aws.faults().harm("eks", "ListClusters", None, Harm::EndlessPages);
    let first = ask_json(&aws, "eks", "/clusters").await;
    let token = field::text(&first, "nextToken");
    let again = ask_json(&aws, "eks", &format!("/clusters?nextToken={token}")).await;
    assert_eq!(again, first);
    aws.faults().clear();
    aws.faults().harm("eks", "", 1, Harm::Throttled);
    assert_eq!(ask(&aws, "eks", "GET", "/clusters", "").await.0, 429);
}
