//! Whether a trust policy lets a service account take a role. What a policy may say beside this is said to be unknown,
//! never guessed.

use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::role::{Condition, Role, Trust};

/// The service that gives pods their roles by EKS Pod Identity.
const PODS: &str = "pods.eks.amazonaws.com";

/// Who asks: a service account of a cluster.
pub(super) struct Asked<'a> {
    pub(super) namespace: &'a str,
    pub(super) account: &'a str,
    pub(super) cluster: Option<&'a EksCluster>,
}

/// What a trust policy answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Yes.
    Yes,
    /// No; a condition that would have to be another, where one is all that is missing.
    No(Option<String>),
    /// It says something that is not judged here.
    Unknown(String),
}

impl Asked<'_> {
    /// By Pod Identity.
    pub(super) fn by_service(&self, role: &Role, action: &str) -> Allowed {
        self.decide(role, |trust| names(trust) && acts(trust, action), None)
    }

    /// True when some statement names the service of Pod Identity.
    pub(super) fn names_service(&self, role: &Role) -> bool {
        role.trust.iter().any(|trust| trust.allows && names(trust))
    }

    /// By a token of this issuer.
    pub(super) fn by_token(&self, role: &Role, issuer: &str) -> Allowed {
        let believes = |trust: &Trust| {
            trust.federated.iter().any(|provider| {
                provider
                    .split_once(":oidc-provider/")
                    .is_some_and(|(_, own)| own.eq_ignore_ascii_case(issuer))
            }) && acts(trust, "sts:AssumeRoleWithWebIdentity")
        };
        self.decide(role, believes, Some(issuer))
    }

    fn decide(&self, role: &Role, is_about: impl Fn(&Trust) -> bool, issuer: Option<&str>) -> Allowed {
        if role.trust.iter().any(|trust| !trust.allows) {
            return Allowed::Unknown("its trust denies something, which is not judged".to_owned());
        }
        let mut answer = Allowed::No(None);
        for trust in role.trust.iter().filter(|trust| is_about(trust)) {
            match (self.meets(trust, issuer), &answer) {
                (Allowed::Yes, _) => return Allowed::Yes,
                (Allowed::Unknown(why), _) => answer = Allowed::Unknown(why),
                (no, Allowed::No(_)) => answer = no,
                _ => {}
            }
        }
        answer
    }

    fn meets(&self, trust: &Trust, issuer: Option<&str>) -> Allowed {
        let mut unknown = None;
        for condition in &trust.conditions {
            match self.holds(condition, issuer) {
                Some(true) => {}
                Some(false) => {
                    let key = condition.key.rsplit([':', '/']).next().unwrap_or_default();
                    return Allowed::No(Some(format!("{key} {}", condition.values.join(" or "))));
                }
                None => unknown = Some(format!("its trust compares {}, which is not judged", condition.key)),
            }
        }
        unknown.map_or(Allowed::Yes, Allowed::Unknown)
    }

    /// What the service account would bring under this key.
    fn brings(&self, key: &str, issuer: Option<&str>) -> Option<String> {
        let key = key.to_ascii_lowercase();
        if let Some(issuer) = issuer {
            let own = key.strip_prefix(&issuer.to_ascii_lowercase())?;
            return match own {
                ":sub" => Some(format!("system:serviceaccount:{}:{}", self.namespace, self.account)),
                ":aud" => Some("sts.amazonaws.com".to_owned()),
                _ => None,
            };
        }
        match key.as_str() {
            "aws:requesttag/kubernetes-namespace" => Some(self.namespace.to_owned()),
            "aws:requesttag/kubernetes-service-account" => Some(self.account.to_owned()),
            "aws:requesttag/eks-cluster-name" => Some(self.cluster?.name.to_string()),
            "aws:requesttag/eks-cluster-arn" | "aws:sourcearn" => Some(self.cluster?.arn.to_string()),
            "aws:sourceaccount" => self.cluster?.arn.split(':').nth(4).map(str::to_owned),
            _ => None,
        }
    }

    /// Whether a condition holds; `None` where it compares something else, or in another way.
    fn holds(&self, condition: &Condition, issuer: Option<&str>) -> Option<bool> {
        let own = self.brings(&condition.key, issuer)?;
        let operator = condition.operator.rsplit(':').next().unwrap_or_default();
        let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
        let any = |fits: &dyn Fn(&str) -> bool| condition.values.iter().any(|value| fits(value));
        match operator {
            "StringEquals" => Some(any(&|value| value == own)),
            "StringEqualsIgnoreCase" => Some(any(&|value| value.eq_ignore_ascii_case(&own))),
            "StringLike" | "ArnLike" | "ArnEquals" => Some(any(&|value| like(value, &own))),
            "StringNotEquals" => Some(!any(&|value| value == own)),
            "StringNotLike" => Some(!any(&|value| like(value, &own))),
            _ => None,
        }
    }
}

fn names(trust: &Trust) -> bool {
    trust.services.iter().any(|service| **service == *PODS)
}

fn acts(trust: &Trust, action: &str) -> bool {
    trust.actions.iter().any(|own| like(&own.to_ascii_lowercase(), &action.to_ascii_lowercase()))
}

/// `*` stands for any letters, `?` for one.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(letter) if *letter == '?' || text.get(here) == Some(letter) => {
                at += 1;
                here += 1;
            }
            _ => match star {
                // The star takes one letter more.
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    at = back + 1;
                    here = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/ABC";

    fn condition(operator: &str, key: &str, values: &[&str]) -> Condition {
        let values = values.iter().map(|value| (*value).into()).collect();
        Condition { operator: operator.into(), key: key.into(), values }
    }

    fn by_token(conditions: &[Condition]) -> Allowed {
        let trust = Trust {
            allows: true,
            federated: [format!("arn:aws:iam::123456789012:oidc-provider/{ISSUER}").into()].into(),
            actions: ["sts:AssumeRoleWithWebIdentity".into()].into(),
            conditions: conditions.into(),
            ..Trust::default()
        };
        let role = Role { trust: [trust].into(), ..Role::default() };
        let asked = Asked { namespace: "external-dns", account: "external-dns", cluster: None };
        asked.by_token(&role, ISSUER)
    }

    fn by_service(actions: &[&str], conditions: &[Condition], action: &str) -> Allowed {
        let trust = Trust {
            allows: true,
            services: [PODS.into()].into(),
            actions: actions.iter().map(|action| (*action).into()).collect(),
            conditions: conditions.into(),
            ..Trust::default()
        };
        let cluster = EksCluster {
            name: "myapp-prod".into(),
            arn: "arn:aws:eks:us-east-1:123456789012:cluster/myapp-prod".into(),
            ..EksCluster::default()
        };
        let asked = Asked { namespace: "kube-system", account: "karpenter", cluster: Some(&cluster) };
        asked.by_service(&Role { trust: [trust].into(), ..Role::default() }, action)
    }

    #[test]
    fn a_token_must_be_the_accounts_own() {
        let (sub, aud) = (format!("{ISSUER}:sub"), format!("{ISSUER}:aud"));
        let own = "system:serviceaccount:external-dns:external-dns";
        let audience = condition("StringEquals", &aud, &["sts.amazonaws.com"]);
        assert_eq!(by_token(&[condition("StringEquals", &sub, &[own]), audience.clone()]), Allowed::Yes);
        let like = condition("ForAnyValue:StringLike", &sub, &["system:serviceaccount:external-*:*"]);
        assert_eq!(by_token(&[like, audience]), Allowed::Yes);
        let other = condition("StringEquals", &sub, &["system:serviceaccount:default:external-dns"]);
        let said = "sub system:serviceaccount:default:external-dns".to_owned();
        assert_eq!(by_token(&[other]), Allowed::No(Some(said)));
    }

    #[test]
    fn what_is_not_understood_is_unknown() {
        let by_amr = condition("StringEquals", &format!("{ISSUER}:amr"), &["x"]);
        assert!(matches!(by_token(&[by_amr]), Allowed::Unknown(_)));
        let by_date = condition("DateLessThan", &format!("{ISSUER}:sub"), &["2020"]);
        assert!(matches!(by_token(&[by_date]), Allowed::Unknown(_)));
    }

    #[test]
    fn pod_identity_needs_both_actions_and_its_tags() {
        assert_eq!(by_service(&["sts:*"], &[], "sts:TagSession"), Allowed::Yes);
        assert_eq!(by_service(&["sts:AssumeRole"], &[], "sts:TagSession"), Allowed::No(None));
        let both = ["sts:AssumeRole", "sts:TagSession"];
        let tagged = |account: &str| {
            condition("StringEquals", "aws:RequestTag/kubernetes-service-account", &[account])
        };
        assert_eq!(by_service(&both, &[tagged("karpenter")], "sts:AssumeRole"), Allowed::Yes);
        assert!(matches!(by_service(&both, &[tagged("other")], "sts:AssumeRole"), Allowed::No(Some(_))));
        let source =
            condition("ArnEquals", "aws:SourceArn", &["arn:aws:eks:us-east-1:123456789012:cluster/*"]);
        assert_eq!(by_service(&both, &[source], "sts:AssumeRole"), Allowed::Yes);
    }

    #[test]
    fn stars_and_question_marks_stand_for_letters() {
        for (pattern, text, fits) in [
            ("a*c", "abbc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
