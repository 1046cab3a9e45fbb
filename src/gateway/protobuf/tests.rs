//! Answers as API servers write them, by hand and by their numbers in `generated.proto`, and all that is not one.

use std::borrow::Cow;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::test_encoder::{bytes, envelope, number};
use super::*;
use crate::fleet::kind;
use crate::fleet::wire::{List, Object as Part, Text, Unread};

/// Writes a message.
fn message(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut into = Vec::new();
    write(&mut into);
    into
}

fn seconds(seconds: i64, nanos: i64) -> Vec<u8> {
    message(|into| {
        number(into, 1, seconds);
        number(into, 2, nanos);
    })
}

fn entry(key: &str, value: &[u8]) -> Vec<u8> {
    message(|into| {
        bytes(into, 1, key.as_bytes());
        bytes(into, 2, value);
    })
}

/// `ListMeta`
fn list_meta() -> Vec<u8> {
    message(|into| {
        bytes(into, 1, b"");
        bytes(into, 2, b"77");
        bytes(into, 3, b"next");
        number(into, 4, 5);
    })
}

/// A pod with a field of every shape, in the order and with the zeros that Go writes.
fn pod() -> Vec<u8> {
    let owner = message(|into| {
        bytes(into, 1, b"ReplicaSet");
        bytes(into, 3, b"api-1");
        bytes(into, 4, b"uid");
        bytes(into, 5, b"apps/v1");
        number(into, 6, 1);
        number(into, 7, 1);
    });
    let managed = message(|into| bytes(into, 7, br#"{"f:metadata":{"f:name":"no"}}"#));
    let metadata = message(|into| {
        for (field, text) in [(1, "api-0"), (2, "api-"), (3, "web"), (4, ""), (5, "6f97e097"), (6, "1344")] {
            bytes(into, field, text.as_bytes());
        }
        number(into, 7, 0);
        bytes(into, 8, &seconds(1_763_719_200, 0));
        number(into, 10, 0);
        bytes(into, 11, &entry("app", b"api"));
        bytes(into, 11, &entry("empty", b""));
        bytes(into, 13, &owner);
        bytes(into, 14, b"one");
        bytes(into, 14, b"two");
        bytes(into, 17, &managed);
    });
    let claim = message(|into| {
        bytes(into, 1, b"data");
        number(into, 2, 0);
    });
    let volume = message(|into| {
        bytes(into, 1, b"disk");
        bytes(into, 2, &message(|into| bytes(into, 10, &claim)));
    });
    let quantity = message(|into| bytes(into, 1, b"100m"));
    let container = message(|into| {
        bytes(into, 1, b"api");
        bytes(into, 2, b"api:1");
        bytes(into, 5, b"");
        bytes(into, 8, &message(|into| bytes(into, 2, &entry("cpu", &quantity))));
        number(into, 16, 0);
    });
    let toleration = message(|into| {
        bytes(into, 1, b"spot \"x\"");
        bytes(into, 2, b"Exists");
        bytes(into, 3, b"");
        bytes(into, 4, b"");
        number(into, 5, 300);
    });
    let spec = message(|into| {
        bytes(into, 1, &volume);
        bytes(into, 2, &container);
        bytes(into, 10, b"node-1");
        number(into, 11, 0);
        bytes(into, 22, &toleration);
        number(into, 25, -10);
    });
    let terminated = message(|into| {
        number(into, 1, 0);
        number(into, 2, 0);
        bytes(into, 3, b"Completed");
        bytes(into, 4, &[b'a', 0xff, 0xe2, 0x82, b'b']);
        bytes(into, 6, &seconds(-1, 0));
    });
    let status = message(|into| {
        bytes(into, 1, b"api");
        bytes(into, 2, &message(|into| bytes(into, 3, &terminated)));
        bytes(into, 3, b"");
        number(into, 4, 0);
        number(into, 5, 0);
    });
    let statuses = message(|into| {
        bytes(into, 1, b"Running");
        bytes(into, 3, b"");
        bytes(into, 7, b"");
        bytes(into, 8, &status);
    });
    message(|into| {
        bytes(into, 1, &metadata);
        bytes(into, 2, &spec);
        bytes(into, 3, &statuses);
    })
}

fn page() -> Vec<u8> {
    let list = message(|into| {
        bytes(into, 1, &list_meta());
        bytes(into, 2, &pod());
        bytes(into, 2, b"");
    });
    envelope("v1", "PodList", &list)
}

fn read(page: &[u8]) -> Result<Value, Error> {
    Value::deserialize(answer(page)?)
}

#[test]
fn a_pod_is_what_its_json_is() {
    assert_eq!(
        read(&page()).unwrap(),
        json!({
            "metadata": {"resourceVersion": "77", "continue": "next", "remainingItemCount": 5},
            "items": [{
                "metadata": {"name": "api-0", "namespace": "web", "uid": "6f97e097", "resourceVersion": "1344",
                    "creationTimestamp": "2025-11-21T10:00:00Z", "deletionGracePeriodSeconds": 0,
                    "labels": {"app": "api", "empty": ""},
                    "ownerReferences": [{"kind": "ReplicaSet", "name": "api-1", "controller": true}],
                    "finalizers": ["one", "two"]},
                "spec": {"volumes": [{"name": "disk", "persistentVolumeClaim": {"claimName": "data"}}],
                    "containers": [{"name": "api", "image": "api:1", "resources": {"requests": {"cpu": "100m"}}}],
                    "nodeName": "node-1", "tolerations": [{"key": "spot \"x\"", "operator": "Exists"}], "priority": -10},
                "status": {"phase": "Running", "startTime": null, "containerStatuses": [{"name": "api",
                    "state": {"terminated": {"exitCode": 0, "reason": "Completed", "message": "a\u{fffd}\u{fffd}\u{fffd}b",
                        "finishedAt": "1969-12-31T23:59:59Z"}},
                    "lastState": {}, "ready": false, "restartCount": 0}]}
            }, {}]
        })
    );
}

#[test]
fn what_was_asked_for_is_what_the_schema_has() {
    for resource in [kind::PODS, kind::REPLICA_SETS, kind::JOBS, kind::EVENTS, kind::ENDPOINT_SLICES] {
        assert!(reads(&resource), "{resource}");
    }
    for resource in [kind::NODES, kind::SECRETS, kind::POD_METRICS, kind::APPLICATIONS] {
        assert!(!reads(&resource), "{resource}");
    }
}

#[test]
fn zeros_stay_where_json_has_them_and_go_where_it_has_not() {
    let spec = message(|into| number(into, 1, 0));
    let status = message(|into| {
        for field in 1..6 {
            number(into, field, 0);
        }
    });
    let set = message(|into| {
        bytes(into, 2, &spec);
        bytes(into, 3, &status);
    });
    let sets = envelope("apps/v1", "ReplicaSetList", &message(|into| bytes(into, 2, &set)));
    let expected = json!({"items": [{"spec": {"replicas": 0}, "status": {"replicas": 0}}]});
    assert_eq!(read(&sets).unwrap(), expected);

    let conditions = message(|into| number(into, 1, 0));
    let endpoint = message(|into| bytes(into, 2, &conditions));
    let port = message(|into| {
        bytes(into, 1, b"");
        number(into, 3, 0);
    });
    let slice = message(|into| {
        bytes(into, 2, &endpoint);
        bytes(into, 3, &port);
    });
    let slices =
        envelope("discovery.k8s.io/v1", "EndpointSliceList", &message(|into| bytes(into, 2, &slice)));
    let expected = json!({"items": [{"endpoints": [{"conditions": {"ready": false}}], "ports": [{"name": "", "port": 0}]}]});
    assert_eq!(read(&slices).unwrap(), expected);
}

#[test]
fn instants_are_written_as_json_writes_them() {
    let of = |time: &[u8], micro: &[u8]| {
        let event = message(|into| {
            bytes(into, 6, time);
            bytes(into, 10, micro);
        });
        let event = read(&envelope("v1", "EventList", &message(|into| bytes(into, 2, &event)))).unwrap();
        (event["items"][0]["firstTimestamp"].clone(), event["items"][0]["eventTime"].clone())
    };
    let time = seconds(1_763_719_200, 776_063_999);
    assert_eq!(of(&time, &time), (json!("2025-11-21T10:00:00Z"), json!("2025-11-21T10:00:00.776063Z")));
    let whole = seconds(1_763_719_200, 0);
    assert_eq!(of(&whole, &whole), (json!("2025-11-21T10:00:00Z"), json!("2025-11-21T10:00:00.000000Z")));
    assert_eq!(of(b"", b""), (Value::Null, Value::Null));
    assert_eq!(of(&seconds(i64::MAX, 0), &seconds(0, i64::MAX)).0, Value::Null);
}

#[derive(Deserialize)]
struct Pods<'a> {
    #[serde(borrow)]
    items: List<Spec<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    #[serde(borrow)]
    spec: Part<Parts<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Parts<'a> {
    #[serde(borrow)]
    node_name: Text<'a>,
    #[serde(borrow)]
    tolerations: Option<Unread<'a>>,
    #[serde(borrow)]
    volumes: Option<Unread<'a>>,
    #[serde(borrow)]
    affinity: Option<Unread<'a>>,
}

#[test]
fn texts_are_borrowed_and_what_is_put_off_is_json() {
    let page = page();
    let pods = Pods::deserialize(answer(&page).unwrap()).unwrap();
    let spec = pods.items[0].spec.get().unwrap();
    assert!(matches!(spec.node_name.0, Cow::Borrowed("node-1")));
    let unread = spec.tolerations.as_ref().unwrap();
    assert_eq!(unread.json(), r#"[{"key":"spot \"x\"","operator":"Exists"}]"#);
    let volumes = r#"[{"name":"disk","persistentVolumeClaim":{"claimName":"data"}}]"#;
    assert_eq!(spec.volumes.as_ref().unwrap().json(), volumes);
    assert!(spec.affinity.is_none());
}

#[test]
fn the_order_of_fields_does_not_matter_and_fields_of_tomorrow_are_skipped() {
    let metadata = message(|into| {
        bytes(into, 14, b"one");
        bytes(into, 999, b"new");
        number(into, 500, 7);
        bytes(into, 1, b"api-0");
        bytes(into, 3, b"web");
    });
    let list = message(|into| bytes(into, 2, &message(|into| bytes(into, 1, &metadata))));
    let expected =
        json!({"items": [{"metadata": {"finalizers": ["one"], "name": "api-0", "namespace": "web"}}]});
    assert_eq!(read(&envelope("v1", "PodList", &list)).unwrap(), expected);
}

#[test]
fn an_answer_of_another_kind_and_no_answer_at_all_are_errors_with_their_place() {
    let told = |page: &[u8]| read(page).unwrap_err().to_string();
    assert_eq!(told(b""), "it is no protobuf of Kubernetes at byte 0");
    assert_eq!(told(b"{\"kind\":\"PodList\"}"), "it is no protobuf of Kubernetes at byte 0");
    assert_eq!(told(b"k8s\0"), "it is of a kind that nobody asked for, at byte 4");
    assert_eq!(told(&envelope("v1", "SecretList", b"")), "it is of a kind that nobody asked for, at byte 6");
    assert_eq!(
        told(&envelope("v1beta1", "PodList", b"")),
        "it is of a kind that nobody asked for, at byte 6"
    );
}

#[test]
fn a_field_of_another_type_is_an_error_that_names_it() {
    let told = |list: &[u8]| read(&envelope("v1", "PodList", list)).unwrap_err().to_string();
    let name = message(|into| bytes(into, 1, &message(|into| number(into, 1, 7))));
    let message_of_text = message(|into| bytes(into, 2, &name));
    assert!(told(&message_of_text).ends_with("(ObjectMeta.name)"), "{}", told(&message_of_text));
    assert!(told(&message(|into| number(into, 2, 1))).starts_with("a field of another type at byte "));
    let fixed = message(|into| {
        into.extend([0x15, 1, 2, 3, 4]);
    });
    assert!(told(&fixed).ends_with("(PodList.items)"));
    let label = message(|into| bytes(into, 1, &message(|into| number(into, 11, 7))));
    assert!(told(&message(|into| bytes(into, 2, &label))).ends_with("(ObjectMeta.labels)"));
}

#[test]
fn the_beginning_of_a_page_is_read_as_far_as_it_goes() {
    let page = page();
    let whole = answer(&page).unwrap().reader.at() + 2 + list_meta().len();
    // Whoever wants no more than the head stops there.
    let head = |bytes: &[u8]| {
        use serde::de::{MapAccess, Visitor};
        struct First;
        impl<'de> Visitor<'de> for First {
            type Value = Option<Value>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                Ok(map.next_entry::<String, Value>()?.map(|(_, head)| head))
            }
        }
        serde::Deserializer::deserialize_map(beginning(bytes)?, First)
    };
    for cut in whole..=page.len() {
        assert_eq!(head(&page[..cut]).unwrap().unwrap()["continue"], "next", "{cut}");
    }
    for cut in 0..whole {
        assert!(head(&page[..cut]).is_ok_and(|head| head.is_none()) || head(&page[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn a_refusal_is_read() {
    let details = message(|into| {
        bytes(into, 1, b"");
        number(into, 5, 9);
    });
    let refusal = message(|into| {
        bytes(into, 1, &message(|into| bytes(into, 2, b"")));
        bytes(into, 2, b"Failure");
        bytes(into, 3, b"too many requests");
        bytes(into, 4, b"TooManyRequests");
        bytes(into, 5, &details);
        number(into, 6, 429);
    });
    let read = format!("{:?}", status(&envelope("v1", "Status", &refusal)).unwrap());
    assert!(read.contains("too many requests") && read.contains("TooManyRequests"), "{read}");
    assert!(read.contains("code: 429") && read.contains("retry_after_seconds: Some(9)"), "{read}");
}

/// Reads it in every way there is: as it comes, and leaving things out.
fn survives(bytes: &[u8]) {
    let all = read(bytes);
    let some = answer(bytes).and_then(|page| Pods::deserialize(page).map(|pods| pods.items.len()));
    let none = answer(bytes).and_then(|page| serde::de::IgnoredAny::deserialize(page).map(|_| ()));
    let _ = (all.is_ok(), some.is_ok(), none.is_ok(), status(bytes).is_ok());
    let _ = beginning(bytes).and_then(Value::deserialize);
}

#[test]
fn a_page_that_is_cut_anywhere_is_an_error() {
    let page = page();
    for cut in 0..page.len() {
        survives(&page[..cut]);
        // The last four bytes are two empty texts of the envelope.
        let is_error = read(&page[..cut]).is_err();
        assert!(is_error || cut == page.len() - 4 || cut == page.len() - 2, "{cut} of {}", page.len());
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        kind in 0..schema::ANSWERS.len(),
    ) {
        survives(&bytes);
        let (version, name, _) = schema::ANSWERS[kind];
        survives(&envelope(version, name, &bytes));
    }

    #[test]
    fn a_page_with_flipped_bits_is_read_or_refused(
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), 0..8_u32), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut page = page();
        for (at, bit) in flips {
            let at = at.index(page.len());
            page[at] ^= 1 << bit;
        }
        survives(&page);
        survives(&page[..cut.index(page.len())]);
    }
}
