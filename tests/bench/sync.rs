//! The whole way of 20,000 pods: from an API server over TCP into the cockpit, in a process of its own, beside a plain
//! paged download of the same.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use pilothouse::fleet::kind::PODS as KIND;
use pilothouse::simulator::Simulator;
use pilothouse::simulator::clock::SimClock;
use pilothouse::simulator::world::large::large;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::figures::{Figures, alone, milliseconds, resident};
use super::pods::NOW;
use super::{Outcome, client};

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
    let kubeconfig = client::kubeconfig(folder.path(), &listener.url())?;
    let plain = client::download(&runtime, &listener.url(), "/api/v1/pods")?;
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

/// The cockpit without its terminal: tells the milliseconds to the first rows and to all, and the peak and the present
/// memory in megabytes.
pub(crate) fn client(kubeconfig: &str) -> Outcome {
    let start = Instant::now();
    let mut cockpit = client::cockpit(Path::new(kubeconfig), "pods")?;
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
