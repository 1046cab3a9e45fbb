//! Add-ons that EKS manages: those that must be newer before the control plane is, and those that follow it.

use super::{Ground, Phase, State, Step};
use crate::fleet::Verdict;
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::addon_version::{OfferedAddon, numbers};
use crate::fleet::aws::kind::{ADDON_VERSIONS, ADDONS};
use crate::planes::rights::aws::read;

/// Steps before the control plane, and steps behind it.
pub(super) fn steps(ground: &Ground<'_>) -> (Vec<Step>, Vec<Step>) {
    let what = format!("add-ons fit {}", ground.next);
    let addons = match read::<Addon>(ground.cluster, &ADDONS) {
        Ok(addons) => addons,
        Err(why) => return (vec![Step::unknown(Phase::AddonsBefore, what, &why)], Vec::new()),
    };
    let offered = match read::<OfferedAddon>(ground.cluster, &ADDON_VERSIONS) {
        Ok(offered) => offered,
        Err(why) => return (vec![Step::unknown(Phase::AddonsBefore, what, &why)], Vec::new()),
    };
    let mut addons: Vec<&Addon> = addons.iter().map(|(_, addon)| &**addon).collect();
    addons.sort_by_key(|addon| &addon.name);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for addon in &addons {
        if is_ill(addon) {
            let why = ill(addon);
            let what = format!("repair add-on {}", addon.name);
            before.push(
                Step::new(Phase::AddonsBefore, what, State::ToDo, why).judged(Verdict::Warning).blocking(),
            );
        }
        // Nothing can fit what is not there yet.
        if !ground.is_offered {
            continue;
        }
        let Some((_, offer)) = offered.find(None, &addon.name) else {
            let why = format!("EKS does not say which versions of {} there are", addon.name);
            before.push(Step::unknown(Phase::AddonsBefore, format!("add-on {}", addon.name), &why));
            continue;
        };
        let (first, then) = of_addon(addon, offer, ground);
        before.extend(first);
        after.extend(then);
    }
    let is_fine = before.is_empty();
    if is_fine {
        let why = if addons.is_empty() {
            "EKS manages none".to_owned()
        } else if !ground.is_offered {
            format!("{} add-ons that EKS manages are judged when it has {}", addons.len(), ground.next)
        } else {
            format!("{} add-ons that EKS manages", addons.len())
        };
        before.push(Step::done(Phase::AddonsBefore, what, why));
    }
    (before, after)
}

fn of_addon(addon: &Addon, offer: &OfferedAddon, ground: &Ground<'_>) -> (Option<Step>, Option<Step>) {
    let (from, next) = (&*ground.from, &*ground.next);
    let fits = offer.fits(&addon.version, next) == Some(true);
    let installed = numbers(&addon.version);
    let is_newer = |version: &str| numbers(version) > installed;
    let newest = offer.newest(next);
    let Some(newest) = newest else {
        let what = format!("add-on {} {}", addon.name, addon.version);
        let why = format!("EKS offers no version for {next} yet");
        return (Some(Step::new(Phase::AddonsBefore, what, State::Blocked, why).blocking()), None);
    };
    let both = offer.newest_for_both(from, next).filter(|both| !fits && is_newer(&both.version));
    let first = both.map(|both| {
        let what = format!("add-on {} → {}", addon.name, both.version);
        let why = format!("{} does not fit {next}, this one fits {from} and {next}", addon.version);
        Step::new(Phase::AddonsBefore, what, State::ToDo, why).blocking()
    });
    let reached = both.map_or(&*addon.version, |both| &*both.version);
    let then = (numbers(&newest.version) > numbers(reached)).then(|| {
        let what = format!("add-on {} → {}", addon.name, newest.version);
        let why = if fits || both.is_some() {
            format!("the newest for {next}")
        } else {
            format!("{} does not fit {next}, and nothing fits both", addon.version)
        };
        Step::new(Phase::AddonsAfter, what, State::Blocked, format!("{why}; behind the control plane"))
    });
    (first, then)
}

fn is_ill(addon: &Addon) -> bool {
    !addon.issues.is_empty() || addon.status.ends_with("_FAILED") || &*addon.status == "DEGRADED"
}

fn ill(addon: &Addon) -> String {
    let said = addon.issues.iter().map(crate::fleet::aws::Issue::words).next();
    let failed =
        addon.updates.iter().map(crate::fleet::aws::update::Update::failure).find(|why| !why.is_empty());
    said.or(failed).unwrap_or_else(|| addon.status.to_lowercase())
}
