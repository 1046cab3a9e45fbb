//! The api of development cannot reach its database and ends with an error after every start.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::conduct::Conduct;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "crashloop",
    description: "the api of development crashes after every start",
    unfolds: SignedDuration::from_mins(4),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    let words = [
        "\u{1b}[32m INFO\u{1b}[0m api: starting version 1.9.0-rc.3",
        "\u{1b}[32m INFO\u{1b}[0m api::db: connecting to postgres://app@db.internal.cosner.cloud:5432/myapp",
        "\u{1b}[31mERROR\u{1b}[0m api::db: migration 0042_orders failed: column \"currency\" of relation \"orders\" already exists",
        "thread 'main' panicked at src/main.rs:71:10: database is not usable",
    ];
    cluster.conducts().set(
        "development",
        "api",
        Conduct::Crash { after: 3, code: 1, words: words.map(str::to_owned).to_vec() },
    );
    cluster.reconsider();
    Ok(())
}
