//! Narrow rights: which namespaces to read when reading all of them is forbidden. Asked once for a connection and
//! remembered for a while; every table of a cluster shares the answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::fleet::ResourceType;
use crate::fleet::kind::{NAMESPACES, PODS};
use crate::gateway::access::Rules;
use crate::gateway::{Cause, Connection, Failure, Intent, Request};

/// More namespaces than this are not tried: each costs a review, and each kind in view a list and a watch.
const MOST: usize = 100;
/// Reviews that are under way at a time.
const AT_A_TIME: usize = 4;
/// Roles change seldom.
const REMEMBERED: Duration = Duration::from_secs(240);

/// The rights of one connection.
#[derive(Debug)]
pub(super) struct Rights {
    connection: Connection,
    known: Mutex<Option<(Instant, Arc<Known>)>>,
}

/// Namespaces worth trying, with the rules that hold there.
#[derive(Debug)]
struct Known {
    namespaces: Vec<(Arc<str>, Rules)>,
}

impl Rights {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, known: Mutex::new(None) }
    }

    /// The namespaces in which a kind may be listed; empty when there is none.
    pub(super) async fn may_list(&self, resource: &ResourceType) -> Result<Vec<Arc<str>>, Failure> {
        let known = self.known().await?;
        let mut allowed = Vec::new();
        for (namespace, rules) in &known.namespaces {
            // A webhook cannot enumerate what it allows; then only asking about this one thing tells.
            let listed = rules.allow("list", resource)
                || (rules.incomplete && self.connection.may("list", resource, Some(namespace)).await?);
            if listed {
                allowed.push(Arc::clone(namespace));
            }
        }
        Ok(allowed)
    }

    /// The namespaces that can be named although they may not be listed: those of the context and the configuration, and
    /// every other in which something may be read.
    pub(super) async fn named(&self) -> Result<Vec<Arc<str>>, Failure> {
        let sure: BTreeSet<String> = self.sure().await.into_iter().collect();
        let known = self.known().await?;
        let named = known.namespaces.iter().filter(|(namespace, rules)| {
            sure.contains(namespace.as_ref()) || rules.allow("list", &PODS) || rules.allow("get", &PODS)
        });
        Ok(named.map(|(namespace, _)| Arc::clone(namespace)).collect())
    }

    async fn known(&self) -> Result<Arc<Known>, Failure> {
        let mut known = self.known.lock().await;
        if let Some((at, known)) = &*known
            && at.elapsed() < REMEMBERED
        {
            return Ok(Arc::clone(known));
        }
        let fresh = Arc::new(self.find_out().await?);
        *known = Some((Instant::now(), Arc::clone(&fresh)));
        Ok(fresh)
    }

    async fn sure(&self) -> Vec<String> {
        let preferred = self.connection.preferred_namespace().await;
        preferred.into_iter().chain(self.connection.settings().namespaces.iter().cloned()).collect()
    }

    async fn find_out(&self) -> Result<Known, Failure> {
        let mut candidates = self.sure().await;
        match self.listed().await {
            Ok(names) => candidates.extend(names),
            Err(failure) if failure.cause == Cause::Lost || failure.cause == Cause::Unauthorized => {
                return Err(failure);
            }
            Err(_) if candidates.is_empty() => candidates.push("default".to_owned()),
            Err(_) => {}
        }
        let mut seen = BTreeSet::new();
        candidates.retain(|name| seen.insert(name.clone()));
        candidates.truncate(MOST);
        let reviews = candidates.into_iter().map(|name| async move {
            let rules = self.connection.rules(&name).await;
            (Arc::<str>::from(name), rules)
        });
        let mut reviews = futures::stream::iter(reviews).buffered(AT_A_TIME);
        let mut namespaces = Vec::new();
        while let Some((name, rules)) = reviews.next().await {
            match rules {
                Ok(rules) => namespaces.push((name, rules)),
                Err(failure) if failure.cause == Cause::Lost || failure.cause == Cause::Unauthorized => {
                    return Err(failure);
                }
                Err(_) => namespaces.push((name, Rules::unknown())),
            }
        }
        Ok(Known { namespaces })
    }

    /// The names of all namespaces, for those who may list them.
    async fn listed(&self) -> Result<Vec<String>, Failure> {
        #[derive(Deserialize)]
        struct Names {
            #[serde(default)]
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            name: String,
        }
        let request = Request::get(NAMESPACES.collection_path(None), Intent::on("list", &NAMESPACES, None))
            .query("limit", "500")
            .gzipped();
        let names: Names = self.connection.json(request).await?;
        Ok(names.items.into_iter().map(|item| item.metadata.name).collect())
    }
}
