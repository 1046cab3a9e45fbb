//! Which applications each ApplicationSet made, by who owns whom.

use std::collections::HashMap;
use std::sync::Arc;

use crate::fleet::argo::application::Application;
use crate::fleet::kind::APPLICATIONS;
use crate::fleet::{ResourceType, Row};
use crate::planes::known::Known;
use crate::planes::reading::rows;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// What is known of ApplicationSets, as a derived kind.
pub const SET_MEMBERS: ResourceType = derived::namespaced("setmembers", "SetMembers");

static NEEDS: [ResourceType; 1] = [APPLICATIONS];

/// The table of what ApplicationSets made.
pub const SETS: Derived = Derived::new::<Members>(SET_MEMBERS, &NEEDS, &[]);

/// Concludes what each ApplicationSet made: the names of its applications, sorted.
#[derive(Debug, Default)]
pub struct Members;

impl Conclusion for Members {
    type Row = Known<Vec<Arc<str>>>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Self::Row> {
        let mut made: HashMap<(Option<&str>, &str), Vec<Arc<str>>> = HashMap::new();
        for application in rows::<Application>(cluster, &APPLICATIONS) {
            if let Some(set) = application.application_set() {
                made.entry((application.namespace(), set)).or_default().push(application.name().into());
            }
        }
        let known = |((namespace, set), mut members): ((Option<&str>, &str), Vec<Arc<str>>)| {
            members.sort();
            Known::new(namespace, set, members)
        };
        made.into_iter().map(known).collect()
    }
}
