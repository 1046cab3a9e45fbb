//! Custom kinds that appear, vanish and change their version under a running cockpit.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::rig::Stream;
use super::*;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// What the server offers, and the watches of its definitions.
#[derive(Clone, Default)]
struct Offer {
    /// The served version of things; nothing while nobody defined them.
    version: Arc<Mutex<Option<&'static str>>>,
    watches: Arc<Mutex<Vec<Stream>>>,
}

impl Offer {
    fn of(version: Option<&'static str>) -> Self {
        let offer = Self::default();
        *offer.version.lock().unwrap() = version;
        offer
    }

    fn groups(&self) -> Value {
        let versions = self.version.lock().unwrap().map(|version| {
            json!({"version": version, "resources": [{"resource": "things", "scope": "Namespaced",
                "responseKind": {"kind": "Thing"}, "verbs": ["get", "list", "watch"]}]})
        });
        let groups: Vec<Value> = versions
            .map(|version| json!({"metadata": {"name": "test.io"}, "versions": [version]}))
            .into_iter()
            .collect();
        json!({"items": groups})
    }

    /// Answers discovery, the definitions, and things in any version but the served one.
    fn answer(&self, seen: &Seen) -> Option<Reply> {
        let missing = || fake::status(404, "NotFound", "the server could not find the requested resource");
        match seen.path.as_str() {
            "/apis" => Some(fake::json(self.groups())),
            DEFINITIONS if seen.is_watch() => {
                let (sender, reply) = fake::stream();
                self.watches.lock().unwrap().push(sender);
                Some(reply)
            }
            DEFINITIONS => Some(fake::json(json!({"metadata": {"resourceVersion": "7"}, "items": []}))),
            path if path.ends_with("/things") => {
                let served = self.version.lock().unwrap().map(|version| format!("/apis/test.io/{version}/"));
                let is_served = served.is_some_and(|served| path.starts_with(&served));
                (!is_served).then(missing)
            }
            _ => None,
        }
    }

    /// Somebody defines things in this version, or takes the definition away.
    async fn define(&self, version: Option<&'static str>) {
        *self.version.lock().unwrap() = version;
        let event = json!({"type": "MODIFIED", "object": {"metadata": {"name": "things.test.io",
            "resourceVersion": "8"}}});
        let watches = self.watches.lock().unwrap().clone();
        for watch in watches {
            let _ = watch.send(Ok(format!("{event}\n").into())).await;
        }
    }
}

/// Nothing is tried again by itself: what changes changes because it was told.
fn patient() -> Pace {
    let long = Duration::from_secs(600);
    Pace { poll: long, refused: long, kinds: long, ..quick() }
}

fn rig(offer: &Offer) -> (Arc<World>, Rig) {
    let world = World::with(&["a"]);
    let answers = offer.clone();
    world.answer_first(move |seen| answers.answer(seen));
    let rig = Rig::with(&world, patient(), ConnectionSettings::default());
    rig.want(&[THINGS]);
    (world, rig)
}

async fn watched(rig: &mut Rig, offer: &Offer) {
    let watches = Arc::clone(&offer.watches);
    rig.until("told who we are", |p| matches!(&p.link, Link::Up(info) if info.user.is_some())).await;
    while watches.lock().unwrap().is_empty() || rig.supervisor.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
}

fn is_unavailable(picture: &ClusterSnapshot) -> bool {
    matches!(picture.freshness(&THINGS), Freshness::Unavailable { .. })
}

#[tokio::test]
async fn a_table_of_a_kind_that_is_defined_later_starts_by_itself() {
    let offer = Offer::of(None);
    let (_world, mut rig) = rig(&offer);
    let picture = rig.until("unavailable", is_unavailable).await;
    let said = picture.freshness(&THINGS).problem().unwrap().message().to_owned();
    assert_eq!(said, "the API server offers no things.test.io");
    watched(&mut rig, &offer).await;
    offer.define(Some("v1")).await;
    let picture = rig.until_live(&[("a", 1)]).await;
    assert!(picture.catalog.find("things").is_some());
}

#[tokio::test]
async fn a_table_of_a_kind_whose_definition_is_taken_away_says_so_while_its_watch_is_still_open() {
    let offer = Offer::of(Some("v1"));
    let (world, mut rig) = rig(&offer);
    rig.until_live(&[("a", 1)]).await;
    watched(&mut rig, &offer).await;
    offer.define(None).await;
    let picture = rig.until("unavailable", is_unavailable).await;
    assert!(rows(&picture).is_empty(), "its objects are gone with it");
    assert!(picture.catalog.find("things").is_none());
    assert_eq!(world.watches.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn another_served_version_is_followed_and_objects_are_fetched_in_it() {
    let offer = Offer::of(Some("v1"));
    let (world, mut rig) = rig(&offer);
    rig.until_live(&[("a", 1)]).await;
    watched(&mut rig, &offer).await;
    world.set("b", 2);
    offer.define(Some("v2")).await;
    rig.until_live(&[("a", 1), ("b", 2)]).await;
    let last = rig.watches().into_iter().rfind(|seen| seen.path.ends_with("/things")).unwrap();
    assert_eq!(last.path, "/apis/test.io/v2/things");
    assert!(!rig.told.iter().any(|f| matches!(f, Freshness::Unavailable { .. })), "{:?}", rig.told);
    // Whoever opened the table before still names the old version.
    let object =
        ObjectRef { cluster: cluster(), resource: THINGS, namespace: Some("web".into()), name: "a".into() };
    let _not_there = rig.supervisor.fetch(object).await;
    assert!(rig.fake.seen().iter().any(|s| s.path == "/apis/test.io/v2/namespaces/web/things/a"));
}

#[tokio::test]
async fn where_definitions_may_not_be_watched_the_offer_is_read_again_once_in_a_while() {
    let offer = Offer::of(None);
    let world = World::with(&["a"]);
    world.answer_first(|seen| {
        (seen.path == DEFINITIONS)
            .then(|| fake::status(403, "Forbidden", "customresourcedefinitions is forbidden"))
    });
    let answers = offer.clone();
    world.answer_first(move |seen| answers.answer(seen));
    let pace = Pace { kinds: Duration::from_millis(20), ..patient() };
    let mut rig = Rig::with(&world, pace, ConnectionSettings::default());
    rig.want(&[THINGS]);
    rig.until("unavailable", is_unavailable).await;
    offer.define(Some("v1")).await;
    rig.until_live(&[("a", 1)]).await;
    assert!(offer.watches.lock().unwrap().is_empty());
}
