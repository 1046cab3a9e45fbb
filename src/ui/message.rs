//! What the cockpit is told, and what it asks for.

use std::sync::Arc;

use super::input::{Key, Mouse};
use crate::fleet::aws::log_query::{LogQuery, QueryNews};
use crate::fleet::{ClusterId, ObjectRef, Problem, Timestamp};
use crate::snapshot::Snapshot;

/// What the cockpit is told.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// The screen has this many columns and rows now.
    Resize(u16, u16),
    /// A newer picture.
    Snapshot(Arc<Snapshot>),
    /// The answer to [`Effect::Fetch`].
    Fetched {
        /// What was asked for.
        object: ObjectRef,
        /// The object as the API server gave it, without `managedFields` and, for Secrets, without data; or why not.
        result: Result<Arc<serde_json::Value>, Problem>,
    },
    /// Lines of a log that [`Effect::OpenLog`] opened.
    Log {
        /// Which log.
        id: LogId,
        /// What came.
        batch: LogBatch,
    },
    /// What became of a query that [`Effect::StartQuery`] started.
    Query {
        /// Which query.
        id: QueryId,
        /// What is new.
        news: QueryNews,
    },
    /// Something to tell the user in passing.
    Notice(Notice),
    /// A timer that the view asked for with `next_wake` went off.
    Wake,
}

/// What the cockpit asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// End.
    Quit,
    /// Give the terminal back to the shell until `fg`.
    Suspend,
    /// Read one whole object. Answered by [`Msg::Fetched`]; only the latest request for an object counts.
    Fetch(ObjectRef),
    /// Open a log. Answered by [`Msg::Log`] until it ends or is closed.
    OpenLog(LogRequest),
    /// Close a log.
    CloseLog(LogId),
    /// Start a query of logs; it costs. Answered by [`Msg::Query`] until it ends or is stopped.
    StartQuery(QueryRequest),
    /// Stop a query of logs. One that has ended stays so.
    StopQuery(QueryId),
    /// Put a text on the clipboard.
    Copy(String),
    /// Write a file into the user's state folder. Answered by a notice that names the path.
    Save {
        /// A file name without a folder.
        name: String,
        /// What to write.
        content: Arc<str>,
    },
    /// Try a lost connection again now.
    Reconnect(ClusterId),
}

/// A log that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogId(pub u64);

/// Which log to open, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    /// The number that its lines will carry.
    pub id: LogId,
    /// The pod, or the log group of CloudWatch.
    pub pod: ObjectRef,
    /// The containers, each with its own stream; init and ephemeral ones included. Of a log group its streams.
    pub containers: Vec<String>,
    /// Keep reading.
    pub follow: bool,
    /// Read the log of the container's previous run.
    pub previous: bool,
    /// Only lines since this many seconds ago.
    pub since_seconds: Option<u32>,
    /// Only this many last lines of each container.
    pub tail: Option<u32>,
    /// Only lines that match this filter pattern of CloudWatch Logs, which does the sifting; of a log group only.
    pub pattern: Option<Arc<str>>,
}

/// Lines that arrived together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBatch {
    /// The lines in the order of arrival.
    pub lines: Vec<LogLine>,
    /// Set when a container's stream ended: which one, and how.
    pub ended: Vec<(Arc<str>, Result<(), Problem>)>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The container that wrote it.
    pub container: Arc<str>,
    /// When, by the kubelet's clock; the stream is always asked for timestamps.
    pub at: Timestamp,
    /// What it says, unescaped, without the line end; cut at 64 KiB.
    pub text: Box<str>,
}

/// A query of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueryId(pub u64);

/// Which query to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRequest {
    /// The number that news of it will carry.
    pub id: QueryId,
    /// The cluster in whose account it runs.
    pub cluster: ClusterId,
    /// What is asked.
    pub query: LogQuery,
}

/// Something to tell the user in passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Done, or worth knowing.
    Info(String),
    /// Not done.
    Problem(Problem),
}
