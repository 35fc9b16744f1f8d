//! A transaction to be signed, checked against the transactions that it spends.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::hashes::Hash;
use bitcoin::sighash::{Prevouts, SighashCache, TapSighashType};
use bitcoin::{Amount, Transaction, TxOut, Txid};

use crate::error::TransactionError;
use crate::parse::{MAX_INPUTS, Parsed, parse, sum};

/// An unsigned transaction whose every input is a proven taproot output, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSpend {
    transaction: Parsed,
    spent: Vec<TxOut>,
    fee: Amount,
    sighashes: Vec<[u8; 32]>,
}

impl CheckedSpend {
    /// The transaction, unsigned.
    pub fn transaction(&self) -> &Parsed {
        &self.transaction
    }

    /// The outputs that it spends, in the order of its inputs.
    pub fn spent(&self) -> &[TxOut] {
        &self.spent
    }

    /// What it leaves to the miner.
    pub fn fee(&self) -> Amount {
        self.fee
    }

    /// One hash to sign for each input: BIP-341, key path, `SIGHASH_DEFAULT`, no annex.
    pub fn taproot_sighashes(&self) -> &[[u8; 32]] {
        &self.sighashes
    }
}

/// Check an unsigned transaction against one full previous transaction for each of its inputs.
///
/// `previous` is in the order of the inputs; where two inputs spend one transaction, it is given twice.
///
/// # Errors
///
/// - [`TransactionError::Malformed`]: a transaction that does not parse.
/// - [`TransactionError::PreviousMismatch`]: a previous transaction whose id is not the one that its input
///   names, or that has no such output; or not one for each input.
/// - [`TransactionError::SpendInvalid`]: already signed, an output spent twice, more spent than there is, too
///   many inputs, or an input that is not a taproot output.
pub fn check_spend(raw: &[u8], previous: &[&[u8]]) -> Result<CheckedSpend, TransactionError> {
    let transaction = parse(raw)?;
    require_unsigned(transaction.transaction())?;
    let spent = spent_outputs(transaction.transaction(), previous)?;
    let fee = fee(transaction.transaction(), &spent)?;
    let sighashes = key_path_sighashes(transaction.transaction(), &spent)?;
    Ok(CheckedSpend { transaction, spent, fee, sighashes })
}

pub(crate) fn invalid(reason: impl Into<String>) -> TransactionError {
    TransactionError::SpendInvalid(reason.into())
}

fn require_unsigned(transaction: &Transaction) -> Result<(), TransactionError> {
    if transaction.input.len() > MAX_INPUTS {
        return Err(invalid(format!("{} inputs; at most {MAX_INPUTS} are signed", transaction.input.len())));
    }
    // A key-path hash does not cover scriptSig or witness: what is there would change under the signature.
    if transaction.input.iter().any(|input| !input.script_sig.is_empty() || !input.witness.is_empty()) {
        return Err(invalid("an input already carries a script or a witness"));
    }
    let distinct: BTreeSet<_> = transaction.input.iter().map(|input| input.previous_output).collect();
    if distinct.len() != transaction.input.len() {
        return Err(invalid("an output is spent twice"));
    }
    Ok(())
}

fn spent_outputs(transaction: &Transaction, previous: &[&[u8]]) -> Result<Vec<TxOut>, TransactionError> {
    if transaction.input.len() != previous.len() {
        return Err(TransactionError::PreviousMismatch {
            input: transaction.input.len().min(previous.len()),
            reason: format!("{} inputs but {} previous transactions", transaction.input.len(), previous.len()),
        });
    }
    // Several inputs often spend one transaction: parse and hash it once.
    let mut known: BTreeMap<&[u8], (Txid, Transaction)> = BTreeMap::new();
    let mut spent = Vec::with_capacity(previous.len());
    for (index, (input, &raw)) in transaction.input.iter().zip(previous).enumerate() {
        let mismatch = |reason: String| TransactionError::PreviousMismatch { input: index, reason };
        if !known.contains_key(raw) {
            let parsed = parse(raw)?.into_transaction();
            known.insert(raw, (parsed.compute_txid(), parsed));
        }
        let (txid, parent) = known.get(raw).ok_or_else(|| mismatch("not read".into()))?;
        let outpoint = input.previous_output;
        if *txid != outpoint.txid {
            return Err(mismatch(format!("it is {txid}, the input spends {}", outpoint.txid)));
        }
        let output = usize::try_from(outpoint.vout).ok().and_then(|vout| parent.output.get(vout));
        spent.push(output.ok_or_else(|| mismatch(format!("it has no output {}", outpoint.vout)))?.clone());
    }
    Ok(spent)
}

fn fee(transaction: &Transaction, spent: &[TxOut]) -> Result<Amount, TransactionError> {
    let given = sum(spent).ok_or_else(|| invalid("the inputs exceed 21 million bitcoin"))?;
    let taken = sum(&transaction.output).ok_or_else(|| invalid("the outputs exceed 21 million bitcoin"))?;
    given
        .checked_sub(taken)
        .ok_or_else(|| invalid(format!("it pays {} satoshi but spends {}", taken.to_sat(), given.to_sat())))
}

fn key_path_sighashes(transaction: &Transaction, spent: &[TxOut]) -> Result<Vec<[u8; 32]>, TransactionError> {
    if let Some(index) = spent.iter().position(|output| !output.script_pubkey.is_p2tr()) {
        return Err(invalid(format!("input {index} does not spend a taproot output")));
    }
    sighashes(transaction, spent)
}

fn sighashes(transaction: &Transaction, spent: &[TxOut]) -> Result<Vec<[u8; 32]>, TransactionError> {
    let mut cache = SighashCache::new(transaction);
    let outputs = Prevouts::All(spent);
    (0..spent.len())
        .map(|index| {
            cache
                .taproot_key_spend_signature_hash(index, &outputs, TapSighashType::Default)
                .map(|hash| hash.to_byte_array())
                .map_err(|fault| invalid(fault.to_string()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use bitcoin::consensus::deserialize;
    use bitcoin::hex::FromHex;
    use bitcoin::{Amount, ScriptBuf, Transaction, TxOut};
    use serde_json::Value;

    /// BIP-341's own vector mixes in older outputs, so it reaches only the hash itself.
    #[test]
    fn the_sighash_is_that_of_bip341() {
        let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/bip0341.json")).unwrap();
        let text = |value: &Value| Vec::<u8>::from_hex(value.as_str().unwrap()).unwrap();
        let spending = &vectors["spending"];
        let transaction: Transaction = deserialize(&text(&spending["transaction"])).unwrap();
        let spent: Vec<TxOut> = spending["spent"]
            .as_array()
            .unwrap()
            .iter()
            .map(|output| TxOut {
                value: Amount::from_sat(output["value"].as_u64().unwrap()),
                script_pubkey: ScriptBuf::from_bytes(text(&output["script"])),
            })
            .collect();
        let hashes = super::sighashes(&transaction, &spent).unwrap();
        let expected = &spending["default"][0];
        let index = expected["input"].as_u64().unwrap() as usize;
        assert_eq!(hashes[index].to_vec(), text(&expected["sighash"]));
    }
}
