//! Which changes of an object count as another generation of what is wanted.

use serde_json::Value;

use super::{KindSpec, text};

/// Whether anything but metadata and status differs.
pub(super) fn wanted_state_differs(spec: &KindSpec, old: &Value, new: &Value) -> bool {
    if is_binding(old, new) {
        return false;
    }
    // A custom kind without that subresource has no status in this sense: all its fields are its author's.
    let has_status = !spec.custom || spec.subresources.iter().any(|name| name == "status");
    let wanted = |name: &String| *name != "metadata" && (*name != "status" || !has_status);
    let count = |value: &Value| {
        value.as_object().map_or(0, |fields| fields.keys().filter(|name| wanted(name)).count())
    };
    let fields = old.as_object().into_iter().flatten();
    let kept = fields.filter(|(name, _)| wanted(name)).all(|(name, value)| new.get(name) == Some(value));
    let deleted = |value: &Value| value.pointer("/metadata/deletionTimestamp").is_some();
    !kept || count(old) != count(new) || deleted(old) != deleted(new)
}

/// Whether all that changes of a pod's spec is the node that it is given: real API servers count no generation for that.
fn is_binding(old: &Value, new: &Value) -> bool {
    let node = |pod: &Value| pod.pointer("/spec/nodeName").is_some();
    if text(old, "/kind") != "Pod" || node(old) || !node(new) {
        return false;
    }
    let mut spec = new.get("spec").cloned();
    if let Some(spec) = spec.as_mut().and_then(Value::as_object_mut) {
        spec.shift_remove("nodeName");
    }
    spec.as_ref() == old.get("spec")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_that_is_given_a_node_stays_in_its_generation_and_one_that_is_changed_does_not() {
        let pods = KindSpec::new("v1", "Pod", "pods");
        let waiting = json!({"kind": "Pod", "spec": {"containers": []}});
        let bound = json!({"kind": "Pod", "spec": {"containers": [], "nodeName": "a"}});
        let changed = json!({"kind": "Pod", "spec": {"containers": [{"image": "b"}], "nodeName": "a"}});
        assert!(!wanted_state_differs(&pods, &waiting, &bound));
        assert!(wanted_state_differs(&pods, &waiting, &changed));
        assert!(wanted_state_differs(&pods, &bound, &changed));
    }

    #[test]
    fn the_status_of_a_custom_kind_counts_where_it_is_no_subresource() {
        let mut kind = KindSpec::new("argoproj.io/v1alpha1", "Application", "applications");
        let (old, new) = (json!({"status": {"a": 1}}), json!({"status": {"a": 2}}));
        assert!(!wanted_state_differs(&kind, &old, &new));
        kind.custom = true;
        assert!(!wanted_state_differs(&kind, &old, &new), "it has the subresource");
        assert!(wanted_state_differs(&kind.with_subresources(&[]), &old, &new));
    }
}
