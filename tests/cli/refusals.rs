//! What the command line does not take: exit code 2, one line that says what, and the nearest name.

use crate::harness::cli::Home;

#[test]
fn unknown_words_are_answered_with_the_nearest_known_one() {
    let home = Home::new();
    for (line, near) in [
        ("get podz --demo", "pods"),
        ("get deploymnts --demo", "deployments"),
        ("screenshot nodez --demo", "nodes"),
        ("demo crashlop", "crashloop"),
        ("get pods --demo=imagepul", "imagepull"),
        ("gett pods --demo", "get"),
        ("get pods --demo -o jsn", "json"),
        ("get pods --demo --theme drak", "dark"),
        ("get pods --demo -c myapp-dve", "myapp-dev"),
        ("themes preview lihgt", "light"),
        ("man screnshot", "screenshot"),
    ] {
        let said = home.run(line).ended(2);
        assert_eq!(said.stdout, "", "{line}");
        assert!(said.stderr.starts_with("error: "), "{line}: {}", said.stderr);
        assert!(said.stderr.contains(near), "{line} should lead to {near}: {}", said.stderr);
    }
}

#[test]
fn scenarios_are_listed_and_an_unknown_one_is_refused_before_anything_opens() {
    let home = Home::new();
    let listed = home.run("demo --list").printed();
    for name in ["crashloop", "hostile-text", "imagepull", "narrow-rights", "node-notready", "oom", "pending"]
    {
        assert!(listed.lines().any(|line| line.starts_with(name)), "{listed}");
    }
    assert!(
        listed.lines().all(|line| line.split_whitespace().count() > 3),
        "each says what goes on: {listed}"
    );
    home.run("demo xyzzy")
        .refused(2, "error: there is no scenario \"xyzzy\"\nhint: `pilothouse demo --list` names them\n");
}

#[test]
fn the_cockpit_needs_a_terminal_and_says_what_does_not() {
    let home = Home::new();
    for line in ["demo", "--demo", "--demo=crashloop --view pods"] {
        home.run(line).refused(
            2,
            "error: stdout is not a terminal: the cockpit needs a terminal\n\
             hint: `pilothouse get VIEW` and `pilothouse screenshot VIEW` print without a terminal\n",
        );
    }
}

#[test]
fn nonsense_on_the_command_line_never_panics() {
    let home = Home::new();
    let long = "x".repeat(10_000);
    for words in [
        vec!["get", ""],
        vec!["get", " ", "--demo"],
        vec!["get", "pods", "", "--demo"],
        vec!["get", &long, "--demo"],
        vec!["get", "pods", "--demo", "--filter", &long],
        vec!["get", "pods", "--demo", "--filter", "\u{1b}[2J"],
        vec!["get", "\u{1b}]0;title\u{7}", "--demo"],
        vec!["get", "../../etc/passwd", "--demo"],
        vec!["get", "pods/web", "--demo"],
        vec!["get", "pods", "--demo", "--sort-by", ""],
        vec!["get", "pods", "--demo", "--sort-by", "-"],
        vec!["screenshot", "pods", "--demo", "--size", "99999x99999"],
        vec!["get", "pods", "--demo", "--timeout", "99999999999999h"],
        vec!["get", "pods", "--demo", "-n", "no such namespace"],
    ] {
        let said = home.run_words(&words);
        let shown: Vec<String> = words.iter().map(|w| w.chars().take(40).collect()).collect();
        assert!(matches!(said.code, Some(0..=2)), "{shown:?}: {said:?}");
        assert!(!said.stderr.contains("panicked"), "{shown:?}: {}", said.stderr);
        let bad = |c: char| c.is_control() && c != '\n';
        assert!(!said.stderr.contains(bad) && !said.stdout.contains(bad), "{shown:?}: {said:?}");
    }
}
