//! Storage, budgets and topology on real API servers: the same facts as kubectl says.

use crate::harness::range::Range;

fn count(range: &Range, kind: &str, cluster: &str) -> usize {
    range.kubectl(&format!("--context {cluster} get {kind} -A --no-headers")).lines().count()
}

#[test]
fn claims_volumes_and_budgets_are_as_many_as_kubectl_says() {
    let Some(range) = Range::find() else { return };
    for (view, kind) in [
        ("storage", "persistentvolumeclaims"),
        ("volumes", "persistentvolumes"),
        ("storageclasses", "storageclasses"),
        ("budgets", "poddisruptionbudgets"),
        ("autoscaling", "horizontalpodautoscalers"),
    ] {
        for cluster in ["myapp-dev", "myapp-prod"] {
            // The kubelets of the range are played, and have no Summary API that could say how full volumes are.
            let (code, unknown) =
                if view == "storage" { (4, &["volumeusages.kubelet"][..]) } else { (0, &[][..]) };
            let document = range.run(&format!("get {view} -c {cluster} -o json")).ended(code).json();
            let told: Vec<_> = document["unknown"]
                .as_array()
                .unwrap()
                .iter()
                .map(|told| told["what"].as_str().unwrap())
                .collect();
            assert_eq!(told, unknown, "{view} of {cluster}");
            let rows = document["rows"].as_array().unwrap().len();
            assert_eq!(rows, count(&range, kind, cluster), "{view} of {cluster}");
        }
    }
}

#[test]
fn the_topology_has_every_node_once_and_the_fleet_counts_its_platform() {
    let Some(range) = Range::find() else { return };
    let document = range.run("get topology -c myapp-prod -o json").ended(0).json();
    let rows = document["rows"].as_array().unwrap();
    let nodes = rows.iter().filter(|row| row["level"] == "node").count();
    assert_eq!(nodes, count(&range, "nodes", "myapp-prod"));
    let fleet = range.run("get fleet -o json").ended(0).json();
    for row in fleet["rows"].as_array().unwrap() {
        assert!(row["components"]["want"].as_u64().is_some_and(|wanted| wanted > 5), "{row}");
    }
}
