//! Carries out what the screen asks for. Nothing here waits: answers come back through the inbox.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::AbortHandle;

use super::inbox::Post;
use super::live::Live;
use super::stage::Event;
use crate::fleet::{ObjectRef, Problem, ProblemKind};
use crate::gateway::logs::{LogEvent, LogSpec};
use crate::ui::message::{LogBatch, LogId, LogLine, LogRequest, Msg, Notice, QueryId, QueryRequest};

/// The work that is on its way.
#[derive(Debug)]
pub struct Effects {
    live: Arc<Live>,
    post: Post<Event>,
    /// Where the user's saved files go.
    folder: PathBuf,
    fetches: HashMap<ObjectRef, AbortHandle>,
    logs: HashMap<LogId, AbortHandle>,
    queries: HashMap<QueryId, AbortHandle>,
}

impl Effects {
    /// Nothing is on its way yet.
    pub fn new(live: Arc<Live>, post: Post<Event>, folder: PathBuf) -> Self {
        let (fetches, logs, queries) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { live, post, folder, fetches, logs, queries }
    }

    /// Reads one object; an earlier reading of the same object is given up.
    pub fn fetch(&mut self, object: ObjectRef) {
        let post = self.post.clone();
        let task = self.live.fetch(object.clone(), move |object, result| {
            // Nobody reads on at the end of the program only.
            let _ = tokio::task::block_in_place(|| post.send(Event::Ui(Msg::Fetched { object, result })));
        });
        self.fetches.retain(|_, task| !task.is_finished());
        if let Some(earlier) = task.and_then(|task| self.fetches.insert(object, task)) {
            earlier.abort();
        }
    }

    /// Opens a log.
    pub fn open_log(&mut self, request: LogRequest) {
        let post = self.post.clone();
        let id = request.id;
        let spec = LogSpec {
            pod: request.pod,
            containers: request.containers,
            follow: request.follow,
            previous: request.previous,
            since_seconds: request.since_seconds,
            tail: request.tail,
            pattern: request.pattern,
        };
        let task =
            self.live.log(spec, move |event| post.send(Event::Ui(Msg::Log { id, batch: batch_of(event) })));
        self.logs.retain(|_, task| !task.is_finished());
        if let Some(earlier) = task.and_then(|task| self.logs.insert(id, task)) {
            earlier.abort();
        }
    }

    /// Closes a log.
    pub fn close_log(&mut self, id: LogId) {
        if let Some(task) = self.logs.remove(&id) {
            task.abort();
        }
    }

    /// Starts a query of logs.
    pub fn start_query(&mut self, request: QueryRequest) {
        let post = self.post.clone();
        let id = request.id;
        let tell = move |news| post.send(Event::Ui(Msg::Query { id, news }));
        let task = self.live.query(&request.cluster, request.query, tell);
        self.queries.retain(|_, task| !task.is_finished());
        if let Some(earlier) = task.and_then(|task| self.queries.insert(id, task)) {
            earlier.abort();
        }
    }

    /// Stops a query of logs.
    pub fn stop_query(&mut self, id: QueryId) {
        if let Some(task) = self.queries.remove(&id) {
            task.abort();
        }
    }

    /// Writes a file into the user's state folder, and says where.
    pub fn save(&self, name: &str, content: &str) -> Notice {
        match write_new(&self.folder, name, content) {
            Ok(path) => Notice::Info(format!("saved {}", path.display())),
            Err(error) => Notice::Problem(Problem::new(
                ProblemKind::User,
                format!("saving {name} in {}: {error}", self.folder.display()),
            )),
        }
    }
}

fn batch_of(event: LogEvent) -> LogBatch {
    let lines = event
        .lines
        .into_iter()
        .map(|line| LogLine { container: line.container, at: line.at, text: line.text })
        .collect();
    LogBatch { lines, ended: event.ended }
}

/// Never overwrites: a second file of a name is called `name-2`. The name comes from objects, so what could lead out
/// of the folder is replaced.
fn write_new(folder: &Path, name: &str, content: &str) -> std::io::Result<PathBuf> {
    let safe: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' })
        .collect();
    let safe = safe.trim_start_matches('.');
    let (stem, extension) = safe.rsplit_once('.').unwrap_or((safe, "txt"));
    fs::create_dir_all(folder)?;
    let mut attempt = 1;
    loop {
        let candidate = if attempt == 1 {
            format!("{stem}.{extension}")
        } else {
            format!("{stem}-{attempt}.{extension}")
        };
        let path = folder.join(candidate);
        match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                std::io::Write::write_all(&mut file, content.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_file_overwrites_nothing_and_stays_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = write_new(folder.path(), "../web/log\u{1b}.log", "one").unwrap();
        let second = write_new(folder.path(), "../web/log\u{1b}.log", "two").unwrap();
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
        assert_eq!(fs::read_to_string(&second).unwrap(), "two");
        assert!([&first, &second].iter().all(|path| path.parent() == Some(folder.path())));
    }
}
