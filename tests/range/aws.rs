//! The plane of AWS on emulators that nobody here wrote, against what the AWS CLI says of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::cli::{Home, Said, finish};
use crate::harness::range::Range;

/// Where EKS, Route 53 and CloudWatch are played when that emulator is there.
const FAKECLOUD: &str = "http://127.0.0.1:4588";

/// What an emulator does not play, by where it answers and the table that needs it. AWS documents all of these calls.
const NOT_PLAYED: [(&str, &str); 4] = [
    ("http://127.0.0.1:4566", "addonversions"),
    ("http://127.0.0.1:4566", "eksversions"),
    ("http://127.0.0.1:4566", "eksupdates"),
    ("http://127.0.0.1:4566", "insights"),
];

/// Views, and by which field of their rows the AWS CLI knows what they are about.
const NAMED_ALIKE: [(&str, &str, &[&str]); 8] = [
    ("zones", "domain", &["route53 list-hosted-zones --query HostedZones[].Name"]),
    ("alarms", "name", &["cloudwatch describe-alarms --query MetricAlarms[].AlarmName"]),
    ("loggroups", "name", &["logs describe-log-groups --query logGroups[].logGroupName"]),
    ("loadbalancers", "name", &["elbv2 describe-load-balancers --query LoadBalancers[].LoadBalancerName"]),
    ("instances", "name", &["ec2 describe-instances --query Reservations[].Instances[].InstanceId"]),
    // The network that every account has is nobody's here.
    (
        "subnets",
        "name",
        &["ec2 describe-subnets --filters Name=default-for-az,Values=false --query Subnets[].SubnetId"],
    ),
    (
        "nodegroups",
        "name",
        &[
            "eks list-nodegroups --cluster-name myapp-dev --query nodegroups[]",
            "eks list-nodegroups --cluster-name myapp-prod --query nodegroups[]",
        ],
    ),
    (
        "access-entries",
        "name",
        &[
            "eks list-access-entries --cluster-name myapp-dev --query accessEntries[]",
            "eks list-access-entries --cluster-name myapp-prod --query accessEntries[]",
        ],
    ),
];

/// Two clusters whose place in AWS is known, and the surroundings in which the emulators are found.
struct Account {
    range: Range,
    tool: PathBuf,
    home: Home,
    surroundings: Vec<(String, String)>,
}

impl Account {
    fn find() -> Option<Self> {
        let range = Range::find()?;
        let tool = Range::tool()?;
        let said = Command::new(&tool).arg("env").stdin(Stdio::null()).output().unwrap();
        let surroundings = String::from_utf8(said.stdout)
            .unwrap()
            .lines()
            .filter_map(|line| line.strip_prefix("export "))
            .flat_map(str::split_whitespace)
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, _)| name.starts_with("AWS_"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let home = Home::new();
        home.write(
            "config/pilothouse/pilothouse.toml",
            "[environments.dev]\nclusters = [\"myapp-dev\"]\n[environments.prod]\nclusters = [\"myapp-prod\"]\n\
             [clusters.myapp-dev]\neks = \"us-east-1/myapp-dev\"\n[clusters.myapp-prod]\neks = \"us-east-1/myapp-prod\"\n",
        );
        Some(Self { range, tool, home, surroundings })
    }

    fn run(&self, line: &str) -> Said {
        let line = format!("{line} --kubeconfig {} --timeout 40s", self.range.kubeconfig.display());
        let mut command = self.home.command(&line.split_whitespace().collect::<Vec<_>>());
        command.envs(self.surroundings.iter().map(|(name, value)| (name, value)));
        finish(command.spawn().unwrap(), &line)
    }

    /// What the AWS CLI prints, word for word.
    fn cli(&self, line: &str) -> BTreeSet<String> {
        let mut command = Command::new(&self.tool);
        command.arg("aws").args(line.split_whitespace()).args(["--output", "text"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let said = finish(command.spawn().unwrap(), line).ended(0).stdout;
        said.split_whitespace().map(|word| word.trim_end_matches('.').to_owned()).collect()
    }

    fn rows(&self, view: &str) -> Vec<Value> {
        let document = self.run(&format!("get {view} -o json")).ended(0).json();
        assert_eq!(document["unknown"].as_array().map(Vec::len), Some(0), "{view}: {document:#}");
        document["rows"].as_array().unwrap().clone()
    }

    fn endpoint(&self) -> &str {
        let set = self.surroundings.iter().find(|(name, _)| name == "AWS_ENDPOINT_URL");
        set.map_or("", |(_, value)| value)
    }
}

/// An emulator that is gone until this is dropped.
struct Gone<'a>(&'a Path);

impl<'a> Gone<'a> {
    fn without(tool: &'a Path, emulator: &str) -> Self {
        let guard = Self(tool);
        assert!(guard.range(&["fault", "emulator", emulator, "kill"]), "{emulator} cannot be stopped");
        guard
    }

    fn range(&self, words: &[&str]) -> bool {
        let mut command = Command::new(self.0);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        let is_mended = self.range(&["up"]);
        assert!(is_mended || std::thread::panicking(), "the range stays without an emulator");
    }
}

#[test]
fn every_permission_that_doctor_names_is_there() {
    let Some(account) = Account::find() else { return };
    let said = account.run("doctor").stdout;
    assert!(said.contains("arn:aws:iam::123456789012:user/"), "{said}");
    let is_played = |line: &str| {
        let table = line.split_whitespace().nth(2).unwrap_or_default();
        !NOT_PLAYED.contains(&(account.endpoint(), table))
    };
    let read: Vec<&str> = said.lines().filter(|line| line.contains(" read ")).collect();
    let refused: Vec<&&str> = read
        .iter()
        .filter(|line| line.trim_start().starts_with(['○', '✖', '▲']) && is_played(line))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(read.len() > 30, "{said}");
}

#[test]
fn views_of_aws_hold_what_the_aws_cli_lists() {
    let Some(account) = Account::find() else { return };
    for (view, field, lines) in NAMED_ALIKE {
        let listed: BTreeSet<String> = lines.iter().flat_map(|line| account.cli(line)).collect();
        let rows = account.rows(view);
        let shown: BTreeSet<String> =
            rows.iter().map(|row| row[field].as_str().unwrap().trim_end_matches('.').to_owned()).collect();
        assert_eq!(shown, listed, "{view}");
        assert!(!listed.is_empty(), "{view}");
    }
}

#[test]
fn records_are_joined_to_what_they_are_for_in_whichever_cluster() {
    let Some(account) = Account::find() else { return };
    let rows = account.rows("dns");
    let of = |name: &str, kind: &str| {
        let found = rows.iter().find(|row| row["hostname"] == name && row["type"] == kind);
        found.unwrap_or_else(|| panic!("{name} {kind}: {rows:#?}"))
    };
    for (name, ingress, cluster) in [
        ("api.cosner.cloud", "Ingress production/api", "myapp-prod"),
        ("api.dev.cosner.cloud", "Ingress development/api", "myapp-dev"),
    ] {
        for kind in ["A", "AAAA"] {
            let record = of(name, kind);
            assert_eq!(
                (&record["state"], &record["owner"]),
                (&"managed".into(), &cluster.into()),
                "{record:#}"
            );
            assert!(record["source"].to_string().contains(ingress), "{record:#}");
        }
    }
}

#[test]
fn a_hostname_is_followed_from_route_53_to_the_node_pool() {
    let Some(account) = Account::find() else { return };
    let document = account.run("path api.cosner.cloud -o json").ended(0).json();
    let hops = document["hops"].as_array().unwrap();
    assert!(document["broken"].is_null(), "{document:#}");
    let printed = account.run("path api.cosner.cloud").ended(0).stdout;
    let mut rest = printed.as_str();
    for hop in [
        "● record ",
        "● load balancer ",
        "● listener ",
        "● rule ",
        "● target group ",
        "● target binding ",
        "● Ingress ",
        "● Service ",
        "node pool spot",
    ] {
        let at = rest.find(hop).unwrap_or_else(|| panic!("{hop} in its place: {printed}"));
        rest = &rest[at..];
    }
    assert!(hops.len() > 15, "{document:#}");
}

#[test]
fn what_aws_cannot_say_is_named_and_kubernetes_goes_on() {
    let Some(account) = Account::find() else { return };
    // Without the other emulator no token would be accepted either.
    if account.endpoint() != FAKECLOUD {
        println!("left out: EKS is not played by an emulator of its own");
        return;
    }
    let _gone = Gone::without(&account.tool, "fakecloud");
    let zones = account.run("get zones -o json").ended(4).json();
    assert!(zones["rows"].as_array().unwrap().is_empty(), "{zones:#}");
    assert!(zones["unknown"].to_string().contains("route53"), "{zones:#}");
    let pods = account.run("get pods -o json").ended(0).json();
    assert!(pods["rows"].as_array().unwrap().len() > 150);
}
