//! What is drawn, how often, and in which colours.

use std::fs;
use std::time::Duration;

use super::assert_given_back;
use crate::harness::cli::Home;
use crate::harness::pty::Pty;
use crate::harness::world::StillWorld;

/// True when a colour is chosen by these bytes; going back to the terminal's own is none.
fn chooses_colour(written: &[u8]) -> bool {
    let text = String::from_utf8_lossy(written);
    text.split("\u{1b}[").skip(1).any(|sequence| {
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':').unwrap_or(0);
        let (numbers, rest) = sequence.split_at(end);
        rest.starts_with('m')
            && numbers
                .split([';', ':'])
                .any(|number| matches!(number.parse::<u16>(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107)))
    })
}

#[test]
fn the_first_frame_names_every_cluster_and_the_keys() {
    let home = Home::new();
    let mut pty = Pty::at_home(&home, "demo", 120, 40);
    let screen =
        pty.until("both clusters", |screen| screen.contains("myapp-dev") && screen.contains("myapp-prod"));
    assert!(screen.contains("pilothouse") && screen.contains("? help"), "{screen}");
    assert!(chooses_colour(&pty.written()));
    pty.press(":q\r");
    assert!(pty.until_ended().success());
}

#[test]
fn without_colours_none_is_sent() {
    let home = Home::new();
    for name_and_value in [("NO_COLOR", "1")] {
        let mut pty = Pty::at_home_with(&home, "demo", &[name_and_value], 120, 40);
        pty.until_shows("myapp-prod");
        for view in ["pods", "nodes", "events", "workloads"] {
            pty.press(&format!(":{view}\r"));
            pty.until(view, |screen| screen.lines().next().is_some_and(|line| line.contains(view)));
        }
        pty.press(":q\r");
        pty.until_ended();
        assert!(!chooses_colour(&pty.written()), "{name_and_value:?}");
    }
}

#[test]
fn a_storm_of_resizes_ends_in_a_whole_frame_of_the_last_size() {
    let home = Home::new();
    let mut pty = Pty::at_home(&home, "demo --view pods", 120, 40);
    pty.until_shows("argocd-application-controller-0");
    for step in 0_u16..200 {
        pty.resize(1 + (step * 37) % 220, 1 + (step * 13) % 70);
        if step % 10 == 0 {
            pty.press("jjG");
        }
    }
    pty.resize(80, 24);
    pty.press("g");
    let screen = pty.until("a frame of 80×24", |screen| {
        screen.contains("argocd-redis-ff6c8c6f4-dhc68") && screen.lines().count() == 24
    });
    assert!(screen.lines().next().unwrap().contains("pilothouse"), "{screen}");
    pty.press(":q\r");
    assert!(pty.until_ended().success());
    assert_given_back(&pty);
}

#[test]
fn twenty_columns_and_five_rows_are_enough_to_use_it() {
    let home = Home::new();
    let mut pty = Pty::at_home(&home, "demo", 20, 5);
    pty.until("a frame", |screen| !screen.trim().is_empty());
    for keys in [":pods\r", "/web\r", "\r", "?", "j", "k", "q", "y", "q", ":nodes\r"] {
        pty.press(keys);
        pty.until_quiet(Duration::from_millis(100));
    }
    pty.until_shows("nodes");
    pty.press("\u{3}");
    assert!(pty.until_ended().success());
    assert_given_back(&pty);
}

#[test]
fn a_settings_file_that_changes_is_taken_and_a_wrong_one_is_named() {
    let home = Home::new();
    let settings = home.write("config/pilothouse/pilothouse.toml", "[screen]\ntheme = \"dark\"\n");
    let mut pty = Pty::at_home(&home, "demo --view pods", 120, 40);
    pty.until_shows("argocd-application-controller-0");
    let dark = pty.background(20, 60);
    fs::write(&settings, "[screen]\ntheme = \"ligth\"\n").unwrap();
    let screen = pty.until_shows("stay in effect");
    assert!(screen.contains("ligth") && pty.background(20, 60) == dark, "{screen}");
    fs::write(&settings, "[screen]\ntheme = \"light\"\n").unwrap();
    pty.until_shows("settings read again");
    assert_ne!(pty.background(20, 60), dark);
    pty.press(":q\r");
    assert!(pty.until_ended().success());
}

#[test]
fn a_blueprint_that_changes_judges_anew_and_a_wrong_one_leaves_the_last_in_effect() {
    let home = Home::new();
    let world = StillWorld::new();
    home.write("home/.kube/config", &world.kubeconfig());
    let blueprint = home.write(
        "config/pilothouse/blueprints/prod.toml",
        "environment = \"prod\"\n[components.coredns]\nreplicas = 2\n",
    );
    let mut pty = Pty::at_home(&home, "--view addons --cluster myapp-prod", 140, 40);
    pty.until("coredns as wanted", |screen| {
        screen.contains("coredns") && !screen.contains("replicas wanted")
    });
    fs::write(&blueprint, "environment = \"prod\"\n[components.coredns]\nreplicas = 5\n").unwrap();
    pty.until_shows("2 of at least 5 replicas wanted");
    fs::write(&blueprint, "environment = \"prod\"\n[components.coredns]\nreplicas = \"six\"\n").unwrap();
    let screen = pty.until_shows("stay in effect");
    assert!(screen.contains("2 of at least 5 replicas wanted"), "{screen}");
    pty.press(":q\r");
    assert!(pty.until_ended().success());
}

#[test]
fn where_nothing_happens_nothing_is_written() {
    let home = Home::new();
    let world = StillWorld::new();
    home.write("home/.kube/config", &world.kubeconfig());
    for view in ["fleet", "pods", "nodes"] {
        let mut pty = Pty::at_home(&home, &format!("--view {view}"), 120, 40);
        pty.until("both clusters", |screen| {
            screen.contains("110/110") || (screen.contains("myapp-prod") && screen.contains(" live "))
        });
        pty.until_quiet(Duration::from_millis(700));
        let written = pty.written_within(Duration::from_secs(3));
        assert!(written.is_empty(), "{view}: {:?}\n{}", String::from_utf8_lossy(&written), pty.screen());
        pty.press(":q\r");
        assert!(pty.until_ended().success());
    }
}
