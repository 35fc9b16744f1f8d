//! Everything that can be wrong with a tree or a proof.

use std::fmt;

/// A refusal, with the reason in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SolvencyError {
    /// Values that no tree, epoch or proof of this version has.
    ParametersInvalid(String),
    /// A sum beyond 128 bits.
    SumOverflow,
    /// A proof that does not lead to what the epoch publishes.
    ProofInvalid(String),
}

impl fmt::Display for SolvencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParametersInvalid(reason) | Self::ProofInvalid(reason) => write!(f, "{reason}"),
            Self::SumOverflow => write!(f, "a sum of more than 128 bits"),
        }
    }
}

impl std::error::Error for SolvencyError {}

impl SolvencyError {
    pub(crate) fn parameters(reason: impl Into<String>) -> Self {
        Self::ParametersInvalid(reason.into())
    }

    pub(crate) fn proof(reason: impl Into<String>) -> Self {
        Self::ProofInvalid(reason.into())
    }
}
