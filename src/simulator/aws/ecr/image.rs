//! An image of the registry.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::aws::account::Account;
use crate::simulator::aws::land::Land;
use crate::simulator::controllers::conduct;
use crate::simulator::controllers::pod;
use crate::simulator::world::chance::Chance;
use crate::simulator::world::cluster::{ACCOUNT, REGION};
use crate::simulator::world::field;

/// An image with its one tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its repository, like `myapp/web`.
    pub repository: String,
    /// Its tag.
    pub tag: String,
    /// `sha256:…`
    pub digest: String,
    /// Bytes, compressed.
    pub size: i64,
    /// When it was pushed, and scanned.
    pub pushed: Timestamp,
    /// What the scan found.
    pub findings: Vec<Finding>,
}

/// A known weakness of a package in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its CVE.
    pub name: String,
    /// `LOW`, `MEDIUM`, `HIGH`, `CRITICAL`, …
    pub severity: &'static str,
    /// The package.
    pub package: &'static str,
    /// The version that the image has.
    pub version: &'static str,
}

impl Image {
    pub(super) fn severities(&self) -> Value {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.severity).or_default() += 1;
        }
        json!(counts)
    }
}

/// Packages that scans complain of.
const PACKAGES: [(&str, &str); 5] =
    [("curl", "8.5.0"), ("expat", "2.6.2"), ("libxml2", "2.12.7"), ("openssl", "3.0.15"), ("zlib", "1.3.1")];
/// Tags of the applications that were pushed and are not deployed.
const OLDER: [&str; 2] = ["1.7.4", "1.8.0"];

/// Every image of the account that the clusters run or have run.
pub(crate) fn found(account: &mut Account, lands: &[Land]) {
    let registry = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/");
    let mut names: BTreeSet<String> = BTreeSet::new();
    for land in lands {
        for resource in ["replicasets.apps", "statefulsets.apps", "daemonsets.apps", "pods"] {
            for object in land.all(resource) {
                let spec =
                    if resource == "pods" { "spec.containers" } else { "spec.template.spec.containers" };
                let images =
                    field::list(&object, spec).iter().map(|container| field::text(container, "image"));
                names.extend(images.filter_map(|image| image.strip_prefix(&registry)).map(str::to_owned));
            }
        }
    }
    for app in ["api", "web", "worker"] {
        names.extend(OLDER.map(|tag| format!("myapp/{app}:{tag}")));
    }
    let Some(first) = lands.first() else { return };
    account.images = names
        .iter()
        .filter(|name| !conduct::is_missing(name))
        .filter_map(|name| {
            let (repository, tag) = name.rsplit_once(':')?;
            let mut chance = Chance::of(&format!("image/{name}"));
            let digest = pod::image_id(&format!("{registry}{name}"));
            let count = chance.below(4);
            let findings = (0..count)
                .filter_map(|_| {
                    let (package, version) = chance.pick(&PACKAGES).copied()?;
                    let severity = if chance.below(3) == 0 { "MEDIUM" } else { "LOW" };
                    let name = format!("CVE-2026-{}", chance.between(1000, 49_999));
                    Some(Finding { name, severity, package, version })
                })
                .collect();
            Some(Image {
                repository: repository.to_owned(),
                tag: tag.to_owned(),
                digest: digest.split_once('@')?.1.to_owned(),
                size: chance.between(18_000_000, 140_000_000),
                pushed: first.before(chance.between(5 * 24 * 60, 60 * 24 * 60)),
                findings,
            })
        })
        .collect();
}
