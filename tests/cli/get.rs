//! `get VIEW` on the embedded world, which stands still at an instant that is always the same.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::harness::cli::{Home, finish};
use crate::harness::world::StillWorld;

/// Every table, some by their aliases, and kinds that have no view of their own.
const TABLES: &[&str] = &[
    "fleet",
    "namespaces",
    "workloads",
    "deploy",
    "statefulsets",
    "ds",
    "replicasets",
    "jobs",
    "cronjobs",
    "pods",
    "nodes",
    "events",
    "services",
    "ingress",
    "argo",
    "projects",
    "applicationsets",
    "certificates",
    "issuers",
    "secrets",
    "stores",
    "certificates.cert-manager.io",
    "nodeclaims",
    "configmaps",
    "secret",
];

/// The still instant of the embedded world.
const NOW: &str = "2026-11-21T10:42:07Z";

fn rows(document: &Value) -> Vec<&serde_json::Map<String, Value>> {
    document["rows"].as_array().unwrap().iter().map(|row| row.as_object().unwrap()).collect()
}

fn column<'a>(document: &'a Value, id: &str) -> Vec<&'a Value> {
    rows(document)
        .into_iter()
        .map(|row| row.get(id).unwrap_or_else(|| panic!("no {id} in {row:?}")))
        .collect()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The contract of the JSON document, for one view.
fn check_contract(view: &str, document: &Value) {
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["version", "view", "rows", "unknown"], "{view}");
    assert_eq!((&document["version"], &document["view"]), (&Value::from(1), &Value::from(view)));
    assert_eq!(document["unknown"], Value::Array(Vec::new()), "{view}");
    let rows = rows(document);
    assert!(!rows.is_empty(), "{view} is empty");
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &rows {
        let cluster = row["cluster"].as_str().unwrap();
        assert!(["myapp-dev", "myapp-prod"].contains(&cluster), "{view}: {row:?}");
        assert!(row["namespace"].is_null() || row["namespace"].is_string(), "{view}: {row:?}");
        assert!(row["name"].as_str().is_some_and(|name| !name.is_empty()), "{view}: {row:?}");
        let verdict = row["verdict"].as_str().unwrap();
        assert!(["ok", "warning", "critical", "unknown"].contains(&verdict), "{view}: {row:?}");
        assert!(verdict == "ok" || row["why"].is_string(), "{view}: a verdict without a reason: {row:?}");
        for (id, value) in *row {
            let of_id = type_of(value);
            if of_id != "null" {
                let first = *types.entry(id).or_insert(of_id);
                assert_eq!(first, of_id, "{view}: {id} is not of one type: {value}");
            }
            if let Some(text) = value.as_str() {
                assert!(
                    !text.is_empty(),
                    "{view}: {id} is an empty text, where null says that there is none"
                );
            }
        }
        if let Some(age) = row.get("age").and_then(Value::as_str) {
            let born: jiff::Timestamp = age.parse().unwrap_or_else(|e| panic!("{view}: age {age}: {e}"));
            assert!(born <= NOW.parse().unwrap(), "{view}: born later than now: {age}");
        }
    }
    let ids: Vec<Vec<&String>> = rows.iter().map(|row| row.keys().collect()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{view}: rows differ in their fields");
}

#[test]
fn every_table_keeps_the_contract_of_its_json_and_prints_the_same_rows_for_people() {
    let home = Home::new();
    for view in TABLES {
        let said = home.run(&format!("get {view} --demo -o json")).ended(0);
        assert_eq!(said.stderr, "", "{view}");
        let document = said.json();
        check_contract(view, &document);
        // Starting the world costs more than printing it: the tables of a few views speak for all.
        if !["fleet", "namespaces", "workloads", "pods", "events", "argo"].contains(view) {
            continue;
        }
        let table = home.run(&format!("get {view} --demo")).printed();
        let mut lines = table.lines();
        let header = lines.next().unwrap();
        assert!(header.contains("CLUSTER") && header.ends_with("WHY"), "{view}: {header}");
        assert_eq!(lines.clone().count(), rows(&document).len(), "{view}");
        for (line, row) in lines.zip(rows(&document)) {
            assert!(line.contains(row["cluster"].as_str().unwrap()), "{view}: {line}");
            assert_eq!(line, line.trim_end(), "{view}: blanks at the end");
        }
    }
}

#[test]
fn yaml_says_what_json_says() {
    let home = Home::new();
    for view in ["pods", "nodes", "argo"] {
        let json = home.run(&format!("get {view} --demo -o json")).json();
        let yaml = home.run(&format!("get {view} --demo -o yaml")).printed();
        let read: Value = serde_saphyr::from_str(&yaml).unwrap();
        assert_eq!(rows(&read).len(), rows(&json).len(), "{view}");
        for (read, row) in rows(&read).into_iter().zip(rows(&json)) {
            for (id, value) in row {
                // The reader of JSON is off by one in the last bit of some fractions.
                match (read[id].as_f64(), value.as_f64()) {
                    (Some(one), Some(other)) => assert!((one - other).abs() < 1e-12, "{view}: {id}: {value}"),
                    _ => assert_eq!(read[id], *value, "{view}: {id}"),
                }
            }
        }
    }
}

#[test]
fn names_are_what_kubectl_takes() {
    let home = Home::new();
    let names = home.run("get deploy --demo -c myapp-prod -n production -o name").printed();
    assert_eq!(names, "deployment.apps/api\ndeployment.apps/web\ndeployment.apps/worker\n");
    let names = home.run("get nodes --demo -c myapp-dev -o name").printed();
    assert!(names.lines().all(|line| line.starts_with("node/ip-10-0-")), "{names}");
    let names = home.run("get certificates --demo -c myapp-prod -n production -o name").printed();
    assert!(names.lines().all(|line| line.starts_with("certificate.cert-manager.io/")), "{names}");
}

#[test]
fn one_object_by_its_name_and_none_of_that_name() {
    let home = Home::new();
    let document = home.run("get deploy web --demo -n staging -o json").ended(0).json();
    assert_eq!(column(&document, "name"), ["web"]);
    let found = &rows(&document)[0];
    assert_eq!(found["ready"], serde_json::json!({"have": 2, "want": 2}));
    assert_eq!(found["version"], "1.8.2");
    home.run("get deploy wep --demo -n staging")
        .refused(1, "error: deploy has no \"wep\"\nhint: `pilothouse get deploy` lists them\n");
}

#[test]
fn the_fleet_is_a_row_for_each_cluster() {
    let home = Home::new();
    let document = home.run("get fleet --demo -o json").ended(0).json();
    assert_eq!(column(&document, "cluster"), ["myapp-dev", "myapp-prod"]);
    assert_eq!(column(&document, "name"), ["myapp-dev", "myapp-prod"]);
    assert_eq!(column(&document, "environment"), ["dev", "prod"]);
    for row in rows(&document) {
        assert_eq!(row["verdict"], "ok", "{row:?}");
        let (have, want) = (&row["nodes"]["have"], &row["nodes"]["want"]);
        assert!(have.as_u64().is_some_and(|nodes| nodes > 2) && have == want, "{row:?}");
        assert!(row["namespaces"].is_u64() && row["warnings"].is_u64(), "{row:?}");
    }
    assert_eq!(home.run("get fleet --demo -o name").printed(), "cluster/myapp-dev\ncluster/myapp-prod\n");
    let one = home.run("get fleet myapp-prod --demo --no-headers").printed();
    assert!(one.lines().count() == 1 && one.contains("locked"), "{one}");
    home.run("get fleet --demo --sort-by nodes").refused(
        2,
        "error: \"fleet\" takes no --sort-by\nhint: only tables do: pods, workloads, nodes, namespaces\n",
    );
}

#[test]
fn a_cluster_that_does_not_answer_is_in_the_fleet_and_its_counts_are_not_known() {
    let said = Home::new().run("get fleet --demo=unreachable -o json").ended(4);
    let document = said.json();
    let down = rows(&document).into_iter().find(|row| row["name"] == "myapp-prod").unwrap().clone();
    assert_eq!(down["verdict"], "critical");
    for id in ["version", "latency-ms", "nodes", "pods", "namespaces", "warnings"] {
        assert_eq!(down[id], Value::Null, "{id}");
    }
    let unknown = document["unknown"].as_array().unwrap();
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert_eq!((&unknown[0]["cluster"], &unknown[0]["what"]), (&"myapp-prod".into(), &"cluster".into()));
}

#[test]
fn the_home_of_a_namespace_is_printed_and_one_that_is_not_there_is_missed() {
    let home = Home::new();
    let document = home.run("get namespace-home production --demo -c myapp-prod -o json").ended(0).json();
    check_contract("namespace-home", &document);
    let parts = column(&document, "part");
    for part in ["namespace", "workloads", "pods", "hosts", "services", "belonging", "changes"] {
        assert!(parts.contains(&&Value::from(part)), "{part}: {parts:?}");
    }
    // Argo CD's applications live where Argo CD does.
    let is_elsewhere =
        |row: &serde_json::Map<String, Value>| row["kind"] == "Application" || row["part"] == "namespace";
    let inside = rows(&document).into_iter().filter(|row| !is_elsewhere(row));
    assert!(inside.clone().all(|row| row["namespace"] == "production") && inside.count() > 10);
    let namespace = &rows(&document)[0];
    let state = namespace["state"].as_str().unwrap();
    assert!(
        state.contains("Pod Security restricted, quota ") && namespace["cpu"].is_number(),
        "{namespace:?}"
    );
    let belongs =
        |kind: &str| rows(&document).into_iter().any(|row| row["part"] == "belonging" && row["kind"] == kind);
    assert!(belongs("Application") && belongs("Certificate") && belongs("ExternalSecret"));
    let web = rows(&document).into_iter().find(|row| row["name"] == "web" && row["kind"] == "Deployment");
    assert!(web.is_some_and(|web| web["ready"]["want"].is_u64() && web["version"].is_string()), "{web:?}");
    assert!(web.is_some_and(|web| web["cpu"].is_number() && web["memory"].is_number()), "{web:?}");
    let staging = home.run("get namespace-home staging --demo -c myapp-dev -o json").ended(0).json();
    let web = rows(&staging).into_iter().find(|row| row["name"] == "web" && row["kind"] == "Deployment");
    assert_eq!(web.unwrap()["next"], "1.8.1", "what runs in production");
    let refused = rows(&staging).into_iter().find(|row| row["part"] == "pod-security").unwrap();
    assert!(
        refused["state"].as_str().unwrap().contains("Pod Security restricted would refuse"),
        "{refused:?}"
    );
    let said = home.run("get namespace-home production --demo").ended(2);
    assert!(said.stderr.contains("which of myapp-dev, myapp-prod?"), "{}", said.stderr);
    home.run("get namespace-home prodution --demo -c myapp-prod").refused(
        1,
        "error: there is no namespace \"prodution\"\nhint: `pilothouse get namespaces` lists them\n",
    );
    let said = home.run("get namespace-home --demo -c myapp-prod").ended(2);
    assert!(said.stderr.contains("namespace-home wants a namespace"), "{}", said.stderr);
    let one = home.run("get namespaces production --demo -c myapp-prod --no-headers").printed();
    assert_eq!(one.lines().count(), 1, "{one}");
}

#[test]
fn sorting_takes_every_column_both_ways_and_knows_the_nearest_name() {
    let home = Home::new();
    let sorted = |by: &str| {
        let document = home.run(&format!("get pods --demo --sort-by {by} -o json")).ended(0).json();
        column(&document, "memory").into_iter().filter_map(Value::as_u64).collect::<Vec<_>>()
    };
    let rising = sorted("memory");
    assert!(rising.len() > 100 && rising.is_sorted(), "{rising:?}");
    let mut falling = sorted("-memory");
    assert!(falling.is_sorted_by(|a, b| a >= b), "{falling:?}");
    falling.reverse();
    assert_eq!(rising, falling);
    home.run("get pods --demo --sort-by memry")
        .refused(2, "error: there is no column \"memry\"\nhint: did you mean \"memory\"?\n");
    let said = home.run("get pods --demo --sort-by xyzzy").ended(2);
    assert!(said.stderr.contains("hint: there are namespace, name, ready, status"), "{}", said.stderr);
}

#[test]
fn filters_are_those_of_the_cockpit() {
    let home = Home::new();
    let names = |filter: &str| {
        let said = home.run_words(&["get", "pods", "--demo", "-o", "json", "--filter", filter]).ended(0);
        column(&said.json(), "name").into_iter().map(|n| n.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let grafana = names("grafana");
    assert!(!grafana.is_empty() && grafana.iter().all(|name| name.contains("grafana")), "{grafana:?}");
    let all = names("");
    assert_eq!(names("!grafana").len(), all.len() - grafana.len());
    assert_eq!(names("-l app.kubernetes.io/name=kps-grafana").len(), grafana.len());
    let completed = names("-f status=Completed");
    assert!(
        !completed.is_empty() && completed.iter().all(|name| name.starts_with("report-")),
        "{completed:?}"
    );
    let said = home.run_words(&["get", "pods", "--demo", "--filter", "-l ==="]).ended(2);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.starts_with("error: the filter makes no sense: "), "{}", said.stderr);
    let said = home.run_words(&["get", "pods", "--demo", "--filter", "-f restrats>1"]).ended(2);
    assert!(said.stderr.contains("restrats"), "{}", said.stderr);
}

#[test]
fn scopes_headers_and_width() {
    let home = Home::new();
    let one = home.run("get pods --demo -n staging").printed();
    let header = one.lines().next().unwrap();
    assert!(!header.contains("NAMESPACE"), "one namespace needs no column: {header}");
    let bare = home.run("get pods --demo -n staging --no-headers").printed();
    assert_eq!(bare.lines().count() + 1, one.lines().count());
    assert!(!bare.contains("STATUS"), "{bare}");
    let document = home.run("get pods --demo -n staging -o json").json();
    assert!(column(&document, "namespace").iter().all(|namespace| *namespace == "staging"));
    let prod = home.run("get pods --demo --context myapp-prod -o json").json();
    assert!(column(&prod, "cluster").iter().all(|cluster| *cluster == "myapp-prod"));
    let prod = home.run("get pods --demo --env prod -o json").json();
    assert!(column(&prod, "cluster").iter().all(|cluster| *cluster == "myapp-prod"));
    let wide = home.run("get pods --demo -n staging --wide").printed();
    for title in ["IP", "QOS"] {
        assert!(wide.lines().next().unwrap().contains(title) && !header.contains(title), "{title}");
    }
    // The settings name a namespace; -A looks at all the same.
    home.write("config/pilothouse/pilothouse.toml", "[start]\nnamespace = \"staging\"\n");
    let start = home.run("get pods --demo -o json").json();
    assert!(column(&start, "namespace").iter().all(|namespace| *namespace == "staging"));
    let all = home.run("get pods --demo -A -o json").json();
    assert!(rows(&all).len() > rows(&start).len());
}

#[test]
fn what_could_not_be_read_is_unknown_and_the_rest_is_printed() {
    let home = Home::new();
    let said = home.run("get pods --demo=unreachable -o json").ended(4);
    let document = said.json();
    assert!(column(&document, "cluster").iter().all(|cluster| *cluster == "myapp-dev"));
    assert!(rows(&document).len() > 20);
    let unknown = document["unknown"].as_array().unwrap();
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert_eq!((&unknown[0]["cluster"], &unknown[0]["what"]), (&"myapp-prod".into(), &"pods".into()));
    assert!(unknown[0]["why"].as_str().unwrap().contains("refuses connections"), "{unknown:?}");
}

#[test]
fn a_table_for_people_says_on_stderr_what_it_does_not_show() {
    let home = Home::new();
    let said = home.run("get pods --demo=unreachable").ended(4);
    assert!(!said.stdout.contains("myapp-prod"), "{}", said.stdout);
    assert!(said.stderr.contains("myapp-prod") && said.stderr.contains("pods"), "{}", said.stderr);
}

#[test]
fn narrow_rights_read_the_namespace_that_is_asked_for() {
    let home = Home::new();
    let said = home.run("get pods --demo=narrow-rights -n staging -c myapp-dev -o json").ended(0);
    let document = said.json();
    assert!(rows(&document).len() >= 6, "{document}");
    assert!(column(&document, "namespace").iter().all(|namespace| *namespace == "staging"));
    // The same pods are only a part of the answer when all namespaces were asked for.
    let said = home.run("get pods --demo=narrow-rights -c myapp-dev -o json").ended(4);
    let unknown = said.json()["unknown"].as_array().unwrap().clone();
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert_eq!(
        unknown[0]["why"],
        "only namespace staging read; forbidden: list pods in all namespaces as developer"
    );
    let said = home.run("get nodes --demo=narrow-rights -o json").ended(4);
    for unknown in said.json()["unknown"].as_array().unwrap() {
        assert_eq!(unknown["why"], "forbidden: list nodes as developer");
    }
}

#[test]
fn verdicts_come_with_their_reasons() {
    let home = Home::new();
    let critical = |line: &str| {
        let document = home.run(line).ended(0).json();
        let rows = rows(&document).into_iter().filter(|row| row["verdict"] == "critical");
        rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row["why"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let crashed = critical("get pods --demo=crashloop -o json");
    assert_eq!(crashed.len(), 1, "{crashed:?}");
    assert!(crashed[0].0.starts_with("api-") && crashed[0].1.contains("last exit 1"), "{crashed:?}");
    let stuck = critical("get workloads --demo=imagepull -o json");
    assert!(stuck.iter().any(|(name, why)| name == "web" && why.contains("1.8.3")), "{stuck:?}");
    let healthy = critical("get pods --demo -o json");
    assert!(healthy.is_empty(), "the reference fleet is well: {healthy:?}");
}

#[test]
fn hostile_text_reaches_neither_terminal_nor_document_unescaped() {
    let home = Home::new();
    for view in ["pods", "events"] {
        for output in ["table", "json", "yaml", "name"] {
            let said = home.run(&format!("get {view} --demo=hostile-text -o {output}")).ended(0);
            let bad = |c: char| {
                (c.is_control() && c != '\n')
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}')
            };
            assert!(!said.stdout.contains(bad), "{view} -o {output}: {:?}", said.stdout.matches(bad).next());
        }
    }
}

#[test]
fn a_closed_pipe_is_success() {
    let home = Home::new();
    for line in [
        "get pods --demo",
        "get pods --demo -o json",
        "get pods --demo --watch",
        "get pods --demo -o json --watch",
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut child = home.command(&words).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(!first.is_empty(), "{line}");
        if line.contains("--watch") {
            // Nothing changes in a world that stands still: only a reader who is there can go away again.
            child.kill().unwrap();
            child.wait().unwrap();
            continue;
        }
        let said = finish(child, line).ended(0);
        assert_eq!(said.stderr, "", "{line}");
    }
}

#[test]
fn a_watcher_ends_when_nobody_reads_any_more() {
    let home = Home::new();
    let mut child = home.command(&["get", "pods", "--demo", "--watch", "-o", "json"]).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(first["change"], "added");
    assert!(first["row"]["name"].is_string(), "{first}");
    drop(reader);
    finish(child, "get --watch into a closed pipe").ended(0);
}

#[test]
fn a_server_that_asks_for_a_moment_of_patience_is_waited_for() {
    let world = StillWorld::new();
    let home = Home::new();
    let file = home.write("world.yaml", &world.kubeconfig());
    world.hold_off("myapp-prod", "/api/v1/services", 2);
    let line = format!("get services -o json --timeout 30s --kubeconfig {}", file.display());
    let document = home.run(&line).ended(0).json();
    let rows = document["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["cluster"] == "myapp-prod"), "{document:#}");
}
