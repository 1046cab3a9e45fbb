//! Time zones by their IANA names, from the database that is part of the program: what a schedule means must not depend
//! on which files the machine has.

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::time::Timestamp;

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this name, in any case; UTC for the empty name. `None` for a name that nobody knows.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "" => Some(Self(TimeZone::UTC)),
            name => TimeZoneDatabase::bundled().get(name).ok().map(Self),
        }
    }

    /// What a clock in this zone shows, as if it were UTC: for schedules, which count by the clock on the wall.
    pub fn wall(&self, at: Timestamp) -> Timestamp {
        let Ok(instant) = jiff::Timestamp::from_second(at.seconds()) else { return at };
        Timestamp::from_seconds(at.seconds() + i64::from(self.0.to_offset(instant).seconds()))
    }

    /// The instant at which a clock in this zone shows this; the first of two where it is set back, and behind the gap where
    /// it is set forward.
    pub fn instant(&self, wall: Timestamp) -> Timestamp {
        let Ok(shown) = jiff::Timestamp::from_second(wall.seconds()) else { return wall };
        let local = Offset::UTC.to_datetime(shown);
        self.0.to_timestamp(local).map_or(wall, |utc| Timestamp::from_seconds(utc.as_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_moves_with_the_season_and_back_again() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        for (utc, wall) in [
            ("2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z"),
            ("2026-07-01T12:00:00Z", "2026-07-01T14:00:00Z"),
        ] {
            assert_eq!(berlin.wall(Timestamp::parse(utc)).rfc3339(), wall);
            assert_eq!(berlin.instant(Timestamp::parse(wall)).rfc3339(), utc);
        }
    }

    #[test]
    fn no_name_is_utc_and_a_wrong_one_is_none() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z");
        assert_eq!(Zone::named("").map(|utc| utc.wall(now)), Some(now));
        assert_eq!(Zone::named("etc/utc").map(|utc| utc.wall(now)), Some(now));
        assert_eq!(Zone::named("Europe/Atlantis"), None);
    }
}
