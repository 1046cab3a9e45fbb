//! ApplicationSets: what makes applications.

use std::sync::Arc;

use super::application::{ResourceStatus, wire};
use super::{Destination, Source};
use crate::fleet::condition::{ConditionWire, Conditions, bounded};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{Flag, Items, Keys, List, Object, Text, Texts, wire_structs};

/// An ApplicationSet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationSet {
    /// `metadata`
    pub meta: Meta,
    /// `spec.generators` by name, in their order: `list`, `clusters`, `git`, `matrix` …
    pub generators: Box<[Arc<str>]>,
    /// `spec.strategy.type`: `RollingSync`, or `AllAtOnce`; empty means the latter.
    pub strategy: Arc<str>,
    /// `spec.syncPolicy.preserveResourcesOnDeletion`
    pub preserves_resources: bool,
    /// `spec.template.metadata.name`, with its placeholders.
    pub template_name: Arc<str>,
    /// `spec.template.spec.project`, possibly with placeholders.
    pub project: Arc<str>,
    /// `spec.template.spec.destination`, possibly with placeholders.
    pub destination: Destination,
    /// `spec.template.spec.source` or `sources`, possibly with placeholders.
    pub sources: Box<[Source]>,
    /// `status.conditions`: `ErrorOccurred`, `ParametersGenerated`, `ResourcesUpToDate`, `RolloutProgressing` …
    pub conditions: Conditions,
    /// `status.applicationStatus`: how far a progressive sync is.
    pub applications: Box<[ApplicationStep]>,
    /// `status.resources`: the applications that it made.
    pub resources: Box<[ResourceStatus]>,
    /// The annotation `argocd.argoproj.io/application-set-refresh`: a refresh is asked for and not done yet.
    pub is_refresh_requested: bool,
}

/// How far an application is in a progressive sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationStep {
    /// `application`: its name.
    pub application: Arc<str>,
    /// `status`: `Waiting`, `Pending`, `Progressing`, `Healthy`.
    pub status: Arc<str>,
    /// `step`, counted from 1.
    pub step: Arc<str>,
    /// `message`, of at most 1 KiB.
    pub message: Arc<str>,
    /// `targetRevisions`
    pub target_revisions: Box<[Arc<str>]>,
    /// `lastTransitionTime`
    pub since: Timestamp,
}

wire_structs! {
    /// An ApplicationSet as it is read.
    pub struct ApplicationSetWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "argocd.argoproj.io/application-set-refresh")]
        refresh: Text<'a>,
    }
    struct SpecWire<'a> {
        generators: Items<Keys<'a>>,
        strategy: Object<StrategyWire<'a>>,
        sync_policy: Object<SyncPolicyWire>,
        template: Object<TemplateWire<'a>>,
    }
    struct StrategyWire<'a> {
        #[serde(rename = "type")]
        kind: Text<'a>,
    }
    struct SyncPolicyWire {
        preserve_resources_on_deletion: Flag,
    }
    struct TemplateWire<'a> {
        metadata: Object<TemplateMetaWire<'a>>,
        spec: Object<wire::SpecWire<'a>>,
    }
    struct TemplateMetaWire<'a> {
        name: Text<'a>,
    }
    struct StatusWire<'a> {
        conditions: List<ConditionWire<'a>>,
        application_status: List<StepWire<'a>>,
        resources: List<wire::ResourceWire<'a>>,
    }
    struct StepWire<'a> {
        application: Text<'a>,
        status: Text<'a>,
        step: Text<'a>,
        message: Text<'a>,
        target_revisions: Texts<'a>,
        last_transition_time: Text<'a>,
    }
}

row_with_meta!(ApplicationSet);

impl Packed for ApplicationSet {
    packed_from!(ApplicationSetWire);

    fn pack(wire: ApplicationSetWire<'_>, shared: &mut Interner) -> Self {
        let (mut meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let annotations = std::mem::take(&mut meta.annotations).or_default();
        let template = spec.template.or_default();
        let of_template = template.spec.or_default();
        // A generator is an object with one key; `selector` only narrows what it makes.
        let generators = spec.generators.0.iter().flat_map(|generator| generator.0.iter());
        Self {
            meta: Meta::pack(&meta, shared),
            generators: generators
                .filter(|name| &***name != "selector")
                .map(|name| shared.get(name))
                .collect(),
            strategy: spec.strategy.get().map_or_else(Arc::default, |strategy| shared.get(&strategy.kind)),
            preserves_resources: spec
                .sync_policy
                .get()
                .is_some_and(|policy| policy.preserve_resources_on_deletion.is_true()),
            template_name: template.metadata.get().map_or_else(Arc::default, |meta| shared.get(&meta.name)),
            project: shared.get(&of_template.project),
            destination: Destination::pack(&of_template.destination.or_default(), shared),
            sources: Source::pack_all(&of_template.source, &of_template.sources, shared),
            conditions: Conditions::pack(&status.conditions, shared),
            applications: status
                .application_status
                .iter()
                .map(|wire| ApplicationStep {
                    application: shared.get(&wire.application),
                    status: shared.get(&wire.status),
                    step: shared.get(&wire.step),
                    message: shared.get(&bounded(&wire.message)),
                    target_revisions: shared.all(&wire.target_revisions),
                    since: wire.last_transition_time.instant(),
                })
                .collect(),
            resources: status.resources.iter().map(|wire| ResourceStatus::pack(wire, shared)).collect(),
            is_refresh_requested: annotations.refresh.known().is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(json: &str) -> ApplicationSet {
        ApplicationSet::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_set_is_read() {
        let set = set(
            r#"{"metadata":{"name":"myapp","namespace":"argocd","annotations":{"argocd.argoproj.io/application-set-refresh":"true"}},
            "spec":{"generators":[{"list":{"elements":[{"env":"production"}]},"selector":{}},{"git":{}}],
            "strategy":{"type":"RollingSync"},"syncPolicy":{"preserveResourcesOnDeletion":true},
            "template":{"metadata":{"name":"myapp-{{.env}}"},"spec":{"destination":{"namespace":"{{.namespace}}","name":"in-cluster"},
            "project":"prod","source":{"path":"charts/myapp","repoURL":"https://git","targetRevision":"{{.revision}}"}}}},
            "status":{"conditions":[{"type":"ErrorOccurred","status":"False","reason":"ApplicationSetUpToDate"}],
            "applicationStatus":[{"application":"myapp-production","status":"Waiting","step":"2","message":"m","targetRevisions":["a"]}],
            "resources":[{"group":"argoproj.io","kind":"Application","name":"myapp-production","status":"Synced"}]}}"#,
        );
        assert_eq!(set.generators[..], ["list".into(), "git".into()]);
        assert_eq!(
            (&*set.template_name, &*set.project, &*set.strategy),
            ("myapp-{{.env}}", "prod", "RollingSync")
        );
        assert_eq!((&*set.destination.name, &*set.sources[0].path), ("in-cluster", "charts/myapp"));
        assert!(
            set.preserves_resources && set.is_refresh_requested && !set.conditions.is_true("ErrorOccurred")
        );
        assert_eq!((&*set.applications[0].status, &*set.applications[0].step), ("Waiting", "2"));
        assert_eq!(&*set.resources[0].name, "myapp-production");
    }

    #[test]
    fn generators_of_any_shape_are_no_reason_to_fail() {
        let set = set(r#"{"spec":{"generators":[7,{"somethingNew":null},[]],"template":"x"}}"#);
        assert_eq!(set.generators[..], ["somethingNew".into()]);
        assert!(set.sources.is_empty() && !set.is_refresh_requested);
    }
}
