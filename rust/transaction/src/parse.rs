//! Raw bytes to one transaction, within stated limits.

use bitcoin::consensus::encode::Error;
use bitcoin::consensus::{deserialize, serialize};
use bitcoin::{Amount, Transaction, TxOut};

use crate::error::TransactionError;

/// The largest transaction that is read or built, in bytes: the relay limit of 400,000 weight units, were it
/// all witness.
pub const MAX_TRANSACTION_BYTES: usize = 400_000;

/// The most inputs that a transaction to be signed may have.
pub const MAX_INPUTS: usize = 1_000;

/// A transaction that came from its own canonical bytes.
///
/// It has at least one input and one output, and no output above 21 million bitcoin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed(Transaction);

impl Parsed {
    /// The transaction itself.
    pub fn transaction(&self) -> &Transaction {
        &self.0
    }

    /// The transaction itself, by value.
    pub fn into_transaction(self) -> Transaction {
        self.0
    }

    /// Whether any input carries a witness.
    pub fn has_witness(&self) -> bool {
        self.0.input.iter().any(|input| !input.witness.is_empty())
    }
}

/// Parse one transaction, with or without witnesses (BIP-144).
///
/// # Errors
///
/// [`TransactionError::Malformed`] for anything but exactly one transaction: truncated, trailing bytes, a length
/// not in its shortest form, no inputs, no outputs, too many bytes, or an amount beyond 21 million bitcoin.
pub fn parse(raw: &[u8]) -> Result<Parsed, TransactionError> {
    if raw.len() > MAX_TRANSACTION_BYTES {
        return Err(malformed(format!("{} bytes; at most {MAX_TRANSACTION_BYTES} are read", raw.len())));
    }
    let transaction: Transaction = deserialize(raw).map_err(|fault| malformed(reason(&fault)))?;
    if transaction.input.is_empty() {
        return Err(malformed("no inputs".into()));
    }
    require_outputs(&transaction.output)?;
    // A second spelling of the same transaction would let two parties hash different bytes for one thing.
    if serialize(&transaction) != raw {
        return Err(malformed("not the canonical bytes of its transaction".into()));
    }
    Ok(Parsed(transaction))
}

fn reason(fault: &Error) -> String {
    match fault {
        // The library reads from memory: the only fault of input and output is that there is no more of it.
        Error::Io(_) => "it ends too early".into(),
        other => other.to_string(),
    }
}

pub(crate) fn malformed(reason: String) -> TransactionError {
    TransactionError::Malformed(reason)
}

/// The sum of the outputs, or an error if there are none or they exceed all bitcoin that can exist.
pub(crate) fn require_outputs(outputs: &[TxOut]) -> Result<Amount, TransactionError> {
    if outputs.is_empty() {
        return Err(malformed("no outputs".into()));
    }
    sum(outputs).ok_or_else(|| malformed("amounts beyond 21 million bitcoin".into()))
}

/// The sum of the outputs' values, or none if it, or any one of them, is beyond 21 million bitcoin.
pub(crate) fn sum(outputs: &[TxOut]) -> Option<Amount> {
    outputs
        .iter()
        .try_fold(Amount::ZERO, |total, output| total.checked_add(output.value).filter(|sum| *sum <= Amount::MAX_MONEY))
}
