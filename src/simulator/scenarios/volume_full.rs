//! Nobody watched how much Prometheus keeps: its volume is as good as full, and the cache of production is on its way.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::api::summary::USED;
use crate::simulator::demo::Demo;
use crate::simulator::store::Selection;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "volume-full",
    description: "the volume of Prometheus in production is all but full, that of a cache nearly",
    unfolds: SignedDuration::from_mins(1),
    namespace: None,
    apply,
};

/// Whose volumes, and how full they are, in parts of a hundred.
const FILLED: [(&str, &str, i64); 2] = [("monitoring", "prometheus", 97), ("production", "data-cache-0", 88)];

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    let store = cluster.store();
    for (namespace, name, percent) in FILLED {
        for claim in store.list("persistentvolumeclaims", Some(namespace), &Selection::all()) {
            if claim.key.name.contains(name) {
                store.edit(&claim.key, |claim| {
                    let size = field::bytes(field::text(claim, "status.capacity.storage"));
                    let mebibytes = ((size - size / 40) >> 20) * percent / 100 + 1;
                    field::annotate(claim, USED, format!("{mebibytes}Mi"));
                    Ok(())
                })?;
            }
        }
    }
    Ok(())
}
