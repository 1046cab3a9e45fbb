//! Logs of a pod's containers, each its own stream, merged in the order of arrival.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{Connection, Request};
use super::failure::{Failure, Intent};
use crate::fleet::{ObjectRef, Problem, Timestamp};

/// A line that is longer is cut.
const LONGEST_LINE: usize = 64 * 1024;
/// The timestamp and the space in front of a line.
const STAMP: usize = 40;
/// Lines that arrive within this time travel together: a frame at 30 a second shows them at once anyway.
const TOGETHER: Duration = Duration::from_millis(33);
/// Lines to a batch at most, so that a batch stays small however fast they come.
const BATCH: usize = 1000;

/// Which logs to read, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSpec {
    /// The pod, or the log group of CloudWatch.
    pub pod: ObjectRef,
    /// The containers; init and ephemeral ones included. Of a log group its streams.
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

/// Lines that arrived together, or the end of a container's stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEvent {
    /// The lines in the order of arrival.
    pub lines: Vec<LogLine>,
    /// Which containers' streams ended, and how.
    pub ended: Vec<(Arc<str>, Result<(), Problem>)>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The container that wrote it.
    pub container: Arc<str>,
    /// When, by the kubelet's clock.
    pub at: Timestamp,
    /// What it says, unescaped, without the line end; cut at 64 KiB.
    pub text: Box<str>,
}

/// Reads the logs until all streams end or the receiver is gone. Dropping the future closes the streams. A full channel
/// makes the streams wait, and with them the kubelet.
pub async fn read(connection: Connection, spec: LogSpec, events: mpsc::Sender<LogEvent>) {
    let spec = Arc::new(spec);
    let mut streams = JoinSet::new();
    for container in &spec.containers {
        let container: Arc<str> = container.as_str().into();
        let (connection, spec, events) = (connection.clone(), Arc::clone(&spec), events.clone());
        streams.spawn(async move {
            let result = read_one(&connection, &spec, &container, &events).await;
            let ended = vec![(container, result.map_err(|failure| failure.problem))];
            // Nobody listens any more: there is nobody to tell either.
            let _ = events.send(LogEvent { lines: Vec::new(), ended }).await;
        });
    }
    drop(events);
    while streams.join_next().await.is_some() {}
}

async fn read_one(
    connection: &Connection,
    spec: &LogSpec,
    container: &Arc<str>,
    events: &mpsc::Sender<LogEvent>,
) -> Result<(), Failure> {
    let namespace = spec.pod.namespace.as_deref();
    let mut intent = Intent::on("get", &spec.pod.resource, namespace);
    intent.subresource = Some("log");
    let path = format!("{}/log", spec.pod.resource.object_path(namespace, &spec.pod.name));
    let mut request = Request::get(path, intent)
        .accept("*/*")
        .query("container", container)
        .query("timestamps", "true")
        .query("follow", if spec.follow { "true" } else { "false" });
    if spec.previous {
        request = request.query("previous", "true");
    }
    if let Some(seconds) = spec.since_seconds {
        request = request.query("sinceSeconds", &seconds.to_string());
    }
    if let Some(lines) = spec.tail {
        request = request.query("tailLines", &lines.to_string());
    }
    let mut stream = connection.lines(request, LONGEST_LINE + STAMP).await?;
    let mut lines: Vec<LogLine> = Vec::new();
    let mut due: Option<Instant> = None;
    loop {
        let more = tokio::select! {
            biased;
            () = events.closed() => return Ok(()),
            () = until(due) => None,
            more = stream.more(|line| lines.push(parsed(container, line))) => Some(more),
        };
        let ended = matches!(more, Some(Ok(false) | Err(_)));
        if !lines.is_empty() && due.is_none() {
            due = Some(Instant::now() + TOGETHER);
        }
        if ended || lines.len() >= BATCH || due.is_some_and(|due| Instant::now() >= due) {
            due = None;
            while !lines.is_empty() {
                let rest = lines.split_off(lines.len().min(BATCH));
                let batch = LogEvent { lines: std::mem::replace(&mut lines, rest), ended: Vec::new() };
                if events.send(batch).await.is_err() {
                    return Ok(());
                }
            }
        }
        match more {
            Some(Err(failure)) => return Err(failure),
            Some(Ok(false)) => return Ok(()),
            _ => {}
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// `2026-11-21T10:42:07.123456789Z text`. A line without a stamp is kept whole: the runtime itself wrote it.
fn parsed(container: &Arc<str>, line: &[u8]) -> LogLine {
    let line = String::from_utf8_lossy(line);
    let line = line.strip_suffix('\r').unwrap_or(&line);
    let stamp = line.split_once(' ').unwrap_or((line, ""));
    let at = if stamp.0.len() < STAMP { Timestamp::parse(stamp.0) } else { Timestamp::NEVER };
    let text = if at.is_never() { line } else { stamp.1 };
    let end = text.floor_char_boundary(LONGEST_LINE);
    LogLine { container: Arc::clone(container), at, text: text.get(..end).unwrap_or(text).into() }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::fake::{self, Fake, Seen};
    use super::*;
    use crate::fleet::kind::PODS;

    fn spec(containers: &[&str]) -> LogSpec {
        LogSpec {
            pod: ObjectRef {
                cluster: fake::cluster(),
                resource: PODS,
                namespace: Some("web".into()),
                name: "api-0".into(),
            },
            containers: containers.iter().map(|c| (*c).to_owned()).collect(),
            follow: true,
            previous: false,
            since_seconds: Some(60),
            tail: Some(100),
            pattern: None,
        }
    }

    async fn all(fake: &Fake, spec: LogSpec) -> (Vec<LogLine>, Vec<(Arc<str>, Result<(), Problem>)>) {
        let (sender, mut receiver) = mpsc::channel(4);
        let reader = tokio::spawn(read(fake.connection(), spec, sender));
        let (mut lines, mut ended) = (Vec::new(), Vec::new());
        while let Some(event) = receiver.recv().await {
            assert!(event.lines.len() <= BATCH);
            lines.extend(event.lines);
            ended.extend(event.ended);
        }
        reader.await.unwrap();
        (lines, ended)
    }

    #[tokio::test]
    async fn lines_of_several_containers_arrive_with_their_time_and_each_end_is_told() {
        let fake = Fake::new(async |seen: Seen| match seen.param("container") {
            Some("api") => fake::answer(200, "text/plain", "2026-11-21T10:00:01.5Z hello\nno stamp here\n"),
            _ => {
                fake::status(400, "BadRequest", "container \"sidecar\" in pod \"api-0\" is waiting to start")
            }
        });
        let (lines, mut ended) = all(&fake, spec(&["api", "sidecar"])).await;
        assert_eq!(lines[0].at, Timestamp::parse("2026-11-21T10:00:01Z"));
        assert_eq!(&*lines[0].text, "hello");
        assert_eq!(&*lines[1].text, "no stamp here");
        assert!(lines[1].at.is_never());
        ended.sort_by(|a, b| a.0.cmp(&b.0));
        assert!(ended[0].1.is_ok());
        assert!(ended[1].1.as_ref().unwrap_err().message().contains("waiting to start"));
        let asked = &fake.seen()[0];
        assert_eq!(asked.path, "/api/v1/namespaces/web/pods/api-0/log");
        for pair in ["timestamps=true", "follow=true", "sinceSeconds=60", "tailLines=100"] {
            assert!(asked.query.contains(pair), "{}", asked.query);
        }
    }

    #[tokio::test]
    async fn a_storm_of_lines_is_complete_in_order_and_in_bounded_batches() {
        let text: String = (0..50_000).map(|n| format!("2026-11-21T10:00:01Z line {n}\n")).collect();
        let text = Bytes::from(text);
        let fake = Fake::new(move |_| std::future::ready(fake::answer(200, "text/plain", text.clone())));
        let (lines, _) = all(&fake, spec(&["api"])).await;
        assert_eq!(lines.len(), 50_000);
        assert!(lines.iter().enumerate().all(|(n, line)| *line.text == format!("line {n}")));
    }

    #[tokio::test]
    async fn a_line_is_cut_at_64_kib_between_characters() {
        let text = format!("2026-11-21T10:00:01Z {}\nnext\n", "é".repeat(LONGEST_LINE));
        let fake = Fake::new(move |_| std::future::ready(fake::answer(200, "text/plain", text.clone())));
        let (lines, _) = all(&fake, spec(&["api"])).await;
        assert_eq!(lines[0].text.len(), LONGEST_LINE);
        assert_eq!(&*lines[1].text, "next");
    }

    #[tokio::test]
    async fn a_followed_log_ends_with_a_problem_when_it_is_cut_and_stops_when_nobody_listens() {
        let (held, holder) =
            (Arc::new(std::sync::Mutex::new(Vec::new())), Arc::new(tokio::sync::Notify::new()));
        let fake = {
            let (held, holder) = (Arc::clone(&held), Arc::clone(&holder));
            Fake::new(move |_| {
                let (sender, reply) = fake::stream();
                held.lock().unwrap().push(sender);
                holder.notify_one();
                std::future::ready(reply)
            })
        };
        let (sender, mut receiver) = mpsc::channel(4);
        let reader = tokio::spawn(read(fake.connection(), spec(&["api"]), sender));
        holder.notified().await;
        let stream = held.lock().unwrap().pop().unwrap();
        stream.send(Ok(Bytes::from_static(b"2026-11-21T10:00:01Z one\n"))).await.unwrap();
        assert_eq!(receiver.recv().await.unwrap().lines.len(), 1);
        stream.send(Err(std::io::Error::other("reset"))).await.unwrap();
        let ended = receiver.recv().await.unwrap().ended;
        assert!(ended[0].1.as_ref().unwrap_err().message().contains("cut off"));
        assert!(receiver.recv().await.is_none());
        reader.await.unwrap();

        let (sender, receiver) = mpsc::channel(4);
        let reader = tokio::spawn(read(fake.connection(), spec(&["api"]), sender));
        holder.notified().await;
        drop(receiver);
        reader.await.unwrap();
    }
}
