//! The last few different things, and since when each is known: devices, networks, destinations.

use crate::moment::Moment;

/// The last `N` different things by half of their key, and the second since which each is known (0: none is there); the
/// one that was used longest ago gives way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recent<const N: usize>([(u32, u32); N]);

impl<const N: usize> Default for Recent<N> {
    fn default() -> Self {
        Self([(0, 0); N])
    }
}

impl<const N: usize> Recent<N> {
    /// Since when a thing is known, if it is among the last.
    pub(crate) fn since(&self, key: u64) -> Option<Moment> {
        self.0.iter().find(|known| is(known, key)).map(|(_, since)| Moment::from_second(*since))
    }

    /// Use a thing now.
    pub(crate) fn take(&mut self, key: u64, now: Moment) {
        let known = self.0.iter().position(|known| is(known, key));
        let last = known.unwrap_or(N.saturating_sub(1));
        // The newest is first.
        if let Some(part) = self.0.get_mut(..=last) {
            part.rotate_right(1);
        }
        if let (None, Some(first)) = (known, self.0.first_mut()) {
            *first = ((key >> 32) as u32, now.second().max(1));
        }
    }
}

fn is((known, since): &(u32, u32), key: u64) -> bool {
    *known == (key >> 32) as u32 && *since != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_known_since_they_came_first() {
        let at = |second: i64| Moment::from_us(second * 1_000_000);
        let mut recent = Recent::<3>::default();
        assert_eq!(recent.since(0), None);
        for (second, key) in [(1, 7), (2, 8), (3, 7), (4, 9), (5, 10_u64)] {
            recent.take(key << 32, at(second));
        }
        assert_eq!(recent.since(7 << 32), Some(at(1)));
        assert_eq!(recent.since(8 << 32), None, "used longest ago");
        assert_eq!((recent.since(9 << 32), recent.since(10 << 32)), (Some(at(4)), Some(at(5))));
    }
}
