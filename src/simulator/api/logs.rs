//! `pods/log`: what a container printed, as text, once or as it comes.

use bytes::Bytes;
use futures::stream::{self, Stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use super::body::Body;
use super::query::Query;
use super::read::missing;
use super::route::Resource;
use super::status::Status;
use super::table::read::{list, text};
use super::{Answer, PLAIN};
use crate::simulator::store::logs::Position;
use crate::simulator::store::{Line, Logs, Store};

/// Whose output is read.
#[derive(Clone, Debug)]
struct Source {
    namespace: String,
    pod: String,
    container: String,
}

/// GET.
pub(super) fn read(store: &Store, resource: &Resource, query: &Query) -> Result<Answer, Status> {
    let pod = store.get(&resource.key()?).map_err(|_| missing(resource))?;
    let container = chosen_container(&pod, query.get("container"))?;
    let previous = query.says("previous");
    if text(&pod, "/spec/nodeName").is_empty() {
        return Ok(Answer::plain(200, ""));
    }
    check_state(&pod, &container, previous)?;
    let source = Source {
        namespace: text(&pod, "/metadata/namespace").to_owned(),
        pod: text(&pod, "/metadata/name").to_owned(),
        container,
    };
    let logs = store.logs();
    let from = match earliest(query, store.clock().now())? {
        Some(from) => from,
        None => Timestamp::MIN,
    };
    let grown = logs.grown();
    let (lines, position) = if previous {
        (logs.previous(&source.namespace, &source.pod, &source.container).unwrap_or_default(), None)
    } else {
        let now = logs.after(&source.namespace, &source.pod, &source.container, None);
        now.map_or((Vec::new(), None), |(lines, position)| (lines, Some(position)))
    };
    let wanted: Vec<&Line> = lines.iter().filter(|line| line.at >= from).collect();
    let tail =
        query.number("tailLines")?.map_or(usize::MAX, |tail| usize::try_from(tail).unwrap_or(usize::MAX));
    let timestamps = query.says("timestamps");
    let mut left =
        query.number("limitBytes")?.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let skipped = wanted.len().saturating_sub(tail);
    let first = printed(wanted.into_iter().skip(skipped), timestamps, &mut left);
    let position = position.filter(|_| query.says("follow") && left > 0);
    let Some(position) = position else {
        return Ok(Answer { body: Body::whole(first), media: PLAIN, code: 200, retry_after: None });
    };
    let followed = Followed {
        logs: logs.clone(),
        source,
        position,
        timestamps,
        left,
        grown,
        dropped: store.faults().dropped(),
        first: Some(first).filter(|first| !first.is_empty()),
    };
    Ok(Answer { body: Body::streaming(followed.stream()), media: PLAIN, code: 200, retry_after: None })
}

struct Followed {
    logs: Logs,
    source: Source,
    position: Position,
    timestamps: bool,
    /// Bytes that may still be sent.
    left: usize,
    grown: watch::Receiver<u64>,
    dropped: watch::Receiver<u64>,
    first: Option<Bytes>,
}

impl Followed {
    fn stream(self) -> impl Stream<Item = Bytes> + Send + 'static {
        stream::unfold(
            self,
            |mut followed| async move { followed.next().await.map(|bytes| (bytes, followed)) },
        )
    }

    /// More output; `None` when the container has ended, the limit is reached or the stream is cut.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        while self.left > 0 && !self.dropped.has_changed().unwrap_or(true) {
            self.grown.mark_unchanged();
            let Source { namespace, pod, container } = &self.source;
            let (lines, position) = self.logs.after(namespace, pod, container, Some(self.position))?;
            self.position = position;
            if !lines.is_empty() {
                return Some(printed(lines.iter(), self.timestamps, &mut self.left));
            }
            tokio::select! {
                grown = self.grown.changed() => grown.ok()?,
                dropped = self.dropped.changed() => { let (Ok(()) | Err(_)) = dropped; return None }
            }
        }
        None
    }
}

fn printed<'a>(lines: impl Iterator<Item = &'a Line>, timestamps: bool, left: &mut usize) -> Bytes {
    let mut out = Vec::new();
    for line in lines {
        if timestamps {
            // Nanoseconds in full, as a kubelet writes them.
            out.extend(line.at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ ").to_string().bytes());
        }
        out.extend_from_slice(line.text.as_bytes());
        out.push(b'\n');
        if out.len() >= *left {
            out.truncate(*left);
            break;
        }
    }
    *left -= out.len();
    out.into()
}

fn earliest(query: &Query, now: Timestamp) -> Result<Option<Timestamp>, Status> {
    if let Some(seconds) = query.number("sinceSeconds")? {
        let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        return Ok(Some(now.checked_sub(seconds).unwrap_or(Timestamp::MIN)));
    }
    match query.get("sinceTime") {
        "" => Ok(None),
        at => at
            .parse()
            .map(Some)
            .map_err(|_| Status::bad_request(format!("parsing time {at:?}: cannot parse"))),
    }
}

/// The container that is meant, in the words of a real server when it is not clear.
fn chosen_container(pod: &Value, wanted: &str) -> Result<String, Status> {
    let name = text(pod, "/metadata/name");
    let names = |path: &str| list(pod, path).iter().map(|it| text(it, "/name")).collect::<Vec<_>>();
    let containers = names("/spec/containers");
    let mut all = names("/spec/initContainers");
    all.extend(&containers);
    all.extend(names("/spec/ephemeralContainers"));
    if !wanted.is_empty() {
        if all.contains(&wanted) {
            return Ok(wanted.to_owned());
        }
        return Err(Status::bad_request(format!("container {wanted} is not valid for pod {name}")));
    }
    match containers.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Status::bad_request(format!("a container name must be specified for pod {name}"))),
        _ => {
            let all = all.join(" ");
            let message =
                format!("a container name must be specified for pod {name}, choose one of: [{all}]");
            Err(Status::bad_request(message))
        }
    }
}

/// Refuses where a kubelet has nothing to show.
fn check_state(pod: &Value, container: &str, previous: bool) -> Result<(), Status> {
    let name = text(pod, "/metadata/name");
    let statuses =
        ["/status/containerStatuses", "/status/initContainerStatuses", "/status/ephemeralContainerStatuses"];
    let mut statuses = statuses.iter().flat_map(|path| list(pod, path));
    let Some(status) = statuses.find(|status| text(status, "/name") == container) else {
        return Err(Status::bad_request(format!(
            "container \"{container}\" in pod \"{name}\" is not available"
        )));
    };
    let last = status.pointer("/lastState/terminated").is_some();
    if previous {
        let message = format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
        return if last { Ok(()) } else { Err(Status::bad_request(message)) };
    }
    let began =
        last || status.pointer("/state/running").is_some() || status.pointer("/state/terminated").is_some();
    if began {
        return Ok(());
    }
    let why = match text(status, "/state/waiting/reason") {
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        reason => reason,
    };
    Err(Status::bad_request(format!(
        "container \"{container}\" in pod \"{name}\" is waiting to start: {why}"
    )))
}
