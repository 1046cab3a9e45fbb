//! `events`

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::fleet::event::Event;
use crate::fleet::kind::EVENTS;
use crate::fleet::{ResourceType, Verdict};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext, Telling};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Events by the object they are about, warnings first; what they say is the reason column.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events;

static ABOUT: ViewAbout = ViewAbout {
    name: "events",
    aliases: &["ev", "event"],
    help: "Events: what happened to which object, how often, and who says so",
};

static RESOURCES: [ResourceType; 1] = [EVENTS];

static COLUMNS: [Column<Event>; 11] = [
    columns::namespace(),
    Column::<Event>::new("object", "OBJECT", "What it happened to", |event, _| {
        let about = &event.about;
        Value::text(match &*about.name {
            "" => about.kind.to_string(),
            name => format!("{}/{name}", about.kind),
        })
        .as_role(Role::Strong)
    })
    .fit(10, 48)
    .drop_at(0)
    .sorts_by('O'),
    Column::<Event>::new("last-seen", "LAST", "When it last happened", |event, context| {
        Value::Age(context.folded.map_or(event.last_seen, |folded| folded.last)).into()
    })
    .fit(4, 7)
    .drop_at(0)
    .sorts_by('A'),
    Column::<Event>::new("count", "COUNT", "How often it happened", |event, context| {
        match told(event, context) {
            1 => Value::Count(1).as_role(Role::Dim),
            count => Value::Count(count).into(),
        }
    })
    .fit(3, 6)
    .drop_at(3)
    .sorts_by('C'),
    Column::<Event>::new("first-seen", "FIRST", "When it first happened", |event, context| {
        Value::Age(context.folded.map_or(event.first_seen, |folded| folded.first)).into()
    })
    .fit(4, 7)
    .drop_at(6)
    .sorts_by('F'),
    Column::<Event>::new("type", "TYPE", "Normal or Warning", |event, _| match event.is_warning {
        true => Value::text("Warning").as_role(Role::Warning),
        false => Value::text("Normal").as_role(Role::Dim),
    })
    .fit(6, 7)
    .drop_at(8)
    .wide()
    .sorts_by('T'),
    Column::<Event>::new("reason", "REASON", "What happened, in one word", |event, _| {
        Value::text(&*event.reason).as_role(if event.is_warning { Role::Warning } else { Role::Text })
    })
    .fit(6, 24)
    .drop_at(0)
    .sorts_by('R'),
    Column::<Event>::new("container", "CONTAINER", "The container that it is about", |event, _| {
        Value::text(&*event.about.container).into()
    })
    .fit(5, 20)
    .drop_at(9)
    .wide(),
    Column::<Event>::new("source", "SOURCE", "Who says so", |event, _| {
        Value::text(&*event.source).as_role(Role::Dim)
    })
    .fit(6, 36)
    .drop_at(7)
    .wide(),
    Column::<Event>::new("kind", "KIND", "Kind of the object", |event, _| {
        Value::text(&*event.about.kind).into()
    })
    .fit(4, 24)
    .drop_at(9)
    .wide(),
    columns::name::<Event>().drop_at(9).wide(),
];

impl Listing for Events {
    type Row = Event;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Event>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, event: &'a Event, _: &RowContext<'a>) -> Judged<'a> {
        let verdict = if event.is_warning { Verdict::Warning } else { Verdict::Ok };
        Judged::because(verdict, &*event.message)
    }
    fn telling(&self, event: &Event) -> Option<Telling> {
        let hash = |what: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            what(&mut hasher);
            hasher.finish()
        };
        let about = (&event.about.kind, &event.about.namespace, &event.about.name);
        let says = (&event.reason, &event.message, &event.about.container, event.is_warning);
        Some(Telling {
            about: hash(&|hasher| about.hash(hasher)),
            says: hash(&|hasher| says.hash(hasher)),
            count: event.count.into(),
            first: event.first_seen,
            last: event.last_seen,
            is_warning: event.is_warning,
        })
    }
    fn folds(&self) -> bool {
        true
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("told", false))
    }
}

/// How often it happened, with all that say the same.
fn told(event: &Event, context: &RowContext<'_>) -> u64 {
    context.folded.map_or(event.count.into(), |folded| folded.count)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::table_view::{Glyphs, TableView};
    use crate::ui::test_cluster::TestCluster;
    use crate::ui::view::View;
    use crate::ui::views::test_bench::Bench;

    fn event(
        name: &str,
        about: &str,
        kind: &str,
        message: &str,
        first: &str,
        last: &str,
    ) -> serde_json::Value {
        json!({"metadata": {"name": name, "namespace": "web"}, "type": kind, "reason": "Said", "count": 2, "message": message,
            "involvedObject": {"kind": "Pod", "name": about}, "firstTimestamp": format!("2026-11-21T12:{first}:00Z"),
            "lastTimestamp": format!("2026-11-21T12:{last}:00Z")})
    }

    fn on_a_bench(events: &[serde_json::Value]) -> Bench<TableView<Events>> {
        let cluster = TestCluster::new().with::<Event>(&EVENTS, events);
        Bench::new(TableView::new(Events, Glyphs::Unicode), vec![cluster.picture()])
    }

    #[test]
    fn what_is_said_again_of_the_same_object_is_one_row_and_objects_with_warnings_come_first() {
        let mut bench = on_a_bench(&[
            event("1", "calm", "Normal", "pulled", "58", "59"),
            event("2", "ill", "Warning", "probe failed", "10", "20"),
            event("3", "ill", "Warning", "probe failed", "30", "40"),
            event("4", "ill", "Normal", "pulled", "05", "50"),
            event("5", "calm", "Normal", "probe failed", "01", "02"),
        ]);
        assert_eq!(
            bench.screen(100, 6),
            [
                "   NAMESPACE  OBJECT      LAST  COUNT  FIRST  REASON  WHY",
                "▸▲ web        Pod/ill      20m      4    50m  Said    probe failed",
                " ●                         10m      2    55m  Said    pulled",
                " ● web        Pod/calm     60s      2     2m  Said    pulled",
                " ●                         58m      2    59m  Said    probe failed",
                "",
            ]
        );
        assert_eq!(bench.view.count().unwrap(), "5 in 4 rows");
        assert_eq!(bench.view.current_text("count").unwrap(), "4");
        // By time, each row names its object.
        bench.run("top");
        bench.run("by-object");
        let shown = bench.screen(100, 6);
        assert!(shown[1].starts_with(" ● web        Pod/calm"), "{shown:?}");
        assert!(shown[2].starts_with(" ● web        Pod/ill "), "{shown:?}");
        assert!(shown[3].starts_with("▸▲ web        Pod/ill "), "the cursor stays on its row: {shown:?}");
        // A sum stands where the sum belongs.
        bench.view.as_table().unwrap().sort_by("count", true).unwrap();
        assert!(bench.screen(100, 6)[1].contains("probe failed"));
        bench.view.as_table().unwrap().set_filter("calm").unwrap();
        assert_eq!(bench.screen(100, 6).iter().filter(|line| line.contains("Pod/")).count(), 2);
        // What is printed is every event as it is.
        let at = bench.now;
        bench.view.as_table().unwrap().set_filter("").unwrap();
        assert_eq!(bench.view.as_table().unwrap().export(at).rows.len(), 5);
    }

    #[test]
    fn what_an_event_says_is_its_reason() {
        let event = json!({"metadata": {"name": "api-0.1", "namespace": "web"}, "type": "Warning", "reason": "BackOff", "count": 14,
            "message": "Back-off restarting failed container api", "involvedObject": {"kind": "Pod", "name": "api-0"},
            "lastTimestamp": "2026-11-21T12:59:00Z"});
        let cluster = TestCluster::new().with::<Event>(&EVENTS, &[event]);
        assert_eq!(
            cluster.judged(&Events, "api-0.1"),
            (Verdict::Warning, "Back-off restarting failed container api".to_owned())
        );
        assert_eq!(cluster.cell(&Events, "api-0.1", "object"), "Pod/api-0");
        assert_eq!(cluster.cell(&Events, "api-0.1", "last-seen"), "2026-11-21T12:59:00Z");
    }
}
