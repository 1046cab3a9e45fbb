use super::*;

fn decoded(bytes: &[u8]) -> Vec<InputEvent> {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    decoder.feed(bytes, Instant::now(), &mut events);
    decoder.give_up(&mut events);
    assert!(!decoder.is_waiting());
    events
}

fn key(bytes: &[u8]) -> Key {
    match decoded(bytes).as_slice() {
        [InputEvent::Key(key)] => *key,
        other => panic!("{bytes:?} gave {other:?}"),
    }
}

fn shift(code: KeyCode) -> Key {
    Key { shift: true, ..Key::plain(code) }
}

fn alt(c: char) -> Key {
    Key { alt: true, ..Key::char(c) }
}

#[test]
fn the_table_of_keys() {
    let with = |code, ctrl, alt, shift| Key { code, ctrl, alt, shift };
    let table: &[(&[u8], Key)] = &[
        (b"a", Key::char('a')),
        (b"G", Key::char('G')),
        (b" ", Key::char(' ')),
        ("é".as_bytes(), Key::char('é')),
        ("日".as_bytes(), Key::char('日')),
        ("🦀".as_bytes(), Key::char('🦀')),
        (b"\r", Key::plain(KeyCode::Enter)),
        (b"\n", Key::ctrl('j')),
        (b"\t", Key::plain(KeyCode::Tab)),
        (b"\x7f", Key::plain(KeyCode::Backspace)),
        (b"\x08", Key::plain(KeyCode::Backspace)),
        (b"\x00", Key::ctrl(' ')),
        (b"\x01", Key::ctrl('a')),
        (b"\x1a", Key::ctrl('z')),
        (b"\x1c", Key::ctrl('4')),
        (b"\x1f", Key::ctrl('7')),
        (b"\x1b", Key::plain(KeyCode::Esc)),
        (b"\x1ba", alt('a')),
        (b"\x1bG", alt('G')),
        ("\x1bé".as_bytes(), alt('é')),
        (b"\x1b\x01", with(KeyCode::Char('a'), true, true, false)),
        (b"\x1b\x7f", with(KeyCode::Backspace, false, true, false)),
        (b"\x1b[", alt('[')),
        (b"\x1bO", alt('O')),
        (b"\x1b]", alt(']')),
        (b"\x1b[A", Key::plain(KeyCode::Up)),
        (b"\x1b[B", Key::plain(KeyCode::Down)),
        (b"\x1b[C", Key::plain(KeyCode::Right)),
        (b"\x1b[D", Key::plain(KeyCode::Left)),
        (b"\x1bOA", Key::plain(KeyCode::Up)),
        (b"\x1bOH", Key::plain(KeyCode::Home)),
        (b"\x1bOF", Key::plain(KeyCode::End)),
        (b"\x1bOM", Key::plain(KeyCode::Enter)),
        (b"\x1bOq", Key::char('1')),
        (b"\x1bOP", Key::plain(KeyCode::F(1))),
        (b"\x1bOS", Key::plain(KeyCode::F(4))),
        (b"\x1b[[A", Key::plain(KeyCode::F(1))),
        (b"\x1b[[E", Key::plain(KeyCode::F(5))),
        (b"\x1b[H", Key::plain(KeyCode::Home)),
        (b"\x1b[1~", Key::plain(KeyCode::Home)),
        (b"\x1b[7~", Key::plain(KeyCode::Home)),
        (b"\x1b[F", Key::plain(KeyCode::End)),
        (b"\x1b[4~", Key::plain(KeyCode::End)),
        (b"\x1b[2~", Key::plain(KeyCode::Insert)),
        (b"\x1b[3~", Key::plain(KeyCode::Delete)),
        (b"\x1b[5~", Key::plain(KeyCode::PageUp)),
        (b"\x1b[6~", Key::plain(KeyCode::PageDown)),
        (b"\x1b[11~", Key::plain(KeyCode::F(1))),
        (b"\x1b[15~", Key::plain(KeyCode::F(5))),
        (b"\x1b[17~", Key::plain(KeyCode::F(6))),
        (b"\x1b[21~", Key::plain(KeyCode::F(10))),
        (b"\x1b[23~", Key::plain(KeyCode::F(11))),
        (b"\x1b[24~", Key::plain(KeyCode::F(12))),
        (b"\x1b[29~", Key::plain(KeyCode::F(16))),
        (b"\x1b[34~", Key::plain(KeyCode::F(20))),
        (b"\x1b[Z", shift(KeyCode::Tab)),
        (b"\x1b[1;2A", shift(KeyCode::Up)),
        (b"\x1b[1;5C", with(KeyCode::Right, true, false, false)),
        (b"\x1b[1;3D", with(KeyCode::Left, false, true, false)),
        (b"\x1b[1;8H", with(KeyCode::Home, true, true, true)),
        (b"\x1b[5;5~", with(KeyCode::PageUp, true, false, false)),
        (b"\x1b[1;5R", with(KeyCode::F(3), true, false, false)),
        (b"\x1b[97u", Key::char('a')),
        (b"\x1b[97;2u", Key::char('A')),
        (b"\x1b[97:65;2u", Key::char('A')),
        (b"\x1b[104;5u", Key::ctrl('h')),
        (b"\x1b[13;2u", shift(KeyCode::Enter)),
        (b"\x1b[27u", Key::plain(KeyCode::Esc)),
        (b"\x1b[27;5;105~", Key::ctrl('i')),
    ];
    for (bytes, expected) in table {
        assert_eq!(key(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn every_cut_of_a_stream_gives_the_same_events() {
    let stream = "j\x1b[A\x1bOPé日\x1b[<0;5;7Mq\x1b[200~pasted\r\nté\x1b[xt\x1b[201~G\x1b[3;5~\x1b]11;rgb:0/0/0\x1b\\k\x1ba".as_bytes();
    let whole = decoded(stream);
    assert_eq!(whole.len(), 13, "{whole:?}");
    let now = Instant::now();
    for cut in 1..stream.len() {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        let (before, after) = stream.split_at(cut);
        decoder.feed(before, now, &mut events);
        decoder.feed(after, now, &mut events);
        assert_eq!(events, whole, "cut at {cut}");
    }
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    for byte in stream {
        decoder.feed(&[*byte], now, &mut events);
    }
    assert_eq!(events, whole);
}

#[test]
fn a_lone_escape_waits_and_two_are_two() {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    decoder.feed(b"\x1b", Instant::now(), &mut events);
    assert!(events.is_empty() && decoder.is_waiting());
    decoder.give_up(&mut events);
    assert_eq!(events, [InputEvent::Key(Key::plain(KeyCode::Esc))]);
    assert_eq!(decoded(b"\x1b\x1b").len(), 2);
    assert_eq!(decoded(b"\x1b\x1b[A").len(), 2);
}

#[test]
fn what_means_nothing_is_swallowed_whole() {
    for bytes in [
        b"\x1b[?62;22c".as_slice(),
        b"\x1b[I",
        b"\x1b[O",
        b"\x1b[?2026;2$y",
        b"\x1b[99~",
        b"\x1b[<35;10;10M",
        b"\x1b[<0;10;10m",
        b"\x1b[<0;0;1M",
        b"\x1b[<0;99999999999;1M",
        b"\x1b[<1;2M",
        b"\x1b[M !!",
        b"\x1b]11;junk\x07",
        b"\x1b]52;c;aGk=\x1b\\",
        b"\xff",
        b"\xc3\x28".split_at(1).0,
        b"\x1b[",
    ] {
        let events = decoded(bytes);
        let only_alt = bytes == b"\x1b[";
        assert_eq!(events.is_empty(), !only_alt, "{bytes:?} gave {events:?}");
    }
    assert_eq!(decoded(b"\x1b[12;\x1bOPx").len(), 2, "a broken sequence does not eat the next");
}

#[test]
fn an_endless_sequence_is_dropped_and_input_goes_on() {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    let mut stream = b"\x1b]".to_vec();
    stream.extend(std::iter::repeat_n(b'x', LONGEST_SEQUENCE * 2));
    decoder.feed(&stream, Instant::now(), &mut events);
    assert!(decoder.pending.len() <= LONGEST_SEQUENCE);
    decoder.give_up(&mut events);
    events.clear();
    decoder.feed(b"q", Instant::now(), &mut events);
    assert_eq!(events, [InputEvent::Key(Key::char('q'))]);
}

#[test]
fn no_bytes_panic_or_hang() {
    // A small generator instead of a table: each seed another stream of the bytes that matter.
    let alphabet = b"\x1b\x1b[[O]<;:0123456789MmA~uR\x07\\\xc3\xa9\xf0\x9f\xff x200~201~";
    let mut state = 7_u64;
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    for _ in 0..20_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let byte = alphabet[(state >> 33) as usize % alphabet.len()];
        decoder.feed(&[byte], Instant::now(), &mut events);
        if state.is_multiple_of(13) {
            decoder.give_up(&mut events);
        }
        assert!(decoder.pending.len() <= LONGEST_SEQUENCE + 1);
    }
}

#[test]
fn a_paste_is_one_text_whatever_it_holds() {
    assert_eq!(
        decoded(b"\x1b[200~rm -rf /\r\nq\x1b[A\rend\x1b[201~"),
        [InputEvent::Paste("rm -rf /\nq\x1b[A\nend".to_owned())]
    );
    let mut huge = b"\x1b[200~".to_vec();
    huge.extend(std::iter::repeat_n(b'x', LARGEST_PASTE + 10));
    huge.extend(b"\x1b[201~j");
    let events = decoded(&huge);
    assert!(matches!(&events[0], InputEvent::Paste(text) if text.len() == LARGEST_PASTE));
    assert_eq!(events[1], InputEvent::Key(Key::char('j')));
}

#[test]
fn the_answer_about_the_background_is_understood_with_both_ends() {
    assert_eq!(decoded(b"\x1b]11;rgb:ffff/ffff/dddd\x07"), [InputEvent::Background(Background::Light)]);
    assert_eq!(decoded(b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\"), [InputEvent::Background(Background::Dark)]);
}

#[test]
fn clicks_wheel_and_double_clicks() {
    let click = b"\x1b[<0;5;7M";
    let mouse = |action| InputEvent::Mouse(Mouse { column: 4, row: 6, action });
    assert_eq!(decoded(click), [mouse(MouseAction::Click)]);
    assert_eq!(decoded(b"\x1b[<2;5;7M"), [mouse(MouseAction::RightClick)]);
    assert_eq!(decoded(b"\x1b[<64;5;7M"), [mouse(MouseAction::WheelUp)]);
    assert_eq!(decoded(b"\x1b[<81;5;7M"), [mouse(MouseAction::WheelDown)], "with Control held");
    let begin = Instant::now();
    let mut decoder = Decoder::default();
    let mut actions = Vec::new();
    for (after, bytes) in
        [(0, click.as_slice()), (200, click), (300, click), (900, click), (1000, b"\x1b[<0;6;7M")]
    {
        let mut events = Vec::new();
        decoder.feed(bytes, begin + Duration::from_millis(after), &mut events);
        let [InputEvent::Mouse(mouse)] = events.as_slice() else { panic!("{events:?}") };
        actions.push(mouse.action);
    }
    use MouseAction::{Click, DoubleClick};
    assert_eq!(actions, [Click, DoubleClick, Click, Click, Click]);
}
