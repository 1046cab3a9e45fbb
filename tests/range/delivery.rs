//! Argo CD, certificates and secrets of the range, held against what kubectl says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::range::Range;

fn by_name(range: &Range, view: &str, cluster: &str) -> BTreeMap<String, Value> {
    let document = range.run(&format!("get {view} -c {cluster} -o json")).ended(0).json();
    let rows = document["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let namespace = row["namespace"].as_str().unwrap_or_default();
            (format!("{namespace}/{}", row["name"].as_str().unwrap()), row.clone())
        })
        .collect()
}

fn by_kubectl(range: &Range, kind: &str, cluster: &str) -> BTreeMap<String, Value> {
    let text = range.kubectl(&format!("--context {cluster} get {kind} -A -o json"));
    let list: Value = serde_json::from_str(&text).unwrap();
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            let namespace = item["metadata"]["namespace"].as_str().unwrap_or_default();
            (format!("{namespace}/{}", item["metadata"]["name"].as_str().unwrap()), item.clone())
        })
        .collect()
}

#[test]
fn applications_certificates_and_secrets_agree_with_kubectl_and_are_well() {
    let Some(range) = Range::find() else { return };
    for cluster in ["myapp-dev", "myapp-prod"] {
        let (shown, said) = (by_name(&range, "argo", cluster), by_kubectl(&range, "applications", cluster));
        assert_eq!(shown.keys().collect::<Vec<_>>(), said.keys().collect::<Vec<_>>(), "{cluster}");
        for (name, row) in &shown {
            assert_eq!(row["sync"], said[name]["status"]["sync"]["status"], "{name}");
            assert_eq!(row["health"], said[name]["status"]["health"]["status"], "{name}");
            assert_eq!(row["project"], said[name]["spec"]["project"], "{name}");
        }
        let (shown, said) =
            (by_name(&range, "certificates", cluster), by_kubectl(&range, "certificates", cluster));
        assert_eq!(shown.keys().collect::<Vec<_>>(), said.keys().collect::<Vec<_>>(), "{cluster}");
        for (name, row) in &shown {
            assert_eq!(row["secret"], said[name]["spec"]["secretName"], "{name}");
            assert!(row["ingresses"].as_str().is_some_and(|names| !names.is_empty()), "{name}: {row}");
        }
        let (shown, said) =
            (by_name(&range, "secrets", cluster), by_kubectl(&range, "externalsecrets", cluster));
        for (name, external) in &said {
            assert_eq!(shown[name]["store"], external["spec"]["secretStoreRef"]["name"], "{name}");
            assert_eq!(shown[name]["secret"], external["spec"]["target"]["name"], "{name}");
            assert!(
                shown[name]["consumers"].as_str().is_some_and(|names| names.contains("Deployment api")),
                "{name}"
            );
        }
        for view in ["argo", "projects", "applicationsets", "certificates", "issuers", "secrets", "stores"] {
            for (name, row) in by_name(&range, view, cluster) {
                assert_eq!(row["verdict"], "ok", "{view} {name}: {}", row["why"]);
            }
        }
    }
}
