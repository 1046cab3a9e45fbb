//! Hostnames, policies and rights on real API servers, against what kubectl says.

use crate::harness::range::Range;

#[test]
fn a_hostname_leads_to_the_pods_that_kubectl_lists_behind_its_service() {
    let Some(range) = Range::find() else { return };
    // No account is named for the clusters of the range: what AWS has of the path is unknown, and said to be.
    let document = range.run("path api.cosner.cloud -o json").ended(4).json();
    assert!(document["broken"].is_null(), "{document:#}");
    let hops = document["hops"].as_array().unwrap();
    let named = |kind: &str| -> Vec<&str> {
        let of_kind = hops.iter().filter(|hop| hop["object"]["kind"] == kind);
        of_kind.filter_map(|hop| hop["object"]["name"].as_str()).collect()
    };
    assert!(named("Ingress").contains(&"edge") && named("Ingress").contains(&"api"), "{document:#}");
    let listed = range.kubectl(
        "--context myapp-prod -n production get pods -l app.kubernetes.io/name=api,app.kubernetes.io/part-of=myapp -o name",
    );
    for pod in listed.lines().filter_map(|line| line.strip_prefix("pod/")) {
        assert!(named("Pod").contains(&pod), "{pod} {document:#}");
    }
}

#[test]
fn who_can_agrees_with_the_authorizer_of_the_api_server() {
    let Some(range) = Range::find() else { return };
    let document = range.run("get who-can delete pods -c myapp-prod -n production -o json").ended(0).json();
    let rows = document["rows"].as_array().unwrap();
    let may = |group: &str| rows.iter().any(|row| row["who"] == group);
    for group in ["platform-admin", "platform-developer", "platform-viewer"] {
        let said = range.kubectl_says(&format!(
            "--context myapp-prod auth can-i delete pods -n production --as somebody --as-group {group}"
        ));
        assert_eq!(may(group), said.trim() == "yes", "{group}: {said}");
    }
}

#[test]
fn nothing_of_the_healthy_range_is_above_ok_in_the_views_of_traffic() {
    let Some(range) = Range::find() else { return };
    for view in ["ingress", "services", "netpol", "identity", "who-can", "path"] {
        let document = range.run(&format!("get {view} -o json")).json();
        let wrong: Vec<_> = document["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| matches!(row["verdict"].as_str(), Some("warning" | "critical")))
            .collect();
        assert!(wrong.is_empty(), "{view}: {wrong:#?}");
    }
}
