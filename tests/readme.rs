//! The README says what is true.

use pilothouse::ui::cockpit::documented;
use pilothouse::ui::keymap::Keymap;
use pilothouse::ui::views::VIEWS;

const README: &str = include_str!("../README.md");

fn rows(of: &str) -> Vec<(String, String)> {
    let chapter = README.split(of).nth(1).expect("the chapter is there");
    chapter
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|');
            Some((cells.next()?.trim().to_owned(), cells.next()?.trim().to_owned()))
        })
        .collect()
}

#[test]
fn every_key_in_the_readme_is_bound_by_the_shipped_keymap() {
    let bound: Vec<String> = documented(&Keymap::shipped())
        .into_iter()
        .flat_map(|(_, keys, _)| keys.split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let table = rows("### Keys");
    assert!(table.len() > 10);
    for (key, does) in table {
        let key = key.trim_matches('`');
        assert!(bound.iter().any(|bound| bound == key), "`{key}` ({does}) is not among {bound:?}");
    }
}

#[test]
fn every_view_is_in_the_readme() {
    let missing: Vec<&str> = VIEWS
        .iter()
        .map(|view| view.about().name)
        .filter(|name| !README.contains(&format!("`:{name}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
