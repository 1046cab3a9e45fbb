//! Which clusters there are, what they are called and which environment they belong to: the contexts of a kubeconfig
//! seen through the settings.

use std::time::Duration;

use super::cockpit::{ClusterSettings, Cockpit, EksName, EnvironmentSettings};
use super::document::{Located, Mistake};
use super::spelling::nearest;
use crate::fleet::{ClusterId, Environment, Problem, ProblemKind};

/// The clusters on offer, in the order of the environments, then of the kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetPlan {
    /// The environments that have a cluster.
    pub environments: Vec<Environment>,
    /// One for each context.
    pub clusters: Vec<PlannedCluster>,
    /// Settings that fit no context. Not an error: the same file may serve several kubeconfigs.
    pub unmatched: Vec<Mistake>,
}

/// One context of the kubeconfig, with its name and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCluster {
    /// Environment and name on screen.
    pub id: ClusterId,
    /// The kubeconfig context; for a cluster that only the settings name, its name.
    pub context: String,
    /// False for a cluster that only the settings name: EKS says where it is.
    pub has_context: bool,
    /// What the settings say of its place in AWS.
    pub aws: PlannedAws,
    /// Namespaces to look at where listing them is not allowed.
    pub namespaces: Vec<String>,
    /// How long its API server may take to accept a connection.
    pub connect_timeout: Duration,
}

/// What the settings say of a cluster's place in AWS; what they leave out is the kubeconfig's or the surroundings' to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedAws {
    /// The profile: the environment's, else the common one.
    pub profile: Option<String>,
    /// The role of its environment.
    pub role: Option<String>,
    /// The region: of its own name in EKS, else the environment's.
    pub region: Option<String>,
    /// The region where nobody else knows one.
    pub fallback_region: Option<String>,
    /// What EKS calls it.
    pub eks: Option<String>,
}

impl Cockpit {
    /// Joins the settings with the contexts of a kubeconfig, in its order.
    pub fn plan_clusters(&self, contexts: &[String]) -> FleetPlan {
        let mut found: Vec<(usize, Environment, PlannedCluster)> = Vec::new();
        for context in contexts {
            let settings = self.clusters.iter().find(|cluster| is_about(cluster, context));
            let name = match settings {
                Some(settings) => settings.name.value.clone(),
                None => self.free_name(context, contexts, &found),
            };
            found.push(self.planned(&name, context, true, settings));
        }
        for settings in self.clusters.iter().filter(|cluster| needs_no_context(cluster, contexts)) {
            let name = &settings.name.value;
            found.push(self.planned(name, name, false, Some(settings)));
        }
        found.sort_by_key(|(order, environment, _)| (*order, environment.tier));
        let mut plan = FleetPlan { unmatched: self.unmatched(contexts), ..FleetPlan::default() };
        for (_, environment, cluster) in found {
            if !plan.environments.contains(&environment) {
                plan.environments.push(environment);
            }
            plan.clusters.push(cluster);
        }
        plan
    }

    fn planned(
        &self,
        name: &str,
        context: &str,
        has_context: bool,
        settings: Option<&ClusterSettings>,
    ) -> (usize, Environment, PlannedCluster) {
        let (order, environment) = self.environment_of(name, context);
        let cluster = PlannedCluster {
            id: ClusterId::new(environment.name.clone(), name),
            context: context.to_owned(),
            has_context,
            aws: self.planned_aws(&environment, settings),
            namespaces: settings
                .map(|c| c.namespaces.iter().map(|namespace| namespace.value.clone()).collect())
                .unwrap_or_default(),
            connect_timeout: settings.and_then(|c| c.connect_timeout).unwrap_or(self.watch.connect_timeout),
        };
        (order, environment, cluster)
    }

    fn planned_aws(&self, environment: &Environment, settings: Option<&ClusterSettings>) -> PlannedAws {
        let of_environment = self.environments.iter().find(|e| e.environment.name == environment.name);
        let text = |value: Option<&Located<String>>| value.map(|value| value.value.clone());
        let own = |field: fn(&EnvironmentSettings) -> &Option<Located<String>>| {
            text(of_environment.and_then(|environment| field(environment).as_ref()))
        };
        let eks = settings.and_then(|cluster| cluster.eks.as_ref());
        PlannedAws {
            profile: own(|e| &e.aws.profile).or_else(|| text(self.aws.profile.as_ref())),
            role: own(|e| &e.aws.role),
            region: eks.map(|eks| eks.region.clone()).or_else(|| own(|e| &e.aws.region)),
            fallback_region: text(self.aws.region.as_ref()),
            eks: eks.map(|eks| eks.name.clone()),
        }
    }

    /// A name that no other cluster has or was given: what a name points at must never be a question.
    fn free_name(
        &self,
        context: &str,
        contexts: &[String],
        found: &[(usize, Environment, PlannedCluster)],
    ) -> String {
        let is_taken = |name: &str| {
            let configured = |cluster: &ClusterSettings| {
                cluster.name.value == name
                    && (is_among(cluster, contexts) || needs_no_context(cluster, contexts))
            };
            self.clusters.iter().any(configured) || found.iter().any(|(_, _, other)| other.id.name() == name)
        };
        let numbered = (2..).map(|number| format!("{context}#{number}"));
        let mut names = [short_name(context, contexts), context.to_owned()].into_iter().chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or_else(|| context.to_owned())
    }

    /// The environment of a cluster, and its place among the configured ones; a guessed one comes after those.
    fn environment_of(&self, name: &str, context: &str) -> (usize, Environment) {
        let position = |fits: &dyn Fn(&str) -> bool| {
            self.environments
                .iter()
                .position(|environment| environment.clusters.iter().any(|word| fits(&word.value)))
        };
        let exact = position(&|word| word == name || word == context);
        let index = exact.or_else(|| position(&|word| matches(word, name) || matches(word, context)));
        match index.and_then(|index| Some((index, self.environments.get(index)?))) {
            Some((index, settings)) => (index, settings.environment.clone()),
            None => (self.environments.len(), self.guessed(name, context)),
        }
    }

    /// What the names suggest; the more careful of the two, so that renaming `admin@prod` does not open it. A
    /// configured environment of the same name is meant, whatever else it lists.
    fn guessed(&self, name: &str, context: &str) -> Environment {
        let (by_name, by_context) = (guess(name), guess(context));
        let guess = if by_context.guard > by_name.guard { by_context } else { by_name };
        let configured = self.environments.iter().find(|e| e.environment.name == guess.name);
        configured.map_or(guess, |settings| settings.environment.clone())
    }

    fn unmatched(&self, contexts: &[String]) -> Vec<Mistake> {
        let missing =
            |cluster: &&ClusterSettings| !is_among(cluster, contexts) && !needs_no_context(cluster, contexts);
        self.clusters
            .iter()
            .filter(missing)
            .filter_map(|cluster| {
                let near = nearest(&cluster.context.value, contexts.iter().map(String::as_str));
                Some(Mistake {
                    place: cluster.context.place.clone()?,
                    message: format!("the kubeconfig has no context \"{}\"", cluster.context.value),
                    hint: near.map(|near| format!("did you mean \"{near}\"?")),
                })
            })
            .collect()
    }
}

/// EKS knows where it is. A context that is named but missing is another matter: the same settings may serve several
/// kubeconfigs.
fn needs_no_context(cluster: &ClusterSettings, contexts: &[String]) -> bool {
    cluster.eks.is_some() && !cluster.names_context && !is_among(cluster, contexts)
}

fn is_among(cluster: &ClusterSettings, contexts: &[String]) -> bool {
    contexts.iter().any(|context| is_about(cluster, context))
}

/// True for the context that settings name, or that is called by the ARN of what they name.
fn is_about(cluster: &ClusterSettings, context: &str) -> bool {
    let is_arn_of = |eks: &EksName| {
        eks_name(context) == Some(&eks.name) && context.split(':').nth(3) == Some(&eks.region)
    };
    cluster.context.value == context
        || (!cluster.names_context && cluster.eks.as_ref().is_some_and(is_arn_of))
}

impl FleetPlan {
    /// The clusters that a word names: a name, a context, or a pattern over both.
    pub fn named(&self, word: &str) -> Result<Vec<ClusterId>, Problem> {
        let fitting = |fits: &dyn Fn(&PlannedCluster) -> bool| -> Vec<ClusterId> {
            self.clusters.iter().filter(|cluster| fits(cluster)).map(|cluster| cluster.id.clone()).collect()
        };
        let mut found = fitting(&|cluster| cluster.id.name() == word || cluster.context == word);
        if found.is_empty() {
            found = fitting(&|cluster| matches(word, cluster.id.name()) || matches(word, &cluster.context));
        }
        if found.is_empty() {
            let names = self.clusters.iter().map(|cluster| cluster.id.name());
            return Err(not_there("cluster", word, names));
        }
        Ok(found)
    }

    /// The clusters of an environment.
    pub fn of_environment(&self, word: &str) -> Result<Vec<ClusterId>, Problem> {
        let found: Vec<ClusterId> = self
            .clusters
            .iter()
            .filter(|cluster| cluster.id.environment().as_str() == word)
            .map(|cluster| cluster.id.clone())
            .collect();
        if found.is_empty() {
            let names = self.environments.iter().map(|environment| environment.name.as_str());
            return Err(not_there("environment", word, names));
        }
        Ok(found)
    }

    /// What the settings or flags select at the start; all when that is everything.
    pub fn selected(&self, settings: &Cockpit) -> Result<Vec<ClusterId>, Problem> {
        let mut chosen: Option<Vec<ClusterId>> = None;
        if let Some(environment) = &settings.start.environment {
            chosen = Some(self.of_environment(environment)?);
        }
        if !settings.start.clusters.is_empty() {
            let mut named = Vec::new();
            for word in &settings.start.clusters {
                named.extend(self.named(&word.value)?);
            }
            if let Some(of_environment) = &chosen {
                named.retain(|cluster| of_environment.contains(cluster));
            }
            if named.is_empty() {
                let message = "no cluster is left: --cluster and --env name different ones";
                return Err(Problem::new(ProblemKind::User, message));
            }
            chosen = Some(named);
        }
        let chosen = chosen.unwrap_or_default();
        let mut ordered: Vec<ClusterId> = self.clusters.iter().map(|cluster| cluster.id.clone()).collect();
        ordered.retain(|cluster| chosen.contains(cluster));
        Ok(ordered)
    }
}

fn not_there<'a>(what: &str, word: &str, names: impl Iterator<Item = &'a str> + Clone) -> Problem {
    let problem = Problem::new(ProblemKind::User, format!("there is no {what} \"{}\"", word.escape_debug()));
    match nearest(word, names.clone()) {
        Some(near) => problem.with_hint(format!("did you mean \"{near}\"?")),
        None => {
            let names: Vec<&str> = names.collect();
            match names.as_slice() {
                [] => problem
                    .with_hint("the kubeconfig has no contexts; `pilothouse doctor` says where it looked"),
                _ => problem.with_hint(format!("there are {}", names.join(", "))),
            }
        }
    }
}

/// An EKS context is called by its ARN (`aws eks update-kubeconfig`): `arn:aws:eks:us-east-1:123456789012:cluster/web`.
/// The last part is the cluster's name, and enough unless two contexts end alike.
fn short_name(context: &str, contexts: &[String]) -> String {
    let Some(name) = eks_name(context) else { return context.to_owned() };
    let taken =
        contexts.iter().any(|other| other != context && (other == name || eks_name(other) == Some(name)));
    if taken { context.to_owned() } else { name.to_owned() }
}

fn eks_name(context: &str) -> Option<&str> {
    let rest = context.strip_prefix("arn:")?;
    let (before, name) = rest.split_once(":cluster/")?;
    (before.contains(":eks:") && !name.is_empty()).then_some(name)
}

/// The environment that a cluster's name suggests, called by the word of the name that suggests it: `myapp-prod` is of
/// *prod*. A name without such a word is an environment of its own.
fn guess(name: &str) -> Environment {
    let name = eks_name(name).unwrap_or(name);
    let whole = Environment::guessed(name);
    let mut words = name.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let word = words.find(|word| {
        let alone = Environment::guessed(word);
        let telling = alone.tier != crate::fleet::Tier::Development
            || ["dev", "development", "test", "sandbox", "lab", "local"]
                .contains(&word.to_ascii_lowercase().as_str());
        telling && alone.tier == whole.tier
    });
    Environment { name: Environment::guessed(word.unwrap_or(name)).name, ..whole }
}

/// Whether a pattern fits all of a text: `*` stands for any characters, `?` for any one.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut reached = vec![false; pattern.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    let skip_stars = |reached: &mut Vec<bool>| {
        for (index, c) in pattern.iter().enumerate() {
            if *c == '*'
                && reached.get(index) == Some(&true)
                && let Some(next) = reached.get_mut(index + 1)
            {
                *next = true;
            }
        }
    };
    skip_stars(&mut reached);
    for c in text.chars() {
        let mut next = vec![false; reached.len()];
        for (index, wanted) in pattern.iter().enumerate() {
            if reached.get(index) != Some(&true) {
                continue;
            }
            let target = match wanted {
                '*' => index,
                '?' => index + 1,
                wanted if *wanted == c => index + 1,
                _ => continue,
            };
            if let Some(slot) = next.get_mut(target) {
                *slot = true;
            }
        }
        skip_stars(&mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
#[path = "clusters/tests.rs"]
mod tests;
