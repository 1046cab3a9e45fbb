//! The zones of the reference fleet, with the records that no controller writes.

use super::record::Record;
use super::zone::{TTL, Zone};
use crate::simulator::aws::account::Account;
use crate::simulator::aws::ec2::bastion;
use crate::simulator::aws::land::Land;
use crate::simulator::world::chance::hex_of;

/// The public zone of the fleet.
pub const PUBLIC: &str = "cosner.cloud.";
/// The zone that the VPCs of both clusters see.
pub const PRIVATE: &str = "internal.cosner.cloud.";

/// Founds both zones.
pub(crate) fn found(account: &mut Account, lands: &[Land]) {
    let mut public = Zone::new(PUBLIC, "managed by terraform", Vec::new());
    let plain = |name: &str, kind: &str, values: &[&str]| {
        Record::plain(name, kind, TTL, values.iter().map(|value| (*value).to_owned()).collect())
    };
    public.put(plain(PUBLIC, "MX", &["10 mail.cosner.cloud"]));
    public.put(plain(PUBLIC, "CAA", &["0 issue \"letsencrypt.org\"", "0 issue \"amazon.com\""]));
    for land in lands {
        let name = format!("bastion-{}.{PUBLIC}", land.cluster.environment);
        public.put(plain(&name, "A", &[bastion::public_address(land.cluster).as_str()]));
    }
    let networks = lands.iter().map(|land| land.cluster.vpc()).collect();
    let mut private = Zone::new(PRIVATE, "managed by terraform", networks);
    let database = format!("myapp-prod.cluster-{}.us-east-1.rds.amazonaws.com", hex_of("rds", 12));
    private.put(plain(&format!("db.{PRIVATE}"), "CNAME", &[database.as_str()]));
    account.zones = vec![public, private];
}
