//! What the containers of the fleet print: access lines, JSON lines, controller lines, some of them coloured.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::world::chance::Chance;
use crate::simulator::world::field;

const PATHS: [&str; 8] = [
    "/",
    "/login",
    "/products",
    "/products/4711",
    "/cart",
    "/checkout",
    "/assets/app.7f3c.js",
    "/assets/main.css",
];
const CALLS: [&str; 6] = [
    "GET /v1/orders",
    "GET /v1/orders/88123",
    "POST /v1/orders",
    "GET /v1/customers/42",
    "PUT /v1/carts/17",
    "GET /readyz",
];
const AGENTS: [&str; 3] =
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6)", "Mozilla/5.0 (X11; Linux x86_64)", "curl/8.9.1"];
const TASKS: [&str; 5] = ["send-receipt", "resize-image", "sync-inventory", "expire-carts", "index-products"];

/// The next line of a container. Containers of the same pod share nothing but the seed they are asked with.
pub fn line(container: &str, at: Timestamp, chance: &mut Chance) -> String {
    match container {
        "web" => access_line(at, chance),
        "api" => call_line(at, chance),
        "worker" | "report" => task_line(at, chance),
        "cache" => format!(
            "1:M {} * {}",
            at.strftime("%d %b %Y %H:%M:%S%.3f"),
            pick(
                chance,
                &[
                    "Background saving started by pid 71",
                    "DB saved on disk",
                    "100 changes in 300 seconds. Saving...",
                    "Background saving terminated with success"
                ]
            )
        ),
        "controller" | "karpenter" => structured_line(
            at,
            chance,
            &[
                "computing disruption decisions",
                "found provisionable pod(s)",
                "reconciled",
                "synced interruption queue",
            ],
        ),
        "coredns" => format!(
            "[INFO] 10.0.{}.{}:{} - {} \"A IN cache.production.svc.cluster.local. udp 56 false 512\" NOERROR qr,aa,rd 110 0.000{}s",
            chance.between(11, 13),
            chance.between(4, 250),
            chance.between(30000, 60000),
            chance.between(1000, 65000),
            chance.between(100, 999)
        ),
        "fluent-bit" => format!(
            "[{}] [ info] [output:cloudwatch_logs:cloudwatch_logs.0] Sent {} events to CloudWatch",
            at.strftime("%Y/%m/%d %H:%M:%S"),
            chance.between(3, 180)
        ),
        _ => structured_line(at, chance, &["reconciled", "cache synced", "watch renewed", "nothing to do"]),
    }
}

fn pick(chance: &mut Chance, of: &[&'static str]) -> &'static str {
    chance.pick(of).copied().unwrap_or_default()
}

fn access_line(at: Timestamp, chance: &mut Chance) -> String {
    let stamp = at.strftime("%d/%b/%Y:%H:%M:%S +0000");
    if chance.below(6) == 0 {
        return format!(
            "127.0.0.1 - - [{stamp}] \"GET /readyz HTTP/1.1\" 200 2 \"-\" \"kube-probe/1.36\" 0ms"
        );
    }
    let status = match chance.below(40) {
        0 => 404,
        1 => 302,
        _ => 200,
    };
    format!(
        "10.0.{}.{} - - [{}] \"GET {} HTTP/1.1\" {status} {} \"-\" \"{}\" {}ms",
        chance.between(11, 13),
        chance.between(4, 250),
        at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        pick(chance, &PATHS),
        chance.between(180, 24_000),
        pick(chance, &AGENTS),
        chance.between(1, 180),
    )
}

/// The api's logger colours its levels, as many do when nobody told them that nobody looks.
fn call_line(at: Timestamp, chance: &mut Chance) -> String {
    let stamp = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    let (call, took) = (pick(chance, &CALLS), chance.between(2, 240));
    match chance.below(30) {
        0 => format!(
            "\u{1b}[2m{stamp}\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m api::db: slow query took {}ms",
            took * 9
        ),
        1 | 2 => format!(
            "\u{1b}[2m{stamp}\u{1b}[0m \u{1b}[34mDEBUG\u{1b}[0m api::cache: hit ratio 0.{}",
            chance.between(80, 99)
        ),
        _ => format!(
            "\u{1b}[2m{stamp}\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m api::http: \u{1b}[1m{call}\u{1b}[0m status=200 latency={took}ms request_id={}",
            chance.hex(16)
        ),
    }
}

fn task_line(at: Timestamp, chance: &mut Chance) -> String {
    let level = if chance.below(50) == 0 { "warn" } else { "info" };
    json!({
        "ts": at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(), "level": level, "msg": if level == "warn" { "retrying" } else { "task done" },
        "task": pick(chance, &TASKS), "id": chance.hex(12), "duration_ms": chance.between(8, 2400), "queue": chance.between(0, 40),
    })
    .to_string()
}

fn structured_line(at: Timestamp, chance: &mut Chance, messages: &[&'static str]) -> String {
    json!({"level": "INFO", "time": at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(), "logger": "controller", "message": pick(chance, messages), "commit": "a1c2d3e", "reconcileID": chance.uuid()}).to_string()
}

/// The lines a container printed up to an instant, one every few seconds, oldest first.
pub fn past_lines(pod: &Value, container: &str, until: Timestamp, count: i64) -> Vec<(Timestamp, String)> {
    let mut chance = Chance::of(&format!("{}/{container}", field::uid(pod)));
    let started = field::time(pod, "status.startTime").unwrap_or(until);
    let mut out = Vec::new();
    let mut at = until;
    for _ in 0..count {
        at = at.checked_sub(jiff::SignedDuration::from_millis(chance.between(400, 5_000))).unwrap_or(at);
        if at < started {
            break;
        }
        out.push((at, line(container, at, &mut chance)));
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_past_are_in_order_and_the_same_each_time() {
        let pod = json!({"metadata": {"uid": "u"}, "status": {"startTime": "2026-11-21T09:00:00Z"}});
        let until = "2026-11-21T10:00:00Z".parse().unwrap();
        let lines = past_lines(&pod, "api", until, 200);
        assert_eq!(lines.len(), 200);
        assert!(lines.is_sorted_by_key(|(at, _)| *at));
        assert_eq!(lines, past_lines(&pod, "api", until, 200));
        assert!(lines.iter().any(|(_, line)| line.contains("\u{1b}[32m")));
    }

    #[test]
    fn a_young_pod_has_printed_little() {
        let pod = json!({"metadata": {"uid": "u"}, "status": {"startTime": "2026-11-21T09:59:55Z"}});
        assert!(past_lines(&pod, "web", "2026-11-21T10:00:00Z".parse().unwrap(), 200).len() < 15);
    }
}
