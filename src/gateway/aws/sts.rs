//! Security Token Service: who we are.

use super::account::Account;
use super::operations::STS_CALLER;
use crate::fleet::aws::caller::Caller;
use crate::gateway::failure::Failure;

/// Who AWS says we are.
pub async fn caller(account: &Account) -> Result<Caller, Failure> {
    let region = account.region().await?;
    let client = aws_sdk_sts::Client::new(&*account.config().await);
    let said =
        client.get_caller_identity().send().await.map_err(|error| account.failed(&STS_CALLER, &error))?;
    Ok(Caller {
        account: said.account.unwrap_or_default().into(),
        arn: said.arn.unwrap_or_default().into(),
        region: region.into(),
    })
}
