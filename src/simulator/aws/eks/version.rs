//! The versions of Kubernetes that EKS runs, and until when.
//!
//! Ends of support up to 1.35 as endoflife.date/amazon-eks has them; those of 1.36 and 1.37 continue the pattern of 14
//! months and 12 more.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::VERSION;
use super::paged;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;

/// Version, newest patch, first day, last day of standard support, last day of extended support.
const CALENDAR: [(&str, &str, &str, &str, &str); 8] = [
    ("1.37", "1.37.1", "2026-10-06", "2027-12-06", "2028-12-06"),
    ("1.36", "1.36.3", "2026-06-02", "2027-08-02", "2028-08-02"),
    ("1.35", "1.35.6", "2026-01-27", "2027-03-27", "2028-03-27"),
    ("1.34", "1.34.9", "2025-10-02", "2026-12-02", "2027-12-02"),
    ("1.33", "1.33.11", "2025-05-29", "2026-07-29", "2027-07-29"),
    ("1.32", "1.32.14", "2025-01-23", "2026-03-23", "2027-03-23"),
    ("1.31", "1.31.14", "2024-09-26", "2025-11-26", "2026-11-26"),
    ("1.30", "1.30.14", "2024-05-23", "2025-07-23", "2026-07-23"),
];

/// `DescribeClusterVersions`. What is no longer supported is left out unless it is asked for.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let (wanted, status) = (call.texts("clusterVersions"), call.text("versionStatus"));
    let all = call.text("includeAll") == "true" || !status.is_empty() || !wanted.is_empty();
    let only_default = call.text("defaultOnly") == "true";
    let versions = CALENDAR
        .iter()
        .filter(|(version, ..)| wanted.is_empty() || wanted.contains(version))
        .filter(|(version, ..)| !only_default || *version == VERSION)
        .map(|entry| written(entry, call.now()))
        .filter(|version| {
            let own = version.get("versionStatus").and_then(Value::as_str).unwrap_or_default();
            (status.is_empty() || own == status) && (all || own != "UNSUPPORTED")
        })
        .collect();
    paged(call, "clusterVersions", versions)
}

fn written(
    (version, patch, from, standard, extended): &(&str, &str, &str, &str, &str),
    now: Timestamp,
) -> Value {
    let day = |date: &str| format!("{date}T00:00:00Z").parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
    let (status, old) = if now < day(standard) {
        ("STANDARD_SUPPORT", "standard-support")
    } else if now < day(extended) {
        ("EXTENDED_SUPPORT", "extended-support")
    } else {
        ("UNSUPPORTED", "unsupported")
    };
    json!({
        "clusterVersion": version, "clusterType": "eks", "defaultPlatformVersion": "eks.7", "defaultVersion": *version == VERSION,
        "releaseDate": day(from).as_second(), "endOfStandardSupportDate": day(standard).as_second(),
        "endOfExtendedSupportDate": day(extended).as_second(), "status": old, "versionStatus": status,
        "kubernetesPatchVersion": patch,
    })
}
