use super::*;
use crate::settings::document::asked;

fn told(text: &str) -> Vec<String> {
    Cockpit::read("p.toml", text)
        .unwrap_err()
        .iter()
        .map(|m| m.hint.as_ref().map_or_else(|| m.to_string(), |hint| format!("{m} ({hint})")))
        .collect()
}

/// The embedded file with its examples switched on.
fn with_examples() -> String {
    let example = |line: &str| {
        let rest = line.strip_prefix('#')?;
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[').then(|| rest.to_owned())
    };
    DEFAULTS.lines().map(|line| example(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

#[test]
fn the_embedded_file_says_the_defaults_of_the_code() {
    assert_eq!(Cockpit::read("default", DEFAULTS).unwrap(), Cockpit::default());
}

#[test]
fn every_setting_is_documented_and_every_example_is_valid() {
    let text = with_examples();
    let cockpit = Cockpit::read("examples", &text).unwrap();
    assert_eq!(cockpit.environments.len(), 2);
    assert_eq!(cockpit.clusters.len(), 2);
    let document: toml::Table = text.parse().unwrap();
    for path in asked(&text, |root| Cockpit::default().take(root)) {
        let mut at = Some(&toml::Value::Table(document.clone()));
        for part in path.split('.') {
            at = at.and_then(|value| value.get(part));
        }
        // `take` asks for a key of every table that an example opens; a name without an example is not a setting.
        let in_one_example_only = path.starts_with("environments.") || path.starts_with("clusters.");
        assert!(at.is_some() || in_one_example_only, "{path} is not documented");
    }
    for key in [
        "tier",
        "guard",
        "clusters",
        "context",
        "namespaces",
        "connect-timeout",
        "aws-profile",
        "aws-role",
        "aws-region",
        "eks",
    ] {
        assert!(text.contains(&format!("\n{key} = ")), "{key} has no example");
    }
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(Cockpit::read("p.toml", "").unwrap(), Cockpit::default());
    assert_eq!(Cockpit::read("p.toml", "\u{feff}# only a comment\r\n").unwrap(), Cockpit::default());
}

#[test]
fn a_file_changes_what_it_names_and_flags_win_over_it() {
    let text =
        "[start]\nview = \"pods\"\ncluster = \"*-dev\"\nnamespace = \"web\"\n[screen]\ntheme = \"light\"";
    let cockpit = Cockpit::read("p.toml", text).unwrap();
    assert_eq!(cockpit.start.view.value, "pods");
    assert_eq!(cockpit.start.view.place.as_ref().unwrap().to_string(), "p.toml:2:8");
    assert_eq!(cockpit.logs, Logs::default());
    let flags = Overrides {
        view: Some("nodes".into()),
        namespace: Some(String::new()),
        theme: Some("auto".into()),
        environment: Some("prod".into()),
        ..Overrides::default()
    };
    let cockpit = cockpit.with(flags);
    assert_eq!(cockpit.start.view.value, "nodes");
    assert_eq!(cockpit.start.namespace, None);
    assert_eq!(cockpit.screen.theme, None);
    assert!(cockpit.start.clusters.is_empty(), "a file's cluster must not narrow a flag's environment");
}

#[test]
fn flags_cannot_give_back_what_the_file_took() {
    let cockpit = Cockpit::read("p.toml", "read-only = true").unwrap().with(Overrides::default());
    assert!(cockpit.read_only);
}

#[test]
fn the_tier_decides_the_guard_unless_it_is_said() {
    let text = "[environments.a]\ntier = \"production\"\n[environments.b]\ntier = \"production\"\n\
                guard = \"confirm\"\n[environments.live]\n";
    let guards: Vec<Guard> =
        Cockpit::read("p.toml", text).unwrap().environments.iter().map(|e| e.environment.guard).collect();
    assert_eq!(guards, [Guard::Locked, Guard::Confirm, Guard::Locked]);
}

#[test]
fn environments_keep_the_order_of_the_file() {
    let text = "[environments.zulu]\n[environments.alpha]\n";
    let cockpit = Cockpit::read("p.toml", text).unwrap();
    assert_eq!(cockpit.environments[0].environment.name.as_str(), "zulu");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once_in_its_order() {
    let text = "read-onli = true\n[screen]\nmouse = \"yes\"\nthem = \"dark\"\n[logs]\ntail = -5\nbuffer = \"8MB\"\n\
                [watch]\nlinger = 30\npoll-interval = \"1s\"\n[environments.prod]\nguard = \"closed\"\ntier = \"prodution\"";
    assert_eq!(
        told(text),
        [
            "p.toml:1:1: unknown key `read-onli` (did you mean `read-only`?)",
            "p.toml:3:9: `screen.mouse` must be true or false, not a text",
            "p.toml:4:1: unknown key `screen.them` (did you mean `theme`?)",
            "p.toml:6:8: `logs.tail` cannot be -5 (it goes from 0 to 1000000)",
            "p.toml:7:10: `logs.buffer` cannot be \"8MB\" (a number with B, KiB, MiB or GiB, for example \"8MiB\")",
            "p.toml:9:10: `watch.linger` must be a duration in quotes, for example \"30s\", not a whole number",
            "p.toml:10:17: `watch.poll-interval` cannot be 1s (it goes from 5s to 3600s)",
            "p.toml:12:9: `environments.prod.guard` cannot be \"closed\" (it is one of open, confirm, locked)",
            "p.toml:13:8: `environments.prod.tier` cannot be \"prodution\" (did you mean \"production\"?)",
        ]
    );
}

#[test]
fn names_that_cannot_be_namespaces_are_refused() {
    assert_eq!(
        told("[start]\nnamespace = \"Web/../x\"\n[namespaces]\nfavourites = [\"ok\", \"\", \"a\\u001bb\"]"),
        [
            "p.toml:2:13: `start.namespace` names no namespace: \"Web/../x\" (lower-case letters, digits and hyphens, at most 63)",
            "p.toml:4:14: `namespaces.favourites` has an empty name",
            "p.toml:4:14: `namespaces.favourites` names no namespace: \"a\\u{1b}b\" (lower-case letters, digits and hyphens, at most 63)",
        ]
    );
}

#[test]
fn ten_favourites_are_one_too_many() {
    let text = "[namespaces]\nfavourites = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]";
    assert_eq!(
        told(text),
        ["p.toml:2:14: `namespaces.favourites` has more than nine names (the keys are 1 to 9)"]
    );
}

#[test]
fn a_context_has_one_name() {
    let text = "[clusters.a]\ncontext = \"x\"\n[clusters.b]\ncontext = \"x\"";
    assert!(told(text)[0].contains("`clusters.b` is a second name for the context of `clusters.a`"));
}

#[test]
fn regions_roles_and_names_of_aws_are_checked_where_they_stand() {
    assert_eq!(
        told(
            "[aws]\nread = 1\nregion = \"us-east\"\n[environments.a]\naws-role = \"operator\"\n\
             aws-region = \"evil.example.com/us-east-1\"\naws-profile = \"\"\n[clusters.b]\neks = \"web\"\n\
             [clusters.c]\neks = \"us-east-1/../web\""
        ),
        [
            "p.toml:2:8: `aws.read` must be true or false, not a whole number",
            "p.toml:3:10: `aws.region` names no region: \"us-east\" (a region looks like \"us-east-1\")",
            "p.toml:5:12: `environments.a.aws-role` names no role: \"operator\" (a role looks like \"arn:aws:iam::123456789012:role/operator\")",
            "p.toml:6:14: `environments.a.aws-region` names no region: \"evil.example.com/us-east-1\" (a region looks like \"us-east-1\")",
            "p.toml:7:15: `environments.a.aws-profile` cannot be empty",
            "p.toml:9:7: `clusters.b.eks` names no EKS cluster: \"web\" (region and name, for example \"us-east-1/myapp-prod\")",
            "p.toml:11:7: `clusters.c.eks` names no EKS cluster: \"us-east-1/../web\" (region and name, for example \"us-east-1/myapp-prod\")",
        ]
    );
    let fine = "[aws]\nprofile = \"\"\nregion = \"us-gov-west-1\"\n[environments.a]\naws-region = \"eusc-de-east-1\"";
    let settings = Cockpit::read("p.toml", fine).unwrap();
    assert_eq!(settings.aws.profile, None);
    assert_eq!(settings.environments[0].aws.region.as_ref().unwrap().value, "eusc-de-east-1");
}
