//! Records that do not say what the clusters want: somebody worked in the zone by hand, and external-dns of production
//! has lost the trust of its role.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::aws::account::Account;
use crate::simulator::aws::route53::founding::PUBLIC;
use crate::simulator::aws::route53::record::Record;
use crate::simulator::aws::route53::zone::{TTL, Zone};
use crate::simulator::demo::Demo;
use crate::simulator::store::{Line, Selection};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "dns-drift",
    description: "Route 53 has a dangling alias, a foreign owner, a missing host and records made by hand",
    unfolds: SignedDuration::from_mins(6),
    namespace: None,
    apply,
};

/// What external-dns says when its role does not trust it.
const REFUSED: &str = "level=error msg=\"Failed to do run once: soft error\\nrecords retrieval failed: failed to list hosted zones: \
     operation error Route 53: ListHostedZones, get identity: get credentials: failed to refresh cached credentials, failed to \
     retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, api error \
     AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity\"";

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let aws = demo.aws().clone();
    if let Some(cluster) = demo.cluster("myapp-prod") {
        cluster.conducts().lose_identity("external-dns", "external-dns");
        let store = cluster.store();
        let now = store.clock().now();
        for pod in store.list("pods", Some("external-dns"), &Selection::all()) {
            let line = Line { at: now, text: REFUSED.into() };
            store.logs().append("external-dns", &pod.key.name, "external-dns", line);
        }
    }
    aws.edit(|account| {
        mistrust(account);
        if let Some(zone) = account.zones.iter_mut().find(|zone| zone.name == PUBLIC) {
            disturb(zone);
        }
    });
    Ok(())
}

/// The cluster was rebuilt, and the role still trusts the old one's provider.
fn mistrust(account: &mut Account) {
    let provider = "oidc.eks.us-east-1.amazonaws.com/id/0D4E1F7A9B2C4D6E8F0A1B2C3D4E5F60";
    account.trusts.insert(
        "myapp-prod-external-dns".to_owned(),
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::123456789012:oidc-provider/{provider}")},
            "Action": ["sts:AssumeRoleWithWebIdentity"], "Condition": {"StringEquals": {
                format!("{provider}:sub"): "system:serviceaccount:external-dns:external-dns", format!("{provider}:aud"): "sts.amazonaws.com",
            }},
        }]}),
    );
}

fn disturb(zone: &mut Zone) {
    let name = |host: &str| format!("{host}.{PUBLIC}");
    let owned = |owner: &str, resource: &str| {
        format!("\"heritage=external-dns,external-dns/owner={owner},external-dns/resource={resource}\"")
    };
    let text = |name: String, value: String| Record::plain(&name, "TXT", TTL, vec![value]);
    // A load balancer that is gone, with the owner text of a cluster that is gone.
    let gone = "k8s-shop-shop-0a1b2c3d4e-1842650317.us-east-1.elb.amazonaws.com";
    zone.put(Record::alias(&name("shop"), "A", gone));
    zone.put(text(name("cname-shop"), owned("myapp-blue", "ingress/shop/shop")));
    // A host of staging that another installation has taken.
    let legacy = owned("legacy", "ingress/web/api");
    zone.put(Record::alias(&name("api.staging"), "A", gone));
    zone.put(text(name("cname-api.staging"), legacy.clone()));
    zone.put(text(name("aaaa-api.staging"), legacy));
    // A host that is wanted and has no records at all.
    for (host, kind) in
        [("grafana", "A"), ("grafana", "AAAA"), ("cname-grafana", "TXT"), ("aaaa-grafana", "TXT")]
    {
        zone.remove(&name(host), kind);
    }
    // By hand, and for the moment, as they said: over the record of external-dns, and a wildcard beside it.
    zone.put(Record::plain(&name("api"), "A", 60, vec!["198.51.100.23".to_owned()]));
    zone.remove(&name("cname-api"), "TXT");
    zone.put(Record::plain(&name("*.dev"), "A", TTL, vec!["198.51.100.24".to_owned()]));
}
