//! The living fleet: both clusters with their controllers, and now and then something that people and machines do.
//!
//! [`Demo`] owns everything that moves. On a clock that runs, [`Demo::run`] lives until it is dropped; on one that
//! stands still, nothing moves until [`Demo::advance`]. The same seed gives the same life.

mod activities;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::simulator::Simulator;
use crate::simulator::api::status::Status;
use crate::simulator::aws::Aws;
use crate::simulator::controllers::Controllers;
use crate::simulator::demo::activities::ACTIVITIES;
use crate::simulator::scenarios::Scenario;
use crate::simulator::world;
use crate::simulator::world::chance::Chance;
use crate::simulator::world::cluster::CLUSTERS;

/// Something that happens again and again.
pub(crate) trait Activity: Sync {
    /// Milliseconds between two occurrences: at least, at most.
    fn pause(&self) -> (i64, i64);

    /// It happens. What the store refuses did not happen, as for anybody.
    ///
    /// # Errors
    /// When the store refuses.
    fn happen(&self, demo: &mut Demo) -> Result<(), Status>;
}

/// The fleet in motion.
#[derive(Debug)]
pub struct Demo {
    clusters: Vec<Controllers>,
    aws: Aws,
    chance: Chance,
    plans: BTreeSet<(Timestamp, usize)>,
    roster: activities::Roster,
}

impl Demo {
    /// Founds the reference fleet in a simulator, with its daily life.
    ///
    /// # Errors
    /// When a store refuses an object: it was not empty.
    pub fn start(simulator: &mut Simulator, seed: u64) -> Result<Self, Status> {
        let mut demo = Self::quiet(simulator, seed)?;
        for index in 0..ACTIVITIES.len() {
            demo.plan(index);
        }
        Ok(demo)
    }

    /// Founds the reference fleet with its controllers, but with nobody who does anything: for tests that act themselves.
    ///
    /// # Errors
    /// When a store refuses an object: it was not empty.
    pub fn quiet(simulator: &mut Simulator, seed: u64) -> Result<Self, Status> {
        let mut clusters = Vec::new();
        for cluster in CLUSTERS {
            let store = simulator.add_cluster(cluster.name);
            world::install(cluster, &store)?;
            let controllers = Controllers::new(&store, seed);
            simulator.aws().watch_conducts(cluster.name, controllers.conducts());
            clusters.push(controllers);
        }
        let aws = simulator.aws().clone();
        aws.found();
        Ok(Self {
            clusters,
            aws,
            chance: Chance::new(seed),
            plans: BTreeSet::new(),
            roster: activities::Roster::default(),
        })
    }

    /// Lets something go wrong.
    ///
    /// # Errors
    /// When a store refuses.
    pub fn apply(&mut self, scenario: &Scenario) -> Result<(), Status> {
        (scenario.apply)(self)
    }

    /// The account of the fleet.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The controllers of a cluster.
    pub fn cluster(&mut self, name: &str) -> Option<&mut Controllers> {
        self.clusters.iter_mut().find(|cluster| cluster.store().cluster() == name)
    }

    /// The controllers of all clusters.
    pub fn clusters(&mut self) -> impl Iterator<Item = &mut Controllers> {
        self.clusters.iter_mut()
    }

    /// Does everything that is to be done at the clock's present. Answers when there will be more.
    pub fn work(&mut self) -> Option<Timestamp> {
        if let Some(now) = self.now() {
            while let Some((at, index)) = self.plans.first().copied().filter(|(at, _)| *at <= now) {
                self.plans.remove(&(at, index));
                if let Some(activity) = ACTIVITIES.get(index) {
                    // What was refused did not happen; life goes on.
                    let _ = activity.happen(self);
                }
                self.plan(index);
            }
        }
        let planned = self.plans.first().map(|(at, _)| *at);
        let next = self.clusters.iter_mut().filter_map(Controllers::work).chain(planned).min();
        next.into_iter().chain(self.aws.work()).min()
    }

    /// Advances a fixed clock by a span, stopping at every instant at which something is to be done.
    pub fn advance(&mut self, by: SignedDuration) {
        let Some(clock) = self.clusters.first().map(|first| first.store().clock().clone()) else { return };
        let until = clock.now().checked_add(by).unwrap_or(Timestamp::MAX);
        loop {
            let next = self.work().unwrap_or(until).min(until);
            let now = clock.now();
            if now >= until {
                break;
            }
            let step = std::time::Duration::try_from(next.duration_since(now)).unwrap_or_default();
            clock.advance(step.max(std::time::Duration::from_millis(1)));
        }
        self.clusters.iter_mut().for_each(Controllers::renew);
    }

    /// Lives for ever: wakes when a store has news and when something is due. Dropping the future ends it.
    pub async fn run(mut self) {
        loop {
            let next = self.work();
            let Some(clock) = self.clusters.first().map(|first| first.store().clock().clone()) else {
                return;
            };
            let news = futures::future::select_all(
                self.clusters.iter_mut().map(|cluster| Box::pin(cluster.next_change())),
            );
            match next {
                Some(at) => {
                    tokio::select! {
                        () = clock.wake_at(at) => {}
                        _ = news => {}
                    }
                }
                None => {
                    news.await;
                }
            }
        }
    }

    fn now(&self) -> Option<Timestamp> {
        self.clusters.first().map(|first| first.store().clock().now())
    }

    fn plan(&mut self, index: usize) {
        let (Some(activity), Some(now)) = (ACTIVITIES.get(index), self.now()) else { return };
        let (low, high) = activity.pause();
        let pause = SignedDuration::from_millis(self.chance.between(low, high));
        self.plans.insert((now.checked_add(pause).unwrap_or(now), index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;
    use crate::simulator::controllers::pod;
    use crate::simulator::store::Selection;
    use crate::simulator::world::field;

    fn demo(seed: u64) -> (Simulator, Demo) {
        let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        let demo = Demo::start(&mut simulator, seed).unwrap();
        (simulator, demo)
    }

    fn fingerprint(simulator: &Simulator) -> Vec<String> {
        simulator
            .clusters()
            .flat_map(|name| simulator.cluster(name).unwrap().list("pods", None, &Selection::all()))
            .map(|pod| format!("{} {}", pod.key, pod.uid))
            .collect()
    }

    #[test]
    fn nothing_moves_until_the_clock_does() {
        let (simulator, mut demo) = demo(1);
        demo.work();
        let versions: Vec<u64> =
            simulator.clusters().map(|name| simulator.cluster(name).unwrap().resource_version()).collect();
        demo.work();
        let later: Vec<u64> =
            simulator.clusters().map(|name| simulator.cluster(name).unwrap().resource_version()).collect();
        assert_eq!(versions, later);
    }

    #[test]
    fn forty_minutes_of_life_move_pods_and_replace_a_node_and_leave_the_fleet_whole() {
        let (simulator, mut demo) = demo(1);
        let before = fingerprint(&simulator);
        let nodes = |simulator: &Simulator| -> BTreeSet<String> {
            let stores = simulator.clusters().filter_map(|name| simulator.cluster(name));
            let nodes = stores.flat_map(|store| store.list("nodes", None, &Selection::all()));
            nodes.map(|node| node.key.name.to_string()).collect()
        };
        let nodes_before = nodes(&simulator);
        demo.advance(SignedDuration::from_mins(40));
        let nodes_after = nodes(&simulator);
        assert!(nodes_after.difference(&nodes_before).count() >= 1, "a node was replaced");
        assert!(nodes_before.difference(&nodes_after).count() >= 1, "an old node is gone");
        let after = fingerprint(&simulator);
        assert_ne!(before, after);
        for name in simulator.clusters() {
            let pods = simulator.cluster(name).unwrap().list("pods", None, &Selection::all());
            let lost: Vec<String> = pods
                .iter()
                .map(|pod| pod.value())
                .filter(|pod| field::text(pod, "spec.nodeName").is_empty() && !pod::is_terminating(pod))
                .map(|pod| field::name(&pod).to_owned())
                .collect();
            assert_eq!(lost, Vec::<String>::new(), "{name}");
        }
        for cluster in demo.clusters() {
            let refused: Vec<String> =
                cluster.refused().map(|(key, status)| format!("{key}: {}", status.message)).collect();
            assert_eq!(refused, Vec::<String>::new());
        }
    }

    #[test]
    fn a_fleet_in_which_nobody_does_anything_is_quiet_and_costs_little() {
        let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        let mut demo = Demo::quiet(&mut simulator, 1).unwrap();
        demo.work();
        let versions = |simulator: &Simulator| -> Vec<u64> {
            simulator.clusters().map(|name| simulator.cluster(name).unwrap().resource_version()).collect()
        };
        let before = versions(&simulator);
        demo.advance(SignedDuration::from_mins(60));
        for (name, (before, after)) in simulator.clusters().zip(before.into_iter().zip(versions(&simulator)))
        {
            assert!(after - before < 900, "{name} wrote {} times in an hour", after - before);
            let events = simulator.cluster(name).unwrap().list("events", None, &Selection::all());
            let alarming: Vec<String> = events
                .iter()
                .map(|event| event.value())
                .filter(|event| {
                    field::text(event, "type") == "Warning"
                        && field::text(event, "firstTimestamp") >= "2026-11-21T10:42:07Z"
                })
                .map(|event| field::text(&event, "message").to_owned())
                .collect();
            assert_eq!(alarming, Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_life_and_another_one_another() {
        let life = |seed| {
            let (simulator, mut demo) = demo(seed);
            demo.advance(SignedDuration::from_mins(8));
            fingerprint(&simulator)
        };
        assert_eq!(life(3), life(3));
        assert_ne!(life(3), life(4));
    }

    #[tokio::test]
    async fn a_running_clock_moves_the_fleet_by_itself() {
        let mut simulator = Simulator::new(SimClock::running("2026-11-21T10:42:07Z".parse().unwrap()));
        let demo = Demo::start(&mut simulator, 1).unwrap();
        let mut grown = simulator.cluster("myapp-prod").unwrap().logs().grown();
        tokio::select! {
            () = demo.run() => {}
            changed = grown.changed() => assert!(changed.is_ok()),
        }
    }
}
