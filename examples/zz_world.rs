use pilothouse::simulator::{Simulator, clock::SimClock, demo::Demo, scenarios};
#[tokio::main]
async fn main() {
    let start: jiff::Timestamp = std::process::Command::new("date")
        .arg("-u")
        .arg("+%Y-%m-%dT%H:%M:%SZ")
        .output()
        .map(|o| String::from_utf8(o.stdout).unwrap().trim().parse().unwrap())
        .unwrap();
    let mut sim = Simulator::new(SimClock::running(start));
    let mut demo = Demo::start(&mut sim, 1).unwrap();
    if let Some(name) = std::env::args().nth(1) {
        demo.apply(scenarios::find(&name).unwrap()).unwrap();
    }
    let mut keep = Vec::new();
    for c in ["myapp-dev", "myapp-prod"] {
        let l = sim.listen(c).await.unwrap();
        println!("{c} {:?}", l.address());
        keep.push(l);
    }
    demo.run().await;
}
