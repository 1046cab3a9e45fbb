//! Listeners of load balancers, with their rules (`DescribeListeners`, `DescribeRules`).

use std::sync::Arc;

use super::aws_row;

/// A listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// `ListenerArn`
    pub arn: Box<str>,
    /// `LoadBalancerArn`
    pub load_balancer: Arc<str>,
    /// `Port`; 0 for a gateway load balancer, which has none.
    pub port: u16,
    /// `Protocol`: `HTTP`, `HTTPS`, `TCP`, `TLS`, `UDP`, …
    pub protocol: Arc<str>,
    /// `Certificates[].CertificateArn`: the default one first, then those that are chosen by the name that is asked for.
    pub certificates: Box<[Arc<str>]>,
    /// `SslPolicy`
    pub ssl_policy: Arc<str>,
    /// Its rules in the order in which they are asked, the default one last.
    pub rules: Box<[Rule]>,
}

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// `Priority`; `None` for the default rule.
    pub priority: Option<u32>,
    /// Patterns of hosts (`host-header`); none means any.
    pub hosts: Box<[Arc<str>]>,
    /// Patterns of paths (`path-pattern`); none means any.
    pub paths: Box<[Arc<str>]>,
    /// Other conditions, by their field: `http-header`, `source-ip`, …
    pub others: Box<[Arc<str>]>,
    /// What it does.
    pub action: Action,
}

/// What a rule does in the end. Logging in before it is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Forwards to these target groups, each by its ARN and weight.
    Forward(Box<[(Arc<str>, u32)]>),
    /// Sends the client elsewhere, in words: `HTTP_301 https://#{host}:443/#{path}`.
    Redirect(Box<str>),
    /// Answers itself with this status.
    Fixed(Box<str>),
    /// Something that is newer than this program, by its type.
    Other(Box<str>),
}

impl Default for Action {
    fn default() -> Self {
        Self::Other("nothing".into())
    }
}

aws_row!(Listener, arn);

impl Rule {
    /// Whether it takes a request for a host and a path; `None` when it depends on what is not known here.
    pub fn takes(&self, host: &str, path: &str) -> Option<bool> {
        let any = |patterns: &[Arc<str>], text: &str, is_sensitive: bool| {
            patterns.is_empty()
                || patterns.iter().any(|pattern| match is_sensitive {
                    true => fits(pattern, text),
                    false => fits(&pattern.to_lowercase(), &text.to_lowercase()),
                })
        };
        match any(&self.hosts, host, false) && any(&self.paths, path, true) {
            false => Some(false),
            true if self.others.is_empty() => Some(true),
            true => None,
        }
    }
}

impl Listener {
    /// True when it ends TLS.
    pub fn is_encrypted(&self) -> bool {
        matches!(&*self.protocol, "HTTPS" | "TLS")
    }

    /// The first rule that takes a request, with those before it that may.
    pub fn rule_for(&self, host: &str, path: &str) -> (Option<&Rule>, usize) {
        let mut perhaps = 0;
        for rule in &self.rules {
            match rule.takes(host, path) {
                Some(true) => return (Some(rule), perhaps),
                Some(false) => {}
                None => perhaps += 1,
            }
        }
        (None, perhaps)
    }
}

/// Patterns of conditions: `*` for any number of characters, `?` for one (Elastic Load Balancing, rule conditions).
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(from) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(p) if *p == '?' || p == c => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((back, taken)) => {
                    at = back + 1;
                    from = taken + 1;
                    star = Some((back, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(hosts: &[&str], paths: &[&str]) -> Rule {
        let all = |words: &[&str]| words.iter().map(|word| Arc::from(*word)).collect();
        Rule { priority: Some(1), hosts: all(hosts), paths: all(paths), ..Rule::default() }
    }

    #[test]
    fn patterns_have_stars_and_question_marks() {
        assert!(
            fits("/*", "/") && fits("/api/*", "/api/v1/x") && fits("*.png", "a.png") && fits("a?c", "abc")
        );
        assert!(fits("*a*b", "xxaab") && !fits("/api", "/api/") && !fits("a?c", "ac") && !fits("", "a"));
    }

    #[test]
    fn a_rule_takes_its_hosts_in_any_case_and_its_paths_as_they_are() {
        let rule = rule(&["*.cosner.cloud"], &["/v2/*"]);
        assert_eq!(rule.takes("API.cosner.cloud", "/v2/x"), Some(true));
        assert_eq!(rule.takes("api.cosner.cloud", "/V2/x"), Some(false));
        assert_eq!(rule.takes("cosner.cloud", "/v2/x"), Some(false));
    }

    #[test]
    fn what_depends_on_headers_is_not_known_and_the_first_that_surely_takes_it_is_found() {
        let secret = Rule { others: ["http-header".into()].into(), ..rule(&[], &[]) };
        let listener =
            Listener { rules: [secret, rule(&["b.x"], &[]), Rule::default()].into(), ..Listener::default() };
        let (found, perhaps) = listener.rule_for("a.x", "/");
        assert_eq!((found.unwrap().priority, perhaps), (None, 1));
    }
}
