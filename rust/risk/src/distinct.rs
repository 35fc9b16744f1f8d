//! How many different things there were: HyperLogLog (Flajolet et al., 2007) in half a byte a register.
//!
//! Two generations, so that what was long ago is forgotten: the one of the present period, and the one before it.

use crate::key::mixed;

/// Keeps a key's bits here apart from those that say where it stands in a table, and in which shard.
const SALT: u64 = 0x5851_f42d_4c95_7f2d;

/// The largest rank that half a byte holds.
const MAX_RANK: u8 = 15;

/// An estimate of distinct values over `2 * B` registers.
///
/// `sum` of two to the power of minus every rank, over both generations, is exact: it is of multiples of `2^-15` up to
/// `2 * B`, which a float of 24 bits holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Distinct<const B: usize> {
    now: [u8; B],
    before: [u8; B],
    period: u16,
    empty: u16,
    sum: f32,
}

impl<const B: usize> Default for Distinct<B> {
    fn default() -> Self {
        Self { now: [0; B], before: [0; B], period: 0, empty: 2 * B as u16, sum: 2.0 * B as f32 }
    }
}

impl<const B: usize> Distinct<B> {
    const REGISTERS: usize = 2 * B;

    /// How many values fill so many of the registers on average (the coupon collector's), by how many are empty.
    const FILLED: [[f32; 2]; B] = {
        let (mut table, mut sum, mut empty) = ([[0.0; 2]; B], 0.0_f32, 2 * B);
        while empty > 0 {
            // What is left of the way to this many: one more value, on average of so many tries.
            sum += Self::REGISTERS as f32 / empty as f32;
            empty -= 1;
            #[expect(clippy::indexing_slicing, reason = "at compile time, where a wrong index does not compile")]
            {
                table[empty / 2][empty % 2] = sum;
            }
        }
        table
    };

    /// About how many there were in the present period and the one before; its error is some `1.04 / sqrt(2 * B)`.
    pub(crate) fn estimate(&self) -> f32 {
        if usize::from(self.empty) == Self::REGISTERS {
            return 0.0;
        }
        let registers = Self::REGISTERS as f32;
        let raw = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / self.sum;
        let empty = usize::from(self.empty);
        if raw > 2.5 * registers || empty == 0 {
            return raw;
        }
        Self::FILLED.get(empty / 2).and_then(|pair| pair.get(empty % 2)).copied().unwrap_or(raw)
    }

    /// Count a value, by its key, in a period.
    pub(crate) fn insert(&mut self, key: u64, period: u16) {
        self.turn(period);
        let hash = mixed(key, SALT);
        let (place, shift) = (hash as usize % B, (hash >> 24) as u32 % 2 * 4);
        // Of the bits that did not choose the register.
        let rank = (((hash >> 32) as u32).leading_zeros() as u8 + 1).min(MAX_RANK);
        let (Some(now), Some(before)) = (self.now.get_mut(place), self.before.get(place)) else { return };
        let mine = *now >> shift & MAX_RANK;
        if mine >= rank {
            return;
        }
        *now = *now & !(MAX_RANK << shift) | rank << shift;
        let both = mine.max(before >> shift & MAX_RANK);
        if both < rank {
            self.sum += weight(rank) - weight(both);
            self.empty -= u16::from(both == 0);
        }
    }

    /// Begin a later period; one that is earlier counts as the present one.
    fn turn(&mut self, period: u16) {
        let passed = period.saturating_sub(self.period);
        if passed == 0 {
            return;
        }
        if passed > 1 {
            *self = Self { period, ..Self::default() };
            return;
        }
        self.before = std::mem::replace(&mut self.now, [0; B]);
        self.period = period;
        let ranks = self.before.iter().flat_map(|pair| [pair & MAX_RANK, pair >> 4]);
        (self.sum, self.empty) =
            ranks.fold((0.0, 0), |(sum, empty), rank| (sum + weight(rank), empty + u16::from(rank == 0)));
    }
}

/// Two to the power of minus a rank.
fn weight(rank: u8) -> f32 {
    f32::from_bits((127 - u32::from(rank)) << 23)
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
