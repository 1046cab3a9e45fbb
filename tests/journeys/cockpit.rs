//! The frame around the views: palette, history, scope, help.

use pilothouse::app::stage::Outward;
use pilothouse::settings::Overrides;

use crate::harness::stage::{DEV, Journey, PROD, Plan};

#[test]
fn the_palette_completes_with_tab_and_finds_kinds_clusters_namespaces_and_objects() {
    let mut journey = Journey::at("pods production");
    journey.press(":");
    journey.type_text("dae");
    let screen = journey.press("tab");
    assert!(screen.shows(":daemonsets"), "{screen:?}");
    journey.type_text(" kube-sys");
    let screen = journey.until_shows("daemonsets kube-system");
    assert!(screen.shows("daemonsets kube-system"), "a namespace may follow{screen:?}");
    journey.press("tab");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.top().contains("daemonsets") && screen.top().contains("ns kube-system"), "{screen:?}");
    assert!(screen.shows("aws-node") && !screen.shows("fluent-bit"), "{screen:?}");
    journey.press(":");
    let screen = journey.type_text("nodepool");
    assert!(screen.line_with(&["nodepools.karpenter.sh", "kind"]).is_some(), "{screen:?}");
    journey.press("esc");
    journey.press(":");
    let screen = journey.type_text("myapp-pr");
    assert!(screen.line_with(&["myapp-prod", "cluster"]).is_some(), "{screen:?}");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.top().contains(PROD) && !screen.shows(DEV), "{screen:?}");
    journey.press(":");
    let screen = journey.type_text("aws-nod");
    assert!(screen.line_with(&["aws-node", "object"]).is_some(), "{screen:?}");
    journey.press("enter");
    assert!(journey.selected().contains("aws-node"), "{}", journey.selected());
}

#[test]
fn a_line_sets_view_namespace_cluster_and_filter_at_once() {
    let mut journey = Journey::at("fleet");
    let screen = journey.run("pods production @myapp-prod /worker");
    assert!(screen.top().contains("pods  2 of "), "{screen:?}");
    assert!(screen.top().contains(PROD) && screen.top().contains("ns production"), "{screen:?}");
    assert!(screen.top().contains("/worker"), "{screen:?}");
    // Up recalls it.
    journey.press(":");
    let screen = journey.press("up");
    assert!(screen.shows("pods production @myapp-prod /worker"), "{screen:?}");
}

#[test]
fn a_cluster_that_does_not_exist_changes_nothing() {
    let mut journey = Journey::at("nodes");
    let before = journey.screen();
    let screen = journey.run("pods @myapp-prd");
    assert!(screen.bottom().contains("myapp-prd"), "{screen:?}");
    assert_eq!(before.top(), screen.top());
}

#[test]
fn tab_walks_through_the_clusters_and_back_to_all() {
    let mut journey = Journey::at("nodes");
    let all = journey.screen();
    let dev = journey.press("tab");
    assert!(dev.top().contains(DEV) && !dev.shows(PROD), "{dev:?}");
    assert!(dev.top().contains("nodes  4"), "{dev:?}");
    let prod = journey.press("tab");
    assert!(prod.top().contains(PROD) && prod.top().contains("PROD") && !prod.shows(DEV), "{prod:?}");
    assert!(
        prod.lines()[1].starts_with('━') && dev.lines()[1].starts_with('─'),
        "production looks different"
    );
    let again = journey.press("tab");
    assert_eq!(all.text(), again.text());
    let prod = journey.press("shift-tab");
    assert!(prod.top().contains(PROD), "{prod:?}");
}

#[test]
fn the_namespace_is_switched_by_number_by_row_by_list_and_by_line() {
    let mut journey = Journey::at("pods");
    journey.run("ns staging");
    let screen = journey.settle();
    assert!(screen.top().contains("ns staging") && !screen.shows("argocd"), "{screen:?}");
    journey.run("ns production");
    let screen = journey.press("0");
    assert!(!screen.top().contains("ns "), "0 is all{screen:?}");
    let screen = journey.press("2");
    assert!(screen.top().contains("ns "), "namespaces that were shown have a number{screen:?}");
    journey.press("0");
    journey.go_to("cert-manager-webh");
    let screen = journey.press("w");
    assert!(screen.top().contains("ns cert-manager") && !screen.shows("argocd"), "{screen:?}");
    journey.press("alt-n");
    journey.type_text("kube-sys");
    journey.until_shows("kube-system");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.top().contains("ns kube-system"), "{screen:?}");
    let screen = journey.run("ns all");
    assert!(!screen.top().contains("ns ") && screen.shows("NAMESPACE"), "{screen:?}");
}

#[test]
fn history_goes_back_and_forth_with_filter_and_cursor() {
    let mut journey = Journey::at("fleet");
    journey.run("nodes");
    journey.run("pods production");
    journey.filter("worker");
    let pods = journey.press("j");
    journey.press("enter");
    journey.settle();
    let screen = journey.press("[");
    assert_eq!(pods.text(), screen.text());
    let screen = journey.press("[");
    assert!(screen.top().contains("nodes"), "{screen:?}");
    let screen = journey.press("[");
    assert!(screen.top().contains("fleet"), "{screen:?}");
    let screen = journey.press("[");
    assert!(screen.bottom().contains("first view"), "{screen:?}");
    journey.press("]");
    journey.press("]");
    let screen = journey.press("]");
    assert!(screen.top().contains("detail"), "{screen:?}");
    let screen = journey.press("-");
    assert!(screen.top().contains("pods"), "{screen:?}");
    let screen = journey.press("-");
    assert!(screen.top().contains("detail"), "{screen:?}");
}

#[test]
fn escape_never_ends_and_quit_does() {
    let mut journey = Journey::at("pods");
    for _ in 0..5 {
        journey.press("esc");
        journey.press("q");
    }
    assert_eq!(journey.outward(), Vec::new());
    assert!(journey.screen().bottom().contains(":q"), "it says how to end{}", journey.screen());
    journey.press(":");
    journey.type_text("q");
    journey.press("enter");
    assert_eq!(journey.outward(), [Outward::Quit]);
    journey.press("/");
    journey.press("ctrl-c");
    assert_eq!(journey.outward(), [Outward::Quit], "also while something is typed");
    journey.press("ctrl-z");
    assert_eq!(journey.outward(), []);
    journey.press("esc");
    journey.press("ctrl-z");
    assert_eq!(journey.outward(), [Outward::Suspend]);
}

#[test]
fn help_and_which_key_say_what_works_here() {
    let mut journey = Journey::at("nodes");
    let screen = journey.press("?");
    assert!(screen.shows("─ help ─") && screen.shows("OBJECT") && screen.shows("sort by"), "{screen:?}");
    let scrolled = journey.press("down");
    assert_ne!(screen.text(), scrolled.text(), "it scrolls");
    let screen = journey.press("x");
    assert!(!screen.shows("─ help ─"), "{screen:?}");
    let screen = journey.press("v");
    assert!(screen.shows("go to") && screen.shows(":workloads"), "{screen:?}");
    let screen = journey.press("esc");
    assert!(!screen.shows(":workloads"), "{screen:?}");
    journey.press("v w");
    let screen = journey.settle();
    assert!(screen.top().contains("workloads"), "{screen:?}");
}

#[test]
fn a_theme_is_tried_while_choosing_and_escape_takes_it_back() {
    let mut journey = Journey::at("nodes");
    let before = journey.screen();
    let cell = before.find("ip-10").unwrap();
    journey.press("alt-t");
    journey.type_text("light");
    let tried = journey.screen();
    let after = journey.press("esc");
    assert_eq!(before.styles(), after.styles());
    assert_ne!(tried.style(cell), before.style(cell), "{tried:?}");
    let screen = journey.run("theme light");
    assert_ne!(screen.style(cell), before.style(cell));
}

#[test]
fn the_first_view_may_be_narrowed_by_flags() {
    let flags = Overrides {
        view: Some("deploy".to_owned()),
        clusters: vec![DEV.to_owned()],
        namespace: Some("staging".to_owned()),
        ..Overrides::default()
    };
    let mut journey = Plan::in_trouble("").with(flags).open();
    let screen = journey.settle();
    assert!(screen.top().contains("deployments  3") && screen.top().contains("ns staging"), "{screen:?}");
    assert!(screen.top().contains(DEV) && !screen.shows(PROD), "{screen:?}");
    assert_eq!(journey.world(PROD).requests().count(|request| request.path.contains("deployments")), 0);
}

#[test]
fn the_screen_is_there_before_any_cluster_has_answered() {
    let mut journey = Plan::in_trouble("").view("pods").open();
    let screen = journey.screen();
    assert!(screen.top().contains("pods") && screen.bottom().contains("help"), "{screen:?}");
    assert!(screen.shows("loading") || screen.shows("connecting"), "{screen:?}");
    assert!(!screen.shows("no pods"), "{screen:?}");
}

#[test]
fn writes_are_switched_off_visibly() {
    let mut journey = Plan::in_trouble("").with(Overrides { read_only: true, ..Overrides::default() }).open();
    let screen = journey.settle();
    assert!(screen.top().contains("read-only"), "{screen:?}");
}
