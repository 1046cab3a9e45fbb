use ratatui::style::Style;
use serde_json::json;

use super::*;
use crate::fleet::kind::{NODES, SECRETS};
use crate::fleet::{ClusterId, EnvironmentName, ProblemKind, Timestamp};
use crate::snapshot::Snapshot;
use crate::ui::role::Role;
use crate::ui::view::{Scope, Styles};

#[derive(Debug)]
struct Plain;

impl Styles for Plain {
    fn of(&self, _: Role) -> Style {
        Style::new()
    }
}

fn object() -> ObjectRef {
    ObjectRef {
        cluster: ClusterId::new(EnvironmentName::new("prod"), "myapp-prod"),
        resource: NODES,
        namespace: None,
        name: "ip-10-1-13-7".into(),
    }
}

fn with_world<T>(run: impl FnOnce(&World<'_>) -> T) -> T {
    let (snapshot, scope) = (Snapshot::default(), Scope::default());
    let now = Timestamp::from_seconds(1_795_258_800);
    run(&World { snapshot: &snapshot, now, environments: &[], scope: &scope })
}

fn screen(view: &mut Yaml, width: u16, height: u16) -> Vec<String> {
    with_world(|world| view.prepare(Size::new(width, height), world));
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let now = Timestamp::from_seconds(1_795_258_800);
    view.render(area, &mut buffer, &Look { style: &Plain, ascii: true, now });
    (0..height)
        .map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
        .collect()
}

fn run(view: &mut Yaml, id: &'static str) -> Vec<Effect> {
    match with_world(|world| view.command(id, world)) {
        Handled::Done(effects) => effects,
        other => panic!("{id}: {other:?}"),
    }
}

#[test]
fn it_asks_for_the_object_and_shows_it() {
    let mut view = Yaml::open(&object());
    assert!(screen(&mut view, 60, 5)[0].contains("reading Node ip-10-1-13-7"));
    assert_eq!(with_world(|world| view.asks(world)), [Effect::Fetch(object())]);
    assert_eq!(with_world(|world| view.asks(world)), [], "once");
    let node = json!({"kind": "Node", "status": {"phase": "x\u{1b}[2J", "conditions": [{"type": "Ready"}]}});
    view.fetched(&object(), &Ok(Arc::new(node)));
    assert_eq!(
        screen(&mut view, 60, 6)[..5],
        ["  kind: Node", "  status:", "    phase: \"x\\x1b[2J\"", "    conditions:", "    - type: Ready"]
    );
    run(&mut view, "down");
    assert_eq!(
        run(&mut view, "copy-line"),
        [Effect::Copy("status:\n  phase: \"x\\x1b[2J\"\n  conditions:\n  - type: Ready".to_owned())]
    );
    run(&mut view, "open");
    assert_eq!(screen(&mut view, 60, 6)[1], "+ status: ... 3 lines");
    run(&mut view, "unfold-all");
    run(&mut view, "down");
    assert_eq!(run(&mut view, "copy-line"), [Effect::Copy("x\u{1b}[2J".to_owned())]);
    let Effect::Save { name, content } = run(&mut view, "save").remove(0) else { panic!() };
    assert_eq!(name, "myapp-prod-node-ip-10-1-13-7.yaml");
    assert!(content.ends_with("  - type: Ready\n"));
}

#[test]
fn what_was_read_stays_when_it_cannot_be_read_again() {
    let mut view = Yaml::open(&object());
    view.fetched(
        &object(),
        &Err(Problem::new(ProblemKind::Forbidden, "forbidden: get nodes").with_hint("ask")),
    );
    assert_eq!(screen(&mut view, 60, 4)[..2], [" # forbidden: get nodes", "   ask"]);
    view.fetched(&object(), &Ok(Arc::new(json!({"kind": "Node"}))));
    view.fetched(&object(), &Err(Problem::new(ProblemKind::NotFound, "not found")));
    let shown = screen(&mut view, 60, 4);
    assert!(shown[0].contains("Node is gone"), "{shown:?}");
    assert_eq!(shown[1], "  kind: Node");
    let other = ObjectRef { resource: SECRETS, ..object() };
    view.fetched(&other, &Ok(Arc::new(json!({"kind": "ConfigMap"}))));
    assert_eq!(screen(&mut view, 60, 4)[1], "  kind: Node", "another object's answer is not for this view");
}

#[test]
fn every_command_works_on_every_size() {
    let mut view = Yaml::open(&object());
    for value in [json!(null), json!({}), json!({"a": [[1, [2]], {"b": "x\ny"}]})] {
        view.fetched(&object(), &Ok(Arc::new(value)));
        let commands = with_world(|world| view.commands(world));
        for offer in commands {
            with_world(|world| view.command(offer.id, world));
            for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24), (200, 60)] {
                screen(&mut view, width, height);
            }
        }
        view.unwind();
    }
}
