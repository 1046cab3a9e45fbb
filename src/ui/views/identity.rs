//! `identity`

use crate::fleet::kind::SERVICE_ACCOUNTS;
use crate::fleet::service_account::ServiceAccount;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::known;
use crate::planes::rights::aws::{Entitlement, Fit};
use crate::planes::rights::{ACCOUNT_USES, AccountUse};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Service accounts: who they are to AWS and to Kubernetes, and whether their pods really have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identities;

static ABOUT: ViewAbout = ViewAbout {
    name: "identity",
    aliases: &["irsa", "identities"],
    help: "Service accounts: AWS role and whether running pods carry it, Kubernetes roles bound to them",
};

static RESOURCES: [ResourceType; 1] = [SERVICE_ACCOUNTS];
static JOINS: [ResourceType; 1] = [ACCOUNT_USES];

static COLUMNS: [Column<ServiceAccount>; 10] =
    [
        columns::namespace(),
        columns::name(),
        Column::<ServiceAccount>::new(
            "aws",
            "AWS",
            "What its pods carry: irsa, pod identity, none, mixed",
            |account, context| match usage(account, context) {
                None => Value::Unknown.into(),
                Some(used) if used.pods.is_none() => Value::Unknown.into(),
                Some(used) => Value::maybe(used.words()).into(),
            },
        )
        .fit(4, 12)
        .sorts_by('W'),
        Column::<ServiceAccount>::new(
            "role",
            "ROLE",
            "The AWS role that it is to get, by Pod Identity or by its annotation",
            |account, context| {
                let entitled = usage(account, context).map(|used| &*used.entitled).unwrap_or_default();
                let roles: Vec<&str> = entitled.iter().map(|entitled| &*entitled.role).collect();
                match roles.as_slice() {
                    [] => Value::maybe(account.role_arn.as_deref()).into(),
                    [one] => Value::text((*one).to_owned()).into(),
                    many => Value::text(many.join(", ")).into(),
                }
            },
        )
        .fit(8, 64)
        .drop_at(4)
        .sorts_by('R'),
        Column::<ServiceAccount>::new(
            "works",
            "AWS SAYS",
            "Whether AWS would give it that role: the role is there, its trust fits, its tokens are believed",
            |account, context| {
                let entitled = usage(account, context).map(|used| &*used.entitled).unwrap_or_default();
                match entitled {
                    [] => Value::Nothing.into(),
                    all => says(all),
                }
            },
        )
        .fit(6, 28)
        .drop_at(2)
        .sorts_by('O'),
        Column::<ServiceAccount>::new("pods", "PODS", "Living pods that use it", |account, context| {
            match usage(account, context).and_then(|used| used.pods.as_ref()) {
                None => Value::Unknown.into(),
                Some(pods) => Value::Count(u64::from(pods.all)).into(),
            }
        })
        .fit(4, 6)
        .drop_at(3)
        .sorts_by('P'),
        Column::<ServiceAccount>::new(
            "roles",
            "MAY",
            "Roles of Kubernetes that are bound to it",
            |account, context| match usage(account, context).and_then(|used| used.roles.as_ref()) {
                None => Value::Unknown.into(),
                Some(roles) => Value::text(roles.join(", ")).into(),
            },
        )
        .fit(8, 64)
        .drop_at(5)
        .sorts_by('M'),
        Column::<ServiceAccount>::new(
            "token",
            "TOKEN",
            "Whether pods get its token unless they say otherwise",
            |account, _| Value::Flag(account.automounts_token.unwrap_or(true)).into(),
        )
        .fit(5, 5)
        .drop_at(9)
        .wide(),
        columns::labels(),
        columns::age(|account, _| Value::Age(account.meta.created).into()),
    ];

impl Listing for Identities {
    type Row = ServiceAccount;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<ServiceAccount>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, account: &'a ServiceAccount, context: &RowContext<'a>) -> Judged<'a> {
        match usage(account, context).map(AccountUse::judge) {
            None => Judged::ok(),
            Some((Verdict::Ok, _)) => Judged::ok(),
            Some((verdict, why)) => Judged::because(verdict, why),
        }
    }
}

/// What AWS says of the roles of an account, the worst of them.
fn says<'a>(entitled: &[Entitlement]) -> Cell<'a> {
    let broken = entitled.iter().find(|one| matches!(one.fit, Fit::Broken(_)));
    let unknown = entitled.iter().find_map(|one| match &one.fit {
        Fit::Unknown(why) => Some(why),
        Fit::Works | Fit::Broken(_) => None,
    });
    match (broken, unknown) {
        (Some(one), _) => Value::text(one.fit.word()).as_role(Role::Critical),
        (None, Some(why)) => match why.strip_prefix("forbidden: ") {
            Some(action) => Value::text(format!("⊘ {action}")).as_role(Role::Forbidden),
            None => Value::Unknown.into(),
        },
        (None, None) => Value::text(Fit::Works.word()).into(),
    }
}

fn usage<'a>(account: &ServiceAccount, context: &RowContext<'a>) -> Option<&'a AccountUse> {
    known::look(context.cluster, &ACCOUNT_USES, account.namespace(), account.name())
}
