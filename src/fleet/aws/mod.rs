//! What AWS has: clusters and add-ons as EKS sees them, networks, load balancers, records, alarms. Our own small
//! structs, read from AWS by `sources`; the core knows no SDK.
//!
//! A row of AWS belongs to the cluster whose environment's account was asked. What is there once for an account, such as
//! a hosted zone, is in the tables of every cluster of that account. Words of AWS that are lists of choices today may
//! have more tomorrow: they are kept as texts and shown as they are.

pub mod access_entry;
pub mod acm_certificate;
pub mod addon;
pub mod addon_version;
pub mod alarm;
pub mod caller;
pub mod ebs_volume;
pub mod eks_cluster;
pub mod eks_version;
pub mod endpoint;
pub mod gateway;
pub mod health_check;
pub mod image;
pub mod insight;
pub mod instance;
pub mod kind;
pub mod launch_template;
pub mod listener;
pub mod load_balancer;
pub mod log_group;
pub mod log_query;
pub mod machine_image;
pub mod metric;
pub mod node_group;
pub mod pod_identity;
pub mod queue;
pub mod record;
pub mod role;
pub mod route_table;
pub mod security_group;
pub mod stored_secret;
pub mod subnet;
pub mod tag;
pub mod target_group;
pub mod terraform_state;
pub mod update;
pub mod vpc;
pub mod zone;

/// Implements [`Row`](super::Row) for a row of AWS: equal when everything is, called by one of its fields.
macro_rules! aws_row {
    ($row:ty, $name:ident) => {
        $crate::fleet::aws::aws_row!(@row $row, $name,);
    };
    // With tags, which are filtered like labels.
    ($row:ty, $name:ident, $tags:ident) => {
        $crate::fleet::aws::aws_row!(@row $row, $name,
            fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
                Box::new(self.$tags.iter().map(|(key, value)| (&**key, &**value)))
            }
        );
    };
    (@row $row:ty, $name:ident, $($labels:item)?) => {
        impl $crate::fleet::Row for $row {
            type Tally = ();

            fn namespace(&self) -> Option<&str> {
                None
            }
            #[allow(
                clippy::misnamed_getters,
                reason = "what AWS calls by an id has a field `name` that is a label"
            )]
            fn name(&self) -> &str {
                &self.$name
            }
            fn uid(&self) -> $crate::fleet::Uid {
                $crate::fleet::Uid::parse(&self.$name)
            }
            $($labels)?
            fn same_as(&self, other: &Self) -> bool {
                self == other
            }
            fn add_to(&self, (): &mut ()) {}
            fn take_from(&self, (): &mut ()) {}
        }
    };
}
pub(crate) use aws_row;

/// Something that EKS says is wrong with what it runs (`health.issues[]`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issue {
    /// `code`, for example `InsufficientNumberOfReplicas`.
    pub code: Box<str>,
    /// `message`
    pub message: Box<str>,
    /// `resourceIds`
    pub resources: Box<[Box<str>]>,
}

impl Issue {
    /// In the words of EKS.
    pub fn words(&self) -> String {
        match (&*self.code, &*self.message) {
            (code, "") => code.to_owned(),
            ("", message) => message.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }
}
