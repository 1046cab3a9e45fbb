//! A small kind for the tests of this family: a name, a number, and nothing else.

use std::borrow::Cow;

use serde::Deserialize;

use crate::fleet::{Packed, ResourceType, Row};

/// `things.test.io`
pub(super) const THINGS: ResourceType = ResourceType::namespaced("test.io", "v1", "things", "Thing");

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) number: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ThingWire<'a> {
    #[serde(borrow)]
    metadata: MetaWire<'a>,
    number: u32,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct MetaWire<'a> {
    #[serde(borrow)]
    namespace: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    resource_version: Cow<'a, str>,
}

impl Row for Thing {
    type Tally = ();
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

impl Packed for Thing {
    type Wire<'a> = ThingWire<'a>;
    type Shared = ();

    fn revision<'w>(wire: &'w ThingWire<'_>) -> &'w str {
        &wire.metadata.resource_version
    }

    fn pack(wire: ThingWire<'_>, (): &mut ()) -> Self {
        Self {
            namespace: wire.metadata.namespace.map(Cow::into_owned),
            name: wire.metadata.name.into_owned(),
            number: wire.number,
        }
    }
}
