//! Plain values to a raw transaction, and signatures into its witnesses.

use std::collections::BTreeSet;
use std::str::FromStr;

use bitcoin::absolute::LockTime;
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};

use crate::error::TransactionError;
use crate::parse::{MAX_INPUTS, MAX_TRANSACTION_BYTES, malformed, parse, require_outputs};
use crate::spend::invalid;

/// The length of a BIP-340 signature under `SIGHASH_DEFAULT`, in bytes.
const SIGNATURE_BYTES: usize = 64;

/// An input to build: the output that it spends, and its sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSpec<'a> {
    /// Transaction id as people read it: 64 hexadecimal digits, byte-reversed.
    pub txid: &'a str,
    /// Index of the output in that transaction.
    pub vout: u32,
    /// Sequence number: `0xfffffffd` signals replacement (BIP-125).
    pub sequence: u32,
}

/// An output to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSpec<'a> {
    /// Value in satoshi.
    pub value: u64,
    /// The scriptPubKey.
    pub script: &'a [u8],
}

/// The raw bytes of an unsigned version-2 transaction.
///
/// # Errors
///
/// [`TransactionError::Malformed`]: a bad transaction id, no inputs or outputs or too many, an outpoint twice, an
/// amount beyond 21 million bitcoin, or more bytes than are read back.
pub fn build(
    inputs: &[InputSpec<'_>],
    outputs: &[OutputSpec<'_>],
    lock_time: u32,
) -> Result<Vec<u8>, TransactionError> {
    require_input_count(inputs.len())?;
    let input = inputs.iter().map(unsigned_input).collect::<Result<Vec<_>, _>>()?;
    let distinct: BTreeSet<_> = input.iter().map(|each| each.previous_output).collect();
    if distinct.len() != input.len() {
        return Err(malformed("an output is spent twice".into()));
    }
    let output: Vec<TxOut> = outputs
        .iter()
        .map(|spec| TxOut {
            value: Amount::from_sat(spec.value),
            script_pubkey: ScriptBuf::from_bytes(spec.script.to_vec()),
        })
        .collect();
    require_outputs(&output)?;
    let lock_time = LockTime::from_consensus(lock_time);
    within_size(serialize(&Transaction { version: Version::TWO, lock_time, input, output }))
}

/// Put one 64-byte key-path signature into the witness of each input of an unsigned transaction.
///
/// The signatures are not verified here: [`crate::verify_key_spends`] does that, given the spent outputs.
///
/// # Errors
///
/// [`TransactionError::Malformed`] if the transaction does not parse; [`TransactionError::SpendInvalid`] if it is
/// already signed, or there is not one signature of 64 bytes for each input.
pub fn with_key_spend_witnesses(raw: &[u8], signatures: &[&[u8]]) -> Result<Vec<u8>, TransactionError> {
    let parsed = parse(raw)?;
    if parsed.has_witness() {
        return Err(invalid("it is already signed"));
    }
    let mut transaction = parsed.into_transaction();
    if transaction.input.len() != signatures.len() {
        return Err(invalid(format!("{} inputs but {} signatures", transaction.input.len(), signatures.len())));
    }
    for (input, signature) in transaction.input.iter_mut().zip(signatures) {
        if signature.len() != SIGNATURE_BYTES {
            return Err(invalid(format!("a signature of {} bytes, not {SIGNATURE_BYTES}", signature.len())));
        }
        input.witness = Witness::from_slice(&[signature]);
    }
    within_size(serialize(&transaction))
}

/// The virtual size in vbytes of a transaction whose inputs are all taproot key spends.
///
/// It is exact: a key-path signature under `SIGHASH_DEFAULT` always has 64 bytes.
///
/// # Errors
///
/// [`TransactionError::Malformed`] for no or too many inputs, or more bytes than are read back.
pub fn estimated_vsize(input_count: usize, output_scripts: &[&[u8]]) -> Result<usize, TransactionError> {
    require_input_count(input_count)?;
    let signed = TxIn {
        previous_output: OutPoint { txid: Txid::all_zeros(), vout: 0 },
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::from_slice(&[[0u8; SIGNATURE_BYTES]]),
    };
    let output = |script: &&[u8]| TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from_bytes(script.to_vec()) };
    let transaction = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![signed; input_count],
        output: output_scripts.iter().map(output).collect(),
    };
    if transaction.total_size() > MAX_TRANSACTION_BYTES {
        return Err(malformed(format!("{} bytes; at most {MAX_TRANSACTION_BYTES}", transaction.total_size())));
    }
    Ok(transaction.vsize())
}

fn unsigned_input(spec: &InputSpec<'_>) -> Result<TxIn, TransactionError> {
    let txid = Txid::from_str(spec.txid).map_err(|_| malformed("a transaction id is 64 hexadecimal digits".into()))?;
    Ok(TxIn {
        previous_output: OutPoint { txid, vout: spec.vout },
        script_sig: ScriptBuf::new(),
        sequence: Sequence(spec.sequence),
        witness: Witness::new(),
    })
}

fn require_input_count(count: usize) -> Result<(), TransactionError> {
    if !(1..=MAX_INPUTS).contains(&count) {
        return Err(malformed(format!("{count} inputs; from 1 to {MAX_INPUTS} are built")));
    }
    Ok(())
}

fn within_size(raw: Vec<u8>) -> Result<Vec<u8>, TransactionError> {
    if raw.len() > MAX_TRANSACTION_BYTES {
        return Err(malformed(format!("{} bytes; at most {MAX_TRANSACTION_BYTES} are built", raw.len())));
    }
    Ok(raw)
}
