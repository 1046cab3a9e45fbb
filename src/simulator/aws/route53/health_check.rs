//! Health checks: the one that watches the fleet's front door.

use serde_json::{Value, json};

use crate::simulator::aws::call::Call;
use crate::simulator::aws::elb::target::{self, Health};
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::chance::uuid_of;
use crate::simulator::world::field;

/// The host that is watched.
const HOST: &str = "www.cosner.cloud";

fn id() -> String {
    uuid_of("health-check/www")
}

/// The account's health checks.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let check = json!({
        "Id": id(), "CallerReference": "terraform-www", "HealthCheckVersion": 1,
        "HealthCheckConfig": {
            "Port": 443, "Type": "HTTPS", "ResourcePath": "/healthz", "FullyQualifiedDomainName": HOST, "RequestInterval": 30,
            "FailureThreshold": 3, "MeasureLatency": false, "Inverted": false, "Disabled": false, "EnableSNI": true,
        },
    });
    let limit = super::limit(call, 100);
    let page = call.page(vec![check], limit, call.text("marker"))?;
    Ok(json!({
        "HealthChecks": {"HealthCheck": page.items}, "Marker": call.text("marker"), "IsTruncated": page.next.is_some(),
        "NextMarker": page.next, "MaxItems": limit.to_string(),
    }))
}

/// What three of the checkers around the world see: the front door of production.
pub(super) fn status(call: &Call<'_>) -> Result<Value, Failure> {
    if call.text("Id") != id() {
        let message = format!("A health check with id {} does not exist.", call.text("Id"));
        return Err(Failure::new(404, "NoSuchHealthCheck", message));
    }
    let is_up = call.aws.lands().iter().any(|land| {
        land.cluster.is_prod() && target::targets(land).iter().any(|target| target.health == Health::Healthy)
    });
    let said = if is_up {
        "Success: HTTP Status Code 200, OK"
    } else {
        "Failure: HTTP Status Code 503, Service Unavailable"
    };
    let seen: Vec<Value> =
        [("us-east-1", "15.177.2.11"), ("eu-west-1", "15.177.10.7"), ("ap-southeast-2", "15.177.26.4")]
            .iter()
            .map(|(region, address)| {
                let report = json!({"Status": said, "CheckedTime": field::stamp(call.now())});
                json!({"Region": region, "IPAddress": address, "StatusReport": report})
            })
            .collect();
    Ok(json!({"HealthCheckObservations": {"HealthCheckObservation": seen}}))
}
