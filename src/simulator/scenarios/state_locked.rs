//! An apply that broke off has left the lock of production's Terraform state behind.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::aws::dynamodb::Lock;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "state-locked",
    description: "the Terraform state of production is locked since an apply broke off three hours ago",
    unfolds: SignedDuration::ZERO,
    namespace: None,
    apply,
};

/// Hours that it is locked.
const HOURS: i64 = 3;

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let now = demo.aws().clock().now();
    let since = now.checked_sub(SignedDuration::from_hours(HOURS)).unwrap_or(now);
    let lock = Lock {
        state: "prod/terraform.tfstate".to_owned(),
        who: "ana@build-7".to_owned(),
        operation: "OperationTypeApply".to_owned(),
        since,
        in_bucket: false,
    };
    demo.aws().edit(|account| account.locks.push(lock));
    Ok(())
}
