//! Reading what environments are meant to contain.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::files::{Unusable, read_text};
use crate::blueprint::{self, Blueprint};
use crate::fleet::{Problem, ProblemKind};

/// All blueprints of a folder, by file name; none when there is no folder. `known` are the ids of the components that
/// can be recognised. Every file is read before anything is refused, so that one run names all that is wrong.
pub fn load(folder: &Path, known: &[&str]) -> Result<Vec<Arc<Blueprint>>, Vec<Problem>> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", folder.display());
            return Err(vec![Problem::new(ProblemKind::User, message)]);
        }
    };
    let mut paths: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut blueprints = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        let read = read_text(&path).and_then(|text| {
            blueprint::read(&path.display().to_string(), &text, known).map_err(Unusable::from)
        });
        match read {
            Ok(blueprint) => blueprints.push(Arc::new(blueprint)),
            Err(unusable) => problems.push(unusable.into()),
        }
    }
    if problems.is_empty() { Ok(blueprints) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_file_is_named_and_none_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(&folder.path().join("none"), &[]), Ok(Vec::new()));
        fs::write(folder.path().join("a.toml"), "environment = \"dev\"").unwrap();
        fs::write(folder.path().join("notes.txt"), "= not read").unwrap();
        assert_eq!(load(folder.path(), &[]).unwrap().len(), 1);
        fs::write(folder.path().join("b.toml"), "environment = 1").unwrap();
        fs::write(folder.path().join("c.toml"), "enviroment = \"x\"").unwrap();
        let problems = load(folder.path(), &[]).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].message().contains("b.toml:1:"), "{problems:?}");
    }
}
