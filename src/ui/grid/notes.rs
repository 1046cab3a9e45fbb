//! What is said besides rows: how many there are, a line for each cluster that cannot show all it has, and why there are
//! none.

use std::collections::BTreeSet;

use super::{Grid, cell};
use crate::fleet::ResourceType;
use crate::fleet::aws::kind::is_aws;
use crate::fleet::time::human_duration;
use crate::snapshot::derived;
use crate::ui::fresh::{Picture, in_namespaces};
use crate::ui::listing::Listing;
use crate::ui::role::Role;
use crate::ui::text::{escape, thousands};
use crate::ui::view::World;

/// A cluster that cannot show all it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) glyph: &'static str,
    pub(super) role: Role,
    pub(super) cluster: String,
    pub(super) text: String,
}

/// Why there are no rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Empty {
    pub(super) glyph: &'static str,
    pub(super) role: Role,
    pub(super) title: String,
    pub(super) hints: Vec<String>,
}

impl<L: Listing> Grid<L> {
    /// How many are shown, and of how many.
    pub fn count(&self) -> String {
        let all = thousands(self.order.len() as u64);
        let loading = self.pictures().iter().any(|(_, picture)| matches!(picture, Picture::Loading(_)));
        let more = if loading || self.is_filter_partial() { "…" } else { "" };
        match self.query {
            Some(_) => format!("{} of {all}{more}", thousands(self.shown.len() as u64)),
            None if self.listing.folds() && self.len() < self.order.len() => {
                format!("{all}{more} in {} rows", thousands(self.len() as u64))
            }
            None => format!("{all}{more}"),
        }
    }

    /// How each source is, by its number.
    pub(in crate::ui) fn pictures(&self) -> Vec<(usize, Picture)> {
        let sources = self.sources.iter().enumerate();
        let own = sources.filter(|(_, source)| !self.listing.only_adds(&source.resource));
        let pictures = own.filter_map(|(at, source)| {
            let cluster = source.picture.as_deref()?;
            Some((at, Picture::within(cluster, &source.resource, self.namespace.as_deref())))
        });
        pictures.collect()
    }

    /// True while a table, also one that only adds to the rows, is on its way.
    pub(super) fn is_filling(&self) -> bool {
        self.sources.iter().any(|source| {
            let freshness = source.picture.as_deref().map(|cluster| cluster.freshness(&source.resource));
            freshness.is_some_and(|freshness| !freshness.is_settled())
        })
    }

    /// What the rows are called.
    fn noun(&self) -> String {
        match self.own().as_slice() {
            // Only what an API calls so: names of tables of the cockpit's own say nothing to anybody.
            [one] if one.group != derived::GROUP && !is_aws(one) => one.plural.to_string(),
            _ => self.listing.name().replace('-', " "),
        }
    }

    /// The tables that are listed, without those that only add to them.
    fn own(&self) -> Vec<&ResourceType> {
        self.listing.resources().iter().filter(|resource| !self.listing.only_adds(resource)).collect()
    }

    pub(super) fn notes(&self, pictures: &[(usize, Picture)], several: bool, ascii: bool) -> Vec<Note> {
        let mut grouped: Vec<(String, &Picture, Vec<String>)> = Vec::new();
        for (at, picture) in pictures {
            let Some(source) = self.sources.get(*at) else { continue };
            // Nothing of AWS can be watched: that it is read again and again needs no words.
            let is_usual = matches!(picture, Picture::Polled(_))
                && (is_aws(&source.resource) || source.resource.group == derived::GROUP);
            let is_quiet = is_usual
                || matches!(picture, Picture::Live)
                || matches!(picture, Picture::Loading(_)) && !several;
            if is_quiet {
                continue;
            }
            let (cluster, plural) = (source.cluster.name(), source.resource.plural.to_string());
            let like = grouped.iter_mut().find(|(name, other, _)| {
                name == cluster
                    && other.word() == picture.word()
                    && other.problem().map(|p| p.kind()) == picture.problem().map(|p| p.kind())
            });
            match like {
                Some((.., plurals)) => plurals.push(plural),
                None => grouped.push((cluster.to_owned(), picture, vec![plural])),
            }
        }
        let resources = self.own().len();
        let note = |(cluster, picture, plurals): (String, &Picture, Vec<String>)| {
            let what = if plurals.len() == resources { self.noun() } else { plurals.join(", ") };
            let problem = |p: &crate::fleet::Problem| match p.hints().first() {
                Some(hint) => format!("{} ({hint})", p.message()),
                None => p.message().to_owned(),
            };
            let said = match picture {
                Picture::Loading(Some(expected)) => {
                    format!("loading {what}, {} to come", thousands(*expected))
                }
                Picture::Loading(None) => format!("loading {what}"),
                Picture::Live => what,
                Picture::Narrow(names, refused) => {
                    format!("{what}: only {} may be read: {}", in_namespaces(names), problem(refused))
                }
                Picture::Polled(every) => format!("{what} cannot be watched: read again every {every} s"),
                Picture::Stale(as_of, p) => {
                    let age = human_duration(as_of.seconds_before(self.now));
                    format!("{what} as of {age} ago: {}", problem(p))
                }
                Picture::Forbidden(p) => format!("{what} forbidden: {}", once(&problem(p))),
                Picture::Unavailable(p) => format!("{what} unavailable: {}", problem(p)),
            };
            Note {
                glyph: picture.glyph(ascii),
                role: picture.role(),
                cluster: escape(&cluster).into_owned(),
                text: escape(&said).into_owned(),
            }
        };
        let mut notes: Vec<Note> = grouped.into_iter().map(note).collect();
        notes.extend(self.misses(pictures, ascii));
        // What all clusters have in common is said once.
        if let [first, rest @ ..] = notes.as_slice()
            && rest.len() + 1 == self.clusters()
            && !rest.is_empty()
            && rest.iter().all(|other| Note { cluster: first.cluster.clone(), ..other.clone() } == *first)
        {
            let said = Note { cluster: format!("all {} clusters", notes.len()), ..first.clone() };
            notes = vec![said];
        }
        notes
    }

    /// What rows cannot say for want of another table. Where they cannot be had themselves, that says it all.
    fn misses(&self, pictures: &[(usize, Picture)], ascii: bool) -> Vec<Note> {
        let troubled = pictures.iter().filter(|(_, picture)| picture.problem().is_some());
        let mut told: BTreeSet<&str> =
            troubled.filter_map(|(at, _)| Some(self.sources.get(*at)?.cluster.name())).collect();
        let clusters = self.sources.iter().filter(|source| told.insert(source.cluster.name()));
        let missed = clusters.filter_map(|source| Some((source, source.picture.as_deref()?)));
        let notes = missed.flat_map(|(source, cluster)| {
            self.listing.joins().iter().filter_map(move |join| {
                let what = self.listing.misses(join)?;
                let picture = Picture::within(cluster, join, None);
                let (Picture::Forbidden(problem) | Picture::Unavailable(problem)) = &picture else {
                    return None;
                };
                let hint = problem.hints().first().map(|hint| format!(" ({hint})")).unwrap_or_default();
                let said = format!("{what} unknown: {}{hint}", problem.message());
                Some(Note {
                    glyph: picture.glyph(ascii),
                    role: picture.role(),
                    cluster: escape(source.cluster.name()).into_owned(),
                    text: escape(&said).into_owned(),
                })
            })
        });
        notes.collect()
    }

    /// How many clusters rows come from.
    fn clusters(&self) -> usize {
        let names: BTreeSet<&str> = self.sources.iter().map(|source| source.cluster.name()).collect();
        names.len()
    }

    /// True when nothing can be shown of any cluster for one reason.
    pub(super) fn is_one_problem(&self, pictures: &[(usize, Picture)]) -> bool {
        let mut told =
            pictures.iter().map(|(_, picture)| Some((picture.word(), picture.problem()?.message())));
        let first = told.next().flatten();
        first.is_some() && told.all(|other| other == first)
    }

    pub(super) fn empty(
        &self,
        pictures: &[(usize, Picture)],
        world: &World<'_>,
        several: bool,
        ascii: bool,
    ) -> Empty {
        let noun = self.noun();
        let is_good =
            |picture: &Picture| matches!(picture, Picture::Live | Picture::Polled(_) | Picture::Narrow(..));
        // The picture to show is the one that explains the most: something loading may still bring rows, a complete
        // table that is empty is the truth, and only when neither is there the problem is all there is to say.
        let loading = pictures.iter().find(|(_, p)| matches!(p, Picture::Loading(_)));
        let problem = pictures.iter().find(|(_, p)| p.problem().is_some());
        let any_good = pictures.iter().any(|(_, p)| is_good(p));
        let made = |glyph, role, title: String, hints: Vec<String>| Empty {
            glyph,
            role,
            title: escape(&title).into_owned(),
            hints: hints.iter().map(|hint| escape(hint).into_owned()).collect(),
        };
        if let Some((_, picture)) = loading {
            let title = match picture {
                Picture::Loading(Some(expected)) => format!("loading {} {noun}…", thousands(*expected)),
                _ => format!("loading {noun}…"),
            };
            return made(picture.glyph(ascii), picture.role(), title, Vec::new());
        }
        if self.is_filter_partial() {
            return made(cell::nothing(ascii), Role::Dim, format!("looking through the {noun}…"), Vec::new());
        }
        if pictures.is_empty() {
            return made(cell::nothing(ascii), Role::Dim, "no cluster to look at".to_owned(), Vec::new());
        }
        if let (Some((at, picture)), false) = (problem, any_good && several) {
            let cluster = self.sources.get(*at).map_or("", |source| source.cluster.name());
            let said = picture.problem();
            let message = said.map(|p| p.message().to_owned()).unwrap_or_default();
            let hints = said.map(|p| p.hints().to_vec()).unwrap_or_default();
            let place = match self.clusters() {
                0 | 1 => cluster.to_owned(),
                clusters if self.is_one_problem(pictures) => format!("all {clusters} clusters"),
                clusters if pictures.iter().all(|(_, picture)| picture.problem().is_some()) => {
                    // The lines above say what it is in each.
                    let title = format!("{noun} of none of {clusters} clusters can be shown");
                    return made(picture.glyph(ascii), picture.role(), title, Vec::new());
                }
                _ => cluster.to_owned(),
            };
            let title = format!("{noun} of {place} {}: {}", picture.word(), once(&message));
            return made(picture.glyph(ascii), picture.role(), title, hints);
        }
        let place = match &world.scope.namespace {
            Some(namespace) if self.listing.resources().iter().any(|r| r.namespaced) => {
                format!(" in namespace {namespace}")
            }
            _ => String::new(),
        };
        let mut hints = Vec::new();
        if self.query.is_some() {
            hints.push(format!("the filter {} hides {}", self.typed, thousands(self.order.len() as u64)));
        }
        let narrow = pictures.iter().find_map(|(_, picture)| match picture {
            Picture::Narrow(names, refused) if !several => Some((names, refused)),
            _ => None,
        });
        if let Some((names, refused)) = narrow {
            hints.push(format!("only {} may be read: {}", in_namespaces(names), refused.message()));
        }
        let title = format!("no {noun}{place}");
        made(cell::nothing(ascii), Role::Dim, title, hints)
    }
}

/// What is forbidden says so by itself; the picture has said it already.
fn once(message: &str) -> &str {
    message.strip_prefix("forbidden: ").unwrap_or(message)
}
