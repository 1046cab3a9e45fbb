//! Which kubeconfig files to merge, by kubectl's rules.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The files to merge, the first one winning: the flag alone; else the list in `KUBECONFIG`, empty entries and
/// repetitions left out; else `~/.kube/config`. Whether they exist is for the reader to say: kubectl skips files of
/// the list that are missing, but not the flag's.
pub fn kubeconfig_paths(flag: Option<&Path>, variable: Option<&OsStr>, home: &Path) -> Vec<PathBuf> {
    if let Some(flag) = flag {
        return vec![flag.to_owned()];
    }
    let mut listed: Vec<PathBuf> = Vec::new();
    for path in variable.map(env::split_paths).into_iter().flatten() {
        if !path.as_os_str().is_empty() && !listed.contains(&path) {
            listed.push(path);
        }
    }
    if listed.is_empty() { vec![home.join(".kube").join("config")] } else { listed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(flag: Option<&str>, variable: Option<&str>) -> Vec<String> {
        kubeconfig_paths(flag.map(Path::new), variable.map(OsStr::new), Path::new("/home/me"))
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn the_flag_wins_over_the_variable_and_that_over_the_default() {
        assert_eq!(paths(Some("f"), Some("a:b")), ["f"]);
        assert_eq!(paths(None, Some("a:b")), ["a", "b"]);
        assert_eq!(paths(None, None), ["/home/me/.kube/config"]);
    }

    #[test]
    fn empty_and_repeated_entries_are_left_out() {
        assert_eq!(paths(None, Some(":a::a:b:")), ["a", "b"]);
        assert_eq!(paths(None, Some("::")), ["/home/me/.kube/config"]);
        assert_eq!(paths(None, Some("")), ["/home/me/.kube/config"]);
    }
}
