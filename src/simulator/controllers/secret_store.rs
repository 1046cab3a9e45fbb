//! SecretStores and ClusterSecretStores: whether the provider can be asked with the identity that a store names.

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The store controller, for the resource of one of the two scopes.
pub(super) struct SecretStore(pub(super) &'static str);

const COMPONENT: &str = "external-secrets";
/// Seconds between two validations: the default of `--store-requeue-interval`.
const PERIOD: i64 = 300;

impl Controller for SecretStore {
    fn resource(&self) -> &'static str {
        self.0
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if changed.is("serviceaccounts") && field::name(&changed.object) == "external-secrets" {
            lister.keys(self.0, None, &Selection::all())
        } else {
            Vec::new()
        }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let store = round.lister.get(key)?;
        round.wake_after(PERIOD);
        let fault = fault(&store, round);
        let (status, reason, message) = match &fault {
            None => ("True", "Valid", "store validated"),
            Some(_) => ("False", "InvalidProviderConfig", "unable to create client"),
        };
        let known = field::condition(&store, "Ready");
        if field::text(known, "status") == status
            && (fault.is_none() || field::text(known, "reason") == reason)
        {
            return Ok(());
        }
        let stamp = round.stamp();
        round.store.edit(key, |store| {
            field::set_condition(store, json!({"type": "Ready", "status": status, "lastTransitionTime": stamp, "reason": reason, "message": message}));
            field::put(store, "status.capabilities", json!("ReadWrite"));
            Ok(())
        })?;
        match fault {
            None => round.note(&store, COMPONENT, reason, message.to_owned()),
            Some(why) => round.warn(&store, COMPONENT, reason, why),
        }
        Ok(())
    }
}

/// Why the provider cannot be asked; `None` where it can.
fn fault(store: &Value, round: &Round<'_>) -> Option<String> {
    let account = field::at(store, "spec.provider.aws.auth.jwt.serviceAccountRef");
    let name = field::text(account, "name");
    if name.is_empty() {
        return None;
    }
    let namespace = match field::text(account, "namespace") {
        "" => field::namespace(store),
        namespace => namespace,
    };
    if round.lister.get(&Key::namespaced("serviceaccounts", namespace, name)).is_err() {
        return Some(format!(
            "could not get provider client: unable to create session: serviceaccounts \"{name}\" not found"
        ));
    }
    round.conducts.lacks_identity(namespace, name).then(|| {
        format!(
            "could not get provider client: unable to create session: an IAM role must be associated with service account {name} (namespace: {namespace})"
        )
    })
}
