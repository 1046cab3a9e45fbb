//! What a controller works with while it looks at one object.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::simulator::api::quota;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::Lister;
use crate::simulator::controllers::conduct::Conducts;
use crate::simulator::controllers::event::{Remark, event, home};
use crate::simulator::store::{DeleteOptions, Key, Selection, Store};
use crate::simulator::world::chance::Chance;
use crate::simulator::world::field;
use crate::simulator::world::identity;

/// Seconds until a controller tries again to make what was refused.
const RETRY: i64 = 60;

/// One look at one object.
#[derive(Debug)]
pub struct Round<'a> {
    /// The cluster's storage.
    pub store: &'a Store,
    /// Reads it, without parsing twice.
    pub lister: &'a Lister,
    /// How things behave.
    pub conducts: &'a Conducts,
    /// The stream that names generated things.
    pub chance: &'a mut Chance,
    /// The present.
    pub now: Timestamp,
    said: &'a mut HashMap<String, Key>,
    wake: Option<Timestamp>,
}

impl<'a> Round<'a> {
    pub(super) fn new(
        store: &'a Store,
        lister: &'a Lister,
        conducts: &'a Conducts,
        chance: &'a mut Chance,
        said: &'a mut HashMap<String, Key>,
    ) -> Self {
        Self { store, lister, conducts, chance, now: store.clock().now(), said, wake: None }
    }

    /// Asks to look at the object again at an instant, if nothing changes before.
    pub fn wake_at(&mut self, at: Timestamp) {
        self.wake = Some(self.wake.map_or(at, |earlier| earlier.min(at)));
    }

    /// Asks to look at the object again after some seconds.
    pub fn wake_after(&mut self, seconds: i64) {
        self.wake_at(later(self.now, seconds));
    }

    pub(super) fn wake(&self) -> Option<Timestamp> {
        self.wake
    }

    /// The present, printed.
    pub fn stamp(&self) -> String {
        field::stamp(self.now)
    }

    /// The selected objects of a resource in a namespace that an owner controls.
    pub fn controlled(&self, resource: &str, owner: &Value, selection: &Selection) -> Vec<Arc<Value>> {
        let uid = field::uid(owner);
        let found = self.lister.list(resource, Some(field::namespace(owner)), selection);
        found
            .into_iter()
            .filter(|object| field::controller_of(object).is_some_and(|(_, _, own)| own == uid))
            .collect()
    }

    /// Deletes an object in the background; that it is gone already is no failure.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn delete(&self, key: &Key) -> Result<(), Status> {
        match self.store.delete(key, &DeleteOptions::default()) {
            Err(status) if status.code != 404 => Err(status),
            _ => Ok(()),
        }
    }

    /// Stores a new pod, with the identity in AWS that admission gives to its service account.
    ///
    /// # Errors
    /// When a quota or the store refuses.
    pub fn create_pod(&self, pod: &mut Value) -> Result<Value, Status> {
        quota::admit(self.store, pod)?;
        let account = field::text(pod, "spec.serviceAccountName");
        if !self.conducts.lacks_identity(field::namespace(pod), account) {
            identity::inject(pod, self.store.cluster());
        }
        self.store.create(pod)
    }

    /// Says that admission refuses a pod of `owner`, and tries again later. What else went wrong stays an error.
    ///
    /// # Errors
    /// The status, unless it is a refusal.
    pub fn bear_refusal(
        &mut self,
        owner: &Value,
        component: &str,
        what: &str,
        status: Status,
    ) -> Result<String, Status> {
        if status.code != 403 {
            return Err(status);
        }
        self.warn(owner, component, "FailedCreate", format!("{what}: {}", status.message));
        self.wake_after(RETRY);
        Ok(status.message)
    }

    /// Writes a status where it differs.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn put_status(&self, key: &Key, status: &Value) -> Result<(), Status> {
        self.store.edit(key, |object| {
            field::put(object, "status", status.clone());
            Ok(())
        })?;
        Ok(())
    }

    /// Says something about an object. The same remark again counts up instead of making another event.
    pub fn say(&mut self, remark: &Remark<'_>) {
        let identity =
            format!("{}/{}/{}/{}", field::uid(remark.about), remark.component, remark.reason, remark.message);
        if let Some(key) = self.said.get(&identity) {
            let (stamp, micro) = (self.stamp(), field::micro_stamp(self.now));
            let counted = self.store.edit(key, |event| {
                if field::at(event, "eventTime").is_null() {
                    let count = field::number(event, "count") + 1;
                    field::put(event, "count", json!(count));
                    field::put(event, "lastTimestamp", json!(stamp));
                } else {
                    let count = field::number(event, "series.count").max(1) + 1;
                    field::put(event, "series", json!({"count": count, "lastObservedTime": micro}));
                }
                Ok(())
            });
            if counted.is_ok() {
                return;
            }
        }
        let event = event(remark, self.now, self.now, 1);
        let key = Key::namespaced("events", home(remark.about), field::name(&event));
        // An event that cannot be stored, because its namespace is going away, is lost: as in a real cluster.
        if self.store.create(&event).is_ok() {
            self.said.insert(identity, key);
        }
        if self.said.len() > 20_000 {
            self.said.clear();
        }
    }

    /// A remark of a controller about an object, normal.
    pub fn note(&mut self, about: &Value, component: &str, reason: &str, message: String) {
        self.say(&Remark { about, kind: "Normal", reason, message, component, host: "" });
    }

    /// A warning of a controller about an object.
    pub fn warn(&mut self, about: &Value, component: &str, reason: &str, message: String) {
        self.say(&Remark { about, kind: "Warning", reason, message, component, host: "" });
    }
}

/// An instant some seconds later.
pub(super) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

/// A count as Kubernetes writes it: a number, or a percentage of a whole that is rounded up or down.
pub(super) fn share(value: &Value, whole: i64, rounds_up: RoundsUp) -> i64 {
    match value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|text| text.parse::<i64>().ok()) {
        Some(percent) => match rounds_up {
            RoundsUp::Yes => (whole * percent + 99) / 100,
            RoundsUp::No => whole * percent / 100,
        },
        None => value.as_i64().unwrap_or_default(),
    }
}

/// Which way a percentage rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoundsUp {
    /// To the next larger number: surge, and the budget's tolerance.
    Yes,
    /// To the next smaller number: unavailability.
    No,
}
