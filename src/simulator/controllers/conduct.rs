//! How containers and nodes behave when they do not behave well. Good conduct needs no rule.
//!
//! Kept beside the store, not in the objects: a pod that crashes looks like any other until it does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The rules of one cluster. Clones share them; they can be changed while controllers work.
#[derive(Clone, Debug, Default)]
pub struct Conducts(Arc<Mutex<Rules>>);

#[derive(Debug, Default)]
struct Rules {
    containers: Vec<(Whose, Conduct)>,
    lost_nodes: Vec<String>,
    lost_identities: Vec<(String, String)>,
}

/// Which containers a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// Their namespace.
    pub namespace: String,
    /// Their name.
    pub container: String,
}

/// What such containers do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Ends with an exit code, some seconds after each start.
    Crash {
        /// Seconds it runs.
        after: i64,
        /// Its exit code.
        code: i64,
        /// The last lines it prints.
        words: Vec<String>,
    },
    /// Is killed by the kernel for its memory, some seconds after each start.
    OutOfMemory {
        /// Seconds it runs.
        after: i64,
    },
    /// Never passes its readiness probe.
    NeverReady,
    /// Its image cannot be had.
    ImageMissing,
}

impl Conducts {
    /// Sets how containers behave, over what was set for them before.
    pub fn set(&self, namespace: &str, container: &str, conduct: Conduct) {
        self.forget(namespace, container);
        self.rules()
            .containers
            .push((Whose { namespace: namespace.to_owned(), container: container.to_owned() }, conduct));
    }

    /// Lets containers behave well again.
    pub fn forget(&self, namespace: &str, container: &str) {
        self.rules()
            .containers
            .retain(|(whose, _)| !(whose.namespace == namespace && whose.container == container));
    }

    /// How a container behaves; `None` for well.
    pub fn of(&self, namespace: &str, container: &str) -> Option<Conduct> {
        self.rules()
            .containers
            .iter()
            .find(|(whose, _)| whose.namespace == namespace && whose.container == container)
            .map(|(_, conduct)| conduct.clone())
    }

    /// A node stops talking to the API server.
    pub fn lose_node(&self, node: &str) {
        self.rules().lost_nodes.push(node.to_owned());
    }

    /// A node talks again.
    pub fn find_node(&self, node: &str) {
        self.rules().lost_nodes.retain(|lost| lost != node);
    }

    /// Whether a node is silent.
    pub fn is_lost(&self, node: &str) -> bool {
        self.rules().lost_nodes.iter().any(|lost| lost == node)
    }

    /// Takes the identity in AWS from a service account: pods made from now on have none, and what it is for fails.
    pub fn lose_identity(&self, namespace: &str, account: &str) {
        self.rules().lost_identities.push((namespace.to_owned(), account.to_owned()));
    }

    /// Gives a service account its identity back.
    pub fn find_identity(&self, namespace: &str, account: &str) {
        self.rules()
            .lost_identities
            .retain(|(own, name)| (own.as_str(), name.as_str()) != (namespace, account));
    }

    /// Whether a service account has lost its identity in AWS.
    pub fn lacks_identity(&self, namespace: &str, account: &str) -> bool {
        let rules = self.rules();
        rules.lost_identities.iter().any(|(own, name)| (own.as_str(), name.as_str()) == (namespace, account))
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tags that no registry of the fleet has.
pub fn is_missing(image: &str) -> bool {
    image.ends_with(":1.8.3")
}
