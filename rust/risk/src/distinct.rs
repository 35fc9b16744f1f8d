//! How many different things there were: HyperLogLog (Flajolet et al., 2007) in half a byte a register.
//!
//! Two generations, so that what was long ago is forgotten: the one of the present period, and the one before it. The
//! estimate is kept, and made anew only where a register grew, which happens ever more rarely.

use crate::key::mixed;

/// Keeps a key's bits here apart from those that say where it stands in a table, and in which shard.
const SALT: u64 = 0x5851_f42d_4c95_7f2d;

/// The largest rank that half a byte holds.
const MAX_RANK: u8 = 15;

/// An estimate of distinct values over `2 * B` registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Distinct<const B: usize> {
    now: [u8; B],
    before: [u8; B],
    period: u16,
    estimate: f32,
}

impl<const B: usize> Default for Distinct<B> {
    fn default() -> Self {
        Self { now: [0; B], before: [0; B], period: 0, estimate: 0.0 }
    }
}

impl<const B: usize> Distinct<B> {
    /// About how many there were in the present period and the one before; its error is some `1.04 / sqrt(2 * B)`.
    pub(crate) const fn estimate(&self) -> f32 {
        self.estimate
    }

    /// Count a value, by its key, in a period.
    pub(crate) fn insert(&mut self, key: u64, period: u16) {
        let (hash, turned) = (mixed(key, SALT), self.turn(period));
        let place = hash as usize % (2 * B);
        // Of the bits that did not choose the register.
        let rank = ((hash >> 32) as u32).leading_zeros() as u8 + 1;
        if self.raise(place, rank.min(MAX_RANK)) || turned {
            self.estimate = self.estimated();
        }
    }

    /// Begin a later period; one that is earlier counts as the present one.
    fn turn(&mut self, period: u16) -> bool {
        let passed = period.saturating_sub(self.period);
        if passed == 0 {
            return false;
        }
        self.before = if passed == 1 { self.now } else { [0; B] };
        self.now = [0; B];
        self.period = period;
        true
    }

    fn raise(&mut self, place: usize, rank: u8) -> bool {
        let shift = 4 * (place as u32 % 2);
        let Some(pair) = self.now.get_mut(place / 2) else { return false };
        if *pair >> shift & MAX_RANK >= rank {
            return false;
        }
        *pair = *pair & !(MAX_RANK << shift) | rank << shift;
        true
    }

    fn estimated(&self) -> f32 {
        let registers = 2 * B;
        let (mut sum, mut empty) = (0.0, 0_usize);
        for (now, before) in self.now.iter().zip(&self.before) {
            for shift in [0, 4] {
                let rank = (now >> shift & MAX_RANK).max(before >> shift & MAX_RANK);
                sum += 1.0 / f32::from(1_u16 << rank);
                empty += usize::from(rank == 0);
            }
        }
        let raw = 0.7213 / (1.0 + 1.079 / registers as f32) * (registers * registers) as f32 / sum;
        if raw > 2.5 * registers as f32 || empty == 0 {
            return raw;
        }
        // So many values fill so many registers on average (the coupon collector's).
        (empty + 1..=registers).map(|place| registers as f32 / place as f32).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_well_enough() {
        for count in [0_u64, 1, 2, 3, 5, 10, 30, 100, 1_000, 100_000] {
            let mut errors = 0.0;
            for salt in 0..40 {
                let mut distinct = Distinct::<32>::default();
                for value in 0..count {
                    distinct.insert(mixed(value, salt), 1);
                    distinct.insert(mixed(value, salt), 1);
                }
                errors += (distinct.estimate() - count as f32).abs() / count.max(1) as f32;
            }
            assert!(errors / 40.0 < 0.13, "{count}: {}", errors / 40.0);
        }
    }

    #[test]
    fn it_forgets_after_two_periods() {
        let mut distinct = Distinct::<16>::default();
        for value in 0..20 {
            distinct.insert(mixed(value, 1), 7);
        }
        let full = distinct.estimate();
        distinct.insert(mixed(0, 1), 8);
        assert!((distinct.estimate() - full).abs() < 1e-3);
        distinct.insert(mixed(0, 1), 9);
        assert!(distinct.estimate() < 2.0);
        // One from the past is of the present.
        distinct.insert(mixed(1, 1), 3);
        assert!(distinct.estimate() > 1.5);
    }
}
