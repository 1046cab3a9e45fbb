//! `stores`

use crate::fleet::condition::Status;
use crate::fleet::kind::{CLUSTER_SECRET_STORES, SECRET_STORES};
use crate::fleet::secrets::secret_store::SecretStore;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::known;
use crate::planes::secret::{STORE_USES, StoreUse};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Stores of secrets: where External Secrets reads, as whom, and whether it can.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stores;

static ABOUT: ViewAbout = ViewAbout {
    name: "stores",
    aliases: &["secretstores", "secretstore", "clustersecretstores", "clustersecretstore"],
    help: "Stores of secrets: provider, identity, who reads from them, and whether they answer",
};

static RESOURCES: [ResourceType; 2] = [CLUSTER_SECRET_STORES, SECRET_STORES];
static JOINS: [ResourceType; 1] = [STORE_USES];

static COLUMNS: [Column<SecretStore>; 9] = [
    columns::namespace(),
    columns::name(),
    Column::<SecretStore>::new("kind", "KIND", "Whether the whole cluster may read it", |_, context| {
        Value::text(&*context.resource.kind).as_role(Role::Dim)
    })
    .fit(6, 18)
    .drop_at(5),
    Column::<SecretStore>::new("provider", "PROVIDER", "Where the secrets are", |row, _| match &row.aws {
        Some(aws) => {
            let parts = [&*row.provider, &*aws.service, &*aws.region];
            Value::text(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
                .into()
        }
        None => Value::text(&*row.provider).into(),
    })
    .fit(6, 36)
    .drop_at(1)
    .sorts_by('S'),
    Column::<SecretStore>::new("state", "STATE", "What it says of itself", |row, _| {
        match row.conditions.get("Ready") {
            Some(ready) if ready.is_true() => Value::text(&*ready.reason).into(),
            Some(ready) => Value::text(&*ready.reason).as_role(Role::Critical),
            None => Value::Nothing.into(),
        }
    })
    .fit(5, 26)
    .drop_at(2)
    .sorts_by('R'),
    Column::<SecretStore>::new(
        "secrets",
        "SECRETS",
        "ExternalSecrets that read it and are ready, of all",
        |row, context| match uses(row, context) {
            Some(uses) => {
                let have = uses.secrets.saturating_sub(uses.failing);
                let role = if uses.failing > 0 { Role::Warning } else { Role::Text };
                Value::Ratio { have, want: uses.secrets }.as_role(role)
            }
            None => Value::Nothing.into(),
        },
    )
    .fit(4, 7)
    .drop_at(3)
    .sorts_by('E'),
    Column::<SecretStore>::new("identity", "READS AS", "The identity that it reads with", |row, _| {
        let aws = row.aws.as_deref();
        let account =
            aws.and_then(|aws| aws.service_account.as_deref()).map(|name| format!("service account {name}"));
        let role = aws.and_then(|aws| aws.role.as_deref()).map(|role| format!("role {role}"));
        let parts: Vec<String> = [account, role].into_iter().flatten().collect();
        match (aws, parts.is_empty()) {
            (Some(_), true) => Value::text("the operator's own").as_role(Role::Dim),
            _ => Value::text(parts.join(", ")).into(),
        }
    })
    .fit(8, 60)
    .drop_at(4),
    Column::<SecretStore>::new("capabilities", "MAY", "What can be done with it", |row, _| {
        Value::text(&*row.capabilities).as_role(Role::Dim)
    })
    .fit(6, 10)
    .drop_at(6),
    columns::age(|row, _| Value::Age(row.meta.created).into()),
];

fn uses<'a>(row: &SecretStore, context: &RowContext<'a>) -> Option<&'a StoreUse> {
    known::look(context.cluster, &STORE_USES, row.namespace(), row.name())
}

impl Listing for Stores {
    type Row = SecretStore;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<SecretStore>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a SecretStore, context: &RowContext<'a>) -> Judged<'a> {
        if !row.meta.deleted.is_never() {
            return Judged::because(Verdict::Progressing, "being deleted");
        }
        let failing = uses(row, context).map_or(0, |uses| uses.failing);
        let Some(ready) = row.conditions.get("Ready") else {
            let verdict = if row.meta.created.age_at(context.now) > 300 {
                Verdict::Unknown
            } else {
                Verdict::Progressing
            };
            return Judged::because(verdict, "the operator has not looked at it yet");
        };
        match &ready.status {
            // A valid store does not prove that each key can be read.
            Status::True if failing > 0 => {
                let words = if failing == 1 {
                    "1 secret cannot be read from it".to_owned()
                } else {
                    format!("{failing} secrets cannot be read from it")
                };
                Judged::because(Verdict::Warning, words)
            }
            Status::True if &*ready.reason == "ValidationUnknown" => {
                Judged::because(Verdict::Unknown, "the operator cannot tell whether it works")
            }
            Status::True => Judged::ok(),
            Status::False => {
                Judged::because(Verdict::Critical, format!("{}: {}", ready.reason, ready.message))
            }
            Status::Unknown => Judged::because(Verdict::Unknown, &*ready.message),
            Status::Other(word) => {
                Judged::because(Verdict::Unknown, format!("Ready is {word}, which is not known here"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::kind::EXTERNAL_SECRETS;
    use crate::fleet::secrets::external_secret::ExternalSecret;
    use crate::ui::test_cluster::TestCluster;

    fn store(status: &str, reason: &str) -> Json {
        json!({"metadata": {"name": "aws", "creationTimestamp": "2026-11-01T10:00:00Z"},
            "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "us-east-1"}}},
            "status": {"conditions": [{"type": "Ready", "status": status, "reason": reason, "message": "AccessDenied"}]}})
    }

    fn judged(store: Json, ready: &str) -> (Verdict, String) {
        let secret = json!({"metadata": {"name": "app", "namespace": "web"},
            "spec": {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws"}}, "status": {"conditions": [{"type": "Ready", "status": ready}]}});
        TestCluster::new()
            .with::<SecretStore>(&CLUSTER_SECRET_STORES, &[store])
            .with::<ExternalSecret>(&EXTERNAL_SECRETS, &[secret])
            .looking_at(&STORE_USES)
            .judged(&Stores, "aws")
    }

    #[test]
    fn a_store_is_as_good_as_what_it_says_and_what_is_read_from_it() {
        assert_eq!(judged(store("True", "Valid"), "True"), (Verdict::Ok, String::new()));
        let denied = judged(store("False", "InvalidProviderConfig"), "False");
        assert_eq!(denied, (Verdict::Critical, "InvalidProviderConfig: AccessDenied".to_owned()));
        let partly = judged(store("True", "Valid"), "False");
        assert_eq!(partly, (Verdict::Warning, "1 secret cannot be read from it".to_owned()));
        assert_eq!(judged(store("True", "ValidationUnknown"), "True").0, Verdict::Unknown);
        assert_eq!(judged(store("Perhaps", "X"), "True").0, Verdict::Unknown);
        let mut silent = store("True", "Valid");
        silent["status"] = Json::Null;
        assert_eq!(judged(silent, "True").0, Verdict::Unknown);
    }
}
