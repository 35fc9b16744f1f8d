//! Everything that can go wrong with shares and signatures.

use std::fmt;

/// A refusal. Where a signer is to blame, it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThresholdError {
    /// Numbers of signers, identifiers or lengths that no ceremony has.
    ParametersInvalid(String),
    /// Bytes that are not the object they should be, and nobody can be blamed.
    Malformed(String),
    /// Signers whose messages prove them wrong.
    CheaterFound {
        /// Their identifiers, ascending.
        culprits: Vec<u16>,
        /// What they sent.
        reason: String,
    },
    /// Fewer signers than the threshold.
    TooFewSigners {
        /// How many there are.
        have: usize,
        /// How many it takes.
        need: u16,
    },
    /// Messages that contradict what this signer itself said or saw before.
    TranscriptMismatch(String),
    /// A signature that is not valid.
    SignatureInvalid,
    /// A path that cannot be derived from a public key.
    DerivationInvalid(String),
    /// A sealed share that was altered, or that another key or context sealed.
    SealBroken,
}

impl fmt::Display for ThresholdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParametersInvalid(reason) => write!(f, "{reason}"),
            Self::Malformed(what) => write!(f, "malformed {what}"),
            Self::CheaterFound { culprits, reason } => {
                let names: Vec<String> = culprits.iter().map(u16::to_string).collect();
                write!(f, "signer {}: {reason}", names.join(", "))
            }
            Self::TooFewSigners { have, need } => write!(f, "{have} signers; it takes {need}"),
            Self::TranscriptMismatch(reason) => write!(f, "{reason}"),
            Self::SignatureInvalid => write!(f, "the signature is not valid"),
            Self::DerivationInvalid(reason) => write!(f, "{reason}"),
            Self::SealBroken => {
                write!(f, "the sealed share was altered, or belongs to another data key or context")
            }
        }
    }
}

impl std::error::Error for ThresholdError {}

impl ThresholdError {
    /// One signer is to blame.
    pub(crate) fn cheater(identifier: u16, reason: impl Into<String>) -> Self {
        Self::CheaterFound { culprits: vec![identifier], reason: reason.into() }
    }
}
