//! `pilothouse`: a terminal cockpit for people who run several EKS clusters as one platform.
//!
//! This page is the architecture document. Read it once and you know where everything lives, who may import whom,
//! and what to do to add a thing.
//!
//! # Words
//!
//! The same word is used in code, on screen and in the docs.
//!
//! | word | means | not |
//! | --- | --- | --- |
//! | *environment* | `dev`, `staging`, `prod`: what clusters are for, with a tier and a guard | stage, profile |
//! | *cluster* | one Kubernetes API server, named by a kubeconfig context | context, server |
//! | *guard* | what an environment demands before anything may change: open, confirm, locked | mode |
//! | *row* | one object, packed to what is shown and judged; never the whole object | item, record |
//! | *table* | all rows of one kind in one cluster, with its freshness | cache, store |
//! | *snapshot* | one immutable picture of all tables of all clusters | state |
//! | *freshness* | loading, live, polled, stale, forbidden, unavailable: how true a table is now | status |
//! | *extent* | which part of its kind a table holds: everything, or some namespaces where the whole is refused | scope |
//! | *interest* | somebody wants to see one table of one cluster; sources start and stop by it | subscription |
//! | *component* | anything the platform consists of that runs in a cluster: an add-on, a controller | app, addon |
//! | *blueprint* | what an environment is meant to contain | baseline, desired state |
//! | *plane* | one side of a platform, joined from several tables: components, Karpenter, Argo CD, traffic | module |
//! | *derived table* | rows concluded from other tables instead of read | view, index |
//! | *verdict* | ok, progressing, warning, critical, unknown, with a reason in words | health, severity |
//! | *view* | one screen; *listing*: a view that is a table | page, panel |
//! | *problem* | the one error a person sees: what, and what to do | failure |
//!
//! # Where things live
//!
//! | family | what | imports |
//! | --- | --- | --- |
//! | [`fleet`] | what is operated: identities, kinds, quantities, packed rows | nothing of ours |
//! | [`settings`] | what the user may set, as plain data read from TOML text | `fleet` |
//! | [`blueprint`] | what an environment is meant to contain, read and written | `settings` `fleet` |
//! | [`snapshot`] | one immutable picture, the deltas that change it, the single writer | `blueprint` `fleet` |
//! | [`planes`] | what rows mean together: components with a verdict, joins, reasons; pure functions | `snapshot` `blueprint` `fleet` |
//! | [`ui`] | how it looks: views, listings, the cockpit's frame; state, update, render | `planes` and what it imports, `settings` |
//! | [`gateway`] | talking to Kubernetes and AWS: kubeconfig, connections, accounts, credentials, problems | `snapshot` `fleet` |
//! | [`sources`] | listening: one list and one watch for each cluster and kind in view; AWS is read again and again | `gateway` `snapshot` `fleet` |
//! | [`terminal`] | owning the terminal: input, frames, suspend, restore | `ui` `fleet` |
//! | [`simulator`] | the embedded world: the Kubernetes and AWS APIs of a fleet that does not exist | nothing of ours |
//! | [`config`] | finding, reading and watching the user's files | `blueprint` `settings` `fleet` |
//! | [`app`] | wiring: dependencies, event loop, effects, one-shot runs | all of the above |
//! | [`cli`] | the command line, one file per command | `app` and what it prints |
//!
//! The first six are the pure core: they name no clock, network, file, environment variable or terminal.
//! `tests/architecture.rs` holds these arrows.
//!
//! # From watch to frame
//!
//! ```text
//!   Kubernetes API              AWS APIs         (or simulator/, over the same HTTP)
//!        │ paged list, then watch   │ read again while somebody looks, one answer for all clusters of an account
//!   sources/   one task for each cluster and kind: decode to rows, batch, stamp the connection's epoch
//!        │ bounded queue; when it is full the source waits, and TCP makes the server wait
//!   app::publish   the single writer applies deltas and publishes at most ten pictures a second
//!        │ newest picture wins
//!   app::cockpit   one thread: message → ui::update → effects; frames only when something visible changed
//!        │ keys draw at once, data at most 30 times a second, nothing changed draws nothing
//!   terminal/   cells that differ, one synchronised flush
//! ```
//!
//! The screen's thread never waits for anything but its inbox. Network and decoding run on two workers of a runtime
//! of their own; building a client, reading a certificate and running a credential plugin happen there too.
//!
//! # To add one thing
//!
//! | to add | create | and one line in |
//! | --- | --- | --- |
//! | a table view | `ui/views/x.rs` with a [`ui::listing::Listing`] | `ui/views/mod.rs` |
//! | a packed kind | `fleet/x.rs` with a [`fleet::row::Packed`] row | `sources/mod.rs` |
//! | a kind that is listed as protobuf | its fields in `gateway/protobuf/schema/x.rs` | `gateway/protobuf/schema.rs` |
//! | a table of AWS | its row in `fleet/aws`, its calls in `gateway/aws`, its reading in `sources/aws` | `sources/aws/mod.rs` |
//! | an operation of AWS | – | `gateway/aws/operations.rs` |
//! | a component | – | `planes/component/catalogue.rs` |
//! | a derived table | `planes/x.rs` with a [`snapshot::Conclusion`] | `planes/mod.rs` |
//! | what a plane knows of each object of a kind | the same, with rows of [`planes::known::Known`] | `planes/mod.rs` |
//! | a screen of small tables | `ui/views/x.rs` with a [`ui::page::Page`] | `ui/views/mod.rs` |
//! | a summary of a kind in the detail view | `ui/describe/x.rs` | `ui/describe/mod.rs` |
//! | what a plane knows of an object, in its detail | `ui/views/detail/planes/x.rs` | `ui/views/detail/planes.rs` |
//! | a command | its handling in the view that offers it | `ui/command.rs`, and its key in `config/keymap.toml` |
//! | a theme | `themes/x.toml` | `ui/theme.rs` |
//! | a scenario of the embedded world | `simulator/scenarios/x.rs` | `simulator/scenarios/mod.rs` |
//! | a command of the command line | `cli/x.rs` | `cli/mod.rs` |
//!
//! # Decisions, and why
//!
//! - **Rows are packed, not Kubernetes objects.** A pod as an object is 75 kB in memory; its row is under 400 bytes with
//!   its names. What pods of one ReplicaSet share is held once. The whole object is fetched when its detail opens.
//! - **Large lists come as protobuf** ([`gateway::protobuf`]): what a list of 100,000 pods waits for is the API server's
//!   CPU, and protobuf takes less of it than JSON. Kinds with many objects are asked for in either form, the answer says
//!   which it is, and a small schema gives protobuf to the very types that read JSON, so that the two cannot come apart.
//!   Watches stay JSON: they are few objects at a time, and kinds of which somebody else wrote the schema are never
//!   anything else.
//! - **Tables are persistent** ([`snapshot::table`]): slots in chunks behind `Arc`s, and a journal of the slots that each
//!   publication touched. A view keeps one order of slots and moves only what changed, so that 500 changes a second
//!   cost the same in 2,000 rows and in 100,000.
//! - **What is joined is a table too** ([`snapshot::derived`]): components, reasons why nodes stay and pods wait are rows
//!   that the store concludes when what they rest on changed, only while somebody looks. Views, filters, JSON, freshness
//!   and, later, checks treat them like what was read; there is no second kind of view.
//! - **The blueprint is part of the picture** ([`snapshot::ClusterSnapshot::wanted`]), so that every verdict can compare
//!   what is with what should be, and what is not wanted is never judged.
//! - **Totals are kept, not computed**: a row adds itself to its table's tally and takes itself out again
//!   ([`fleet::row::Row::add_to`]), so that "pods on this node" costs nothing to read.
//! - **One value is drawn, sorted, filtered and printed** ([`ui::value::Value`]): the screen and the JSON cannot disagree.
//! - **Loading, forbidden, stale and unavailable are data** ([`snapshot::Freshness`]); an empty table is only drawn when
//!   the cluster really is empty.
//! - **Identity is sealed into everything** ([`fleet::ObjectRef`], [`fleet::Epoch`]): there is no current cluster that an
//!   answer could be attributed to by mistake, and what a replaced connection still says is dropped.
//! - **Reads only, at the transport**: the gateway refuses every request that could change something, whatever asked
//!   for it.
//! - **AWS tables belong to clusters, AWS calls to accounts**: every cluster has the tables of its account, so that joins,
//!   views and freshness are the same as for Kubernetes; each call is made once for all clusters that share it. Neither
//!   side waits for the other: what AWS adds to a derived table holds nothing up ([`snapshot::Derived::adds`]).
//! - **One door to AWS** ([`gateway::aws`]): what a request does is read off the wire in each protocol's own place, so that
//!   no SDK, retry or credential provider can send what is no read. The table of operations is the guard, the list of
//!   permissions and the policy that `doctor` prints.
//! - **What costs by the use is asked for twice**: a query of logs says what it would scan and cost before it is started,
//!   is started once and never repeated by itself, and is stopped when nobody waits for it any more.
//! - **SDKs for EKS, Route 53, CloudWatch and STS; plain signed calls for the rest**: of EC2, load balancers, logs and the
//!   others we read a few fields of a few operations, and their SDKs would cost more to compile than all of this crate.
//! - **The embedded world is on the other side of HTTP** and shares no code with the client, so that a mistake cannot
//!   hide on both sides.

pub mod app;
pub mod blueprint;
pub mod cli;
pub mod config;
pub mod fleet;
pub mod gateway;
pub mod logging;
pub mod planes;
pub mod settings;
pub mod simulator;
pub mod snapshot;
pub mod sources;
pub mod terminal;
pub mod ui;
