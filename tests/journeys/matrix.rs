//! Every view in every state and size, as text: what changes on a screen changes here.
//!
//! A file holds the three sizes of one view in one state.

use std::sync::Arc;

use pilothouse::fleet::ResourceType;
use pilothouse::planes::argo::MISSING_APPLICATIONS;
use pilothouse::planes::component::COMPONENTS;
use pilothouse::planes::karpenter::POOLS;
use pilothouse::planes::namespace::NAMESPACE_SUMS;
use pilothouse::simulator::api::faults::Harm;
use pilothouse::simulator::api::users::User;
use pilothouse::simulator::aws::faults::Harm as AwsHarm;
use pilothouse::snapshot::{Freshness, Link, Snapshot};
use pilothouse::sources::SOURCES;
use pilothouse::ui::views::VIEWS;

use crate::harness::screen::Screen;
use crate::harness::stage::{DEV, Journey, PROD, Plan};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
/// What the fleet concludes of the platform of a cluster.
const PLATFORM: [ResourceType; 4] = [COMPONENTS, NAMESPACE_SUMS, MISSING_APPLICATIONS, POOLS];
const LISTS: [&str; 8] = [
    "/api/v1/",
    "/apis/apps/",
    "/apis/batch/",
    "/apis/networking.k8s.io/",
    "/apis/events.k8s.io/",
    "/apis/discovery.k8s.io/",
    "/apis/metrics.k8s.io/",
    "/apis/cert-manager.io/",
];

/// Views that are opened by a line, with those that only an object opens: how to get there from the line.
fn stops() -> Vec<(&'static str, String, Option<&'static str>)> {
    let mut stops: Vec<_> =
        VIEWS.iter().map(|entry| (entry.about().name, entry.about().name.to_owned(), None)).collect();
    stops.push(("any-kind", "certificates.cert-manager.io".to_owned(), None));
    stops.push(("namespace-home", "namespaces /staging".to_owned(), Some("enter")));
    stops.push(("detail", "pods production /worker".to_owned(), Some("d")));
    stops.push(("yaml", "pods production /worker".to_owned(), Some("y")));
    stops.push(("logs", "pods production /worker".to_owned(), Some("l")));
    stops
}

/// How quickly a cluster answered differs from run to run, and with it the width of a column.
fn steady(journey: &mut Journey) {
    let mut snapshot = Snapshot::clone(journey.stage.snapshot());
    for cluster in &mut snapshot.clusters {
        if let Link::Up(info) = &mut Arc::make_mut(cluster).link {
            info.latency_ms = 4;
        }
    }
    journey.stage.picture(Arc::new(snapshot));
}

fn snapshot(name: &str, state: &str, pictures: &[String]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("{name}-{state}"), pictures.join("\n\n")));
}

fn go(journey: &mut Journey, line: &str, key: Option<&str>) -> Screen {
    journey.run("ns all");
    journey.run("nodes");
    let mut screen = journey.run(line);
    if let Some(key) = key {
        journey.press(key);
        screen = journey.settle();
        screen = if screen.shows("loading") { journey.until_gone("loading") } else { screen };
        if key == "l" {
            screen = journey.until_shows("following");
        }
    }
    screen
}

/// Shows one view in all sizes.
fn sizes(journey: &mut Journey) -> Vec<String> {
    steady(journey);
    let pictures = SIZES.map(|(width, height)| {
        journey.resize(width, height);
        // A view may find out what it wants only when it has seen the rows.
        let screen = journey.screen();
        format!("{width}×{height}\n{}", screen.text().trim_end())
    });
    journey.resize(120, 40);
    pictures.to_vec()
}

#[test]
fn every_view_of_a_healthy_fleet() {
    let mut journey = Journey::at("fleet");
    for (name, line, key) in stops() {
        go(&mut journey, &line, key);
        let pictures = sizes(&mut journey);
        snapshot(name, "typical", &pictures);
        let styles = journey.screen().styles();
        snapshot(name, "styles", &[styles]);
    }
}

/// States of a table that come from the cluster. Views of one object have none without the object.
fn tables_of(mut journey: Journey, state: &str, settled: impl Fn(&mut Journey)) {
    for (name, line, key) in stops() {
        if key.is_some() {
            continue;
        }
        journey.press(":");
        journey.type_text(&line);
        journey.press("enter");
        settled(&mut journey);
        let pictures = sizes(&mut journey);
        snapshot(name, state, &pictures);
    }
}

#[test]
fn every_view_of_clusters_without_objects() {
    let mut journey = Plan::empty().open();
    journey.settle();
    tables_of(journey, "empty", |journey| {
        journey.settle();
    });
}

#[test]
fn every_view_while_lists_are_on_their_way() {
    let mut journey = Plan::in_trouble("")
        .before(|simulator| {
            simulator.aws().faults().harm("", "", None, AwsHarm::NeverAnswered);
            for cluster in [DEV, PROD] {
                for path in LISTS {
                    simulator.cluster(cluster).unwrap().faults().harm(path, None, Harm::NeverAnswered);
                }
            }
        })
        .open();
    journey.until_stage("met the clusters", |stage| stage.is_acquainted());
    tables_of(journey, "loading", |journey| {
        journey.until("loading", |screen| screen.shows("◌") || screen.shows("loading"));
    });
}

#[test]
fn every_view_for_somebody_without_rights() {
    let mut journey = Plan::in_trouble("")
        .before(|simulator| {
            for cluster in [DEV, PROD] {
                simulator.cluster(cluster).unwrap().users().without_token(User::new("outsider", &[]));
            }
        })
        .open();
    journey.settle();
    tables_of(journey, "forbidden", |journey| {
        journey.settle();
    });
}

#[test]
fn every_view_of_clusters_that_refuse_connections() {
    let mut journey = Plan::in_trouble("")
        .before(|simulator| {
            for cluster in [DEV, PROD] {
                simulator.cluster(cluster).unwrap().faults().refuse_connections();
            }
        })
        .open();
    journey.settle();
    let mut kinds = stops();
    kinds.retain(|(name, _, key)| *name != "any-kind" && key.is_none());
    for (name, line, _) in kinds {
        journey.run(&line);
        let pictures = sizes(&mut journey);
        snapshot(name, "unavailable", &pictures);
    }
}

#[test]
fn every_view_of_a_cluster_that_was_lost() {
    let mut journey = Journey::at("fleet");
    for (_, line, key) in stops() {
        go(&mut journey, &line, key);
    }
    journey.run("ns all");
    journey.run("fleet");
    // The fleet asks for what belongs to the platform once the rest is there.
    journey.until_stage("the platform was read", |stage| {
        let clusters = &stage.snapshot().clusters;
        clusters.iter().all(|cluster| PLATFORM.iter().all(|kind| cluster.freshness(kind).is_settled()))
    });
    journey.settle();
    for cluster in [DEV, PROD] {
        journey.world(cluster).faults().refuse_connections();
    }
    journey.until_stage("noticed", |stage| {
        stage.snapshot().clusters.iter().all(|c| matches!(c.link, Link::Down(_)))
    });
    for (name, line, key) in stops() {
        if key.is_some() {
            continue;
        }
        journey.run(&line);
        // Each table finds out for itself that its watch has ended.
        journey.until_stage("no table is live", |stage| {
            stage.snapshot().clusters.iter().all(|cluster| {
                SOURCES.iter().all(|source| cluster.freshness(&source.resource) != Freshness::Live)
            })
        });
        journey.settle();
        // A kind that these clusters never offered has nothing that could grow old.
        // What is read from AWS alone is not lost with the clusters.
        journey.until("stale", |screen| {
            ["stale", "~", "unavailable", "polled"].iter().any(|word| screen.shows(word))
        });
        let pictures = sizes(&mut journey);
        snapshot(name, "stale", &pictures);
    }
}

#[test]
fn no_view_and_no_overlay_panics_on_a_tiny_screen() {
    let mut journey = Journey::in_trouble("hostile-text", "fleet");
    for (_, line, key) in stops() {
        go(&mut journey, &line, key);
        for (width, height) in [(20, 5), (40, 10), (1, 1), (0, 0), (300, 3), (5, 100)] {
            journey.resize(width, height);
            for keys in [":", "?", "v", "/", "ctrl-o", "ctrl-a", "alt-n", "alt-c", "alt-t", "o", "ctrl-w"] {
                journey.press(keys);
                journey.press("j");
                journey.press("G");
                for _ in 0..3 {
                    journey.press("esc");
                }
                if journey.screen().top() != journey.resize(width, height).top() {
                    panic!("{line} at {width}×{height} is not still");
                }
                go_back_to(&mut journey, &line, key, (width, height));
            }
        }
        journey.resize(120, 40);
    }
}

/// Esc may have left the view.
fn go_back_to(journey: &mut Journey, line: &str, key: Option<&str>, (width, height): (u16, u16)) {
    let name = journey.stage.ui().view().about().name;
    let is_here = key.is_some() == matches!(name, "detail" | "yaml" | "logs" | "namespace-home");
    if !is_here {
        journey.resize(120, 40);
        go(journey, line, key);
        journey.resize(width, height);
    }
}
