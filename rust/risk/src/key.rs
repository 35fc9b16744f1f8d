//! Keys of entities: 64 bits of a hash under a secret of the engine, so that nobody outside can make two of them meet.
//!
//! The mixing is that of folded multiplication: as fast as the memory it is for, and no cryptography. Who knows the
//! secret can make entities collide; who does not, cannot see which do.

/// The secret of an engine's keys.
#[derive(Clone, Copy)]
pub struct KeySecret(pub(crate) [u64; 2]);

impl KeySecret {
    /// The secret of sixteen random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        let word = u128::from_le_bytes(bytes);
        // Odd, so that nothing is lost by multiplying.
        Self([word as u64 | 1, (word >> 64) as u64 | 1])
    }

    /// The key of a number.
    pub(crate) fn of_number(self, number: u64) -> u64 {
        let [first, second] = self.0;
        mixed(mixed(number, first), second)
    }

    /// The key of sixteen bytes.
    pub(crate) fn of_bytes(self, bytes: &[u8; 16]) -> u64 {
        let word = u128::from_le_bytes(*bytes);
        let [first, second] = self.0;
        mixed(mixed(word as u64, first) ^ (word >> 64) as u64, second)
    }
}

impl std::fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<KeySecret redacted>")
    }
}

/// Two numbers folded into one.
pub(crate) fn mixed(value: u64, with: u64) -> u64 {
    let product = u128::from(value ^ 0x9e37_79b9_7f4a_7c15) * u128::from(with ^ 0xd6e8_feb8_6659_fd93);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_numbers_are_far_apart() {
        let secret = KeySecret::new(*b"sixteen bytes ..");
        let mut seen: Vec<u64> = (0..100_000).map(|number| secret.of_number(number) & 0xffff).collect();
        seen.sort_unstable();
        seen.dedup();
        // As many of 65,536 places as chance fills with 100,000 throws: 78 %.
        assert!((50_000..53_000).contains(&seen.len()), "{}", seen.len());
        assert_ne!(secret.of_number(1), KeySecret::new([1; 16]).of_number(1));
        assert_eq!(format!("{secret:?}"), "<KeySecret redacted>");
    }
}
