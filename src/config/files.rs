//! Reading the settings file, and writing the first one.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::fleet::{Problem, ProblemKind};
use crate::settings::document::Place;
use crate::settings::{Cockpit, Mistake, Mistakes, cockpit};

use super::paths::Paths;

/// More than this is no settings file, but something that was named by mistake.
const LARGEST: u64 = 1 << 20;

/// Which file holds the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFile {
    /// The file.
    pub path: PathBuf,
    /// Somebody named it: then it must be there.
    pub is_named: bool,
}

impl SettingsFile {
    /// The flag's, else that of `PILOTHOUSE_CONFIG`, else the one in the configuration folder.
    pub fn choose(flag: Option<&Path>, variable: Option<&str>, paths: &Paths) -> Self {
        match flag.or(variable.map(Path::new)) {
            Some(path) => Self { path: path.to_owned(), is_named: true },
            None => Self { path: paths.settings(), is_named: false },
        }
    }

    /// The settings in the file; the defaults when there is none and nobody named one.
    pub fn load(&self) -> Result<Cockpit, Unusable> {
        match read_text(&self.path) {
            Ok(text) => Ok(Cockpit::read(&self.path.display().to_string(), &text)?),
            Err(Unusable::Missing(_)) if !self.is_named => Ok(Cockpit::default()),
            Err(unusable) => Err(unusable),
        }
    }
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is not there.
    Missing(Problem),
    /// It cannot be read.
    Unread(Problem),
    /// Its content is wrong.
    Mistaken(Mistakes),
}

impl From<Mistakes> for Unusable {
    fn from(mistakes: Mistakes) -> Self {
        Self::Mistaken(mistakes)
    }
}

impl From<Unusable> for Problem {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Missing(problem) | Unusable::Unread(problem) => problem,
            Unusable::Mistaken(mistakes) => mistakes.into(),
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(problem) | Self::Unread(problem) => problem.fmt(f),
            Self::Mistaken(mistakes) => mistakes.fmt(f),
        }
    }
}

impl std::error::Error for Unusable {}

/// The text of a settings, keymap or theme file.
pub fn read_text(path: &Path) -> Result<String, Unusable> {
    let shown = path.display().to_string();
    let unread = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound => Unusable::Missing(
            Problem::new(ProblemKind::User, format!("there is no file {shown}"))
                .with_hint("`pilothouse config init` writes the commented defaults"),
        ),
        _ => Unusable::Unread(Problem::new(ProblemKind::User, format!("{shown} cannot be read: {error}"))),
    };
    let file = File::open(path).map_err(|error| unread(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unread(&error))?;
    if bytes.len() as u64 > LARGEST {
        let message = format!("{shown} is larger than 1 MiB, which no settings file is");
        return Err(Unusable::Unread(Problem::new(ProblemKind::User, message)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        let mistake = Mistake {
            place: Place::of(&shown.as_str().into(), &text, valid),
            message: "this byte is not UTF-8".to_owned(),
            hint: Some("save the file as UTF-8".to_owned()),
        };
        match Mistakes::collect(vec![mistake]) {
            Err(mistakes) => Unusable::Mistaken(mistakes),
            Ok(()) => Unusable::Unread(Problem::new(ProblemKind::User, format!("{shown} is not UTF-8"))),
        }
    })
}

/// Writes the commented defaults where no file is yet, and never over one.
pub fn init(path: &Path) -> Result<(), Problem> {
    write_new(path, cockpit::DEFAULTS).map_err(|problem| {
        let is_there = path.exists();
        let hint = "`pilothouse config print --defaults` shows what would have been written";
        if is_there { problem.with_hint(hint) } else { problem }
    })
}

/// Writes a file where none is yet, with the folders above it, and never over one.
pub fn write_new(path: &Path, text: &str) -> Result<(), Problem> {
    let shown = path.display();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Problem::new(ProblemKind::User, format!("{shown} exists and is left as it is"))
        }
        _ => Problem::new(ProblemKind::User, format!("{shown} cannot be written: {error}")),
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: PathBuf) -> SettingsFile {
        SettingsFile { path, is_named: true }
    }

    #[test]
    fn a_missing_file_is_only_wrong_when_somebody_named_it() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        let default = SettingsFile::choose(None, None, &paths);
        assert_eq!(default.load().unwrap(), Cockpit::default());
        let flag = SettingsFile::choose(Some(&folder.path().join("none.toml")), Some("other"), &paths);
        let problem = Problem::from(flag.load().unwrap_err());
        assert!(problem.message().starts_with("there is no file "), "{problem}");
        assert!(problem.message().ends_with("none.toml"), "{problem}");
    }

    #[test]
    fn a_folder_instead_of_a_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let problem = Problem::from(named(folder.path().to_owned()).load().unwrap_err());
        assert!(problem.message().contains("cannot be read"), "{problem}");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_told_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.toml");
        fs::write(&path, b"read-only = true\n# caf\xe9\n").unwrap();
        let told = named(path).load().unwrap_err().to_string();
        assert!(told.ends_with("p.toml:2:6: this byte is not UTF-8"), "{told}");
    }

    #[test]
    fn a_huge_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.toml");
        fs::write(&path, vec![b'#'; (LARGEST + 1) as usize]).unwrap();
        assert!(matches!(named(path).load(), Err(Unusable::Unread(_))));
    }

    #[test]
    fn init_writes_the_defaults_once_and_never_over_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/pilothouse.toml");
        init(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), cockpit::DEFAULTS);
        fs::write(&path, "mine").unwrap();
        let problem = init(&path).unwrap_err();
        assert!(problem.message().ends_with("exists and is left as it is"), "{problem}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
