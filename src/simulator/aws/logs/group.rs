//! Log groups and their streams.

use serde_json::{Value, json};

use super::event::{self, Event};
use super::{limit, paged};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::Land;

/// Days that the fleet's groups keep what they have.
const RETENTION: i64 = 30;

/// A log group of a cluster.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) land: Land,
    pub(super) name: String,
    pub(super) what: What,
}

/// Whose lines a group holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    ControlPlane,
    Application,
    DataPlane,
    Host,
}

/// The groups of all clusters, in the order of the names.
pub(super) fn all(lands: &[Land]) -> Vec<Group> {
    let mut groups: Vec<Group> = lands
        .iter()
        .flat_map(|land| {
            let name = land.cluster.name;
            [
                (format!("/aws/containerinsights/{name}/application"), What::Application),
                (format!("/aws/containerinsights/{name}/dataplane"), What::DataPlane),
                (format!("/aws/containerinsights/{name}/host"), What::Host),
                (format!("/aws/eks/{name}/cluster"), What::ControlPlane),
            ]
            .map(|(name, what)| Group { land: land.clone(), name, what })
        })
        .collect();
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    groups
}

/// The group that a request names, by name or ARN.
pub(super) fn find(call: &Call<'_>, name: &str) -> Result<Group, Failure> {
    let name = name.split(":log-group:").last().unwrap_or(name).trim_end_matches(":*");
    let missing =
        || Failure::new(400, "ResourceNotFoundException", "The specified log group does not exist.");
    all(&call.lands()).into_iter().find(|group| group.name == name).ok_or_else(missing)
}

/// The group of a request that names one by either parameter.
pub(super) fn of_request(call: &Call<'_>) -> Result<Group, Failure> {
    let name = match call.text("logGroupName") {
        "" => call.text("logGroupIdentifier"),
        name => name,
    };
    find(call, name)
}

/// `DescribeLogGroups`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let (prefix, pattern) = (call.text("logGroupNamePrefix"), call.text("logGroupNamePattern"));
    let groups = all(&call.lands())
        .into_iter()
        .filter(|group| group.name.starts_with(prefix))
        .filter(|group| group.name.to_lowercase().contains(&pattern.to_lowercase()))
        .map(|group| {
            let arn = group.land.arn("logs", &format!("log-group:{}", group.name));
            let megabytes = match group.what {
                What::ControlPlane => 18_400,
                What::Application => 41_700,
                What::DataPlane | What::Host => 2_300,
            };
            json!({
                "logGroupName": group.name, "creationTime": group.land.installed().as_millisecond(), "retentionInDays": RETENTION,
                "metricFilterCount": 0, "arn": format!("{arn}:*"), "storedBytes": megabytes * 1_000_000_i64,
                "logGroupClass": "STANDARD", "logGroupArn": arn,
            })
        })
        .collect();
    Ok(Value::Object(paged(call, "logGroups", groups, limit(call, 50, 50))?))
}

/// `DescribeLogStreams`, by name or by the newest line.
pub(super) fn describe_streams(call: &Call<'_>) -> Result<Value, Failure> {
    let group = of_request(call)?;
    let prefix = call.text("logStreamNamePrefix");
    let mut streams: Vec<(String, Vec<Event>)> = event::by_stream(&group, call.now())
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    let last = |events: &[Event]| events.iter().map(|event| event.at).max();
    if call.text("orderBy") == "LastEventTime" {
        streams.sort_by_key(|(_, events)| last(events));
    }
    if call.parameters.get("descending") == Some(&Value::Bool(true)) {
        streams.reverse();
    }
    let shown = streams
        .iter()
        .map(|(name, events)| {
            let first = events.iter().map(|event| event.at).min().map(|at| at.as_millisecond());
            let last = last(events).map(|at| at.as_millisecond());
            let arn = group.land.arn("logs", &format!("log-group:{}:log-stream:{name}", group.name));
            json!({
                "logStreamName": name, "creationTime": first, "firstEventTimestamp": first, "lastEventTimestamp": last,
                "lastIngestionTime": last, "arn": arn, "storedBytes": 0,
            })
        })
        .collect();
    Ok(Value::Object(paged(call, "logStreams", shown, limit(call, 50, 50))?))
}
