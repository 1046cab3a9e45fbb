//! Real API servers, where `PILOTHOUSE_RANGE` names their kubeconfig.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cli::{Home, finish};

/// Faults are for one test at a time: the others would see them.
static WORLD: Mutex<()> = Mutex::new(());

/// The range, for one test at a time.
pub(crate) struct Range {
    pub(crate) kubeconfig: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

/// Something that is broken until this is dropped.
pub(crate) struct Fault<'a> {
    tool: &'a Path,
    undo: Vec<String>,
}

impl Range {
    /// `None` without a range, which is then said.
    pub(crate) fn find() -> Option<Self> {
        let Some(kubeconfig) = std::env::var_os("PILOTHOUSE_RANGE") else {
            println!("left out: PILOTHOUSE_RANGE names no kubeconfig of real API servers");
            return None;
        };
        let alone = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Self { kubeconfig: kubeconfig.into(), _alone: alone })
    }

    /// Runs `pilothouse` on both clusters, in an empty home.
    pub(crate) fn run(&self, line: &str) -> super::cli::Said {
        Home::new().run(&format!("{line} --kubeconfig {} --timeout 40s", self.kubeconfig.display()))
    }

    /// What kubectl says.
    pub(crate) fn kubectl(&self, line: &str) -> String {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(line.split_whitespace());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        finish(command.spawn().unwrap(), line).ended(0).stdout
    }

    /// What kubectl prints, however it ends: `auth can-i` says no with an exit code.
    pub(crate) fn kubectl_says(&self, line: &str) -> String {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(line.split_whitespace());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        finish(command.spawn().unwrap(), line).stdout
    }

    /// The kubeconfig whose users log in by a plugin.
    pub(crate) fn with_plugins(&self) -> PathBuf {
        self.kubeconfig.with_file_name("kubeconfig-eks")
    }

    /// The program that breaks things, where the sources of the range are at hand.
    pub(crate) fn tool() -> Option<PathBuf> {
        let places = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let found = places.map(|place| place.join("shared/range/range")).find(|tool| tool.is_file());
        if found.is_none() {
            println!("left out: there is no range tool to break things with");
        }
        found
    }
}

impl<'a> Fault<'a> {
    /// Breaks something; `undo` mends it.
    pub(crate) fn inject(tool: &'a Path, fault: &str, undo: &str) -> Self {
        // The way back is known before anything breaks.
        let guard = Self { tool, undo: undo.split_whitespace().map(str::to_owned).collect() };
        let words: Vec<String> = fault.split_whitespace().map(str::to_owned).collect();
        assert!(break_it(tool, &words), "{fault}");
        guard
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        let is_mended = break_it(self.tool, &self.undo);
        assert!(is_mended || std::thread::panicking(), "the range stays broken: {:?}", self.undo);
    }
}

fn break_it(tool: &Path, words: &[String]) -> bool {
    Command::new(tool)
        .arg("fault")
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// `kubectl proxy`: a real API server over plain HTTP, with the rights of the kubeconfig's user.
pub(crate) struct Proxy {
    child: Child,
    /// `127.0.0.1:port`
    pub(crate) address: String,
}

impl Proxy {
    pub(crate) fn start(range: &Range, cluster: &str) -> Self {
        use std::io::BufRead as _;
        let mut child = Command::new("kubectl")
            .arg("--kubeconfig")
            .arg(&range.kubeconfig)
            .args(["--context", cluster, "proxy", "--port=0", "--reject-methods=^$"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It serves until it is stopped.
        let _stopped = self.child.kill();
        let _reaped = self.child.wait();
    }
}
