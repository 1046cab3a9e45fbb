//! The views of the platform's planes over 20,000 pods: each opened in a process of its own beside a plain download of
//! the kinds it reads, and all of them one after the other in one process.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use pilothouse::planes;
use pilothouse::simulator::Simulator;
use pilothouse::simulator::clock::SimClock;
use pilothouse::simulator::world::large::{Platform, large, platform};
use pilothouse::ui::input::{Key, KeyCode};
use pilothouse::ui::message::Msg;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::figures::{Figures, alone, milliseconds, resident};
use super::pods::NOW;
use super::{Outcome, client};

const PODS: usize = 20_000;
const NODES: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(120);
/// The views that are measured.
const VIEWS: [&str; 10] = [
    "addons",
    "karpenter",
    "nodeclaims",
    "pending",
    "topology",
    "argo",
    "certificates",
    "secrets",
    "storage",
    "ingress",
];

pub(crate) fn measure(figures: &mut Figures) -> Outcome {
    let mut simulator = Simulator::new(SimClock::fixed(NOW)?);
    let world = simulator.add_cluster("large");
    large(&world, PODS, NODES, 1).map_err(|status| format!("{status:?}"))?;
    platform(&world, Platform::PROMISED, 1).map_err(|status| format!("{status:?}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let listener = runtime.block_on(simulator.listen("large"))?;
    let folder = tempfile::tempdir()?;
    let kubeconfig = client::kubeconfig(folder.path(), &listener.url())?;
    let input = |view: &str| format!("{}\n{}\n{view}", kubeconfig.display(), listener.url());
    for view in VIEWS {
        if let [ours, plain] = alone("planes", &input(view))?[..] {
            figures.tell(format!("{view} over {PODS} pods, complete"), ours, "ms");
            figures.hold(format!("{view} beside a plain download of its kinds"), ours / plain, "×", 1.5);
        }
    }
    if let [peak, after] = alone("planes", &input(&VIEWS.join(" ")))?[..] {
        figures.hold("all of them opened in one cockpit: peak resident memory", peak, "MB", 150.0);
        figures.tell("resident memory afterwards", after, "MB");
    }
    Ok(())
}

/// One view: the milliseconds until it is complete, and those of the plain download. Several: the peak and the present
/// memory in megabytes after all were complete.
pub(crate) fn process(input: &str) -> Outcome {
    let mut lines = input.lines();
    let mut line = || lines.next().ok_or("too little was said");
    let (kubeconfig, url, views) = (line()?, line()?, line()?);
    let mut views = views.split(' ');
    let first = views.next().unwrap_or_default();
    let start = Instant::now();
    let mut cockpit = client::cockpit(Path::new(kubeconfig), first)?;
    let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 50));
    let mut wait = |cockpit: &mut pilothouse::app::one_shot::OneShot| -> Outcome {
        let stage = cockpit.stage();
        let acquainted = stage.until(start + PATIENCE, |stage| stage.is_acquainted());
        let settled = stage.until(start + PATIENCE, |stage| {
            buffer.reset();
            stage.draw(&mut buffer);
            stage.is_settled()
        });
        if acquainted && settled { Ok(()) } else { Err("the view did not become complete".into()) }
    };
    wait(&mut cockpit)?;
    let ours = start.elapsed();
    let mut others = 0;
    for view in views {
        let stage = cockpit.stage();
        let keys = [Key::char(':')].into_iter().chain(view.chars().map(Key::char));
        for key in keys.chain([Key::plain(KeyCode::Enter)]) {
            stage.tell(Msg::Key(key));
        }
        wait(&mut cockpit)?;
        others += 1;
    }
    let mut stdout = std::io::stdout();
    if others > 0 {
        writeln!(stdout, "{} {}", resident("VmHWM"), resident("VmRSS"))?;
        return Ok(());
    }
    let read = planes::inputs_of(&cockpit.stage().ui().interests(), &[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut plain = Duration::ZERO;
    for interest in read {
        let is_served = cockpit.stage().snapshot().clusters.first().is_some_and(|cluster| {
            cluster.catalog.kinds.iter().any(|kind| kind.resource == interest.resource)
        });
        if is_served {
            plain += client::download(&runtime, url, &interest.resource.collection_path(None))?;
        }
    }
    writeln!(stdout, "{} {}", milliseconds(ours), milliseconds(plain))?;
    Ok(())
}
