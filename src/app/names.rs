//! The names in the settings that only views know: which view comes first, and which columns views have.

use crate::fleet::{Problem, Timestamp};
use crate::settings::{Cockpit, Located, ViewColumns, is_slip, nearest};
use crate::snapshot::Snapshot;
use crate::ui::preferences::Preferences;
use crate::ui::table_view::Glyphs;
use crate::ui::view::{Scope, World};
use crate::ui::views::{OpenContext, VIEWS, ViewEntry};

/// Every name that is wrong, at its place and with the nearest right one. A name that is no view's may be the name of a
/// kind, which only a cluster knows; one letter beside a view's it is a mistake.
pub fn check(settings: &Cockpit) -> Vec<Problem> {
    let start = &settings.start.view;
    let word = start.value.trim().trim_start_matches(':').split_whitespace().next().unwrap_or_default();
    // A flag is answered when the clusters have said what they offer.
    let start = Some(start).filter(|start| start.place.is_some()).and_then(|start| slip(start, word));
    start.into_iter().chain(settings.columns.iter().flat_map(columns)).collect()
}

fn view(name: &str) -> Option<&'static ViewEntry> {
    VIEWS.iter().find(|view| view.about().name == name)
}

fn slip(at: &Located<String>, word: &str) -> Option<Problem> {
    let names = || {
        VIEWS
            .iter()
            .flat_map(|view| std::iter::once(view.about().name).chain(view.about().aliases.iter().copied()))
    };
    // Two letters are a slip away from too much.
    if word.chars().count() < 3 || names().any(|name| name.eq_ignore_ascii_case(word)) {
        return None;
    }
    let near = names().find(|name| name.len() > 2 && is_slip(word, name))?;
    Some(at.wrong(&format!("there is no view \"{word}\""), Some(format!("did you mean \"{near}\"?"))))
}

fn columns(of: &ViewColumns) -> Vec<Problem> {
    let name = of.view.value.as_str();
    let Some(entry) = view(name) else {
        let is_alias = |view: &&ViewEntry| view.about().aliases.contains(&name);
        return match VIEWS.iter().find(is_alias) {
            Some(view) => {
                let hint = format!("write \"{}\"", view.about().name);
                vec![of.view.wrong(&format!("\"{name}\" is another name of a view"), Some(hint))]
            }
            None => slip(&of.view, name).into_iter().collect(),
        };
    };
    let known = ids(entry);
    if known.is_empty() {
        let hint = "only tables do: pods, workloads, nodes".to_owned();
        return vec![of.view.wrong(&format!("the view \"{name}\" has no columns"), Some(hint))];
    }
    let is_unknown = |column: &&Located<String>| !known.contains(&column.value);
    let wrong = |column: &Located<String>| {
        let hint = match nearest(&column.value, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("there are {}", known.join(", ")),
        };
        column.wrong(&format!("{name} have no column \"{}\"", column.value), Some(hint))
    };
    of.columns.iter().filter(is_unknown).map(wrong).collect()
}

/// The ids of a view's columns; none when it is no table.
fn ids(entry: &ViewEntry) -> Vec<String> {
    let (snapshot, scope, preferences) = (Snapshot::default(), Scope::default(), Preferences::default());
    let world = World { snapshot: &snapshot, now: Timestamp::NEVER, environments: &[], scope: &scope };
    let context = OpenContext { world: &world, glyphs: Glyphs::default(), preferences: &preferences };
    let mut view = (entry.open)(&context);
    // A table that is asked to sort by nothing answers with what it could sort by.
    view.as_table().and_then(|table| table.sort_by("", false).err()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<(String, String)> {
        let settings = Cockpit::read("p.toml", text).unwrap();
        let told = |problem: Problem| (problem.message().to_owned(), problem.hints().join("; "));
        check(&settings).into_iter().map(told).collect()
    }

    fn one(text: &str) -> (String, String) {
        let mut wrong = wrong(text);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        wrong.remove(0)
    }

    #[test]
    fn a_column_that_a_view_does_not_have_is_told_with_its_place_and_the_nearest() {
        let (message, hint) = one("[columns]\npods = [\"name\", \"restrats\"]");
        assert_eq!(message, "p.toml:2:17: pods have no column \"restrats\"");
        assert_eq!(hint, "did you mean \"restarts\"?");
        assert_eq!(wrong("[columns]\npods = [\"name\", \"ready\", \"why\"]\nnodes = []"), []);
    }

    #[test]
    fn a_view_that_is_nearly_one_is_told_and_one_that_may_be_a_kind_is_not() {
        assert_eq!(
            one("[columns]\npdos = [\"name\"]"),
            ("p.toml:2:1: there is no view \"pdos\"".into(), "did you mean \"pods\"?".into())
        );
        let (message, hint) = one("[start]\nview = \"flet @myapp-dev\"");
        assert_eq!(
            (message.as_str(), hint.as_str()),
            ("p.toml:2:8: there is no view \"flet\"", "did you mean \"fleet\"?")
        );
        for fine in
            ["pods staging", "po", "certificates", "workflows", "widgets.example.com", "namespace-home x"]
        {
            assert_eq!(wrong(&format!("[start]\nview = \"{fine}\"")), [], "{fine}");
        }
        assert_eq!(wrong("[columns]\nsealedsecrets = [\"name\", \"anything\"]"), []);
    }

    #[test]
    fn columns_of_what_is_no_table_and_of_another_name_are_told() {
        assert_eq!(one("[columns]\nfleet = [\"pods\"]").0, "p.toml:2:1: the view \"fleet\" has no columns");
        assert_eq!(one("[columns]\npo = [\"name\"]").1, "write \"pods\"");
    }
}
