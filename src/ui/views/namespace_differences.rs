//! What differs between a namespace and the same one in the next environment; for the last environment, in the one
//! before.

use crate::fleet::kind::{CONFIG_MAPS, NAMESPACES};
use crate::fleet::{Interest, ObjectRef, ResourceType};
use crate::planes::namespace::counterpart::{self, Counterpart};
use crate::planes::namespace::differences::{COMPARED, Difference, differences};
use crate::planes::reading::is_known;
use crate::snapshot::ClusterSnapshot;
use crate::ui::export::{self, Export};
use crate::ui::page::{Line, Page, PageView};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::value::Value;
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, Part, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "namespace-differences",
    aliases: &[],
    help: "what differs from the same namespace in the next environment: images, replicas, resources, config keys",
};

const HEADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("OBJECT", 44, 0),
    Head::words("WHAT", 22, 0),
    Head::words("HERE", 48, 0),
    Head::words("THERE", 240, 0),
];

/// The tables that a view about this namespace looks at in other clusters: their namespaces, to find the one that is the
/// same, and there what is compared.
pub fn beside(world: &World<'_>, namespace: &ObjectRef) -> Vec<Interest> {
    let interest = |cluster: &ClusterSnapshot, resource| Interest { cluster: cluster.id.clone(), resource };
    let others = world.snapshot.clusters.iter().filter(|other| other.id != namespace.cluster);
    let mut interests: Vec<Interest> = others.map(|other| interest(other, NAMESPACES)).collect();
    let own = world.snapshot.cluster(&namespace.cluster);
    let other = own.and_then(|own| counterpart::compared(world.snapshot, own, &namespace.name));
    if let Some(other) = other.filter(|other| other.cluster.id != namespace.cluster) {
        let compared = COMPARED.iter().filter(|resource| **resource != CONFIG_MAPS);
        interests.extend(compared.map(|resource| interest(other.cluster, resource.clone())));
    }
    interests
}

/// What differs.
#[derive(Debug)]
pub struct NamespaceDifferences {
    namespace: ObjectRef,
}

impl NamespaceDifferences {
    /// What differs between a namespace and the same one elsewhere.
    pub fn open(namespace: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { namespace: namespace.clone() })
    }

    fn found<'a>(&self, world: &World<'a>) -> Option<(&'a ClusterSnapshot, Counterpart<'a>)> {
        let own = world.snapshot.cluster(&self.namespace.cluster)?;
        Some((own, counterpart::compared(world.snapshot, own, &self.namespace.name)?))
    }

    fn object(&self, of: &Difference, other: &Counterpart<'_>) -> ObjectRef {
        let is_here = of.what != "only there";
        let (cluster, namespace) = match is_here {
            true => (self.namespace.cluster.clone(), self.namespace.name.as_ref().into()),
            false => (other.cluster.id.clone(), other.namespace.as_ref().into()),
        };
        let resource = of.resource.clone();
        ObjectRef { cluster, resource, namespace: Some(namespace), name: of.name.as_ref().into() }
    }
}

impl Page for NamespaceDifferences {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.namespace)
    }
    fn needs(&self) -> &[ResourceType] {
        &COMPARED
    }
    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace.name)
    }
    fn beside(&self, world: &World<'_>) -> Vec<Interest> {
        let mut interests = beside(world, &self.namespace);
        if let Some((own, other)) = self.found(world).filter(|(own, other)| own.id != other.cluster.id) {
            let _ = own;
            interests.push(Interest { cluster: other.cluster.id.clone(), resource: CONFIG_MAPS });
        }
        interests
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some((own, other)) = self.found(world) else {
            return vec![SheetLine::of(vec![("   nothing to compare it with".to_owned(), Role::Dim)])];
        };
        let named = |cluster: &ClusterSnapshot, namespace: &str| {
            escape(&format!("{namespace} in {}", cluster.id.name())).into_owned()
        };
        let mut lines = vec![
            SheetLine::of(vec![
                ("   here ".to_owned(), Role::Dim),
                (named(own, &self.namespace.name), Role::Strong),
                ("   there ".to_owned(), Role::Dim),
                (named(other.cluster, &other.namespace), Role::Strong),
            ]),
            SheetLine::blank(),
        ];
        let found = differences((own, &self.namespace.name), (other.cluster, &other.namespace));
        if found.is_empty() {
            lines.push(SheetLine::of(vec![(
                "   nothing differs in what could be read".to_owned(),
                Role::Text,
            )]));
        }
        let part = |words: &str, role: Role| -> Part {
            if words.is_empty() { ("–".to_owned(), Role::Dim) } else { (escape(words).into_owned(), role) }
        };
        let rows = found
            .iter()
            .map(|of| {
                let cells = vec![
                    (" ".to_owned(), Role::Text),
                    part(&format!("{} {}", of.resource.kind, of.name), Role::Strong),
                    part(&of.what, Role::Dim),
                    part(&of.here, Role::Text),
                    part(&of.there, Role::Text),
                ];
                (cells, Some(self.object(of, &other)))
            })
            .collect();
        lines.extend(sheet::table(HEADS, rows, width));
        let sides = [(own, &*self.namespace.name), (other.cluster.as_ref(), &*other.namespace)];
        for (cluster, namespace) in sides {
            let unread: Vec<&str> = COMPARED
                .iter()
                .filter(|resource| !is_known(cluster, resource, Some(namespace)))
                .map(|resource| resource.plural.as_ref())
                .collect();
            if !unread.is_empty() {
                let words =
                    format!("   not compared, as not read in {}: {}", cluster.id.name(), unread.join(", "));
                lines.push(SheetLine::of(vec![(escape(&words).into_owned(), Role::Unknown)]));
            }
        }
        lines
    }
    fn export(&self, world: &World<'_>) -> Option<Export> {
        let (own, other) = self.found(world)?;
        let found = differences((own, &self.namespace.name), (other.cluster, &other.namespace));
        let line = |of: &Difference| export::Line {
            object: self.object(of, &other),
            verdict: crate::fleet::Verdict::Ok,
            why: String::new(),
            values: vec![
                Value::text(of.resource.kind.to_string()),
                Value::text(of.name.to_string()),
                Value::text(of.what.clone()),
                Value::text(of.here.clone()),
                Value::text(of.there.clone()),
            ],
        };
        let heads =
            [("kind", "KIND"), ("name", "NAME"), ("what", "WHAT"), ("here", "HERE"), ("there", "THERE")];
        Some(Export::of(&heads, found.iter().map(line).collect(), world.now))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::kind::DEPLOYMENTS;
    use crate::fleet::namespace::Namespace;
    use crate::fleet::workload::Workload;
    use crate::fleet::{ClusterId, EnvironmentName};
    use crate::ui::test_cluster::TestCluster;
    use crate::ui::views::test_bench::{Bench, object};

    fn cluster(environment: &str, namespace: &str, version: &str) -> Arc<ClusterSnapshot> {
        let deployment: Json = json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{"image": format!("ecr/web:{version}")}]}}}});
        let wanted = "environment = \"dev\"\n[namespaces.staging]\nnext = \"prod/production\"";
        let cluster = TestCluster::new()
            .with::<Namespace>(&NAMESPACES, &[json!({"metadata": {"name": namespace}})])
            .with::<Workload>(&DEPLOYMENTS, &[deployment])
            .wanting(wanted);
        let mut cluster = (*cluster.picture()).clone();
        cluster.id = ClusterId::new(EnvironmentName::new(environment), &format!("myapp-{environment}"));
        Arc::new(cluster)
    }

    #[test]
    fn both_sides_are_named_and_what_was_not_read_is_said() {
        let clusters = vec![cluster("dev", "staging", "1.8.2"), cluster("prod", "production", "1.8.1")];
        let namespace = object(&clusters[0], NAMESPACES, None, "staging");
        let mut bench = Bench::new(NamespaceDifferences::open(&namespace), clusters);
        let shown = bench.screen(120, 20).join("\n");
        assert!(shown.contains("here staging in myapp-dev   there production in myapp-prod"), "{shown}");
        assert!(
            shown.contains("Deployment web") && shown.contains("1.8.2") && shown.contains("1.8.1"),
            "{shown}"
        );
        assert!(shown.contains("not compared, as not read in myapp-prod: statefulsets"), "{shown}");
    }

    #[test]
    fn a_namespace_that_stands_alone_has_nothing_to_compare_with() {
        let clusters = vec![cluster("qa", "playground", "1")];
        let namespace = object(&clusters[0], NAMESPACES, None, "playground");
        let mut bench = Bench::new(NamespaceDifferences::open(&namespace), clusters);
        assert!(bench.screen(120, 20)[0].contains("nothing to compare it with"));
    }
}
