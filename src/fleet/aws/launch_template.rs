//! Launch templates (EC2 `DescribeLaunchTemplates`).

use super::aws_row;
use crate::fleet::Timestamp;

/// A launch template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// `launchTemplateId`
    pub id: Box<str>,
    /// `launchTemplateName`
    pub name: Box<str>,
    /// `defaultVersionNumber`: what is used where no version is named.
    pub default: u64,
    /// `latestVersionNumber`
    pub latest: u64,
    /// `createTime`
    pub created: Timestamp,
}

aws_row!(LaunchTemplate, id);

/// The template that something uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsedTemplate {
    /// `id`
    pub id: Box<str>,
    /// `name`
    pub name: Box<str>,
    /// `version`: a number, `$Latest` or `$Default`; empty where nobody said.
    pub version: Box<str>,
}

impl UsedTemplate {
    /// Its name; the id without one.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// `name v3`
    pub fn words(&self) -> String {
        match &*self.version {
            "" => self.called().to_owned(),
            version => format!("{} v{version}", self.called()),
        }
    }

    /// `name v3 of 5, v1 is the default`, as far as the template is known. The latest is said by its number alone.
    pub fn words_beside(&self, template: Option<&LaunchTemplate>) -> String {
        let words = self.words();
        let Some(template) = template else { return words };
        let number: Option<u64> = self.version.parse().ok();
        let default = match Some(template.default) == number {
            true => String::new(),
            false => format!(", v{} is the default", template.default),
        };
        match Some(template.latest) == number {
            true => format!("{words}{default}"),
            false => format!("{words} of {}{default}", template.latest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_said_beside_what_there_is() {
        let used =
            |version: &str| UsedTemplate { id: "lt-1".into(), name: "web".into(), version: version.into() };
        let template = LaunchTemplate { default: 1, latest: 5, ..LaunchTemplate::default() };
        assert_eq!(used("3").words_beside(Some(&template)), "web v3 of 5, v1 is the default");
        assert_eq!(used("5").words_beside(Some(&template)), "web v5, v1 is the default");
        assert_eq!(used("1").words_beside(Some(&template)), "web v1 of 5");
        assert_eq!(used("3").words_beside(None), "web v3");
        assert_eq!(UsedTemplate { id: "lt-1".into(), ..UsedTemplate::default() }.words(), "lt-1");
    }
}
