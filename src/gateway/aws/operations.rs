//! Every operation that this program may call in AWS. All of them read. `StartQuery` and `StopQuery` change nothing of the
//! account either, but a query costs by what it scans: it is only begun when somebody was told that and said so. The guard,
//! the permissions that `doctor` lists and the policy that it prints are read from here; what is not here does not leave the
//! process.

/// A service of AWS as it is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its service id: `EC2`, `Elastic Load Balancing v2`. `AWS_ENDPOINT_URL_<ID>` is made of it.
    pub id: &'static str,
    /// Its name in signatures and in IAM actions, mostly the same.
    pub signing: &'static str,
    /// The first part of its host: `ec2` of `ec2.us-east-1.amazonaws.com`.
    pub host: &'static str,
    /// One endpoint for all regions; requests are signed for `us-east-1`.
    pub is_global: bool,
}

const fn regional(id: &'static str, signing: &'static str, host: &'static str) -> Service {
    Service { id, signing, host, is_global: false }
}

/// Amazon EKS
pub const EKS: Service = regional("EKS", "eks", "eks");
/// Amazon Route 53
pub const ROUTE_53: Service =
    Service { id: "Route 53", signing: "route53", host: "route53", is_global: true };
/// Amazon CloudWatch
pub const CLOUDWATCH: Service = regional("CloudWatch", "monitoring", "monitoring");
/// Security Token Service
pub const STS: Service = regional("STS", "sts", "sts");
/// Amazon EC2
pub const EC2: Service = regional("EC2", "ec2", "ec2");
/// Application and network load balancers
pub const ELB: Service =
    regional("Elastic Load Balancing v2", "elasticloadbalancing", "elasticloadbalancing");
/// Classic load balancers: the same host and permissions, another version of the API
pub const ELB_CLASSIC: Service =
    regional("Elastic Load Balancing", "elasticloadbalancing", "elasticloadbalancing");
/// EC2 Auto Scaling
pub const AUTO_SCALING: Service = regional("Auto Scaling", "autoscaling", "autoscaling");
/// Identity and Access Management
pub const IAM: Service = Service { id: "IAM", signing: "iam", host: "iam", is_global: true };
/// CloudWatch Logs
pub const LOGS: Service = regional("CloudWatch Logs", "logs", "logs");
/// Secrets Manager
pub const SECRETS_MANAGER: Service = regional("Secrets Manager", "secretsmanager", "secretsmanager");
/// Systems Manager, for parameters
pub const SSM: Service = regional("SSM", "ssm", "ssm");
/// Container registry
pub const ECR: Service = regional("ECR", "ecr", "api.ecr");
/// Queues
pub const SQS: Service = regional("SQS", "sqs", "sqs");
/// Certificate Manager
pub const ACM: Service = regional("ACM", "acm", "acm");
/// DynamoDB, for the lock of Terraform's state
pub const DYNAMODB: Service = regional("DynamoDB", "dynamodb", "dynamodb");
/// S3, for the bucket of Terraform's state
pub const S3: Service = regional("S3", "s3", "s3");

/// An operation of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Whose.
    pub service: Service,
    /// Its name as in the API: `DescribeCluster`.
    pub name: &'static str,
    /// The IAM action that allows it, where that is not `<signing name>:<operation>`.
    pub action: Option<&'static str>,
}

impl Operation {
    /// The IAM action that allows it: `eks:DescribeCluster`.
    pub fn action(&self) -> String {
        match self.action {
            Some(action) => action.to_owned(),
            None if self.service == CLOUDWATCH => format!("cloudwatch:{}", self.name),
            None => format!("{}:{}", self.service.signing, self.name),
        }
    }

    /// True for what begins something that is paid for each time, and that AWS cannot tell from its repetition: it is
    /// not sent again when no answer came.
    pub(super) fn is_once(&self) -> bool {
        *self == LOGS_START_QUERY
    }
}

const fn operation(service: Service, name: &'static str) -> Operation {
    Operation { service, name, action: None }
}

macro_rules! operations {
    ($($constant:ident = $service:ident $name:literal $(as $action:literal)?;)*) => {
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: Operation = operations!(@one $service $name $($action)?);
        )*
        /// All of them, by service.
        pub const OPERATIONS: &[Operation] = &[$($constant),*];
    };
    (@one $service:ident $name:literal) => { operation($service, $name) };
    (@one $service:ident $name:literal $action:literal) => {
        Operation { service: $service, name: $name, action: Some($action) }
    };
}

operations! {
    ACM_DESCRIBE_CERTIFICATE = ACM "DescribeCertificate";
    ACM_LIST_CERTIFICATES = ACM "ListCertificates";
    AUTO_SCALING_GROUPS = AUTO_SCALING "DescribeAutoScalingGroups";
    CLASSIC_HEALTH = ELB_CLASSIC "DescribeInstanceHealth";
    CLASSIC_LOAD_BALANCERS = ELB_CLASSIC "DescribeLoadBalancers";
    CLASSIC_TAGS = ELB_CLASSIC "DescribeTags";
    CLOUDWATCH_ALARM_HISTORY = CLOUDWATCH "DescribeAlarmHistory";
    CLOUDWATCH_ALARMS = CLOUDWATCH "DescribeAlarms";
    CLOUDWATCH_METRIC_DATA = CLOUDWATCH "GetMetricData";
    CLOUDWATCH_METRICS = CLOUDWATCH "ListMetrics";
    DYNAMODB_GET_ITEM = DYNAMODB "GetItem";
    EC2_ADDRESSES = EC2 "DescribeAddresses";
    EC2_IMAGES = EC2 "DescribeImages";
    EC2_INSTANCE_STATUS = EC2 "DescribeInstanceStatus";
    EC2_INSTANCES = EC2 "DescribeInstances";
    EC2_INTERNET_GATEWAYS = EC2 "DescribeInternetGateways";
    EC2_LAUNCH_TEMPLATES = EC2 "DescribeLaunchTemplates";
    EC2_NAT_GATEWAYS = EC2 "DescribeNatGateways";
    EC2_ROUTE_TABLES = EC2 "DescribeRouteTables";
    EC2_SECURITY_GROUPS = EC2 "DescribeSecurityGroups";
    EC2_SUBNETS = EC2 "DescribeSubnets";
    EC2_VOLUMES = EC2 "DescribeVolumes";
    EC2_VPC_ENDPOINTS = EC2 "DescribeVpcEndpoints";
    EC2_VPCS = EC2 "DescribeVpcs";
    ECR_IMAGES = ECR "DescribeImages";
    ECR_REPOSITORIES = ECR "DescribeRepositories";
    EKS_ACCESS_ENTRIES = EKS "ListAccessEntries";
    EKS_ACCESS_ENTRY = EKS "DescribeAccessEntry";
    EKS_ACCESS_POLICIES = EKS "ListAssociatedAccessPolicies";
    EKS_ADDON = EKS "DescribeAddon";
    EKS_ADDON_VERSIONS = EKS "DescribeAddonVersions";
    EKS_ADDONS = EKS "ListAddons";
    EKS_CLUSTER = EKS "DescribeCluster";
    EKS_CLUSTER_VERSIONS = EKS "DescribeClusterVersions";
    EKS_CLUSTERS = EKS "ListClusters";
    EKS_INSIGHT = EKS "DescribeInsight";
    EKS_INSIGHTS = EKS "ListInsights";
    EKS_NODE_GROUP = EKS "DescribeNodegroup";
    EKS_NODE_GROUPS = EKS "ListNodegroups";
    EKS_POD_IDENTITIES = EKS "ListPodIdentityAssociations";
    EKS_POD_IDENTITY = EKS "DescribePodIdentityAssociation";
    EKS_UPDATE = EKS "DescribeUpdate";
    EKS_UPDATES = EKS "ListUpdates";
    ELB_LISTENER_CERTIFICATES = ELB "DescribeListenerCertificates";
    ELB_LISTENERS = ELB "DescribeListeners";
    ELB_LOAD_BALANCERS = ELB "DescribeLoadBalancers";
    ELB_RULES = ELB "DescribeRules";
    ELB_TAGS = ELB "DescribeTags";
    ELB_TARGET_GROUPS = ELB "DescribeTargetGroups";
    ELB_TARGET_HEALTH = ELB "DescribeTargetHealth";
    IAM_OIDC_PROVIDERS = IAM "ListOpenIDConnectProviders";
    IAM_ROLES = IAM "ListRoles";
    LOGS_FILTER = LOGS "FilterLogEvents";
    LOGS_GROUPS = LOGS "DescribeLogGroups";
    LOGS_QUERY_RESULTS = LOGS "GetQueryResults";
    LOGS_START_QUERY = LOGS "StartQuery";
    LOGS_STOP_QUERY = LOGS "StopQuery";
    LOGS_STREAMS = LOGS "DescribeLogStreams";
    ROUTE_53_HEALTH_CHECK_STATUS = ROUTE_53 "GetHealthCheckStatus";
    ROUTE_53_HEALTH_CHECKS = ROUTE_53 "ListHealthChecks";
    ROUTE_53_RECORDS = ROUTE_53 "ListResourceRecordSets";
    ROUTE_53_ZONE = ROUTE_53 "GetHostedZone";
    ROUTE_53_ZONES = ROUTE_53 "ListHostedZones";
    S3_ENCRYPTION = S3 "GetBucketEncryption" as "s3:GetEncryptionConfiguration";
    S3_LIST = S3 "ListObjectsV2" as "s3:ListBucket";
    S3_LOCK = S3 "GetObject";
    S3_VERSIONING = S3 "GetBucketVersioning";
    SECRETS_MANAGER_DESCRIBE = SECRETS_MANAGER "DescribeSecret";
    SECRETS_MANAGER_LIST = SECRETS_MANAGER "ListSecrets";
    SQS_ATTRIBUTES = SQS "GetQueueAttributes";
    SQS_URL = SQS "GetQueueUrl";
    SSM_PARAMETERS = SSM "DescribeParameters";
    SSM_PUBLIC_PARAMETERS = SSM "GetParameters";
    STS_CALLER = STS "GetCallerIdentity";
}

/// True for an operation that we may call, by its name on the wire and the name in the request's signature.
pub(super) fn is_known(signing: &str, name: &str) -> bool {
    OPERATIONS.iter().any(|operation| operation.service.signing == signing && operation.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_sorted_and_read_only() {
        let names: Vec<(&str, &str)> = OPERATIONS.iter().map(|o| (o.service.host, o.name)).collect();
        for (service, name) in names {
            let reads = ["Describe", "Get", "List", "Filter"].iter().any(|verb| name.starts_with(verb));
            // A query reads; it has to be begun, and can be ended.
            assert!(reads || ["StartQuery", "StopQuery"].contains(&name), "{service} {name}");
            // Parameters are read below `/aws/service/` alone, which the door sees to.
            assert!(!name.contains("SecretValue") && name != "GetParameter", "{service} {name}");
        }
    }

    #[test]
    fn an_action_is_what_a_policy_names() {
        assert_eq!(EKS_CLUSTER.action(), "eks:DescribeCluster");
        assert_eq!(CLOUDWATCH_ALARMS.action(), "cloudwatch:DescribeAlarms");
        assert_eq!(ELB_RULES.action(), "elasticloadbalancing:DescribeRules");
        assert_eq!(S3_ENCRYPTION.action(), "s3:GetEncryptionConfiguration");
    }
}
