//! The Query protocol: a form goes in, XML comes out. EC2, Elastic Load Balancing, Auto Scaling and IAM speak it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::account::Account;
use super::call::{Draft, send, unreadable};
use super::operations::{AUTO_SCALING, EC2, ELB, ELB_CLASSIC, IAM, Operation, Service};
use crate::gateway::failure::Failure;

/// Names and values of a form. Lists are numbered names: `Filter.1.Value.2`.
pub type Form = Vec<(String, String)>;

/// Calls an operation and reads its answer into `T`, which declares the elements that are wanted, below the outermost
/// one.
pub async fn query<T: DeserializeOwned>(
    account: &Account,
    operation: &Operation,
    form: &Form,
) -> Result<T, Failure> {
    let mut body = format!("Action={}&Version={}", operation.name, version(&operation.service));
    for (name, value) in form {
        body.push('&');
        escape(name, &mut body);
        body.push('=');
        escape(value, &mut body);
    }
    let draft = Draft {
        method: "POST",
        path: "/".to_owned(),
        headers: vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
        body,
    };
    let answer = send(account, operation, draft, refused).await?;
    let text = std::str::from_utf8(&answer).map_err(|_| unreadable(operation, &answer))?;
    quick_xml::de::from_str(text).map_err(|_| unreadable(operation, &answer))
}

/// All pages of an operation. `form` is completed with the token of the next page, under `token`.
pub async fn pages<T: DeserializeOwned + Paged>(
    account: &Account,
    operation: &Operation,
    form: &Form,
    token: &str,
) -> Result<Vec<T>, Failure> {
    let mut pages: Vec<T> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let mut form = form.clone();
        if let Some(next) = &next {
            form.push((token.to_owned(), next.clone()));
        }
        let page: T = query(account, operation, &form).await?;
        let following = page.next().filter(|token| !token.is_empty()).map(str::to_owned);
        pages.push(page);
        if following.is_none() {
            return Ok(pages);
        }
        // A token that leads to itself leads nowhere.
        if following == next || pages.len() >= super::MOST_PAGES {
            return Err(super::endless(operation));
        }
        next = following;
    }
}

/// A page that says where the next one is.
pub trait Paged {
    /// The token of the next page.
    fn next(&self) -> Option<&str>;
}

/// A list as Query writes it: `<xSet><item>…</item></xSet>` in EC2, `<X><member>…</member></X>` elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Items<T> {
    #[serde(default = "Vec::new", alias = "member", rename = "item")]
    items: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T> Items<T> {
    /// The elements.
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }

    /// The elements, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
}

/// The version of each API, as its model names it.
fn version(service: &Service) -> &'static str {
    match service.id {
        id if id == EC2.id => "2016-11-15",
        id if id == ELB_CLASSIC.id => "2012-06-01",
        id if id == ELB.id => "2015-12-01",
        id if id == AUTO_SCALING.id => "2011-01-01",
        id if id == IAM.id => "2010-05-08",
        _ => "2011-06-15",
    }
}

fn escape(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// `<ErrorResponse><Error><Code/><Message/>` or, in EC2, `<Response><Errors><Error>…`.
fn refused(answer: &HttpResponse) -> Option<ErrorMetadata> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Answer {
        error: Said,
        errors: Errors,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Errors {
        error: Said,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Said {
        code: String,
        message: String,
    }
    let text = std::str::from_utf8(answer.body().bytes()?).ok()?;
    let answer: Answer = quick_xml::de::from_str(text).ok()?;
    let said = if answer.error.code.is_empty() { answer.errors.error } else { answer.error };
    (!said.code.is_empty()).then(|| ErrorMetadata::builder().code(said.code).message(said.message).build())
}
