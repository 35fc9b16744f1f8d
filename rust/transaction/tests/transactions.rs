//! Parsing, checking and building, by the crate's public names.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use bitcoin::Witness;
use bitcoin::consensus::serialize;
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::key::{Keypair, Secp256k1};
use bitcoin::secp256k1::{Message, SecretKey};
use holdfast_transaction::{
    Chain, InputSpec, MAX_INPUTS, MAX_TRANSACTION_BYTES, OutputSpec, TransactionError, address_script, build,
    check_spend, dust_limit, estimated_vsize, parse, script_address, verify_key_spends, with_key_spend_witnesses,
};
use proptest::prelude::*;

/// A key and the script that pays to it, untweaked: enough for a signature.
fn owner(seed: u8) -> (Keypair, Vec<u8>) {
    let key = Keypair::from_secret_key(&Secp256k1::new(), &SecretKey::from_slice(&[seed; 32]).unwrap());
    let script = [&[0x51, 0x20][..], &key.x_only_public_key().0.serialize()].concat();
    (key, script)
}

fn funding(value: u64, script: &[u8]) -> (Vec<u8>, String) {
    let input = InputSpec { txid: &"11".repeat(32), vout: 0, sequence: u32::MAX };
    let raw = build(&[input], &[OutputSpec { value, script }], 0).unwrap();
    let txid = parse(&raw).unwrap().transaction().compute_txid().to_string();
    (raw, txid)
}

fn spend(txid: &str, vout: u32, value: u64, script: &[u8]) -> Vec<u8> {
    build(&[InputSpec { txid, vout, sequence: 0xffff_fffd }], &[OutputSpec { value, script }], 0).unwrap()
}

#[test]
fn a_checked_spend_signs_and_verifies() {
    let (key, script) = owner(7);
    let (previous, txid) = funding(10_000, &script);
    let raw = spend(&txid, 0, 9_000, &script);
    let checked = check_spend(&raw, &[&previous]).unwrap();
    assert_eq!(checked.fee().to_sat(), 1_000);

    let hash = Message::from_digest(checked.taproot_sighashes()[0]);
    let signature = Secp256k1::new().sign_schnorr_no_aux_rand(&hash, &key).serialize();
    let signed = with_key_spend_witnesses(&raw, &[&signature]).unwrap();
    let spent = [OutputSpec { value: 10_000, script: &script }];
    verify_key_spends(&signed, &spent).unwrap();
    assert_eq!(parse(&signed).unwrap().transaction().vsize(), estimated_vsize(1, &[&script]).unwrap());

    // The amount is signed: an output said to be worth one satoshi more does not verify.
    let dearer = [OutputSpec { value: 10_001, script: &script }];
    assert!(matches!(verify_key_spends(&signed, &dearer), Err(TransactionError::SpendInvalid(_))));
    assert!(matches!(check_spend(&signed, &[&previous]), Err(TransactionError::SpendInvalid(_))));
}

#[test]
fn only_a_lone_signature_is_a_key_spend() {
    let (key, script) = owner(7);
    let (previous, txid) = funding(10_000, &script);
    let raw = spend(&txid, 0, 9_000, &script);
    let hash = Message::from_digest(check_spend(&raw, &[&previous]).unwrap().taproot_sighashes()[0]);
    let signature = Secp256k1::new().sign_schnorr_no_aux_rand(&hash, &key).serialize().to_vec();
    let spent = [OutputSpec { value: 10_000, script: &script }];
    let witnessed = |elements: &[&[u8]]| {
        let mut transaction = parse(&raw).unwrap().into_transaction();
        transaction.input[0].witness = Witness::from_slice(elements);
        verify_key_spends(&serialize(&transaction), &spent)
    };
    witnessed(&[&signature]).unwrap();
    let explicit_type = [&signature[..], &[1]].concat();
    for elements in [&[&signature[..], &[0x50]][..], &[&signature, &signature], &[&explicit_type], &[&[]], &[]] {
        assert!(matches!(witnessed(elements), Err(TransactionError::SpendInvalid(_))), "{elements:?}");
    }
}

#[test]
fn a_transaction_has_inputs_and_outputs() {
    let version_and_time = |middle: &[u8]| [&[2, 0, 0, 0], middle, &[0; 4]].concat();
    // BIP-144's marker and flag, then no inputs: it would otherwise read as a transaction.
    for middle in [&[0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0, 1, 0, 0], &[0, 0]] {
        let outcome = parse(&version_and_time(middle));
        assert!(matches!(outcome, Err(TransactionError::Malformed(_))), "{middle:?}");
    }
    let no_outputs = [&[1][..], &[7; 36], &[0], &[0; 4], &[0]].concat();
    assert!(matches!(parse(&version_and_time(&no_outputs)), Err(TransactionError::Malformed(_))));
}

#[test]
fn a_false_previous_transaction_is_refused() {
    let (_, script) = owner(7);
    let (previous, txid) = funding(10_000, &script);
    let (forged, _) = funding(10_001, &script);
    let mismatch = |raw: &[u8], previous: &[&[u8]]| {
        assert!(matches!(check_spend(raw, previous), Err(TransactionError::PreviousMismatch { .. })));
    };
    let raw = spend(&txid, 0, 9_000, &script);
    mismatch(&raw, &[&forged]);
    mismatch(&raw, &[]);
    mismatch(&raw, &[&previous, &previous]);
    mismatch(&spend(&txid, 1, 9_000, &script), &[&previous]);
}

#[test]
fn a_spend_that_must_not_be_signed_is_refused() {
    let (_, script) = owner(7);
    let (previous, txid) = funding(10_000, &script);
    let (foreign, foreign_txid) = funding(10_000, &[0x51]);
    let refused = |raw: &[u8], previous: &[&[u8]]| {
        assert!(matches!(check_spend(raw, previous), Err(TransactionError::SpendInvalid(_))));
    };
    refused(&spend(&txid, 0, 10_001, &script), &[&previous]);
    refused(&spend(&foreign_txid, 0, 1, &script), &[&foreign]);
    // A scriptSig on the input: one byte of it, after the outpoint.
    let mut scripted = spend(&txid, 0, 9_000, &script);
    scripted[41] = 1;
    scripted.insert(42, 0x51);
    refused(&scripted, &[&previous]);
}

#[test]
fn an_outpoint_is_spent_once() {
    let (_, script) = owner(7);
    let (previous, txid) = funding(10_000, &script);
    let twice = [InputSpec { txid: &txid, vout: 0, sequence: 0 }, InputSpec { txid: &txid, vout: 0, sequence: 1 }];
    let output = [OutputSpec { value: 15_000, script: &script }];
    assert!(matches!(build(&twice, &output, 0), Err(TransactionError::Malformed(_))));

    let single = build(&twice[..1], &output, 0).unwrap();
    let input = &single[5..46];
    let doubled = [&single[..4], &[2], input, input, &single[46..]].concat();
    assert_eq!(parse(&doubled).unwrap().transaction().input.len(), 2);
    assert!(matches!(check_spend(&doubled, &[&previous, &previous]), Err(TransactionError::SpendInvalid(_))));
}

#[test]
fn limits_hold_at_their_edge() {
    let (_, script) = owner(7);
    let txid = "22".repeat(32);
    let inputs: Vec<InputSpec<'_>> =
        (0..=MAX_INPUTS as u32).map(|vout| InputSpec { txid: &txid, vout, sequence: 0 }).collect();
    let output = [OutputSpec { value: 1, script: &script }];
    assert!(build(&inputs[..MAX_INPUTS], &output, 0).is_ok());
    assert!(matches!(build(&inputs, &output, 0), Err(TransactionError::Malformed(_))));
    assert!(matches!(build(&[], &output, 0), Err(TransactionError::Malformed(_))));
    assert!(matches!(build(&inputs[..1], &[], 0), Err(TransactionError::Malformed(_))));
    assert!(matches!(parse(&vec![0; MAX_TRANSACTION_BYTES + 1]), Err(TransactionError::Malformed(_))));
    let all_bitcoin = 21_000_000 * 100_000_000;
    let most = OutputSpec { value: all_bitcoin, script: &script };
    assert!(build(&inputs[..1], std::slice::from_ref(&most), 0).is_ok());
    assert!(matches!(build(&inputs[..1], &[most, output[0].clone()], 0), Err(TransactionError::Malformed(_))));
    assert!(matches!(
        build(&inputs[..1], &[OutputSpec { value: u64::MAX, script: &script }], 0),
        Err(TransactionError::Malformed(_))
    ));
}

#[test]
fn addresses_are_those_of_bip341() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../tests/vectors/bip0341.json")).unwrap();
    let main: Chain = "main".parse().unwrap();
    for output in vectors["outputs"].as_array().unwrap() {
        let (address, script) = (output["address"].as_str().unwrap(), output["script"].as_str().unwrap());
        assert_eq!(address_script(address, main).unwrap().to_lower_hex_string(), script);
        assert_eq!(script_address(&Vec::from_hex(script).unwrap(), main).unwrap(), address);
    }
}

#[test]
fn addresses_where_coins_would_be_lost_are_refused() {
    let regtest: Chain = "regtest".parse().unwrap();
    let main: Chain = "main".parse().unwrap();
    let malformed = |address: &str| {
        assert!(matches!(address_script(address, main), Err(TransactionError::AddressMalformed(_))), "{address}");
    };
    malformed("");
    malformed("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y"); // BIP-350, 40 bytes
    malformed("bc1sw50qgdz25j"); // BIP-350, version 16
    malformed("bc1pfeessrawgf"); // pay to anchor
    malformed("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"); // checksum
    let off_curve = [&[0x51, 0x20][..], &[0xff; 32]].concat();
    malformed(&script_address(&off_curve, main).unwrap());

    let segwit = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
    assert!(address_script(segwit, main).is_ok());
    assert!(matches!(address_script(segwit, regtest), Err(TransactionError::AddressOfOtherNetwork(_))));
    assert!(matches!("mainnet".parse::<Chain>(), Err(TransactionError::NetworkUnknown(_))));
}

#[test]
fn dust_limits_are_those_of_bitcoin_core() {
    let script = |prefix: &[u8], program: usize, suffix: &[u8]| [prefix, &vec![7; program], suffix].concat();
    assert_eq!(dust_limit(&script(&[0x51, 0x20], 32, &[])), 330);
    assert_eq!(dust_limit(&script(&[0x00, 0x14], 20, &[])), 294);
    assert_eq!(dust_limit(&script(&[0x00, 0x20], 32, &[])), 330);
    assert_eq!(dust_limit(&script(&[0x76, 0xa9, 0x14], 20, &[0x88, 0xac])), 546);
    assert_eq!(dust_limit(&script(&[0xa9, 0x14], 20, &[0x87])), 540);
    assert_eq!(dust_limit(&[0x6a]), 0);
}

proptest! {
    #[test]
    fn whatever_is_built_parses_back(
        inputs in prop::collection::btree_set((prop::array::uniform32(any::<u8>()), any::<u32>()), 1..20),
        outputs in prop::collection::vec((0u64..1_000_000, prop::collection::vec(any::<u8>(), 0..60)), 1..20),
        sequence in any::<u32>(),
        lock_time in any::<u32>(),
    ) {
        let named: Vec<(String, u32)> = inputs.iter().map(|(txid, vout)| (txid.to_lower_hex_string(), *vout)).collect();
        let specs: Vec<InputSpec<'_>> =
            named.iter().map(|(txid, vout)| InputSpec { txid, vout: *vout, sequence }).collect();
        let paid: Vec<OutputSpec<'_>> =
            outputs.iter().map(|(value, script)| OutputSpec { value: *value, script }).collect();
        let raw = build(&specs, &paid, lock_time).unwrap();
        let parsed = parse(&raw).unwrap();
        let transaction = parsed.transaction();
        prop_assert_eq!(transaction.lock_time.to_consensus_u32(), lock_time);
        for (input, spec) in transaction.input.iter().zip(&specs) {
            prop_assert_eq!(input.previous_output.txid.to_string(), spec.txid);
            prop_assert_eq!(input.previous_output.vout, spec.vout);
        }
        for (output, spec) in transaction.output.iter().zip(&paid) {
            prop_assert_eq!(output.value.to_sat(), spec.value);
            prop_assert_eq!(output.script_pubkey.as_bytes(), spec.script);
        }
        // One transaction, one spelling: nothing may be missing or follow.
        prop_assert!(parse(&raw[..raw.len() - 1]).is_err());
        prop_assert!(parse(&[&raw[..], &[0]].concat()).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in ".{0,120}") {
        let _ = parse(&bytes);
        let _ = check_spend(&bytes, &[&bytes]);
        let _ = with_key_spend_witnesses(&bytes, &[&[0; 64]]);
        let _ = verify_key_spends(&bytes, &[OutputSpec { value: u64::MAX, script: &bytes }]);
        let _ = script_address(&bytes, "main".parse().unwrap());
        let _ = dust_limit(&bytes);
        let _ = address_script(&text, "main".parse().unwrap());
    }

    #[test]
    fn a_changed_byte_never_goes_unnoticed(position in 0usize..94, change in 1u8..=255) {
        let (_, script) = owner(7);
        let (previous, txid) = funding(10_000, &script);
        let raw = spend(&txid, 0, 9_000, &script);
        let honest = check_spend(&raw, &[&previous]).unwrap();
        let mut altered = raw.clone();
        altered[position] ^= change;
        if let Ok(checked) = check_spend(&altered, &[&previous]) {
            prop_assert_ne!(checked.taproot_sighashes(), honest.taproot_sighashes());
        }
    }
}
