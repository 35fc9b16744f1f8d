//! Where an account was, and what that asks of the way from there.

use crate::event::{Event, PLACE_UNKNOWN};
use crate::moment::Moment;

/// How far the device's clock is from the sun's at its longitude, in hours; 0 where the place is not known.
pub(super) fn zone_shift(event: &Event) -> f32 {
    if event.longitude_centi == PLACE_UNKNOWN {
        return 0.0;
    }
    let by_sun = f32::from(event.longitude_centi) / 1_500.0;
    (f32::from(event.zone_minutes) / 60.0 - by_sun).abs().min(24.0)
}

/// Where an account was last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    at: Moment,
    latitude_centi: i16,
    longitude_centi: i16,
}

impl Place {
    const MOST_KMH: f32 = 100_000.0;

    /// The speed that it takes from here to where an event is, in km/h; 0 where either is not known.
    pub(super) fn speed_to(&self, event: &Event, now: Moment) -> f32 {
        if !self.at.came() || event.latitude_centi == PLACE_UNKNOWN || event.longitude_centi == PLACE_UNKNOWN {
            return 0.0;
        }
        // Degrees of latitude and, at most as long, of longitude: as the crow flies on a map, which is enough to tell a
        // journey from a jump.
        let north = f32::from(event.latitude_centi) - f32::from(self.latitude_centi);
        let east = f32::from(event.longitude_centi) - f32::from(self.longitude_centi);
        let east = if east.abs() > 18_000.0 { 36_000.0 - east.abs() } else { east };
        let narrow = 1.0 - (f32::from(event.latitude_centi) / 9_000.0).powi(2) * 0.9;
        let distance_km = (north * north + east * east * narrow * narrow).sqrt() * 1.112;
        let hours = now.seconds_since(self.at).max(60.0) / 3_600.0;
        // What addresses' places are off by is no journey.
        if distance_km < 100.0 { 0.0 } else { (distance_km / hours).min(Self::MOST_KMH) }
    }

    pub(super) fn move_to(&mut self, event: &Event, now: Moment) {
        if event.latitude_centi != PLACE_UNKNOWN && event.longitude_centi != PLACE_UNKNOWN {
            *self = Self { at: now, latitude_centi: event.latitude_centi, longitude_centi: event.longitude_centi };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;

    fn somewhere(latitude_centi: i16, longitude_centi: i16) -> Event {
        Event { latitude_centi, longitude_centi, ..Event::new(Kind::Login, 1, 1, 0) }
    }

    #[test]
    fn a_journey_and_a_jump() {
        let hour = |hours: i64| Moment::from_us(hours * 3_600_000_000);
        let (zurich, geneva, tokyo) = (somewhere(4_738, 854), somewhere(4_620, 614), somewhere(3_568, 13_969));
        let mut place = Place::default();
        assert_eq!(place.speed_to(&tokyo, hour(1)), 0.0, "it was nowhere before");
        place.move_to(&zurich, hour(1));
        assert!((50.0..150.0).contains(&place.speed_to(&geneva, hour(4))));
        assert!(place.speed_to(&tokyo, hour(2)) > 5_000.0);
        assert_eq!(place.speed_to(&somewhere(PLACE_UNKNOWN, PLACE_UNKNOWN), hour(2)), 0.0);
        place.move_to(&somewhere(PLACE_UNKNOWN, 5), hour(3));
        assert!(place.speed_to(&geneva, hour(4)) > 0.0, "an unknown place moves nobody");
    }

    #[test]
    fn across_the_date_line_is_near() {
        let mut place = Place::default();
        place.move_to(&somewhere(0, 17_900), Moment::from_us(1));
        assert!(place.speed_to(&somewhere(0, -17_900), Moment::from_us(3_600_000_000)) < 300.0);
    }

    #[test]
    fn a_clock_of_another_continent() {
        let in_zurich_on_utc_minus_eight = Event { zone_minutes: -480, ..somewhere(4_738, 854) };
        assert!(zone_shift(&in_zurich_on_utc_minus_eight) > 8.0);
        assert!(zone_shift(&Event { zone_minutes: 60, ..somewhere(4_738, 854) }) < 1.0);
    }
}
