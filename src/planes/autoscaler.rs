//! What Cluster Autoscaler says of itself: the ConfigMap `cluster-autoscaler-status`, whose key `status` was text for
//! people up to 1.29 and is YAML since 1.30 (`clusterstate/api/types.go`).

use crate::fleet::Verdict;

/// The name of the ConfigMap, beside the autoscaler.
pub const STATUS: &str = "cluster-autoscaler-status";

/// What Cluster Autoscaler says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `Running`, `Initializing`; empty in older releases.
    pub state: String,
    /// When it said so, as it wrote it.
    pub time: String,
    /// The whole cluster.
    pub cluster: Group,
    /// Its node groups.
    pub groups: Vec<Group>,
}

/// A node group, or the whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name; empty for the whole cluster.
    pub name: String,
    /// `Healthy`, `Unhealthy`.
    pub health: String,
    /// `NoActivity`, `NoActivityNeeded`, `Needed`, `InProgress`, `Backoff`, `NotNeeded`.
    pub scale_up: String,
    /// `NoCandidates`, `CandidatesPresent`.
    pub scale_down: String,
    /// Nodes that are ready.
    pub ready: Option<u32>,
    /// Nodes that its group has in the cloud, or is to have.
    pub target: Option<u32>,
    /// The least it may have.
    pub least: Option<u32>,
    /// The most it may have.
    pub most: Option<u32>,
}

impl Group {
    /// True when it may have no more nodes.
    pub fn is_full(&self) -> bool {
        self.most.is_some() && self.target.or(self.ready) >= self.most
    }

    /// How it is, and why.
    pub fn verdict(&self) -> (Verdict, String) {
        match (self.health.as_str(), self.scale_up.as_str()) {
            ("", "") => (Verdict::Unknown, "says nothing".to_owned()),
            ("Healthy" | "", "Backoff") => (Verdict::Warning, "could not be enlarged, backs off".to_owned()),
            ("Healthy" | "", up) => match (up, self.is_full()) {
                ("InProgress", _) => (Verdict::Progressing, "being enlarged".to_owned()),
                ("Needed", true) => (Verdict::Critical, "at its maximum, and more is needed".to_owned()),
                ("Needed", false) => (Verdict::Progressing, "more is needed".to_owned()),
                (_, true) => (Verdict::Ok, "at its maximum".to_owned()),
                _ => (Verdict::Ok, String::new()),
            },
            (health, _) => (Verdict::Warning, health.to_owned()),
        }
    }

    fn part(&mut self, part: Part) -> &mut String {
        match part {
            Part::Health => &mut self.health,
            Part::Up => &mut self.scale_up,
            Part::Down => &mut self.scale_down,
        }
    }
}

#[derive(Clone, Copy)]
enum Part {
    Health,
    Up,
    Down,
}

/// Reads either form; `None` when it is neither.
pub fn read(text: &str) -> Option<Status> {
    let mut status = Status::default();
    let mut group: Option<Group> = None;
    let mut in_groups = false;
    let mut part = Part::Health;
    let mut is_known = false;
    for line in text.lines() {
        let line = line.trim().trim_start_matches("- ").trim_start();
        if let Some(at) = line.strip_prefix("Cluster-autoscaler status at ") {
            status.time = at.trim_end_matches(':').to_owned();
            is_known = true;
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        match key {
            "time" if !in_groups && status.time.is_empty() => status.time = value.to_owned(),
            "autoscalerStatus" => (status.state, is_known) = (value.to_owned(), true),
            "Cluster-wide" | "clusterWide" => is_known = true,
            "NodeGroups" | "nodeGroups" => in_groups = true,
            "Name" | "name" if in_groups => {
                status.groups.extend(group.replace(Group { name: value.to_owned(), ..Group::default() }));
            }
            _ => {
                let of = if in_groups { group.get_or_insert_default() } else { &mut status.cluster };
                part = match key {
                    "Health" | "health" => Part::Health,
                    "ScaleUp" | "scaleUp" => Part::Up,
                    "ScaleDown" | "scaleDown" => Part::Down,
                    _ => part,
                };
                let is_part = matches!(key, "Health" | "ScaleUp" | "ScaleDown") || key == "status";
                if is_part && let Some(word) = value.split(' ').next().filter(|word| !word.is_empty()) {
                    let said = of.part(part);
                    if said.is_empty() {
                        word.clone_into(said);
                    }
                }
                numbers(of, key, value);
            }
        }
    }
    status.groups.extend(group);
    is_known.then_some(status)
}

/// `minSize: 1`, or `(ready=1 … cloudProviderTarget=1 (minSize=1, maxSize=3))`.
fn numbers(group: &mut Group, key: &str, value: &str) {
    let found = |name: &str| {
        let own = (key == name).then_some(value);
        let inline = || {
            let at = value.match_indices(name).map(|(at, _)| at).find(|at| {
                let before = value.get(..*at).and_then(|before| before.chars().last());
                before.is_none_or(|c| !c.is_alphanumeric())
            })?;
            value.get(at + name.len()..)?.strip_prefix('=')
        };
        let text = own.or_else(inline)?;
        let digits = text.trim_start().split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u32>().ok()
    };
    let Group { ready, target, least, most, .. } = group;
    for (name, slot) in
        [("ready", ready), ("cloudProviderTarget", target), ("minSize", least), ("maxSize", most)]
    {
        if slot.is_none() {
            *slot = found(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OLD: &str = "Cluster-autoscaler status at 2023-05-01 10:00:00.1 +0000 UTC:
Cluster-wide:
  Health:      Healthy (ready=5 unready=0 notStarted=0 longNotStarted=0 registered=5 longUnregistered=0)
               LastProbeTime:      2023-05-01 10:00:00
               LastTransitionTime: 2023-04-01 10:00:00
  ScaleUp:     NoActivity (ready=5 registered=5)
  ScaleDown:   NoCandidates (candidates=0)

NodeGroups:
  Name:        eks-system-1
  Health:      Healthy (ready=2 unready=0 registered=2 longUnregistered=0 cloudProviderTarget=2 (minSize=2, maxSize=4))
               LastProbeTime:      2023-05-01 10:00:00
  ScaleUp:     NoActivity (ready=2 cloudProviderTarget=2)
  ScaleDown:   NoCandidates (candidates=0)

  Name:        eks-apps-1
  Health:      Unhealthy (ready=3 unready=1 registered=4 longUnregistered=1 cloudProviderTarget=6 (minSize=0, maxSize=6))
  ScaleUp:     Backoff (ready=3 cloudProviderTarget=6)
  ScaleDown:   CandidatesPresent (candidates=1)
";
    const NEW: &str = "time: 2026-11-21 10:00:00.1 +0000 UTC
autoscalerStatus: Running
clusterWide:
  health:
    status: Healthy
    nodeCounts:
      registered:
        total: 5
        ready: 5
        notStarted: 0
      longUnregistered: 0
      unregistered: 0
    lastProbeTime: \"2026-11-21T10:00:00Z\"
  scaleUp:
    status: NoActivity
  scaleDown:
    status: NoCandidates
nodeGroups:
- name: eks-apps-1
  health:
    status: Healthy
    nodeCounts:
      registered:
        total: 3
        ready: 3
    cloudProviderTarget: 3
    minSize: 0
    maxSize: 3
    lastProbeTime: \"2026-11-21T10:00:00Z\"
  scaleUp:
    status: Needed
    lastTransitionTime: \"2026-11-21T09:00:00Z\"
  scaleDown:
    status: NoCandidates
- name: eks-system-1
  health:
    status: Healthy
    minSize: 2
    maxSize: 4
  scaleUp:
    status: Backoff
    backoffInfo:
      errorCode: QUOTA
      errorMessage: too many
";

    #[test]
    fn the_text_of_older_releases_is_read() {
        let status = read(OLD).unwrap();
        assert_eq!((status.cluster.health.as_str(), status.cluster.ready), ("Healthy", Some(5)));
        let names: Vec<&str> = status.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["eks-system-1", "eks-apps-1"]);
        let apps = &status.groups[1];
        assert_eq!((apps.ready, apps.target, apps.least, apps.most), (Some(3), Some(6), Some(0), Some(6)));
        assert_eq!((apps.scale_up.as_str(), apps.scale_down.as_str()), ("Backoff", "CandidatesPresent"));
        assert_eq!(apps.verdict(), (Verdict::Warning, "Unhealthy".to_owned()));
        assert_eq!(status.groups[0].verdict(), (Verdict::Ok, String::new()));
    }

    #[test]
    fn the_yaml_of_newer_releases_is_read() {
        let status = read(NEW).unwrap();
        assert_eq!((status.state.as_str(), status.cluster.scale_up.as_str()), ("Running", "NoActivity"));
        let apps = &status.groups[0];
        assert_eq!(
            (apps.name.as_str(), apps.ready, apps.target, apps.most),
            ("eks-apps-1", Some(3), Some(3), Some(3))
        );
        assert_eq!(apps.verdict(), (Verdict::Critical, "at its maximum, and more is needed".to_owned()));
        assert_eq!(status.groups[1].verdict().0, Verdict::Warning);
        assert_eq!((status.groups[1].least, status.groups[1].most), (Some(2), Some(4)));
    }

    #[test]
    fn what_is_neither_is_nothing() {
        assert_eq!(read(""), None);
        assert_eq!(read("hello: world\nname: x"), None);
        let group = read("clusterWide:\nnodeGroups:\n- name: a").unwrap().groups.remove(0);
        assert_eq!(group.verdict().0, Verdict::Unknown);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[ -]{0,2}(clusterWide|nodeGroups|name|Health|status|minSize|ready)[:= ]{0,2}\\PC{0,40}(\n\\PC{0,60}){0,5}") {
            let _ = read(&text);
        }
    }
}
