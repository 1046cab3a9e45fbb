//! Which applications each ApplicationSet made, by who owns whom.

use std::sync::Arc;

use crate::fleet::argo::application::Application;
use crate::fleet::kind::APPLICATIONS;
use crate::fleet::{ResourceType, Row};
use crate::planes::index::Index;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// What is known of ApplicationSets, as a derived kind.
pub const SET_MEMBERS: ResourceType = derived::cluster_wide("setmembers", "SetMembers");

static NEEDS: [ResourceType; 1] = [APPLICATIONS];

/// The index of what ApplicationSets made.
pub const SETS: Derived = Derived::new::<Members>(SET_MEMBERS, &NEEDS, &[]);

/// Concludes what each ApplicationSet made: the names of its applications, sorted.
#[derive(Debug, Default)]
pub struct Members;

impl Conclusion for Members {
    type Row = Index<Vec<Arc<str>>>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Self::Row> {
        let mut index: Index<Vec<Arc<str>>> = Index::default();
        let Some(applications) = cluster.table::<Application>(&APPLICATIONS) else { return vec![index] };
        let mut all: Vec<&Application> = applications.iter().map(|(_, row)| row.as_ref()).collect();
        all.sort_by_key(|application| application.name());
        for application in all {
            if let Some(set) = application.application_set() {
                index.entry(application.namespace(), set).push(application.name().into());
            }
        }
        vec![index]
    }
}
