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
    /// The account it is in: twelve digits.
    pub account: Option<String>,
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
            account: self.account.or(other.account),
        }
    }
}

/// `arn:aws:eks:us-east-1:123456789012:cluster/web`
fn by_arn(name: &str) -> Option<EksAddress> {
    let mut parts = name.splitn(6, ':');
    let (Some("arn"), Some(_), Some("eks"), Some(region), Some(account), Some(rest)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let name = rest.strip_prefix("cluster/")?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    Some(EksAddress {
        name: Some(name.to_owned()),
        region: Some(region.to_owned()),
        account: is_account.then(|| account.to_owned()),
        ..EksAddress::default()
    })
}

/// `https://ABCD.gr7.us-east-1.eks.amazonaws.com`, or `https://ABCD.gr7.eks-cluster.us-east-1.api.aws` with IPv6.
fn by_host(server: &str) -> Option<String> {
    let uri: http::Uri = server.parse().ok()?;
    let host = uri.host()?;
    let before = host.split_once(".eks.amazonaws.com").map(|(before, _)| before);
    let before =
        before.or_else(|| host.strip_suffix(".api.aws").filter(|rest| rest.contains(".eks-cluster.")))?;
    before.rsplit('.').next().map(str::to_owned)
}

impl Context {
    /// What the plugin of this context would sign a token with, when all that it is told is understood: then the token
    /// can be signed here. A flag or a variable that means something else to it is none of our business.
    pub fn signs(&self) -> Option<EksAddress> {
        let exec = self.login.exec.as_ref()?;
        let signs = signs(exec)?;
        let address = self.eks_address();
        Some(EksAddress { region: signs.region.or(address.region), account: address.account, ..signs })
    }

    /// A cluster that no kubeconfig knows, as EKS describes it. `authority` is base64 of PEM, as it is there.
    pub(in crate::gateway) fn described(name: &str, server: &str, authority: &str) -> Self {
        let endpoint = kube::config::Cluster {
            server: Some(server.to_owned()),
            certificate_authority_data: Some(authority.to_owned()).filter(|data| !data.is_empty()),
            ..kube::config::Cluster::default()
        };
        Self {
            name: name.to_owned(),
            cluster: name.to_owned(),
            user: None,
            namespace: None,
            file: std::path::PathBuf::from("EKS"),
            files: std::sync::Arc::from(Vec::new()),
            endpoint,
            login: kube::config::AuthInfo::default(),
        }
    }
}

/// Flags of `aws eks get-token` and the global ones that `update-kubeconfig` writes.
const AWS_FLAGS: &[&str] =
    &["--region", "--profile", "--cluster-name", "--cluster-id", "--role-arn", "--role", "--output"];
/// Flags of `aws-iam-authenticator token`.
const AUTHENTICATOR_FLAGS: &[&str] = &["--cluster-id", "-i", "--role", "-r", "--region"];
/// Variables that say which credentials, or change nothing about a token.
const VARIABLES: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_SDK_LOAD_CONFIG",
];

fn signs(exec: &ExecConfig) -> Option<EksAddress> {
    let command = exec.command.as_deref()?.rsplit(['/', '\\']).next()?;
    let (words, flags): (&[&str], &[&str]) = match command {
        "aws" | "aws.exe" => (&["eks", "get-token"], AWS_FLAGS),
        "aws-iam-authenticator" | "aws-iam-authenticator.exe" => (&["token"], AUTHENTICATOR_FLAGS),
        _ => return None,
    };
    let mut said = Vec::new();
    let mut args = exec.args.as_deref().unwrap_or_default().iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg.split_once('=') {
            Some((flag, _)) if flags.contains(&flag) => {}
            _ if flags.contains(&arg) => {
                args.next()?;
            }
            _ if !arg.starts_with('-') => said.push(arg),
            _ => return None,
        }
    }
    let variables = exec.env.iter().flatten().filter_map(|pair| pair.get("name"));
    let is_understood = said == words && variables.into_iter().all(|name| VARIABLES.contains(&name.as_str()));
    by_command(exec).filter(|address| is_understood && address.name.is_some())
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
    let is_aws = matches!(command.trim_end_matches(".exe"), "aws" | "aws-iam-authenticator");
    if !is_token || !is_aws {
        return None;
    }
    Some(EksAddress {
        name: flag(&["--cluster-name", "--cluster-id", "-i"]),
        region: flag(&["--region"]).or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION")),
        profile: flag(&["--profile"]).or_else(|| set("AWS_PROFILE")).or_else(|| set("AWS_DEFAULT_PROFILE")),
        role: flag(&["--role-arn", "--role", "-r"]),
        account: None,
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
                account: None,
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
        assert_eq!(address.account.as_deref(), Some("123456789012"));
        assert_eq!(by_arn("web"), None);
        let dual = "https://AB12.gr7.eks-cluster.eu-west-1.api.aws";
        assert_eq!(by_host(dual).as_deref(), Some("eu-west-1"));
        let host = "https://AB12.gr7.us-east-1.eks.amazonaws.com:443";
        assert_eq!(by_host(host).as_deref(), Some("us-east-1"));
        assert_eq!(by_host("https://10.0.0.1:6443"), None);
    }

    fn plugin(command: &str, args: &[&str], env: &[(&str, &str)]) -> ExecConfig {
        let env: Vec<_> =
            env.iter().map(|(name, value)| serde_json::json!({"name": name, "value": value})).collect();
        serde_json::from_value(serde_json::json!({"command": command, "args": args, "env": env})).unwrap()
    }

    #[test]
    fn what_all_is_understood_of_can_be_signed_here() {
        let token =
            ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "web", "--output", "json"];
        let aws = signs(&plugin("/usr/local/bin/aws", &token, &[("AWS_PROFILE", "prod")])).unwrap();
        assert_eq!((aws.name.as_deref(), aws.profile.as_deref()), (Some("web"), Some("prod")));
        let other =
            plugin("aws-iam-authenticator", &["token", "-i", "web", "-r", "arn:aws:iam::1:role/x"], &[]);
        assert_eq!(signs(&other).unwrap().role.as_deref(), Some("arn:aws:iam::1:role/x"));
        let joined = plugin("aws", &["eks", "get-token", "--cluster-name=web", "--region=eu-west-1"], &[]);
        assert_eq!(signs(&joined).unwrap().region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn what_means_something_else_to_the_plugin_is_left_to_it() {
        let token = ["eks", "get-token", "--cluster-name", "web"];
        let with = |more: &[&'static str]| -> Vec<&str> { token.iter().chain(more).copied().collect() };
        assert!(signs(&plugin("aws", &token, &[])).is_some());
        for (command, args, env) in [
            ("aws", with(&["--endpoint-url", "http://x"]), None),
            ("aws", with(&["--no-verify-ssl"]), None),
            ("aws", with(&["--profile"]), None),
            ("aws", token.to_vec(), Some(("AWS_ACCESS_KEY_ID", "x"))),
            ("aws", token.to_vec(), Some(("AWS_CONFIG_FILE", "x"))),
            ("aws", vec!["eks", "get-token"], None),
            (
                "aws-vault",
                vec!["exec", "prod", "--", "aws", "eks", "get-token", "--cluster-name", "web"],
                None,
            ),
            ("aws-iam-authenticator", vec!["token", "-i", "web", "--external-id", "x"], None),
            ("saml2aws", token.to_vec(), None),
        ] {
            let env: Vec<(&str, &str)> = env.into_iter().collect();
            assert_eq!(signs(&plugin(command, &args, &env)), None, "{command} {args:?} {env:?}");
        }
    }
}
