//! Group keys, derived addresses and sealed shares.
use std::str::FromStr;

use crate::committees::{committee, seeded};
use bitcoin::bip32::{ChildNumber, Xpub};
use bitcoin::key::{Secp256k1, TapTweak};
use holdfast_threshold::{DerivationPath, GroupKey, KeyShare, ThresholdError, XpubNetwork};
use proptest::prelude::*;

#[test]
fn a_group_key_has_one_encoding() {
    let shares = committee(&[2, 7, 300], 2, 1);
    let group_key = shares[&2].group_key();
    let encoded = group_key.encoded();
    assert_eq!(GroupKey::decoded(&encoded).unwrap(), *group_key);
    for length in 0..encoded.len() {
        assert!(GroupKey::decoded(&encoded[..length]).is_err());
    }
    assert!(GroupKey::decoded(&[&encoded[..], &[0]].concat()).is_err());
}

#[test]
fn a_group_key_has_no_second_spelling() {
    let shares = committee(&[2, 7, 300], 2, 1);
    let encoded = shares[&2].group_key().encoded();
    let members = encoded.len() - 3 * 35;
    let (head, entries) = encoded.split_at(members);
    let entry = |nth: usize| &entries[nth * 35..(nth + 1) * 35];
    // The group key is the polynomial's value at 0: as a member's share it would fit.
    let zeroth = [&[0, 0], &head[head.len() - 33..]].concat();
    for order in [[entry(1), entry(0), entry(2)], [entry(0), entry(0), entry(2)], [&zeroth, entry(1), entry(2)]] {
        let spelling = [head, &order.concat()].concat();
        assert!(matches!(GroupKey::decoded(&spelling), Err(ThresholdError::Malformed(_))));
    }
}

#[test]
fn a_group_key_of_unrelated_shares_is_refused() {
    let one = committee(&[1, 2, 3], 2, 1);
    let two = committee(&[1, 2, 3], 2, 2);
    let (mine, other) = (one[&1].group_key().encoded(), two[&1].group_key().encoded());
    let key_at = mine.len() - 3 * 35 - 33;
    for start in [key_at, key_at + 33 + 2, key_at + 33 + 35 + 2, key_at + 33 + 70 + 2] {
        let mut mixed = mine.clone();
        mixed[start..start + 33].copy_from_slice(&other[start..start + 33]);
        assert!(matches!(GroupKey::decoded(&mixed), Err(ThresholdError::Malformed(_))), "at {start}");
    }
}

#[test]
fn addresses_are_those_of_its_extended_public_key() {
    let context = Secp256k1::verification_only();
    let mut parities = std::collections::BTreeSet::new();
    for seed in 0..6 {
        let shares = committee(&[1, 2], 2, seed);
        let group_key = shares[&1].group_key();
        let root = Xpub::from_str(&group_key.extended_public_key(XpubNetwork::Main)).unwrap();
        assert_eq!(root.public_key.serialize(), *group_key.verifying_key());
        for index in 0..6 {
            let steps = [ChildNumber::Normal { index: 0 }, ChildNumber::Normal { index }];
            let child = root.derive_pub(&context, &steps).unwrap();
            let (internal, _) = child.public_key.x_only_public_key();
            let (output, parity) = internal.tap_tweak(&context, None);
            let at = DerivationPath::new(&[0, index]).unwrap();
            assert_eq!(group_key.output_key(&at).unwrap(), output.to_x_only_public_key().serialize());
            parities.insert((root.public_key.serialize()[0], child.public_key.serialize()[0], parity.to_u8()));
        }
    }
    // Even and odd group keys, children and output keys, in every combination.
    assert_eq!(parities.len(), 8);
}

#[test]
fn paths_that_cannot_be_derived_are_refused() {
    assert!(DerivationPath::new(&[0, 1, 2, 3, (1 << 31) - 1]).is_ok());
    for indices in [&[1 << 31][..], &[0, u32::MAX], &[0; 6]] {
        assert!(matches!(DerivationPath::new(indices), Err(ThresholdError::DerivationInvalid(_))));
    }
}

#[test]
fn a_sealed_share_opens_only_with_its_key_and_context() {
    let shares = committee(&[1, 2, 3], 2, 1);
    let sealed = shares[&1].seal(&[1; 32], b"vault 7, epoch 1", &mut seeded(1)).unwrap();
    let opened = KeyShare::unseal(&sealed, &[1; 32], b"vault 7, epoch 1").unwrap();
    assert_eq!((opened.identifier(), opened.group_key()), (1, shares[&1].group_key()));

    let broken = |outcome: Result<KeyShare, ThresholdError>| {
        assert_eq!(outcome.map(|_| ()), Err(ThresholdError::SealBroken));
    };
    broken(KeyShare::unseal(&sealed, &[2; 32], b"vault 7, epoch 1"));
    broken(KeyShare::unseal(&sealed, &[1; 32], b"vault 7, epoch 2"));
    for position in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[position] ^= 0x40;
        broken(KeyShare::unseal(&altered, &[1; 32], b"vault 7, epoch 1"));
        broken(KeyShare::unseal(&sealed[..position], &[1; 32], b"vault 7, epoch 1"));
    }
    let again = shares[&1].seal(&[1; 32], b"vault 7, epoch 1", &mut seeded(2)).unwrap();
    assert_ne!(sealed, again);
    let long = vec![0; holdfast_threshold::MAX_CONTEXT_BYTES + 1];
    let outcome = shares[&1].seal(&[1; 32], &long, &mut seeded(3));
    assert!(matches!(outcome, Err(ThresholdError::ParametersInvalid(_))));
}

#[test]
fn a_share_shows_nothing() {
    let shares = committee(&[1, 2], 2, 1);
    assert_eq!(format!("{:?}", shares[&1]), "<KeyShare redacted>");
}

#[test]
fn a_group_key_states_its_true_threshold() {
    let shares = committee(&[1, 2, 3, 4], 2, 1);
    let honest = shares[&1].group_key().encoded();
    assert!(GroupKey::decoded(&honest).is_ok());
    // The threshold follows the header; every point of a line lies on a parabola too, so a higher one would fit.
    let at = honest.len() - 2 - 33 - 4 * (2 + 33);
    for threshold in (0..=5).filter(|threshold| *threshold != 2) {
        let mut encoded = honest.clone();
        encoded[at] = threshold;
        assert!(GroupKey::decoded(&encoded).is_err(), "threshold {threshold}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = GroupKey::decoded(&bytes);
        let _ = KeyShare::unseal(&bytes, &[1; 32], b"");
    }

    #[test]
    fn an_altered_group_key_is_refused(position in 0usize..100, change in 1u8..=255) {
        let shares = committee(&[1, 2, 3], 2, 1);
        let mut encoded = shares[&1].group_key().encoded();
        let position = position % encoded.len();
        encoded[position] ^= change;
        prop_assert!(GroupKey::decoded(&encoded).is_err());
    }
}
