//! Real trouble: what is on the screen stays, is marked, says why, and comes back.

use crate::harness::cli::Home;
use crate::harness::pty::Pty;
use crate::harness::range::{Fault, Range};

#[test]
fn an_api_server_that_dies_leaves_its_rows_marked_until_it_is_back() {
    let (Some(range), Some(tool)) = (Range::find(), Range::tool()) else { return };
    let home = Home::new();
    let line = format!("--kubeconfig {} --view nodes", range.kubeconfig.display());
    let mut pty = Pty::at_home(&home, &line, 160, 45);
    pty.until("nodes of both", |screen| {
        screen.contains("ip-10-0-11-21.ec2.internal") && screen.contains("ip-10-1-11-21.ec2.internal")
    });
    {
        let _dead = Fault::inject(&tool, "apiserver myapp-dev kill", "apiserver myapp-dev start");
        let screen = pty.until("rows marked as stale", |screen| screen.contains("stale"));
        assert!(screen.contains("ip-10-0-11-21.ec2.internal"), "the rows stay:\n{screen}");
        assert!(screen.contains("ip-10-1-11-21.ec2.internal"), "and the other cluster:\n{screen}");
    }
    pty.until_within(std::time::Duration::from_secs(60), "live again", |screen| {
        screen.contains("ip-10-0-11-21.ec2.internal")
            && !screen.contains("stale")
            && screen.contains(" live ")
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
    let mut row = serde_json::Value::Null;
    let is_seen = (0..10).any(|_| {
        let said = range.run(&format!("get pods {pod} -c myapp-dev -n development -o json")).ended(0);
        row = said.json()["rows"][0].clone();
        row["status"] == "CrashLoopBackOff"
    });
    assert!(is_seen, "{row}");
    assert_eq!(row["verdict"], "critical", "{row}");
    assert!(
        row["why"].as_str().is_some_and(|why| why.contains("back-off") || why.contains("restart")),
        "{row}"
    );
}
