//! Kubeconfig files: every context of a merged list of files, and what is wrong with the rest.
//!
//! The rules are kubectl's: the first file that names a cluster, user or context wins, and relative paths are relative
//! to the file that names them. Unlike kubectl, one broken entry costs that entry and not the whole list. Messages name
//! the file and the entry, never what was read: it may be a token.

mod eks;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kube::config::{AuthInfo, Cluster};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fleet::{Problem, ProblemKind};

pub use eks::EksAddress;

/// Everything that the files have on offer.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The usable contexts in the order of the files.
    pub contexts: Vec<Arc<Context>>,
    /// `current-context` of the first file that has one, whether or not it is usable.
    pub current: Option<String>,
    /// What is broken: files, clusters, users, contexts.
    pub problems: Vec<Problem>,
}

/// One usable context.
pub struct Context {
    /// Its name.
    pub name: String,
    /// The name of its cluster entry.
    pub cluster: String,
    /// The name of its user entry.
    pub user: Option<String>,
    /// The namespace it prefers.
    pub namespace: Option<String>,
    /// The file that defines it.
    pub file: PathBuf,
    /// The list it came from, to read it again.
    files: Arc<[PathBuf]>,
    pub(super) endpoint: Cluster,
    pub(super) login: AuthInfo,
}

/// Without the entries themselves: they hold keys and tokens.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("name", &self.name).field("file", &self.file).finish_non_exhaustive()
    }
}

impl Context {
    /// `server` of the cluster entry.
    pub fn server(&self) -> &str {
        self.endpoint.server.as_deref().unwrap_or_default()
    }

    /// The URLs that mean its API server: the one that is dialled, and the one its certificate is for where the way leads
    /// through a tunnel (`tls-server-name`).
    pub fn servers(&self) -> Vec<Arc<str>> {
        let behind = self.endpoint.tls_server_name.as_deref().filter(|name| !name.is_empty());
        let behind = behind.map(|name| format!("https://{name}").into());
        std::iter::once(self.server().into()).chain(behind).collect()
    }

    /// The command of the exec plugin that logs in, if there is one.
    pub fn exec_command(&self) -> Option<&str> {
        self.login.exec.as_ref()?.command.as_deref()
    }

    /// The same context as the files define it now; `self` when they no longer do.
    pub(super) fn reloaded(self: &Arc<Self>) -> Arc<Self> {
        let fresh = load(&self.files).contexts.into_iter().find(|context| context.name == self.name);
        fresh.unwrap_or_else(|| Arc::clone(self))
    }
}

/// Reads and merges kubeconfig files. Never fails: what cannot be used is named in [`Loaded::problems`].
pub fn load(files: &[PathBuf]) -> Loaded {
    let mut merged = Merged::default();
    for file in files {
        match read(file) {
            Ok(documents) => documents.into_iter().for_each(|document| merged.add(file, document)),
            Err(problem) => merged.problems.push(problem),
        }
    }
    merged.resolved(files)
}

fn read(file: &Path) -> Result<Vec<Value>, Problem> {
    let name = file.display();
    let unreadable = |what: String| Problem::new(ProblemKind::User, format!("kubeconfig {name} {what}"));
    let bytes = std::fs::read(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unreadable("does not exist".to_owned())
            .with_hint("`aws eks update-kubeconfig --name CLUSTER` writes one; KUBECONFIG names others")
            .with_hint("`pilothouse demo` needs none"),
        std::io::ErrorKind::PermissionDenied => {
            unreadable("may not be read by this user".to_owned()).with_hint(format!("ls -l {name}"))
        }
        _ => unreadable(format!("cannot be read: {error}")),
    })?;
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes))
        .map_err(|_| unreadable("is not UTF-8 text".to_owned()))?;
    if text.trim().is_empty() {
        return Err(unreadable("is empty".to_owned())
            .with_hint("`aws eks update-kubeconfig --name CLUSTER` adds a cluster to it"));
    }
    serde_saphyr::from_multiple::<Value>(text).map_err(|error| {
        let place = error
            .location()
            .map(|at| format!(", line {}, column {}", at.line(), at.column()))
            .unwrap_or_default();
        Problem::new(ProblemKind::User, format!("kubeconfig {name}{place}: not valid YAML"))
            .with_hint(format!("kubectl --kubeconfig {name} config view"))
    })
}

#[derive(Default)]
struct Merged {
    clusters: HashMap<String, Cluster>,
    users: HashMap<String, AuthInfo>,
    contexts: Vec<(PathBuf, String, RawContext)>,
    /// Entries that were there but broken, so that a context that needs one is not called "not defined" as well.
    broken: Vec<(&'static str, String)>,
    current: Option<String>,
    problems: Vec<Problem>,
}

#[derive(serde::Deserialize)]
struct RawContext {
    cluster: Option<String>,
    user: Option<String>,
    namespace: Option<String>,
}

impl Merged {
    fn add(&mut self, file: &Path, document: Value) {
        let Value::Object(mut document) = document else {
            if !document.is_null() {
                self.problem(file, "holds no kubeconfig: its top level is not a mapping");
            }
            return;
        };
        if let Some(Value::String(current)) = document.remove("current-context")
            && !current.is_empty()
        {
            self.current.get_or_insert(current);
        }
        for (name, mut cluster) in self.entries::<Cluster>(file, &mut document, "clusters", "cluster") {
            absolute(file, &mut cluster.certificate_authority);
            self.clusters.entry(name).or_insert(cluster);
        }
        for (name, mut user) in self.entries::<AuthInfo>(file, &mut document, "users", "user") {
            absolute(file, &mut user.client_certificate);
            absolute(file, &mut user.client_key);
            absolute(file, &mut user.token_file);
            // As client-go does: `./plugin` is relative to the file, `aws` is looked up in PATH.
            if let Some(exec) = &mut user.exec
                && exec.command.as_ref().is_some_and(|command| command.contains(std::path::MAIN_SEPARATOR))
            {
                absolute(file, &mut exec.command);
            }
            self.users.entry(name).or_insert(user);
        }
        for (name, context) in self.entries::<RawContext>(file, &mut document, "contexts", "context") {
            if !self.contexts.iter().any(|(_, known, _)| *known == name) {
                self.contexts.push((file.to_owned(), name, context));
            }
        }
    }

    /// The well-formed entries of a list; the others become problems.
    fn entries<T: DeserializeOwned>(
        &mut self,
        file: &Path,
        document: &mut serde_json::Map<String, Value>,
        list: &'static str,
        entry: &'static str,
    ) -> Vec<(String, T)> {
        let items = match document.remove(list) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.problem(file, &format!("has {list} that are not a list"));
                return Vec::new();
            }
        };
        let mut entries = Vec::new();
        for (at, mut item) in items.into_iter().enumerate() {
            let Some(name) = item.get("name").and_then(Value::as_str).map(str::to_owned) else {
                self.problem(file, &format!("has an entry without a name in {list}, number {}", at + 1));
                continue;
            };
            let body = item.get_mut(entry).map(Value::take).filter(|body| !body.is_null());
            // A user without anything is one that needs nothing; kubectl says so too.
            let body = body.or_else(|| (entry == "user").then(|| Value::Object(serde_json::Map::new())));
            match body.map(serde_json::from_value) {
                Some(Ok(body)) => entries.push((name, body)),
                Some(Err(_)) => {
                    self.problem(file, &format!("has a {entry} {name:?} with a field of the wrong type"));
                    self.broken.push((entry, name));
                }
                None => {
                    self.problem(file, &format!("has a {entry} {name:?} with nothing in it"));
                    self.broken.push((entry, name));
                }
            }
        }
        entries
    }

    fn problem(&mut self, file: &Path, what: &str) {
        let name = file.display();
        let problem = Problem::new(ProblemKind::User, format!("kubeconfig {name} {what}"))
            .with_hint(format!("kubectl --kubeconfig {name} config view"));
        self.problems.push(problem);
    }

    fn resolved(mut self, files: &[PathBuf]) -> Loaded {
        let files: Arc<[PathBuf]> = files.into();
        let mut contexts = Vec::new();
        for (file, name, context) in std::mem::take(&mut self.contexts) {
            let cluster = context.cluster.filter(|cluster| !cluster.is_empty());
            let Some(cluster) = cluster else {
                self.problem(&file, &format!("has a context {name:?} that names no cluster"));
                continue;
            };
            let Some(endpoint) = self.clusters.get(&cluster).cloned() else {
                self.problem(
                    &file,
                    &format!(
                        "has a context {name:?} whose cluster {cluster:?} {}",
                        self.missing("cluster", &cluster)
                    ),
                );
                continue;
            };
            if let Err(what) = usable(endpoint.server.as_deref()) {
                self.problem(&file, &format!("has a context {name:?} whose cluster {cluster:?} {what}"));
                continue;
            }
            let user = context.user.filter(|user| !user.is_empty());
            let login = match &user {
                None => AuthInfo::default(),
                Some(user) => match self.users.get(user).cloned() {
                    Some(login) => login,
                    None => {
                        let what = format!(
                            "has a context {name:?} whose user {user:?} {}",
                            self.missing("user", user)
                        );
                        self.problem(&file, &what);
                        continue;
                    }
                },
            };
            contexts.push(Arc::new(Context {
                name,
                cluster,
                user,
                namespace: context.namespace.filter(|namespace| !namespace.is_empty()),
                file,
                files: Arc::clone(&files),
                endpoint,
                login,
            }));
        }
        Loaded { contexts, current: self.current, problems: self.problems }
    }

    fn missing(&self, entry: &'static str, name: &str) -> &'static str {
        if self.broken.iter().any(|(kind, broken)| *kind == entry && broken == name) {
            "is broken"
        } else {
            "no file defines"
        }
    }
}

fn usable(server: Option<&str>) -> Result<(), &'static str> {
    let server = server.filter(|server| !server.is_empty()).ok_or("has no server")?;
    let uri: http::Uri = server.parse().map_err(|_| "has a server that is no URL")?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https" | "http"), Some(_)) => Ok(()),
        _ => Err("has a server that is no http or https URL"),
    }
}

fn absolute(file: &Path, path: &mut Option<String>) {
    if let (Some(text), Some(folder)) = (path.as_ref().filter(|text| !text.is_empty()), file.parent())
        && Path::new(text).is_relative()
        && let Some(joined) = folder.join(text).to_str()
    {
        *path = Some(joined.to_owned());
    }
}

#[cfg(test)]
mod tests;
