//! SecretProviderClasses: what the Secrets Store CSI driver mounts.

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, List, Object, Text, wire_structs};

/// A SecretProviderClass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretProviderClass {
    /// `metadata`
    pub meta: Meta,
    /// `spec.provider`, for example `aws`.
    pub provider: Arc<str>,
    /// The names of `spec.parameters.objects`: secrets of Secrets Manager or parameters, as names or ARNs.
    pub objects: Box<[Arc<str>]>,
    /// `spec.parameters.region`; empty for that of the node.
    pub region: Arc<str>,
    /// `spec.parameters.usePodIdentity`: EKS Pod Identity instead of IRSA.
    pub uses_pod_identity: bool,
    /// `spec.secretObjects` by name: Secrets that exist while some pod mounts the class.
    pub secrets: Box<[Arc<str>]>,
}

wire_structs! {
    /// A SecretProviderClass as it is read.
    pub struct SecretProviderClassWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
    }
    struct SpecWire<'a> {
        provider: Text<'a>,
        parameters: Object<ParametersWire<'a>>,
        secret_objects: List<SecretObjectWire<'a>>,
    }
    struct ParametersWire<'a> {
        objects: Text<'a>,
        region: Text<'a>,
        use_pod_identity: Flag,
    }
    struct SecretObjectWire<'a> {
        secret_name: Text<'a>,
    }
}

row_with_meta!(SecretProviderClass);

impl Packed for SecretProviderClass {
    packed_from!(SecretProviderClassWire);

    fn pack(wire: SecretProviderClassWire<'_>, shared: &mut Interner) -> Self {
        let spec = wire.spec.or_default();
        let parameters = spec.parameters.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            provider: shared.get(&spec.provider),
            objects: object_names(&parameters.objects).map(|name| shared.get(name)).collect(),
            region: shared.get(&parameters.region),
            uses_pod_identity: parameters.use_pod_identity.is_true(),
            secrets: spec
                .secret_objects
                .iter()
                .filter_map(|secret| shared.known(&secret.secret_name))
                .collect(),
        }
    }
}

/// The names in `objects`, which is YAML in a text, or JSON: what stands after each `objectName:`. That is enough for a
/// list of names, and needs no reader of YAML.
fn object_names(objects: &str) -> impl Iterator<Item = &str> {
    objects.split("objectName").skip(1).filter_map(|rest| {
        let value = rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?.trim_start();
        let name = match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.split(quote).next()?,
            _ => value.split(['\n', '\r', ',', '}', '#']).next()?.trim(),
        };
        Some(name).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_objects_are_found_in_yaml_and_in_json() {
        let names = |text: &str| object_names(text).map(str::to_owned).collect::<Vec<_>>();
        let yaml = "- objectName: \"production/database\"\n  objectType: secretsmanager\n  jmesPath:\n    - path: password\n      \
                    objectAlias: db\n- objectName: arn:aws:secretsmanager:us-east-1:1:secret:x-1  # why\n- objectName: 'a b'\n- objectName:\n";
        assert_eq!(
            names(yaml),
            ["production/database", "arn:aws:secretsmanager:us-east-1:1:secret:x-1", "a b"]
        );
        assert_eq!(
            names(r#"[{"objectName": "x", "objectType": "ssmparameter"},{"objectName":"y"}]"#),
            ["x", "y"]
        );
        assert_eq!(names("{objectName: z, objectType: t}"), ["z"]);
        assert_eq!(names("{objectName: z}"), ["z"]);
        assert!(names("").is_empty() && names("objectName").is_empty() && names("objectName: \"").is_empty());
    }

    #[test]
    fn a_class_is_read() {
        let json = r#"{"metadata":{"name":"app","namespace":"production"},"spec":{"provider":"aws","parameters":{"region":"us-east-1",
            "usePodIdentity":"true","objects":"- objectName: production/app\n"},"secretObjects":[{"secretName":"app","type":"Opaque","data":[{}]}]}}"#;
        let class = SecretProviderClass::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!((&*class.provider, &*class.region, class.uses_pod_identity), ("aws", "us-east-1", true));
        assert_eq!((&*class.objects[0], &*class.secrets[0]), ("production/app", "app"));
    }
}
