//! Holds the structure that the docs of `src/lib.rs` describe: who may import whom, what the pure core may name, and
//! that no file is forgotten or has grown into two ideas.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A family and the families it may import.
const ARROWS: &[(&str, &[&str])] = &[
    ("fleet", &[]),
    ("settings", &["fleet"]),
    ("blueprint", &["settings", "fleet"]),
    ("snapshot", &["blueprint", "fleet"]),
    ("planes", &["snapshot", "blueprint", "fleet"]),
    ("ui", &["planes", "snapshot", "blueprint", "settings", "fleet"]),
    ("gateway", &["snapshot", "fleet"]),
    ("sources", &["gateway", "snapshot", "fleet"]),
    ("terminal", &["ui", "fleet"]),
    ("simulator", &[]),
    ("config", &["blueprint", "settings", "fleet"]),
    (
        "app",
        &[
            "blueprint",
            "config",
            "fleet",
            "gateway",
            "planes",
            "settings",
            "simulator",
            "snapshot",
            "sources",
            "terminal",
            "ui",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "blueprint",
            "config",
            "fleet",
            "planes",
            "settings",
            "snapshot",
            "terminal",
            "ui",
            "simulator",
        ],
    ),
];

/// What the pure families may not name.
const IMPURE: &[&str] = &[
    "tokio::fs",
    "tokio::net",
    "tokio::time",
    "tokio::spawn",
    "std::fs",
    "std::env",
    "std::net",
    "SystemTime",
    "kube::",
    "aws_config",
    "aws_credential_types",
    "aws_runtime",
    "aws_sdk_",
    "aws_sigv4",
    "aws_smithy_",
    "aws_types",
    "crossterm::",
];
const PURE: &[&str] = &["fleet", "blueprint", "snapshot", "settings", "planes", "ui"];

struct Source {
    path: PathBuf,
    family: String,
    /// The code outside `#[cfg(test)]`, without comments.
    code: String,
    lines: usize,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !is_test_file(&path) {
                let text = fs::read_to_string(&path).unwrap();
                let before_tests = before_tests(&text);
                let code: Vec<&str> =
                    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let relative = path.strip_prefix(root().join("src")).unwrap();
                let family = relative.components().next().unwrap().as_os_str().to_string_lossy();
                found.push(Source {
                    family: family.trim_end_matches(".rs").to_owned(),
                    lines: before_tests.lines().count(),
                    code: code.join("\n"),
                    path,
                });
            }
        }
    }
    found
}

/// The code above the module that holds the tests; modules of tests in files of their own are only named.
fn before_tests(text: &str) -> &str {
    let begins = |at: &usize| {
        let line = text[*at..].lines().nth(1).unwrap_or_default();
        line.contains("mod ") && line.ends_with('{')
    };
    let end = text.match_indices("#[cfg(test)]\n").map(|(at, _)| at).find(begins);
    &text[..end.unwrap_or(text.len())]
}

fn is_test_file(path: &Path) -> bool {
    let is_for_tests = |stem: &str| stem == "tests" || stem.starts_with("test_") || stem.ends_with("_tests");
    path.file_stem().is_some_and(|stem| is_for_tests(&stem.to_string_lossy()))
        || path.components().any(|c| c.as_os_str() == "tests")
}

fn complain(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn arrows_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut complaints = Vec::new();
    for source in sources() {
        let Some(allowed) = allowed.get(source.family.as_str()) else { continue };
        for (at, _) in source.code.match_indices("crate::") {
            if source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let rest = &source.code[at + "crate::".len()..];
            let target: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if rest.starts_with('{') {
                complaints.push(format!(
                    "{}: `crate::{{…}}` hides an arrow: one `use` each",
                    source.path.display()
                ));
            }
            let is_family = ARROWS.iter().any(|(family, _)| *family == target);
            if is_family && target != source.family && !allowed.contains(&target.as_str()) {
                complaints.push(format!(
                    "{}: {} may not import {target}",
                    source.path.display(),
                    source.family
                ));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn the_core_knows_no_world() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.family.as_str())) {
        for name in IMPURE.iter().filter(|name| source.code.contains(**name)) {
            complaints.push(format!("{}: names {name}", source.path.display()));
        }
    }
    complain(&complaints);
}

#[test]
fn one_folder_knows_the_crates_of_aws() {
    let own = root().join("src/gateway/aws");
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with(&own)) {
        for name in IMPURE.iter().filter(|name| name.starts_with("aws_") && source.code.contains(**name)) {
            complaints.push(format!("{}: names {name}", source.path.display()));
        }
    }
    complain(&complaints);
}

#[test]
fn no_file_is_forgotten() {
    let mut complaints = Vec::new();
    for source in sources() {
        let stem = source.path.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = source.path.parent().unwrap();
        if ["main", "lib"].contains(&stem.as_str()) {
            continue;
        }
        let (name, parents) = if stem == "mod" {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let above = folder.parent().unwrap();
            (name, vec![above.join("mod.rs"), above.join("lib.rs"), above.with_extension("rs")])
        } else {
            (stem, vec![folder.join("mod.rs"), folder.join("lib.rs"), folder.with_extension("rs")])
        };
        let declared = parents.iter().filter_map(|parent| fs::read_to_string(parent).ok()).any(|text| {
            text.lines().any(|line| {
                let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                line.trim_start_matches("pub ") == format!("mod {name};")
            })
        });
        if !declared {
            complaints.push(format!("{}: no `mod {name};` names it", source.path.display()));
        }
    }
    complain(&complaints);
}

#[test]
fn no_file_holds_two_ideas() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines > 600)
        .map(|source| format!("{}: {} lines without its tests", source.path.display(), source.lines))
        .collect();
    complain(&long);
}

#[test]
fn the_top_level_holds_what_it_should() {
    let mut complaints = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let known = ["Cargo.toml", "Cargo.lock", "src", "themes", "config", "tests", "README.md", "target"];
        let also = ["LICENSE-APACHE", "LICENSE-MIT", "clippy.toml", "rust-toolchain.toml", "rustfmt.toml"];
        if !(known.contains(&name.as_str()) || also.contains(&name.as_str()) || name.starts_with('.')) {
            complaints.push(format!("{name} does not belong at the top level"));
        }
    }
    complain(&complaints);
}
