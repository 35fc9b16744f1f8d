//! Arithmetic that gives the same bits on every machine: additions, multiplications, divisions and square roots only.

/// The logarithm to base 2 of `value + 1`, for a value of at least 0, to four decimals: for how large something
/// is, not for accounting.
pub(crate) fn magnitude(value: f32) -> f32 {
    let bits = (value.max(0.0) + 1.0).to_bits();
    let exponent = (bits >> 23) as f32 - 127.0;
    let mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    // log2 on [1, 2): x + x (1 - x) q(x), exact at both ends, with q fitted at Chebyshev's nodes.
    let x = mantissa - 1.0;
    let fitted = 0.442_454_2 + x * (-0.270_160_07 + x * (0.152_020_92 - x * 0.045_841_51));
    exponent + x + x * (1.0 - x) * fitted
}

/// A ratio that is 0 where there is nothing to compare with, and at most `most`.
pub(crate) fn ratio(part: f32, whole: f32, most: f32) -> f32 {
    if whole > 0.0 { (part / whole).min(most) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_close_to_logarithms_and_never_fall() {
        let mut before = -1.0;
        for step in 0..200_000_u32 {
            let value = (step as f32).powi(2);
            let found = magnitude(value);
            assert!((found - (value + 1.0).log2()).abs() < 2e-4, "{value}: {found}");
            assert!(found >= before, "{value}");
            before = found;
        }
        assert_eq!(magnitude(0.0), 0.0);
        assert!(magnitude(f32::MAX).is_finite());
    }
}
