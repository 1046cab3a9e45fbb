//! What the measured processes have in common: a cockpit without its terminal on a kubeconfig, and the plain download
//! that it is compared with.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pilothouse::app::one_shot::OneShot;
use pilothouse::app::{Opening, look};
use pilothouse::config::{Paths, SettingsFile};
use pilothouse::settings::{Cockpit, Overrides};
use pilothouse::ui::theme::Depth;

/// A kubeconfig of one cluster at this address.
pub(crate) fn kubeconfig(folder: &Path, url: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("kubeconfig");
    let context = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "large",
        "clusters": [{"name": "large", "cluster": {"server": url}}],
        "contexts": [{"name": "large", "context": {"cluster": "large", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {}}],
    });
    std::fs::write(&path, context.to_string())?;
    Ok(path)
}

/// A cockpit that opens with a view.
pub(crate) fn cockpit(kubeconfig: &Path, view: &str) -> Result<OneShot, Box<dyn Error>> {
    let paths = Paths::under(kubeconfig.parent().ok_or("a kubeconfig in no folder")?);
    let flags = Overrides { view: Some(view.to_owned()), ..Overrides::default() };
    let opening = Opening {
        file: SettingsFile::choose(None, None, &paths),
        settings: Cockpit::default().with(flags.clone()),
        flags,
        keymap: pilothouse::ui::keymap::Keymap::shipped(),
        kubeconfig: vec![kubeconfig.to_owned()],
        kubeconfig_is_named: true,
        https_proxy: None,
        no_proxy: None,
        demo: None,
        paths,
    };
    let theme =
        look::named_theme("dark", Path::new(""), Depth::True).map_err(|problems| format!("{problems:?}"))?;
    Ok(OneShot::open(opening, theme, Depth::True)?)
}

/// Reads all pages of 500, inflates them, and looks at nothing but where the next one is.
pub(crate) fn download(
    runtime: &tokio::runtime::Runtime,
    url: &str,
    path: &str,
) -> Result<Duration, Box<dyn Error>> {
    use http_body_util::{BodyExt as _, Empty};
    use hyper_util::client::legacy::Client;
    use std::io::Read as _;

    #[derive(serde::Deserialize)]
    struct Page {
        metadata: Head,
    }
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(default, rename = "continue")]
        next: String,
    }
    let client = Client::builder(hyper_util::rt::TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let start = Instant::now();
    let (mut next, mut plain) = (String::new(), Vec::new());
    loop {
        let request = http::Request::get(format!("{url}{path}?limit=500&continue={next}"))
            .header("accept-encoding", "gzip")
            .body(Empty::new())?;
        let packed = runtime.block_on(async {
            let response = client.request(request).await?;
            Ok::<_, Box<dyn Error>>(response.into_body().collect().await?.to_bytes())
        })?;
        plain.clear();
        // Small answers are not packed.
        if packed.starts_with(&[0x1f, 0x8b]) {
            flate2::bufread::GzDecoder::new(packed.as_ref()).read_to_end(&mut plain)?;
        } else {
            plain.extend_from_slice(&packed);
        }
        next = serde_json::from_slice::<Page>(&plain)?.metadata.next;
        if next.is_empty() {
            return Ok(start.elapsed());
        }
    }
}
