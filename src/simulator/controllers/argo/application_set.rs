//! ApplicationSets: an Application for each element of a list, kept as the template says.

use serde_json::{Map, Value, json};

use super::{NAMESPACE, comparison};
use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::Key;
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;

/// The ApplicationSet controller.
pub(crate) struct ApplicationSet;

const COMPONENT: &str = "applicationset-controller";
const REFRESH: &str = "argocd.argoproj.io/application-set-refresh";

impl Controller for ApplicationSet {
    fn resource(&self) -> &'static str {
        "applicationsets.argoproj.io"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if changed.is("applications.argoproj.io") {
            changed.controller("ApplicationSet", self.resource())
        } else {
            Vec::new()
        }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let set = round.lister.get(key)?;
        if !field::at(&set, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        match generated(&set) {
            Ok(applications) => {
                for application in &applications {
                    keep(application, &set, round)?;
                }
                tell(key, None, round)
            }
            Err(error) => {
                round.warn(&set, COMPONENT, "ApplicationGenerationFromParamsError", error.clone());
                tell(key, Some(&error), round)
            }
        }
    }
}

/// The applications that a set's list of elements generates.
fn generated(set: &Value) -> Result<Vec<Value>, String> {
    let mut out = Vec::new();
    for generator in field::list(set, "spec.generators") {
        for element in field::list(generator, "list.elements") {
            let empty = Map::new();
            let parameters = element.as_object().unwrap_or(&empty);
            let rendered = render(field::at(set, "spec.template"), parameters)?;
            let mut metadata = field::at(&rendered, "metadata").clone();
            field::put(&mut metadata, "namespace", json!(NAMESPACE));
            out.push(json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": rendered.get("spec")}));
        }
    }
    Ok(out)
}

/// Fills the parameters into every text of a template: `{{.env}}`.
fn render(template: &Value, parameters: &Map<String, Value>) -> Result<Value, String> {
    Ok(match template {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| Ok((key.clone(), render(value, parameters)?)))
                .collect::<Result<_, String>>()?,
        ),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| render(item, parameters)).collect::<Result<_, String>>()?)
        }
        Value::String(text) => Value::String(fill(text, parameters)?),
        other => other.clone(),
    })
}

fn fill(text: &str, parameters: &Map<String, Value>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        let key = name.trim().trim_start_matches('.');
        let value = parameters.get(key).and_then(Value::as_str).ok_or_else(|| {
            format!("failed to execute go template {text}: template: :1:2: executing \"\" at <.{key}>: map has no entry for key \"{key}\"")
        })?;
        out.push_str(before);
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Makes an application where it is missing, and puts back what somebody changed in it.
fn keep(wanted: &Value, set: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let key = round.store.key_of(wanted)?;
    let name = field::name(wanted);
    match round.lister.get(&key) {
        Err(_) => {
            let mut made = wanted.clone();
            field::push(&mut made, "metadata.ownerReferences", controller_reference(set));
            round.store.create(&made)?;
            round.note(set, COMPONENT, "created", format!("created Application \"{name}\""));
        }
        Ok(present) => {
            let (spec, own) = (field::at(wanted, "spec"), field::at(&present, "spec"));
            if comparison::fulfils(spec, own) && comparison::fulfils(own, spec) {
                return Ok(());
            }
            round.store.edit(&key, |application| {
                field::put(application, "spec", spec.clone());
                Ok(())
            })?;
            round.note(set, COMPONENT, "updated", format!("updated Application \"{name}\""));
        }
    }
    Ok(())
}

fn tell(key: &Key, error: Option<&str>, round: &Round<'_>) -> Result<(), Status> {
    let good = "Successfully generated parameters for all Applications";
    let all = "All applications have been generated successfully";
    let conditions = match error {
        None => [
            ("ErrorOccurred", "False", "ApplicationSetUpToDate", good),
            ("ParametersGenerated", "True", "ParametersGenerated", good),
            ("ResourcesUpToDate", "True", "ApplicationSetUpToDate", all),
        ],
        Some(error) => [
            ("ErrorOccurred", "True", "RenderTemplateParamsError", error),
            ("ParametersGenerated", "False", "ErrorOccurred", error),
            ("ResourcesUpToDate", "False", "RenderTemplateParamsError", error),
        ],
    };
    let stamp = round.stamp();
    round.store.edit(key, |set| {
        for (kind, status, reason, message) in conditions {
            field::set_condition(set, json!({"type": kind, "status": status, "lastTransitionTime": stamp, "reason": reason, "message": message}));
        }
        if let Some(annotations) = set.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.shift_remove(REFRESH);
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_nobody_gives_is_an_error_and_the_others_are_filled_in() {
        let set = |path: &str| json!({"spec": {"generators": [{"list": {"elements": [{"env": "dev"}]}}], "template": {"metadata": {"name": "myapp-{{.env}}"}, "spec": {"path": path}}}});
        let good = generated(&set("charts/{{ .env }}/x")).unwrap();
        assert_eq!(good[0]["metadata"]["name"], "myapp-dev");
        assert_eq!(good[0]["spec"]["path"], "charts/dev/x");
        assert!(generated(&set("{{.region}}")).unwrap_err().ends_with("map has no entry for key \"region\""));
    }
}
