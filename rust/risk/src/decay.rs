//! Counters that forget: each loses half of what it holds in its half-life, and takes four bytes.
//!
//! All of an entity's counters were last brought up to date at one time, so that one power of two for each half-life
//! serves them all. The power is computed by additions and multiplications alone: the same bits on every machine.

use crate::moment::Moment;

/// The factors by which counters shrink over some time, one for each of `N` half-lives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Factors<const N: usize>(pub(crate) [f32; N]);

/// Half-lives in seconds.
#[derive(Debug, Clone, Copy)]
pub struct HalfLives<const N: usize>(pub [u32; N]);

impl<const N: usize> HalfLives<N> {
    /// What is left of each counter after the time between two moments; all of it where the second is no later.
    pub(crate) fn between(&self, earlier: Moment, later: Moment) -> Factors<N> {
        let elapsed_s = later.seconds_since(earlier);
        Factors(self.0.map(|half_life_s| halved(elapsed_s / half_life_s as f32)))
    }
}

const FIT: [f32; 5] = [-0.693_143_6, 0.240_178_9, -0.055_294_04, 0.009_202_18, -0.000_943_51];

/// Two to the power of minus `exponent`, for an exponent of at least 0; its error is below one part in a million.
pub(crate) fn halved(exponent: f32) -> f32 {
    // Below the smallest counter that matters; and no bits of an exponent that is too large for the format.
    if exponent.is_nan() || exponent >= 60.0 {
        return 0.0;
    }
    let whole = exponent as u32;
    let rest = exponent - whole as f32;
    // 2^-x on [0, 1), fitted by least squares at Chebyshev's nodes, weighted by 1/y.
    let fraction = FIT.iter().rev().fold(0.0, |sum, coefficient| (sum + coefficient) * rest) + 1.0;
    f32::from_bits((127 - whole) << 23) * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves() {
        let mut worst = 0.0_f64;
        for step in 0..6_000 {
            let exponent = step as f32 / 100.0;
            let exact = (-f64::from(exponent)).exp2();
            worst = worst.max((f64::from(halved(exponent)) - exact).abs() / exact);
        }
        assert!(worst < 1e-6, "{worst}");
        assert_eq!(halved(0.0), 1.0);
        for far in [60.0, 1e9, f32::INFINITY, f32::NAN] {
            assert_eq!(halved(far), 0.0);
        }
    }

    #[test]
    fn time_that_goes_backwards_takes_nothing_away() {
        let lives = HalfLives([60, 3_600]);
        let (early, late) = (Moment::from_us(1_000_000), Moment::from_us(61_000_000));
        assert_eq!(lives.between(late, early).0, [1.0, 1.0]);
        assert!((lives.between(early, late).0[0] - 0.5).abs() < 1e-5);
    }
}
