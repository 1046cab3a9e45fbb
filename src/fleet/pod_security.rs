//! Pod Security Standards: which of their checks a pod's spec does not pass.
//!
//! Looked at are the checks that charts fail in practice: host namespaces, privileged containers, capabilities, host
//! paths and ports, the proc mount, seccomp, volume types, privilege escalation and running as root. AppArmor, SELinux,
//! sysctls and Windows are not looked at (`k8s.io/pod-security-admission`, `policy/check_*.go`).

use super::wire::{Flag, List, Number, Object, Text, Texts, wire_structs};

/// Checks that a pod's spec does not pass, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Breaches(u16);

/// The words of each check, by its bit; those of the baseline come first.
const CHECKS: [&str; 13] = [
    "host namespaces",
    "privileged",
    "added capabilities",
    "hostPath",
    "hostPort",
    "procMount",
    "seccomp Unconfined",
    "volume types",
    "allowPrivilegeEscalation",
    "runAsNonRoot",
    "runAsUser 0",
    "seccompProfile",
    "capabilities not dropped",
];
/// How many of them the baseline has.
const BASELINE: usize = 7;

/// What containers may add without breaking the baseline.
const HARMLESS: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
wire_structs! {
    /// `securityContext` of a pod or of a container: what one of them has not is absent.
    pub struct SecurityWire<'a> {
        privileged: Flag,
        allow_privilege_escalation: Flag,
        run_as_non_root: Flag,
        run_as_user: Number,
        proc_mount: Text<'a>,
        capabilities: Object<CapabilitiesWire<'a>>,
        seccomp_profile: Object<SeccompWire<'a>>,
    }
    struct CapabilitiesWire<'a> {
        add: Texts<'a>,
        drop: Texts<'a>,
    }
    struct SeccompWire<'a> {
        #[serde(rename = "type")]
        kind: Text<'a>,
    }
    /// A port, as far as it is about the host.
    pub struct PortWire {
        host_port: Number,
    }
}

/// What the checks look at in a pod's spec.
pub(super) struct Spec<'w, 'a> {
    /// `hostNetwork`, `hostPID` or `hostIPC`.
    pub(super) shares_host: bool,
    /// A volume of the host's files.
    pub(super) has_host_path: bool,
    /// A volume of another kind that restricted pods may not have.
    pub(super) has_odd_volume: bool,
    /// `securityContext`
    pub(super) security: &'w Object<SecurityWire<'a>>,
}

impl Breaches {
    /// The checks of one level, and of the laxer ones, that are not passed; in words. Everything passes `privileged`,
    /// and a level that is not known is not judged.
    pub fn of_level(self, level: &str) -> Vec<&'static str> {
        let checks = match level {
            "baseline" => BASELINE,
            "restricted" => CHECKS.len(),
            _ => 0,
        };
        let is_broken = |at: usize| self.0 & (1 << at) != 0;
        CHECKS
            .iter()
            .take(checks)
            .enumerate()
            .filter(|(at, _)| is_broken(*at))
            .map(|(_, words)| *words)
            .collect()
    }

    fn note(&mut self, words: &str, is_broken: bool) {
        if let Some(at) = CHECKS.iter().position(|known| *known == words)
            && is_broken
        {
            self.0 |= 1 << at;
        }
    }

    /// Looks at a pod's spec and its containers, those that only begin it included.
    pub(super) fn find<'w, 'a: 'w>(
        spec: &Spec<'w, 'a>,
        containers: impl Iterator<Item = (&'w Object<SecurityWire<'a>>, &'w List<PortWire>)>,
    ) -> Self {
        let mut breaches = Self::default();
        breaches.note("host namespaces", spec.shares_host);
        let pod = spec.security.get();
        breaches.note("hostPath", spec.has_host_path);
        breaches.note("volume types", spec.has_host_path || spec.has_odd_volume);
        let pod_profile = pod.and_then(profile);
        let pod_non_root = pod.and_then(|pod| pod.run_as_non_root.0);
        breaches.note("runAsUser 0", pod.is_some_and(|pod| pod.run_as_user.0 == Some(0)));
        breaches.note("seccomp Unconfined", pod_profile == Some("Unconfined"));
        for (security, ports) in containers {
            let own = security.get();
            let flag = |of: fn(&SecurityWire<'_>) -> Flag| own.and_then(|own| of(own).0);
            breaches.note("privileged", flag(|own| own.privileged) == Some(true));
            breaches
                .note("hostPort", ports.iter().any(|port| port.host_port.0.is_some_and(|port| port != 0)));
            breaches
                .note("allowPrivilegeEscalation", flag(|own| own.allow_privilege_escalation) != Some(false));
            breaches.note("runAsNonRoot", flag(|own| own.run_as_non_root).or(pod_non_root) != Some(true));
            breaches.note("runAsUser 0", own.is_some_and(|own| own.run_as_user.0 == Some(0)));
            let own_profile = own.and_then(profile);
            breaches.note("seccomp Unconfined", own_profile == Some("Unconfined"));
            breaches.note("seccompProfile", own_profile.or(pod_profile).is_none());
            let mount = own.map_or("", |own| &*own.proc_mount);
            breaches.note("procMount", !matches!(mount, "" | "Default"));
            let capabilities = own.and_then(|own| own.capabilities.get());
            let added = || capabilities.into_iter().flat_map(|of| of.add.0.iter()).map(|name| &**name);
            let drops_all = capabilities.is_some_and(|of| of.drop.0.iter().any(|name| &**name == "ALL"));
            breaches.note("added capabilities", added().any(|name| !HARMLESS.contains(&name)));
            let keeps = !drops_all || added().any(|name| name != "NET_BIND_SERVICE");
            breaches.note("capabilities not dropped", keeps);
        }
        breaches
    }
}

fn profile<'w>(security: &'w SecurityWire<'_>) -> Option<&'w str> {
    security.seccomp_profile.get().and_then(|profile| profile.kind.known())
}
