//! Who a request comes from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;

use super::status::Status;

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name that role bindings name.
    pub name: String,
    /// The groups, without the implied `system:authenticated`.
    pub groups: Vec<String>,
}

impl User {
    /// A user in some groups.
    pub fn new(name: &str, groups: &[&str]) -> Self {
        Self { name: name.to_owned(), groups: groups.iter().map(|group| (*group).to_owned()).collect() }
    }

    /// The one who may do everything, by membership in `system:masters`.
    pub fn admin() -> Self {
        Self::new("kubernetes-admin", &["system:masters"])
    }

    /// Whether every request is allowed without asking the roles.
    pub fn may_do_everything(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }
}

/// The bearer tokens of a cluster and the users behind them, and who asks without one.
#[derive(Clone, Debug)]
pub struct Users(Arc<Mutex<Table>>);

#[derive(Debug)]
struct Table {
    by_token: BTreeMap<String, User>,
    nobody: User,
}

impl Default for Users {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Table { by_token: BTreeMap::new(), nobody: User::admin() })))
    }
}

impl Users {
    /// Lets a user in who shows this bearer token.
    pub fn admit(&self, token: &str, user: User) {
        self.table().by_token.insert(token.to_owned(), user);
    }

    /// Takes requests without a token as this user's. It is the administrator at first.
    pub fn without_token(&self, user: User) {
        self.table().nobody = user;
    }

    /// Who sends a request with these headers: the owner of its token, or whom `Impersonate-User` names.
    ///
    /// # Errors
    /// 401 for a token that is not known.
    pub fn of(&self, headers: &HeaderMap) -> Result<User, Status> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let table = self.table();
        let token = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let sender = match token {
            Some(token) => table.by_token.get(token).cloned().ok_or_else(unauthorized)?,
            None => table.nobody.clone(),
        };
        let Some(name) = text("impersonate-user") else { return Ok(sender) };
        let groups = headers.get_all("impersonate-group").iter().filter_map(|value| value.to_str().ok());
        Ok(User::new(name, &groups.collect::<Vec<_>>()))
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to unknown credentials.
pub(super) fn unauthorized() -> Status {
    Status::new(401, "Unauthorized", "Unauthorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>()
    }

    #[test]
    fn a_token_names_its_user_and_a_wrong_one_is_refused() {
        let users = Users::default();
        users.admit("t-1", User::new("developer", &["platform-developer"]));
        assert_eq!(users.of(&headers(&[("authorization", "Bearer t-1")])).unwrap().name, "developer");
        assert_eq!(users.of(&headers(&[("authorization", "Bearer t-2")])).unwrap_err().code, 401);
        assert!(users.of(&headers(&[])).unwrap().may_do_everything());
    }

    #[test]
    fn somebody_may_be_impersonated() {
        let users = Users::default();
        let asked = headers(&[("impersonate-user", "jane"), ("impersonate-group", "dev")]);
        assert_eq!(users.of(&asked).unwrap(), User::new("jane", &["dev"]));
    }
}
