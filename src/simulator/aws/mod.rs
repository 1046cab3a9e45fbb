//! The fleet's AWS account, at the HTTP boundary: what surrounds the clusters, in the services' own protocols.
//!
//! What belongs to a cluster is not kept but read from its store when somebody asks: a node is an instance, an Ingress of
//! class `alb` a load balancer whose targets are as healthy as the pods behind it, an add-on is what its workloads are.
//! So the scenarios of the clusters show here by themselves. What no cluster tells is [`account`]'s.
//!
//! A request goes through [`faults`] (the network between), `service` (whose is it), `credentials` (who asks), and
//! the service's folder; `protocol` reads and writes. The services share nothing with the clients in this crate.

pub mod account;
pub mod cloudwatch;
pub mod credentials;
pub mod dynamodb;
pub mod ecr;
pub mod eks;
pub mod faults;
pub mod logs;
pub mod requests;
pub mod route53;
pub mod secretsmanager;

mod acm;
mod asked;
mod autoscaling;
mod call;
mod ec2;
pub mod elb;
mod external_dns;
mod failure;
mod iam;
mod land;
mod machine;
mod protocol;
mod s3;
mod service;
mod sqs;
mod ssm;
mod sts;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Buf;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;

use self::account::Account;
use self::asked::Asked;
use self::call::Call;
use self::credentials::Keys;
use self::failure::{Failure, Refusal};
use self::faults::{Faults, Harm};
use self::land::Land;
use self::protocol::{Answer, Protocol, refusal};
use self::requests::{Recorded, Requests};
use self::service::Service;
use crate::simulator::api::body::Body;
use crate::simulator::clock::SimClock;
use crate::simulator::controllers::conduct::Conducts;
use crate::simulator::store::Store;
use crate::simulator::world::chance::uuid_of;
use crate::simulator::world::cluster::CLUSTERS;

/// The account. Clones share it.
#[derive(Clone, Debug)]
pub struct Aws(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: SimClock,
    founded: Timestamp,
    faults: Faults,
    requests: Requests,
    keys: Keys,
    lands: Mutex<Vec<Land>>,
    account: Mutex<Account>,
    /// When external-dns has last looked.
    synchronized: Mutex<Option<Timestamp>>,
    answered: AtomicU64,
}

impl Aws {
    /// The account on the fleet's clock, with nothing in it.
    pub fn new(clock: SimClock) -> Self {
        let founded = clock.now();
        Self(Arc::new(Shared {
            clock,
            founded,
            faults: Faults::default(),
            requests: Requests::default(),
            keys: Keys::default(),
            lands: Mutex::default(),
            account: Mutex::default(),
            synchronized: Mutex::default(),
            answered: AtomicU64::default(),
        }))
    }

    /// The fleet's clock.
    pub fn clock(&self) -> &SimClock {
        &self.0.clock
    }

    /// What may go wrong between clients and the account.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// What was asked.
    pub fn requests(&self) -> &Requests {
        &self.0.requests
    }

    /// Who may ask, and by which access key.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Changes what the account keeps for itself.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut self.account())
    }

    /// Lets something take the addresses of a private subnet until so many are left.
    pub fn leave_addresses(&self, subnet: &str, left: i64) {
        let mut account = self.account();
        account.taken_addresses.remove(subnet);
        for land in self.lands() {
            let places = (0..land::ZONES.len()).filter(|zone| land.subnet(11, *zone) == subnet);
            let free: i64 =
                places.map(|zone| ec2::subnet::free(&land, &account, "private", zone, subnet)).sum();
            if free > left {
                account.taken_addresses.insert(subnet.to_owned(), free - left);
            }
        }
    }

    /// Founds what the reference fleet has in the account beside its clusters.
    pub fn found(&self) {
        let lands = self.lands();
        self.edit(|account| {
            route53::founding::found(account, &lands);
            eks::update::found(account, &lands);
            cloudwatch::alarm::found(account, &lands);
            ecr::image::found(account, &lands);
            secretsmanager::secret::found(account, &lands);
        });
        self.work();
    }

    /// Does what is to be done at the clock's present. Answers when there will be more.
    pub fn work(&self) -> Option<Timestamp> {
        let now = self.0.clock.now();
        let mut synchronized = lock(&self.0.synchronized);
        let due = synchronized.and_then(|at| at.checked_add(external_dns::INTERVAL).ok());
        let due = match due {
            Some(due) if due > now => due,
            _ => {
                let lands = self.lands();
                lands.iter().for_each(|land| external_dns::synchronize(land, &mut self.account()));
                *synchronized = Some(now);
                now.checked_add(external_dns::INTERVAL).unwrap_or(now)
            }
        };
        (!self.account().zones.is_empty()).then_some(due)
    }

    /// Surrounds a cluster of the reference fleet; the account knows nothing of others.
    pub(super) fn join(&self, store: &Store) {
        let Some(cluster) = CLUSTERS.into_iter().find(|cluster| cluster.name == store.cluster()) else {
            return;
        };
        let (store, founded) = (store.clone(), self.0.founded);
        lock(&self.0.lands).push(Land { cluster, store, conducts: Conducts::default(), founded });
    }

    /// Tells how a cluster's service accounts behave.
    pub(super) fn watch_conducts(&self, cluster: &str, conducts: &Conducts) {
        for land in lock(&self.0.lands).iter_mut().filter(|land| land.cluster.name == cluster) {
            land.conducts = conducts.clone();
        }
    }

    pub(crate) fn lands(&self) -> Vec<Land> {
        lock(&self.0.lands).clone()
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        lock(&self.0.account)
    }

    pub(super) fn refuses_connections(&self) -> bool {
        self.0.faults.connections_refused()
    }

    /// Answers a request to any of the services.
    ///
    /// # Errors
    /// When connections are refused, or the request's body breaks off.
    pub async fn answer<B>(self, request: Request<B>) -> io::Result<Response<Body>>
    where
        B: http_body::Body,
        B::Data: Buf,
    {
        let refused = || Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"));
        if self.refuses_connections() {
            return refused();
        }
        let (parts, body) = request.into_parts();
        let broken = |_| io::Error::new(io::ErrorKind::UnexpectedEof, "the request broke off");
        let body = body.collect().await.map_err(broken)?.to_bytes();
        let asked = Asked::new(&parts, body);
        let found = service::of(&asked);
        let read = found.as_ref().map(|(service, _)| service.read(&asked));
        let (operation, parameters) = match &read {
            Some(Ok((operation, parameters))) => (operation.as_str(), parameters.clone()),
            _ => ("", Value::Null),
        };
        let service = found.as_ref().map_or("", |(service, _)| service.name);
        let mut recorded = Recorded {
            service: service.to_owned(),
            operation: operation.to_owned(),
            parameters,
            region: found.as_ref().map(|(_, region)| region.clone()).unwrap_or_default(),
            access_key: credentials::scope(&asked).unwrap_or_default().access_key,
            user_agent: asked.header("user-agent").to_owned(),
            status: None,
        };
        let harm = self.faults().strike(service, operation);
        match harm {
            Some(Harm::Refused) => return refused(),
            Some(Harm::NeverAnswered) => {
                self.requests().record(recorded);
                return std::future::pending().await;
            }
            Some(Harm::Slow(by)) => self.clock().wake_after(by).await,
            _ => {}
        }
        let id = uuid_of(&format!("request/{}", self.0.answered.fetch_add(1, Ordering::Relaxed)));
        let answer = match (found, read) {
            (Some((service, region)), Some(read)) => self.serve(service, &region, &asked, read, harm, &id),
            _ => Protocol::RestJson.fail(&Failure::not_built(&format!("{} {}", asked.host, asked.path)), &id),
        };
        recorded.status = Some(answer.status);
        self.requests().record(recorded);
        let response = self.dress(answer, &asked.method, &id);
        Ok(if harm == Some(Harm::CutShort) { response.map(Body::cut) } else { response })
    }

    fn serve(
        &self,
        service: &Service,
        region: &str,
        asked: &Asked,
        read: Result<(String, Value), Failure>,
        harm: Option<Harm>,
        id: &str,
    ) -> Answer {
        if harm == Some(Harm::WebPage) {
            return Answer { status: 200, media: "text/html", headers: Vec::new(), body: WEB_PAGE.into() };
        }
        let protocol = service.protocol(asked);
        let operation = read.as_ref().map_or("", |(operation, _)| operation.as_str()).to_owned();
        let refuse = |refusal, who: &str| {
            let failure = refusal::failure(protocol.words(), refusal, who, &service.action(&operation));
            protocol.fail(&failure, id)
        };
        let caller = match self.keys().caller(asked, self.clock().now()) {
            Ok(_) if !service.is_global() && !self.answers_in(region) => {
                return refuse(Refusal::UnknownKey, "");
            }
            Ok(caller) => caller,
            Err(Refusal::Unsigned) if service.needs_no_signature(&operation) => Keys::nobody(),
            Err(refusal) => return refuse(refusal, ""),
        };
        if let Some(refusal) = harm.and_then(refusal_of) {
            return refuse(refusal, &caller.arn);
        }
        let done = read.and_then(|(operation, parameters)| {
            (service.answer)(&Call {
                aws: self,
                operation: &operation,
                parameters: &parameters,
                region,
                caller: &caller,
                endless: harm == Some(Harm::EndlessPages),
            })
        });
        match done {
            Ok(value) => protocol.reply(&operation, &value, id),
            Err(failure) => protocol.fail(&failure, id),
        }
    }

    /// True for a region that every account has, or that this one has enabled.
    fn answers_in(&self, region: &str) -> bool {
        credentials::REGIONS_OF_ALL.contains(&region) || self.account().enabled_regions.contains(region)
    }

    /// The headers of every answer.
    fn dress(&self, answer: Answer, method: &str, id: &str) -> Response<Body> {
        // An answer to HEAD says how long the body would be that it does not have.
        let body = if method == "HEAD" { Vec::new() } else { answer.body };
        let mut response = Response::new(Body::whole(body));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        let now = self.clock().now();
        let shown = now.checked_add(self.faults().date_skew()).unwrap_or(now);
        set("content-type", answer.media);
        set("x-amzn-requestid", id);
        set("date", &shown.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
        for (name, value) in &answer.headers {
            set(name, value);
        }
        response
    }
}

fn refusal_of(harm: Harm) -> Option<Refusal> {
    match harm {
        Harm::Throttled => Some(Refusal::Throttled),
        Harm::Denied => Some(Refusal::Denied),
        Harm::Expired => Some(Refusal::Expired),
        Harm::Skewed => Some(Refusal::Skewed),
        Harm::WrongSignature => Some(Refusal::WrongSignature),
        Harm::Internal => Some(Refusal::Internal),
        Harm::Unavailable => Some(Refusal::Unavailable),
        Harm::WebPage
        | Harm::CutShort
        | Harm::EndlessPages
        | Harm::NeverAnswered
        | Harm::Refused
        | Harm::Slow(_) => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const WEB_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1>\
    <form action=\"/login\" method=\"post\"><input name=\"user\"></form></body></html>\n";
