//! How full volumes are, from kubelets that answer, that do not, and that may not be asked.

use super::*;
use crate::fleet::kind::VOLUME_USAGES;
use crate::fleet::storage::usage::VolumeUsage;

const ATTACHMENTS: &str = "/apis/storage.k8s.io/v1/volumeattachments";

fn attachments(nodes: &[&str]) -> Reply {
    let items = nodes.iter().map(|node| json!({"spec": {"nodeName": node}, "status": {"attached": true}}));
    let coming = json!({"spec": {"nodeName": "coming"}, "status": {"attached": false}});
    fake::json(json!({"metadata": {}, "items": items.chain([coming]).collect::<Vec<_>>()}))
}

fn summary(claims: &[(&str, u64)]) -> Reply {
    let volumes: Vec<_> = claims
        .iter()
        .map(|(claim, used)| {
            json!({"time": "2026-11-21T12:59:30Z", "usedBytes": used, "capacityBytes": 100, "name": "data",
                "pvcRef": {"name": claim, "namespace": "web"}})
        })
        .collect();
    fake::json(json!({"node": {"nodeName": "x"}, "pods": [{"volume": volumes}]}))
}

/// Kubelets of the nodes that have something attached.
fn rig(nodes: &'static [&'static str], kubelet: impl Fn(&str) -> Reply + Send + 'static) -> Rig {
    let world = World::with(&[]);
    world.answer_first(move |seen| {
        if seen.path == ATTACHMENTS {
            return Some(attachments(nodes));
        }
        let rest = seen.path.strip_prefix("/api/v1/nodes/")?;
        Some(kubelet(rest.strip_suffix("/proxy/stats/summary")?))
    });
    let rig = Rig::new(&world);
    rig.want(&[VOLUME_USAGES]);
    rig
}

fn used(picture: &ClusterSnapshot) -> Vec<(String, u64)> {
    let table = picture.table::<VolumeUsage>(&VOLUME_USAGES);
    let mut rows: Vec<_> = table
        .iter()
        .flat_map(|table| table.iter())
        .map(|(_, row)| (row.claim.to_string(), row.used))
        .collect();
    rows.sort();
    rows
}

fn is_read(picture: &ClusterSnapshot) -> bool {
    matches!(picture.freshness(&VOLUME_USAGES), Freshness::Polled { .. })
}

fn asked(rig: &Rig) -> Vec<String> {
    let seen = rig.fake.seen().into_iter().map(|seen| seen.path);
    let mut nodes: Vec<String> = seen.filter(|path| path.contains("/proxy/")).collect();
    nodes.dedup();
    nodes
}

#[tokio::test]
async fn nodes_with_volumes_are_asked_and_a_silent_one_costs_the_others_nothing() {
    let mut rig = rig(&["a", "b", "c", "a"], |node| match node {
        "a" => fake::status(503, "ServiceUnavailable", "error trying to reach service: i/o timeout"),
        "b" => summary(&[("one", 40), ("two", 97)]),
        _ => summary(&[("three", 1)]),
    });
    let picture = rig.until("read", is_read).await;
    let expected = [("one", 40), ("three", 1), ("two", 97)].map(|(name, used)| (name.to_owned(), used));
    assert_eq!(used(&picture), expected);
    let mut nodes = asked(&rig);
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), 3, "each once, and none that only waits for its volume: {nodes:?}");
}

#[tokio::test]
async fn they_are_asked_again_and_what_is_unmounted_goes() {
    let times = std::sync::atomic::AtomicUsize::new(0);
    let mut rig = rig(&["a"], move |_| match times.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => summary(&[("one", 40), ("two", 50)]),
        _ => summary(&[("two", 51)]),
    });
    rig.until("first", |p| used(p).len() == 2).await;
    rig.until("again", |p| used(p) == [("two".to_owned(), 51)]).await;
    rig.want(&[]);
    rig.until("forgotten", |p| p.table::<VolumeUsage>(&VOLUME_USAGES).is_none()).await;
}

#[tokio::test]
async fn a_refusal_is_met_once_and_names_the_right_that_is_missing() {
    let mut rig = rig(&["a", "b", "c"], |node| {
        let words =
            format!("nodes \"{node}\" is forbidden: User \"dev\" cannot get resource \"nodes/proxy\"");
        fake::status(403, "Forbidden", &words)
    });
    let is_refused = |p: &ClusterSnapshot| matches!(p.freshness(&VOLUME_USAGES), Freshness::Forbidden { .. });
    let picture = rig.until("forbidden", is_refused).await;
    let freshness = picture.freshness(&VOLUME_USAGES);
    let problem = freshness.problem().unwrap();
    assert_eq!(problem.message(), "forbidden: get nodes/proxy as dev");
    assert!(problem.hints()[0].contains("resources: [\"nodes/proxy\"], verbs: [\"get\"]"), "{problem:?}");
    assert_eq!(asked(&rig), ["/api/v1/nodes/a/proxy/stats/summary"], "the others are not asked");
}

#[tokio::test]
async fn where_no_kubelet_can_be_reached_that_is_said_and_without_volumes_nobody_is_asked() {
    let mut silent = rig(&["a", "b"], |_| fake::status(400, "BadRequest", "address not allowed"));
    let is_lost = |p: &ClusterSnapshot| matches!(p.freshness(&VOLUME_USAGES), Freshness::Unavailable { .. });
    let picture = silent.until("unavailable", is_lost).await;
    let freshness = picture.freshness(&VOLUME_USAGES);
    assert_eq!(freshness.problem().unwrap().message(), "cannot get nodes/proxy: 400 address not allowed");
    let mut garbled = rig(&["a"], |_| fake::json(json!("what is this")));
    garbled.until("unavailable", is_lost).await;
    let mut empty = rig(&[], |_| summary(&[]));
    let picture = empty.until("read", is_read).await;
    assert!(used(&picture).is_empty() && asked(&empty).is_empty());
}
