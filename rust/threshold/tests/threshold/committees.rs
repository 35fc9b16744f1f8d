//! A committee whose ceremony replays from one seed, and signatures by any of it.

use std::collections::BTreeMap;

use holdfast_threshold::signing::{self, Nonces};
use holdfast_threshold::{DerivationPath, KeyShare, ThresholdError, generation};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Bytes of each signer.
pub type Sent = BTreeMap<u16, Vec<u8>>;

/// Randomness that a failing test prints as one number.
pub fn seeded(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The messages as a signer is given them: borrowed, without its own.
pub fn others(sent: &Sent, own: u16) -> BTreeMap<u16, &[u8]> {
    borrowed(sent).into_iter().filter(|(sender, _)| *sender != own).collect()
}

/// The messages, borrowed.
pub fn borrowed(sent: &Sent) -> BTreeMap<u16, &[u8]> {
    sent.iter().map(|(sender, message)| (*sender, message.as_slice())).collect()
}

/// The shares of a new key for signers with these identifiers.
pub fn committee(identifiers: &[u16], threshold: u16, seed: u64) -> BTreeMap<u16, KeyShare> {
    let mut rng = seeded(seed);
    let mut secrets = BTreeMap::new();
    let mut hellos = Sent::new();
    for own in identifiers {
        let (secret, hello) = generation::begin(*own, identifiers.len() as u16, threshold, &mut rng).unwrap();
        secrets.insert(*own, secret);
        hellos.insert(*own, hello);
    }
    let mut kept = BTreeMap::new();
    let mut letters: BTreeMap<u16, Sent> = BTreeMap::new();
    for (own, secret) in secrets {
        let (secret, sent) = secret.exchange(&others(&hellos, own)).unwrap();
        kept.insert(own, secret);
        for (recipient, letter) in sent {
            letters.entry(recipient).or_default().insert(own, letter.to_vec());
        }
    }
    let finish = |(own, secret): (u16, generation::Round2Secret)| {
        (own, secret.finish(&others(&hellos, own), &borrowed(&letters[&own])).unwrap())
    };
    kept.into_iter().map(finish).collect()
}

/// Everything of one signing but the aggregation.
pub struct Session {
    /// Each signer's commitments.
    pub commitments: Sent,
    /// Each signer's share of the signature.
    pub parts: Sent,
}

/// Commit and sign with the given signers.
pub fn sign(
    shares: &BTreeMap<u16, KeyShare>,
    signers: &[u16],
    message: &[u8; 32],
    path: &DerivationPath,
) -> Result<Session, ThresholdError> {
    let mut rng = seeded(99);
    let mut nonces: BTreeMap<u16, Nonces> = BTreeMap::new();
    let mut commitments = Sent::new();
    for signer in signers {
        let (secret, commitment) = signing::commit(&shares[signer], &mut rng)?;
        nonces.insert(*signer, secret);
        commitments.insert(*signer, commitment);
    }
    let mut parts = Sent::new();
    for (signer, nonces) in nonces {
        let part = signing::sign(&shares[&signer], nonces, message, &borrowed(&commitments), path)?;
        parts.insert(signer, part);
    }
    Ok(Session { commitments, parts })
}
