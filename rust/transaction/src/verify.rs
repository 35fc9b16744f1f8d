//! Signatures of taproot key spends, as consensus checks them.

use bitcoin::hashes::Hash;
use bitcoin::secp256k1::schnorr::Signature;
use bitcoin::secp256k1::{Message, Secp256k1, XOnlyPublicKey};
use bitcoin::sighash::{Prevouts, SighashCache, TapSighashType};
use bitcoin::{Amount, ScriptBuf, TxOut, Witness};

use crate::address::taproot_key;
use crate::build::OutputSpec;
use crate::error::TransactionError;
use crate::parse::{parse, sum};
use crate::spend::invalid;

/// Verify that every input is a valid taproot key spend of its `spent` output, under `SIGHASH_DEFAULT`.
///
/// Narrower than consensus on purpose: no annex, no other sighash type, no script path, since nothing here makes
/// them.
///
/// # Errors
///
/// [`TransactionError::Malformed`] if the transaction does not parse; [`TransactionError::SpendInvalid`] for
/// anything else, naming the input.
pub fn verify_key_spends(raw: &[u8], spent: &[OutputSpec<'_>]) -> Result<(), TransactionError> {
    let parsed = parse(raw)?;
    let transaction = parsed.transaction();
    if transaction.input.len() != spent.len() {
        return Err(invalid(format!("{} inputs but {} spent outputs", transaction.input.len(), spent.len())));
    }
    let spent: Vec<TxOut> = spent
        .iter()
        .map(|spec| TxOut {
            value: Amount::from_sat(spec.value),
            script_pubkey: ScriptBuf::from_bytes(spec.script.to_vec()),
        })
        .collect();
    sum(&spent).ok_or_else(|| invalid("the inputs exceed 21 million bitcoin"))?;
    let context = Secp256k1::verification_only();
    let mut cache = SighashCache::new(transaction);
    for (index, (input, output)) in transaction.input.iter().zip(&spent).enumerate() {
        let fault = |reason: &str| invalid(format!("input {index}: {reason}"));
        let key = taproot_key(&output.script_pubkey)
            .and_then(|key| XOnlyPublicKey::from_slice(key).ok())
            .ok_or_else(|| fault("not a taproot output"))?;
        let signature = only_signature(&input.witness).ok_or_else(|| fault("not one 64-byte signature"))?;
        let hash = cache
            .taproot_key_spend_signature_hash(index, &Prevouts::All(&spent), TapSighashType::Default)
            .map_err(|_| fault("no signature hash"))?;
        context
            .verify_schnorr(&signature, &Message::from_digest(hash.to_byte_array()), &key)
            .map_err(|_| fault("the signature is not valid"))?;
    }
    Ok(())
}

/// The signature of a witness that is nothing else.
fn only_signature(witness: &Witness) -> Option<Signature> {
    match witness.nth(0) {
        Some(element) if witness.len() == 1 => Signature::from_slice(element).ok(),
        _ => None,
    }
}
