//! One object: its summary, what it belongs to, its YAML, its logs.

use pilothouse::app::stage::Outward;

use crate::harness::stage::{DEV, Journey, PROD, Plan};

#[test]
fn from_a_pod_one_walks_to_its_owners_and_its_node_and_back() {
    let mut journey = Journey::at("pods production");
    journey.go_to("worker-");
    journey.press("d");
    let screen = journey.until_shows("owned by");
    assert!(screen.top().contains("Pod production/worker-") && screen.shows("CONTAINERS"), "{screen:?}");
    assert!(screen.line_with(&["owned by", "ReplicaSet"]).is_some(), "{screen:?}");
    journey.press("J");
    let screen =
        journey.until("read the owner", |screen| screen.line_with(&["owned by", "Deployment"]).is_some());
    assert!(screen.top().contains("ReplicaSet production/worker-"), "{screen:?}");
    journey.press("J");
    let screen = journey.settle();
    assert!(screen.top().contains("Deployment production/worker"), "{screen:?}");
    journey.press("esc");
    journey.press("esc");
    let screen = journey.until_shows("CONTAINERS");
    assert!(screen.top().contains("Pod production/worker-"), "{screen:?}");
    journey.press("o");
    let screen = journey.until_shows("instance type");
    assert!(screen.top().contains("Node ip-10-1-"), "{screen:?}");
    for _ in 0..2 {
        journey.press("esc");
    }
    let screen = journey.settle();
    assert!(screen.top().contains("pods"), "{screen:?}");
    assert!(journey.selected().contains("worker-"), "the cursor is where it was: {}", journey.selected());
}

#[test]
fn what_is_about_one_object_says_its_cluster_whatever_is_looked_at() {
    let mut journey = Journey::at("pods production");
    journey.go_to("worker-");
    for key in ["d", "y", "l"] {
        journey.press(key);
        let screen = journey.settle();
        assert!(screen.top().contains("PROD") && screen.top().contains(PROD), "{key}{screen:?}");
        assert!(screen.top().contains("locked") && !screen.top().contains("clusters"), "{key}{screen:?}");
        journey.press("tab");
        let screen = journey.screen();
        assert!(!screen.top().contains(DEV), "{key}: another cluster is never shown over it{screen:?}");
        journey.run("ctx all");
        journey.run("pods production");
        journey.go_to("worker-");
    }
    journey.run("namespaces all");
    journey.filter("staging");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.top().contains("staging") && screen.top().contains(DEV), "{screen:?}");
    assert!(!screen.top().contains("PROD"), "{screen:?}");
}

#[test]
fn yaml_is_searched_folded_and_copied() {
    let mut journey = Journey::at("deployments production");
    journey.go_to("worker");
    journey.press("y");
    let open = journey.until_shows("apiVersion: apps/v1");
    assert!(!open.shows("managedFields"), "{open:?}");
    journey.press("/");
    journey.type_text("image:");
    let screen = journey.press("enter");
    assert!(
        journey.selected().contains("image:"),
        "the cursor is on the match: {}{screen:?}",
        journey.selected()
    );
    journey.press("c");
    let outward = journey.outward();
    let [Outward::Copy(text)] = outward.as_slice() else { panic!("{outward:?}") };
    assert!(text.contains("myapp/worker:"), "{text}");
    journey.press("esc");
    let folded = journey.press("Z");
    assert!(folded.shows("spec") && !folded.shows("image:") && folded.shows("…"), "{folded:?}");
    let unfolded = journey.press("U");
    assert!(unfolded.text().lines().count() >= folded.text().lines().count());
    journey.press("C");
    let outward = journey.outward();
    let [Outward::Copy(all)] = outward.as_slice() else { panic!("{outward:?}") };
    assert!(all.contains("kind: Deployment") && all.contains("strategy:"), "{all}");
}

#[test]
fn the_data_of_a_secret_is_never_on_the_screen() {
    let mut journey = Journey::at("secret production");
    let screen = journey.until_shows("app-secrets");
    assert!(screen.top().contains("secrets"), "{screen:?}");
    journey.go_to("app-secrets");
    for key in ["d", "y"] {
        journey.press(key);
        let screen = journey.settle();
        let screen = if screen.shows("loading") { journey.until_gone("loading") } else { screen };
        for word in ["cG9zdGdyZX", "postgres://", "DATABASE_URL: "] {
            assert!(!screen.shows(word), "{key}: {word}{screen:?}");
        }
        journey.press("esc");
    }
    let asked = journey.world(PROD).requests().all();
    let whole = asked.iter().filter(|request| request.path.contains("/secrets/"));
    assert!(whole.count() > 0, "the metadata was asked for");
}

#[test]
fn an_object_that_is_deleted_while_it_is_read_stays_and_says_so() {
    let mut journey = Journey::at("pods staging");
    journey.go_to("worker-");
    let name = journey.selected();
    let name = name.split_whitespace().find(|word| word.starts_with("worker-")).unwrap().to_owned();
    let full = pod_named(&journey, "staging", "worker");
    assert!(name.starts_with("worker-"));
    journey.press("d");
    journey.until_shows("CONTAINERS");
    let store = journey.world(DEV);
    store
        .edit(&full, |pod| {
            pod["metadata"]["deletionGracePeriodSeconds"] = serde_json::json!(0);
            Ok(())
        })
        .unwrap();
    let options =
        pilothouse::simulator::store::DeleteOptions { grace_seconds: Some(0), ..Default::default() };
    store.delete(&full, &options).unwrap();
    let screen =
        journey.until("said that it is gone", |screen| screen.shows("gone") || screen.shows("deleted"));
    assert!(screen.shows("CONTAINERS"), "{screen:?}");
}

fn pod_named(journey: &Journey, namespace: &str, app: &str) -> pilothouse::simulator::store::Key {
    let selection =
        pilothouse::simulator::store::Selection::by_labels(&format!("app.kubernetes.io/name={app}")).unwrap();
    journey.world(DEV).list("pods", Some(namespace), &selection)[0].key.clone()
}

#[test]
fn logs_are_followed_filtered_searched_and_saved() {
    let mut journey = Journey::in_trouble("crashloop", "pods development");
    journey.go_to("CrashLoopBackOff");
    journey.press("l");
    let screen = journey.until_shows("migration 0042_orders failed");
    assert!(screen.shows("following"), "{screen:?}");
    // A line that is written now arrives by itself.
    let (namespace, pod) = ("development", pod_named(&journey, "development", "api"));
    let at = journey.simulator.clock().now();
    let line = |text: &str| pilothouse::simulator::store::Line { at, text: text.into() };
    journey.world(DEV).logs().append(namespace, &pod.name, "api", line("a line of now"));
    journey.until_shows("a line of now");
    journey.press("/");
    journey.type_text("!INFO");
    let screen = journey.press("enter");
    assert!(!screen.shows("starting version") && screen.shows("a line of now"), "{screen:?}");
    let screen = journey.press("esc");
    assert!(screen.shows("starting version"), "{screen:?}");
    let screen = journey.press("t");
    assert!(screen.line_with(&["a line of now", ":"]).is_some(), "{screen:?}");
    assert!(screen.shows("10:4") || screen.shows("2026-11-21"), "times are shown{screen:?}");
    journey.press("t");
    let screen = journey.press("s");
    assert!(screen.shows("paused"), "{screen:?}");
    journey.world(DEV).logs().append(namespace, &pod.name, "api", line("while paused"));
    journey.press("s");
    journey.until_shows("while paused");
    let screen = journey.press("ctrl-s");
    assert!(screen.bottom().contains("saved"), "{screen:?}");
    let files: Vec<_> = std::fs::read_dir(&journey.saved).unwrap().collect();
    assert_eq!(files.len(), 1);
    let saved = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
    assert!(saved.contains("a line of now") && !saved.contains('\u{1b}'), "{saved}");
    journey.press("p");
    let screen = journey.until_shows("previous run");
    assert!(!screen.shows("a line of now"), "{screen:?}");
}

#[test]
fn logs_since_a_while_ask_the_server_for_no_more() {
    let mut journey = Journey::in_trouble("crashloop", "pods development");
    journey.go_to("CrashLoopBackOff");
    journey.press("l");
    journey.until_shows("migration 0042_orders failed");
    journey.press("3");
    let screen = journey.screen();
    assert!(screen.lines()[2].contains("last 5"), "{screen:?}");
    let requests = journey.world(DEV).requests().clone();
    journey.until_stage("asked for the last 5 minutes alone", |_| {
        requests.count(|request| request.query.contains("sinceSeconds=300")) > 0
    });
    journey.press("1");
    journey.until("read from the beginning", |screen| screen.shows("starting version"));
    let screen = journey.press("w");
    assert!(screen.shows("starting version"), "{screen:?}");
}

#[test]
fn the_logs_of_all_containers_are_merged_and_each_is_shown_alone() {
    let mut journey = Journey::at("pods kube-system");
    journey.go_to("ebs-csi-node");
    journey.press("l");
    journey.until("opened", |screen| screen.shows("following") || screen.shows("ended"));
    let screen = journey.press("a");
    assert!(screen.lines()[2].contains("all 3 containers"), "{screen:?}");
    let screen = journey.press("tab");
    assert!(!screen.lines()[2].contains("all 3 containers"), "{screen:?}");
    let screen = journey.press("o");
    assert!(screen.shows("liveness-probe"), "{screen:?}");
}

#[test]
fn an_object_that_may_not_be_read_names_the_verb_and_the_resource() {
    let mut journey = Plan::in_trouble("narrow-rights").view("secret staging").open();
    let screen = journey.settle();
    assert!(screen.shows("list secrets") && screen.shows("developer"), "{screen:?}");
    journey.run("pods staging");
    journey.go_to("worker-");
    journey.press("o");
    let screen = journey.until_shows("get nodes");
    assert!(screen.top().contains("Node ip-10-"), "{screen:?}");
    assert!(!screen.shows("panic") && screen.bottom().contains("back"), "{screen:?}");
    journey.press("y");
    journey.until_shows("get nodes");
    journey.press("esc");
    journey.press("esc");
    assert!(journey.screen().top().contains("pods"));
}

#[test]
fn an_object_of_a_lost_cluster_stays_readable_and_says_so() {
    let mut journey = Journey::at("pods production");
    journey.go_to("worker-");
    journey.press("d");
    journey.until_shows("CONTAINERS");
    journey.world(PROD).faults().refuse_connections();
    let screen = journey.until("said that it is stale", |screen| screen.top().contains("stale"));
    assert!(screen.shows("CONTAINERS"), "what was read stays{screen:?}");
    // What was never read is not to be had, and says so.
    journey.press("y");
    let screen = journey.until("said that it cannot be read, or showed what was", |screen| {
        screen.shows("refuses connections") || screen.shows("kind: Pod")
    });
    assert!(screen.top().contains(PROD), "{screen:?}");
    journey.press("esc");
    journey.press("l");
    let screen = journey.until_shows("refuses connections");
    assert!(screen.top().contains("logs"), "{screen:?}");
}

#[test]
fn the_log_of_a_pod_that_has_no_earlier_run_says_so() {
    let mut journey = Journey::at("pods production");
    journey.go_to("worker-");
    journey.press("p");
    let screen = journey.until("said so", |screen| screen.shows("previous terminated container"));
    assert!(screen.top().contains("logs"), "{screen:?}");
}
