//! Signers' identifiers, and how many signers there may be.

use frost_secp256k1_tr::Identifier;
use k256::Scalar;

use crate::error::ThresholdError;

/// The most signers that a key may have.
pub const MAX_SIGNERS: u16 = 32;

/// FROST's form of an identifier, which is any number from 1 to 65,535.
pub(crate) fn frost_identifier(identifier: u16) -> Result<Identifier, ThresholdError> {
    Identifier::try_from(identifier)
        .map_err(|_| ThresholdError::ParametersInvalid("a signer's identifier is from 1 to 65535".into()))
}

/// The number that FROST's form stands for; none if it is not one of ours.
pub(crate) fn number(identifier: &Identifier) -> Option<u16> {
    let bytes = identifier.serialize();
    match bytes.split_last_chunk::<2>() {
        Some((high, low)) if high.iter().all(|byte| *byte == 0) => Some(u16::from_be_bytes(*low)),
        _ => None,
    }
}

/// The identifier as the polynomial's argument.
pub(crate) fn argument(identifier: u16) -> Scalar {
    Scalar::from(u64::from(identifier))
}

/// Refuse anything but 2 <= threshold <= signers <= [`MAX_SIGNERS`].
pub(crate) fn require_committee(signers: u16, threshold: u16) -> Result<(), ThresholdError> {
    if 2 <= threshold && threshold <= signers && signers <= MAX_SIGNERS {
        return Ok(());
    }
    Err(ThresholdError::ParametersInvalid(format!(
        "{threshold} of {signers} signers; it must be 2 <= threshold <= signers <= {MAX_SIGNERS}"
    )))
}
