//! What a context says of the EKS cluster behind it: the command that `aws eks update-kubeconfig` writes names it, and so
//! do the ARN and the endpoint.

use kube::config::ExecConfig;

use super::Context;

/// How EKS knows a cluster, and with which credentials; each part as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EksAddress {
    /// The name of the cluster.
    pub name: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The role to assume.
    pub role: Option<String>,
}

impl Context {
    /// How EKS knows the cluster of this context; nothing at all for one that shows no sign of EKS.
    pub fn eks_address(&self) -> EksAddress {
        let by_arn = [&self.name, &self.cluster].into_iter().find_map(|name| by_arn(name));
        let by_host = by_host(self.server());
        let by_command = self.login.exec.as_ref().and_then(by_command);
        let known = [
            by_command,
            by_arn,
            by_host.map(|region| EksAddress { region: Some(region), ..EksAddress::default() }),
        ];
        known.into_iter().flatten().fold(EksAddress::default(), EksAddress::or)
    }
}

impl EksAddress {
    /// What is not known here, from there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            region: self.region.or(other.region),
            profile: self.profile.or(other.profile),
            role: self.role.or(other.role),
        }
    }
}

/// `arn:aws:eks:us-east-1:123456789012:cluster/web`
fn by_arn(name: &str) -> Option<EksAddress> {
    let mut parts = name.splitn(6, ':');
    let (Some("arn"), Some(_), Some("eks"), Some(region), Some(_), Some(rest)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let name = rest.strip_prefix("cluster/")?;
    Some(EksAddress { name: Some(name.to_owned()), region: Some(region.to_owned()), ..EksAddress::default() })
}

/// `https://ABCD.gr7.us-east-1.eks.amazonaws.com`
fn by_host(server: &str) -> Option<String> {
    let uri: http::Uri = server.parse().ok()?;
    let before =
        uri.host()?.split(".eks.amazonaws.com").next().filter(|before| uri.host() != Some(*before))?;
    before.rsplit('.').next().map(str::to_owned)
}

/// `aws --region R eks get-token --cluster-name N [--role-arn A] [--profile P]`, with `AWS_PROFILE` beside it; or
/// `aws-iam-authenticator token -i N [-r A]`.
fn by_command(exec: &ExecConfig) -> Option<EksAddress> {
    let command = exec.command.as_deref()?.rsplit(['/', '\\']).next()?;
    let args = exec.args.as_deref().unwrap_or_default();
    let flag = |names: &[&str]| {
        args.iter().enumerate().find_map(|(index, arg)| match arg.split_once('=') {
            Some((name, value)) if names.contains(&name) => Some(value.to_owned()),
            _ if names.contains(&arg.as_str()) => args.get(index + 1).cloned(),
            _ => None,
        })
    };
    let set = |name: &str| {
        let pair =
            exec.env.iter().flatten().find(|pair| pair.get("name").is_some_and(|known| known == name))?;
        pair.get("value").cloned()
    };
    let is_token = args.iter().any(|arg| arg == "get-token" || arg == "token");
    if !is_token || !matches!(command, "aws" | "aws.exe" | "aws-iam-authenticator") {
        return None;
    }
    Some(EksAddress {
        name: flag(&["--cluster-name", "--cluster-id", "-i"]),
        region: flag(&["--region"]).or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION")),
        profile: flag(&["--profile"]).or_else(|| set("AWS_PROFILE")),
        role: flag(&["--role-arn", "--role", "-r"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_update_kubeconfig_names_all() {
        let exec = serde_json::json!({
            "command": "aws",
            "args": ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "web", "--output", "json",
                     "--role-arn", "arn:aws:iam::1:role/ops"],
            "env": [{"name": "AWS_PROFILE", "value": "prod"}],
        });
        let address = by_command(&serde_json::from_value(exec).unwrap()).unwrap();
        assert_eq!(
            address,
            EksAddress {
                name: Some("web".into()),
                region: Some("eu-west-1".into()),
                profile: Some("prod".into()),
                role: Some("arn:aws:iam::1:role/ops".into()),
            }
        );
    }

    #[test]
    fn another_plugin_is_no_sign_of_eks() {
        let exec = serde_json::json!({"command": "gke-gcloud-auth-plugin", "args": ["token"]});
        assert_eq!(by_command(&serde_json::from_value(exec).unwrap()), None);
    }

    #[test]
    fn arns_and_endpoints_name_the_region() {
        let address = by_arn("arn:aws-cn:eks:cn-north-1:123456789012:cluster/web").unwrap();
        assert_eq!((address.name.as_deref(), address.region.as_deref()), (Some("web"), Some("cn-north-1")));
        assert_eq!(by_arn("web"), None);
        let host = "https://AB12.gr7.us-east-1.eks.amazonaws.com:443";
        assert_eq!(by_host(host).as_deref(), Some("us-east-1"));
        assert_eq!(by_host("https://10.0.0.1:6443"), None);
    }
}
