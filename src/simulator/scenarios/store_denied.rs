//! The operator of external secrets has lost its identity in AWS.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Selection;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "store-denied",
    description: "the secret store of production is denied by AWS, and no secret can be refreshed",
    unfolds: SignedDuration::from_mins(10),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    cluster.conducts().lose_identity("external-secrets", "external-secrets");
    cluster.reconsider();
    cluster.work();
    // Somebody rotates a password and asks for it at once.
    for secret in cluster.store().list("externalsecrets.external-secrets.io", None, &Selection::all()) {
        cluster.store().edit(&secret.key, |secret| {
            field::annotate(secret, "force-sync", "rotation");
            Ok(())
        })?;
    }
    Ok(())
}
