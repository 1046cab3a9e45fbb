//! The kinds of AWS objects. Their group is [`GROUP`], so that no API server can offer the same.

use crate::fleet::ResourceType;

/// The group of everything that is read from AWS.
pub const GROUP: &str = "aws";

/// True for a kind that is read from AWS.
pub fn is_aws(resource: &ResourceType) -> bool {
    resource.group == GROUP
}

macro_rules! kinds {
    ($($(#[$about:meta])* $constant:ident = $plural:literal, $kind:literal;)*) => {
        $(
            $(#[$about])*
            pub const $constant: ResourceType = ResourceType::cluster_wide(GROUP, "v1", $plural, $kind);
        )*
    };
}

kinds! {
    /// EKS access entries: who may enter the cluster.
    ACCESS_ENTRIES = "accessentries", "AccessEntry";
    /// Add-ons that EKS manages.
    ADDONS = "eksaddons", "Addon";
    /// The newest version of each managed add-on for this cluster's Kubernetes, and for the next one.
    ADDON_VERSIONS = "addonversions", "AddonVersion";
    /// CloudWatch alarms.
    ALARMS = "alarms", "Alarm";
    /// Who AWS says we are: one row.
    CALLERS = "callers", "Caller";
    /// Certificates of Certificate Manager.
    ACM_CERTIFICATES = "acmcertificates", "AcmCertificate";
    /// The cluster as EKS describes it: one row.
    EKS_CLUSTERS = "eksclusters", "EksCluster";
    /// Versions of Kubernetes that EKS offers, with the ends of their support.
    EKS_VERSIONS = "eksversions", "EksVersion";
    /// VPC endpoints.
    ENDPOINTS = "vpcendpoints", "VpcEndpoint";
    /// Internet and NAT gateways.
    GATEWAYS = "gateways", "Gateway";
    /// Health checks of Route 53.
    HEALTH_CHECKS = "healthchecks", "HealthCheck";
    /// Images in ECR repositories that run in the clusters.
    IMAGES = "ecrimages", "Image";
    /// Upgrade and configuration insights of EKS.
    INSIGHTS = "insights", "Insight";
    /// EC2 instances.
    INSTANCES = "instances", "Instance";
    /// Launch templates of EC2.
    LAUNCH_TEMPLATES = "launchtemplates", "LaunchTemplate";
    /// Listeners of load balancers, with their rules.
    LISTENERS = "listeners", "Listener";
    /// Application and network load balancers.
    LOAD_BALANCERS = "loadbalancers", "LoadBalancer";
    /// Log groups of CloudWatch Logs.
    LOG_GROUPS = "loggroups", "LogGroup";
    /// Machine images that instances were launched from.
    MACHINE_IMAGES = "machineimages", "MachineImage";
    /// CloudWatch metrics of a cluster: its control plane, its nodes.
    METRICS = "clustermetrics", "Metric";
    /// Managed node groups.
    NODE_GROUPS = "nodegroups", "NodeGroup";
    /// Releases of images for nodes that AWS recommends.
    NODE_RELEASES = "nodereleases", "NodeRelease";
    /// Pod Identity associations.
    POD_IDENTITIES = "podidentities", "PodIdentityAssociation";
    /// Providers of tokens that an account believes: IRSA needs that of the cluster.
    OIDC_PROVIDERS = "oidcproviders", "OidcProvider";
    /// SQS queues of interruption messages.
    QUEUES = "queues", "Queue";
    /// Records of the hosted zones.
    RECORDS = "recordsets", "RecordSet";
    /// Repositories of the container registry.
    REPOSITORIES = "repositories", "Repository";
    /// IAM roles that components of the cluster assume.
    ROLES = "iamroles", "Role";
    /// Route tables.
    ROUTE_TABLES = "routetables", "RouteTable";
    /// Security groups.
    SECURITY_GROUPS = "securitygroups", "SecurityGroup";
    /// Secrets of Secrets Manager and parameters of Systems Manager: their metadata, never a value.
    STORED_SECRETS = "storedsecrets", "StoredSecret";
    /// Subnets.
    SUBNETS = "subnets", "Subnet";
    /// Target groups, with the health of their targets.
    TARGET_GROUPS = "targetgroups", "TargetGroup";
    /// The state of Terraform that made a cluster: at most one.
    TERRAFORM_STATES = "terraformstates", "TerraformState";
    /// Updates that EKS is doing or has done.
    UPDATES = "eksupdates", "Update";
    /// CloudWatch metrics of what stands around a cluster: load balancers, their targets, NAT gateways.
    TRAFFIC_METRICS = "trafficmetrics", "Metric";
    /// EBS volumes.
    EBS_VOLUMES = "ebsvolumes", "EbsVolume";
    /// VPCs.
    VPCS = "vpcs", "Vpc";
    /// Hosted zones of Route 53.
    ZONES = "hostedzones", "HostedZone";
}
