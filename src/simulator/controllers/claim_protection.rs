//! Claims that are being deleted stay while a pod uses them; then their volume goes with them.

use serde_json::json;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::garbage::remove_finalizer;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{ChangeKind, Key, Selection};
use crate::simulator::world::field;

/// The claim protection controller, with the reclaiming of volumes.
pub(super) struct ClaimProtection;

impl Controller for ClaimProtection {
    fn resource(&self) -> &'static str {
        "persistentvolumeclaims"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if !changed.is("pods") || changed.kind != ChangeKind::Deleted {
            return Vec::new();
        }
        let namespace = field::namespace(&changed.object);
        let claims = field::list(&changed.object, "spec.volumes")
            .iter()
            .map(|volume| field::text(volume, "persistentVolumeClaim.claimName"))
            .filter(|name| !name.is_empty());
        claims.map(|name| Key::namespaced(self.resource(), namespace, name)).collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let claim = round.lister.get(key)?;
        if field::at(&claim, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        let is_used = round
            .lister
            .list("pods", Some(field::namespace(&claim)), &Selection::all())
            .into_iter()
            .filter(|pod| !pod::is_finished(pod))
            .any(|pod| {
                field::list(&pod, "spec.volumes").iter().any(|volume| {
                    field::text(volume, "persistentVolumeClaim.claimName") == field::name(&claim)
                })
            });
        if is_used {
            return Ok(());
        }
        remove_finalizer(key, "kubernetes.io/pvc-protection", round)?;
        let volume = Key::cluster("persistentvolumes", field::text(&claim, "spec.volumeName"));
        if round.store.object(&volume).is_ok() {
            round.store.edit(&volume, |volume| {
                field::put(volume, "metadata.finalizers", json!([]));
                Ok(())
            })?;
            round.delete(&volume)?;
        }
        Ok(())
    }
}
