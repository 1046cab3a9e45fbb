//! `themes list|preview`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Outcome;
use super::arguments::ThemesCommand;
use super::exit::{Exit, Failure};
use crate::app::look;
use crate::config::{Paths, variable};
use crate::fleet::Problem;
use crate::settings::{Cockpit, Located, nearest};
use crate::terminal::depth_of_output;
use crate::ui::picture;
use crate::ui::role::Role;
use crate::ui::theme::{Depth, THEMES, Theme};
use crate::ui::view::Styles;

pub(super) fn run(command: &ThemesCommand, stdout: &mut dyn Write) -> Outcome {
    let own = Paths::find()?.themes();
    match command {
        ThemesCommand::List => list(&own, stdout),
        ThemesCommand::Preview { name } => {
            let depth = depth_of_output(io::stdout().is_terminal(), &variable);
            preview(name.as_deref(), &own, depth, stdout)
        }
    }
}

fn list(own: &Path, stdout: &mut dyn Write) -> Outcome {
    let names = names(own);
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for name in names {
        let help = match load(&name, own, Depth::None) {
            Ok(theme) => theme.help,
            Err(_) => "cannot be used: `pilothouse themes preview` says why".to_owned(),
        };
        writeln!(stdout, "{name:longest$}  {help}")?;
    }
    Ok(Exit::Done)
}

fn preview(name: Option<&str>, own: &Path, depth: Depth, stdout: &mut dyn Write) -> Outcome {
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => names(own),
    };
    for name in names {
        let theme = load(&name, own, depth)?;
        stdout.write_all(picture::as_ansi(&sample(&theme)).as_bytes())?;
        writeln!(stdout)?;
    }
    Ok(Exit::Done)
}

/// Says which theme the settings name that does not exist.
pub(super) fn check(settings: &Cockpit, own: &Path) -> Result<(), Failure> {
    let screen = &settings.screen;
    let names = names(own);
    let unknown = |theme: &&Located<String>| !names.contains(&theme.value);
    let chosen = screen.theme.iter().chain([&screen.dark_theme, &screen.light_theme]);
    let problem = |theme: &Located<String>| {
        let hint = match nearest(&theme.value, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("there are {}", names.join(", ")),
        };
        theme.wrong(&format!("there is no theme \"{}\"", theme.value), Some(hint))
    };
    let problems: Vec<Problem> = chosen.filter(unknown).map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Usage, problems }) }
}

/// Everything that is wrong in the user's own themes.
pub(super) fn check_files(own: &Path) -> Vec<Problem> {
    let wrong = |name: &String| load(name, own, Depth::None).err();
    names(own).iter().filter_map(wrong).flat_map(|failure| failure.problems).collect()
}

/// The shipped themes in their order, then the user's own by name.
fn names(own: &Path) -> Vec<String> {
    let mut names: Vec<String> = THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    // Most users have no folder of themes.
    let files = fs::read_dir(own).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut found: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !names.contains(name))
        .collect();
    found.sort();
    names.append(&mut found);
    names
}

/// A theme by name, from the user's folder or the shipped ones.
fn load(name: &str, own: &Path, depth: Depth) -> Result<Theme, Failure> {
    Ok(look::named_theme(name, own, depth)?)
}

/// Each role in a place where it would be met.
const SAMPLE: &[&[(Role, &str)]] = &[
    &[
        (Role::Brand, " pilothouse "),
        (Role::Crumb, " pods "),
        (Role::BadgeDevelopment, " dev "),
        (Role::Text, " "),
        (Role::BadgeStaging, " staging "),
        (Role::Text, " "),
        (Role::BadgeProduction, " PROD "),
        (Role::Text, " "),
        (Role::Armed, " ARMED "),
        (Role::Dim, "  10:42:07 UTC"),
    ],
    &[(Role::Rule, "────────────────────────────────────────────────────────────────────────────────")],
    &[(Role::HeaderSorted, "   NAME↓               "), (Role::Header, "READY  STATUS             AGE   WHY")],
    &[
        (Role::Good, " ● "),
        (Role::Strong, "web-7d9c-x2x        "),
        (Role::Text, "2/2    Running            4d3h  "),
        (Role::Dim, "–"),
    ],
    &[(Role::Selection, " ● web-7d9c-p4k        2/2    Running            4d3h  –                        ")],
    &[(Role::Mark, " ● web-7d9c-q7m        2/2    Running            4d3h  –                        ")],
    &[
        (Role::Warning, " ▲ "),
        (Role::Strong, "api-6c4f-z9w        "),
        (Role::Text, "1/2    "),
        (Role::Warning, "ImagePullBackOff"),
        (Role::Changed, "   6m    "),
        (Role::Text, "tag "),
        (Role::Match, "1.8.3"),
        (Role::Text, " is not in ECR"),
    ],
    &[
        (Role::Critical, " ✖ worker-0            0/1    CrashLoopBackOff   11m   "),
        (Role::Progressing, "◌ starting"),
    ],
    &[
        (Role::Unknown, " ○ unknown   "),
        (Role::Forbidden, "⊘ forbidden   "),
        (Role::Stale, "~ stale   "),
        (Role::BarUsed, "██████"),
        (Role::BarRequested, "▓▓▓▓"),
        (Role::BarFree, "░░░░"),
    ],
    &[
        (Role::YamlKey, " image"),
        (Role::Text, ": "),
        (Role::YamlString, "\"myapp/web:1.8.2\"   "),
        (Role::YamlKey, "replicas"),
        (Role::Text, ": "),
        (Role::YamlScalar, "3"),
    ],
    &[
        (Role::LogTime, " 10:42:07 "),
        (Role::LogSource, "web "),
        (Role::Text, "GET /healthz 200   "),
        (Role::LogNote, "12 lines were dropped"),
    ],
    &[
        (Role::Key, " Enter"),
        (Role::KeyHelp, " open   "),
        (Role::Key, "l"),
        (Role::KeyHelp, " logs   "),
        (Role::KeyDisabled, "s shell   "),
        (Role::Input, ":pods"),
        (Role::Ghost, " staging   "),
        (Role::OverlayTitle, " title "),
        (Role::Overlay, " overlay "),
    ],
];

fn sample(theme: &Theme) -> Buffer {
    let height = u16::try_from(SAMPLE.len()).unwrap_or(u16::MAX).saturating_add(1);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, height));
    buffer.set_style(buffer.area, theme.of(Role::Text));
    buffer.set_stringn(0, 0, format!(" {}: {}", theme.name, theme.help), 80, theme.of(Role::Strong));
    for (y, line) in (1u16..).zip(SAMPLE) {
        let mut x = 0;
        for (role, words) in *line {
            if x < 80 {
                (x, _) = buffer.set_stringn(x, y, words, usize::from(80 - x), theme.of(*role));
            }
        }
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::ROLES;

    fn said(run: impl FnOnce(&mut Vec<u8>) -> Outcome) -> (Result<Exit, Failure>, String) {
        let mut stdout = Vec::new();
        let outcome = run(&mut stdout);
        (outcome, String::from_utf8(stdout).unwrap())
    }

    #[test]
    fn the_sample_shows_every_role() {
        for role in ROLES {
            let is_shown = SAMPLE.iter().flat_map(|line| line.iter()).any(|(shown, _)| shown == role);
            assert!(is_shown, "{role:?} is not in the sample");
        }
    }

    #[test]
    fn shipped_and_own_themes_are_listed_and_a_broken_one_says_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.toml"), "inherits = \"dark\"\n").unwrap();
        fs::write(folder.path().join("wrong.toml"), "nonsense = 1\n").unwrap();
        let (outcome, listed) = said(|stdout| list(folder.path(), stdout));
        assert_eq!(outcome, Ok(Exit::Done));
        for (name, _) in THEMES {
            assert!(listed.contains(name), "{listed}");
        }
        assert!(listed.contains("\nmine "), "{listed}");
        assert!(listed.contains("wrong") && listed.contains("cannot be used"), "{listed}");
    }

    #[test]
    fn without_colours_a_preview_holds_no_colour() {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, shown) = said(|stdout| preview(None, folder.path(), Depth::None, stdout));
        assert_eq!(outcome, Ok(Exit::Done));
        assert!(shown.contains("PROD"));
        for code in ["38;", "48;", "[3", "[4m\x1b[3"] {
            assert!(!shown.contains(&format!("\x1b[{code}")), "{code}");
        }
        let (_, colourful) = said(|stdout| preview(Some("dark"), folder.path(), Depth::True, stdout));
        assert!(colourful.contains("38;2;"), "{colourful}");
    }

    #[test]
    fn a_theme_that_the_settings_name_must_exist_here_or_in_the_users_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.toml"), "").unwrap();
        let text = "[screen]\ntheme = \"mine\"\ndark-theme = \"drak\"";
        let failure = check(&Cockpit::read("p.toml", text).unwrap(), folder.path()).unwrap_err();
        let [problem] = failure.problems.as_slice() else { panic!("{failure:?}") };
        assert_eq!(problem.message(), "p.toml:3:14: there is no theme \"drak\"");
        assert_eq!(problem.hints(), ["did you mean \"dark\"?"]);
        assert_eq!(check(&Cockpit::default(), folder.path()), Ok(()));
    }

    #[test]
    fn an_unknown_theme_is_wrong_usage_with_the_nearest_name() {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, _) = said(|stdout| preview(Some("drak"), folder.path(), Depth::True, stdout));
        let failure = outcome.unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(failure.problems[0].message(), "theme drak: there is no theme \"drak\"");
        assert_eq!(failure.problems[0].hints(), ["did you mean \"dark\"?"]);
        for name in ["../dark", ".hidden", "a/b"] {
            assert!(load(name, folder.path(), Depth::True).is_err(), "{name}");
        }
    }
}
