//! Talking to AWS. The only code that names an AWS crate.
//!
//! An [`Account`] is one way into one account and region. Everything that leaves the process goes through one `door`,
//! where what is no read is refused and every call is counted; an answer or its absence becomes a
//! [`Failure`] with the missing IAM action, or the command that signs in. What we may call at all is
//! one table: [`operations`].
//!
//! EKS, Route 53 and CloudWatch are called through their SDKs. Services of which we need a few fields of a few
//! operations are called by [`query`] and [`json`], in the same session and through the same door.

mod account;
pub mod acm;
mod call;
pub mod cloudwatch;
mod door;
pub mod ec2;
pub mod ecr;
pub mod eks;
pub mod eks_access;
pub mod eks_nodes;
pub mod eks_updates;
pub mod eks_versions;
pub mod elb;
mod elb_classic;
mod embedded;
mod failure;
pub mod iam;
pub mod insights;
pub mod json;
mod kept;
pub mod logs;
pub mod machine_images;
mod means;
mod network;
pub mod operations;
mod partition;
pub mod policy;
pub mod query;
pub mod route53;
pub mod secrets;
pub mod sqs;
pub mod sts;
pub mod surroundings;
pub mod terraform;
pub(super) mod token;

pub use account::{Account, AccountSettings, Border};
pub use door::{Calls, Count};
pub use failure::no_account;
pub use network::Network;

use crate::fleet::{ProblemKind, Timestamp};
use crate::gateway::failure::{Cause, Failure};
use operations::Operation;

/// The most pages that are read of one answer: a token that never ends is a fault, not a large account.
const MOST_PAGES: usize = 1000;

/// An instant of an SDK; *never* without one.
fn instant(time: Option<&aws_smithy_types::DateTime>) -> Timestamp {
    time.map_or(Timestamp::NEVER, |time| Timestamp::from_seconds(time.secs()))
}

/// An answer whose pages never end.
fn endless(operation: &Operation) -> Failure {
    let message = format!("the answer of {} {} never ends", operation.service.id, operation.name);
    Failure::new(Cause::Malformed, ProblemKind::Malformed, message)
}
