//! Real trouble: what is on the screen stays, is marked, says why, and comes back.

use std::io::{BufRead as _, BufReader};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use serde_json::Value;

use crate::harness::cli::Home;
use crate::harness::pty::Pty;
use crate::harness::range::{Fault, Range};

#[test]
fn an_api_server_that_dies_leaves_its_rows_marked_until_it_is_back() {
    let (Some(range), Some(tool)) = (Range::find(), Range::tool()) else { return };
    let home = Home::new();
    let line = format!("--kubeconfig {} --view nodes", range.kubeconfig.display());
    let mut pty = Pty::at_home(&home, &line, 160, 45);
    pty.until("nodes of both", |screen| screen.contains("ip-10-0-11-21") && screen.contains("ip-10-1-11-21"));
    {
        let _dead = Fault::inject(&tool, "apiserver myapp-dev kill", "apiserver myapp-dev start");
        let screen = pty.until("rows marked as stale", |screen| screen.contains("stale"));
        assert!(screen.contains("ip-10-0-11-21"), "the rows stay:\n{screen}");
        assert!(screen.contains("ip-10-1-11-21"), "and the other cluster:\n{screen}");
    }
    pty.until_within(Duration::from_secs(60), "live again", |screen| {
        screen.contains("ip-10-0-11-21") && !screen.contains("stale") && screen.contains(" live ")
    });
    pty.press(":q\r");
    assert!(pty.until_ended().success());
}

#[test]
fn a_crash_loop_is_shown_with_its_reason() {
    let (Some(range), Some(tool)) = (Range::find(), Range::tool()) else { return };
    let pods = range.kubectl("--context myapp-dev -n development get pods -o name");
    let pod = pods
        .lines()
        .find_map(|line| line.strip_prefix("pod/").filter(|name| name.starts_with("api-")))
        .unwrap();
    let fault = format!("pod myapp-dev development {pod}");
    let _crashing = Fault::inject(&tool, &format!("{fault} crashloop"), &format!("{fault} off"));
    // What changes is told line by line; the loop takes a while to become one.
    let line = format!(
        "get pods {pod} -c myapp-dev -n development -o json --watch --kubeconfig {}",
        range.kubeconfig.display()
    );
    let home = Home::new();
    let mut watcher = home.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    let told = BufReader::new(watcher.stdout.take().unwrap());
    let (send, receive) = sync_channel(1);
    std::thread::spawn(move || {
        let rows = told.lines().map_while(Result::ok).map(|line| {
            serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"))["row"]
                .take()
        });
        let mut seen = Vec::new();
        for row in rows {
            if row["status"] == "CrashLoopBackOff" {
                send.send(row).unwrap();
                return;
            }
            seen.push(row["status"].clone());
        }
        panic!("the watch ended after {seen:?}");
    });
    let row = receive.recv_timeout(Duration::from_secs(60));
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    let row = row.unwrap();
    assert_eq!(row["verdict"], "critical", "{row}");
    assert!(
        row["why"].as_str().is_some_and(|why| why.contains("back-off") || why.contains("restart")),
        "{row}"
    );
}
