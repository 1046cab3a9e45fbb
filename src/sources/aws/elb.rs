//! Load balancers, their listeners and target groups.

use super::{Reading, Site};
use crate::fleet::aws::listener::Listener;
use crate::fleet::aws::load_balancer::LoadBalancer;
use crate::fleet::aws::target_group::TargetGroup;
use crate::gateway::Failure;
use crate::gateway::aws::elb;

/// The load balancers.
pub(super) struct LoadBalancers;

impl Reading for LoadBalancers {
    type Row = LoadBalancer;

    async fn read(site: Site) -> Result<Vec<LoadBalancer>, Failure> {
        elb::load_balancers(&site.account).await
    }
}

/// Their listeners.
pub(super) struct Listeners;

impl Reading for Listeners {
    type Row = Listener;

    async fn read(site: Site) -> Result<Vec<Listener>, Failure> {
        elb::listeners(&site.account).await
    }
}

/// The target groups.
pub(super) struct TargetGroups;

impl Reading for TargetGroups {
    type Row = TargetGroup;

    async fn read(site: Site) -> Result<Vec<TargetGroup>, Failure> {
        elb::target_groups(&site.account).await
    }
}
