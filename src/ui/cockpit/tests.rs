//! Keys in, screen out.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::fleet::kind::PODS;
use crate::fleet::{ObjectRef, Problem, ProblemKind, ResourceType};
use crate::snapshot::{Freshness, Link};
use crate::ui::grid::tests::things::{Fleet, Thing, Things, text};
use crate::ui::keymap::Chord;
use crate::ui::table_view::TableView;
use crate::ui::view::{ViewAbout, World};
use crate::ui::views::OpenContext;

static ABOUT_THINGS: ViewAbout = ViewAbout { name: "things", aliases: &["th"], help: "every thing" };
static ABOUT_OTHERS: ViewAbout = ViewAbout { name: "others", aliases: &[], help: "every other thing" };
static ABOUT_PAGE: ViewAbout = ViewAbout { name: "page", aliases: &[], help: "one thing" };

fn open_things(context: &OpenContext<'_>) -> Box<dyn View> {
    Box::new(TableView::new(Things::default(), context.glyphs))
}

fn open_others(context: &OpenContext<'_>) -> Box<dyn View> {
    Box::new(TableView::new(Things { about: &ABOUT_OTHERS, ..Things::default() }, context.glyphs))
}

static TEST_VIEWS: [ViewEntry; 2] = [
    ViewEntry { about: || &ABOUT_OTHERS, open: open_others },
    ViewEntry { about: || &ABOUT_THINGS, open: open_things },
];

/// A view about one object.
struct Page(ObjectRef);

impl View for Page {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT_PAGE
    }
    fn subject(&self) -> Option<String> {
        Some(self.0.name.to_string())
    }
    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.0.cluster)
    }
    fn interests(&self, _: &World<'_>) -> Vec<Interest> {
        Vec::new()
    }
    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        Vec::new()
    }
    fn command(&mut self, _: &'static str, _: &World<'_>) -> Handled {
        Handled::Ignored
    }
    fn prepare(&mut self, _: Size, _: &World<'_>) {}
    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        put(buffer, area, area.x, area.y, &format!("page of {}", self.0), look.style.of(Role::Text));
    }
}

static TEST_DOORS: [Door; 2] = [
    Door { command: "describe", takes: |_| Ok(()), open: |object, _| Box::new(Page(object.clone())) },
    Door {
        command: "logs",
        takes: |object| if object.resource == PODS { Ok(()) } else { Err("it has no containers") },
        open: |object, _| Box::new(Page(object.clone())),
    },
];

/// A cockpit, a world, and a user.
struct Bench {
    ui: Ui,
    fleet: Fleet,
    size: (u16, u16),
}

impl Bench {
    fn new(clusters: &[&str]) -> Self {
        Self::starting_with("things", clusters)
    }

    fn starting_with(view: &str, clusters: &[&str]) -> Self {
        let mut fleet = Fleet::new(clusters);
        for (at, name) in clusters.iter().enumerate() {
            if *name == "myapp-prod" {
                fleet.move_to(at, "prod");
            }
        }
        for at in 0..clusters.len() {
            fleet.relist(at, (1..9).map(|n| Thing::new(n, u32::from(n))).collect());
        }
        fleet.publish();
        let setup = Setup {
            preferences: Default::default(),
            theme: Theme::shipped("dark", Depth::None).unwrap(),
            depth: Depth::None,
            themes: Vec::new(),
            keymap: Keymap::shipped(),
            environments: vec![Environment::guessed("dev"), Environment::guessed("prod")],
            clusters: fleet.clusters.clone(),
            scope: Scope::default(),
            read_only: ReadOnly::No,
            glyphs: Glyphs::Unicode,
            view: view.to_owned(),
            view_place: None,
            favourites: Vec::new(),
        };
        let ui = Ui::with(setup, &TEST_VIEWS, &TEST_DOORS);
        let mut bench = Self { ui, fleet, size: (100, 20) };
        bench.publish();
        bench
    }

    fn publish(&mut self) {
        self.fleet.publish();
        let snapshot = Arc::clone(&self.fleet.snapshot);
        self.ui.update(Msg::Snapshot(snapshot), self.fleet.now);
        self.screen();
    }

    /// Presses keys as they are written in the keymap.
    fn press(&mut self, keys: &str) -> Vec<Effect> {
        let chord = Chord::parse(keys).unwrap();
        let mut effects = Vec::new();
        for key in chord.keys() {
            effects.extend(self.ui.update(Msg::Key(*key), self.fleet.now));
            self.screen();
        }
        effects
    }

    fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.ui.update(Msg::Key(Key::char(c)), self.fleet.now);
        }
        self.screen();
    }

    fn run(&mut self, line: &str) -> Vec<Effect> {
        self.press(":");
        self.type_text(line);
        self.press("enter")
    }

    fn screen(&mut self) -> String {
        let (width, height) = self.size;
        self.ui.prepare(Size::new(width, height), self.fleet.now);
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.ui.render(&mut buffer);
        text(&buffer)
    }

    fn line(&mut self, at: usize) -> String {
        self.screen().lines().nth(at).unwrap_or_default().trim_end().to_owned()
    }

    fn last_line(&mut self) -> String {
        self.screen().lines().last().unwrap_or_default().trim().to_owned()
    }
}

#[test]
fn the_frame_says_where_one_is_what_is_there_and_what_can_be_done() {
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    let shown = bench.screen();
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    assert_eq!(
        lines[0],
        " pilothouse  things  16                            dev    PROD   all 2 clusters  live  10:42:07 UTC"
    );
    assert!(lines[1].starts_with("━━━"));
    let titles: Vec<&str> = lines[2].split_whitespace().collect();
    assert_eq!(titles, ["CLUSTER", "NAMESPACE", "NAME", "NUMBER", "COLOUR", "READY", "WHY"]);
    assert!(lines[3].starts_with("▸● myapp-dev"), "{shown}");
    assert!(lines[19].starts_with(" Enter open   d describe   / filter"), "{shown}");
    assert!(lines[19].ends_with(": command   ? help"), "{shown}");
    bench.press("tab");
    assert!(bench.line(0).contains("dev   myapp-dev  open  live"));
    assert!(bench.line(1).starts_with("───"));
    bench.press("tab");
    assert!(bench.line(0).contains(" PROD   myapp-prod  locked  live"));
    bench.press("tab");
    assert!(bench.line(0).contains("all 2 clusters"));
    bench.press("shift-tab");
    assert!(bench.line(0).contains("myapp-prod"));
}

#[test]
fn a_view_of_one_object_names_the_cluster_of_that_object_whatever_is_in_scope() {
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    for size in [(100, 20), (60, 20), (40, 20)] {
        bench.size = size;
        bench.press("g g");
        bench.press("d");
        let line = bench.line(0);
        assert!(line.contains(" dev   myapp-dev  open") && !line.contains("PROD"), "{line}");
        assert!(bench.line(1).starts_with("───"), "no production in sight");
        bench.press("esc");
        bench.press("down");
        bench.press("d");
        let line = bench.line(0);
        assert!(line.contains(" PROD   myapp-prod  locked") && !line.contains(" dev "), "{line}");
        assert!(bench.line(1).starts_with("━━━"));
        // The scope may be another one by now: the object is where it is.
        bench.ui.place.scope.clusters = vec![bench.fleet.clusters[0].clone()];
        bench.ui.place.set_namespace(Some("elsewhere"));
        let line = bench.line(0);
        assert!(line.contains(" PROD   myapp-prod  locked") && !line.contains("elsewhere"), "{line}");
        bench.ui.place.scope = Scope::default();
        bench.press("esc");
    }
}

#[test]
fn escape_undoes_and_goes_back_and_never_ends() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.press("/");
    bench.type_text("a-01");
    bench.press("enter");
    assert!(bench.line(0).contains("1 of 8") && bench.line(0).contains("/a-01"));
    bench.press("enter");
    assert!(bench.screen().contains("page of Thing blue/thing-a-01"));
    assert!(bench.line(0).contains("page  › thing-a-01"));
    assert!(bench.press("esc").is_empty());
    assert!(bench.line(0).contains("/a-01"));
    bench.press("esc");
    assert!(bench.line(0).contains("things  8"));
    for _ in 0..5 {
        assert_eq!(bench.press("esc"), []);
        assert_eq!(bench.press("q"), []);
    }
    assert!(bench.last_line().contains(":q or Ctrl-c ends"));
    assert_eq!(bench.run("q"), [Effect::Quit]);
    assert_eq!(bench.press("ctrl-c"), [Effect::Quit]);
}

#[test]
fn history_goes_back_and_forth() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.run("others");
    assert!(bench.line(0).contains("others"));
    bench.press("[");
    assert!(bench.line(0).contains("things"));
    bench.press("]");
    assert!(bench.line(0).contains("others"));
    bench.press("-");
    assert!(bench.line(0).contains("things"));
    bench.press("-");
    assert!(bench.line(0).contains("others"));
    bench.press("]");
    assert!(bench.last_line().contains("this is the last view"));
}

#[test]
fn a_line_of_the_palette_sets_view_namespace_cluster_and_filter_at_once() {
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    bench.run("th blue @prod number>4");
    let top = bench.line(0);
    assert!(top.contains("myapp-prod") && top.contains("ns blue") && top.contains("/number>4"), "{top}");
    assert_eq!(bench.ui.scope().clusters.len(), 1);
    bench.run("th all");
    let top = bench.line(0);
    assert!(!top.contains("ns ") && !top.contains("/number"), "{top}");
    bench.run("thinsg");
    assert!(bench.last_line().contains("did you mean things?"), "{}", bench.last_line());
    bench.run("th @nowhere green");
    assert!(bench.last_line().contains("there is no cluster nowhere"));
    assert_eq!(bench.ui.scope().namespace, None, "nothing is half-applied");
    bench.run("ns green");
    assert!(bench.line(0).contains("ns green"));
    bench.press("0");
    assert!(!bench.line(0).contains("ns green"));
    bench.press("2");
    assert!(bench.line(0).contains("ns green"));
    bench.press("9");
    assert!(bench.last_line().contains("no namespace has the number 9"));
}

#[test]
fn a_first_view_that_only_a_cluster_knows_opens_when_it_says_so() {
    let mut bench = Bench::starting_with("certificates blue", &["myapp-dev"]);
    assert!(bench.line(0).contains("others"), "the first view there is, until then");
    bench.fleet.offer(0, &[ResourceType::namespaced("cert-manager.io", "v1", "certificates", "Certificate")]);
    bench.publish();
    assert!(bench.line(0).contains("certificates.cert-manager.io"), "{}", bench.line(0));
    assert!(bench.line(0).contains("ns blue"));

    let mut bench = Bench::starting_with("certificats", &["myapp-dev"]);
    bench.fleet.offer(0, &[ResourceType::namespaced("cert-manager.io", "v1", "certificates", "Certificate")]);
    bench.publish();
    assert!(bench.last_line().contains("did you mean certificates?"), "{}", bench.last_line());
}

#[test]
fn the_palette_completes_and_finds_objects() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.press(":");
    bench.type_text("oth");
    assert!(bench.last_line().contains(":others"), "the ghost shows: {}", bench.last_line());
    bench.press("tab");
    bench.press("enter");
    assert!(bench.line(0).contains("others"));
    bench.run("things");
    bench.press(":");
    bench.type_text("thing-a-05");
    bench.press("enter");
    assert_eq!(bench.ui.view().selected()[0].name.as_ref(), "thing-a-05");
    bench.press(":");
    bench.press("esc");
    assert!(bench.line(0).contains("things"));
}

#[test]
fn an_unknown_word_runs_nothing_that_only_looks_like_it() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.run("others");
    // `things` is the best match of these letters, and the palette shows it.
    bench.press(":");
    bench.type_text("thngs");
    assert!(bench.screen().contains("things"), "{}", bench.screen());
    bench.press("enter");
    assert_eq!(bench.last_line(), "there is no view or kind thngs; did you mean things?");
    assert!(bench.line(0).contains("others"), "{}", bench.line(0));
    // Gone to, it is what was meant.
    bench.press(":");
    bench.type_text("thngs");
    bench.press("down");
    bench.press("up");
    bench.press("enter");
    assert!(bench.line(0).contains("things"), "{}", bench.line(0));
}

#[test]
fn the_beginning_of_one_name_is_that_name_and_of_several_is_a_question() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.run("others");
    bench.press(":");
    bench.type_text("thin");
    bench.press("enter");
    assert!(bench.line(0).contains("things"), "{}", bench.line(0));
    bench.press(":");
    bench.type_text("sort-");
    bench.press("enter");
    assert!(bench.last_line().contains("may be sort-"), "{}", bench.last_line());
    bench.press("backspace");
    assert!(!bench.last_line().contains("may be"), "{}", bench.last_line());
    bench.press("esc");
    bench.press(":");
    bench.press("enter");
    assert!(bench.line(0).contains("things"), "nothing was said: {}", bench.line(0));
}

#[test]
fn a_long_notice_is_read_to_its_end() {
    let mut bench = Bench::new(&["myapp-dev"]);
    let problem = Problem::new(ProblemKind::User, format!("{} is wrong", "very/long/path ".repeat(12)));
    let notice = Notice::Problem(problem.with_hint("did you mean another?"));
    bench.ui.update(Msg::Notice(notice), bench.fleet.now);
    let shown = bench.screen();
    assert!(bench.last_line().ends_with("did you mean another?)"), "{shown}");
    assert!(shown.contains("things"), "the view is still there: {shown}");
    bench.press("esc");
    assert!(!bench.screen().contains("very/long/path"));
}

#[test]
fn a_prefix_shows_what_may_follow() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.press("v");
    let shown = bench.screen();
    assert!(shown.contains(" v go to ") && shown.contains("p :pods"), "{shown}");
    bench.press("esc");
    assert!(!bench.screen().contains("go to"));
}

#[test]
fn help_lists_the_keys_that_work_and_why_others_do_not() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.size = (100, 80);
    bench.press("?");
    let shown = bench.screen();
    for wanted in
        ["OBJECT", "sort by NUMBER", "it has no containers", "Ctrl-w", "Shift-N", "SHORTCUTS", "v p"]
    {
        assert!(shown.contains(wanted), "{wanted}\n{shown}");
    }
    bench.press("esc");
    assert!(!bench.screen().contains("SHORTCUTS"));
}

#[test]
fn a_command_that_leads_nowhere_says_why() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.press("l");
    assert_eq!(bench.last_line(), "it has no containers");
    bench.press("o");
    assert_eq!(bench.last_line(), "it is on no node");
    bench.press("y");
    assert_eq!(bench.last_line(), "there is nothing to open");
}

#[test]
fn copying_and_suspending_are_effects() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.press("G");
    let name = bench.ui.view().selected()[0].name.to_string();
    assert_eq!(bench.press("c"), [Effect::Copy(name)]);
    assert!(bench.last_line().starts_with("copied thing-"));
    assert_eq!(bench.press("ctrl-z"), [Effect::Suspend]);
}

#[test]
fn a_lost_connection_is_tried_again_on_request() {
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    assert_eq!(bench.press("ctrl-r"), []);
    bench.fleet.link(1, Link::Down(Problem::new(ProblemKind::Unreachable, "connection refused")));
    bench.publish();
    let down = bench.fleet.clusters[1].clone();
    assert_eq!(bench.press("ctrl-r"), [Effect::Reconnect(down)]);
}

#[test]
fn a_frame_is_wanted_only_when_something_on_screen_changed() {
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    bench.press("tab");
    bench.screen();
    assert!(!bench.ui.needs_frame());
    assert_eq!(bench.ui.next_wake(bench.fleet.now), None, "a quiet fleet wakes nobody");
    // The other cluster is not on screen.
    bench.fleet.upsert(1, Thing::new(20, 1));
    bench.fleet.publish();
    bench.ui.update(Msg::Snapshot(Arc::clone(&bench.fleet.snapshot)), bench.fleet.now);
    assert!(!bench.ui.needs_frame());
    bench.fleet.upsert(0, Thing::new(20, 1));
    bench.fleet.publish();
    bench.ui.update(Msg::Snapshot(Arc::clone(&bench.fleet.snapshot)), bench.fleet.now);
    assert!(bench.ui.needs_frame());
    bench.screen();
    bench.ui.update(Msg::Notice(Notice::Info("saved".into())), bench.fleet.now);
    assert!(bench.ui.needs_frame());
    bench.screen();
    let until = bench.ui.next_wake(bench.fleet.now).unwrap();
    bench.ui.update(Msg::Wake, until);
    bench.fleet.now = until;
    assert!(!bench.screen().contains("saved"));
}

#[test]
fn the_top_line_says_the_gravest_picture() {
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    bench.fleet.forbid(1);
    bench.publish();
    assert!(bench.line(0).contains("partly forbidden"), "{}", bench.line(0));
    bench.fleet.freshness(0, Freshness::Loading { since: bench.fleet.now, expected: None });
    bench.fleet.freshness(1, Freshness::Live);
    bench.publish();
    assert!(bench.line(0).contains(" loading "), "{}", bench.line(0));
    assert!(bench.line(0).contains("16…"));
}

#[test]
fn the_mouse_selects_opens_sorts_and_scrolls() {
    let mut bench = Bench::new(&["myapp-dev"]);
    let mouse = |bench: &mut Bench, column, row, action| {
        bench.ui.update(Msg::Mouse(Mouse { column, row, action }), bench.fleet.now);
        bench.screen();
    };
    mouse(&mut bench, 10, 5, MouseAction::Click);
    assert_eq!(bench.screen().lines().nth(5).unwrap().chars().next(), Some('▸'));
    let header = bench.line(2).find("NUMBER").unwrap();
    mouse(&mut bench, u16::try_from(header).unwrap(), 2, MouseAction::Click);
    assert!(bench.line(2).contains("NUMBER↓"), "{}", bench.line(2));
    mouse(&mut bench, 10, 4, MouseAction::DoubleClick);
    assert!(bench.screen().contains("page of Thing"));
}

#[test]
fn clusters_namespaces_and_themes_are_chosen_from_lists() {
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    bench.press("alt-c");
    assert!(bench.screen().contains("[ ] myapp-prod"), "{}", bench.screen());
    bench.press("down down space enter");
    assert_eq!(bench.ui.scope().clusters.len(), 1);
    assert!(bench.line(0).contains("myapp-prod"));
    bench.press("alt-n");
    assert!(bench.ui.interests().iter().any(|interest| interest.resource == NAMESPACES));
    bench.press("esc");
    bench.press("alt-t");
    assert!(bench.screen().contains("high-contrast"));
    bench.press("down down");
    assert_eq!(bench.ui.theme.name, "light");
    bench.press("esc");
    assert_eq!(bench.ui.theme.name, "dark");
    bench.run("theme light");
    assert_eq!(bench.ui.theme.name, "light");
    bench.run("theme lihgt");
    assert!(bench.last_line().contains("did you mean \"light\"?"), "{}", bench.last_line());
}

#[test]
fn every_size_is_drawn_in_every_state_without_a_panic() {
    for size in [(0, 0), (1, 1), (3, 2), (20, 5), (40, 8), (80, 24), (120, 40), (200, 60), (300, 100)] {
        let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
        bench.size = size;
        bench.ui.update(Msg::Resize(size.0, size.1), bench.fleet.now);
        for keys in [
            "j",
            "G",
            "/",
            "a",
            "b",
            "esc",
            ":",
            "p",
            "down",
            "esc",
            "?",
            "down",
            "esc",
            "v",
            "esc",
            "alt-c",
            "esc",
            "alt-t",
            "esc",
            "ctrl-o",
            "down",
            "space",
            "esc",
            "space",
            "ctrl-space",
            "S",
            "N",
            "~",
            "<",
            ">",
            "ctrl-w",
        ] {
            bench.press(keys);
            for (column, row) in [(0, 0), (5, 3), (size.0, size.1)] {
                for action in [MouseAction::WheelDown, MouseAction::RightClick] {
                    bench.ui.update(Msg::Mouse(Mouse { column, row, action }), bench.fleet.now);
                }
            }
            bench.screen();
        }
    }
    let mut bench = Bench::new(&["myapp-dev", "myapp-prod"]);
    bench.size = (20, 5);
    let shown = bench.screen();
    assert!(shown.contains("things") && shown.contains("PROD"), "{shown}");
    assert!(shown.contains("thing-"), "{shown}");
}

#[test]
fn an_object_that_was_never_seen_is_not_offered_for_anything() {
    let mut bench = Bench::new(&["myapp-dev"]);
    bench.fleet.relist(0, Vec::new());
    bench.publish();
    assert!(bench.ui.view().selected().is_empty());
    bench.press("enter");
    assert_eq!(bench.last_line(), "nothing is selected");
}
