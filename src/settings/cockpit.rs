//! The settings of `pilothouse.toml`, layered: defaults, then the user's file, then flags.
//!
//! `config/pilothouse.toml` says the same in words; a test holds the two together.

use std::time::Duration;

use super::document::{self, Entry, Located, Mistakes, Section};
use crate::fleet::{Environment, EnvironmentName, Guard, Tier};

/// The commented defaults: what `config init` writes and `config print` explains.
pub const DEFAULTS: &str = include_str!("../../config/pilothouse.toml");

/// All settings of the cockpit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cockpit {
    /// Every change is refused, whatever the guards say.
    pub read_only: bool,
    /// What is shown first.
    pub start: Start,
    /// How it looks.
    pub screen: Screen,
    /// The namespaces of the keys 1 to 9.
    pub favourite_namespaces: Vec<Located<String>>,
    /// The columns of views, in the order of the file.
    pub columns: Vec<ViewColumns>,
    /// How clusters are listened to.
    pub watch: Watch,
    /// How logs are read.
    pub logs: Logs,
    /// How AWS is read.
    pub aws: Aws,
    /// The configured environments in the order of the file.
    pub environments: Vec<EnvironmentSettings>,
    /// The configured clusters in the order of the file.
    pub clusters: Vec<ClusterSettings>,
}

/// The columns of one view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewColumns {
    /// The view's name, or a kind.
    pub view: Located<String>,
    /// The ids of its columns, from left to right.
    pub columns: Vec<Located<String>>,
}

/// What is shown first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// A view's name or alias, or any kind.
    pub view: Located<String>,
    /// Clusters to look at, by name, context or pattern; empty means all.
    pub clusters: Vec<Located<String>>,
    /// Only the clusters of this environment.
    pub environment: Option<String>,
    /// Namespace to look at; `None` means all.
    pub namespace: Option<Located<String>>,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            view: Located::nowhere("fleet".to_owned()),
            clusters: Vec::new(),
            environment: None,
            namespace: None,
        }
    }
}

/// How it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// A theme's name; `None` chooses by the terminal's background.
    pub theme: Option<Located<String>>,
    /// The theme for dark backgrounds.
    pub dark_theme: Located<String>,
    /// The theme for light backgrounds.
    pub light_theme: Located<String>,
    /// ASCII characters only.
    pub ascii: bool,
    /// Use the mouse.
    pub mouse: bool,
    /// Tables start in wide mode.
    pub wide: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            theme: None,
            dark_theme: Located::nowhere("dark".to_owned()),
            light_theme: Located::nowhere("light".to_owned()),
            ascii: false,
            mouse: true,
            wide: false,
        }
    }
}

impl Screen {
    /// The theme to use on a background.
    pub fn theme_on(&self, light_background: bool) -> &Located<String> {
        match &self.theme {
            Some(theme) => theme,
            None if light_background => &self.light_theme,
            None => &self.dark_theme,
        }
    }
}

/// How clusters are listened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// How long an API server may take to accept a connection.
    pub connect_timeout: Duration,
    /// How long a table that nothing needs any more is kept up to date.
    pub linger: Duration,
    /// How often a kind is listed that cannot be watched.
    pub poll_interval: Duration,
    /// How often the metrics API is read.
    pub usage_interval: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(30),
            poll_interval: Duration::from_secs(30),
            usage_interval: Duration::from_secs(30),
        }
    }
}

/// How logs are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    /// Last lines of each container that are read at first.
    pub tail: u64,
    /// Bytes of each open log that are kept.
    pub buffer: u64,
    /// Show when each line was written.
    pub timestamps: bool,
    /// Wrap long lines.
    pub wrap: bool,
}

impl Default for Logs {
    fn default() -> Self {
        Self { tail: 1000, buffer: 8 << 20, timestamps: false, wrap: false }
    }
}

/// How AWS is read where no environment says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aws {
    /// False: nothing is asked of AWS. Tokens for clusters are signed all the same.
    pub read: bool,
    /// A profile of the AWS configuration files; `None` leaves it to the kubeconfig, then to the surroundings.
    pub profile: Option<Located<String>>,
    /// The region of clusters that neither their environment nor the kubeconfig puts into one.
    pub region: Option<Located<String>>,
}

impl Default for Aws {
    fn default() -> Self {
        Self { read: true, profile: None, region: None }
    }
}

/// An environment as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentSettings {
    /// Its name, tier and guard.
    pub environment: Environment,
    /// The clusters that belong to it, by name, context or pattern.
    pub clusters: Vec<Located<String>>,
    /// How its AWS account is read.
    pub aws: AccountOf,
}

/// How the AWS account of an environment is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountOf {
    /// `aws-profile`: a profile of the AWS configuration files.
    pub profile: Option<Located<String>>,
    /// `aws-role`: the role to assume with that profile.
    pub role: Option<Located<String>>,
    /// `aws-region`
    pub region: Option<Located<String>>,
}

/// What EKS calls a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EksName {
    /// `us-east-1`
    pub region: String,
    /// Its name there.
    pub name: String,
}

/// A cluster as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSettings {
    /// Its name on screen.
    pub name: Located<String>,
    /// The kubeconfig context.
    pub context: Located<String>,
    /// Namespaces to look at where listing them is not allowed.
    pub namespaces: Vec<Located<String>>,
    /// How long its API server may take to accept a connection, when it differs from the others.
    pub connect_timeout: Option<Duration>,
    /// What EKS calls it. Without a context of its name in the kubeconfig, EKS also says where its API server is.
    pub eks: Option<EksName>,
    /// False when the context is only assumed to be called like the cluster.
    pub names_context: bool,
}

/// What flags set over the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--view`
    pub view: Option<String>,
    /// `--env`
    pub environment: Option<String>,
    /// `--cluster`, any number of times
    pub clusters: Vec<String>,
    /// `--namespace`; an empty text means all.
    pub namespace: Option<String>,
    /// `--theme`
    pub theme: Option<String>,
    /// `--ascii`
    pub ascii: bool,
    /// `--read-only`: a flag can only take rights away, never give them back.
    pub read_only: bool,
}

impl Cockpit {
    /// The defaults with the text of a file over them. `file` is how its mistakes are told.
    pub fn read(file: &str, text: &str) -> Result<Self, Mistakes> {
        document::read(file, text, |root| {
            let mut cockpit = Self::default();
            cockpit.take(root);
            cockpit
        })
    }

    /// These settings with flags over them.
    #[must_use]
    pub fn with(mut self, flags: Overrides) -> Self {
        if let Some(view) = flags.view {
            self.start.view = Located::nowhere(view);
        }
        if flags.environment.is_some() {
            self.start.environment = flags.environment;
            self.start.clusters.clear();
        }
        if !flags.clusters.is_empty() {
            self.start.clusters = flags.clusters.into_iter().map(Located::nowhere).collect();
        }
        if let Some(namespace) = flags.namespace {
            self.start.namespace = (!namespace.is_empty()).then(|| Located::nowhere(namespace));
        }
        if let Some(theme) = flags.theme {
            self.screen.theme = (theme != AUTO).then(|| Located::nowhere(theme));
        }
        self.screen.ascii |= flags.ascii;
        self.read_only |= flags.read_only;
        self
    }

    fn take(&mut self, root: &Section<'_>) {
        root.flag("read-only", &mut self.read_only);
        root.within("start", |start| self.start.take(start));
        root.within("screen", |screen| self.screen.take(screen));
        root.within("namespaces", |namespaces| {
            if let Some(entry) = namespaces.get("favourites") {
                self.favourite_namespaces = namespace_names(&entry);
                if self.favourite_namespaces.len() > FAVOURITES {
                    entry.wrong("has more than nine names", Some("the keys are 1 to 9".to_owned()));
                }
            }
        });
        root.within("columns", |columns| {
            for (view, entry) in columns.entries() {
                if let Some(columns) = entry.texts() {
                    self.columns.push(ViewColumns { view, columns });
                }
            }
        });
        root.within("watch", |watch| self.watch.take(watch));
        root.within("logs", |logs| {
            logs.whole("tail", 0..=1_000_000, &mut self.logs.tail);
            logs.bytes("buffer", 64 << 10..=1 << 30, &mut self.logs.buffer);
            logs.flag("timestamps", &mut self.logs.timestamps);
            logs.flag("wrap", &mut self.logs.wrap);
        });
        root.within("aws", |aws| self.aws.take(aws));
        root.within("environments", |environments| {
            for (name, entry) in environments.entries() {
                entry.section(|section| {
                    self.environments.push(EnvironmentSettings::take(&name.value, section))
                });
            }
        });
        root.within("clusters", |clusters| {
            for (name, entry) in clusters.entries() {
                entry.section(|section| self.add_cluster(ClusterSettings::take(name, section), &entry));
            }
        });
    }

    fn add_cluster(&mut self, cluster: ClusterSettings, entry: &Entry<'_>) {
        if let Some(other) = self.clusters.iter().find(|other| other.context == cluster.context) {
            let message = format!("is a second name for the context of `clusters.{}`", other.name.value);
            entry.wrong(message, Some("a context has one name".to_owned()));
        }
        self.clusters.push(cluster);
    }
}

/// The word that leaves the choice of the theme to the terminal's background.
const AUTO: &str = "auto";
/// The keys 1 to 9.
const FAVOURITES: usize = 9;

const TIERS: [(&str, Tier); 3] =
    [("development", Tier::Development), ("staging", Tier::Staging), ("production", Tier::Production)];

const GUARDS: [(&str, Guard); 3] =
    [("open", Guard::Open), ("confirm", Guard::Confirm), ("locked", Guard::Locked)];

impl Start {
    fn take(&mut self, section: &Section<'_>) {
        if let Some(view) = section.get("view").and_then(|entry| some_text(&entry)) {
            self.view = view;
        }
        if let Some(cluster) = section.get("cluster").and_then(|entry| entry.text()) {
            self.clusters = Some(cluster).filter(|cluster| !cluster.value.is_empty()).into_iter().collect();
        }
        if let Some(entry) = section.get("namespace")
            && let Some(namespace) = entry.text()
        {
            check_namespace(&entry, &namespace.value);
            self.namespace = Some(namespace).filter(|namespace| !namespace.value.is_empty());
        }
    }
}

impl Screen {
    fn take(&mut self, section: &Section<'_>) {
        if let Some(theme) = section.get("theme").and_then(|entry| some_text(&entry)) {
            self.theme = Some(theme).filter(|theme| theme.value != AUTO);
        }
        section.text("dark-theme", &mut self.dark_theme);
        section.text("light-theme", &mut self.light_theme);
        section.flag("ascii", &mut self.ascii);
        section.flag("mouse", &mut self.mouse);
        section.flag("wide", &mut self.wide);
    }
}

impl Watch {
    fn take(&mut self, section: &Section<'_>) {
        section.duration("connect-timeout", CONNECT_TIMEOUT, &mut self.connect_timeout);
        section.duration("linger", Duration::ZERO..=Duration::from_secs(3600), &mut self.linger);
        // An API server is somebody else's too: nothing is read again more often than every five seconds.
        let poll = Duration::from_secs(5)..=Duration::from_secs(3600);
        section.duration("poll-interval", poll.clone(), &mut self.poll_interval);
        section.duration("usage-interval", poll, &mut self.usage_interval);
    }
}

const CONNECT_TIMEOUT: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(300);

impl Aws {
    fn take(&mut self, section: &Section<'_>) {
        section.flag("read", &mut self.read);
        // An empty text leaves it open, as the defaults do.
        let given = |text: &Located<String>| !text.value.is_empty();
        if let Some(entry) = section.get("profile") {
            self.profile = entry.text().filter(given);
        }
        if let Some(entry) = section.get("region") {
            self.region = entry.text().filter(given).and_then(|_| region(&entry));
        }
    }
}

/// A region such as `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
fn region(entry: &Entry<'_>) -> Option<Located<String>> {
    let text = some_text(entry)?;
    if !is_region(&text.value) {
        let hint = "a region looks like \"us-east-1\"".to_owned();
        entry.wrong(format_args!("names no region: \"{}\"", text.value.escape_debug()), Some(hint));
        return None;
    }
    Some(text)
}

/// Regions become part of hostnames, so nothing else may pass.
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let Some((number, words)) = rest.split_last() else { return false };
    is_word(first)
        && !words.is_empty()
        && words.iter().all(|word| is_word(word))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// `arn:aws:iam::123456789012:role/operator`
fn role_arn(entry: &Entry<'_>) -> Option<Located<String>> {
    let text = some_text(entry)?;
    let parts: Vec<&str> = text.value.splitn(6, ':').collect();
    let fits = matches!(
        parts.as_slice(),
        ["arn", partition, "iam", "", account, role]
            if partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && role.strip_prefix("role/").is_some_and(|name| !name.is_empty())
    );
    if !fits {
        let hint = "a role looks like \"arn:aws:iam::123456789012:role/operator\"".to_owned();
        entry.wrong(format_args!("names no role: \"{}\"", text.value.escape_debug()), Some(hint));
        return None;
    }
    Some(text)
}

/// `us-east-1/myapp-prod`. Names of clusters: letters, digits, hyphens and underscores, at most 100 (API of EKS).
fn eks_name(entry: &Entry<'_>) -> Option<EksName> {
    let text = some_text(entry)?;
    let is_name = |name: &str| {
        (1..=100).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let parts = text.value.split_once('/').filter(|(region, name)| is_region(region) && is_name(name));
    let Some((region, name)) = parts else {
        let hint = "region and name, for example \"us-east-1/myapp-prod\"".to_owned();
        entry.wrong(format_args!("names no EKS cluster: \"{}\"", text.value.escape_debug()), Some(hint));
        return None;
    };
    Some(EksName { region: region.to_owned(), name: name.to_owned() })
}

impl EnvironmentSettings {
    fn take(name: &str, section: &Section<'_>) -> Self {
        let mut environment = Environment::guessed(name);
        environment.name = EnvironmentName::new(name);
        if let Some(tier) = section.get("tier").and_then(|entry| entry.choice(&TIERS)) {
            environment.tier = tier;
            environment.guard = match tier {
                Tier::Development => Guard::Open,
                Tier::Staging => Guard::Confirm,
                Tier::Production => Guard::Locked,
            };
        }
        section.choice("guard", &GUARDS, &mut environment.guard);
        let mut clusters = Vec::new();
        section.texts("clusters", &mut clusters);
        let aws = AccountOf {
            profile: section.get("aws-profile").and_then(|entry| some_text(&entry)),
            role: section.get("aws-role").and_then(|entry| role_arn(&entry)),
            region: section.get("aws-region").and_then(|entry| region(&entry)),
        };
        Self { environment, clusters, aws }
    }
}

impl ClusterSettings {
    fn take(name: Located<String>, section: &Section<'_>) -> Self {
        let context = section.get("context").and_then(|entry| some_text(&entry));
        let names_context = context.is_some();
        let context = context.unwrap_or_else(|| name.clone());
        let namespaces = section.get("namespaces").map(|entry| namespace_names(&entry)).unwrap_or_default();
        let connect_timeout =
            section.get("connect-timeout").and_then(|entry| entry.duration(CONNECT_TIMEOUT));
        let eks = section.get("eks").and_then(|entry| eks_name(&entry));
        Self { name, context, namespaces, connect_timeout, eks, names_context }
    }
}

/// A text that is not empty.
fn some_text(entry: &Entry<'_>) -> Option<Located<String>> {
    let text = entry.text()?;
    if text.value.trim().is_empty() {
        entry.wrong("cannot be empty", None);
        return None;
    }
    Some(text)
}

fn namespace_names(entry: &Entry<'_>) -> Vec<Located<String>> {
    let names = entry.texts().unwrap_or_default();
    for name in &names {
        if name.value.is_empty() {
            entry.wrong("has an empty name", None);
        } else {
            check_namespace(entry, &name.value);
        }
    }
    names
}

/// A namespace is an RFC 1123 label: what is not would end up in a URL as something else.
fn check_namespace(entry: &Entry<'_>, name: &str) {
    let fits = name.len() <= 63
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !fits {
        let hint = "lower-case letters, digits and hyphens, at most 63".to_owned();
        entry.wrong(format_args!("names no namespace: \"{}\"", name.escape_debug()), Some(hint));
    }
}

#[cfg(test)]
#[path = "cockpit/tests.rs"]
mod tests;
