//! `nodeclaims`

use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::kind::NODE_CLAIMS;
use crate::fleet::node::host;
use crate::fleet::{ResourceType, Verdict};
use crate::planes::karpenter::claim::{self, Phase, expires, phase, step};
use crate::planes::karpenter::pool::PoolFacts;
use crate::planes::karpenter::{HOLDS, Hold, POOLS, Pool};
use crate::ui::columns;
use crate::ui::join::{self, Joined};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// What Karpenter launched, through its life, and why it is still here.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeClaims;

static ABOUT: ViewAbout = ViewAbout {
    name: "nodeclaims",
    aliases: &["nc", "nodeclaim"],
    help: "What Karpenter launched: how far it has come and how long each step took, and why the node is still here",
};

static RESOURCES: [ResourceType; 1] = [NODE_CLAIMS];
static JOINS: [ResourceType; 2] = [HOLDS, POOLS];

/// A node that will be replaced for its age within this is worth a word.
const SOON: i64 = 24 * 60 * 60;

static COLUMNS: [Column<NodeClaim>; 18] = [
    columns::name().fit(10, 40),
    Column::<NodeClaim>::new("phase", "PHASE", "How far it has come", |claim, _| {
        let role = match phase(claim) {
            Phase::Ready => Role::Text,
            _ => Role::Progressing,
        };
        Value::text(phase(claim).as_str()).as_role(role)
    })
    .fit(5, 12)
    .drop_at(2)
    .sorts_by('P'),
    Column::<NodeClaim>::new("pool", "POOL", "The pool that it belongs to", |claim, _| {
        Value::maybe(claim.pool()).into()
    })
    .fit(4, 20)
    .drop_at(5)
    .sorts_by('L'),
    columns::instance_type(|claim: &NodeClaim, _| Value::maybe(claim.instance_type()).into()).drop_at(4),
    columns::zone(|claim, _| Value::maybe(claim.zone()).into()),
    columns::capacity_type(|claim, _| Value::maybe(claim.capacity_type()).into()),
    Column::<NodeClaim>::new("node", "NODE", "Its node, once that has joined", |claim, _| {
        Value::maybe(claim.node.as_deref()).into()
    })
    .fit(8, 40)
    .drop_at(3)
    .shortened(host)
    .sorts_by('O'),
    Column::<NodeClaim>::new(
        "stays",
        "STAYS",
        "Why the node is still here: what keeps Karpenter from replacing it",
        |claim, context| match holds(claim, context) {
            Joined::Found(words) => Value::text(words).as_role(Role::Dim),
            Joined::Absent => Value::Nothing.into(),
            Joined::Unknown => Value::Unknown.into(),
        },
    )
    .fit(8, 60)
    .drop_at(3),
    Column::<NodeClaim>::new("launched", "LAUNCH", "How long it took to get an instance", |claim, _| {
        took(claim, "Launched")
    })
    .fit(5, 7)
    .drop_at(7),
    Column::<NodeClaim>::new(
        "registered",
        "JOIN",
        "How long the instance took to join as a node",
        |claim, _| took(claim, "Registered"),
    )
    .fit(4, 7)
    .drop_at(7),
    Column::<NodeClaim>::new(
        "initialized",
        "INIT",
        "How long the node took from joining to taking pods",
        |claim, _| took(claim, "Initialized"),
    )
    .fit(4, 7)
    .drop_at(7),
    Column::<NodeClaim>::new(
        "drifted",
        "DRIFTED",
        "Why it is not what pool and class ask for any more",
        |claim, _| {
            let drifted = claim.conditions.get("Drifted").filter(|drifted| drifted.is_true());
            drifted.map_or(Value::Nothing, |drifted| Value::text(&*drifted.reason)).as_role(Role::Progressing)
        },
    )
    .fit(7, 20)
    .drop_at(6),
    Column::<NodeClaim>::new(
        "expires",
        "EXPIRES",
        "In how long it is replaced for its age",
        |claim, context| {
            let Some(at) = expires(claim) else { return Value::Nothing.into() };
            let left = context.now.seconds_before(at);
            let role = if left < SOON { Role::Warning } else { Role::Text };
            Value::Duration(left).as_role(role)
        },
    )
    .fit(5, 8)
    .drop_at(6)
    .sorts_by('E'),
    Column::<NodeClaim>::new("instance", "INSTANCE", "The instance in EC2", |claim, _| {
        Value::maybe(claim::instance(claim)).into()
    })
    .fit(8, 20)
    .wide(),
    Column::<NodeClaim>::new("image", "IMAGE", "The machine image that it was launched with", |claim, _| {
        Value::maybe(claim.image.as_deref()).into()
    })
    .fit(8, 24)
    .wide(),
    Column::<NodeClaim>::new("class", "CLASS", "The class that it was launched with", |claim, _| {
        Value::text(&*claim.node_class.name).into()
    })
    .fit(5, 20)
    .wide(),
    columns::labels(),
    columns::age(|claim, _| Value::Age(claim.meta.created).into()),
];

fn took<'a>(claim: &NodeClaim, condition: &str) -> Cell<'a> {
    step(claim, condition).map_or(Value::Nothing, Value::Duration).into()
}

/// The pool that it belongs to.
fn pool<'a>(claim: &NodeClaim, context: &RowContext<'a>) -> Option<&'a PoolFacts> {
    join::tally::<Pool>(context, &POOLS).found()?.get(None, claim.pool()?)
}

/// What keeps the node of a claim, in words.
fn holds(claim: &NodeClaim, context: &RowContext<'_>) -> Joined<String> {
    let pool = pool(claim, context);
    join::tally::<Hold>(context, &HOLDS).map(|tally| match tally.get(None, &claim.meta.name) {
        Some(facts) => facts.words(claim, pool, context.now),
        None => String::new(),
    })
}

impl Listing for NodeClaims {
    type Row = NodeClaim;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<NodeClaim>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, claim: &'a NodeClaim, context: &RowContext<'a>) -> Judged<'a> {
        let pool = pool(claim, context);
        let held =
            join::tally::<Hold>(context, &HOLDS).found().and_then(|tally| tally.get(None, &claim.meta.name));
        let held = held.map(|facts| facts.reasons(claim, pool, context.now).join("; ")).unwrap_or_default();
        let (verdict, why): (Verdict, String) = claim::of(claim, &held, context.now);
        Judged { verdict, why: why.into() }
    }
}
