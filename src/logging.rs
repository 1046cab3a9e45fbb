//! This program's own log: a file in the state folder, never the terminal.
//!
//! It is bounded (two files of 4 MiB at most), created with the first line, readable by its owner only, and what looks
//! like a credential is taken out of every line. `PILOTHOUSE_LOG` chooses what is logged (`warn` by default), in the
//! notation of `RUST_LOG`. The Kubernetes client never logs more than errors: below that it writes whole bodies, those
//! of Secrets included.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use regex::Regex;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::fleet::{Problem, ProblemKind};

/// A file larger than this is put aside; one such file is kept.
const LARGEST: u64 = 4 << 20;

/// Starts logging into a file. `wanted` is the value of `PILOTHOUSE_LOG`. Called once.
pub fn start(file: &Path, wanted: Option<&str>) -> Result<(), Problem> {
    let filter = filter(wanted)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(LogFile::new(file, LARGEST))
        .try_init()
        .map_err(|error| Problem::new(ProblemKind::Bug, format!("starting the log: {error}")))
}

/// What is never written, whatever is asked for: these write whole requests and answers, with the credentials in them,
/// and commands with their arguments.
const SILENCED: [(&str, &str); 2] = [("kube_client", "error"), ("aws_", "warn")];

fn filter(wanted: Option<&str>) -> Result<EnvFilter, Problem> {
    // A directive for a part of a client would win over the one for all of it.
    let wanted: Vec<&str> = wanted
        .unwrap_or_default()
        .split(',')
        .filter(|directive| !SILENCED.iter().any(|(target, _)| directive.trim().starts_with(target)))
        .collect();
    let parsed = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .parse(wanted.join(","))
        .and_then(|filter| {
            SILENCED.iter().try_fold(filter, |filter, (target, level)| {
                Ok(filter.add_directive(format!("{target}={level}").parse()?))
            })
        });
    parsed.map_err(|error| {
        Problem::new(ProblemKind::User, format!("PILOTHOUSE_LOG: {error}"))
            .with_hint("a level such as debug, or target=level pairs such as pilothouse::gateway=debug")
    })
}

/// The file, opened with the first line.
#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    largest: u64,
    open: Mutex<Option<OpenFile>>,
    redaction: OnceLock<Redaction>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    size: u64,
}

impl LogFile {
    fn new(path: &Path, largest: u64) -> Self {
        Self { path: path.to_owned(), largest, open: Mutex::new(None), redaction: OnceLock::new() }
    }

    fn add(&self, line: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(line);
        let text = self.redaction.get_or_init(Redaction::default).apply(&text);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let full =
            open.as_ref().is_some_and(|open| open.size.saturating_add(text.len() as u64) > self.largest);
        if full {
            *open = None;
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
        }
        let target = match open.as_mut() {
            Some(target) => target,
            None => open.insert(self.open_file()?),
        };
        target.file.write_all(text.as_bytes())?;
        target.size = target.size.saturating_add(text.len() as u64);
        Ok(())
    }

    fn open_file(&self) -> io::Result<OpenFile> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Appending, because two cockpits may share the file.
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        let size = file.metadata()?.len();
        Ok(OpenFile { file, size })
    }
}

/// One event's lines.
#[derive(Debug)]
struct Line<'f>(&'f LogFile);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full disk or a folder that may not be written must not stop the cockpit: without a log it goes on.
        self.0.add(bytes).map_or_else(|_| Ok(bytes.len()), |()| Ok(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'f> MakeWriter<'f> for LogFile {
    type Writer = Line<'f>;

    fn make_writer(&'f self) -> Self::Writer {
        Line(self)
    }
}

/// Takes credentials out of text.
#[derive(Debug)]
struct Redaction {
    patterns: Vec<(Regex, &'static str)>,
}

/// What credentials look like, and what is written instead.
const CREDENTIALS: [(&str, &str); 6] = [
    (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", "[private key]"),
    (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", "$1 [redacted]"),
    (r"\bk8s-aws-v1\.[A-Za-z0-9_=-]+", "[EKS token]"),
    (r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?", "[JWT]"),
    (r"(?i)\b(x-amz-(?:signature|security-token|credential))=[^&\s\x22]+", "$1=[redacted]"),
    (
        r"(?i)((?:access|refresh|id|session|security)?[_-]?token|passwo?r?d|passwd|client[_-]?secret|client-key-data|secret[_-]?access[_-]?key|authorization)(\\?\x22?\s*[:=]\s*)(?:\\?\x22[^\x22\\]*\\?\x22|[^\s,;&}\x22\[]+)",
        "$1$2[redacted]",
    ),
];

impl Default for Redaction {
    fn default() -> Self {
        let compiled =
            |(pattern, instead): &(&str, &'static str)| Some((Regex::new(pattern).ok()?, *instead));
        Self { patterns: CREDENTIALS.iter().filter_map(compiled).collect() }
    }
}

impl Redaction {
    fn apply(&self, text: &str) -> String {
        self.patterns.iter().fold(text.to_owned(), |text, (pattern, instead)| {
            pattern.replace_all(&text, *instead).into_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_and_names_are_left() {
        let redaction = Redaction::default();
        assert_eq!(redaction.patterns.len(), CREDENTIALS.len(), "a pattern does not compile");
        for (text, expected) in [
            ("authorization: Bearer abc.def-123", "authorization: [redacted] [redacted]"),
            ("sending Bearer abcdefgh to x", "sending Bearer [redacted] to x"),
            ("k8s-aws-v1.aHR0cHM6Ly9zdHM= ok", "[EKS token] ok"),
            ("got eyJhbGciOiJSUzI1.eyJzdWIiOiJ4.c2ln end", "got [JWT] end"),
            ("?X-Amz-Signature=0a1b&X-Amz-Date=2", "?X-Amz-Signature=[redacted]&X-Amz-Date=2"),
            (r#"{"token":"s3cr3t","kind":"Pod"}"#, r#"{"token":[redacted],"kind":"Pod"}"#),
            (r#"body="{\"token\":\"s3cr3t\",\"a\":1}""#, r#"body="{\"token\":[redacted],\"a\":1}""#),
            ("password=hunter2 user=me", "password=[redacted] user=me"),
            ("aws_secret_access_key = abc/def", "aws_secret_access_key = [redacted]"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nafter",
                "[private key]\nafter",
            ),
            (
                "secret=app-secrets listing secrets: forbidden",
                "secret=app-secrets listing secrets: forbidden",
            ),
        ] {
            assert_eq!(redaction.apply(text), expected);
        }
    }

    #[test]
    fn the_log_is_bounded_private_and_created_with_its_first_line() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/pilothouse.log");
        let log = LogFile::new(&path, 100);
        assert!(!path.exists());
        for number in 0..20 {
            log.make_writer().write_all(format!("line {number:02} with some words\n").as_bytes()).unwrap();
        }
        let now = fs::read_to_string(&path).unwrap();
        let before = fs::read_to_string(folder.path().join("state/pilothouse.log.1")).unwrap();
        assert!(now.ends_with("line 19 with some words\n"), "{now}");
        assert!(now.len() <= 100 && before.len() <= 100);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path().join("state")).unwrap().count(), 2);
    }

    #[test]
    fn a_place_that_cannot_be_written_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let log = LogFile::new(&file.join("below/pilothouse.log"), 100);
        log.make_writer().write_all(b"line").unwrap();
    }

    #[test]
    fn the_filter_never_lets_the_client_log_bodies() {
        let shown = filter(Some("debug,kube_client::client=trace")).unwrap().to_string();
        assert!(shown.contains("kube_client=error") && !shown.contains("trace"), "{shown}");
        let shown = filter(Some("trace, aws_config::credential_process=trace")).unwrap().to_string();
        assert!(shown.contains("aws_=warn") && !shown.contains("process"), "{shown}");
        assert!(filter(None).unwrap().to_string().contains("warn"));
        let problem = filter(Some("pilothouse=lots")).unwrap_err();
        assert!(problem.message().starts_with("PILOTHOUSE_LOG: "), "{problem}");
    }
}
