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
//! | *verdict* | ok, progressing, warning, critical, unknown, with a reason in words | health, severity |
//! | *view* | one screen; *listing*: a view that is a table | page, panel |
//! | *problem* | the one error a person sees: what, and what to do | failure |
//!
//! # Where things live
//!
//! | family | what | imports |
//! | --- | --- | --- |
//! | [`fleet`] | what is operated: identities, kinds, quantities, packed rows | nothing of ours |
//! | [`snapshot`] | one immutable picture, the deltas that change it, the single writer | `fleet` |
//! | [`settings`] | what the user may set, as plain data read from TOML text | `fleet` |
//! | [`ui`] | how it looks: views, listings, the cockpit's frame; state, update, render | `settings` `snapshot` `fleet` |
//! | [`gateway`] | talking to Kubernetes: kubeconfig, connections, credentials, problems | `snapshot` `fleet` |
//! | [`sources`] | listening: one list and one watch for each cluster and kind in view | `gateway` `snapshot` `fleet` |
//! | [`terminal`] | owning the terminal: input, frames, suspend, restore | `ui` `fleet` |
//! | [`simulator`] | the embedded world: the Kubernetes API of a fleet that does not exist | nothing of ours |
//! | [`config`] | finding, reading and watching the user's files | `settings` `fleet` |
//! | [`app`] | wiring: dependencies, event loop, effects, one-shot runs | all of the above |
//! | [`cli`] | the command line, one file per command | `app` and what it prints |
//!
//! The first four are the pure core: they name no clock, network, file, environment variable or terminal.
//! `tests/architecture.rs` holds these arrows.
//!
//! # From watch to frame
//!
//! ```text
//!   Kubernetes API                       (or simulator/, over the same HTTP)
//!        │ paged list, then watch
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
//! | a packed kind | `fleet/x.rs` with a [`fleet::row::Packed`] row | `sources/registry.rs` |
//! | a summary of a kind in the detail view | `ui/describe/x.rs` | `ui/describe/mod.rs` |
//! | a command | its handling in the view that offers it | `ui/command.rs`, and its key in `config/keymap.toml` |
//! | a theme | `themes/x.toml` | `ui/theme.rs` |
//! | a scenario of the embedded world | `simulator/scenarios/x.rs` | `simulator/scenarios/mod.rs` |
//! | a command of the command line | `cli/x.rs` | `cli/mod.rs` |
//!
//! # Decisions, and why
//!
//! - **Rows are packed, not Kubernetes objects.** A pod as an object is 75 kB in memory; its row is under 400 bytes with
//!   its names. What pods of one ReplicaSet share is held once. The whole object is fetched when its detail opens.
//! - **Tables are persistent** ([`snapshot::table`]): slots in chunks behind `Arc`s, and a journal of the slots that each
//!   publication touched. A view keeps one order of slots and moves only what changed, so that 500 changes a second
//!   cost the same in 2,000 rows and in 100,000.
//! - **Totals are kept, not computed**: a row adds itself to its table's tally and takes itself out again
//!   ([`fleet::row::Row::add_to`]), so that "pods on this node" costs nothing to read.
//! - **One value is drawn, sorted, filtered and printed** ([`ui::value::Value`]): the screen and the JSON cannot disagree.
//! - **Loading, forbidden, stale and unavailable are data** ([`snapshot::Freshness`]); an empty table is only drawn when
//!   the cluster really is empty.
//! - **Identity is sealed into everything** ([`fleet::ObjectRef`], [`fleet::Epoch`]): there is no current cluster that an
//!   answer could be attributed to by mistake, and what a replaced connection still says is dropped.
//! - **Reads only, at the transport**: the gateway refuses every request that could change something, whatever asked
//!   for it.
//! - **The embedded world is on the other side of HTTP** and shares no code with the client, so that a mistake cannot
//!   hide on both sides.

pub mod app;
pub mod cli;
pub mod config;
pub mod fleet;
pub mod gateway;
pub mod logging;
pub mod settings;
pub mod simulator;
pub mod snapshot;
pub mod sources;
pub mod terminal;
pub mod ui;
