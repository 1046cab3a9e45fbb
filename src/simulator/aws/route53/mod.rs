//! Route 53: hosted zones, their records, health checks.

pub mod founding;
pub mod record;
pub mod zone;

mod health_check;
mod listing;

use serde_json::{Value, json};

use self::zone::Zone;
use super::call::Call;
use super::failure::Failure;
use super::protocol::Protocol;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "route53",
    signing: "route53",
    permission: "route53",
    protocol: Protocol::RestXml("https://route53.amazonaws.com/doc/2013-04-01/"),
    routes: &[
        ("GET", "/2013-04-01/hostedzone", "ListHostedZones"),
        ("GET", "/2013-04-01/hostedzone/{Id}", "GetHostedZone"),
        ("GET", "/2013-04-01/hostedzone/{Id}/rrset", "ListResourceRecordSets"),
        ("GET", "/2013-04-01/healthcheck", "ListHealthChecks"),
        ("GET", "/2013-04-01/healthcheck/{Id}/status", "GetHealthCheckStatus"),
    ],
    answer,
};

/// Zones of a page when nobody asks for fewer.
const PAGE: usize = 100;

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "ListHostedZones" => list_zones(call),
        "GetHostedZone" => get_zone(call),
        "ListResourceRecordSets" => listing::list(call),
        "ListHealthChecks" => health_check::list(call),
        "GetHealthCheckStatus" => health_check::status(call),
        other => Err(Failure::not_built(&format!("route53:{other}"))),
    }
}

/// The limit that a request sets by `maxitems`.
fn limit(call: &Call<'_>, most: usize) -> usize {
    call.number("maxitems").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(most).clamp(1, most)
}

fn list_zones(call: &Call<'_>) -> Result<Value, Failure> {
    let zones: Vec<Value> = call.aws.account().zones.iter().map(summary).collect();
    let limit = limit(call, PAGE);
    let page = call.page(zones, limit, call.text("marker"))?;
    let marker = Some(call.text("marker")).filter(|marker| !marker.is_empty());
    Ok(json!({
        "HostedZones": {"HostedZone": page.items}, "Marker": marker, "IsTruncated": page.next.is_some(),
        "NextMarker": page.next, "MaxItems": limit.to_string(),
    }))
}

fn get_zone(call: &Call<'_>) -> Result<Value, Failure> {
    let account = call.aws.account();
    let zone = zone_of(&account.zones, call.text("Id"))?;
    let servers = (!zone.is_private()).then(|| json!({"NameServers": {"NameServer": zone.name_servers()}}));
    let networks: Vec<Value> =
        zone.networks.iter().map(|vpc| json!({"VPCRegion": "us-east-1", "VPCId": vpc})).collect();
    let networks = zone.is_private().then(|| json!({"VPC": networks}));
    Ok(json!({"HostedZone": summary(zone), "DelegationSet": servers, "VPCs": networks}))
}

fn zone_of<'a>(zones: &'a [Zone], id: &str) -> Result<&'a Zone, Failure> {
    let id = id.rsplit('/').next().unwrap_or(id);
    let missing = || Failure::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {id}"));
    zones.iter().find(|zone| zone.id == id).ok_or_else(missing)
}

fn summary(zone: &Zone) -> Value {
    json!({
        "Id": format!("/hostedzone/{}", zone.id), "Name": zone.name, "CallerReference": format!("terraform-{}", zone.id),
        "Config": {"Comment": zone.comment, "PrivateZone": zone.is_private()}, "ResourceRecordSetCount": zone.records.len(),
    })
}

#[cfg(test)]
mod tests;
