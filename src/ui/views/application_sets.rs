//! `applicationsets`

use std::sync::Arc;

use crate::fleet::argo::application_set::ApplicationSet;
use crate::fleet::condition::Status;
use crate::fleet::kind::APPLICATION_SETS;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::argo::{SET_MEMBERS, destination};
use crate::planes::known;
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// ApplicationSets of Argo CD: what makes applications, and whether it does.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApplicationSets;

static ABOUT: ViewAbout = ViewAbout {
    name: "applicationsets",
    aliases: &["appsets", "appset", "applicationset"],
    help: "Argo CD's application sets: generators, the applications they made, and progressive syncs",
};

static RESOURCES: [ResourceType; 1] = [APPLICATION_SETS];
static JOINS: [ResourceType; 1] = [SET_MEMBERS];

static COLUMNS: [Column<ApplicationSet>; 9] = [
    columns::namespace(),
    columns::name(),
    Column::<ApplicationSet>::new(
        "generators",
        "GENERATORS",
        "What its applications are made from",
        |row, _| Value::text(row.generators.join("+")).into(),
    )
    .fit(6, 24)
    .drop_at(2)
    .sorts_by('G'),
    Column::<ApplicationSet>::new("applications", "APPS", "How many applications it made", |row, context| {
        match members(row, context) {
            Some(names) => Value::Count(names.len() as u64).into(),
            None => Value::Unknown.into(),
        }
    })
    .fit(4, 5)
    .drop_at(1)
    .sorts_by('O'),
    Column::<ApplicationSet>::new("template", "MAKES", "The name of what it makes", |row, _| {
        Value::text(&*row.template_name).into()
    })
    .fit(8, 32)
    .drop_at(4),
    Column::<ApplicationSet>::new("destination", "TO", "Where they go", |row, context| {
        Value::text(destination::words(&row.destination, context.cluster)).into()
    })
    .fit(6, 32)
    .drop_at(5),
    Column::<ApplicationSet>::new(
        "strategy",
        "STRATEGY",
        "How changes are rolled out over its applications",
        |row, _| {
            let word = if row.strategy.is_empty() { "all at once" } else { &*row.strategy };
            Value::text(word).as_role(Role::Dim)
        },
    )
    .fit(8, 14)
    .drop_at(6),
    Column::<ApplicationSet>::new(
        "deletion",
        "IF DELETED",
        "What becomes of what it deployed when it is deleted",
        |row, _| Value::text(if row.preserves_resources { "kept" } else { "deleted too" }).as_role(Role::Dim),
    )
    .fit(6, 11)
    .wide(),
    columns::age(|row, _| Value::Age(row.meta.created).into()),
];

fn members<'a>(row: &ApplicationSet, context: &RowContext<'a>) -> Option<&'a [Arc<str>]> {
    if !context.cluster.freshness(&SET_MEMBERS).is_current() {
        return None;
    }
    let known = known::look::<Vec<Arc<str>>>(context.cluster, &SET_MEMBERS, row.namespace(), row.name());
    Some(known.map_or(&[], Vec::as_slice))
}

impl Listing for ApplicationSets {
    type Row = ApplicationSet;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<ApplicationSet>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a ApplicationSet, _: &RowContext<'a>) -> Judged<'a> {
        if !row.meta.deleted.is_never() {
            return Judged::because(Verdict::Progressing, "being deleted");
        }
        let conditions = &row.conditions;
        let holds = |kind: &str| conditions.get(kind).filter(|condition| condition.is_true());
        if let Some(error) = holds("ErrorOccurred").or_else(|| holds("InvalidRolloutConfig")) {
            return Judged::because(Verdict::Critical, format!("makes no applications: {}", error.message));
        }
        if let Some(old) =
            conditions.get("ResourcesUpToDate").filter(|condition| condition.status == Status::False)
        {
            return Judged::because(
                Verdict::Warning,
                format!("its applications are not up to date: {}", old.message),
            );
        }
        if let Some(step) =
            row.applications.iter().find(|step| matches!(&*step.status, "Pending" | "Progressing"))
        {
            let words = format!("rolls out: {} is {}", step.application, step.status.to_lowercase());
            return Judged::because(Verdict::Progressing, words);
        }
        if let Some(rollout) = holds("RolloutProgressing") {
            return Judged::because(Verdict::Progressing, format!("rolls out: {}", rollout.message));
        }
        if conditions.is_empty() && row.resources.is_empty() {
            return Judged::because(
                Verdict::Unknown,
                "no status: does an ApplicationSet controller look at it?",
            );
        }
        Judged::ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::argo::application::Application;
    use crate::fleet::kind::APPLICATIONS;
    use crate::ui::test_cluster::TestCluster;

    fn cluster(conditions: Json, steps: Json) -> TestCluster {
        let set = json!({"metadata": {"name": "all", "namespace": "argocd"}, "spec": {"generators": [{"list": {}}]},
            "status": {"conditions": conditions, "applicationStatus": steps}});
        let application = json!({"metadata": {"name": "web", "namespace": "argocd",
            "ownerReferences": [{"kind": "ApplicationSet", "name": "all", "controller": true}]}});
        TestCluster::new()
            .with::<ApplicationSet>(&APPLICATION_SETS, &[set])
            .with::<Application>(&APPLICATIONS, &[application])
            .looking_at(&SET_MEMBERS)
    }

    #[test]
    fn a_set_counts_what_it_made_and_says_what_keeps_it_from_making_more() {
        let fine = cluster(json!([{"type": "ErrorOccurred", "status": "False"}]), json!([]));
        assert_eq!(fine.cell(&ApplicationSets, "all", "applications"), "Count(1)");
        assert_eq!(fine.judged(&ApplicationSets, "all"), (Verdict::Ok, String::new()));
        let judged = |conditions, steps| cluster(conditions, steps).judged(&ApplicationSets, "all");
        let failed = json!([{"type": "ErrorOccurred", "status": "True", "message": "repo not found"}]);
        assert_eq!(
            judged(failed, json!([])),
            (Verdict::Critical, "makes no applications: repo not found".to_owned())
        );
        let old = json!([{"type": "ResourcesUpToDate", "status": "False", "message": "m"}]);
        assert_eq!(
            judged(old, json!([])),
            (Verdict::Warning, "its applications are not up to date: m".to_owned())
        );
        let steps = json!([{"application": "web", "status": "Progressing"}]);
        assert_eq!(
            judged(json!([]), steps),
            (Verdict::Progressing, "rolls out: web is progressing".to_owned())
        );
        assert_eq!(judged(json!([]), json!([])).0, Verdict::Unknown);
    }
}
