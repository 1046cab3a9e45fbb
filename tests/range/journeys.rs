//! What people do first, on two real clusters at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::harness::cli::{Home, Said};
use crate::harness::pty::Pty;
use crate::harness::range::Range;

fn clusters_of(said: &Said) -> BTreeSet<String> {
    let document = said.json();
    let rows = document["rows"].as_array().unwrap();
    rows.iter().map(|row| row["cluster"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_view_shows_both_clusters() {
    let Some(range) = Range::find() else { return };
    for view in [
        "namespaces",
        "workloads",
        "pods",
        "nodes",
        "services",
        "ingress",
        "applications",
        "addons",
        "karpenter",
        "nodeclaims",
        "certificates",
        "configmaps",
    ] {
        let said = range.run(&format!("get {view} -o json")).ended(0);
        assert_eq!(clusters_of(&said), ["myapp-dev".to_owned(), "myapp-prod".to_owned()].into(), "{view}");
    }
    range.run("get events -o json").ended(0);
    let picture = range.run("screenshot fleet --size 120x40").printed();
    assert!(picture.contains("myapp-dev") && picture.contains("myapp-prod"), "{picture}");
}

#[test]
fn components_are_found_by_what_they_are_and_are_well() {
    let Some(range) = Range::find() else { return };
    for (cluster, nodes) in [("myapp-dev", 4), ("myapp-prod", 6)] {
        let document = range.run(&format!("get addons -c {cluster} -o json")).ended(0).json();
        let rows = document["rows"].as_array().unwrap();
        let row =
            |name: &str| rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        assert!(rows.iter().all(|row| row["verdict"] == "ok"), "{document}");
        assert_eq!(row("vpc-cni")["ready"]["have"], nodes);
        let image = range.kubectl(&format!(
            "--context {cluster} get deployment karpenter -n kube-system -o jsonpath={{.spec.template.spec.containers[0].image}}"
        ));
        assert_eq!(row("karpenter")["image"], image.trim());
        let parts =
            [("argo-cd", "argocd"), ("cert-manager", "cert-manager"), ("external-dns", "external-dns")];
        for (component, namespace) in parts {
            assert_eq!(row(component)["namespace"], namespace);
        }
    }
}

/// `READY STATUS RESTARTS` by namespace and name, as kubectl prints them.
fn by_kubectl(range: &Range, cluster: &str) -> BTreeMap<String, String> {
    let text = range.kubectl(&format!("--context {cluster} get pods -A --no-headers"));
    text.lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (format!("{}/{}", words[0], words[1]), format!("{} {} {}", words[2], words[3], words[4]))
        })
        .collect()
}

fn by_pilothouse(range: &Range, cluster: &str) -> BTreeMap<String, String> {
    let document = range.run(&format!("get pods -c {cluster} -o json")).ended(0).json();
    let rows = document["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let text = |id: &str| row[id].as_str().unwrap().to_owned();
            let ready = &row["ready"];
            let words = format!("{}/{} {} {}", ready["have"], ready["want"], text("status"), row["restarts"]);
            (format!("{}/{}", text("namespace"), text("name")), words)
        })
        .collect()
}

#[test]
fn pods_are_what_kubectl_says_they_are() {
    let Some(range) = Range::find() else { return };
    for cluster in ["myapp-dev", "myapp-prod"] {
        // The world moves between the two questions: one pod may; all of them may not, three times in a row.
        let mut last = (BTreeMap::new(), BTreeMap::new());
        let is_equal = (0..3).any(|_| {
            last = (by_kubectl(&range, cluster), by_pilothouse(&range, cluster));
            last.0 == last.1
        });
        assert!(last.0.len() > 50, "{cluster} has {} pods", last.0.len());
        assert!(is_equal, "{cluster}: kubectl and pilothouse differ:\n{:#?}\n{:#?}", last.0, last.1);
    }
}

#[test]
fn a_cockpit_over_both_clusters_from_pods_to_logs_and_any_kind() {
    let Some(range) = Range::find() else { return };
    let home = Home::new();
    let line = format!("--kubeconfig {} --view pods", range.kubeconfig.display());
    let mut pty = Pty::at_home(&home, &line, 160, 45);
    pty.until("pods of both", |screen| {
        screen.contains("myapp-dev") && screen.contains("myapp-prod") && screen.contains(" live ")
    });
    pty.press("/staging web-\r");
    pty.until("the filter", |screen| screen.contains(" of ") && !screen.contains("kube-system"));
    pty.press("d");
    pty.until("the detail", |screen| {
        screen.contains("pods/web-") || screen.contains("Pod web-") || screen.contains("CONTAINERS")
    });
    pty.press("y");
    pty.until("the YAML", |screen| screen.contains("apiVersion: v1") || screen.contains("kind: Pod"));
    pty.press("q");
    pty.until_quiet(Duration::from_millis(200));
    pty.press(":applications\r");
    pty.until("the applications", |screen| screen.contains("platform-argocd") && screen.contains("Synced"));
    pty.press(":pods staging\r");
    pty.until("pods again", |screen| screen.contains("web-"));
    pty.press("/web-\rl");
    pty.until("logs", |screen| screen.lines().next().is_some_and(|line| line.contains("logs")));
    pty.press("\u{3}");
    assert!(pty.until_ended().success());
}

#[test]
fn plugins_log_in_and_a_stranger_is_told_so() {
    let Some(range) = Range::find() else { return };
    let home = Home::new();
    let get = |user: &str, what: &str| {
        let file = range.with_plugins();
        let line =
            format!("get {what} --kubeconfig {} -c myapp-dev-{user} -o json --timeout 45s", file.display());
        let mut command = home.command(&line.split_whitespace().collect::<Vec<_>>());
        // The plugin looks for its own files here.
        command.env("RANGE_HOME", file.ancestors().nth(2).unwrap());
        crate::harness::cli::finish(command.spawn().unwrap(), &line)
    };
    let viewer = get("viewer", "pods").ended(0);
    assert!(viewer.json()["rows"].as_array().unwrap().len() > 20);
    let secrets = get("viewer", "secret").ended(4).json()["unknown"].to_string();
    assert!(secrets.contains("forbidden: list secrets"), "{secrets}");
    let stranger = get("outsider", "pods").ended(4).json()["unknown"].to_string();
    assert!(
        stranger.contains("401")
            || stranger.to_lowercase().contains("unauthorized")
            || stranger.contains("credentials"),
        "{stranger}"
    );
}

#[test]
fn a_cluster_that_never_answers_delays_nothing() {
    let Some(range) = Range::find() else { return };
    let home = Home::new();
    // An address of documentation: packets to it are lost or refused, and nobody ever answers.
    let nowhere = home.write(
        "nowhere",
        "apiVersion: v1\nkind: Config\nclusters:\n- {name: nowhere, cluster: {server: \"https://192.0.2.1\"}}\n\
         contexts:\n- {name: nowhere, context: {cluster: nowhere, user: me}}\nusers:\n- {name: me, user: {token: x}}\n",
    );
    let both = format!("{}:{}", range.kubeconfig.display(), nowhere.display());
    let started = Instant::now();
    let pty = Pty::at_home_with(&home, "--view pods", &[("KUBECONFIG", &both)], 160, 45);
    pty.until("the good ones", |screen| screen.contains("argocd") && screen.contains("myapp-prod"));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    let mut command = home.command(&["get", "pods", "-o", "json", "--timeout", "8s"]);
    command.env("KUBECONFIG", both);
    let said = crate::harness::cli::finish(command.spawn().unwrap(), "get pods").ended(4);
    assert_eq!(clusters_of(&said).len(), 2);
    assert!(said.json()["unknown"].to_string().contains("nowhere"), "{}", said.json()["unknown"]);
}
