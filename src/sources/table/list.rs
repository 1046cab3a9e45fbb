//! The complete list, page by page.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Feed, Scope, Stop, Table};
use crate::fleet::kind::NAMESPACES;
use crate::fleet::{Problem, ProblemKind, ResourceType, Timestamp};
use crate::gateway::body::{Answer, Form};
use crate::gateway::connection::inflated_badly;
use crate::gateway::{Cause, Failure, Intent, Request, protobuf};
use crate::snapshot::{Extent, Freshness, RowChange};
use crate::sources::decode::{Decode, PageHead, Unreadable};
use crate::sources::pace::Backoff;
use crate::sources::table::Upkeep;

/// The first page is small, so that the first rows are there at once.
const FIRST_PAGE: usize = 500;
/// The metadata of a page, with its continue token, is within its first bytes.
const HEAD_BYTES: usize = 16 << 10;
/// Later ones are as large as fits into this many plain bytes, of JSON or of protobuf, which is a third smaller: one page is inflated here as a whole, and 20,000 pods are
/// to fit into 80 MB with everything else. What comes after a page is read while the server prepares the next one, so
/// that a list of few large pages is not complete any sooner.
const PAGE_BYTES: usize = 8 << 20;
/// A page of a huge kind costs the server some 25 ms whatever is in it, so there are fewer of them while more than
/// [`HUGE`] objects are to come.
const HUGE_PAGE_BYTES: usize = 32 << 20;
/// What is huge.
const HUGE: u64 = 30_000;
/// And never more than this many objects.
const LARGEST_PAGE: usize = 5_000;
/// How often one page is asked for before the whole list is given up.
const TRIES: u32 = 4;
/// How often a list may outlive its continue token before it is given up.
const RESTARTS: u32 = 3;

/// A page that was read.
struct Page<D: Decode> {
    decoder: D,
    buffer: Vec<u8>,
    rows: Vec<D::Row>,
    head: PageHead,
    result: Result<(), Failure>,
    /// It was protobuf and made no sense.
    misread: bool,
}

impl<D: Decode> Table<D> {
    /// Reads everything. Rows arrive as they are decoded; the sweep comes when all are there.
    pub(super) async fn list(&mut self) -> Result<(), Stop> {
        self.out.push(RowChange::ListBegan);
        if !self.complete {
            self.set_freshness(Freshness::Loading { since: self.feed.connection.now(), expected: None });
        }
        self.flush().await?;
        let mut revisions = Vec::new();
        let mut refused: Option<Failure> = None;
        for scope in self.scopes.clone() {
            match self.list_scope(&scope).await {
                Ok(revision) => revisions.push((scope.namespace, revision)),
                Err(Stop::Failed(failure)) if failure.cause == Cause::Forbidden => {
                    refused = Some(failure);
                    if scope.namespace.is_none() {
                        break;
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        if let (Some(failure), true) = (refused, revisions.is_empty()) {
            return self.narrow(failure).await;
        }
        let names: Vec<Arc<str>> = revisions.iter().filter_map(|(namespace, _)| namespace.clone()).collect();
        self.scopes = revisions
            .into_iter()
            .map(|(namespace, revision)| Scope { namespace, revision: Some(revision) })
            .collect();
        self.listed(names).await
    }

    /// All is read that may be: everything, or what is in these namespaces.
    async fn listed(&mut self, names: Vec<Arc<str>>) -> Result<(), Stop> {
        let refused = self.refused.clone().filter(|_| !names.is_empty());
        self.out.push(RowChange::Extent(match refused {
            Some(refused) => Extent::Namespaces { names: names.into(), refused },
            None => Extent::Everything,
        }));
        self.buffer = Vec::new();
        self.complete = true;
        self.heard();
        self.backoff.reset();
        self.out.push(RowChange::ListEnded);
        self.flush().await
    }

    /// The whole may not be listed: what may be?
    async fn narrow(&mut self, refused: Failure) -> Result<(), Stop> {
        let narrowed = self.scopes.iter().any(|scope| scope.namespace.is_some());
        if self.feed.resource == NAMESPACES {
            let names = self.feed.rights.named().await?;
            if names.is_empty() {
                return Err(refused.into());
            }
            let rows: Vec<_> = names.iter().filter_map(|name| self.decoder.named(name)).collect();
            self.out.extend(rows.into_iter().map(RowChange::Upserted));
            self.scopes = vec![Scope { namespace: None, revision: Some(String::new()) }];
            // Rights may grow, and names are all there is to see: look again now and then.
            self.upkeep = Upkeep::Polled(self.feed.pace.refused);
            self.refused = Some(refused.problem);
            return self.listed(names).await;
        }
        if narrowed || !self.feed.resource.namespaced {
            return Err(refused.into());
        }
        let namespaces = self.feed.rights.may_list(&self.feed.resource).await?;
        if namespaces.is_empty() {
            return Err(refused.into());
        }
        self.refused = Some(refused.problem);
        self.scopes =
            namespaces.into_iter().map(|name| Scope { namespace: Some(name), revision: None }).collect();
        Box::pin(self.list()).await
    }

    /// Reads one scope and returns where a watch of it goes on.
    async fn list_scope(&mut self, scope: &Scope) -> Result<String, Stop> {
        let mut restarts = 0;
        loop {
            match self.list_pages(scope).await {
                Err(Stop::Failed(failure)) if failure.cause == Cause::Gone && restarts < RESTARTS => {
                    restarts += 1
                }
                result => return result,
            }
        }
    }

    async fn list_pages(&mut self, scope: &Scope) -> Result<String, Stop> {
        let feed = self.feed.clone();
        let alone = self.scopes.len() == 1;
        let mut asked = Ask {
            namespace: scope.namespace.clone(),
            token: String::new(),
            limit: FIRST_PAGE,
            form: self.form,
        };
        let mut answer = asked.fetch::<D>(&feed).await?;
        let mut revision = None;
        let mut seen: u64 = 0;
        let mut tries = 1;
        loop {
            let (head_known, head) = oneshot::channel();
            let early = PageHead::peek(answer.form(), &answer.beginning(HEAD_BYTES));
            let early = early.map(|head| (head, answer.plain_len()));
            let (decoder, buffer) = (std::mem::take(&mut self.decoder), std::mem::take(&mut self.buffer));
            let (resource, now) = (self.feed.resource.clone(), self.feed.connection.now());
            // Parsing megabytes on a network thread would keep every other connection waiting.
            let decoding = tokio::task::spawn_blocking(move || {
                decode::<D>(&resource, now, decoder, buffer, &answer, head_known)
            });
            // The server prepares the next page while this one is inflated and decoded.
            let (limit, form) = (asked.limit, asked.form);
            let following = async {
                let (head, plain) = match early {
                    Some(early) => early,
                    None => head.await.ok()?,
                };
                if head.next.is_empty() {
                    return None;
                }
                let limit = next_limit(head.remaining, plain / limit.max(1));
                let token = head.next;
                let next = Ask { namespace: scope.namespace.clone(), token, limit, form };
                let answer = next.fetch::<D>(&feed).await;
                Some((next, answer))
            };
            let (mut decoding, mut following) = (decoding, pin!(following));
            let mut followed = None;
            let page = loop {
                tokio::select! {
                    biased;
                    page = &mut decoding => break page,
                    next = &mut following, if followed.is_none() => followed = Some(next),
                }
            };
            let page = page.map_err(|_| Failure {
                cause: Cause::Malformed,
                problem: Problem::new(ProblemKind::Bug, "decoding a page was cut short"),
            })?;
            self.decoder = page.decoder;
            self.buffer = page.buffer;
            let rows = page.rows.len() as u64;
            self.out.extend(page.rows.into_iter().map(RowChange::Upserted));
            self.as_of = self.feed.connection.now();
            if let Err(failure) = page.result {
                self.flush().await?;
                if page.misread && asked.form == Form::Protobuf {
                    // Whoever is wrong, everybody understands JSON.
                    tracing::warn!(kind = %feed.resource, problem = %failure.problem.message(), "asking for JSON");
                    (self.form, asked.form) = (Form::Json, Form::Json);
                    answer = asked.fetch::<D>(&feed).await?;
                    continue;
                }
                if tries >= TRIES {
                    return Err(failure.into());
                }
                tries += 1;
                tokio::time::sleep(self.backoff.next()).await;
                answer = asked.fetch::<D>(&feed).await?;
                continue;
            }
            tries = 1;
            seen += rows;
            // The first page's revision: were a later page newer, changes in between would still be replayed.
            let revision = &*revision.get_or_insert(page.head.revision);
            if let (false, true, Some(remaining)) = (self.complete, alone, page.head.remaining) {
                let since = match self.freshness {
                    Freshness::Loading { since, .. } => since,
                    _ => self.feed.connection.now(),
                };
                self.set_freshness(Freshness::Loading { since, expected: Some(seen + remaining) });
            }
            // Shown before the next page is there.
            self.flush().await?;
            let next = match followed {
                Some(next) => next,
                None => following.await,
            };
            let Some((next, fetched)) = next else { return Ok(revision.clone()) };
            answer = fetched?;
            asked = next;
        }
    }
}

/// How many objects to ask for when so many remain and each takes so many bytes: pages of one size, so that none is
/// asked for just for a few.
fn next_limit(remaining: Option<u64>, each: usize) -> usize {
    let bytes = if remaining > Some(HUGE) { HUGE_PAGE_BYTES } else { PAGE_BYTES };
    let fits = (bytes / each.max(1)).clamp(FIRST_PAGE, LARGEST_PAGE);
    let Some(remaining) = remaining.and_then(|remaining| usize::try_from(remaining).ok()) else {
        return fits;
    };
    let pages = remaining.div_ceil(fits).max(1);
    remaining.div_ceil(pages).max(FIRST_PAGE)
}

/// A page to ask for.
struct Ask {
    namespace: Option<Arc<str>>,
    token: String,
    limit: usize,
    form: Form,
}

impl Ask {
    /// Asks for it. In the middle of a list patience pays: what was read so far would be read again.
    async fn fetch<D: Decode>(&self, feed: &Feed) -> Result<Answer, Failure> {
        let mut backoff = Backoff::new(&feed.pace);
        let mut tries = 1;
        loop {
            let failure = match feed.connection.read(self.request::<D>(&feed.resource)).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let wait = match failure.cause {
                Cause::Busy(after) => after.max(backoff.next()),
                Cause::Lost | Cause::Server => backoff.next(),
                _ => return Err(failure),
            };
            if self.token.is_empty() || tries >= TRIES || wait > Duration::from_secs(60) {
                return Err(failure);
            }
            tries += 1;
            tokio::time::sleep(wait).await;
        }
    }

    fn request<D: Decode>(&self, resource: &ResourceType) -> Request {
        let namespace = self.namespace.as_deref();
        let request =
            Request::get(resource.collection_path(namespace), Intent::on("list", resource, namespace))
                .query("limit", &self.limit.to_string())
                .gzipped();
        let request = if self.token.is_empty() { request } else { request.query("continue", &self.token) };
        let request = D::ask(request, resource);
        if self.form == Form::Protobuf && D::takes_protobuf(resource) {
            request.accept(protobuf::ACCEPT)
        } else {
            request
        }
    }
}

fn decode<D: Decode>(
    resource: &ResourceType,
    now: Timestamp,
    mut decoder: D,
    mut buffer: Vec<u8>,
    answer: &Answer,
    head_known: oneshot::Sender<(PageHead, usize)>,
) -> Page<D> {
    let (mut rows, mut head) = (Vec::new(), PageHead::default());
    let what = format!("the list of {resource}");
    let mut misread = false;
    let result = match answer.plain(&mut buffer) {
        Err(error) => Err(inflated_badly(&what, &error)),
        Ok(plain) => {
            let mut head_known = Some(head_known);
            let mut tell = |known: &PageHead| {
                head = known.clone();
                if let Some(sender) = head_known.take() {
                    // Nobody waits any more when the list was given up.
                    let _ = sender.send((known.clone(), plain.len()));
                }
            };
            let read = decoder.page(answer.form(), plain, now, &mut tell, &mut |row| rows.push(row));
            misread = matches!(read, Err(Unreadable::Protobuf(_)));
            read.map_err(|error| error.failure(&what))
        }
    };
    Page { decoder, buffer, rows, head, result, misread }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_share_what_remains_evenly_and_stay_within_their_bytes() {
        assert_eq!(next_limit(Some(1_500), 8_500), 750);
        assert_eq!(next_limit(Some(100), 8_500), FIRST_PAGE);
        assert_eq!(next_limit(Some(0), 8_500), FIRST_PAGE);
        assert_eq!(next_limit(None, 8_500), PAGE_BYTES / 8_500);
        assert_eq!(next_limit(Some(10_000), 100), 5_000);
        assert_eq!(next_limit(Some(10_000), 0), 5_000);
        assert_eq!(next_limit(Some(10_000), usize::MAX), FIRST_PAGE);
        let mut remaining = 99_500;
        let mut pages = 0;
        while remaining > 0 {
            let limit = next_limit(Some(remaining), 8_500);
            assert!(limit * 8_500 <= HUGE_PAGE_BYTES);
            remaining = remaining.saturating_sub(limit as u64);
            pages += 1;
        }
        assert!((45..60).contains(&pages), "{pages} pages");
    }
}
