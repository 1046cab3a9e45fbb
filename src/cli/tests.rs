use super::*;

fn told(line: &str) -> (Exit, String, String) {
    let mut stdout = Vec::new();
    let mut stderr = Vec::new();
    let arguments = std::iter::once("pilothouse").chain(line.split_whitespace()).map(OsString::from);
    let exit = run_with(arguments, &mut stdout, &mut stderr);
    (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn parsed(line: &str) -> Arguments {
    parse(std::iter::once("pilothouse").chain(line.split_whitespace()).map(OsString::from)).unwrap()
}

#[test]
fn the_grammar_is_sound() {
    grammar().debug_assert();
}

#[test]
fn a_wrong_command_and_a_wrong_flag_are_usage_errors_with_the_nearest_name() {
    let (exit, stdout, stderr) = told("gett pods");
    assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
    assert!(stderr.starts_with("error: unrecognized subcommand 'gett'\n"), "{stderr}");
    assert!(stderr.contains("\nhint: ") && stderr.contains("'get'"), "{stderr}");
    let (exit, _, stderr) = told("get pods --fliter x");
    assert_eq!(exit, Exit::Usage);
    assert!(stderr.contains("hint: a similar argument exists: '--filter'"), "{stderr}");
    let (exit, _, stderr) = told("get pods -o jsno");
    assert_eq!(exit, Exit::Usage);
    assert!(stderr.contains("hint: a similar value exists: 'json'"), "{stderr}");
}

#[test]
fn help_and_version_are_answers_on_stdout() {
    for line in ["--help", "--version", "get --help", "-h"] {
        let (exit, stdout, stderr) = told(line);
        assert_eq!((exit, stderr.as_str()), (Exit::Done, ""), "{line}");
        assert!(stdout.contains("pilothouse"), "{line}: {stdout}");
    }
}

#[test]
fn common_flags_work_before_and_after_the_command() {
    for line in ["-c a --context b -n web get pods", "get pods --cluster a -n web -c b"] {
        let flags = parsed(line).common;
        assert_eq!(flags.cluster, ["a", "b"], "{line}");
        assert_eq!(flags.namespace.as_deref(), Some("web"), "{line}");
    }
}

#[test]
fn the_embedded_world_is_a_flag_that_takes_no_word_from_the_command() {
    assert_eq!(parsed("--demo get pods").common.demo.as_deref(), Some(""));
    assert_eq!(parsed("get pods --demo=storm").common.demo.as_deref(), Some("storm"));
    let Some(Command::Get(get)) = parsed("get pods --demo web-0").command else { panic!("not get") };
    assert_eq!(get.names, ["web-0"]);
}

#[test]
fn filters_and_sorting_may_begin_with_a_hyphen() {
    let Some(Command::Get(get)) = parsed("get pods --filter -l=app --sort-by -age -A").command else {
        panic!("not get")
    };
    assert_eq!(get.filter.as_deref(), Some("-l=app"));
    assert_eq!(get.sort_by.as_deref(), Some("-age"));
    assert!(get.all_namespaces);
}

#[test]
fn all_namespaces_and_one_exclude_each_other() {
    let (exit, _, stderr) = told("get pods -A -n web");
    assert_eq!(exit, Exit::Usage);
    assert!(stderr.contains("cannot be used with"), "{stderr}");
}

#[test]
fn sizes_and_durations_are_checked_before_anything_runs() {
    let Some(Command::Screenshot(shot)) = parsed("screenshot fleet --size 160x45 -o svg").command else {
        panic!("not screenshot")
    };
    assert_eq!(shot.size, (160, 45));
    for line in ["screenshot fleet --size 10x2", "screenshot fleet --size big", "get pods --timeout soon"] {
        let (exit, _, stderr) = told(line);
        assert_eq!(exit, Exit::Usage, "{line}");
        assert!(stderr.starts_with("error: invalid value"), "{stderr}");
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (exit, stdout, _) = told(&format!("completions {shell}"));
        assert_eq!(exit, Exit::Done);
        for command in grammar().get_subcommands() {
            assert!(stdout.contains(command.get_name()), "{shell} does not know {}", command.get_name());
        }
    }
    let (exit, stdout, _) = told("man");
    assert_eq!(exit, Exit::Done);
    assert!(stdout.contains(".TH pilothouse 1"), "{stdout}");
    let (exit, stdout, _) = told("man get");
    assert_eq!(exit, Exit::Done);
    assert!(stdout.contains("sort\\-by"), "{stdout}");
    let (exit, _, stderr) = told("man gte");
    assert_eq!(
        (exit, stderr.as_str()),
        (Exit::Usage, "error: there is no command \"gte\"\nhint: did you mean \"get\"?\n")
    );
}

#[test]
fn a_named_settings_file_that_is_wrong_stops_every_live_command_with_its_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.toml");
    std::fs::write(&path, "[screen]\nthem = \"dark\"").unwrap();
    for command in ["", "get pods", "screenshot fleet", "demo", "config check", "config print"] {
        let (exit, stdout, stderr) = told(&format!("{command} --config {}", path.display()));
        assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""), "{command}");
        assert!(
            stderr.contains("p.toml:2:1: unknown key `screen.them`\nhint: did you mean `theme`?\n"),
            "{stderr}"
        );
    }
}

#[test]
fn a_closed_pipe_is_success_and_a_full_disk_is_not() {
    struct Failing(io::ErrorKind);
    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for (kind, expected) in
        [(io::ErrorKind::BrokenPipe, Exit::Done), (io::ErrorKind::StorageFull, Exit::Failed)]
    {
        for line in ["completions bash", "man", "--help", "config print --defaults"] {
            let arguments = std::iter::once("pilothouse").chain(line.split_whitespace()).map(OsString::from);
            let exit = run_with(arguments, &mut BufWriter::new(Failing(kind)), &mut Vec::new());
            assert_eq!(exit, expected, "{line}");
        }
    }
}
