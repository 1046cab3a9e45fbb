//! Events do not live for ever: the API server lets them go after a day.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;
use crate::simulator::world::history::KEPT_MINUTES;

/// Removes events that are too old. It is asked once for the whole cluster, through its namespace `default`.
pub(super) struct EventExpiry;

/// Seconds between two rounds.
const PERIOD: i64 = 600;

impl Controller for EventExpiry {
    fn resource(&self) -> &'static str {
        "namespaces"
    }

    fn concerned(&self, _: &Changed, _: &Lister) -> Vec<Key> {
        Vec::new()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        if &*key.name != "default" {
            return Ok(());
        }
        round.wake_after(PERIOD);
        let kept = SignedDuration::from_mins(KEPT_MINUTES);
        for (key, event) in round.lister.entries("events", None, &Selection::all()) {
            let last = last_seen(&event);
            if last.is_some_and(|last| round.now.duration_since(last) > kept) {
                round.delete(&key)?;
            }
        }
        Ok(())
    }
}

fn last_seen(event: &Value) -> Option<Timestamp> {
    ["series.lastObservedTime", "lastTimestamp", "eventTime"]
        .into_iter()
        .find_map(|path| field::time(event, path))
}
