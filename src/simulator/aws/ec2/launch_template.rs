//! The launch template of the node group `system`.

use serde_json::{Value, json};

use super::{Kind, image, limit, owner};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::Land;
use crate::simulator::world::field;

const KIND: Kind = Kind {
    ids: "LaunchTemplateId",
    id: "launchTemplateId",
    set: "launchTemplateVersionSet",
    missing: "InvalidLaunchTemplateId.NotFound",
    filters: &[],
};

/// The template's id, as the labels of the nodes say it.
pub(crate) fn id(land: &Land) -> String {
    land.cluster.resource("lt", "system")
}

/// The Auto Scaling group that EKS made for the node group.
pub(crate) fn scaling_group(land: &Land) -> String {
    let id = land.digits("scaling-group", 32);
    let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
    format!("eks-system-{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The one version of the template.
pub(super) fn versions(land: &Land) -> Vec<Value> {
    vec![json!({
        "launchTemplateId": id(land), "launchTemplateName": format!("eks-{}-system", land.cluster.name), "versionNumber": 1,
        "createTime": field::stamp(land.installed()), "createdBy": format!("arn:aws:iam::{}:role/terraform", owner()),
        "defaultVersion": true, "launchTemplateData": {
            "imageId": image::of_group(), "instanceType": "t3.medium",
            "securityGroupIdSet": {"item": [land.cluster.resource("sg", "node"), land.cluster.resource("sg", "cluster")]},
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2},
        },
    })]
}

pub(super) const TEMPLATE: Kind = Kind {
    ids: "LaunchTemplateId",
    id: "launchTemplateId",
    set: "launchTemplates",
    missing: KIND.missing,
    filters: &[],
};

/// The template itself.
pub(super) fn templates(land: &Land) -> Vec<Value> {
    vec![json!({
        "launchTemplateId": id(land), "launchTemplateName": format!("eks-{}-system", land.cluster.name),
        "createTime": field::stamp(land.installed()), "createdBy": format!("arn:aws:iam::{}:role/terraform", owner()),
        "defaultVersionNumber": 1, "latestVersionNumber": 1,
    })]
}

/// `DescribeLaunchTemplateVersions`, by id or name.
pub(super) fn describe(call: &Call<'_>, versions: Vec<Value>) -> Result<Value, Failure> {
    let (id, name) = (call.text("LaunchTemplateId"), call.text("LaunchTemplateName"));
    if id.is_empty() && name.is_empty() && call.texts("LaunchTemplateVersion").is_empty() {
        let message =
            "Either a launch template ID or a launch template name must be specified in the request.";
        return Err(Failure::new(400, "MissingParameter", message));
    }
    let wanted = call.texts("LaunchTemplateVersion");
    let found: Vec<Value> = versions
        .into_iter()
        .filter(|one| id.is_empty() || field::text(one, KIND.id) == id)
        .filter(|one| name.is_empty() || field::text(one, "launchTemplateName") == name)
        .collect();
    if found.is_empty() {
        let message = "At least one of the launch templates specified in the request does not exist.";
        return Err(Failure::new(400, KIND.missing, message));
    }
    let shown = found
        .into_iter()
        .filter(|_| {
            wanted.is_empty() || wanted.iter().any(|one| matches!(*one, "1" | "$Latest" | "$Default"))
        })
        .collect();
    let page = call.page(shown, limit(call), call.text("NextToken"))?;
    Ok(json!({KIND.set: {"item": page.items}, "nextToken": page.next}))
}
