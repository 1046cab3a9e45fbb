//! The embedded world on ports of the loopback interface, for a binary that is a process of its own.

use jiff::Timestamp;
use pilothouse::simulator::api::faults::Harm;
use pilothouse::simulator::api::users::User;
use pilothouse::simulator::aws::Aws;
use pilothouse::simulator::clock::SimClock;
use pilothouse::simulator::demo::Demo;
use pilothouse::simulator::{Listener, Simulator};

/// The reference fleet in which nothing happens, until it is dropped.
pub(crate) struct StillWorld {
    runtime: tokio::runtime::Runtime,
    listeners: Vec<(String, Listener)>,
    aws: Option<Listener>,
    simulator: Simulator,
    _life: Demo,
}

impl StillWorld {
    pub(crate) fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the binary under test has the machine's clock")]
        let now = Timestamp::now();
        let mut simulator = Simulator::new(SimClock::standing(now));
        let life = Demo::quiet(&mut simulator, 7).unwrap();
        let mut world = Self { runtime, listeners: Vec::new(), aws: None, simulator, _life: life };
        let names: Vec<String> = world.simulator.clusters().map(str::to_owned).collect();
        for name in names {
            world.open(&name);
        }
        world
    }

    /// Makes the API server of a cluster listen.
    fn open(&mut self, cluster: &str) {
        let listener = self.runtime.block_on(self.simulator.listen(cluster)).unwrap();
        self.listeners.push((cluster.to_owned(), listener));
    }

    /// Makes AWS listen, at `127.0.0.1:port` over plain HTTP.
    pub(crate) fn open_aws(&mut self) -> String {
        let listener = self.runtime.block_on(self.simulator.listen_aws()).unwrap();
        self.aws.insert(listener).address().to_string()
    }

    /// The fleet's account.
    pub(crate) fn aws(&self) -> &Aws {
        self.simulator.aws()
    }

    /// Whoever asks a cluster without a token is this user from now on.
    pub(crate) fn ask_as(&self, cluster: &str, user: User) {
        self.simulator.cluster(cluster).unwrap().users().without_token(user);
    }

    /// A cluster asks for a second of patience so many times, whenever something below this path is wanted.
    pub(crate) fn hold_off(&self, cluster: &str, path: &str, times: u32) {
        let harm = Harm::Answer { code: 429, retry_after: Some(1) };
        self.simulator.cluster(cluster).unwrap().faults().harm(path, times, harm);
    }

    /// Where a cluster's API server listens.
    pub(crate) fn address(&self, cluster: &str) -> String {
        let (_, listener) = self.listeners.iter().find(|(name, _)| name == cluster).unwrap();
        listener.address().to_string()
    }

    /// A kubeconfig with a context for each cluster.
    pub(crate) fn kubeconfig(&self) -> String {
        let mut text = "apiVersion: v1\nkind: Config\nusers:\n- name: me\n  user: {}\nclusters:\n".to_owned();
        for (name, listener) in &self.listeners {
            text += &format!("- name: {name}\n  cluster: {{server: \"{}\"}}\n", listener.url());
        }
        text += "contexts:\n";
        for (name, _) in &self.listeners {
            text += &format!("- name: {name}\n  context: {{cluster: {name}, user: me}}\n");
        }
        text
    }
}
