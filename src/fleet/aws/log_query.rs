//! A query of CloudWatch Logs Insights, and what becomes of it (`StartQuery`, `GetQueryResults`).

use std::sync::Arc;

use crate::fleet::Problem;

/// The field that `GetQueryResults` adds to each row of single lines: where AWS keeps the whole line. It is for
/// programs.
pub const POINTER: &str = "@ptr";

/// What is asked, of which groups of one account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuery {
    /// `logGroupNames`; at most 50 of them.
    pub groups: Vec<Arc<str>>,
    /// `queryString`, in the query language of Logs Insights.
    pub text: String,
    /// How far back lines are looked at, in seconds.
    pub seconds: u32,
}

/// How far a query has come: `statistics` of `GetQueryResults`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryProgress {
    /// `recordsScanned`: lines that were looked at.
    pub records: u64,
    /// `bytesScanned`: what is paid for.
    pub bytes: u64,
    /// `recordsMatched`: lines that fit.
    pub matched: u64,
}

/// What a query has found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryAnswer {
    /// The fields in the order in which they first appear, [`POINTER`] among them.
    pub columns: Vec<Box<str>>,
    /// A value for each column; empty where a row has none.
    pub rows: Vec<Vec<Box<str>>>,
    /// Rows that there was no room for.
    pub left_out: u64,
}

/// What is new about a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryNews {
    /// AWS has taken it and it waits or runs; what it scans is paid for from here on.
    pub is_accepted: bool,
    /// How far it has come.
    pub progress: QueryProgress,
    /// All that was found so far; `None`: nothing else than before.
    pub answer: Option<Arc<QueryAnswer>>,
    /// That it has ended, and how.
    pub end: Option<Result<(), Problem>>,
}
