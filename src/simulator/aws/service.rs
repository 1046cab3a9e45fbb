//! The services of the account, and how a request finds its own.
//!
//! To add one: a folder beside the others with a `SERVICE`, and its line in [`SERVICES`].

use serde_json::{Map, Value};

use super::asked::{Asked, decoded};
use super::call::Call;
use super::credentials;
use super::failure::Failure;
use super::protocol::{self, Protocol};
use super::{
    acm, autoscaling, cloudwatch, dynamodb, ec2, ecr, eks, elb, iam, logs, route53, s3, secretsmanager, sqs,
    ssm, sts,
};
use crate::simulator::world::cluster::REGION;

/// A service of AWS.
#[derive(Debug)]
pub(crate) struct Service {
    /// Its name in endpoints; faults and the log call it so.
    pub(crate) name: &'static str,
    /// Its name in the scopes of signatures.
    pub(crate) signing: &'static str,
    /// The prefix of its permissions.
    pub(crate) permission: &'static str,
    pub(crate) protocol: Protocol,
    /// What it answers by method and path, for the protocols that have paths.
    pub(crate) routes: &'static [Route],
    pub(crate) answer: fn(&Call<'_>) -> Result<Value, Failure>,
}

/// Method, path with `{parameters}` and perhaps a name that the query must have, operation.
pub(crate) type Route = (&'static str, &'static str, &'static str);

/// Every service, in the order of the names.
pub(crate) const SERVICES: &[&Service] = &[
    &acm::SERVICE,
    &autoscaling::SERVICE,
    &dynamodb::SERVICE,
    &ec2::SERVICE,
    &ecr::SERVICE,
    &eks::SERVICE,
    &elb::SERVICE,
    &iam::SERVICE,
    &logs::SERVICE,
    &cloudwatch::SERVICE,
    &route53::SERVICE,
    &s3::SERVICE,
    &secretsmanager::SERVICE,
    &sqs::SERVICE,
    &ssm::SERVICE,
    &sts::SERVICE,
];

/// The service and the region that a request is for: by its host, or by the scope of its signature where the host is not
/// one of AWS.
pub(crate) fn of(asked: &Asked) -> Option<(&'static Service, String)> {
    let scope = credentials::scope(asked).unwrap_or_default();
    let by_host = asked.host.strip_suffix(".amazonaws.com").and_then(|name| {
        SERVICES.iter().find(|service| {
            // `eks.us-east-1`, `sts`, `bucket.s3.us-east-1`.
            let (own, host) = (service.name, name);
            host == own
                || host.strip_prefix(own).is_some_and(|rest| rest.starts_with('.'))
                || host.contains(&format!(".{own}."))
                || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.'))
        })
    });
    let by_scope = || SERVICES.iter().find(|service| service.signing == scope.service);
    let is_by_token = || scope.service.is_empty() && sts::is_by_token(asked);
    let by_token = || SERVICES.iter().find(|service| service.name == sts::SERVICE.name && is_by_token());
    let service = by_host.or_else(by_scope).or_else(by_token)?;
    let region = if scope.region.is_empty() { REGION.to_owned() } else { scope.region };
    Some((service, region))
}

impl Service {
    /// The operation of a request and its parameters.
    ///
    /// # Errors
    /// When the request is none of this service.
    pub(crate) fn read(&self, asked: &Asked) -> Result<(String, Value), Failure> {
        if self.routes.is_empty() {
            return self.protocol(asked).read(asked);
        }
        let path = match self.bucket(asked) {
            Some(bucket) => format!("/{bucket}{}", asked.path),
            None => asked.path.clone(),
        };
        let steps: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let (operation, labels) = self
            .routes
            .iter()
            .filter(|(method, ..)| *method == asked.method)
            .find_map(|(_, form, operation)| {
                let (path, wanted) =
                    form.split_once('?').map_or((*form, None), |(path, name)| (path, Some(name)));
                let has = |name: &str| asked.query.iter().any(|(own, _)| own == name);
                wanted.is_none_or(has).then_some(())?;
                Some((*operation, fits(path, &steps)?))
            })
            .ok_or_else(|| Failure::not_built(&format!("{} {}", asked.method, asked.path)))?;
        let mut parameters = match protocol::json_body(asked) {
            Ok(Value::Object(fields)) if self.protocol == Protocol::RestJson => fields,
            Err(failure) if self.protocol == Protocol::RestJson => return Err(failure),
            _ => Map::new(),
        };
        for (name, value) in &asked.query {
            insert(&mut parameters, name, value);
        }
        parameters.extend(labels.into_iter().map(|(name, value)| (name, Value::String(value))));
        Ok((operation.to_owned(), Value::Object(parameters)))
    }

    /// How this request is talked about. CloudWatch still answers in JSON whoever asks in JSON (its model lists three
    /// protocols).
    pub(crate) fn protocol(&self, asked: &Asked) -> Protocol {
        match self.protocol {
            Protocol::Cbor if !asked.header("x-amz-target").is_empty() => Protocol::Json("1.0"),
            Protocol::Query(_) if self.name == elb::SERVICE.name && elb::classic::is_asked(asked) => {
                elb::classic::PROTOCOL
            }
            protocol => protocol,
        }
    }

    /// The bucket that a host of S3 names before the service.
    fn bucket<'a>(&self, asked: &'a Asked) -> Option<&'a str> {
        let (bucket, _) = asked.host.strip_suffix(".amazonaws.com")?.split_once(".s3")?;
        (self.protocol == Protocol::S3).then_some(bucket)
    }

    /// True for a service that is the same from every region.
    pub(crate) fn is_global(&self) -> bool {
        [iam::SERVICE.name, route53::SERVICE.name].contains(&self.name)
    }

    /// True for an operation whose parameters say who asks.
    pub(crate) fn needs_no_signature(&self, operation: &str) -> bool {
        self.name == sts::SERVICE.name && operation == sts::BY_TOKEN
    }

    /// The permission that an operation needs.
    pub(crate) fn action(&self, operation: &str) -> String {
        format!("{}:{operation}", self.permission)
    }
}

/// A parameter of the query; one that comes again is a list.
fn insert(parameters: &mut Map<String, Value>, name: &str, value: &str) {
    let value = Value::String(value.to_owned());
    match parameters.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None => {
            parameters.insert(name.to_owned(), value);
        }
    }
}

/// The parameters in a path of this form.
fn fits(form: &str, steps: &[&str]) -> Option<Vec<(String, String)>> {
    let form: Vec<&str> = form.trim_end_matches('/').split('/').collect();
    if form.len() != steps.len() {
        return None;
    }
    let mut labels = Vec::new();
    for (wanted, step) in form.iter().zip(steps) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !step.is_empty() => labels.push((name.to_owned(), decoded(step))),
            _ if wanted == step => {}
            _ => return None,
        }
    }
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn asked(uri: &str, scope: &str) -> Asked {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=A/20261121/{scope}/aws4_request, SignedHeaders=host, Signature={}",
            "0".repeat(64)
        );
        let request =
            http::Request::builder().uri(uri).header("authorization", authorization).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        Asked::new(&parts, Bytes::new())
    }

    #[test]
    fn services_are_sorted_and_named_once() {
        assert!(SERVICES.is_sorted_by(|one, other| one.name < other.name));
    }

    #[test]
    fn the_host_names_the_service_and_else_the_signature_does() {
        let found =
            |uri: &str, scope: &str| of(&asked(uri, scope)).map(|(service, region)| (service.name, region));
        assert_eq!(
            found("https://eks.us-east-1.amazonaws.com/clusters", "us-east-1/eks"),
            Some(("eks", "us-east-1".to_owned()))
        );
        assert_eq!(found("https://route53.amazonaws.com/", "us-east-1/route53").unwrap().0, "route53");
        assert_eq!(
            found("http://127.0.0.1:4000/", "eu-west-1/elasticloadbalancing"),
            Some(("elasticloadbalancing", "eu-west-1".to_owned()))
        );
        assert_eq!(found("https://braket.us-east-1.amazonaws.com/", "us-east-1/braket"), None);
    }

    #[test]
    fn labels_of_a_path_are_decoded() {
        let arn = "/clusters/a/access-entries/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx";
        let (operation, parameters) = eks::SERVICE.read(&asked(arn, "us-east-1/eks")).unwrap();
        assert_eq!(operation, "DescribeAccessEntry");
        assert_eq!(parameters["principalArn"], "arn:aws:iam::1:role/x");
    }
}
