//! Argo CD, certificates and secrets: what an operator is told first, and where that leads.

use std::time::Duration;

use pilothouse::simulator::store::Key;
use serde_json::json;

use crate::harness::stage::{DEV, Journey, PROD, Plan};

#[test]
fn on_the_healthy_fleet_nothing_of_it_is_above_ok() {
    let mut journey = Journey::at("argo");
    for view in ["argo", "projects", "applicationsets", "certificates", "issuers", "secrets", "stores"] {
        let screen = journey.run(view);
        assert!(screen.shows("●"), "{view}{screen:?}");
        for glyph in ["▲", "✖", "○"] {
            assert!(!screen.shows(glyph), "{view} {glyph}{screen:?}");
        }
    }
}

#[test]
fn an_application_says_what_it_is_and_who_synced_it_and_when_it_may() {
    let mut journey = Plan::in_trouble("").view("argo").size(200, 45).open();
    let screen = journey.settle();
    let line = screen.line_with(&["myapp-prod", "myapp-production", "Synced", "Healthy", "manual"]);
    assert!(line.is_some_and(|line| line.contains("denied for")), "{screen:?}");
    journey.go_to("myapp-production");
    journey.press("enter");
    let screen = journey.until_shows("SYNC WINDOWS");
    assert!(
        screen.line_with(&["goes to", "myapp-prod, this cluster, namespace production"]).is_some(),
        "{screen:?}"
    );
    assert!(
        screen.line_with(&["deny", "0 16 * * 5", "open", "allowed", "closes in"]).is_some(),
        "{screen:?}"
    );
    assert!(screen.line_with(&["made by", "ApplicationSet myapp"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["●", "Deployment production/api", "Synced"]).is_some(), "{screen:?}");
}

#[test]
fn a_destination_by_the_server_of_another_cluster_leads_into_that_cluster() {
    let mut journey = Plan::in_trouble("")
        .before(|world| {
            let server = world.server(DEV).unwrap();
            let application = Key::namespaced("applications.argoproj.io", "argocd", "myapp-production");
            let edited = world.cluster(PROD).unwrap().edit(&application, |application| {
                application["spec"]["destination"] = json!({"server": server, "namespace": "staging"});
                Ok(())
            });
            edited.unwrap();
        })
        .view("argo @myapp-prod")
        .size(200, 45)
        .open();
    let screen = journey.settle();
    assert!(screen.line_with(&["myapp-production", "myapp-dev/staging"]).is_some(), "{screen:?}");
    journey.go_to("myapp-production");
    journey.press("enter");
    let screen = journey.until_shows("SYNC WINDOWS");
    assert!(screen.line_with(&["goes to", "myapp-dev, namespace staging"]).is_some(), "{screen:?}");
}

#[test]
fn drift_and_a_failed_sync_name_the_object_that_is_the_cause() {
    let mut journey = Plan::in_trouble("argo-drift").view("argo").size(200, 60).open();
    let screen = journey.settle();
    assert!(screen.line_with(&["✖", "platform-monitoring", "last sync failed"]).is_some(), "{screen:?}");
    let drifted = ["▲", "myapp-production", "drifted from Git"];
    assert!(screen.line_with(&drifted).is_some(), "{screen:?}");
    journey.go_to("platform-monitoring");
    journey.run("argo @myapp-prod");
    journey.go_to("platform-monitoring");
    journey.press("enter");
    let screen = journey.until_shows("LAST SYNC");
    assert!(screen.line_with(&["✖", "ServiceMonitor monitoring/web", "SyncFailed"]).is_some(), "{screen:?}");
    journey.press("esc");
    journey.go_to("myapp-production");
    journey.press("enter");
    let screen = journey.until_shows("DIFFERS FROM GIT");
    assert!(screen.line_with(&["▲", "Deployment production/worker", "OutOfSync"]).is_some(), "{screen:?}");
    let screen = journey.until_gone("looking…");
    assert!(
        screen.line_with(&["Deployment production/worker", "cannot be told here"]).is_some(),
        "{screen:?}"
    );
    assert!(!screen.shows("debug"), "no value of the environment{screen:?}");
}

#[test]
fn a_certificate_that_cannot_be_renewed_names_its_issuer_and_its_page_shows_the_chain() {
    let mut journey = Plan::in_trouble("issuer-broken").view("certificates").size(200, 45).open();
    let screen = journey.settle();
    let told = ["▲", "myapp-prod", "web-tls", "cannot be renewed: ClusterIssuer let"];
    assert!(screen.line_with(&told).is_some(), "{screen:?}");
    journey.run("certificates production");
    journey.go_to("web-tls");
    journey.press("enter");
    let screen = journey.until_shows("ISSUANCE");
    assert!(
        screen.line_with(&["✖", "issuer", "ClusterIssuer letsencrypt-prod is not ready"]).is_some(),
        "{screen:?}"
    );
    assert!(screen.line_with(&["●", "CertificateRequest", "web-tls-1", "issued"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["●", "Order", "valid"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["used by", "Ingress web"]).is_some(), "{screen:?}");
    let screen = journey.run("issuers");
    assert!(screen.line_with(&["✖", "letsencrypt-prod", "ErrVerifyACMEAccount"]).is_some(), "{screen:?}");
}

#[test]
fn a_store_that_is_denied_is_the_cause_of_the_secrets_that_are_not_refreshed() {
    let mut journey = Plan::in_trouble("store-denied").view("secrets").size(260, 45).open();
    let screen = journey.settle();
    assert!(
        screen.line_with(&["▲", "myapp-prod", "app-secrets", "ClusterSecretStore aws-secrets"]).is_some(),
        "{screen:?}"
    );
    assert!(
        screen.line_with(&["myapp-dev", "grafana", "mounted", "Pod kps-grafana-"]).is_some(),
        "{screen:?}"
    );
    let screen = journey.run("stores");
    assert!(
        screen.line_with(&["✖", "aws-secrets-manager", "InvalidProviderConfig", "0/1"]).is_some(),
        "{screen:?}"
    );
}

#[test]
fn a_row_of_secrets_opens_the_object_it_stands_for() {
    let mut journey = Plan::in_trouble("").view("secrets production").size(160, 45).open();
    journey.until_shows("app-secrets");
    journey.go_to("app-secrets");
    journey.press("y");
    let screen = journey.until_shows("kind: ExternalSecret");
    assert!(screen.top().contains("production/app-secrets"), "{screen:?}");
}

#[test]
fn the_secrets_themselves_are_a_table_of_their_own_beside_where_they_come_from() {
    let mut journey = Journey::at("secrets production");
    assert!(journey.settle().shows("STORE"));
    let screen = journey.run("secret production");
    assert!(screen.shows("api-tls") && screen.shows("kubernetes.io/tls"), "{screen:?}");
    let screen = journey.run("secrets production");
    assert!(screen.shows("STORE") && !screen.shows("api-tls"), "{screen:?}");
}

#[test]
fn an_older_api_of_external_secrets_is_said() {
    let mut journey = Plan::in_trouble("old-apis").view("secrets").size(200, 45).open();
    let screen = journey.until_shows("external-secrets.io/v1beta1");
    assert!(screen.line_with(&["▲", "myapp-dev", "app-secrets"]).is_some(), "{screen:?}");
}

#[test]
fn what_may_not_be_read_is_said_and_not_taken_for_absent() {
    let mut journey = Plan::in_trouble("narrow-rights").view("secrets").size(200, 45).open();
    let screen = journey.until_shows("all sealedsecrets");
    assert!(screen.line_with(&["○", "all sealedsecrets", "forbidden"]).is_some(), "{screen:?}");
    let screen = journey.run("argo");
    assert!(screen.shows("list applications.argoproj.io"), "{screen:?}");
    assert!(!screen.shows("missingapplications"), "one refusal is one{screen:?}");
    assert!(!screen.shows("no argo"), "nobody knows that there is none{screen:?}");
}

#[test]
fn a_secret_that_is_pushed_says_where_to_and_why_it_is_not_there() {
    let mut journey = Plan::in_trouble("").view("secrets production").size(220, 45).open();
    journey.settle();
    let push = |name: &str, secret: &str| {
        json!({"apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret",
            "metadata": {"name": name, "namespace": "production"},
            "spec": {"refreshInterval": "1h", "secretStoreRefs": [{"kind": "ClusterSecretStore", "name": "aws-secrets-manager"}],
                "selector": {"secret": {"name": secret}},
                "data": [{"match": {"secretKey": "url", "remoteRef": {"remoteKey": "shared/api"}}}]}})
    };
    let store = journey.world(PROD);
    store.create(&push("shared", "app-secrets")).unwrap();
    store.create(&push("forgotten", "no-such-secret")).unwrap();
    journey.advance(Duration::from_secs(20));
    let screen = journey
        .until("said how both are", |screen| screen.shows("no-such-secret") && !screen.shows("waits for"));
    assert!(screen.line_with(&["●", "shared", "aws-secrets-manager"]).is_some(), "{screen:?}");
    let missing = screen.line_with(&["✖", "forgotten", "its secret no-such-secret is not there"]);
    assert!(missing.is_some(), "{screen:?}");
}
