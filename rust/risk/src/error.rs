//! Everything that can be wrong with an event, a model or a snapshot.

use std::fmt;

/// Why bytes are no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventFault {
    /// Not of an event's length.
    Length,
    /// Of a version that is not known.
    Version,
    /// Of a kind that is not known.
    Kind,
    /// A flag or a byte that has no meaning yet is set.
    Reserved,
    /// Of no account.
    Account,
    /// Before 1970, or of a time that no clock shows.
    Time,
    /// A value outside of its range.
    Range,
    /// Later than the present.
    Future,
    /// An event of this number, or a later one, of this account was taken already.
    Repeated,
}

impl EventFault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "event.length",
            Self::Version => "event.version_unknown",
            Self::Kind => "event.kind_unknown",
            Self::Reserved => "event.reserved_set",
            Self::Account => "event.account_missing",
            Self::Time => "event.time_impossible",
            Self::Range => "event.value_out_of_range",
            Self::Future => "event.from_the_future",
            Self::Repeated => "event.repeated",
        }
    }
}

impl fmt::Display for EventFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for EventFault {}

/// Why a model is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelFault(pub(crate) String);

impl fmt::Display for ModelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ModelFault {}
