//! The grid against a naive model, and on the screen.

pub(crate) mod things;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use self::things::{Fleet, Thing, Things, screen};
use super::*;
use crate::fleet::{Problem, ProblemKind};
use crate::snapshot::{Freshness, RowChange};

#[derive(Clone, Debug)]
enum Op {
    Upsert { cluster: usize, name: u8, number: u32 },
    Remove { cluster: usize, name: u8 },
    Relist { cluster: usize, names: Vec<u8> },
    Forget(usize),
    Sort(&'static str, bool),
    Filter(&'static str),
    OpenFilter,
    CloseFilter,
    Namespace(Option<&'static str>),
    OnlyFirstCluster(bool),
    Step(isize),
    Leave,
    Look,
}

fn op() -> impl Strategy<Value = Op> {
    let columns = prop_oneof![
        Just("name"),
        Just("number"),
        Just("colour"),
        Just("ready"),
        Just("namespace"),
        Just("cluster"),
        Just("verdict"),
        Just("why"),
    ];
    let filters = prop_oneof![
        Just(""),
        Just("t"),
        Just("th"),
        Just("thing-a"),
        Just("thing-a-1"),
        Just("a"),
        Just("a-1"),
        Just("3"),
        Just("3/"),
        Just("!a"),
        Just("number>2"),
        Just("red"),
        Just("-l even"),
        Just("~ar"),
        Just("too"),
    ];
    prop_oneof![
        30 => (0..2usize, 0..40u8, 0..6u32).prop_map(|(cluster, name, number)| Op::Upsert { cluster, name, number }),
        8 => (0..2usize, 0..40u8).prop_map(|(cluster, name)| Op::Remove { cluster, name }),
        1 => (0..2usize, proptest::collection::vec(0..40u8, 0..30))
            .prop_map(|(cluster, names)| Op::Relist { cluster, names }),
        1 => (0..2usize).prop_map(Op::Forget),
        2 => (columns, any::<bool>()).prop_map(|(id, descending)| Op::Sort(id, descending)),
        6 => filters.prop_map(Op::Filter),
        2 => Just(Op::OpenFilter),
        1 => Just(Op::CloseFilter),
        1 => prop_oneof![Just(None), Just(Some("blue")), Just(Some("green"))].prop_map(Op::Namespace),
        1 => any::<bool>().prop_map(Op::OnlyFirstCluster),
        3 => (-5..6isize).prop_map(Op::Step),
        1 => Just(Op::Leave),
        10 => Just(Op::Look),
    ]
}

/// What the grid should show, made from nothing each time.
fn model(fleet: &Fleet, sort: (&str, bool), filter: &str) -> Vec<(String, Thing)> {
    let mut rows: Vec<(String, Thing)> = fleet.rows();
    rows.retain(|(_, thing)| match filter {
        "" => true,
        "!a" => !thing.texts().iter().any(|text| text.contains('a')),
        "number>2" => thing.number.is_some_and(|number| number > 2),
        "-l even" => thing.is_even(),
        "~ar" => thing.texts().iter().any(|text| text.find('a').is_some_and(|at| text[at..].contains('r'))),
        text => thing.texts().iter().any(|shown| shown.contains(text)),
    });
    let clusters = ["east", "west"];
    let rank = |cluster: &str| clusters.iter().position(|known| *known == cluster);
    rows.sort_by(|(ca, a), (cb, b)| {
        let way = |ordering: std::cmp::Ordering| if sort.1 { ordering.reverse() } else { ordering };
        let by = |key: fn(&Thing) -> Option<String>| {
            let (a, b) = (key(a), key(b));
            a.is_none().cmp(&b.is_none()).then_with(|| way(a.cmp(&b)))
        };
        let first = match sort.0 {
            "name" => by(|thing| Some(thing.name.clone())),
            "namespace" => by(|thing| thing.space.map(str::to_owned)),
            "number" => by(|thing| thing.number.map(|number| format!("{number:05}"))),
            "colour" => by(|thing| Some(thing.colour())),
            "ready" => by(|thing| Some(format!("{:05}", 9 - thing.number.unwrap_or(0)))),
            "cluster" => way(rank(ca).cmp(&rank(cb))),
            "verdict" => way(a.verdict().cmp(&b.verdict())),
            "why" => by(Thing::why),
            _ => std::cmp::Ordering::Equal,
        };
        first
            .then_with(|| a.space.cmp(&b.space))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| rank(ca).cmp(&rank(cb)))
    });
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens to the tables, and whatever the user asks for, the rows kept up to date piece by piece are
    /// those made anew, and the cursor stays on its object.
    #[test]
    fn the_kept_order_is_the_one_made_from_nothing(
        ops in proptest::collection::vec(op(), 0..150),
        slice in prop_oneof![Just(1), Just(30), Just(usize::MAX)],
    ) {
        let mut fleet = Fleet::new(&["east", "west"]);
        let mut grid = Grid::new(Things::default());
        grid.slice = slice;
        let (mut sort, mut filter) = (("place", false), "");
        for op in ops.into_iter().chain([Op::Look]) {
            match op {
                Op::Upsert { cluster, name, number } => fleet.upsert(cluster, Thing::new(name, number)),
                Op::Remove { cluster, name } => fleet.remove(cluster, &Thing::new(name, 0)),
                Op::Relist { cluster, names } => {
                    let rows = names.into_iter().map(|name| Thing::new(name, u32::from(name) % 5));
                    fleet.relist(cluster, rows.collect());
                }
                Op::Forget(cluster) => fleet.forget(cluster),
                Op::Sort(id, descending) => {
                    grid.sort_by(id, descending).unwrap();
                    sort = (id, descending);
                }
                Op::Filter(text) => {
                    grid.set_filter(text).unwrap();
                    filter = text;
                }
                Op::OpenFilter => grid.open_filter(),
                Op::CloseFilter => grid.close_filter(),
                Op::Namespace(namespace) => fleet.scope.namespace = namespace.map(Into::into),
                Op::OnlyFirstCluster(yes) => fleet.only_first(yes),
                Op::Step(by) => grid.step(by),
                Op::Leave => grid.leave(),
                Op::Look => {
                    // Until the user moves, and while the cursor is on its way back to an object, it does not stay.
                    let stays = grid.cursor.has_moved && grid.cursor.wanted.is_none();
                    let held = stays.then(|| grid.current().cloned()).flatten();
                    fleet.publish();
                    grid.follow(&fleet.world());
                    grid.build(Size::new(80, 12), &fleet.world(), false);
                    while grid.has_more_to_filter() {
                        grid.build(Size::new(80, 12), &fleet.world(), false);
                    }
                    let shown: Vec<(String, String)> = grid
                        .objects(usize::MAX)
                        .into_iter()
                        .map(|object| (object.cluster.name().to_owned(), object.name.to_string()))
                        .collect();
                    let wanted: Vec<(String, String)> =
                        model(&fleet, sort, filter).into_iter().map(|(c, thing)| (c, thing.name)).collect();
                    prop_assert_eq!(&shown, &wanted);
                    let at = shown.get(grid.cursor.row);
                    let current = grid.current().map(|o| (o.cluster.name().to_owned(), o.name.to_string()));
                    prop_assert_eq!(at, current.as_ref());
                    if let Some(held) = held {
                        let held = (held.cluster.name().to_owned(), held.name.to_string());
                        if shown.contains(&held) {
                            prop_assert_eq!(Some(held), current);
                        }
                    }
                    prop_assert!(grid.cursor.top <= grid.cursor.row);
                    prop_assert!(grid.cursor.row < grid.cursor.top + grid.cursor.page);
                }
            }
        }
    }
}

fn filled(names: std::ops::Range<u8>) -> (Fleet, Grid<Things>) {
    let mut fleet = Fleet::new(&["east"]);
    fleet.relist(0, names.map(|name| Thing::new(name, u32::from(name) % 4)).collect());
    fleet.publish();
    let mut grid = Grid::new(Things::default());
    grid.follow(&fleet.world());
    grid.build(Size::new(80, 12), &fleet.world(), false);
    (fleet, grid)
}

fn look(fleet: &mut Fleet, grid: &mut Grid<Things>) {
    fleet.publish();
    grid.follow(&fleet.world());
    grid.build(Size::new(80, 12), &fleet.world(), false);
}

#[test]
fn the_cursor_stays_on_top_while_the_table_fills_and_on_its_object_afterwards() {
    let mut fleet = Fleet::new(&["east"]);
    let mut grid = Grid::new(Things::default());
    fleet.upsert(0, Thing::new(20, 1));
    look(&mut fleet, &mut grid);
    fleet.upsert(0, Thing::new(10, 1));
    look(&mut fleet, &mut grid);
    assert_eq!(grid.cursor.row, 0);
    grid.step(1);
    let held = grid.current().cloned().unwrap();
    fleet.upsert(0, Thing::new(5, 1));
    look(&mut fleet, &mut grid);
    assert_eq!(grid.current(), Some(&held));
    assert_eq!(grid.cursor.row, 2);
    grid.sort_by("name", true).unwrap();
    assert_eq!(grid.current(), Some(&held));
    fleet.remove(0, &Thing::new(20, 1));
    look(&mut fleet, &mut grid);
    assert_ne!(grid.current(), Some(&held));
    assert!(grid.current().is_some());
}

#[test]
fn marks_stay_on_their_objects_and_a_range_reaches_from_the_last_mark() {
    let (mut fleet, mut grid) = filled(0..30);
    grid.mark();
    grid.step(2);
    grid.mark_range();
    assert_eq!(grid.selected().len(), 4);
    let before = grid.selected();
    fleet.upsert(0, Thing { name: "!first".into(), ..Thing::new(0, 3) });
    look(&mut fleet, &mut grid);
    grid.reverse();
    assert_eq!(grid.selected(), before);
    assert!(grid.clear_marks());
    assert_eq!(grid.selected().len(), 1);
}

#[test]
fn an_object_that_is_asked_for_is_found_when_it_comes() {
    let (mut fleet, mut grid) = filled(0..3);
    let mut wanted = grid.current().cloned().unwrap();
    wanted.name = Thing::new(9, 0).name.into();
    wanted.namespace = Thing::new(9, 0).space.map(Into::into);
    fleet.freshness(0, Freshness::Loading { since: Timestamp::NEVER, expected: None });
    look(&mut fleet, &mut grid);
    grid.select(&wanted);
    assert_ne!(grid.current(), Some(&wanted));
    fleet.upsert(0, Thing::new(9, 0));
    look(&mut fleet, &mut grid);
    assert_eq!(grid.current(), Some(&wanted));
}

#[test]
fn a_character_taken_back_looks_at_no_row_again_and_a_row_that_changed_is_looked_at() {
    let (mut fleet, mut grid) = filled(0..30);
    grid.open_filter();
    for typed in ["t", "th", "too"] {
        grid.set_filter(typed).unwrap();
    }
    let asked = grid.listing.judged();
    for (typed, rows) in [("th", 30), ("t", 30), ("th", 30), ("thing-a", 20), ("th", 30)] {
        grid.set_filter(typed).unwrap();
        assert_eq!(grid.len(), rows, "{typed}");
    }
    assert_eq!(grid.listing.judged(), asked, "what rows say is kept while a filter is typed");
    grid.set_filter("too").unwrap();
    assert_eq!(grid.len(), 0);
    fleet.upsert(0, Thing::new(1, 5));
    look(&mut fleet, &mut grid);
    assert_eq!(grid.len(), 1, "the changed row has too many now");
    grid.set_filter("to").unwrap();
    assert_eq!(grid.len(), 1);
    grid.close_filter();
    assert!(grid.typing.is_none());
}

#[test]
fn rows_that_do_not_fit_into_one_answer_come_with_the_next_frames_and_the_newest_filter_wins() {
    let (mut fleet, mut grid) = filled(0..30);
    grid.slice = 90;
    grid.open_filter();
    look(&mut fleet, &mut grid);
    assert!(grid.next_wake().is_some_and(|wake| wake < fleet.now), "rows are read ahead at once");
    grid.set_filter("thing").unwrap();
    look(&mut fleet, &mut grid);
    let first = grid.len();
    assert!((1..30).contains(&first), "{first}");
    assert!(grid.count().ends_with("of 30…"), "{}", grid.count());
    look(&mut fleet, &mut grid);
    assert!(grid.len() > first);
    grid.set_filter("thing-a").unwrap();
    let mut frames = 0;
    while grid.has_more_to_filter() {
        look(&mut fleet, &mut grid);
        frames += 1;
    }
    assert!(frames < 8 && grid.len() == 20, "{frames} {}", grid.len());
    assert_eq!(grid.count(), "20 of 30");
    grid.set_filter("thing-").unwrap();
    grid.close_filter();
    assert_eq!(grid.len(), 30, "a filter that is accepted is complete");
}

#[test]
fn a_filter_that_makes_no_sense_changes_nothing() {
    let (_, mut grid) = filled(0..30);
    grid.set_filter("a").unwrap();
    let rows = grid.len();
    assert!(grid.set_filter("-f numbr>2").unwrap_err().contains("number"));
    assert_eq!((grid.filter(), grid.len()), ("a", rows));
    assert!(grid.sort_by("numbr", false).unwrap_err().contains(&"number".to_owned()));
}

#[test]
fn a_screen_of_any_size_is_drawn() {
    for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24), (120, 40), (200, 60), (300, 100)] {
        let mut fleet = Fleet::new(&["east", "west"]);
        fleet.relist(0, (0..40).map(|name| Thing::new(name, 3)).collect());
        fleet.forbid(1);
        fleet.publish();
        let mut grid = Grid::new(Things::default());
        grid.follow(&fleet.world());
        for ascii in [false, true] {
            grid.build(Size::new(width, height), &fleet.world(), ascii);
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
            grid.paint(buffer.area, &mut buffer, &things::look(ascii));
            if height > 3 && width >= 20 {
                assert!(things::text(&buffer).contains("thing"), "{}", things::text(&buffer));
            }
        }
    }
}

#[test]
fn one_cluster_that_forbids_does_not_hide_the_rows_of_the_other() {
    let mut fleet = Fleet::new(&["east", "west"]);
    fleet.relist(0, vec![Thing::new(1, 1), Thing::new(4, 5)]);
    fleet.forbid(1);
    let shown = screen(&mut fleet, 80, 8);
    let wanted = [
        "   CLUSTER  NAMESPACE  NAME            NUMBER  COLOUR   READY  WHY",
        " ⊘ west  things forbidden: list things in all namespaces (ask for verb list on …",
        "▸● east     blue       thing-a-01           1  red        1/9  –",
        " ▲ east     green      thing-a-04           5  a-col…     5/9  too many",
        "",
        "",
        "",
        "",
    ];
    assert_eq!(shown.lines().map(str::trim_end).collect::<Vec<_>>(), wanted, "\n{shown}");
}

#[test]
fn the_five_pictures_differ() {
    let picture = |prepare: &dyn Fn(&mut Fleet)| {
        let mut fleet = Fleet::new(&["east"]);
        prepare(&mut fleet);
        let shown = screen(&mut fleet, 80, 8);
        shown.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
    };
    let refused = Problem::new(ProblemKind::Unreachable, "connection refused");
    assert_eq!(picture(&|_| {}), "◌ loading things…");
    assert_eq!(
        picture(&|fleet| {
            fleet.freshness(0, Freshness::Loading { since: Timestamp::NEVER, expected: Some(64_500) });
        }),
        "◌ loading 64,500 things…"
    );
    assert_eq!(picture(&|fleet| fleet.freshness(0, Freshness::Live)), "– no things");
    assert_eq!(
        picture(&|fleet| fleet.forbid(0)),
        "⊘ things of east forbidden: list things in all namespaces / ask for verb list on things"
    );
    assert_eq!(
        picture(&|fleet| fleet.freshness(0, Freshness::Unavailable { problem: refused.clone() })),
        "○ things of east unavailable: connection refused"
    );
    assert_eq!(
        picture(&|fleet| {
            fleet.upsert(0, Thing::new(1, 1));
            let as_of = Timestamp::from_seconds(fleet.now.seconds() - 90);
            fleet.freshness(0, Freshness::Stale { as_of, problem: refused.clone() });
        }),
        "~ east  things as of 90s ago: connection refused / ▸● blue       thing-a-01           1  red        1/9  –"
    );
    assert_eq!(
        picture(&|fleet| {
            fleet.freshness(0, Freshness::Live);
            fleet.scope.namespace = Some("green".into());
        }),
        "– no things in namespace green"
    );
}

#[test]
fn what_comes_from_outside_is_escaped_on_the_screen() {
    let mut fleet = Fleet::new(&["east"]);
    fleet.upsert(0, Thing { name: "evil\u{1b}[2J\nname\u{202e}".into(), ..Thing::new(1, 1) });
    let shown = screen(&mut fleet, 80, 4);
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    assert!(shown.contains("evil␛[2J␊"), "{shown}");
}

#[test]
fn the_table_that_was_dropped_and_made_again_is_read_anew() {
    let (mut fleet, mut grid) = filled(0..30);
    grid.leave();
    fleet.forget(0);
    fleet.publish();
    // The new table gets past the old one's version without naming the rows that went.
    for _ in 0..5 {
        fleet.upsert(0, Thing::new(3, 3));
        fleet.publish();
        fleet.upsert(0, Thing::new(3, 2));
        fleet.publish();
    }
    look(&mut fleet, &mut grid);
    assert_eq!(grid.len(), 1);
}

#[test]
fn an_export_has_every_row_and_every_column_as_data() {
    let mut fleet = Fleet::new(&["east", "west"]);
    fleet.relist(0, vec![Thing::new(4, 5)]);
    fleet.forbid(1);
    fleet.publish();
    let mut grid = Grid::new(Things::default());
    grid.follow(&fleet.world());
    let export = grid.export(fleet.now);
    assert_eq!(
        export.to_json("things"),
        serde_json::json!({
            "version": 1, "view": "things",
            "rows": [{
                "cluster": "east", "namespace": "green", "name": "thing-a-04", "number": 5,
                "colour": "a-colour-that-is-longer-than-a-key-red", "ready": {"have": 5, "want": 9}, "extra": null, "verdict": "warning", "why": "too many"
            }],
            "unknown": [{"cluster": "west", "what": "things", "why": "forbidden: list things in all namespaces"}]
        })
    );
    let text = export.to_text(true);
    assert_eq!(
        text,
        "    CLUSTER   NAMESPACE   NAME         NUMBER   COLOUR                                   READY   WHY\n\
         ▲   east      green       thing-a-04        5   a-colour-that-is-longer-than-a-key-red     5/9   too many\n"
    );
}

#[test]
fn a_relist_with_the_same_rows_moves_nothing() {
    let (mut fleet, mut grid) = filled(0..20);
    let before = grid.order.clone();
    fleet.change(0, vec![RowChange::ListBegan]);
    for name in 0..20 {
        fleet.upsert(0, Thing::new(name, u32::from(name) % 4));
    }
    fleet.change(0, vec![RowChange::ListEnded]);
    look(&mut fleet, &mut grid);
    assert_eq!(grid.order, before);
}

#[test]
fn a_reason_that_does_not_fit_is_told_below_the_rows() {
    let mut fleet = Fleet::new(&["east"]);
    fleet.relist(0, (0..30).map(|name| Thing::new(name, 7)).collect());
    fleet.publish();
    let mut grid = Grid::new(Things {
        reason: "too many, and that for a reason that is told in full",
        ..Things::default()
    });
    let shown = |grid: &mut Grid<Things>| {
        grid.follow(&fleet.world());
        grid.build(Size::new(60, 12), &fleet.world(), false);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 12));
        grid.paint(buffer.area, &mut buffer, &things::look(false));
        things::text(&buffer)
    };
    let screen = shown(&mut grid);
    assert!(
        screen.ends_with(&format!("{:60}", " ▲ too many, and that for a reason that is told in full")),
        "{screen}"
    );
    assert_eq!(grid.frame.rows.len(), 10, "the header and the reason leave ten");
    grid.go_to(usize::MAX);
    let screen = shown(&mut grid);
    assert!(grid.frame.rows.last().unwrap().is_selected, "the selected row is not covered: {screen}");
}

#[test]
fn every_table_sorts_by_verdict_with_its_letter() {
    let (mut fleet, mut grid) = filled(0..10);
    fleet.upsert(0, Thing::new(7, 5));
    look(&mut fleet, &mut grid);
    assert!(grid.sort_by_letter(VERDICT_LETTER));
    let worst = grid.objects(1).remove(0);
    assert_eq!(*worst.name, *Thing::new(7, 5).name);
    assert!(!grid.sort_by_letter('Q'));
}

#[test]
fn what_every_cluster_forbids_is_said_once() {
    let mut fleet = Fleet::new(&["east", "west"]);
    fleet.forbid(0);
    fleet.forbid(1);
    let screen = things::screen(&mut fleet, 100, 20);
    assert_eq!(screen.matches("list things in all namespaces").count(), 1, "{screen}");
    assert!(screen.contains("things of all 2 clusters forbidden"), "{screen}");
}
