//! The one place with `unsafe`: code compiled for wider registers, where the processor has them; and telling it what will
//! be read soon.
//!
//! Safety: the functions for wider registers are the same safe code, compiled with a feature enabled, and are called only
//! after the processor said that it has that feature. Prefetching reads nothing and cannot fault.
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

/// Say that a value will be used soon: all of its lines of the cache, at most sixteen.
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..size_of::<T>().div_ceil(LINE).min(16) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let place = std::ptr::from_ref(value).cast::<i8>().wrapping_add(line * LINE);
        // SAFETY: it is a hint, and faults on no address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

const LINE: usize = 64;

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sums_avx2(forest: &Forest, columns: &[[f32; LANES]]) -> [f64; LANES] {
    forest.sums(columns)
}
