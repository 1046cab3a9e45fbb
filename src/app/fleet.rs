//! Which clusters a session looks at: the contexts of the kubeconfig seen through the settings, or the embedded world.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;

use super::homes::{self, Homes};
use super::opening::Opening;
use crate::blueprint::{self, Blueprint};
use crate::config::blueprints;
use crate::fleet::time::Clock;
use crate::fleet::{ClusterId, Environment, EnvironmentName, Problem, ProblemKind, Timestamp};
use crate::gateway::aws::Border;
use crate::gateway::kubeconfig::EksAddress;
use crate::gateway::{ConnectionSettings, Target, kubeconfig};
use crate::planes::component;
use crate::settings::{PlannedAws, nearest};
use crate::simulator::Simulator;
use crate::simulator::api::status::Status;
use crate::simulator::clock::SimClock;
use crate::simulator::demo::Demo;
use crate::simulator::scenarios::{self, Scenario};
use crate::simulator::world::cluster::REGION;
use crate::sources;
use crate::sources::aws::Home;

/// The clusters of a session, and how to reach each.
pub struct Fleet {
    /// The environments that have a cluster.
    pub environments: Vec<Environment>,
    /// The clusters in the order in which they are shown.
    pub clusters: Vec<Member>,
    /// The clusters to look at first; all when empty.
    pub selected: Vec<ClusterId>,
    /// What is broken in the kubeconfig, and settings that fit nothing. The rest works.
    pub problems: Vec<Problem>,
    /// What environments are meant to contain.
    pub blueprints: Vec<Arc<Blueprint>>,
    /// How often and how long clusters are listened to.
    pub listening: sources::Pace,
    /// Tells the time: the machine's, or the embedded world's.
    pub clock: Clock,
    /// The embedded world, when that is what is looked at. It lives as long as this.
    pub world: Option<World>,
}

/// One cluster of a session.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who it is.
    pub id: ClusterId,
    /// The way in.
    pub target: Target,
    /// How patient to be.
    pub settings: ConnectionSettings,
    /// Where it is at home in AWS, as far as anybody knows.
    pub home: Option<Home>,
}

impl Fleet {
    /// Reads the kubeconfig, or makes the embedded world. Nothing is connected yet, and no credential is used.
    pub fn open(opening: &Opening, pace: Pace) -> Result<Self, Problem> {
        match &opening.demo {
            Some(scenario) => Self::embedded(opening, scenario, pace),
            None => Self::configured(opening),
        }
    }

    fn configured(opening: &Opening) -> Result<Self, Problem> {
        if opening.kubeconfig_is_named
            && let Some(missing) = opening.kubeconfig.iter().find(|file| !file.exists())
        {
            return Err(Problem::new(
                ProblemKind::User,
                format!("{}: there is no such file", missing.display()),
            ));
        }
        let loaded = kubeconfig::load(&opening.kubeconfig);
        let contexts: Vec<String> = loaded.contexts.iter().map(|context| context.name.clone()).collect();
        let plan = opening.settings.plan_clusters(&contexts);
        if plan.clusters.is_empty() {
            return Err(nothing_to_show(opening, &loaded.problems));
        }
        let selected = plan.selected(&opening.settings)?;
        // A kubeconfig that nobody has is nothing to complain about where the settings name the clusters.
        let mut problems = if contexts.is_empty() { Vec::new() } else { loaded.problems };
        problems.extend(plan.unmatched.iter().map(|mistake| {
            let problem = Problem::new(ProblemKind::User, mistake.to_string());
            mistake.hint.iter().fold(problem, |problem, hint| problem.with_hint(hint))
        }));
        let clock = super::clock::system();
        let mut homes = Homes::new(homes::network(opening), opening.settings.aws.read, Arc::clone(&clock));
        let clusters = plan
            .clusters
            .into_iter()
            .filter_map(|planned| {
                let context = loaded.contexts.iter().find(|context| context.name == planned.context);
                let context = context.filter(|_| planned.has_context);
                let address = context.map(|context| context.eks_address()).unwrap_or_default();
                let home = homes.of(&address, &planned.aws);
                Some(Member {
                    id: planned.id,
                    target: match context {
                        Some(context) => way_in(context, &mut homes),
                        None => Target::Eks(homes.described(&planned.aws), planned.aws.eks?.into()),
                    },
                    settings: ConnectionSettings {
                        connect_timeout: planned.connect_timeout,
                        namespaces: with_start(planned.namespaces, opening),
                        https_proxy: opening.https_proxy.clone(),
                        no_proxy: opening.no_proxy.clone(),
                        ..ConnectionSettings::default()
                    },
                    home,
                })
            })
            .collect();
        Ok(Self {
            environments: plan.environments,
            clusters,
            selected,
            problems,
            blueprints: own_blueprints(opening)?,
            listening: listening(opening),
            clock,
            world: None,
        })
    }

    fn embedded(opening: &Opening, scenario: &str, pace: Pace) -> Result<Self, Problem> {
        Self::over(opening, embedded_world(scenario, pace)?)
    }

    /// An embedded world that somebody else made: for tests, which found, move and break their own.
    pub fn over(opening: &Opening, world: World) -> Result<Self, Problem> {
        let names: Vec<String> = world.simulator.clusters().map(str::to_owned).collect();
        let plan = opening.settings.plan_clusters(&names);
        let selected = plan.selected(&opening.settings)?;
        let time = world.simulator.clock().clone();
        let clock: Clock = Arc::new(move || Timestamp::from_seconds(time.now().as_second()));
        let border = Border::service(world.simulator.aws_service());
        let mut homes = Homes::new(border, opening.settings.aws.read, Arc::clone(&clock));
        let clusters = plan
            .clusters
            .into_iter()
            .filter_map(|planned| {
                let preferred = world.namespace.iter().map(|namespace| (*namespace).to_owned());
                let target = Target::service(world.simulator.service(&planned.context)?);
                let server = world.simulator.server(&planned.context);
                Some(Member {
                    target: server.iter().fold(target, |target, server| target.known_as(server)),
                    id: planned.id,
                    settings: ConnectionSettings {
                        namespaces: with_start(
                            planned.namespaces.into_iter().chain(preferred).collect(),
                            opening,
                        ),
                        ..ConnectionSettings::default()
                    },
                    home: homes.of(&embedded_address(&planned.context), &PlannedAws::default()),
                })
            })
            .collect();
        Ok(Self {
            environments: plan.environments,
            clusters,
            selected,
            problems: Vec::new(),
            blueprints: reference_blueprints()?,
            listening: listening(opening),
            clock,
            world: Some(world),
        })
    }

    /// The clusters, in the order in which they are shown.
    pub fn ids(&self) -> Vec<ClusterId> {
        self.clusters.iter().map(|member| member.id.clone()).collect()
    }

    /// Says where the state of Terraform of each cluster is, by its blueprint.
    pub(super) fn place_states(&self, blueprints: &[Arc<Blueprint>]) {
        for member in &self.clusters {
            let Some(home) = &member.home else { continue };
            let wanted = blueprint::of(blueprints, &member.id);
            home.state.store(wanted.and_then(|wanted| wanted.terraform.clone()).map(Arc::new));
        }
    }

    /// The environment a cluster belongs to.
    pub fn environment(&self, name: &EnvironmentName) -> Option<&Environment> {
        self.environments.iter().find(|environment| &environment.name == name)
    }
}

/// A context whose plugin would sign a token is signed for here.
fn way_in(context: &Arc<kubeconfig::Context>, homes: &mut Homes) -> Target {
    match context.signs() {
        Some(address) => Target::Signed(Arc::clone(context), homes.signing(&address)),
        None => Target::Context(Arc::clone(context)),
    }
}

/// How EKS knows a cluster of the embedded world.
fn embedded_address(name: &str) -> EksAddress {
    EksAddress { name: Some(name.to_owned()), region: Some(REGION.to_owned()), ..EksAddress::default() }
}

/// The user's blueprints, beside the settings file's folder. One that is wrong is refused like wrong settings.
pub(super) fn own_blueprints(opening: &Opening) -> Result<Vec<Arc<Blueprint>>, Problem> {
    let known: Vec<&str> = component::ids().collect();
    blueprints::load(&opening.paths.blueprints(), &known).map_err(|problems| {
        let mut problems = problems.into_iter();
        let first =
            problems.next().unwrap_or_else(|| Problem::new(ProblemKind::Bug, "no blueprint, and no reason"));
        problems.fold(first, |first, other| first.with_hint(format!("also {other}")))
    })
}

/// What the embedded world is meant to contain.
fn reference_blueprints() -> Result<Vec<Arc<Blueprint>>, Problem> {
    let known: Vec<&str> = component::ids().collect();
    let read = |(file, text): &(&str, &str)| Ok(Arc::new(blueprint::read(file, text, &known)?));
    blueprint::REFERENCE.iter().map(read).collect()
}

/// A namespace that the user asks for is known to exist, also to those who may list none.
fn with_start(mut namespaces: Vec<String>, opening: &Opening) -> Vec<String> {
    if let Some(start) = &opening.settings.start.namespace
        && !namespaces.contains(&start.value)
    {
        namespaces.push(start.value.clone());
    }
    namespaces
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("clusters", &self.clusters).finish_non_exhaustive()
    }
}

fn listening(opening: &Opening) -> sources::Pace {
    let watch = &opening.settings.watch;
    sources::Pace {
        linger: watch.linger,
        poll: watch.poll_interval,
        usage: watch.usage_interval,
        ..sources::Pace::default()
    }
}

/// How time passes in the embedded world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It lives: time passes as it does here.
    Living,
    /// It stands still at an instant that is always the same, for pictures and tests.
    Still,
}

/// The same life in every demo.
const SEED: u64 = 7;
/// The instant at which pictures of the embedded world are taken.
const STILL: Timestamp = Timestamp::from_whole_seconds(1_795_257_727);

/// The scenarios of the embedded world: names with a line about each.
pub fn scenarios() -> impl Iterator<Item = (&'static str, &'static str)> {
    scenarios::list()
}

fn embedded_world(scenario: &str, pace: Pace) -> Result<World, Problem> {
    let start = match pace {
        Pace::Living => super::clock::now(),
        Pace::Still => jiff::Timestamp::from_second(STILL.seconds()).unwrap_or_default(),
    };
    let trouble = find_scenario(scenario)?;
    let unfolds = trouble.map_or(SignedDuration::ZERO, |trouble| trouble.unfolds);
    let clock = SimClock::standing(start.checked_sub(unfolds).unwrap_or(start));
    let unwell = |status: Status| {
        Problem::new(ProblemKind::Bug, format!("the embedded world is not well: {status:?}"))
    };
    let mut simulator = Simulator::new(clock.clone());
    let mut life = Demo::start(&mut simulator, SEED).map_err(unwell)?;
    if let Some(trouble) = trouble {
        life.apply(trouble).map_err(unwell)?;
        // What takes minutes to show has happened before anybody looks.
        life.advance(unfolds);
    }
    if pace == Pace::Living {
        clock.run();
    }
    let namespace = trouble.and_then(|trouble| trouble.namespace);
    Ok(World { simulator, namespace, life: Mutex::new(Some(life)) })
}

fn find_scenario(name: &str) -> Result<Option<&'static Scenario>, Problem> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = scenarios::find(name).ok_or_else(|| {
        let problem = Problem::new(ProblemKind::User, format!("there is no scenario \"{name}\""));
        match nearest(name, scenarios::list().map(|(name, _)| name)) {
            Some(near) => problem.with_hint(format!("did you mean \"{near}\"?")),
            None => problem.with_hint("`pilothouse demo --list` names them"),
        }
    })?;
    Ok(Some(found))
}

/// The embedded world: its API servers, and what moves in it.
#[derive(Debug)]
pub struct World {
    /// The API servers.
    pub simulator: Simulator,
    /// The namespace that the user's kubeconfig would prefer.
    namespace: Option<&'static str>,
    /// What moves, until somebody makes it move.
    life: Mutex<Option<Demo>>,
}

impl World {
    /// A world in which nothing moves by itself.
    pub fn at_rest(simulator: Simulator) -> Self {
        Self { simulator, namespace: None, life: Mutex::new(None) }
    }

    /// What moves in it; `None` when somebody has it already.
    pub fn take_life(&self) -> Option<Demo> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn nothing_to_show(opening: &Opening, problems: &[Problem]) -> Problem {
    let files: Vec<String> = opening.kubeconfig.iter().map(|file| file.display().to_string()).collect();
    let mut problem = Problem::new(
        ProblemKind::User,
        format!("there is no cluster to show: no usable context in {}", files.join(", ")),
    );
    for found in problems {
        problem = problem.with_hint(found.message());
    }
    problem
        .with_hint("`aws eks update-kubeconfig --name CLUSTER` adds a context")
        .with_hint("`pilothouse demo` needs no cluster")
}
