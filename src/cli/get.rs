//! `get VIEW [NAME]`: what a view shows, printed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Outcome;
use super::arguments::{GetArguments, GetOutput};
use super::exit::{Exit, Failure};
use crate::app::one_shot::OneShot;
use crate::app::{Opening, look};
use crate::fleet::{ObjectRef, Problem, ProblemKind};
use crate::ui::export::{Export, ExportRow};
use crate::ui::text;
use crate::ui::theme::Depth;
use crate::ui::views::question;

pub(super) fn run(
    mut opening: Opening,
    get: &GetArguments,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Outcome {
    if get.all_namespaces {
        opening.settings.start.namespace = None;
    }
    opening.settings.screen.wide |= get.wide;
    let theme = look::theme(&opening.settings, &opening.paths, Depth::None, false)?;
    let mut one = OneShot::open(opening, theme, Depth::None)?;
    let complete = one.settle(get.timeout)?;
    arrange(&mut one, get)?;
    let export = rows(&mut one, get)?;
    if let Some(name) = wanted(get).or(home_of(get))
        && export.rows.is_empty()
        && complete
        && !get.watch
    {
        let (what, list) = match get.view.as_str() {
            HOME => (format!("there is no namespace \"{name}\""), "namespaces"),
            view => (format!("{view} has no \"{name}\""), view),
        };
        let problem = Problem::new(ProblemKind::NotFound, what);
        return Err(problem.with_hint(format!("`pilothouse get {list}` lists them")).into());
    }
    print(&export, get, stdout)?;
    if matches!(get.output, GetOutput::Table | GetOutput::Name) {
        stdout.flush()?;
        say_unknown(&export, stderr)?;
    }
    if get.watch {
        stdout.flush()?;
        return follow(&mut one, get, export, stdout);
    }
    let is_known = complete && export.unknown.is_empty();
    Ok(if is_known { Exit::Done } else { Exit::PartlyUnknown })
}

/// The view that is named together with the namespace it is about.
const HOME: &str = "namespace-home";

/// The line that opens the view.
pub(super) fn line(get: &GetArguments) -> String {
    if is_asked(get) { format!("{} {}", get.view, get.names.join(" ")) } else { get.view.clone() }
}

/// True for views that are told what they are about, so that a name is no choice among their rows.
fn is_asked(get: &GetArguments) -> bool {
    !get.names.is_empty() && (get.view == HOME || question(&get.view).is_some())
}

fn home_of(get: &GetArguments) -> Option<&str> {
    get.names.first().map(String::as_str).filter(|_| get.view == HOME)
}

/// The one row to print; a home is about its name as a whole.
fn wanted(get: &GetArguments) -> Option<&str> {
    get.names.first().map(String::as_str).filter(|_| !is_asked(get))
}

fn arrange(one: &mut OneShot, get: &GetArguments) -> Result<(), Failure> {
    let Some(table) = one.stage().ui().view_mut().as_table() else {
        // What is no table has an order and a choice of its own.
        for (flag, given) in [("--sort-by", &get.sort_by), ("--filter", &get.filter)] {
            if given.is_some() {
                let problem = Problem::new(ProblemKind::User, format!("\"{}\" takes no {flag}", get.view));
                return Err(problem.with_hint("only tables do: pods, workloads, nodes, namespaces").into());
            }
        }
        return Ok(());
    };
    if let Some(column) = &get.sort_by {
        let (column, descending) = match column.strip_prefix('-') {
            Some(column) => (column, true),
            None => (column.as_str(), false),
        };
        table.sort_by(column, descending).map_err(|known| {
            let near = crate::settings::nearest(column, known.iter().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("there are {}", known.join(", ")),
            };
            Problem::new(ProblemKind::User, format!("there is no column \"{column}\"")).with_hint(hint)
        })?;
    }
    if let Some(filter) = &get.filter {
        table.set_filter(filter).map_err(|refused| {
            Problem::new(ProblemKind::User, format!("the filter makes no sense: {refused}"))
        })?;
    }
    Ok(())
}

fn rows(one: &mut OneShot, get: &GetArguments) -> Result<Export, Failure> {
    let mut export = one
        .stage()
        .export()
        .ok_or_else(|| Problem::new(ProblemKind::User, format!("\"{}\" has no rows to print", get.view)))?;
    if wanted(get).is_some() {
        // A machine is the node that it is, and is called by its own name too.
        let is_called = |row: &ExportRow, name: &String| {
            *row.object.name == **name || row.json.get("name").is_some_and(|own| own == name)
        };
        export.rows.retain(|row| get.names.iter().any(|name| is_called(row, name)));
    }
    Ok(export)
}

fn print(export: &Export, get: &GetArguments, stdout: &mut dyn Write) -> Result<(), Failure> {
    match get.output {
        GetOutput::Table => stdout.write_all(export.to_text(!get.no_headers).as_bytes())?,
        GetOutput::Name => {
            for row in &export.rows {
                writeln!(stdout, "{}", name(row))?;
            }
        }
        GetOutput::Json if get.watch => {
            for row in &export.rows {
                writeln!(stdout, "{}", harmless(&changed("added", row).to_string()))?;
            }
        }
        GetOutput::Json => writeln!(stdout, "{}", harmless(&format!("{:#}", export.to_json(&get.view))))?,
        GetOutput::Yaml => {
            stdout.write_all(yaml(&export.to_json(&get.view))?.as_bytes())?;
        }
    }
    Ok(())
}

/// What is missing in an answer that has no place for it: for people, after the rows.
fn say_unknown(export: &Export, stderr: &mut dyn Write) -> Result<(), Failure> {
    for unknown in &export.unknown {
        let line = format!("unknown: {} of {}: {}", unknown.what, unknown.cluster, unknown.why);
        writeln!(stderr, "{}", super::exit::plain(&line))?;
    }
    Ok(())
}

/// `pod/web-0`, as kubectl takes it.
fn name(row: &ExportRow) -> String {
    let kind = row.object.resource.kind.to_ascii_lowercase();
    let group = &row.object.resource.group;
    let dot = if group.is_empty() { "" } else { "." };
    super::exit::plain(&format!("{kind}{dot}{group}/{}", row.object.name))
}

/// A document as YAML.
fn yaml(document: &Value) -> Result<String, Failure> {
    let text = serde_saphyr::to_string(document)
        .map_err(|error| Problem::new(ProblemKind::Bug, format!("writing YAML: {error}")))?;
    // YAML may hold hostile characters as they are. JSON is YAML too, and escapes them all.
    Ok(if text.contains(is_hostile) { format!("{}\n", harmless(&format!("{document:#}"))) } else { text })
}

/// Line feeds structure a document; inside of strings they are escaped.
fn is_hostile(c: char) -> bool {
    c != '\n' && text::is_hostile(c)
}

/// JSON that says the same and commands no terminal: its grammar allows DEL, the C1 controls and what turns the order
/// of characters around to stand in a string as they are. They can stand nowhere else.
pub(super) fn harmless(json: &str) -> Cow<'_, str> {
    if !json.contains(is_hostile) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_hostile(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

fn changed(how: &str, row: &ExportRow) -> Value {
    json!({"change": how, "row": row.json})
}

/// Prints what changes until the reader goes away or the program is interrupted.
fn follow(one: &mut OneShot, get: &GetArguments, first: Export, stdout: &mut dyn Write) -> Outcome {
    let mut known: BTreeMap<ObjectRef, ExportRow> = by_object(first);
    let mut version = one.stage().snapshot().version;
    loop {
        let tomorrow = Instant::now() + Duration::from_secs(86_400);
        let moved = one.stage().until(tomorrow, |stage| stage.snapshot().version != version);
        if !moved {
            continue;
        }
        version = one.stage().snapshot().version;
        let export = rows(one, get)?;
        let columns = export.columns.clone();
        let now = by_object(export);
        let mut news = Export { columns, ..Export::default() };
        for (object, row) in &now {
            let how = match known.get(object) {
                Some(before) if same(before, row) => continue,
                Some(_) => "changed",
                None => "added",
            };
            match get.output {
                GetOutput::Json => writeln!(stdout, "{}", harmless(&changed(how, row).to_string()))?,
                _ => news.rows.push(row.clone()),
            }
        }
        for row in known.iter().filter(|(object, _)| !now.contains_key(object)).map(|(_, row)| row) {
            match get.output {
                GetOutput::Json => writeln!(stdout, "{}", harmless(&changed("removed", row).to_string()))?,
                GetOutput::Table | GetOutput::Yaml | GetOutput::Name => {}
            }
        }
        match get.output {
            GetOutput::Table => stdout.write_all(news.to_text(false).as_bytes())?,
            GetOutput::Name => {
                for row in &news.rows {
                    writeln!(stdout, "{}", name(row))?;
                }
            }
            GetOutput::Yaml if !news.rows.is_empty() => {
                write!(stdout, "---\n{}", yaml(&news.to_json(&get.view))?)?;
            }
            GetOutput::Yaml | GetOutput::Json => {}
        }
        stdout.flush()?;
        known = now;
    }
}

fn by_object(export: Export) -> BTreeMap<ObjectRef, ExportRow> {
    export.rows.into_iter().map(|row| (row.object.clone(), row)).collect()
}

/// An age that ticks on is no change of the row: JSON holds instants.
fn same(one: &ExportRow, other: &ExportRow) -> bool {
    one.json == other.json
}
