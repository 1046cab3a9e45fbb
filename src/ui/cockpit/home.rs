//! Where somebody with narrow rights is taken at first: to the home of the one namespace they may read.

use super::Ui;
use crate::fleet::kind::{NAMESPACES, PODS};
use crate::fleet::namespace::Namespace;
use crate::fleet::{ObjectRef, Row};
use crate::snapshot::{ClusterSnapshot, Extent, Freshness, Link};

/// What a cluster lets the user see.
enum Sight {
    /// Not known yet.
    Unknown,
    /// Everything, or nothing at all: there is no home to go to.
    Wide,
    Nothing,
    /// These namespaces alone.
    Narrow(Vec<ObjectRef>),
}

impl Ui {
    /// Opens the home of the one namespace that the user may read, before the first key, over the fleet.
    pub(super) fn go_home(&mut self) {
        if !self.may_go_home || self.history.view().name() != "fleet" {
            return;
        }
        let mut homes = Vec::new();
        for cluster in self.place.snapshot.clusters.iter().filter(|c| self.place.scope.includes(&c.id)) {
            match sight(cluster) {
                Sight::Unknown => return,
                Sight::Wide => {
                    self.may_go_home = false;
                    return;
                }
                Sight::Nothing => {}
                Sight::Narrow(namespaces) => homes.extend(namespaces),
            }
        }
        self.may_go_home = false;
        let [home] = homes.as_slice() else { return };
        let world = self.place.world(self.now);
        let door = self.doors.iter().find(|door| door.command == "open" && (door.takes)(home).is_ok());
        if let Some(door) = door {
            let view = (door.open)(home, &self.open_context(&world));
            self.history.open(view);
            self.is_dirty = true;
        }
    }
}

fn sight(cluster: &ClusterSnapshot) -> Sight {
    match cluster.link {
        Link::Connecting => return Sight::Unknown,
        Link::Down(_) => return Sight::Nothing,
        Link::Up(_) => {}
    }
    let pods = cluster.freshness(&PODS);
    if !cluster.freshness(&NAMESPACES).is_settled() || !pods.is_settled() {
        return Sight::Unknown;
    }
    match (cluster.extent(&NAMESPACES), cluster.freshness(&NAMESPACES)) {
        // Known by name only: listing them is what is forbidden.
        (Extent::Namespaces { .. }, Freshness::Polled { .. }) if pods.is_current() => {
            let table = cluster.table::<Namespace>(&NAMESPACES);
            let named = table.into_iter().flat_map(|table| table.iter()).map(|(_, namespace)| ObjectRef {
                cluster: cluster.id.clone(),
                resource: NAMESPACES,
                namespace: None,
                name: namespace.name().into(),
            });
            Sight::Narrow(named.collect())
        }
        (Extent::Everything, Freshness::Live | Freshness::Polled { .. }) => Sight::Wide,
        _ => Sight::Nothing,
    }
}
