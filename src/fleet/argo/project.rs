//! AppProjects: what applications may deploy, where to and when.

use std::sync::Arc;

use super::{Destination, DestinationWire, without_credentials};
use crate::fleet::delay::Delay;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, List, Object, Text, Texts, wire_structs};
use crate::fleet::word::open_words;

/// An AppProject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppProject {
    /// `metadata`
    pub meta: Meta,
    /// `spec.description`
    pub description: Box<str>,
    /// `spec.destinations`: where to; patterns, and `!` in front of what is denied.
    pub destinations: Box<[Destination]>,
    /// `spec.sourceRepos`: where from; patterns, and `!` in front of what is denied. Without credentials.
    pub source_repos: Box<[Arc<str>]>,
    /// `spec.sourceNamespaces`: where its applications may live besides Argo CD's own namespace.
    pub source_namespaces: Box<[Arc<str>]>,
    /// `spec.syncWindows`: when applications may sync.
    pub sync_windows: Box<[SyncWindow]>,
    /// How many `spec.roles` there are.
    pub roles: u32,
    /// `spec.orphanedResources`; `None` where objects that no application knows are not looked for.
    pub orphaned_resources: Option<OrphanedResources>,
}

/// Whether objects that no application knows make a warning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrphanedResources {
    /// `warn`; true where it is not said.
    pub warns: bool,
}

open_words! {
    /// What a window does.
    pub enum WindowKind {
        /// Applications may sync while it is open, and at no other time.
        Allow = "allow",
        /// Applications may not sync while it is open.
        Deny = "deny",
    }
}

/// When the applications that it takes may or may not sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncWindow {
    /// `kind`
    pub kind: WindowKind,
    /// `schedule`: when it opens, as cron writes it.
    pub schedule: Arc<str>,
    /// `duration`: for how long.
    pub duration: Option<Delay>,
    /// `timeZone` of the schedule; empty for UTC.
    pub time_zone: Arc<str>,
    /// `applications`: patterns of names.
    pub applications: Box<[Arc<str>]>,
    /// `namespaces`: patterns of destination namespaces.
    pub namespaces: Box<[Arc<str>]>,
    /// `clusters`: patterns of destination clusters, by URL or name.
    pub clusters: Box<[Arc<str>]>,
    /// `andOperator`: applications, namespaces and clusters must all match; else one of them is enough.
    pub takes_all: bool,
    /// `manualSync`: syncs by hand pass.
    pub allows_manual: bool,
    /// `syncOverrun`: a sync that has begun may end.
    pub allows_overrun: bool,
}

wire_structs! {
    /// An AppProject as it is read.
    pub struct AppProjectWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
    }
    struct SpecWire<'a> {
        description: Text<'a>,
        destinations: List<DestinationWire<'a>>,
        source_repos: Texts<'a>,
        source_namespaces: Texts<'a>,
        sync_windows: List<WindowWire<'a>>,
        roles: List<RoleWire>,
        orphaned_resources: Object<OrphanedWire>,
    }
    struct WindowWire<'a> {
        kind: Text<'a>,
        schedule: Text<'a>,
        duration: Text<'a>,
        time_zone: Text<'a>,
        applications: Texts<'a>,
        namespaces: Texts<'a>,
        clusters: Texts<'a>,
        and_operator: Flag,
        manual_sync: Flag,
        sync_overrun: Flag,
    }
    struct RoleWire {}
    struct OrphanedWire {
        warn: Flag,
    }
}

row_with_meta!(AppProject);

impl Packed for AppProject {
    packed_from!(AppProjectWire);

    fn pack(wire: AppProjectWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        Self {
            meta: Meta::pack(&meta, shared),
            description: (*spec.description).into(),
            destinations: spec.destinations.iter().map(|wire| Destination::pack(wire, shared)).collect(),
            source_repos: spec
                .source_repos
                .0
                .iter()
                .map(|repo| shared.get(&without_credentials(repo)))
                .collect(),
            source_namespaces: shared.all(&spec.source_namespaces),
            sync_windows: spec.sync_windows.iter().map(|wire| SyncWindow::pack(wire, shared)).collect(),
            roles: u32::try_from(spec.roles.len()).unwrap_or(u32::MAX),
            orphaned_resources: spec
                .orphaned_resources
                .get()
                .map(|orphaned| OrphanedResources { warns: orphaned.warn.0 != Some(false) }),
        }
    }
}

impl SyncWindow {
    fn pack(wire: &WindowWire<'_>, interner: &mut Interner) -> Self {
        Self {
            kind: WindowKind::read(&wire.kind, interner),
            schedule: interner.get(&wire.schedule),
            duration: Delay::read(&wire.duration, interner),
            time_zone: interner.get(&wire.time_zone),
            applications: interner.all(&wire.applications),
            namespaces: interner.all(&wire.namespaces),
            clusters: interner.all(&wire.clusters),
            takes_all: wire.and_operator.is_true(),
            allows_manual: wire.manual_sync.is_true(),
            allows_overrun: wire.sync_overrun.is_true(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(json: &str) -> AppProject {
        AppProject::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_project_is_read() {
        let project = project(
            r#"{"metadata":{"name":"prod","namespace":"argocd"},"spec":{"description":"production applications",
            "destinations":[{"namespace":"production","server":"https://kubernetes.default.svc"}],"roles":[{"name":"a"},{"name":"b"}],
            "sourceRepos":["https://t@git/x","!https://bad"],"sourceNamespaces":["team-*"],"orphanedResources":{},
            "syncWindows":[{"applications":["*"],"duration":"63h","kind":"deny","manualSync":true,"schedule":"0 16 * * 5","timeZone":"UTC"},
            {"kind":"sometimes"}]}}"#,
        );
        assert_eq!((&*project.description, project.roles), ("production applications", 2));
        assert_eq!(&*project.destinations[0].namespace, "production");
        assert_eq!(project.source_repos[..], ["https://git/x".into(), "!https://bad".into()]);
        assert_eq!(project.orphaned_resources, Some(OrphanedResources { warns: true }));
        let window = &project.sync_windows[0];
        assert_eq!((window.kind.clone(), &*window.schedule), (WindowKind::Deny, "0 16 * * 5"));
        assert_eq!(window.duration, Some(Delay::Seconds(63 * 3600)));
        assert!(window.allows_manual && !window.takes_all && !window.allows_overrun);
        assert_eq!(project.sync_windows[1].kind.as_str(), "sometimes");
    }

    #[test]
    fn orphans_are_not_looked_for_unless_the_project_says_so() {
        assert_eq!(project(r#"{"spec":{"roles":null}}"#).orphaned_resources, None);
        let quiet = project(r#"{"spec":{"orphanedResources":{"warn":false}}}"#);
        assert_eq!(quiet.orphaned_resources, Some(OrphanedResources { warns: false }));
    }
}
