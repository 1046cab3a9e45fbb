use proptest::prelude::*;

use super::*;

fn keys(text: &str) -> Vec<Key> {
    Chord::parse(text).unwrap().keys().to_vec()
}

#[test]
fn the_shipped_keymap_has_no_mistake() {
    let (_, complaints) = Keymap::default().overlaid(SHIPPED);
    assert_eq!(complaints, []);
}

#[test]
fn fingers_find_what_they_know() {
    let keymap = Keymap::shipped();
    let table = ["pods", "table", "cockpit"];
    for (chord, command) in [
        (":", "palette"),
        ("/", "filter"),
        ("?", "help"),
        ("enter", "open"),
        ("esc", "back"),
        ("q", "back"),
        ("d", "describe"),
        ("y", "yaml"),
        ("l", "logs"),
        ("p", "previous-logs"),
        ("space", "mark"),
        ("ctrl-space", "mark-range"),
        ("[", "history-back"),
        ("]", "history-forward"),
        ("-", "history-last"),
        ("ctrl-w", "wide"),
        ("ctrl-z", "suspend"),
        ("ctrl-c", "quit"),
        ("shift-j", "owner"),
        ("shift-n", "sort-n"),
        ("g", "top"),
        ("G", "bottom"),
        ("c", "copy-name"),
        ("n", "copy-namespace"),
    ] {
        assert_eq!(keymap.look_up(&table, &keys(chord)), Found::Bound(&Binding::Command(command)), "{chord}");
    }
    assert_eq!(
        keymap.look_up(&["yaml", "text", "cockpit"], &keys("n")),
        Found::Bound(&Binding::Command("search-next"))
    );
}

#[test]
fn a_prefix_waits_and_says_what_may_follow() {
    let keymap = Keymap::shipped();
    let sections = ["table", "cockpit"];
    assert_eq!(keymap.look_up(&sections, &keys("v")), Found::Prefix);
    assert_eq!(keymap.look_up(&sections, &keys("v p")), Found::Bound(&Binding::Line(":pods".into())));
    assert_eq!(keymap.look_up(&sections, &keys("v v")), Found::Nothing);
    assert_eq!(keymap.label(&sections, &keys("v")), Some("go to"));
    let next = keymap.continuations(&sections, &keys("v"));
    assert!(next.iter().any(|c| c.key == Key::char('p') && c.title == ":pods"));
}

#[test]
fn a_users_file_adds_moves_and_unbinds() {
    let own =
        "[cockpit]\n\"q\" = \"none\"\n\"ctrl-q\" = \"quit\"\n[table]\n\"g g\" = \"top\"\n\"d\" = \"mark\"\n";
    let keymap = Keymap::shipped().with(own).unwrap();
    let sections = ["table", "cockpit"];
    assert_eq!(keymap.look_up(&sections, &keys("q")), Found::Nothing);
    assert_eq!(keymap.look_up(&sections, &keys("ctrl-q")), Found::Bound(&Binding::Command("quit")));
    // `g` alone gave way to `g g`.
    assert_eq!(keymap.look_up(&sections, &keys("g")), Found::Prefix);
    assert_eq!(keymap.look_up(&sections, &keys("d")), Found::Bound(&Binding::Command("mark")));
    // What is hidden in the wider section is not advertised.
    assert!(keymap.keys_of(&sections, "describe").is_empty());
    assert_eq!(keymap.keys_of(&["text", "cockpit"], "describe")[0].to_string(), "d");
}

#[test]
fn mistakes_are_named_with_their_place_and_the_nearest_name() {
    let complain = |text: &str| -> String {
        let complaints = Keymap::shipped().with(text).unwrap_err();
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(complain("[tabel]\n"), "1:2: unknown section \"tabel\"; did you mean \"table\"?");
    assert_eq!(
        complain("[table]\n\"x\" = \"filtre\"\n"),
        "2:7: unknown command \"filtre\"; did you mean \"filter\"?"
    );
    assert_eq!(
        complain("[table]\n\"ctl-x\" = \"filter\"\n"),
        "2:1: there is no key \"ctl\"; did you mean \"ctrl\"?"
    );
    assert_eq!(
        complain("[table]\n\"shift-n\" = \"filter\"\n\"N\" = \"mark\"\n"),
        "3:1: \"N\" is bound twice in [table]"
    );
    assert_eq!(
        complain("[table]\n\"x\" = \"filter\"\n\"x y\" = \"mark\"\n"),
        "3:1: \"x y\" and \"x\" cannot both be bound: one begins the other"
    );
    assert_eq!(complain("[table]\n\"x\" = 3\n"), "2:7: a command must be a string, not integer");
    assert_eq!(
        complain("[table]\n\"ctrl-i\" = \"mark\"\n"),
        "2:1: \"ctrl-i\" cannot be told apart by a terminal: it is Tab"
    );
}

#[test]
fn chords_print_as_people_say_them() {
    assert_eq!(Chord::parse("shift-n").unwrap().label(), "Shift-N");
    assert_eq!(Chord::parse("enter").unwrap().label(), "Enter");
    assert_eq!(Chord::parse("v p").unwrap().label(), "v p");
    assert_eq!(Chord::parse("ctrl-space").unwrap().label(), "Ctrl-Space");
    assert_eq!(Chord::parse("-").unwrap().keys(), [Key::char('-')]);
    assert_eq!(Chord::parse("ctrl--").unwrap().keys(), [Key::ctrl('-')]);
    assert_eq!(Chord::parse("   "), Err(ChordError::Empty));
}

fn any_key() -> impl Strategy<Value = Key> {
    let code = prop_oneof![
        proptest::char::range('!', '~').prop_map(KeyCode::Char),
        Just(KeyCode::Char(' ')),
        Just(KeyCode::Enter),
        Just(KeyCode::PageUp),
        (1..=12u8).prop_map(KeyCode::F),
    ];
    (code, any::<bool>(), any::<bool>()).prop_map(|(code, ctrl, alt)| Key { code, ctrl, alt, shift: false })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(keys in proptest::collection::vec(any_key(), 1..4)) {
        let chord = Chord(keys);
        match Chord::parse(&chord.to_string()) {
            Ok(read) => prop_assert_eq!(read, chord),
            Err(error) => prop_assert!(matches!(error, ChordError::Indistinct(..)), "{}", error),
        }
    }
}
