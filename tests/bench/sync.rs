//! The whole way of 20,000 pods: from an API server over TCP into the cockpit, in a process of its own, beside a plain
//! paged download of the same.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pilothouse::app::one_shot::OneShot;
use pilothouse::app::{Opening, look};
use pilothouse::config::{Paths, SettingsFile};
use pilothouse::fleet::kind::PODS as KIND;
use pilothouse::settings::{Cockpit, Overrides};
use pilothouse::simulator::Simulator;
use pilothouse::simulator::clock::SimClock;
use pilothouse::simulator::world::large::large;
use pilothouse::ui::theme::Depth;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Outcome;
use super::figures::{Figures, alone, milliseconds, resident};
use super::pods::NOW;

/// Pods that are downloaded.
const PODS: usize = 20_000;
/// How long to wait for them.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn measure(figures: &mut Figures) -> Outcome {
    let mut simulator = Simulator::new(SimClock::fixed(NOW)?);
    let world = simulator.add_cluster("large");
    large(&world, PODS, PODS / 20, 1).map_err(|status| format!("{status:?}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let listener = runtime.block_on(simulator.listen("large"))?;
    let folder = tempfile::tempdir()?;
    let kubeconfig = folder.path().join("kubeconfig");
    let context = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "large",
        "clusters": [{"name": "large", "cluster": {"server": listener.url()}}],
        "contexts": [{"name": "large", "context": {"cluster": "large", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {}}],
    });
    std::fs::write(&kubeconfig, context.to_string())?;
    let plain = plain_download(&runtime, &listener.url())?;
    let told = alone("sync", &kubeconfig.to_string_lossy())?;
    if let [first, all, peak, after] = told[..] {
        figures.tell("20000 pods of the embedded world: plain paged download", milliseconds(plain), "ms");
        figures.tell("their first rows in the cockpit", first, "ms");
        figures.tell("all of them in the cockpit", all, "ms");
        figures.hold("all of them beside the plain download", all / milliseconds(plain), "×", 1.0);
        figures.hold("peak resident memory meanwhile", peak, "MB", 80.0);
        figures.tell("resident memory afterwards", after, "MB");
    }
    Ok(())
}

/// Reads all pages of 500, inflates them, and looks at nothing but where the next one is.
fn plain_download(runtime: &tokio::runtime::Runtime, url: &str) -> Result<Duration, Box<dyn Error>> {
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
        let request = http::Request::get(format!("{url}/api/v1/pods?limit=500&continue={next}"))
            .header("accept-encoding", "gzip")
            .body(Empty::new())?;
        let packed = runtime.block_on(async {
            let response = client.request(request).await?;
            Ok::<_, Box<dyn Error>>(response.into_body().collect().await?.to_bytes())
        })?;
        plain.clear();
        flate2::bufread::GzDecoder::new(packed.as_ref()).read_to_end(&mut plain)?;
        next = serde_json::from_slice::<Page>(&plain)?.metadata.next;
        if next.is_empty() {
            return Ok(start.elapsed());
        }
    }
}

/// The cockpit without its terminal: tells the milliseconds to the first rows and to all, and the peak and the present
/// memory in megabytes.
pub(crate) fn client(kubeconfig: &str) -> Outcome {
    let start = Instant::now();
    let paths = Paths::under(Path::new(kubeconfig).parent().ok_or("a kubeconfig in no folder")?);
    let flags = Overrides { view: Some("pods".to_owned()), ..Overrides::default() };
    let opening = Opening {
        file: SettingsFile::choose(None, None, &paths),
        settings: Cockpit::default().with(flags.clone()),
        flags,
        keymap: pilothouse::ui::keymap::Keymap::shipped(),
        kubeconfig: vec![PathBuf::from(kubeconfig)],
        kubeconfig_is_named: true,
        https_proxy: None,
        no_proxy: None,
        demo: None,
        paths,
    };
    let theme =
        look::named_theme("dark", Path::new(""), Depth::True).map_err(|problems| format!("{problems:?}"))?;
    let mut cockpit = OneShot::open(opening, theme, Depth::True)?;
    let stage = cockpit.stage();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 50));
    let mut first = None;
    let complete = stage.until(start + PATIENCE, |stage| {
        if stage.ui().needs_frame() {
            buffer.reset();
            stage.draw(&mut buffer);
        }
        let snapshot = stage.snapshot();
        let pods = snapshot.clusters.first().and_then(|cluster| cluster.any_table(&KIND));
        let rows = pods.map_or(0, |table| table.len());
        if rows > 0 && first.is_none() {
            first = Some(start.elapsed());
        }
        pods.is_some_and(|table| table.freshness().is_current()) && rows == PODS
    });
    let all = start.elapsed();
    if !complete {
        return Err("the pods did not arrive".into());
    }
    writeln!(
        std::io::stdout(),
        "{} {} {} {}",
        milliseconds(first.unwrap_or(all)),
        milliseconds(all),
        resident("VmHWM"),
        resident("VmRSS")
    )?;
    Ok(())
}
