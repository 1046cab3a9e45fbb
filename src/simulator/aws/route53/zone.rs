//! A hosted zone.

use std::cmp::Ordering;

use super::record::{Content, Record, order};
use crate::simulator::world::chance::hex_of;

/// A hosted zone with its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its id without a prefix, like `Z0123456789ABC`.
    pub id: String,
    /// Its name with a dot at the end.
    pub name: String,
    /// What its makers say about it.
    pub comment: String,
    /// The VPCs that it answers in; a zone without any is public.
    pub networks: Vec<String>,
    /// Its records, in the order in which they are listed.
    pub records: Vec<Record>,
}

/// Seconds that the records of the fleet are cached.
pub const TTL: i64 = 300;

impl Zone {
    /// A zone with the records that Route 53 itself makes.
    pub fn new(name: &str, comment: &str, networks: Vec<String>) -> Self {
        let id = format!("Z{}", hex_of(&format!("zone/{name}"), 20).to_uppercase());
        let mut zone =
            Self { id, name: name.to_owned(), comment: comment.to_owned(), networks, records: Vec::new() };
        let servers: Vec<String> = zone.name_servers().iter().map(|server| format!("{server}.")).collect();
        let first = servers.first().cloned().unwrap_or_default();
        zone.put(Record::plain(name, "NS", 172_800, servers));
        let authority = format!("{first} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
        zone.put(Record::plain(name, "SOA", 900, vec![authority]));
        zone
    }

    /// Whether it answers in VPCs only.
    pub fn is_private(&self) -> bool {
        !self.networks.is_empty()
    }

    /// The four servers that answer for it.
    pub fn name_servers(&self) -> Vec<String> {
        let number =
            usize::from_str_radix(&hex_of(&format!("servers/{}", self.name), 2), 16).unwrap_or_default();
        ["org", "co.uk", "com", "net"]
            .iter()
            .zip([1024, 1536, 0, 512])
            .map(|(domain, base)| format!("ns-{}.awsdns-{:02}.{domain}", base + number, number % 64))
            .collect()
    }

    /// Writes a record over the one of the same name, type and set identifier.
    pub fn put(&mut self, record: Record) {
        let place = self.records.partition_point(|old| order(old, record.place()) == Ordering::Less);
        match self.records.get_mut(place).filter(|old| order(old, record.place()) == Ordering::Equal) {
            Some(old) => *old = record,
            None => self.records.insert(place, record),
        }
    }

    /// The record of a name and a type; of several sets the first.
    pub fn get(&self, name: &str, kind: &str) -> Option<&Record> {
        let place = self.records.partition_point(|old| order(old, (name, kind, "")) == Ordering::Less);
        self.records.get(place).filter(|record| record.name == name && record.kind == kind)
    }

    /// Takes a record away.
    pub fn remove(&mut self, name: &str, kind: &str) {
        self.records.retain(|record| !(record.name == name && record.kind == kind));
    }

    /// Where the alias of a name and a type leads.
    pub fn alias(&self, name: &str, kind: &str) -> Option<&str> {
        match &self.get(name, kind)?.content {
            Content::Alias { target, .. } => Some(target),
            Content::Values { .. } => None,
        }
    }

    /// Whether a name is in this zone by its letters.
    pub fn covers(&self, name: &str) -> bool {
        name == self.name || name.strip_suffix(&self.name).is_some_and(|rest| rest.ends_with('.'))
    }
}
