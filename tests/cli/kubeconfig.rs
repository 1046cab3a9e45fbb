//! Kubeconfigs as people have them: none, empty, broken, half broken, unreachable.

use std::time::{Duration, Instant};

use crate::harness::cli::{Home, finish};

/// Two contexts: one without a cluster, and one whose port refuses.
const HALF: &str = "\
apiVersion: v1
kind: Config
clusters:
- name: there
  cluster: {server: \"https://127.0.0.1:1\"}
contexts:
- name: lost
  context: {cluster: nowhere, user: me}
- name: good
  context: {cluster: there, user: me}
users:
- name: me
  user: {token: very-secret}
";

#[test]
fn without_any_cluster_the_way_to_one_is_shown() {
    let home = Home::new();
    for line in ["", "get pods", "screenshot pods"] {
        let said = home.run(line).ended(2);
        assert_eq!(said.stdout, "");
        assert!(said.stderr.starts_with("error: there is no cluster to show"), "{}", said.stderr);
        for hint in [".kube/config does not exist", "aws eks update-kubeconfig", "pilothouse demo"] {
            assert!(said.stderr.contains(hint), "{}", said.stderr);
        }
    }
    let said = home.run("doctor").ended(1);
    assert!(said.stdout.contains("✖ clusters  there is no cluster to show"), "{}", said.stdout);
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_named_with_the_reason() {
    let home = Home::new();
    for (name, text, why) in [
        ("empty", "", "no usable context"),
        ("comment", "# nothing\n", "no usable context"),
        ("list", "- a\n- b\n", "list"),
        ("broken", "contexts: [\n", "broken"),
        ("html", "<html>no</html>", "html"),
    ] {
        let path = home.write(name, text);
        let said = home.run(&format!("get pods --kubeconfig {}", path.display())).ended(2);
        assert!(
            said.stderr.contains(&path.display().to_string()) && said.stderr.contains(why),
            "{name}: {}",
            said.stderr
        );
    }
    let folder = home.path("folder");
    std::fs::create_dir(&folder).unwrap();
    let said = home.run(&format!("get pods --kubeconfig {}", folder.display())).ended(2);
    assert!(said.stderr.contains(&folder.display().to_string()), "{}", said.stderr);
    let said = home.run("get pods --kubeconfig nowhere").ended(2);
    assert!(said.stderr.contains("nowhere: there is no such file"), "{}", said.stderr);
}

#[test]
fn a_half_valid_kubeconfig_works_with_its_good_half_and_names_the_other() {
    let home = Home::new();
    let path = home.write("half", HALF);
    let shown = path.display();
    let started = Instant::now();
    let said = home.run(&format!("get pods --kubeconfig {shown} -o json --timeout 2s")).ended(4);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let document = said.json();
    assert_eq!(document["rows"], serde_json::json!([]));
    let unknown = document["unknown"].to_string();
    assert!(unknown.contains("\"good\"") && unknown.contains("pods"), "{unknown}");
    let doctor = home.run(&format!("doctor --kubeconfig {shown} --timeout 2s")).ended(1);
    assert!(doctor.stdout.contains("nowhere"), "the lost context's cluster is named: {}", doctor.stdout);
    assert!(doctor.stdout.contains("refuse"), "{}", doctor.stdout);
    assert!(!doctor.stdout.contains("very-secret") && !doctor.stderr.contains("very-secret"));
}

#[test]
fn kubeconfigs_are_merged_as_kubectl_merges_them() {
    let home = Home::new();
    let one = home.write("one", HALF);
    let other = home.write("other", &HALF.replace("good", "second").replace("there", "elsewhere"));
    let mut command = home.command(&["doctor", "--timeout", "1s"]);
    command.env(
        "KUBECONFIG",
        format!("{}:{}:{}", one.display(), home.path("missing").display(), other.display()),
    );
    let said = finish(command.spawn().unwrap(), "doctor").ended(1);
    for name in ["good", "second"] {
        assert!(said.stdout.contains(name), "{}", said.stdout);
    }
}

#[test]
fn what_an_exec_plugin_prints_is_the_reason_and_it_is_never_asked_to_talk() {
    let home = Home::new();
    let plugin = home.write(
        "plugin",
        "#!/bin/sh\nread answer && echo got an answer >&2\necho 'the SSO session has expired' >&2\nexit 3\n",
    );
    std::process::Command::new("chmod").arg("+x").arg(&plugin).status().unwrap();
    let text = HALF.replace(
        "{token: very-secret}",
        &format!("{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: \"{}\", interactiveMode: Never}}}}", plugin.display()),
    );
    let path = home.write("exec", &text);
    let said = home.run(&format!("get pods --kubeconfig {} -o json --timeout 5s", path.display())).ended(4);
    let unknown = said.json()["unknown"].to_string();
    assert!(unknown.contains("SSO session has expired"), "{unknown}");
    assert!(!unknown.contains("got an answer"), "{unknown}");
}
