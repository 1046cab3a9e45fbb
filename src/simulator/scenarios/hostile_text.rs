//! Names, labels, messages and log lines that try to take over a terminal, or are merely hard to lay out.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::pod::{self, Birth, Ending};
use crate::simulator::demo::Demo;
use crate::simulator::store::{Line, Selection};
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "hostile-text",
    description: "names and messages with escape sequences, newlines, wide and right-to-left text",
    unfolds: SignedDuration::from_secs(5),
    namespace: None,
    apply,
};

/// Texts that a careless terminal program draws as they are.
pub(crate) const TEXTS: [&str; 8] = [
    "\u{1b}[2J\u{1b}[H\u{1b}[31mcleared\u{1b}[0m",
    "\u{1b}]0;stolen title\u{7}\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "two\nlines\r\nand\ta tab",
    "backspaces\u{8}\u{8}\u{8}\u{7f}",
    "注文サービスは再起動中です 🚢⚓️",
    "سفينة في الميناء",
    "user\u{202e}dekcol si tnuocca\u{202c}\u{2066}\u{2069}",
    "zero\u{200b}width\u{200d}and\u{feff}combining e\u{301}\u{302}\u{303}\u{304}",
];

/// A namespace has as many pods of this kind as there are texts, each with one of them.
fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    let store = cluster.store().clone();
    let sets = store.list(
        "replicasets.apps",
        Some("development"),
        &Selection::by_labels("app.kubernetes.io/name=api")?,
    );
    let Some(owner) = sets.iter().map(|set| set.value()).find(|set| field::number(set, "spec.replicas") > 0)
    else {
        return Ok(());
    };
    let now = store.clock().now();
    for (index, text) in TEXTS.iter().enumerate() {
        let name = format!("hostile-{index}-{text}");
        let mut hostile = pod::from_template(Birth {
            owner: &owner,
            template: field::at(&owner, "spec.template"),
            name: &name,
            generate_name: "",
        });
        // Nobody's pod: the ReplicaSet must not count it.
        field::drop_at(&mut hostile, "metadata.ownerReferences");
        field::put(&mut hostile, "metadata.labels", json!({"hostile": text}));
        field::annotate(&mut hostile, "note", *text);
        field::put(&mut hostile, "status.message", json!(text));
        pod::assign(&mut hostile, "ip-10-0-11-40.ec2.internal", now);
        let address = pod::Address { host: "10.0.11.40".to_owned(), pod: format!("10.0.11.{}", 30 + index) };
        pod::running(&mut hostile, &address, now);
        pod::ended(&mut hostile, "api", Ending { code: 1, reason: text, at: now });
        field::put(&mut hostile, "status.phase", json!("Failed"));
        let made = store.create(&hostile)?;
        store.logs().append("development", &name, "api", Line { at: now, text: (*text).into() });
        cluster.as_component(|round| round.warn(&made, "hostile", "Hostile", (*text).to_owned()));
    }
    Ok(())
}
