//! The two clusters of the reference fleet: what they are called, how many machines they have, and their AWS surroundings.

use crate::simulator::world::chance::{hex_of, uuid_of};

/// AWS account of the fleet.
pub const ACCOUNT: &str = "123456789012";
/// AWS region of the fleet.
pub const REGION: &str = "us-east-1";
/// Version the kubelets report.
pub const KUBELET: &str = "v1.36.3-eks-0a1b2c3";
/// Version the API servers report, without the vendor's part.
pub const KUBERNETES: &str = "v1.36.3";

/// One cluster of the fleet.
#[derive(Debug)]
pub struct Cluster {
    /// Name, as in EKS and in a kubeconfig.
    pub name: &'static str,
    /// `dev` or `prod`.
    pub environment: &'static str,
    /// Second octet of its VPC and of all addresses in it.
    pub octet: u8,
    /// Namespaces the applications live in.
    pub namespaces: &'static [&'static str],
    /// Karpenter NodePools.
    pub pools: &'static [&'static str],
    /// Nodes at rest.
    pub machines: &'static [Machine],
}

/// One node of a cluster at rest.
#[derive(Debug)]
pub struct Machine {
    /// Third octet of its address, which also names the private subnet.
    pub subnet: u8,
    /// Last octet of its address.
    pub host: u8,
    /// EC2 instance type.
    pub instance: Instance,
    /// Karpenter NodePool; `None` for the managed node group `system`.
    pub pool: Option<&'static str>,
    /// `spot`, `on-demand` (Karpenter's words) or `ON_DEMAND` (EKS' word).
    pub capacity: &'static str,
    /// Days since it joined.
    pub days: i64,
}

/// The sizes of machine that the fleet uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// EC2 name.
    pub name: &'static str,
    /// Virtual CPUs.
    pub cpus: i64,
    /// Memory the kernel sees, MiB.
    pub memory: i64,
    /// Allocatable CPU, milli-units.
    pub allocatable_cpu: i64,
    /// Allocatable memory, MiB.
    pub allocatable_memory: i64,
    /// Memory on the price list, MiB.
    pub nominal_memory: i64,
}

/// 2 vCPU, 4 GiB, burstable.
pub const T3_MEDIUM: Instance = Instance {
    name: "t3.medium",
    cpus: 2,
    memory: 3891,
    allocatable_cpu: 1930,
    allocatable_memory: 3387,
    nominal_memory: 4096,
};
/// 4 vCPU, 16 GiB, burstable.
pub const T3_XLARGE: Instance = Instance {
    name: "t3.xlarge",
    cpus: 4,
    memory: 15944,
    allocatable_cpu: 3920,
    allocatable_memory: 14921,
    nominal_memory: 16384,
};
/// 4 vCPU, 16 GiB, burstable, AMD.
pub const T3A_XLARGE: Instance = Instance { name: "t3a.xlarge", ..T3_XLARGE };
/// 4 vCPU, 16 GiB.
pub const M5_XLARGE: Instance = Instance {
    name: "m5.xlarge",
    cpus: 4,
    memory: 15739,
    allocatable_cpu: 3920,
    allocatable_memory: 14716,
    nominal_memory: 16384,
};
/// 4 vCPU, 16 GiB, newer.
pub const M6I_XLARGE: Instance = Instance {
    name: "m6i.xlarge",
    cpus: 4,
    memory: 15722,
    allocatable_cpu: 3920,
    allocatable_memory: 14699,
    nominal_memory: 16384,
};

/// The sizes Karpenter chooses from.
pub const INSTANCES: [Instance; 4] = [T3_XLARGE, T3A_XLARGE, M5_XLARGE, M6I_XLARGE];

const fn machine(
    subnet: u8,
    host: u8,
    instance: Instance,
    pool: Option<&'static str>,
    capacity: &'static str,
    days: i64,
) -> Machine {
    Machine { subnet, host, instance, pool, capacity, days }
}

/// The cluster that development and staging share.
pub static DEV: Cluster = Cluster {
    name: "myapp-dev",
    environment: "dev",
    octet: 0,
    namespaces: &["development", "staging"],
    pools: &["default"],
    machines: &[
        machine(11, 21, T3_MEDIUM, None, "ON_DEMAND", 34),
        machine(12, 21, T3_MEDIUM, None, "ON_DEMAND", 34),
        machine(11, 40, T3A_XLARGE, Some("default"), "spot", 6),
        machine(13, 40, T3_XLARGE, Some("default"), "spot", 2),
    ],
};

/// The production cluster.
pub static PROD: Cluster = Cluster {
    name: "myapp-prod",
    environment: "prod",
    octet: 1,
    namespaces: &["production"],
    pools: &["spot", "on-demand"],
    machines: &[
        machine(11, 21, T3_MEDIUM, None, "ON_DEMAND", 34),
        machine(12, 21, T3_MEDIUM, None, "ON_DEMAND", 34),
        machine(11, 40, M5_XLARGE, Some("spot"), "spot", 9),
        machine(12, 40, M6I_XLARGE, Some("spot"), "spot", 4),
        machine(13, 40, M5_XLARGE, Some("spot"), "spot", 3),
        machine(13, 60, M6I_XLARGE, Some("on-demand"), "on-demand", 12),
    ],
};

/// Both clusters, in the order a kubeconfig names them.
pub static CLUSTERS: [&Cluster; 2] = [&DEV, &PROD];

impl Cluster {
    /// Whether this is the production cluster, which is larger in most things.
    pub fn is_prod(&self) -> bool {
        self.environment == "prod"
    }

    /// The replica count for this cluster, given those of both.
    pub fn pick<T>(&self, dev: T, prod: T) -> T {
        if self.is_prod() { prod } else { dev }
    }

    /// An AWS resource id of this cluster: `vpc-…`, `subnet-…`, `i-…`.
    pub fn resource(&self, prefix: &str, what: &str) -> String {
        format!("{prefix}-{}", hex_of(&format!("{}/{prefix}/{what}", self.name), 17))
    }

    /// Its VPC.
    pub fn vpc(&self) -> String {
        self.resource("vpc", "vpc")
    }

    /// Hostname of the load balancer in front of the Ingress `edge`.
    pub fn load_balancer(&self) -> String {
        format!(
            "k8s-ingressnginx-edge-{}-{}.{REGION}.elb.amazonaws.com",
            self.environment,
            hex_of(self.name, 10)
        )
    }

    /// Address of its API server.
    pub fn endpoint(&self) -> String {
        format!(
            "https://{}.gr7.{REGION}.eks.amazonaws.com",
            hex_of(&format!("{}/endpoint", self.name), 32).to_uppercase()
        )
    }

    /// The unique id of one of its objects at rest.
    pub fn uid(&self, kind: &str, namespace: &str, name: &str) -> String {
        uuid_of(&format!("{}/{kind}/{namespace}/{name}", self.name))
    }

    /// Node name of an address in this cluster.
    pub fn node_name(&self, subnet: u8, host: u8) -> String {
        format!("ip-10-{}-{subnet}-{host}.ec2.internal", self.octet)
    }
}

impl Instance {
    /// Family of the type: `m5` of `m5.xlarge`.
    pub fn family(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(family, _)| family)
    }

    /// Size of the type: `xlarge` of `m5.xlarge`.
    pub fn size(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(_, size)| size)
    }
}

/// The availability zone of a private subnet, with its account-independent id.
pub fn zone_of(subnet: u8) -> (&'static str, &'static str) {
    match subnet {
        11 => ("us-east-1a", "use1-az6"),
        12 => ("us-east-1b", "use1-az1"),
        _ => ("us-east-1c", "use1-az2"),
    }
}

/// An image of the platform, as mirrored into the fleet's registry.
pub fn platform_image(name: &str, version: &str) -> String {
    format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/platform/{name}:{version}")
}

/// An image of one of the applications.
pub fn app_image(name: &str, version: &str) -> String {
    format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/myapp/{name}:{version}")
}

/// An image of an EKS add-on, from the vendor's registry.
pub fn addon_image(name: &str, version: &str) -> String {
    format!("602401143452.dkr.ecr.{REGION}.amazonaws.com/eks/{name}:{version}")
}
