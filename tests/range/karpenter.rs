//! Karpenter's objects and a pod that waits, on real API servers with the real scheduler.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::range::Range;

/// A pod that no node takes, until this is dropped.
struct Misfit<'a>(&'a Range);

const NAME: &str = "pilothouse-misfit";

impl<'a> Misfit<'a> {
    fn make(range: &'a Range) -> Self {
        let manifest = format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"{NAME}\", \"namespace\": \"development\"}}, \"spec\": \
             {{\"nodeSelector\": {{\"topology.kubernetes.io/zone\": \"us-east-1f\"}}, \"containers\": [{{\"name\": \"c\", \"image\": \
             \"registry.k8s.io/pause:3.10\", \"resources\": {{\"requests\": {{\"cpu\": \"10m\", \"memory\": \"16Mi\"}}, \"limits\": \
             {{\"cpu\": \"10m\", \"memory\": \"16Mi\"}}}}}}]}}}}"
        );
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(&range.kubeconfig).args([
            "--context",
            "myapp-dev",
            "apply",
            "-f",
            "-",
        ]);
        let mut child = kubectl.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), manifest.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        Self(range)
    }
}

impl Drop for Misfit<'_> {
    fn drop(&mut self) {
        self.0.kubectl(&format!(
            "--context myapp-dev -n development delete pod {NAME} --ignore-not-found --grace-period=0 --wait=false"
        ));
    }
}

#[test]
fn pools_and_claims_are_what_kubectl_says_they_are() {
    let Some(range) = Range::find() else { return };
    for (view, kind) in
        [("karpenter", "nodepools"), ("nodeclaims", "nodeclaims"), ("nodeclasses", "ec2nodeclasses")]
    {
        let said = range.run(&format!("get {view} -c myapp-prod -o json")).ended(0).json();
        let mut names: Vec<String> = said["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        let listed = range.kubectl(&format!("--context myapp-prod get {kind} -o name"));
        let mut known: Vec<String> =
            listed.lines().filter_map(|line| Some(line.split_once('/')?.1.to_owned())).collect();
        known.sort();
        assert_eq!(names, known, "{view}");
    }
    let rows = range.run("get karpenter spot -c myapp-prod -o json").ended(0).json();
    let used = range.kubectl(
        "--context myapp-prod get nodepool spot -o jsonpath={.status.resources.cpu}/{.spec.limits.cpu}",
    );
    assert_eq!(rows["rows"][0]["cpu-limit"].as_str(), Some(used.as_str()));
}

#[test]
fn a_pod_that_no_node_takes_waits_for_what_the_scheduler_says() {
    let Some(range) = Range::find() else { return };
    let _misfit = Misfit::make(&range);
    let deadline = Instant::now() + Duration::from_secs(30);
    let row = loop {
        let rows = range.run("get pending -c myapp-dev -n development -o json").ended(0).json();
        let found = rows["rows"].as_array().unwrap().iter().find(|row| row["name"] == NAME).cloned();
        let is_told = |row: &Value| row["why"].as_str().is_some_and(|why| why.contains("nodes fit"));
        match found.filter(is_told) {
            Some(row) => break row,
            None => assert!(Instant::now() < deadline, "{rows:#}"),
        }
    };
    let why = row["why"].as_str().unwrap();
    assert!(why.contains("node affinity or selector"), "{why}");
    assert!(
        why.contains(
            "pool default: subnets in us-east-1a, us-east-1b, us-east-1c, the pod can be in us-east-1f"
        ),
        "{why}"
    );
    assert_eq!(row["nodes"]["have"], 0, "{row:#}");
}
