//! The price lists that are shipped, each of one region and of one day.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::fleet::Timestamp;

/// Every price list, by the region in its file's name.
pub(super) const SHIPPED: &[(&str, &str)] =
    &[("us-east-1", include_str!("../../../config/prices/us-east-1.toml"))];

/// What AWS takes in a region, in US dollars.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PriceList {
    /// The region.
    pub region: String,
    /// The day of its prices: `2026-01-19`.
    pub as_of: String,
    /// Where they are from.
    pub source: String,
    /// What an estimate by it leaves out.
    pub left_out: Vec<String>,
    /// Hours of a month.
    pub hours_a_month: f64,
    /// By the hour.
    pub hour: Hourly,
    /// A month of a GiB, an IOPS, a MiB/s of volumes.
    pub month: BTreeMap<String, f64>,
    /// By the gigabyte of what is paid by use.
    pub gigabyte: Used,
    /// Instances that can be taken away.
    pub spot: Spot,
    /// The last day of standard support by version of Kubernetes.
    pub standard_support_ends: BTreeMap<String, String>,
    /// An hour of the size `large` by family.
    pub large: BTreeMap<String, f64>,
    /// An hour of instance types whose price is no multiple.
    pub exactly: BTreeMap<String, f64>,
}

/// What is paid by the hour.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hourly {
    /// A cluster in standard support.
    pub control_plane: f64,
    /// How much more in extended support.
    pub extended_support: f64,
    /// A NAT gateway.
    pub nat_gateway: f64,
    /// An application load balancer.
    pub application_load_balancer: f64,
    /// A network load balancer.
    pub network_load_balancer: f64,
    /// An interface endpoint in one zone.
    pub interface_endpoint: f64,
    /// A public IPv4 address.
    pub public_address: f64,
}

/// What is paid by the gigabyte.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Used {
    /// Scanned by a query of Logs Insights.
    pub log_query: f64,
}

/// Spot instances.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spot {
    /// What they are taken to cost of the same on demand.
    pub share: f64,
}

/// The list of a region, where one is shipped.
pub fn of(region: &str) -> Option<&'static PriceList> {
    static LISTS: OnceLock<Vec<PriceList>> = OnceLock::new();
    let lists = LISTS.get_or_init(|| {
        // A list that cannot be read is none; a test reads all of them.
        SHIPPED.iter().filter_map(|(_, text)| toml::from_str(text).ok()).collect()
    });
    lists.iter().find(|list| list.region == region)
}

/// Dollars as whole cents.
pub(super) fn cents(dollars: f64) -> u64 {
    // Never negative, and a cast stays in range.
    (dollars * 100.0).round() as u64
}

impl PriceList {
    /// A month of what is paid by the hour, in cents.
    pub(super) fn monthly(&self, an_hour: f64) -> u64 {
        cents(an_hour * self.hours_a_month)
    }

    /// A month of an instance, in cents; `None` where it has no price.
    pub fn instance(&self, kind: &str, is_spot: bool) -> Option<u64> {
        let an_hour = match self.exactly.get(kind) {
            Some(price) => *price,
            None => {
                let (family, size) = kind.split_once('.')?;
                self.large.get(family)? * in_larges(size)?
            }
        };
        Some(self.monthly(an_hour * if is_spot { self.spot.share } else { 1.0 }))
    }

    /// A month of a volume, in cents; `None` for a type that has no price. `iops` and `throughput` are what it has in
    /// all: what comes with its type costs nothing more.
    pub fn volume(&self, kind: &str, gib: u64, iops: u64, throughput: u64) -> Option<u64> {
        let price = |name: &str| self.month.get(name).copied();
        let more = match kind {
            "gp3" => {
                iops.saturating_sub(3000) as f64 * price("gp3-iops")?
                    + throughput.saturating_sub(125) as f64 * price("gp3-throughput")?
            }
            "io1" | "io2" => iops as f64 * price("provisioned-iops")?,
            _ => 0.0,
        };
        Some(cents(gib as f64 * price(kind)? + more))
    }

    /// From when on a version of Kubernetes (`1.33`) costs more: the day after standard support ends.
    pub fn extended_from(&self, version: &str) -> Option<Timestamp> {
        let last = self.standard_support_ends.get(version)?;
        let last = Timestamp::parse(&format!("{last}T00:00:00Z")).known()?;
        Some(Timestamp::from_seconds(last.seconds() + 24 * 60 * 60))
    }

    /// Its date and what it leaves out, in a line.
    pub fn words(&self) -> String {
        format!("prices of {}, without {}", self.as_of, self.left_out.join(", "))
    }
}

/// How many of the size `large` a size is.
fn in_larges(size: &str) -> Option<f64> {
    Some(match size {
        "nano" => 1.0 / 16.0,
        "micro" => 1.0 / 8.0,
        "small" => 1.0 / 4.0,
        "medium" => 1.0 / 2.0,
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => 2.0 * f64::from(size.strip_suffix("xlarge")?.parse::<u16>().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> &'static PriceList {
        of("us-east-1").unwrap()
    }

    #[test]
    fn every_shipped_list_can_be_read_and_is_of_its_region_and_of_a_day() {
        for (region, text) in SHIPPED {
            let list: PriceList = toml::from_str(text).unwrap_or_else(|e| panic!("{region}: {e}"));
            assert_eq!(list.region, *region);
            assert!(!Timestamp::parse(&format!("{}T00:00:00Z", list.as_of)).is_never(), "{region}");
            assert!(!list.left_out.is_empty() && (0.0..1.0).contains(&list.spot.share));
            for version in list.standard_support_ends.keys() {
                assert!(list.extended_from(version).is_some(), "{version}");
            }
        }
    }

    #[test]
    fn sizes_are_multiples_of_large_as_aws_has_them() {
        // From the price list of 2026-01-19, by the hour.
        for (kind, an_hour) in [
            ("t3.medium", 0.0416),
            ("t3.nano", 0.0052),
            ("m5.4xlarge", 0.768),
            ("c7g.medium", 0.0363),
            ("m7i.48xlarge", 9.6768),
            ("c5.9xlarge", 1.53),
            ("g5.12xlarge", 5.672),
        ] {
            let month = list().instance(kind, false).unwrap();
            let exactly = an_hour * 730.0 * 100.0;
            assert!((month as f64 - exactly).abs() <= exactly / 500.0, "{kind}: {month} for {exactly}");
        }
        for unknown in ["m5.metal", "m5", "q9.large", "m5.xxlarge", ""] {
            assert_eq!(list().instance(unknown, false), None, "{unknown}");
        }
        assert!(list().instance("m5.large", true).unwrap() < list().instance("m5.large", false).unwrap() / 2);
    }

    #[test]
    fn what_comes_with_a_volume_costs_nothing_more() {
        assert_eq!(list().volume("gp3", 100, 3000, 125), Some(800));
        assert_eq!(list().volume("gp3", 100, 4000, 225), Some(800 + 500 + 400));
        assert_eq!(list().volume("io2", 10, 1000, 0), Some(125 + 6500));
        assert_eq!(list().volume("gp9", 10, 0, 0), None);
    }
}
