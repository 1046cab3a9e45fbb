//! The user's files, and the files that the program writes about itself.

use std::fs;

use crate::harness::cli::Home;

#[test]
fn the_settings_file_from_nothing_to_wrong() {
    let home = Home::new();
    let path = home.settings();
    let shown = path.display().to_string();
    assert_eq!(home.run("config path").printed(), format!("{shown}\n"));
    assert_eq!(
        home.run("config check").printed(),
        format!("{shown} does not exist: the defaults are in effect\n")
    );
    assert_eq!(home.run("config init").printed(), format!("{shown} is written\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), home.run("config print --defaults").printed());
    assert_eq!(home.run("config check").printed(), format!("{shown} is fine\n"));
    let again = home.run("config init").ended(2);
    assert!(again.stderr.contains("exists and is left as it is"), "{}", again.stderr);
    // What is printed is a settings file again, and says the same.
    let printed = home.run("config print").printed();
    fs::write(&path, &printed).unwrap();
    assert_eq!(home.run("config print").printed(), printed);
}

#[test]
fn a_wrong_settings_file_names_file_line_and_column_and_stops_every_live_command() {
    let home = Home::new();
    let path = home.write("config/pilothouse/pilothouse.toml", "[screen]\nthem = \"dark\"\nmouse = 3\n");
    for line in ["config check", "get pods --demo", "screenshot pods --demo", "demo", "config print"] {
        let said = home.run(line).ended(2);
        assert_eq!(said.stdout, "", "{line}");
        let expected = format!(
            "error: {}:2:1: unknown key `screen.them`\nhint: did you mean `theme`?\n",
            path.display()
        );
        assert!(said.stderr.contains(&expected), "{line}: {}", said.stderr);
        assert!(said.stderr.contains(":3:9: "), "the second mistake is told too: {}", said.stderr);
    }
    // Doctor shows it as what is broken.
    let said = home.run("doctor --demo").ended(2);
    assert!(said.stdout.contains("✖ settings") && said.stdout.contains("screen.them"), "{said:?}");
    // What needs no settings is not stopped by them.
    for line in ["config path", "config print --defaults", "completions bash", "man", "demo --list", "--help"]
    {
        home.run(line).printed();
    }
}

#[test]
fn settings_that_are_no_toml_no_text_or_a_folder_are_told_apart() {
    let home = Home::new();
    let path = home.write("config/pilothouse/pilothouse.toml", "[screen\n");
    let said = home.run("get pods --demo").ended(2);
    assert!(said.stderr.contains(&format!("{}:1:", path.display())), "{}", said.stderr);
    fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    let said = home.run("get pods --demo").ended(2);
    assert!(said.stderr.contains(&path.display().to_string()), "{}", said.stderr);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let said = home.run("get pods --demo");
    assert!(matches!(said.code, Some(1 | 2)), "{said:?}");
    assert!(said.stderr.contains(&path.display().to_string()), "{}", said.stderr);
    let said = home.run("get pods --demo --config nowhere.toml").ended(2);
    assert!(said.stderr.contains("nowhere.toml"), "{}", said.stderr);
}

#[test]
fn a_wrong_keymap_and_a_wrong_theme_are_told_with_their_places() {
    let home = Home::new();
    let keymap = home.write("config/pilothouse/keymap.toml", "= 1\n");
    let theme = home.write("config/pilothouse/themes/mine.toml", "inherits = \"drak\"\n");
    let said = home.run("config check").ended(2);
    assert!(said.stderr.contains(&format!("{}:1:", keymap.display())), "{}", said.stderr);
    assert!(said.stderr.contains(&theme.file_name().unwrap().display().to_string()), "{}", said.stderr);
}

#[test]
fn completions_are_scripts_that_their_shells_can_read() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&format!("completions {shell}")).printed();
        for word in ["get", "screenshot", "doctor", "--sort-by", "narrow"] {
            let known = script.contains(word) || script.contains(word.trim_start_matches('-'));
            assert!(known || word == "narrow", "{shell} does not know {word}");
        }
        // Where the shell is installed it checks the grammar itself.
        let path = home.write("script", &script);
        match std::process::Command::new(shell).arg("-n").arg(&path).output() {
            Ok(output) => {
                assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr))
            }
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{shell}"),
        }
    }
    let said = home.run("completions tcsh").ended(2);
    assert!(said.stderr.contains("bash"), "{}", said.stderr);
}

#[test]
fn the_manual_is_a_manual_page() {
    let home = Home::new();
    let page = home.run("man").printed();
    assert!(page.contains(".TH pilothouse 1") && page.contains(".SH"), "{page}");
    for command in ["get", "screenshot", "doctor", "config", "themes", "completions", "demo"] {
        assert!(page.contains(command), "{command}");
        let own = home.run(&format!("man {command}")).printed();
        assert!(own.contains(".TH"), "{command}: {own}");
    }
}

#[test]
fn doctor_says_what_works_and_ends_by_the_worst() {
    let home = Home::new();
    let well = home.run("doctor --demo").printed();
    for cluster in ["myapp-dev (dev, open)", "myapp-prod (prod, locked)"] {
        assert!(well.contains(cluster), "{well}");
    }
    assert!(!well.contains('✖'), "{well}");
    let down = home.run("doctor --demo=unreachable").ended(1);
    assert!(down.stdout.contains("✖ reach  myapp-prod refuses connections"), "{}", down.stdout);
    assert!(down.stdout.contains("● log in            kubernetes-admin"), "{}", down.stdout);
    let narrow = home.run("doctor --demo=narrow-rights").ended(0);
    assert!(narrow.stdout.contains("may not list or watch pods in all namespaces"), "{}", narrow.stdout);
    let ascii = home.run("doctor --demo --ascii").printed();
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn a_first_blueprint_says_what_the_cluster_has_and_never_replaces_one() {
    let home = Home::new();
    let path = home.settings().with_file_name("blueprints").join("myapp-dev.toml");
    let shown = path.display().to_string();
    let init = "config init --from-cluster myapp-dev --demo";
    assert_eq!(home.run(init).printed(), format!("{shown} is written\n"));
    let text = fs::read_to_string(&path).unwrap();
    for line in [
        "environment = \"dev\"",
        "clusters = [\"myapp-dev\"]",
        "default-storage-class = \"gp3\"",
        "[components.external-dns]",
        "identity = \"irsa\"",
        "[namespaces.staging]",
        "[node-pools.default]",
        "[applications.myapp-staging]",
        "[groups.platform-admin]",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
    assert!(home.run("config check").printed().ends_with("the defaults are in effect\n"));
    assert!(home.run(init).ended(2).stderr.contains("exists and is left as it is"));
    let said = home.run("config init --from-cluster myapp-dve --demo").ended(2).stderr;
    assert!(said.contains("did you mean \"myapp-dev\"?"), "{said}");
}

#[test]
fn a_wrong_blueprint_is_named_with_its_place() {
    let home = Home::new();
    home.write(
        "config/pilothouse/blueprints/prod.toml",
        "environment = \"prod\"\n[components.coredn]\nreplicas = \"two\"\n",
    );
    let said = home.run("config check").ended(2).stderr;
    assert!(said.contains("prod.toml:2:1: `components.coredn` is no component"), "{said}");
    assert!(said.contains("did you mean `coredns`?") && said.contains("prod.toml:3:12:"), "{said}");
}
