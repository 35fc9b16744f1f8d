//! Rows of counters that fade together: `C` things counted over `H` half-lives.

use crate::decay::Factors;
use crate::number::ratio;

/// `C` counters over `H` half-lives, brought up to date together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counters<const C: usize, const H: usize>([[f32; H]; C]);

impl<const C: usize, const H: usize> Default for Counters<C, H> {
    fn default() -> Self {
        Self([[0.0; H]; C])
    }
}

impl<const C: usize, const H: usize> Counters<C, H> {
    /// Fade, write what there was before into `row`, then add what happened; returns what is left of the row.
    pub(crate) fn step<'row>(
        &mut self,
        factors: &Factors<H>,
        happened: &[f32; C],
        row: &'row mut [f32],
    ) -> (Told<'row, H>, &'row mut [f32]) {
        let (mine, rest) = row.split_at_mut_checked(C * H).unwrap_or_default();
        for ((counter, added), out) in self.0.iter_mut().zip(happened).zip(mine.chunks_exact_mut(H)) {
            for ((value, factor), place) in counter.iter_mut().zip(&factors.0).zip(out) {
                let faded = *value * factor;
                *place = faded;
                *value = faded + added;
            }
        }
        (Told(mine), rest)
    }
}

/// What counters told of the time before an event.
pub(crate) struct Told<'row, const H: usize>(&'row [f32]);

impl<const H: usize> Told<'_, H> {
    /// A counter over a half-life, both by their place.
    pub(crate) fn of(&self, counter: usize, half_life: usize) -> f32 {
        self.0.get(counter * H + half_life).copied().unwrap_or(0.0)
    }

    /// One counter over the sum of it and another; 0 where there is nothing.
    pub(crate) fn share(&self, counter: usize, other: usize, half_life: usize) -> f32 {
        let part = self.of(counter, half_life);
        ratio(part, part + self.of(other, half_life), 1.0)
    }
}
