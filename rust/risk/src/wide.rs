//! The one place with `unsafe`: calling code that was compiled for wider registers, where the processor has them.
//!
//! Safety: each function below is the same safe code, compiled with a feature enabled; it is called only after the
//! processor said that it has that feature.
#![allow(unsafe_code)]

use crate::trees::{Forest, LANES};

/// [`Forest::sums`], by the widest registers there are. The result is the same to the bit: lanes do not meet.
pub(crate) fn sums(forest: &Forest, columns: &[[f32; LANES]]) -> [f64; LANES] {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { sums_avx2(forest, columns) };
    }
    forest.sums(columns)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sums_avx2(forest: &Forest, columns: &[[f32; LANES]]) -> [f64; LANES] {
    forest.sums(columns)
}
