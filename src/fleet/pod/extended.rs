//! What a pod asks for besides CPU and memory: GPUs and other devices, huge pages, storage on the node.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::wire::{ContainerWire, QuantitiesWire, ResourcesWire, SpecWire};
use crate::fleet::intern::Interner;
use crate::fleet::quantity;
use crate::fleet::wire::{Object, Text};

/// Amounts by resource, sorted by name; bytes where the resource is one of bytes.
pub type Extended = Box<[(Arc<str>, u64)]>;

/// What the scheduler reserves of everything but CPU and memory, reckoned as those are.
pub(super) fn requests(spec: &SpecWire<'_>, interner: &mut Interner) -> Extended {
    let containers = || spec.containers.iter().chain(spec.init_containers.iter());
    let own = containers().filter_map(|container| container.resources.get());
    let quantities = own.chain(spec.resources.get()).filter_map(|resources| resources.requests.get());
    let mut names: Vec<&str> =
        quantities.flat_map(|quantities| quantities.others.iter().map(|(name, _)| &**name)).collect();
    if names.is_empty() {
        return Box::default();
    }
    names.sort_unstable();
    names.dedup();
    let asked = names.into_iter().map(|name| (interner.get(name), requested(spec, name)));
    asked.filter(|(_, amount)| *amount > 0).collect()
}

fn requested(spec: &SpecWire<'_>, name: &str) -> u64 {
    let read = |quantities: &QuantitiesWire<'_>| {
        let found = quantities.others.iter().find(|(known, _)| &**known == name);
        found.and_then(|(_, amount)| quantity::whole(amount)).unwrap_or(0)
    };
    let of = |resources: &Object<ResourcesWire<'_>>| resources.get()?.requests.get().map(read);
    let container = |container: &ContainerWire<'_>| of(&container.resources).unwrap_or(0);
    let mut sum = spec.containers.iter().map(container).fold(0_u64, u64::saturating_add);
    let (mut sidecars, mut starting) = (0_u64, 0_u64);
    for init in spec.init_containers.iter() {
        let wanted = container(init).saturating_add(sidecars);
        starting = starting.max(wanted);
        if init.is_sidecar() {
            sum = sum.saturating_add(container(init));
            sidecars = wanted;
        }
    }
    let reckoned = of(&spec.resources).filter(|pod| *pod > 0).unwrap_or(sum.max(starting));
    reckoned.saturating_add(spec.overhead.get().map_or(0, read))
}

impl<'de: 'a, 'a> Deserialize<'de> for QuantitiesWire<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(QuantitiesVisitor(std::marker::PhantomData))
    }
}

struct QuantitiesVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for QuantitiesVisitor<'a> {
    type Value = QuantitiesWire<'a>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("amounts by resource")
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<QuantitiesWire<'a>, M::Error> {
        let mut quantities = QuantitiesWire::default();
        while let Some((name, amount)) = map.next_entry::<Text<'a>, Text<'a>>()? {
            match &*name {
                "cpu" => quantities.cpu = amount,
                "memory" => quantities.memory = amount,
                _ => quantities.others.push((name, amount)),
            }
        }
        Ok(quantities)
    }
}
