//! Where credentials are to come from, as far as the configuration files of AWS and the environment say: it decides
//! which command mends them.

use std::borrow::Cow;

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::account::AccountSettings;

/// A profile that leads to itself leads nowhere.
const MOST_SOURCES: usize = 8;

/// Where credentials are to come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Means {
    /// Nothing says: instance metadata, if anything.
    #[default]
    Unknown,
    /// The configuration files cannot be read.
    Unreadable(String),
    /// No such profile; these there are.
    Missing(Vec<String>),
    /// `AWS_ACCESS_KEY_ID`
    Environment,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE`, or the metadata service of a container.
    Workload,
    /// IAM Identity Center.
    SignIn,
    /// A role that wants the code of an MFA device (`mfa_serial`), by its ARN.
    Code(String),
    /// `credential_process`
    Process,
    /// Keys in the files.
    Keys,
}

/// Whose credentials, and where they are to come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Whose {
    /// As asked for.
    pub(super) settings: AccountSettings,
    /// The profile in effect, `AWS_PROFILE` included; `None` for the default one.
    pub(super) profile: Option<String>,
    pub(super) means: Means,
    /// The region that is asked, once it is known.
    pub(super) region: Option<String>,
}

impl Whose {
    /// Looks into the files and the environment as the SDK does.
    pub(super) async fn read(settings: &AccountSettings) -> Self {
        let (fs, env) = (Fs::real(), Env::real());
        let named = settings.profile.clone();
        let files = EnvConfigFiles::default();
        let loaded = aws_config::profile::load(&fs, &env, &files, named.clone().map(Cow::Owned)).await;
        let has = |name: &str| env.get(name).is_ok_and(|value| !value.is_empty());
        let mut whose = Self {
            settings: settings.clone(),
            profile: named.clone(),
            region: settings.region.clone(),
            means: Means::Unknown,
        };
        match loaded {
            Ok(profiles) => {
                let selected = profiles.selected_profile();
                whose.profile = Some(selected.to_owned()).filter(|name| named.is_some() || name != "default");
                // A profile that is asked for wins over the keys in the environment, and these over AWS_PROFILE.
                whose.means = if named.is_none() && has("AWS_ACCESS_KEY_ID") {
                    whose.profile = None;
                    Means::Environment
                } else {
                    in_files(&profiles, selected, whose.profile.is_some())
                };
            }
            Err(error) => {
                // The error names file and line, never a value.
                whose.means = Means::Unreadable(crate::gateway::failure::root_cause(&error));
            }
        }
        let container = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
        if whose.means == Means::Unknown
            && (has("AWS_WEB_IDENTITY_TOKEN_FILE") || container.into_iter().any(has))
        {
            whose.means = Means::Workload;
        }
        whose
    }

    /// Whose credentials, for messages.
    pub(super) fn name(&self) -> String {
        match (&self.settings.role, &self.profile, &self.means) {
            (Some(role), ..) => format!("role {role}"),
            (_, Some(profile), _) => format!("profile {profile}"),
            (.., Means::Environment) => "AWS_ACCESS_KEY_ID in the environment".to_owned(),
            (.., Means::Workload) => "this workload".to_owned(),
            _ => "the default profile".to_owned(),
        }
    }

    /// `command --profile prod`
    fn of_profile(&self, command: &str) -> String {
        match &self.profile {
            Some(profile) => format!("{command} --profile {profile}"),
            None => command.to_owned(),
        }
    }

    /// The command that mends credentials which cannot be had or are not accepted any more.
    pub(super) fn way_in(&self) -> String {
        match &self.means {
            Means::Missing(_) => self.of_profile("aws configure sso"),
            Means::Unreadable(_) => "aws configure list-profiles".to_owned(),
            Means::Environment => {
                "export fresh keys, or `unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN` to use a profile"
                    .to_owned()
            }
            Means::Workload => "does the service account's or the task's role still exist, and trust this workload?".to_owned(),
            // It asks for the code; the AWS CLI keeps the session, and it is found there.
            Means::Code(_) => self.of_profile("aws sts get-caller-identity"),
            Means::Process => self.of_profile("aws configure export-credentials"),
            Means::Keys => self.of_profile("aws configure"),
            Means::SignIn | Means::Unknown => self.of_profile("aws sso login"),
        }
    }
}

fn in_files(profiles: &ProfileSet, name: &str, is_named: bool) -> Means {
    if profiles.get_profile(name).is_none() {
        if !is_named {
            return Means::Unknown;
        }
        let mut there: Vec<String> = profiles.profiles().map(str::to_owned).collect();
        there.sort();
        return Means::Missing(there);
    }
    let mut next = Some(name);
    for _ in 0..MOST_SOURCES {
        let Some(profile) = next.and_then(|name| profiles.get_profile(name)) else { break };
        let has = |key: &str| profile.get(key).is_some();
        if let (Some(role), true) = (profile.get("role_arn"), has("mfa_serial")) {
            return Means::Code(role.to_owned());
        }
        if has("sso_session") || has("sso_start_url") {
            return Means::SignIn;
        }
        if has("credential_process") {
            return Means::Process;
        }
        if has("web_identity_token_file") {
            return Means::Workload;
        }
        if has("aws_access_key_id") {
            return Means::Keys;
        }
        next = following(profile);
    }
    Means::Unknown
}

/// A profile whose role is assumed with another one's credentials; one that names itself has keys of its own.
fn following(profile: &Profile) -> Option<&str> {
    profile.get("source_profile").filter(|source| *source != profile.name())
}

#[cfg(test)]
mod tests {
    use aws_runtime::env_config::file::EnvConfigFileKind;

    use super::*;

    const FILES: &str = "[default]\nregion = us-east-1\n[profile sso]\nsso_session = corp\nsso_account_id = 1\n\
        [profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = keys\n\
        mfa_serial = arn:aws:iam::1:mfa/me\n[profile over]\nrole_arn = arn:aws:iam::2:role/x\nsource_profile = sso\n\
        [profile keys]\naws_access_key_id = A\naws_secret_access_key = B\n[profile run]\n\
        credential_process = x\n[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n";

    async fn means(name: &str) -> Means {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, FILES).build();
        let env = Env::from_slice(&[]);
        let profiles = aws_config::profile::load(&Fs::real(), &env, &files, None).await.unwrap();
        in_files(&profiles, name, name != "default")
    }

    #[tokio::test]
    async fn profiles_say_where_their_credentials_come_from() {
        assert_eq!(means("default").await, Means::Unknown);
        assert_eq!(means("sso").await, Means::SignIn);
        assert_eq!(means("over").await, Means::SignIn, "the source signs in");
        assert_eq!(means("mfa").await, Means::Code("arn:aws:iam::123456789012:role/ops".into()));
        assert_eq!(means("keys").await, Means::Keys);
        assert_eq!(means("run").await, Means::Process);
        assert_eq!(means("a").await, Means::Unknown, "two that lead to each other");
        let Means::Missing(there) = means("sos").await else { panic!("it is not there") };
        assert!(there.contains(&"sso".to_owned()), "{there:?}");
    }

    #[test]
    fn each_has_its_command() {
        let whose = |means: Means| Whose { profile: Some("prod".into()), means, ..Whose::default() };
        assert_eq!(whose(Means::SignIn).way_in(), "aws sso login --profile prod");
        assert_eq!(whose(Means::Code("r".into())).way_in(), "aws sts get-caller-identity --profile prod");
        assert_eq!(whose(Means::Keys).way_in(), "aws configure --profile prod");
        assert_eq!(whose(Means::Missing(Vec::new())).way_in(), "aws configure sso --profile prod");
        assert_eq!(Whose::default().way_in(), "aws sso login");
        assert_eq!(Whose::default().name(), "the default profile");
    }
}
