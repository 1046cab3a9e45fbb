//! Who a pod is to AWS: what the admission webhooks of IRSA and of EKS Pod Identity wrote into it when it was created. A
//! pod that is older than its role, or its association, has nothing of it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::wire::{SpecWire, VolumeWire};
use crate::fleet::intern::Interner;
use crate::fleet::wire::{Object, Text, wire_structs};

/// The audience of the token that IRSA mounts.
const STS: &str = "sts.amazonaws.com";
/// The audience of the token that EKS Pod Identity mounts.
const PODS: &str = "pods.eks.amazonaws.com";

/// Who a pod is to AWS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AwsIdentity {
    /// IAM roles for service accounts.
    Irsa {
        /// The role's ARN (`AWS_ROLE_ARN`); empty when only the token is mounted.
        role: Arc<str>,
    },
    /// EKS Pod Identity; the EKS API knows the role.
    PodIdentity,
}

/// What of a container's environment says who it is to AWS. Nothing else of it is looked at, and nothing else is kept.
#[derive(Debug, Default)]
pub(super) struct EnvironmentWire<'a> {
    role: Text<'a>,
    has_web_identity: bool,
    has_credentials_address: bool,
}

wire_structs! {
    struct VariableWire<'a> {
        name: Text<'a>,
        value: Text<'a>,
    }
}

/// What the pod was given. With both, the SDKs of AWS take IRSA.
pub(super) fn identity(spec: &SpecWire<'_>, interner: &mut Interner) -> Option<AwsIdentity> {
    let containers = spec.containers.iter().chain(spec.init_containers.iter());
    let environments: Vec<&EnvironmentWire<'_>> = containers.map(|container| &container.env).collect();
    let mounts = |audience| spec.volumes.iter().any(|volume| has_token(volume, audience));
    let role = environments.iter().find_map(|environment| environment.role.known());
    let has_web_identity = environments.iter().any(|environment| environment.has_web_identity);
    if (role.is_some() && has_web_identity) || mounts(STS) {
        return Some(AwsIdentity::Irsa { role: interner.get(role.unwrap_or_default()) });
    }
    let has_address = environments.iter().any(|environment| environment.has_credentials_address);
    (has_address || mounts(PODS)).then_some(AwsIdentity::PodIdentity)
}

fn has_token(volume: &VolumeWire<'_>, audience: &str) -> bool {
    volume.projected.get().is_some_and(|projected| {
        let tokens = projected.sources.iter().filter_map(|source| source.service_account_token.get());
        tokens.into_iter().any(|token| &*token.audience == audience)
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for EnvironmentWire<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvironmentVisitor(PhantomData))
    }
}

struct EnvironmentVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for EnvironmentVisitor<'a> {
    type Value = EnvironmentWire<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of variables")
    }
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut found = EnvironmentWire::default();
        while let Some(Object(variable)) = seq.next_element::<Object<VariableWire<'a>>>()? {
            let Some(variable) = variable else { continue };
            match &*variable.name {
                "AWS_ROLE_ARN" => found.role = variable.value,
                "AWS_WEB_IDENTITY_TOKEN_FILE" => found.has_web_identity = true,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI" => found.has_credentials_address = true,
                _ => {}
            }
        }
        Ok(found)
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(EnvironmentWire::default())
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(EnvironmentWire::default())
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(EnvironmentWire::default())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(EnvironmentWire::default())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(EnvironmentWire::default())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(EnvironmentWire::default())
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(EnvironmentWire::default())
    }
}
