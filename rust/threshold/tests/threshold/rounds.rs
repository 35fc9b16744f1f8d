//! Key generation and signing: honest runs, and every way in which a signer can cheat that names it.
use std::collections::BTreeMap;

use crate::committees::{Sent, borrowed, committee, others, seeded, sign};
use holdfast_threshold::{DerivationPath, MAX_SIGNERS, ThresholdError, generation, signing};
use proptest::prelude::*;

fn culprits<T: std::fmt::Debug>(outcome: Result<T, ThresholdError>) -> Vec<u16> {
    match outcome {
        Err(ThresholdError::CheaterFound { culprits, .. }) => culprits,
        other => panic!("nobody was named: {other:?}"),
    }
}

fn path(indices: &[u32]) -> DerivationPath {
    DerivationPath::new(indices).unwrap()
}

#[test]
fn any_threshold_of_signers_sign_at_any_path() {
    let shares = committee(&[1, 2, 3, 4, 5], 3, 1);
    let group_key = shares[&1].group_key();
    assert!(shares.values().all(|share| share.group_key() == group_key));
    for signers in [&[1, 2, 3][..], &[2, 4, 5], &[1, 2, 3, 4, 5]] {
        for at in [path(&[]), path(&[0]), path(&[0, 7]), path(&[1, 2, 3, 4, 5])] {
            let session = sign(&shares, signers, &[8; 32], &at).unwrap();
            let (commitments, parts) = (borrowed(&session.commitments), borrowed(&session.parts));
            let signature = signing::aggregate(group_key, &[8; 32], &commitments, &parts, &at).unwrap();
            signing::verify(&group_key.output_key(&at).unwrap(), &[8; 32], &signature).unwrap();
            let other = signing::verify(&group_key.output_key(&path(&[9])).unwrap(), &[8; 32], &signature);
            assert_eq!(other, Err(ThresholdError::SignatureInvalid));
        }
    }
}

#[test]
fn too_few_signers_make_nothing() {
    let shares = committee(&[1, 2, 3, 4, 5], 3, 2);
    let outcome = sign(&shares, &[1, 5], &[8; 32], &path(&[])).map(|_| ());
    assert_eq!(outcome, Err(ThresholdError::TooFewSigners { have: 2, need: 3 }));
}

#[test]
fn every_wrong_share_is_named() {
    let shares = committee(&[1, 2, 3, 4, 5], 3, 3);
    let group_key = shares[&1].group_key();
    for at in [path(&[]), path(&[0, 7])] {
        let honest = sign(&shares, &[1, 2, 3, 4], &[8; 32], &at).unwrap();
        let commitments = borrowed(&honest.commitments);
        let judge =
            |parts: &Sent| culprits(signing::aggregate(group_key, &[8; 32], &commitments, &borrowed(parts), &at));
        let mut altered = honest.parts.clone();
        // Errors that cancel out would leave a valid signature, and nobody to name.
        for (cheater, error) in [(2, 1), (4, 2)] {
            *altered.get_mut(&cheater).unwrap().last_mut().unwrap() ^= error;
        }
        assert_eq!(judge(&altered), [2, 4]);

        let mut truncated = honest.parts.clone();
        truncated.get_mut(&3).unwrap().pop();
        assert_eq!(judge(&truncated), [3]);
    }
}

#[test]
fn a_signer_at_another_path_or_message_is_named() {
    let shares = committee(&[1, 2, 3], 2, 4);
    let group_key = shares[&1].group_key();
    let at = path(&[0, 1]);
    let mut rng = seeded(5);
    for (message, wrong) in [([8; 32], path(&[0, 2])), ([9; 32], path(&[0, 1]))] {
        let (first, one) = signing::commit(&shares[&1], &mut rng).unwrap();
        let (second, two) = signing::commit(&shares[&2], &mut rng).unwrap();
        let commitments = BTreeMap::from([(1, one.as_slice()), (2, two.as_slice())]);
        let honest = signing::sign(&shares[&1], first, &[8; 32], &commitments, &at).unwrap();
        let other = signing::sign(&shares[&2], second, &message, &commitments, &wrong).unwrap();
        let parts = BTreeMap::from([(1, honest.as_slice()), (2, other.as_slice())]);
        assert_eq!(culprits(signing::aggregate(group_key, &[8; 32], &commitments, &parts, &at)), [2]);
    }
}

#[test]
fn a_signer_signs_only_with_its_own_commitments() {
    let shares = committee(&[1, 2, 3], 2, 6);
    let mut rng = seeded(7);
    let mut attempt = |alter: &dyn Fn(&mut Sent)| {
        let (nonces, one) = signing::commit(&shares[&1], &mut rng).unwrap();
        let (_, two) = signing::commit(&shares[&2], &mut rng).unwrap();
        let mut sent = Sent::from([(1, one), (2, two)]);
        alter(&mut sent);
        signing::sign(&shares[&1], nonces, &[8; 32], &borrowed(&sent), &path(&[]))
    };
    assert!(attempt(&|_| ()).is_ok());
    let foreign = attempt(&|sent| {
        let second = sent[&2].clone();
        sent.insert(1, second);
    });
    assert!(matches!(foreign, Err(ThresholdError::TranscriptMismatch(_))));
    let missing = attempt(&|sent| {
        sent.remove(&1);
    });
    assert!(matches!(missing, Err(ThresholdError::TranscriptMismatch(_))));
    let stranger = attempt(&|sent| {
        let second = sent.remove(&2).unwrap();
        sent.insert(9, second);
    });
    assert!(matches!(stranger, Err(ThresholdError::ParametersInvalid(_))));
    assert_eq!(culprits(attempt(&|sent| sent.get_mut(&2).unwrap()[30] = 9)), [2]);
}

#[test]
fn a_forged_first_message_names_its_sender() {
    let mut rng = seeded(8);
    let hello = |own: u16, threshold: u16, rng: &mut _| generation::begin(own, 3, threshold, rng).unwrap();
    let (_, two) = hello(2, 2, &mut rng);
    let (_, three) = hello(3, 2, &mut rng);
    let mut judge = |third: &[u8]| {
        let (secret, _) = hello(1, 2, &mut rng);
        culprits(secret.exchange(&BTreeMap::from([(2, two.as_slice()), (3, third)])))
    };
    // Another's message as one's own: the proof of knowledge names the other.
    assert_eq!(judge(&two), [3]);
    let mut proof = three.clone();
    *proof.last_mut().unwrap() ^= 1;
    assert_eq!(judge(&proof), [3]);
    assert_eq!(judge(&three[..three.len() - 1]), [3]);
    let (_, other_threshold) = hello(3, 3, &mut seeded(9));
    assert_eq!(judge(&other_threshold), [3]);
}

#[test]
fn a_forged_second_message_names_its_sender() {
    let mut rng = seeded(10);
    let mut secrets = BTreeMap::new();
    let mut hellos = Sent::new();
    for own in 1..=3 {
        let (secret, hello) = generation::begin(own, 3, 2, &mut rng).unwrap();
        secrets.insert(own, secret);
        hellos.insert(own, hello);
    }
    let (mut kept, mut letters) = (Vec::new(), Sent::new());
    for (own, secret) in secrets {
        let (secret, sent) = secret.exchange(&others(&hellos, own)).unwrap();
        if own == 1 {
            kept.push(secret);
        } else {
            letters.insert(own, sent[&1].to_vec());
        }
    }
    let first = kept.pop().unwrap();
    *letters.get_mut(&3).unwrap().last_mut().unwrap() ^= 1;
    assert_eq!(culprits(first.finish(&others(&hellos, 1), &borrowed(&letters))), [3]);
}

#[test]
fn round_two_is_about_the_same_round_one() {
    let mut rng = seeded(11);
    let (first, one) = generation::begin(1, 2, 2, &mut rng).unwrap();
    let (second, two) = generation::begin(2, 2, 2, &mut rng).unwrap();
    let (_, other) = generation::begin(2, 2, 2, &mut rng).unwrap();
    let (first, _) = first.exchange(&BTreeMap::from([(2, two.as_slice())])).unwrap();
    let (_, letters) = second.exchange(&BTreeMap::from([(1, one.as_slice())])).unwrap();
    let letter = BTreeMap::from([(2, letters[&1].as_slice())]);
    let outcome = first.finish(&BTreeMap::from([(2, other.as_slice())]), &letter);
    assert!(matches!(outcome, Err(ThresholdError::TranscriptMismatch(_))));
}

#[test]
fn committees_have_limits() {
    let mut rng = seeded(12);
    for (own, signers, threshold) in [(0, 3, 2), (1, 3, 1), (1, 2, 3), (1, MAX_SIGNERS + 1, 2), (1, 0, 0)] {
        let outcome = generation::begin(own, signers, threshold, &mut rng);
        assert!(matches!(outcome, Err(ThresholdError::ParametersInvalid(_))), "{own} {signers} {threshold}");
    }
    assert!(generation::begin(u16::MAX, MAX_SIGNERS, MAX_SIGNERS, &mut rng).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_committee_signs(
        identifiers in prop::collection::btree_set(1u16.., 2..7),
        threshold in 2u16..7,
        indices in prop::collection::vec(0u32..1 << 31, 0..=5),
        seed in any::<u64>(),
    ) {
        let identifiers: Vec<u16> = identifiers.into_iter().collect();
        let threshold = threshold.min(identifiers.len() as u16);
        let shares = committee(&identifiers, threshold, seed);
        let (signers, at) = (&identifiers[..usize::from(threshold)], path(&indices));
        let session = sign(&shares, signers, &[8; 32], &at).unwrap();
        let group_key = shares[&identifiers[0]].group_key();
        let parts = borrowed(&session.parts);
        let signature =
            signing::aggregate(group_key, &[8; 32], &borrowed(&session.commitments), &parts, &at).unwrap();
        prop_assert!(signing::verify(&group_key.output_key(&at).unwrap(), &[8; 32], &signature).is_ok());
    }
}
