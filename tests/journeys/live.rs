//! What changes in a cluster changes on the screen, and what goes wrong between them is said and survived.

use std::time::Duration;

use pilothouse::fleet::kind::{INGRESSES, SERVICES};
use pilothouse::simulator::api::faults::Harm;
use pilothouse::simulator::store::{DeleteOptions, Key};
use serde_json::{Value, json};

use crate::harness::stage::{DEV, Journey, PROD, Plan};

const PODS: &str = "/api/v1/pods";
const SERVICE_PATH: &str = "/api/v1/services";

fn service(name: &str, port: u16) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "staging"},
        "spec": {"type": "ClusterIP", "clusterIP": "172.20.9.9", "selector": {"app": name}, "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": port}]}})
}

fn key(name: &str) -> Key {
    Key::namespaced("services", "staging", name)
}

#[test]
fn an_object_appears_changes_and_disappears() {
    let mut journey = Journey::at("services staging");
    let store = journey.world(DEV);
    store.create(&service("fresh", 8123)).unwrap();
    let screen = journey.until_shows("fresh");
    assert!(screen.line_with(&["myapp-dev", "fresh", "8123"]).is_some(), "{screen:?}");
    store
        .edit(&key("fresh"), |service| {
            service["spec"]["ports"][0]["port"] = json!(9456);
            Ok(())
        })
        .unwrap();
    journey.until("showed the new port", |screen| screen.line_with(&["fresh", "9456"]).is_some());
    store.delete(&key("fresh"), &DeleteOptions::default()).unwrap();
    journey.until_gone("fresh");
    assert_eq!(journey.lists(DEV, SERVICE_PATH), 1, "one list");
    assert_eq!(journey.watches(DEV, SERVICE_PATH), 1, "one watch");
}

#[test]
fn the_life_of_the_fleet_reaches_the_screen() {
    let mut journey = Journey::at("pods production");
    let pods = journey.world(PROD).list(
        "pods",
        Some("production"),
        &pilothouse::simulator::store::Selection::by_labels("app.kubernetes.io/name=worker").unwrap(),
    );
    journey.world(PROD).delete(&pods[0].key, &DeleteOptions::default()).unwrap();
    journey.filter("worker");
    journey.until_shows("Terminating");
    journey.advance(Duration::from_secs(120));
    let screen = journey.until_gone("Terminating");
    assert_eq!(screen.lines_with("worker-").len(), 2, "its successor is there{screen:?}");
    journey.until("all run", |screen| screen.lines_with("Running").len() == 2);
}

#[test]
fn one_list_and_one_watch_serve_every_view_of_a_kind() {
    let mut journey = Journey::at("fleet");
    journey.run("pods");
    journey.run("workloads");
    journey.run("nodes");
    journey.run("pods production");
    for cluster in [DEV, PROD] {
        assert_eq!(journey.lists(cluster, PODS), 1, "{cluster}");
        assert_eq!(journey.watches(cluster, PODS), 1, "{cluster}");
        let agent = &journey.world(cluster).requests().all()[0].user_agent;
        assert!(agent.starts_with(&format!("pilothouse/{}", env!("CARGO_PKG_VERSION"))), "{agent}");
    }
}

#[test]
fn only_reads_are_asked_for_whatever_is_pressed() {
    let mut journey = Journey::at("pods production");
    for keys in [
        "d", "esc", "y", "esc", "l", "esc", "p", "esc", "space", "n", "c", "ctrl-d", "ctrl-k", "e", "s", "a",
        "r",
    ] {
        journey.press(keys);
        journey.press("esc");
    }
    for cluster in [DEV, PROD] {
        let writes = journey
            .world(cluster)
            .requests()
            .all()
            .into_iter()
            .filter(|request| request.method != "GET" && !request.path.contains("reviews"));
        assert_eq!(writes.collect::<Vec<_>>(), Vec::new());
    }
}

#[test]
fn a_quiet_fleet_is_asked_for_nothing() {
    let mut journey = Journey::at("services");
    journey.settle();
    for cluster in [DEV, PROD] {
        journey.world(cluster).requests().clear();
    }
    // Keys are no reason to ask, nor is a change that arrives by itself.
    for keys in ["j", "j", "k", "G", "g", "N", "N", "ctrl-w", "ctrl-w"] {
        journey.press(keys);
    }
    journey.filter("api");
    journey.press("esc");
    journey.world(DEV).create(&service("fresh", 8123)).unwrap();
    journey.until_shows("fresh");
    for cluster in [DEV, PROD] {
        let asked = journey.world(cluster).requests().all();
        let asked: Vec<_> = asked.iter().filter(|request| !request.query.contains("watch=")).collect();
        assert_eq!(asked, Vec::<&_>::new(), "{cluster}");
    }
    assert!(!journey.stage.ui().needs_frame(), "nothing is to be drawn when nothing changed");
}

#[test]
fn leaving_a_view_ends_its_watch_after_a_while_and_forgets_its_rows() {
    let mut journey = Plan::in_trouble("").view("services").hasty().open();
    journey.settle();
    let wanted = journey.stage.snapshot().clusters[0].any_table(&SERVICES).is_some();
    assert!(wanted);
    journey.run("nodes");
    journey.until_stage("forgot the services", |stage| {
        stage.snapshot().clusters.iter().all(|cluster| cluster.any_table(&SERVICES).is_none())
    });
    assert!(journey.stage.snapshot().clusters.iter().all(|cluster| cluster.any_table(&INGRESSES).is_none()));
    journey.run("services");
    journey.until_shows("ClusterIP");
}

#[test]
fn a_dropped_watch_goes_on_where_it_was_without_a_list() {
    let mut journey = Plan::in_trouble("").view("services staging").hasty().open();
    journey.settle();
    let before = journey.lists(DEV, SERVICE_PATH);
    journey.world(DEV).faults().drop_watches();
    journey.world(DEV).create(&service("meanwhile", 8123)).unwrap();
    let screen = journey.until_shows("meanwhile");
    assert!(screen.lines_with("myapp-dev").len() >= 4, "no row was lost{screen:?}");
    assert_eq!(journey.lists(DEV, SERVICE_PATH), before);
    assert!(journey.watches(DEV, SERVICE_PATH) >= 2);
}

#[test]
fn a_server_that_forgot_is_listed_again_and_the_table_is_whole_all_the_time() {
    let mut journey = Plan::in_trouble("").view("services").size(200, 60).hasty().open();
    let rows = journey.settle().lines_with("ClusterIP").len();
    assert!(rows > 40);
    let store = journey.world(DEV);
    store.faults().refuse_connections();
    journey.until_shows("stale");
    store.create(&service("after-the-gap", 8123)).unwrap();
    store.delete(&key("web"), &DeleteOptions::default()).unwrap();
    store.compact();
    store.faults().clear();
    let whole = std::cell::Cell::new(true);
    journey.until("listed again", |screen| {
        whole.set(whole.get() && screen.lines_with("ClusterIP").len() >= rows - 1);
        screen.shows("after-the-gap")
    });
    assert!(whole.get(), "half a table was shown");
    let screen = journey.until("live", |screen| screen.top().contains("live"));
    assert!(screen.line_with(&["myapp-dev", "staging", " web "]).is_none(), "{screen:?}");
    assert_eq!(journey.lists(DEV, SERVICE_PATH), 2);
}

#[test]
fn a_list_that_is_cut_in_the_middle_is_tried_again_and_never_called_complete() {
    let mut journey = Plan::in_trouble("")
        .view("services")
        .hasty()
        .before(|simulator| simulator.cluster(DEV).unwrap().faults().harm(SERVICE_PATH, 3, Harm::CutShort))
        .open();
    let lied = std::cell::Cell::new(false);
    let complete = journey.world(DEV).count("services") + journey.world(PROD).count("services");
    journey.until("complete and live", |screen| {
        let is_live = screen.top().contains("  live");
        let is_whole = screen.top().contains(&format!("services  {complete} "));
        lied.set(lied.get() || (is_live && !is_whole));
        is_live && is_whole
    });
    assert!(!lied.get(), "a cut list was called live");
    assert!(journey.lists(DEV, SERVICE_PATH) >= 4);
}

#[test]
fn throttling_waits_as_long_as_the_server_asks_and_then_shows_the_table() {
    let mut journey = Plan::in_trouble("")
        .view("services")
        .hasty()
        .before(|simulator| {
            let harm = Harm::Answer { code: 429, retry_after: Some(1) };
            simulator.cluster(DEV).unwrap().faults().harm(SERVICE_PATH, 1, harm);
        })
        .open();
    let begun = std::time::Instant::now();
    journey.until("showed both", |screen| screen.top().contains("  live"));
    assert!(begun.elapsed() >= Duration::from_secs(1), "it came back before it was asked to");
    assert_eq!(journey.lists(DEV, SERVICE_PATH), 2);
}

#[test]
fn a_storm_of_errors_is_said_and_passes() {
    let mut journey = Plan::in_trouble("")
        .view("services")
        .hasty()
        .before(|simulator| {
            let harm = Harm::Answer { code: 500, retry_after: None };
            simulator.cluster(DEV).unwrap().faults().harm(SERVICE_PATH, None, harm);
        })
        .open();
    journey.until("said so, with the other cluster usable", |screen| {
        screen.text().contains("500 Internal error occurred")
            && screen.line_with(&["myapp-prod", "ClusterIP"]).is_some()
    });
    journey.world(DEV).faults().clear();
    journey.until("live", |screen| screen.top().contains("  live"));
}

#[test]
fn a_web_page_in_place_of_an_api_is_said_to_be_one() {
    let mut journey = Plan::in_trouble("")
        .view("services")
        .hasty()
        .before(|simulator| simulator.cluster(DEV).unwrap().faults().harm("/", None, Harm::WebPage))
        .open();
    let screen = journey.until("said so", |screen| {
        screen.lines().iter().any(|line| line.contains("myapp-dev") && line.to_lowercase().contains("html"))
            || screen.text().to_lowercase().contains("web page")
    });
    assert!(!screen.shows("<html>") && !screen.shows("DOCTYPE"), "{screen:?}");
    journey.world(DEV).faults().clear();
    journey.until("live", |screen| screen.top().contains("  live"));
}

#[test]
fn refused_credentials_say_what_to_do_and_rows_stay() {
    let mut journey = Plan::in_trouble("").view("services").hasty().open();
    let rows = journey.settle().lines_with("myapp-dev").len();
    let faults = journey.world(DEV).faults().clone();
    faults.refuse_credentials();
    faults.drop_watches();
    let screen = journey.until("said that credentials are refused", |screen| {
        screen.text().to_lowercase().contains("credential")
            || screen.text().to_lowercase().contains("unauthorized")
    });
    assert!(screen.lines_with("myapp-dev").len() >= rows, "rows stay{screen:?}");
    assert!(screen.top().contains("stale"), "{screen:?}");
    faults.clear();
    journey.press("ctrl-r");
    journey.until("live", |screen| screen.top().contains("  live"));
}

#[test]
fn a_half_open_connection_is_noticed_and_replaced() {
    let mut journey = Plan::in_trouble("").view("services staging").hasty().open();
    journey.settle();
    let faults = journey.world(DEV).faults().clone();
    // The watch ends, and the next one is never answered.
    faults.harm(SERVICE_PATH, 1, Harm::NeverAnswered);
    faults.drop_watches();
    journey.world(DEV).create(&service("behind-the-silence", 8123)).unwrap();
    let screen = journey.until_shows("behind-the-silence");
    assert!(screen.lines_with("myapp-dev").len() >= 4, "{screen:?}");
}

#[test]
fn a_cluster_that_goes_away_keeps_its_rows_as_stale_and_comes_back() {
    let mut journey = Plan::in_trouble("").view("nodes").hasty().open();
    journey.settle();
    journey.world(PROD).faults().refuse_connections();
    let screen = journey.until("stale", |screen| screen.top().contains("stale"));
    assert!(screen.lines_with("myapp-prod").len() >= 6, "rows stay{screen:?}");
    assert!(screen.line_with(&["myapp-dev", "Ready"]).is_some(), "{screen:?}");
    journey.world(PROD).faults().clear();
    journey.until("live", |screen| screen.top().contains("  live"));
}
