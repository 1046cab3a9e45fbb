//! The real binary as a shell would start it: with a home of its own and nothing of the machine's.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long a command may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// An empty home folder, and commands that know no other.
pub(crate) struct Home {
    folder: TempDir,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What went to stdout.
    pub(crate) stdout: String,
    /// What went to stderr.
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder }
    }

    /// A path under this home.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Where the settings file belongs.
    pub(crate) fn settings(&self) -> PathBuf {
        self.path("config/pilothouse/pilothouse.toml")
    }

    /// Writes a file under this home, with its folders.
    pub(crate) fn write(&self, relative: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The variables that make this home the only one.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let folder = |name: &str| self.path(name).display().to_string();
        [
            ("HOME", folder("home")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("XDG_STATE_HOME", folder("state")),
            ("XDG_CACHE_HOME", folder("cache")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// `pilothouse` with these words, in this home.
    pub(crate) fn command(&self, words: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pilothouse"));
        command.args(words).env_clear().envs(self.variables()).current_dir(self.folder.path());
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `pilothouse` with the words of this line.
    pub(crate) fn run(&self, line: &str) -> Said {
        let words: Vec<&str> = line.split_whitespace().collect();
        finish(self.command(&words).spawn().unwrap(), line)
    }

    /// Runs `pilothouse` with these words; the line is data.
    pub(crate) fn run_words(&self, words: &[&str]) -> Said {
        finish(self.command(words).spawn().unwrap(), &words.join(" "))
    }
}

/// Waits for the end of a command, but not for ever.
pub(crate) fn finish(child: Child, what: &str) -> Said {
    let pid = rustix::process::Pid::from_child(&child);
    let (send, receive) = sync_channel(1);
    std::thread::spawn(move || drop(send.send(child.wait_with_output())));
    let Ok(output) = receive.recv_timeout(PATIENCE) else {
        // It may have ended in this moment.
        let _ended = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        panic!("`{what}` did not end within {PATIENCE:?}");
    };
    let output = output.unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Said {
    /// Fails unless it ended with this code; gives itself back.
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless it ended well, without a word on stderr; gives what it printed.
    pub(crate) fn printed(self) -> String {
        let said = self.ended(0);
        assert_eq!(said.stderr, "");
        said.stdout
    }

    /// What it printed, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }

    /// Fails unless it printed nothing and said this on stderr, with this exit code.
    pub(crate) fn refused(self, code: i32, stderr: &str) {
        let said = self.ended(code);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", stderr));
    }
}
