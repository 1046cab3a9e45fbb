use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::kind::{NAMESPACES, NODES, PODS};
use crate::fleet::namespace::Namespace;
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::{EnvironmentName, Row as _};
use crate::ui::input::MouseAction;
use crate::ui::test_cluster::TestCluster;
use crate::ui::views::test_bench::{Bench, object};

static ABOUT: ViewAbout = ViewAbout { name: "shelf", aliases: &[], help: "nodes" };
static NEEDS: [ResourceType; 1] = [NODES];
static HELPS: [ResourceType; 1] = [PODS];

/// The nodes of the clusters that it looks at, with how many pods there are.
#[derive(Debug, Default)]
struct Shelf {
    object: Option<ObjectRef>,
    /// Begins at this node.
    begins_at: Option<&'static str>,
    fetched: u32,
}

impl Page for Shelf {
    type Target = Lead;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> Option<&ObjectRef> {
        self.object.as_ref()
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn commands(&self) -> &'static [&'static str] {
        &["differences"]
    }
    fn command(&self, id: &str, _: &World<'_>) -> Handled {
        Handled::Line(format!("own {id}"))
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<SheetLine<Lead>> {
        self.lines_and_start(world, width).0
    }
    fn lines_and_start(&self, world: &World<'_>, _: u16) -> (Vec<SheetLine<Lead>>, Option<usize>) {
        let mut lines = vec![SheetLine::title(&format!("fetched {}", self.fetched))];
        let mut start = None;
        for cluster in self.clusters(world).iter().filter_map(|id| world.snapshot.cluster(id)) {
            let pods = cluster.any_table(&PODS).map_or(0, |table| table.len());
            let nodes = cluster.table::<Node>(&NODES).into_iter().flat_map(|table| table.iter());
            let mut names: Vec<&str> = nodes.map(|(_, node)| node.name()).collect();
            names.sort_unstable();
            for name in names {
                if self.begins_at == Some(name) {
                    start = Some(lines.len());
                }
                let node = object(cluster, NODES, None, name);
                let target = match name {
                    "question" => Lead::Line("path example.org".to_owned(), node),
                    _ => Lead::Object(node),
                };
                let parts = vec![(format!("   {name} {pods}"), Role::Text)];
                lines.push(SheetLine { parts, target: Some(target) });
            }
        }
        (lines, start)
    }
    fn fetched(&mut self, object: &ObjectRef, _: &Result<Arc<Json>, Problem>) -> bool {
        let is_mine = *object.name == *"n-1";
        self.fetched += u32::from(is_mine);
        is_mine
    }
}

fn nodes(names: &[&str]) -> TestCluster {
    let nodes: Vec<Json> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
    TestCluster::new().with::<Node>(&NODES, &nodes)
}

fn in_cluster(cluster: &TestCluster, name: &str) -> Arc<ClusterSnapshot> {
    let mut picture = (*cluster.picture()).clone();
    picture.id = ClusterId::new(EnvironmentName::new("dev"), name);
    Arc::new(picture)
}

/// A page about a namespace.
fn about(cluster: &TestCluster) -> Bench<PageView<Shelf>> {
    let picture = cluster.picture();
    let namespace = object(&picture, NAMESPACES, None, "staging");
    Bench::new(PageView::new(Shelf { object: Some(namespace), ..Shelf::default() }), vec![picture])
}

/// A page about what was asked of all clusters.
fn asked(clusters: Vec<Arc<ClusterSnapshot>>) -> Bench<PageView<Shelf>> {
    Bench::new(PageView::new(Shelf::default()), clusters)
}

fn chosen(bench: &Bench<PageView<Shelf>>) -> String {
    bench.view.selected().iter().map(|object| &*object.name).collect::<Vec<_>>().join(" ")
}

fn mouse(bench: &mut Bench<PageView<Shelf>>, row: u16, action: MouseAction) -> Handled {
    bench.with(|view, world| view.mouse(Mouse { column: 4, row, action }, world))
}

#[test]
fn what_is_on_its_way_is_waited_for_and_told_at_once_when_it_is_there() {
    let mut bench = about(&TestCluster::new());
    assert_eq!(bench.screen(40, 5)[1], "");
    assert_eq!(bench.view.pictures().iter().map(Picture::word).collect::<Vec<_>>(), ["loading"]);
    let offers = bench.with(|view, world| view.commands(world));
    assert_eq!(offers[0].disabled.as_deref(), Some("there is nothing to open"));
    // Within the same second: first what it needs, then what only helps.
    bench.snapshot.clusters = vec![nodes(&["n-1"]).picture()];
    assert_eq!(bench.screen(40, 5)[1], "▸  n-1 0");
    let pod = json!({"metadata": {"name": "a", "namespace": "staging"}});
    bench.snapshot.clusters = vec![nodes(&["n-1"]).with::<Pod>(&PODS, &[pod]).picture()];
    assert_eq!(bench.screen(40, 5)[1], "▸  n-1 1");
    assert_eq!(bench.view.pictures().iter().map(Picture::word).collect::<Vec<_>>(), ["live"]);
}

#[test]
fn rows_that_change_are_told_soon_and_without_changes_ages_go_on() {
    let mut bench = about(&nodes(&["n-1"]));
    bench.screen(40, 5);
    let quiet = bench.view.next_wake(bench.now).unwrap();
    assert_eq!(quiet.seconds() - bench.now.seconds(), AGES);
    bench.snapshot.clusters = vec![nodes(&["n-1"]).with::<Node>(&NODES, &[]).picture()];
    assert!(bench.screen(40, 5)[1].contains("n-1"), "not within the same second");
    let soon = bench.view.next_wake(bench.now).unwrap();
    assert_eq!(soon.seconds() - bench.now.seconds(), PATIENCE);
    bench.now = soon;
    assert!(!bench.screen(40, 5)[1].contains("n-1"));
}

#[test]
fn the_cursor_is_at_the_beginning_until_it_is_moved_and_then_stays_on_its_object() {
    let mut bench = about(&nodes(&["n-3"]));
    bench.screen(40, 6);
    let grow = |bench: &mut Bench<PageView<Shelf>>, names: &[&str]| {
        bench.snapshot.clusters = vec![nodes(names).picture()];
        bench.now = Timestamp::from_seconds(bench.now.seconds() + AGES);
        bench.screen(40, 6);
    };
    grow(&mut bench, &["n-2", "n-3"]);
    assert_eq!(chosen(&bench), "n-2", "what arrived first is not where the page begins");
    bench.run("down");
    grow(&mut bench, &["n-1", "n-2", "n-3"]);
    assert_eq!(chosen(&bench), "n-3", "it was moved there");
    grow(&mut bench, &["n-1"]);
    assert_eq!(chosen(&bench), "n-1", "what was chosen is gone");
}

#[test]
fn a_page_may_begin_elsewhere_than_at_its_top() {
    let shelf = Shelf { begins_at: Some("n-2"), ..Shelf::default() };
    let mut bench = Bench::new(PageView::new(shelf), vec![nodes(&["n-1", "n-2", "n-3"]).picture()]);
    bench.screen(40, 6);
    assert_eq!(chosen(&bench), "n-2");
    bench.run("up");
    bench.now = Timestamp::from_seconds(bench.now.seconds() + AGES);
    bench.screen(40, 6);
    assert_eq!(chosen(&bench), "n-1");
}

#[test]
fn a_long_page_scrolls_with_its_cursor_and_shows_its_title_again_at_the_top() {
    let names: Vec<String> = (10..40).map(|at| format!("n-{at}")).collect();
    let mut bench = about(&nodes(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    assert!(bench.screen(40, 6)[0].contains("fetched 0"));
    bench.run("bottom");
    let shown = bench.screen(40, 6);
    assert!(shown[5].starts_with("▸  n-39") && shown[0].contains("n-34"), "{shown:?}");
    bench.run("half-page-up");
    bench.screen(40, 6);
    assert_eq!(chosen(&bench), "n-37");
    bench.run("top");
    let shown = bench.screen(40, 6);
    assert!(shown[0].contains("fetched 0") && shown[1].starts_with("▸  n-10"), "{shown:?}");
}

#[test]
fn other_commands_mean_the_line_under_the_cursor_and_else_what_the_page_is_about() {
    let mut bench = about(&nodes(&["n-1", "question"]));
    assert_eq!(chosen(&bench), "staging", "nothing was read so far");
    bench.screen(40, 5);
    assert_eq!(chosen(&bench), "n-1");
    bench.run("down");
    assert_eq!(chosen(&bench), "question", "a question is about an object too");
    let mut bench = asked(vec![nodes(&[]).picture()]);
    bench.screen(40, 5);
    assert_eq!(chosen(&bench), "", "what was asked is no object");
    assert_eq!((bench.view.cluster(), bench.view.subject()), (None, None));
}

#[test]
fn enter_and_a_double_click_lead_on() {
    let mut bench = about(&nodes(&["n-1", "question"]));
    bench.screen(40, 5);
    assert!(
        matches!(mouse(&mut bench, 0, MouseAction::DoubleClick), Handled::Done(_)),
        "a title leads nowhere"
    );
    let Handled::Open(view) = mouse(&mut bench, 1, MouseAction::DoubleClick) else { panic!() };
    assert_eq!(view.subject().as_deref(), Some("Node n-1"));
    mouse(&mut bench, 0, MouseAction::WheelDown);
    let Handled::Line(line) = bench.run("open") else { panic!() };
    assert_eq!(line, "path example.org");
    mouse(&mut bench, 1, MouseAction::Click);
    assert_eq!(chosen(&bench), "n-1");
    let Handled::Line(line) = bench.run("differences") else { panic!() };
    assert_eq!(line, "own differences");
    assert!(matches!(bench.run("sort"), Handled::Ignored));
}

#[test]
fn a_page_about_an_object_reads_its_cluster_and_an_answer_reads_all_that_are_looked_at() {
    let clusters = || ["a", "b"].map(|name| in_cluster(&nodes(&["n-1"]), name)).to_vec();
    let read = |bench: &mut Bench<PageView<Shelf>>| {
        let interests = bench.with(|view, world| view.interests(world));
        let told = interests.iter().map(|of| format!("{}/{}", of.cluster.name(), of.resource.plural));
        told.collect::<Vec<_>>()
    };
    let mut bench = asked(clusters());
    assert_eq!(read(&mut bench), ["a/nodes", "a/pods", "b/nodes", "b/pods"]);
    let namespace = object(&clusters()[1], NAMESPACES, None, "staging");
    let shelf = Shelf { object: Some(namespace), ..Shelf::default() };
    let mut bench = Bench::new(PageView::new(shelf), clusters());
    assert_eq!(read(&mut bench), ["b/nodes", "b/pods"]);
    assert_eq!(bench.view.cluster().map(ClusterId::name), Some("b"));
    assert_eq!(bench.view.subject().as_deref(), Some("staging"));
}

#[test]
fn what_was_fetched_for_it_is_told_at_once_and_what_was_not_changes_nothing() {
    let mut bench = about(&nodes(&["n-1"]).with::<Namespace>(&NAMESPACES, &[]));
    bench.screen(40, 5);
    let cluster = bench.snapshot.clusters[0].clone();
    let answer = Ok(Arc::new(json!({})));
    bench.view.fetched(&object(&cluster, NODES, None, "n-2"), &answer);
    assert!(bench.screen(40, 5)[0].contains("fetched 0"));
    bench.view.fetched(&object(&cluster, NODES, None, "n-1"), &answer);
    assert!(bench.screen(40, 5)[0].contains("fetched 1"));
}
