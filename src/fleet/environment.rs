//! Environments: what a cluster is for, and what it takes to change it.

use super::identity::EnvironmentName;

/// How careful people are there. Decides the colour and the shape of the badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Somebody's playground.
    Development,
    /// What production is rehearsed on.
    Staging,
    /// What customers use.
    Production,
}

/// What an environment demands before a plan may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// Asks y/n for what cannot be undone.
    Open,
    /// Asks for each plan.
    Confirm,
    /// Read-only until armed.
    Locked,
}

impl Guard {
    /// The word of the configuration and the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirm => "confirm",
            Self::Locked => "locked",
        }
    }
}

/// An environment as configured, or as guessed from its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: EnvironmentName,
    /// How careful people are there.
    pub tier: Tier,
    /// What a change demands.
    pub guard: Guard,
}

impl Environment {
    /// What a name alone suggests: names with a part like *prod* or *live* are production and locked; *staging*,
    /// *stage*, *uat*, *preprod* ask for each plan; all others are open.
    pub fn guessed(name: &str) -> Self {
        let parts: Vec<String> =
            name.split(|c: char| !c.is_ascii_alphabetic()).map(str::to_ascii_lowercase).collect();
        let has = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
        let (tier, guard) = if has(&["staging", "stage", "stg", "uat", "preprod", "qa", "nonprod"]) {
            (Tier::Staging, Guard::Confirm)
        } else if has(&["prod", "production", "prd", "live"]) {
            (Tier::Production, Guard::Locked)
        } else {
            (Tier::Development, Guard::Open)
        };
        Self { name: EnvironmentName::new(name), tier, guard }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_like_prod_are_locked() {
        assert_eq!(Environment::guessed("myapp-prod").guard, Guard::Locked);
        assert_eq!(Environment::guessed("eu_PRODUCTION_1").guard, Guard::Locked);
        assert_eq!(Environment::guessed("preprod").guard, Guard::Confirm);
        assert_eq!(Environment::guessed("product-catalog").guard, Guard::Open);
    }
}
