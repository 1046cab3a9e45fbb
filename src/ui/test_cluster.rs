//! What listings say of a cluster made of JSON, for their tests.

use super::listing::{Judged, Listing, RowContext};
use super::value::{Cell, Value};
use crate::fleet::{Row, Timestamp, Verdict};
pub(crate) use crate::snapshot::test_cluster::{NOW, TestCluster};

impl TestCluster {
    /// What a listing says of a row, by name.
    pub(crate) fn judged<L: Listing>(&self, listing: &L, name: &str) -> (Verdict, String) {
        self.look(listing, name, |row, context| {
            let Judged { verdict, why } = listing.verdict(row, context);
            (verdict, why.into_owned())
        })
    }

    /// A cell of a row, by name and column id, as it would be read aloud.
    pub(crate) fn cell<L: Listing>(&self, listing: &L, name: &str, column: &str) -> String {
        self.look(listing, name, |row, context| {
            let column = listing.columns().iter().find(|known| known.id == column).unwrap();
            let Cell { value, .. } = column.of(row, context);
            match value {
                Value::Text(text) => text.into_owned(),
                Value::Age(at) | Value::Instant(at) => at.rfc3339(),
                other => format!("{other:?}"),
            }
        })
    }

    fn look<L: Listing, T>(
        &self,
        listing: &L,
        name: &str,
        look: impl Fn(&L::Row, &RowContext<'_>) -> T,
    ) -> T {
        let now = Timestamp::parse(NOW);
        let picture = self.picture();
        for resource in listing.resources() {
            let Some(table) = picture.table::<L::Row>(resource) else { continue };
            if let Some((_, row)) = table.iter().find(|(_, row)| row.name() == name) {
                return look(row, &RowContext { now, cluster: &picture, resource, folded: None });
            }
        }
        panic!("there is no {name} in {}", listing.about().name);
    }
}
