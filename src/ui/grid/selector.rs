//! Label selectors, as kubectl's `-l` reads them: `app=web,tier!=db,env in (a, b),owner,!legacy`.

/// Requirements that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    is: Is,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    In(Vec<String>),
    NotIn(Vec<String>),
    Present,
    Absent,
}

impl Selector {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        requirements(text).into_iter().map(|part| parse_one(part.trim())).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn matches<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|requirement| {
            let value = label(&requirement.key);
            match &requirement.is {
                Is::In(values) => value.is_some_and(|value| values.iter().any(|wanted| wanted == value)),
                // As in Kubernetes: an object without the label satisfies `!=` and `notin`.
                Is::NotIn(values) => value.is_none_or(|value| values.iter().all(|wanted| wanted != value)),
                Is::Present => value.is_some(),
                Is::Absent => value.is_none(),
            }
        })
    }
}

/// Splits at commas that are not inside parentheses.
fn requirements(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth <= 0
    })
    .filter(|part| !part.trim().is_empty())
    .collect()
}

fn parse_one(text: &str) -> Result<Requirement, String> {
    let wrong = || format!("\"{text}\" is no label selector; write for example app=web or env in (a, b)");
    let made = |key: &str, is| {
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(wrong());
        }
        Ok(Requirement { key: key.to_owned(), is })
    };
    if let Some(key) = text.strip_prefix('!') {
        return made(key, Is::Absent);
    }
    if let Some((key, value)) = text.split_once("!=") {
        return made(key, Is::NotIn(vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return made(key, Is::In(vec![value.trim().to_owned()]));
    }
    if let Some((head, set)) = text.split_once('(') {
        let values: Vec<String> =
            set.strip_suffix(')').ok_or_else(wrong)?.split(',').map(|v| v.trim().to_owned()).collect();
        return match head.trim().rsplit_once(char::is_whitespace) {
            Some((key, "in")) => made(key, Is::In(values)),
            Some((key, "notin")) => made(key, Is::NotIn(values)),
            _ => Err(wrong()),
        };
    }
    made(text, Is::Present)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str) -> bool {
        let labels = [("app", "web"), ("env", "prod")];
        Selector::parse(selector)
            .unwrap()
            .matches(|key| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value))
    }

    #[test]
    fn selectors_mean_what_kubectl_means() {
        for yes in [
            "app=web",
            "app==web,env!=dev",
            "env in (dev, prod)",
            "app",
            "!tier",
            "tier!=db",
            "tier notin (db)",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in ["app=api", "env in (dev,staging)", "!app", "tier", "app=web,env=dev", "env notin (prod)"] {
            assert!(!matches(no), "{no}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for wrong in ["env in (a", "env on (a)", "=a", "a b"] {
            assert!(Selector::parse(wrong).is_err(), "{wrong}");
        }
    }
}
