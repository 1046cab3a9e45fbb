//! Settings as the text of a file: the commented defaults with the values in effect.

use std::time::Duration;

use super::cockpit::{Cockpit, DEFAULTS, ViewColumns};
use super::document::{Located, quoted};
use crate::fleet::Tier;

impl Cockpit {
    /// The text of a file that says these settings, with the comments of the defaults. Reading it gives them back, but
    /// for what only flags can say: an environment, and more clusters than one.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for line in DEFAULTS.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            }
            let value = line.split_once(" = ").and_then(|(key, _)| Some((key, self.value(section, key)?)));
            match value {
                Some((key, value)) => push_line(&mut text, &format!("{key} = {value}")),
                None => push_line(&mut text, line),
            }
            if line == "[columns]" {
                for ViewColumns { view, columns } in &self.columns {
                    push_line(&mut text, &format!("{} = {}", quoted(&view.value), list(columns)));
                }
            }
        }
        self.add_environments(&mut text);
        self.add_clusters(&mut text);
        text
    }

    fn value(&self, section: &str, key: &str) -> Option<String> {
        let optional = |value: Option<&Located<String>>| quoted(value.map_or("", |value| &value.value));
        Some(match (section, key) {
            ("", "read-only") => self.read_only.to_string(),
            ("start", "view") => quoted(&self.start.view.value),
            ("start", "cluster") => optional(self.start.clusters.first()),
            ("start", "namespace") => optional(self.start.namespace.as_ref()),
            ("screen", "theme") => quoted(self.screen.theme.as_ref().map_or("auto", |theme| &theme.value)),
            ("screen", "dark-theme") => quoted(&self.screen.dark_theme.value),
            ("screen", "light-theme") => quoted(&self.screen.light_theme.value),
            ("screen", "ascii") => self.screen.ascii.to_string(),
            ("screen", "mouse") => self.screen.mouse.to_string(),
            ("screen", "wide") => self.screen.wide.to_string(),
            ("namespaces", "favourites") => list(&self.favourite_namespaces),
            ("watch", "connect-timeout") => duration(self.watch.connect_timeout),
            ("watch", "linger") => duration(self.watch.linger),
            ("watch", "poll-interval") => duration(self.watch.poll_interval),
            ("watch", "usage-interval") => duration(self.watch.usage_interval),
            ("logs", "tail") => self.logs.tail.to_string(),
            ("logs", "buffer") => bytes(self.logs.buffer),
            ("logs", "timestamps") => self.logs.timestamps.to_string(),
            ("aws", "read") => self.aws.read.to_string(),
            ("aws", "profile") => optional(self.aws.profile.as_ref()),
            ("aws", "region") => optional(self.aws.region.as_ref()),
            ("logs", "wrap") => self.logs.wrap.to_string(),
            _ => return None,
        })
    }

    fn add_environments(&self, text: &mut String) {
        for settings in &self.environments {
            let environment = &settings.environment;
            let tier = match environment.tier {
                Tier::Development => "development",
                Tier::Staging => "staging",
                Tier::Production => "production",
            };
            push_line(text, &format!("\n[environments.{}]", quoted(environment.name.as_str())));
            push_line(text, &format!("tier = {}", quoted(tier)));
            push_line(text, &format!("guard = {}", quoted(environment.guard.as_str())));
            push_line(text, &format!("clusters = {}", list(&settings.clusters)));
            let aws = [
                ("aws-profile", &settings.aws.profile),
                ("aws-role", &settings.aws.role),
                ("aws-region", &settings.aws.region),
            ];
            for (key, value) in aws {
                if let Some(value) = value {
                    push_line(text, &format!("{key} = {}", quoted(&value.value)));
                }
            }
        }
    }

    fn add_clusters(&self, text: &mut String) {
        for cluster in &self.clusters {
            push_line(text, &format!("\n[clusters.{}]", quoted(&cluster.name.value)));
            if cluster.names_context {
                push_line(text, &format!("context = {}", quoted(&cluster.context.value)));
            }
            push_line(text, &format!("namespaces = {}", list(&cluster.namespaces)));
            if let Some(timeout) = cluster.connect_timeout {
                push_line(text, &format!("connect-timeout = {}", duration(timeout)));
            }
            if let Some(eks) = &cluster.eks {
                push_line(text, &format!("eks = {}", quoted(&format!("{}/{}", eks.region, eks.name))));
            }
        }
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn list(values: &[Located<String>]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(&value.value)).collect();
    format!("[{}]", values.join(", "))
}

fn duration(value: Duration) -> String {
    match (value.as_secs(), value.subsec_millis()) {
        (_, 1..) => format!("\"{}ms\"", value.as_millis()),
        (seconds, 0) if seconds > 0 && seconds % 3600 == 0 => format!("\"{}h\"", seconds / 3600),
        (seconds, 0) if seconds > 0 && seconds % 60 == 0 => format!("\"{}m\"", seconds / 60),
        (seconds, 0) => format!("\"{seconds}s\""),
    }
}

fn bytes(value: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.iter().find(|(shift, _)| value > 0 && value.trailing_zeros() >= *shift);
    unit.map_or_else(|| format!("\"{value}B\""), |(shift, unit)| format!("\"{}{unit}\"", value >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_print_as_the_embedded_file() {
        assert_eq!(Cockpit::default().to_toml(), DEFAULTS);
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same_settings() {
        let text = "read-only = true\n[start]\nview = \"po\"\ncluster = \"*\"\nnamespace = \"web\"\n[screen]\n\
                    theme = \"paper\\\"\\\\\\u001b\"\nascii = true\nmouse = false\nwide = true\n[namespaces]\n\
                    favourites = [\"a\", \"b\"]\n[columns]\n\"odd view\" = [\"name\"]\n[watch]\nlinger = \"90s\"\n\
                    connect-timeout = \"1500ms\"\npoll-interval = \"2m\"\n[logs]\ntail = 5\nbuffer = \"100000B\"\n\
                    timestamps = true\nwrap = true\n[environments.\"a.b\"]\nguard = \"confirm\"\nclusters = [\"x*\"]\n\
                    aws-profile = \"ops\"\naws-role = \"arn:aws:iam::123456789012:role/x/y\"\naws-region = \"eu-west-1\"\n\
                    [clusters.shop]\ncontext = \"ctx\"\nnamespaces = [\"n\"]\nconnect-timeout = \"1h\"\n\
                    [clusters.web]\neks = \"us-gov-west-1/web_1\"\n[aws]\nread = false\nprofile = \"p\"\nregion = \"us-east-1\"";
        // An hour is more than a connection may take; everything else is in range.
        let text = text.replace("\"1h\"", "\"1m\"");
        let settings = Cockpit::read("a", &text).unwrap();
        let printed = settings.to_toml();
        assert_eq!(Cockpit::read("b", &printed).unwrap(), settings, "{printed}");
        assert!(!printed.contains('\u{1b}'));
    }

    #[test]
    fn every_line_of_the_defaults_that_sets_something_is_printed_from_the_settings() {
        let mut section = "";
        for line in DEFAULTS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            } else {
                let (key, _) = line.split_once(" = ").unwrap();
                assert!(Cockpit::default().value(section, key).is_some(), "{section}.{key}");
            }
        }
    }
}
