//! Everything that can be wrong with a transaction or an address.

use std::fmt;

/// A refusal, with the reason in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionError {
    /// Not one well-formed transaction within the limits of this crate.
    Malformed(String),
    /// The previous transaction given for `input` is not the one that the input spends.
    PreviousMismatch {
        /// Index of the input.
        input: usize,
        /// What does not fit.
        reason: String,
    },
    /// The transaction is well formed, but must not be signed or is not validly signed.
    SpendInvalid(String),
    /// Not an address that this crate pays to.
    AddressMalformed(String),
    /// A good address, of a network other than the one asked for.
    AddressOfOtherNetwork(String),
    /// A script that no address stands for.
    ScriptWithoutAddress,
    /// The name of no known network.
    NetworkUnknown(String),
}

impl fmt::Display for TransactionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "malformed transaction: {reason}"),
            Self::PreviousMismatch { input, reason } => {
                write!(f, "previous transaction of input {input}: {reason}")
            }
            Self::SpendInvalid(reason) => write!(f, "invalid spend: {reason}"),
            Self::AddressMalformed(reason) => write!(f, "malformed address: {reason}"),
            Self::AddressOfOtherNetwork(wanted) => write!(f, "the address is not of the network {wanted}"),
            Self::ScriptWithoutAddress => write!(f, "no address stands for this script"),
            Self::NetworkUnknown(name) => {
                write!(f, "unknown network {name:?}; known: main, testnet, signet, regtest")
            }
        }
    }
}

impl std::error::Error for TransactionError {}
