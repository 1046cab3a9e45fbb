//! Noticing that a configuration file changed.
//!
//! Folders are watched, not files: editors save by renaming a new file over the old one, and a watch on the file would
//! follow the old one into oblivion. What happened is not trusted: after each burst of events the files are compared
//! with what was read before, so that only a changed content is delivered, and only once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher as _};

use super::files::{SettingsFile, Unusable};
use super::paths::Paths;
use crate::fleet::{Problem, ProblemKind};
use crate::settings::Cockpit;

/// A burst of events has ended when nothing came for this long.
const QUIET: Duration = Duration::from_millis(60);
/// A folder in which something always happens does not put off the reading for longer than this.
const LONGEST: Duration = Duration::from_millis(500);

/// Watches files until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    nudge: SyncSender<Nudge>,
}

/// What of the configuration has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// `pilothouse.toml`.
    Settings,
    /// `keymap.toml`.
    Keys,
    /// A theme of the user's own.
    Themes,
    /// What an environment is meant to contain.
    Blueprints,
}

#[derive(Debug, PartialEq, Eq)]
enum Nudge {
    Event,
    End,
}

impl Watcher {
    /// Delivers what changed, with the whole new settings or why their file cannot be used, each time that the content
    /// of the settings, of the keymap, of a theme or of a blueprint has changed. Called on a thread of its own.
    pub fn configuration(
        file: SettingsFile,
        paths: &Paths,
        mut deliver: impl FnMut(Changed, Result<Cockpit, Unusable>) + Send + 'static,
    ) -> Result<Self, Problem> {
        let (keymap, themes, blueprints) = (paths.keymap(), paths.themes(), paths.blueprints());
        let watched = vec![file.path.clone(), keymap.clone(), themes.clone(), blueprints.clone()];
        Self::files(watched, move |path| {
            let changed = match path {
                path if path == keymap => Changed::Keys,
                path if path == themes => Changed::Themes,
                path if path == blueprints => Changed::Blueprints,
                _ => Changed::Settings,
            };
            deliver(changed, file.load());
        })
    }

    /// Calls with each of these files whose content has changed, appeared or vanished; a folder's content is that of the
    /// TOML files in it. Folders that do not exist yet
    /// are waited for.
    pub fn files(files: Vec<PathBuf>, changed: impl FnMut(&Path) + Send + 'static) -> Result<Self, Problem> {
        let (nudge, nudges) = sync_channel(1);
        let events = nudge.clone();
        let watcher = notify::recommended_watcher(move |_| match events.try_send(Nudge::Event) {
            // One nudge is as good as many.
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        })
        .map_err(|error| failed(&error))?;
        let mut watching = Watching { watcher, folders: BTreeSet::new(), seen: Vec::new(), changed };
        // Watch first and read then, so that no change falls between the two.
        for file in &files {
            watching.watch_folders_of(file);
        }
        watching.seen = files.into_iter().map(|file| (content(&file), file)).collect();
        thread::Builder::new()
            .name("config-watch".to_owned())
            .spawn(move || watching.run(&nudges))
            .map_err(|error| failed(&error))?;
        Ok(Self { nudge })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // The thread is at most one burst away from reading this; when it is gone already there is nobody to tell.
        if self.nudge.send(Nudge::End).is_err() {
            tracing::debug!("the configuration watch had ended before");
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(ProblemKind::User, format!("watching the configuration: {error}"))
        .with_hint("changes are read at the next start")
}

struct Watching<F> {
    watcher: notify::RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    seen: Vec<(Option<Vec<u8>>, PathBuf)>,
    changed: F,
}

impl<F: FnMut(&Path)> Watching<F> {
    fn run(mut self, nudges: &Receiver<Nudge>) {
        while nudges.recv() == Ok(Nudge::Event) {
            if !burst_is_over(nudges) {
                return;
            }
            for index in 0..self.seen.len() {
                self.look_at(index);
            }
        }
    }

    fn look_at(&mut self, index: usize) {
        let Some(path) = self.seen.get(index).map(|(_, path)| path.clone()) else { return };
        self.watch_folders_of(&path);
        let now = content(&path);
        if let Some((before, path)) = self.seen.get_mut(index)
            && *before != now
        {
            *before = now;
            (self.changed)(path);
        }
    }

    /// The folder of the file, or the nearest one above it that exists; and where a link leads, the same again.
    fn watch_folders_of(&mut self, file: &Path) {
        let target = fs::canonicalize(file).ok();
        for file in [Some(file), target.as_deref()].into_iter().flatten() {
            let own = usize::from(!file.is_dir());
            let folder = file.ancestors().skip(own).map(named_here).find(|folder| folder.is_dir());
            let Some(folder) = folder.map(Path::to_owned) else { continue };
            if self.folders.contains(&folder) {
                continue;
            }
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.folders.insert(folder)),
                Err(error) => tracing::warn!(folder = %folder.display(), %error, "cannot be watched"),
            }
        }
    }
}

/// The folder of a bare file name is the present one.
fn named_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// Waits for the burst to end; false when the watcher was dropped meanwhile.
fn burst_is_over(nudges: &Receiver<Nudge>) -> bool {
    let begun = Instant::now();
    loop {
        match nudges.recv_timeout(QUIET) {
            Ok(Nudge::Event) if begun.elapsed() < LONGEST => {}
            Ok(Nudge::Event) | Err(RecvTimeoutError::Timeout) => return true,
            Ok(Nudge::End) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

fn content(path: &Path) -> Option<Vec<u8>> {
    if !path.is_dir() {
        return fs::read(path).ok();
    }
    let mut files: Vec<PathBuf> =
        fs::read_dir(path).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut content = Vec::new();
    for file in files {
        content.extend_from_slice(file.as_os_str().as_encoded_bytes());
        content.push(0);
        content.extend(fs::read(&file).unwrap_or_default());
        content.push(0);
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for any machine; a test that passes never waits for it.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn watched(path: &Path) -> (Watcher, Receiver<Result<Cockpit, Unusable>>) {
        let (deliver, delivered) = sync_channel(16);
        let file = SettingsFile { path: path.to_owned(), is_named: false };
        let paths = Paths::under(path.parent().unwrap());
        let watcher =
            Watcher::configuration(file, &paths, move |_, result| deliver.send(result).unwrap()).unwrap();
        (watcher, delivered)
    }

    #[test]
    fn a_rename_over_the_file_delivers_whole_new_settings_and_then_a_located_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pilothouse.toml");
        fs::write(&path, "").unwrap();
        let (_watcher, delivered) = watched(&path);
        let fresh = folder.path().join(".pilothouse.toml.swp");
        fs::write(&fresh, "read-only = true").unwrap();
        fs::rename(&fresh, &path).unwrap();
        assert!(delivered.recv_timeout(PATIENCE).unwrap().unwrap().read_only);
        fs::write(&path, "\nread-onyl = true").unwrap();
        let told = delivered.recv_timeout(PATIENCE).unwrap().unwrap_err().to_string();
        assert!(told.ends_with(":2:1: unknown key `read-onyl`"), "{told}");
    }

    #[test]
    fn a_file_in_a_folder_that_does_not_exist_yet_is_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/pilothouse.toml");
        let (_watcher, delivered) = watched(&path);
        super::super::init(&path).unwrap();
        assert_eq!(delivered.recv_timeout(PATIENCE).unwrap().unwrap(), Cockpit::default());
    }

    #[test]
    fn keys_and_themes_are_watched_too_also_before_their_folder_is_there() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::under(root.path());
        let file = SettingsFile { path: paths.settings(), is_named: false };
        let (deliver, delivered) = sync_channel(16);
        let _watcher =
            Watcher::configuration(file, &paths, move |changed, _| deliver.send(changed).unwrap()).unwrap();
        fs::create_dir_all(paths.keymap().parent().unwrap()).unwrap();
        fs::write(paths.keymap(), "[table]").unwrap();
        assert_eq!(delivered.recv_timeout(PATIENCE), Ok(Changed::Keys));
        fs::create_dir_all(paths.themes()).unwrap();
        fs::write(paths.themes().join("mine.toml"), "inherits = \"dark\"").unwrap();
        assert_eq!(delivered.recv_timeout(PATIENCE), Ok(Changed::Themes));
        // The empty folder may have been seen before its first file.
        while delivered.try_recv().is_ok() {}
        fs::write(paths.themes().join("mine.toml"), "inherits = \"light\"").unwrap();
        assert_eq!(delivered.recv_timeout(PATIENCE), Ok(Changed::Themes));
    }

    #[test]
    fn a_link_is_followed_to_where_the_file_is() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().join("dotfiles");
        fs::create_dir(&real).unwrap();
        fs::create_dir(root.path().join("config")).unwrap();
        fs::write(real.join("p.toml"), "").unwrap();
        let link = root.path().join("config/p.toml");
        std::os::unix::fs::symlink(real.join("p.toml"), &link).unwrap();
        let (_watcher, delivered) = watched(&link);
        fs::write(real.join("p.toml"), "[screen]\nascii = true").unwrap();
        assert!(delivered.recv_timeout(PATIENCE).unwrap().unwrap().screen.ascii);
    }

    #[test]
    fn dropping_the_watcher_ends_its_thread() {
        let folder = tempfile::tempdir().unwrap();
        let (watcher, delivered) = watched(&folder.path().join("p.toml"));
        drop(watcher);
        assert!(delivered.recv_timeout(PATIENCE).is_err_and(|e| e == RecvTimeoutError::Disconnected));
    }
}
