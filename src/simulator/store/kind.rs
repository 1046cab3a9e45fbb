//! What a cluster knows about one kind of object.

/// One served kind: its names, its scope and what may be done with it.
#[derive(Clone, Debug, PartialEq)]
pub struct KindSpec {
    /// API group; empty for the core group.
    pub group: String,
    /// Served version, like `v1`.
    pub version: String,
    /// Plural name as it stands in URLs, like `pods`.
    pub plural: String,
    /// Singular name, like `pod`.
    pub singular: String,
    /// Kind, like `Pod`.
    pub kind: String,
    /// Short names, like `po`.
    pub short_names: Vec<String>,
    /// Categories, like `all`.
    pub categories: Vec<String>,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Verbs, in the order discovery lists them.
    pub verbs: Vec<String>,
    /// Subresources, like `status`, `scale`, `log`.
    pub subresources: Vec<String>,
    /// Whether `metadata.generation` counts changes of the wanted state.
    pub counts_generations: bool,
    /// Whether the kind comes from a CustomResourceDefinition.
    pub custom: bool,
    /// Columns of a custom kind's table; built-in kinds print themselves.
    pub columns: Vec<PrinterColumn>,
    /// The `subresources.scale` of a custom kind's definition, which says where its replicas are.
    pub scale: Option<serde_json::Value>,
}

/// A column of `additionalPrinterColumns`.
#[derive(Clone, Debug, PartialEq)]
pub struct PrinterColumn {
    /// Header.
    pub name: String,
    /// OpenAPI type: `string`, `integer`, `number`, `boolean` or `date`.
    pub kind: String,
    /// OpenAPI format, often empty.
    pub format: String,
    /// What the column tells.
    pub description: String,
    /// 0 is always shown, more only in wide output.
    pub priority: i64,
    /// Where the cell's value is, like `.status.phase`.
    pub json_path: String,
}

/// The verbs of an ordinary kind.
pub const ALL_VERBS: [&str; 8] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

impl KindSpec {
    /// A namespaced kind with every ordinary verb, a `status` subresource and generations.
    /// `api_version` is like `v1` or `apps/v1`.
    pub fn new(api_version: &str, kind: &str, plural: &str) -> Self {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_lowercase(),
            kind: kind.to_owned(),
            short_names: Vec::new(),
            categories: Vec::new(),
            namespaced: true,
            verbs: ALL_VERBS.map(str::to_owned).to_vec(),
            subresources: vec!["status".to_owned()],
            counts_generations: true,
            custom: false,
            columns: Vec::new(),
            scale: None,
        }
    }

    /// The same kind at cluster scope.
    pub fn cluster_scoped(mut self) -> Self {
        self.namespaced = false;
        self
    }

    /// The same kind with these short names.
    pub fn short(mut self, names: &[&str]) -> Self {
        self.short_names = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The same kind with these subresources instead of `status`.
    pub fn with_subresources(mut self, names: &[&str]) -> Self {
        self.subresources = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The same kind in these categories.
    pub fn in_categories(mut self, names: &[&str]) -> Self {
        self.categories = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The same kind without generations.
    pub fn without_generations(mut self) -> Self {
        self.counts_generations = false;
        self
    }

    /// The resource with its group, as messages name it: `pods`, `deployments.apps`.
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether this is the resource like `pods` or `deployments.apps`.
    pub fn is_resource(&self, resource: &str) -> bool {
        match resource.strip_prefix(self.plural.as_str()) {
            Some("") => self.group.is_empty(),
            Some(rest) => !self.group.is_empty() && rest.strip_prefix('.') == Some(self.group.as_str()),
            None => false,
        }
    }

    /// Whether documents of this kind carry this `apiVersion`.
    pub fn has_api_version(&self, api_version: &str) -> bool {
        match api_version.rsplit_once('/') {
            Some((group, version)) => self.group == group && self.version == version,
            None => self.group.is_empty() && self.version == api_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_its_plural_with_its_group() {
        let (pods, deployments) =
            (KindSpec::new("v1", "Pod", "pods"), KindSpec::new("apps/v1", "Deployment", "deployments"));
        assert!(
            pods.is_resource("pods")
                && !pods.is_resource("pods.metrics.k8s.io")
                && !pods.is_resource("podsx")
        );
        assert!(deployments.is_resource("deployments.apps") && !deployments.is_resource("deployments"));
        assert_eq!(
            (pods.resource(), deployments.resource()),
            ("pods".to_owned(), "deployments.apps".to_owned())
        );
        assert!(
            pods.has_api_version("v1")
                && deployments.has_api_version("apps/v1")
                && !deployments.has_api_version("v1")
        );
    }
}
