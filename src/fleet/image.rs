//! Names of container images: `registry/repository:tag@digest`.

/// The tag, without a registry's port being taken for one.
pub fn tag(image: &str) -> Option<&str> {
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split_once(':').map(|(_, tag)| tag)
}

/// The digest's first twelve digits, which is what people compare.
pub fn short_digest(image: &str) -> Option<&str> {
    let (_, digest) = image.split_once('@')?;
    let hex = digest.split_once(':').map_or(digest, |(_, hex)| hex);
    Some(hex.get(..12).unwrap_or(hex))
}

/// What tells two builds of an image apart: the tag, else the digest; `None` for an image that has neither.
pub fn version(image: &str) -> Option<&str> {
    tag(image).or_else(|| short_digest(image))
}

/// The registry's host; Docker Hub's when the name has none.
pub fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

/// The name without registry: `myapp/api:1.8.3`.
pub fn without_registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!(tag("localhost:5000/api"), None);
        assert_eq!(tag("localhost:5000/api:1.2@sha256:00"), Some("1.2"));
        assert_eq!(tag(""), None);
    }

    #[test]
    fn a_version_is_the_tag_or_the_digest() {
        assert_eq!(version("nginx:1.27"), Some("1.27"));
        assert_eq!(version("a/b@sha256:0123456789abcdef"), Some("0123456789ab"));
        assert_eq!(version("a/b@sha256:ü"), Some("ü"));
        assert_eq!(version("nginx"), None);
    }

    #[test]
    fn a_registry_has_a_dot_or_a_port() {
        assert_eq!(
            registry("123456789012.dkr.ecr.us-east-1.amazonaws.com/myapp/api:1"),
            "123456789012.dkr.ecr.us-east-1.amazonaws.com"
        );
        assert_eq!(registry("library/nginx"), "docker.io");
        assert_eq!(without_registry("ghcr.io/a/b:1"), "a/b:1");
        assert_eq!(without_registry("a/b:1"), "a/b:1");
    }
}
