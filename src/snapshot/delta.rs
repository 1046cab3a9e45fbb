//! What a source tells the store.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::freshness::{Extent, Freshness};
use super::store::AnyWriter;
use super::table::TableWriter;
use super::{Catalog, Link};
use crate::fleet::{ClusterId, Epoch, ResourceType, Row};

/// A change of one cluster's picture, stamped with the connection it came through.
#[derive(Debug)]
pub struct Delta {
    /// Whose picture changes.
    pub cluster: ClusterId,
    /// Which connection to the cluster says so; `None` for what does not come through it: AWS.
    pub epoch: Option<Epoch>,
    /// What changes.
    pub change: Change,
}

/// What changes.
#[derive(Debug)]
pub enum Change {
    /// The connection was replaced: everything older is dropped from now on. Rows stay until the new lists end. With the
    /// URLs that mean the API server that it leads to.
    Connection(Vec<Arc<str>>),
    /// How the connection is.
    Link(Link),
    /// What the API server offers.
    Catalog(Arc<Catalog>),
    /// Rows, or their freshness.
    Table(ResourceType, Box<dyn TableChange>),
    /// Nobody is interested any more: the rows are dropped.
    Forgotten(ResourceType),
}

impl Delta {
    /// Changes of rows, in order.
    pub fn rows<R: Row>(
        cluster: &ClusterId,
        epoch: Epoch,
        resource: &ResourceType,
        changes: Vec<RowChange<R>>,
    ) -> Self {
        let change = Change::Table(resource.clone(), Box::new(changes));
        Self { cluster: cluster.clone(), epoch: Some(epoch), change }
    }

    /// True when it says how a table is from now on.
    pub fn settles(&self) -> bool {
        matches!(&self.change, Change::Table(_, changes) if changes.settles())
    }
}

/// One step of a table's life.
#[derive(Debug)]
pub enum RowChange<R> {
    /// A complete list begins. Rows that it does not name are gone at [`RowChange::ListEnded`].
    ListBegan,
    /// A row is there, or is different.
    Upserted(R),
    /// A row is gone.
    Removed {
        /// `metadata.namespace`; `None` for cluster-scoped kinds.
        namespace: Option<Arc<str>>,
        /// `metadata.name`.
        name: Arc<str>,
    },
    /// The complete list ended.
    ListEnded,
    /// How fresh the rows are from now on.
    Freshness(Freshness),
    /// Which part of the kind the rows are from now on.
    Extent(Extent),
}

/// Changes of a table whose row type is not known to the store.
pub trait TableChange: Send + fmt::Debug {
    /// True when they say how the table is from now on: complete, stale, forbidden. Nobody should wait for that.
    fn settles(&self) -> bool;
    /// Applies the changes, making the table first where there is none.
    fn apply(self: Box<Self>, writer: &mut Option<Box<dyn AnyWriter>>);
}

impl<R: Row> TableChange for Vec<RowChange<R>> {
    fn settles(&self) -> bool {
        self.iter().any(|change| matches!(change, RowChange::Freshness(freshness) if freshness.is_settled()))
    }

    fn apply(self: Box<Self>, writer: &mut Option<Box<dyn AnyWriter>>) {
        let fits =
            writer.as_mut().is_some_and(|writer| (writer.as_mut() as &mut dyn Any).is::<TableWriter<R>>());
        if !fits {
            *writer = Some(Box::new(TableWriter::<R>::default()));
        }
        let Some(table) = writer
            .as_mut()
            .and_then(|writer| (writer.as_mut() as &mut dyn Any).downcast_mut::<TableWriter<R>>())
        else {
            return;
        };
        for change in *self {
            match change {
                RowChange::ListBegan => table.begin_list(),
                RowChange::Upserted(row) => table.upsert(row),
                RowChange::Removed { namespace, name } => table.remove(namespace.as_deref(), &name),
                RowChange::ListEnded => table.end_list(),
                RowChange::Freshness(freshness) => table.set_freshness(freshness),
                RowChange::Extent(extent) => table.set_extent(extent),
            }
        }
    }
}
