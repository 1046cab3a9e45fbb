//! `config print|check|path|init`.

use std::io::Write;
use std::time::Duration;

use super::Outcome;
use super::arguments::{CommonFlags, ConfigCommand};
use super::exit::{Exit, Failure};
use super::session::{self, check_names, settings_file};
use super::themes;
use crate::app::fleet::{Fleet, Pace};
use crate::app::survey::survey;
use crate::app::{Opening, look};
use crate::config::blueprints;
use crate::config::files::write_new;
use crate::config::{Paths, SettingsFile, init};
use crate::fleet::{Problem, ProblemKind};
use crate::planes::{component, draft};
use crate::settings::Located;
use crate::settings::cockpit::DEFAULTS;
use crate::snapshot::Freshness;

pub(super) fn run(command: ConfigCommand, common: &CommonFlags, stdout: &mut dyn Write) -> Outcome {
    if command == (ConfigCommand::Print { defaults: true }) {
        stdout.write_all(DEFAULTS.as_bytes())?;
        return Ok(Exit::Done);
    }
    if let ConfigCommand::Init { from_cluster: Some(name) } = &command {
        return first_blueprint(name, session::open(common, None)?, stdout);
    }
    let paths = Paths::find()?;
    run_on(&settings_file(common, &paths), &paths, command, stdout)
}

fn run_on(file: &SettingsFile, paths: &Paths, command: ConfigCommand, stdout: &mut dyn Write) -> Outcome {
    let shown = file.path.display();
    match command {
        ConfigCommand::Print { .. } => stdout.write_all(file.load()?.to_toml().as_bytes())?,
        ConfigCommand::Check => {
            check(file, paths)?;
            if file.path.exists() {
                writeln!(stdout, "{shown} is fine")?;
            } else {
                writeln!(stdout, "{shown} does not exist: the defaults are in effect")?;
            }
        }
        ConfigCommand::Path => writeln!(stdout, "{shown}")?,
        ConfigCommand::Init { .. } => {
            init(&file.path)?;
            writeln!(stdout, "{shown} is written")?;
        }
    }
    Ok(Exit::Done)
}

/// How long a cluster may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads what a cluster has and writes it down as a blueprint, never over one that is there.
fn first_blueprint(name: &str, mut opening: Opening, stdout: &mut dyn Write) -> Outcome {
    opening.settings.start.clusters = vec![Located::nowhere(name.to_owned())];
    let folder = opening.paths.blueprints();
    let fleet = Fleet::open(&opening, Pace::Still)?;
    let [cluster] = fleet.selected.as_slice() else {
        let message = format!("\"{name}\" means {} clusters: name one", fleet.selected.len());
        return Err(Problem::new(ProblemKind::User, message).into());
    };
    let cluster = cluster.clone();
    let path = folder.join(format!("{}.toml", cluster.name()));
    let picture = survey(fleet, &cluster, &draft::TABLES, PATIENCE)?;
    let unread: Vec<String> = draft::TABLES
        .iter()
        .filter(|table| matches!(picture.freshness(table), Freshness::Forbidden { .. }))
        .map(ToString::to_string)
        .collect();
    let mut text = format!(
        "# What {} has, as a first blueprint: read it, and make it what is meant.\n# `config/blueprints/` of the sources explains every key.\n",
        cluster.name()
    );
    if !unread.is_empty() {
        text.push_str(&format!("# Not in it, because it may not be read: {}.\n", unread.join(", ")));
    }
    text.push_str(&draft::draft(&picture).to_toml());
    write_new(&path, &text)?;
    writeln!(stdout, "{} is written", path.display())?;
    Ok(if unread.is_empty() { Exit::Done } else { Exit::PartlyUnknown })
}

/// Settings, keys and themes; whatever is wrong in one does not hide what is wrong in another.
fn check(file: &SettingsFile, paths: &Paths) -> Result<(), Failure> {
    let settings = file.load().map_err(Failure::from);
    let (named, viewed) = match &settings {
        Ok(settings) => (themes::check(settings, &paths.themes()), check_names(settings)),
        Err(failure) => (Err(failure.clone()), Ok(())),
    };
    let keys = look::keymap(&paths.keymap()).map(drop).map_err(Failure::from);
    let found =
        [named, viewed, keys].into_iter().filter_map(Result::err).flat_map(|failure| failure.problems);
    let known: Vec<&str> = component::ids().collect();
    let wanted = blueprints::load(&paths.blueprints(), &known).err().into_iter().flatten();
    let problems: Vec<_> = found.chain(themes::check_files(&paths.themes())).chain(wanted).collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Usage, problems }) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn run_in(folder: &Path, command: ConfigCommand) -> (Result<Exit, Vec<String>>, String) {
        let paths = Paths::under(folder);
        let file = SettingsFile::choose(None, None, &paths);
        let mut stdout = Vec::new();
        let outcome = run_on(&file, &paths, command, &mut stdout)
            .map_err(|failure| failure.problems.iter().map(|p| p.message().to_owned()).collect());
        (outcome, String::from_utf8(stdout).unwrap())
    }

    #[test]
    fn init_then_check_then_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, said) = run_in(folder.path(), ConfigCommand::Check);
        assert_eq!(outcome, Ok(Exit::Done));
        assert!(said.ends_with("does not exist: the defaults are in effect\n"), "{said}");
        let (outcome, said) = run_in(folder.path(), ConfigCommand::Init { from_cluster: None });
        assert_eq!(outcome, Ok(Exit::Done), "{said}");
        let path = Paths::under(folder.path()).settings();
        assert_eq!(fs::read_to_string(&path).unwrap(), DEFAULTS);
        let (outcome, said) = run_in(folder.path(), ConfigCommand::Check);
        assert_eq!((outcome, said.ends_with("is fine\n")), (Ok(Exit::Done), true));
        let (outcome, _) = run_in(folder.path(), ConfigCommand::Init { from_cluster: None });
        assert!(outcome.unwrap_err()[0].contains("exists and is left as it is"));
        fs::write(&path, "[screen]\nthem = 1\nmouse = 2").unwrap();
        let (outcome, said) = run_in(folder.path(), ConfigCommand::Check);
        let problems = outcome.unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].ends_with("pilothouse.toml:2:1: unknown key `screen.them`"), "{problems:?}");
        assert_eq!(said, "");
    }

    #[test]
    fn check_looks_at_settings_keys_and_themes_together() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        fs::create_dir_all(paths.themes()).unwrap();
        fs::write(paths.settings(), "[screen]\ntheme = \"lihgt\"").unwrap();
        fs::write(paths.keymap(), "= 1").unwrap();
        fs::write(paths.themes().join("mine.toml"), "inherits = \"drak\"").unwrap();
        let (outcome, _) = run_in(folder.path(), ConfigCommand::Check);
        let problems = outcome.unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].ends_with("pilothouse.toml:2:9: there is no theme \"lihgt\""), "{problems:?}");
        assert!(problems[1].contains("keymap.toml:1:"), "{problems:?}");
        assert!(problems[2].contains("mine.toml"), "{problems:?}");
    }

    #[test]
    fn path_names_the_file_whether_or_not_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, said) = run_in(folder.path(), ConfigCommand::Path);
        assert_eq!(outcome, Ok(Exit::Done));
        assert_eq!(said, format!("{}\n", Paths::under(folder.path()).settings().display()));
    }
}
