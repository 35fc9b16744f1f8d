//! Moments: when something happened, in a thousandth of a second; the first is "never".

/// A moment, in milliseconds since 1970; 0 is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Moment(u64);

impl Moment {
    /// Never.
    pub(crate) const NEVER: Self = Self(0);

    /// The moment of an event; one in the first millisecond of 1970 counts as the second one.
    pub(crate) fn from_us(at_us: i64) -> Self {
        Self((at_us.max(0) as u64 / 1_000).max(1))
    }

    /// The beginning of a second since 1970.
    pub(crate) fn from_second(second: u32) -> Self {
        Self(u64::from(second) * 1_000)
    }

    /// The second since 1970 that it lies in; the last that 32 bits hold is in the year 2106.
    pub(crate) fn second(self) -> u32 {
        u32::try_from(self.0 / 1_000).unwrap_or(u32::MAX)
    }

    /// Whether it ever came.
    pub(crate) fn came(self) -> bool {
        self != Self::NEVER
    }

    /// Seconds since an earlier moment; 0 where it is no earlier, and where it never came.
    pub(crate) fn seconds_since(self, earlier: Self) -> f32 {
        if earlier.came() { self.0.saturating_sub(earlier.0) as f32 / 1_000.0 } else { 0.0 }
    }

    /// Seconds since an earlier moment, or `never` where it never came.
    pub(crate) fn seconds_since_or(self, earlier: Self, never: f32) -> f32 {
        if earlier.came() { self.seconds_since(earlier) } else { never }
    }

    /// The later of two.
    pub(crate) fn later_of(self, other: Self) -> Self {
        self.max(other)
    }

    /// The hour of the day, by UTC.
    pub(crate) fn hour(self) -> usize {
        (self.0 / 3_600_000 % 24) as usize
    }

    /// The number of the period of so many days that it lies in.
    pub(crate) fn period(self, days: u64) -> u16 {
        (self.0 / (86_400_000 * days)) as u16
    }
}
