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
    /// What a cluster's name alone suggests. A part like *prod* or *live* means production, locked; *staging*, *uat*,
    /// *preprod* ask for each plan; all others are open. The environment is called like the part that said so, and
    /// like the whole name when no part did.
    pub fn guessed(name: &str) -> Self {
        const WORDS: [(&[&str], Tier, Guard); 3] = [
            (&["staging", "stage", "stg", "uat", "preprod", "qa", "nonprod"], Tier::Staging, Guard::Confirm),
            (&["prod", "production", "prd", "live"], Tier::Production, Guard::Locked),
            (&["dev", "development", "test", "sandbox"], Tier::Development, Guard::Open),
        ];
        let parts: Vec<String> =
            name.split(|c: char| !c.is_ascii_alphabetic()).map(str::to_ascii_lowercase).collect();
        for (words, tier, guard) in WORDS {
            if let Some(part) = parts.iter().find(|part| words.contains(&part.as_str())) {
                return Self { name: EnvironmentName::new(part), tier, guard };
            }
        }
        Self { name: EnvironmentName::new(name), tier: Tier::Development, guard: Guard::Open }
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
        assert_eq!(Environment::guessed("myapp-prod").name.as_str(), "prod");
        assert_eq!(Environment::guessed("scale").name.as_str(), "scale");
    }
}
