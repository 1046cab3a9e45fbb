//! What belongs to a namespace besides what runs in it: applications, certificates and secrets; what was changed last;
//! and what stricter Pod Security would refuse.

use std::cmp::Reverse;

use super::parts::{Home, TableRow, WORKLOAD_KINDS, glyph};
use crate::fleet::argo::application::Application;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::kind::{APPLICATIONS, NAMESPACES, PODS};
use crate::fleet::namespace::{Namespace, PodSecurityMode};
use crate::fleet::pod::Pod;
use crate::fleet::time::human_duration;
use crate::fleet::workload::Workload;
use crate::fleet::{ObjectRef, Row, Timestamp, Verdict};
use crate::planes::namespace::{self, Belonging, Judged};
use crate::planes::secret::{Origin, SecretSource};
use crate::ui::join;
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::widgets::sheet::{Head, Part, SheetLine};

pub(super) const BELONGING: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("BELONGS TO IT", 48, 0),
    Head::words("KIND", 16, 2),
    Head::words("STATE", 40, 0),
    Head::words("WHY", 240, 0),
];
pub(super) const CHANGED: &[Head] = &[
    Head::words("", 1, 0),
    Head::number("CHANGED", 8, 0),
    Head::words("WHAT", 48, 0),
    Head::words("", 240, 0),
];
/// The most changes and refusals that are shown.
const MOST: usize = 6;

impl Home<'_> {
    /// Applications that deploy into it, its certificates and its sources of Secrets, what is not well first.
    pub(super) fn belonging(&self) -> Vec<TableRow> {
        self.judged_belonging().into_iter().map(|(_, row)| row).collect()
    }

    /// The same with how each is.
    pub(super) fn judged_belonging(&self) -> Vec<(Verdict, TableRow)> {
        let Some(belongings) = namespace::of(self.cluster, self.namespace) else { return Vec::new() };
        let mut judged: Vec<Judged<'_>> =
            belongings.judged(self.cluster.wanted.as_deref(), self.now).collect();
        judged.sort_by_key(|judged| Reverse(judged.verdict));
        judged.into_iter().map(|judged| (judged.verdict, self.belongs(judged))).collect()
    }

    fn belongs(&self, Judged { of, verdict, why }: Judged<'_>) -> TableRow {
        let object = of.object(&self.cluster.id);
        let state = match of {
            Belonging::Application(row) => {
                format!("{}, {}", said(row.sync.as_str()), said(row.health.status.as_str()))
            }
            Belonging::Certificate(row) => self.certificate(row),
            Belonging::Secret(row) => self.secret(row),
        };
        let cells = vec![
            glyph(verdict),
            (text::escape(&object.name).into_owned(), Role::Strong),
            (object.resource.kind.to_string(), Role::Dim),
            (text::escape(&state).into_owned(), Role::Text),
            if why.is_empty() { dash() } else { (text::escape(&why).into_owned(), join::role(verdict)) },
        ];
        (cells, Some(object))
    }

    fn certificate(&self, row: &Certificate) -> String {
        let state = match row.not_after.known() {
            None => "not issued".to_owned(),
            Some(at) if at <= self.now => format!("expired {} ago", human_duration(at.age_at(self.now))),
            Some(at) => format!("valid for {}", human_duration(at.seconds() - self.now.seconds())),
        };
        let hosts = row.dns_names.iter().map(|name| &**name).collect::<Vec<_>>().join(" ");
        format!("{state}  {hosts}").trim_end().to_owned()
    }

    fn secret(&self, row: &SecretSource) -> String {
        let ago = |at: Timestamp| human_duration(at.age_at(self.now));
        match &row.origin {
            Origin::External { refreshed, store, .. } => match refreshed.known() {
                None => "never synced".to_owned(),
                Some(at) => format!("synced {} ago from {}", ago(at), store.name),
            },
            Origin::Sealed { synced, .. } => match synced.as_ref().filter(|synced| synced.is_true()) {
                None => "not unsealed".to_owned(),
                Some(synced) => format!("unsealed {} ago", ago(synced.since)),
            },
            Origin::Pushed { refreshed, .. } => match refreshed.known() {
                None => "never pushed".to_owned(),
                Some(at) => format!("pushed {} ago", ago(at)),
            },
            Origin::Mounted { wanted: 0, .. } => "mounted by no pod".to_owned(),
            Origin::Mounted { mounted, wanted, .. } => format!("mounted by {mounted} of {wanted} pods"),
            Origin::Unreadable(why) => why.to_string(),
        }
    }

    fn applications(&self) -> impl Iterator<Item = &Application> {
        let belongings = namespace::of(self.cluster, self.namespace);
        let applications = belongings.and_then(|belongings| belongings.applications.as_deref());
        applications.into_iter().flatten().map(|(row, _)| row.as_ref())
    }

    /// What was deployed and rolled out last, the newest first.
    pub(super) fn changes(&self) -> Vec<TableRow> {
        let changes = self.all_changes().into_iter().take(MOST);
        changes
            .map(|(at, what, words, object)| {
                let cells = vec![
                    glyph(Verdict::Ok),
                    (human_duration(at.seconds_before(self.now)), Role::Dim),
                    (text::escape(&what).into_owned(), Role::Text),
                    (text::escape(&words).into_owned(), Role::Text),
                ];
                (cells, Some(object))
            })
            .collect()
    }

    /// When what was changed, and how; the newest first.
    pub(super) fn all_changes(&self) -> Vec<(Timestamp, String, String, ObjectRef)> {
        let mut changes: Vec<(Timestamp, String, String, ObjectRef)> = Vec::new();
        for row in self.applications() {
            for deployment in row.history.iter().take(MOST) {
                let short = |revision: &str| revision.get(..7).unwrap_or(revision).to_owned();
                let revisions: Vec<String> = deployment.revisions.iter().map(|of| short(of)).collect();
                let who = match (&*deployment.initiator.user, deployment.initiator.is_automated) {
                    ("", _) | (_, true) => "by itself".to_owned(),
                    (user, false) => format!("by {user}"),
                };
                let object = ObjectRef {
                    cluster: self.cluster.id.clone(),
                    resource: APPLICATIONS,
                    namespace: row.namespace().map(Into::into),
                    name: row.name().into(),
                };
                let words = format!("deployed {} {who}", revisions.join(", "));
                changes.push((deployment.deployed, format!("Application {}", row.name()), words, object));
            }
        }
        for resource in WORKLOAD_KINDS {
            for row in self.rows::<Workload>(resource).filter(|row| row.meta.owner.is_none()) {
                let Some(at) = row.condition("Progressing").and_then(|progress| progress.updated.known())
                else {
                    continue;
                };
                let version =
                    row.version.as_deref().map(|version| format!(" of {version}")).unwrap_or_default();
                let words = format!("rolled out revision {}{version}", row.revision);
                let what = format!("{} {}", resource.kind, row.name());
                changes.push((at, what, words, self.object(resource, row.name())));
            }
        }
        changes.retain(|(at, ..)| !at.is_never());
        changes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        changes
    }

    /// What the next stricter level of Pod Security would refuse, by what workloads ask for.
    pub(super) fn refused(&self) -> Vec<SheetLine<ObjectRef>> {
        let found = self.cluster.table::<Namespace>(&NAMESPACES);
        let found = found.and_then(|table| table.find(None, self.namespace));
        let Some((_, namespace)) = found.filter(|(_, row)| !row.is_known_by_name_only()) else {
            return Vec::new();
        };
        let stricter = match namespace.pod_security(PodSecurityMode::Enforce) {
            None | Some("privileged") => "baseline",
            Some("baseline") => "restricted",
            Some(_) => return Vec::new(),
        };
        let mut workloads = 0;
        let mut rows: Vec<TableRow> = Vec::new();
        for resource in WORKLOAD_KINDS {
            for row in self.rows::<Workload>(resource).filter(|row| row.meta.owner.is_none()) {
                workloads += 1;
                let breaches = row.breaches.of_level(stricter);
                if !breaches.is_empty() {
                    let name = text::fit(&text::escape(row.name()), 28, text::Align::Left, false);
                    let cells =
                        vec![(format!("       {name}  "), Role::Text), (breaches.join(", "), Role::Dim)];
                    rows.push((cells, Some(self.object(resource, row.name()))));
                }
            }
        }
        let alone = self.rows::<Pod>(&PODS).filter(|pod| pod.workload().is_none()).count();
        if workloads == 0 {
            return Vec::new();
        }
        let mut words = match rows.len() {
            0 => format!("Pod Security {stricter} would refuse none of {workloads} workloads"),
            some => format!("Pod Security {stricter} would refuse {some} of {workloads} workloads"),
        };
        if alone > 0 {
            words.push_str(&format!("; {alone} pods without one are not looked at"));
        }
        let mut lines = vec![SheetLine::of(vec![(format!("    {words}"), Role::Dim)])];
        rows.truncate(MOST);
        lines.extend(rows.into_iter().map(|(parts, target)| SheetLine { parts, target }));
        lines
    }
}

/// A word of a status, where there is one.
fn said(word: &str) -> &str {
    if word.is_empty() { "not said" } else { word }
}

fn dash() -> Part {
    ("–".to_owned(), Role::Dim)
}
