//! Distributed key generation (RFC 9591's FROST paper, section 5: Pedersen's, with proofs of knowledge).
//!
//! ```text
//! begin    -> one public message, broadcast: every signer must see the same bytes
//! exchange -> one secret message for each other signer, encrypted to it by the caller
//! finish   -> the share, and the group key, which every signer compares before an address is published
//! ```
//!
//! Each round consumes the secret of the one before.

use std::collections::BTreeMap;
use std::fmt;

use frost_secp256k1_tr::keys::dkg::{self, round1, round2};
use frost_secp256k1_tr::keys::{SigningShare, VerifiableSecretSharingCommitment};
use frost_secp256k1_tr::{Error, Identifier, Signature};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::error::ThresholdError;
use crate::group::GroupKey;
use crate::identifier::{frost_identifier, number, require_committee};
use crate::share::KeyShare;
use crate::wire::{Domain, POINT_BYTES, Reader, SCALAR_BYTES};

/// The length of a proof of knowledge: a BIP-340 signature.
const PROOF_BYTES: usize = 64;

/// What a signer keeps between [`begin`] and [`Round1Secret::exchange`].
pub struct Round1Secret {
    secret: round1::SecretPackage,
    identifier: u16,
    signers: u16,
    threshold: u16,
}

/// What a signer keeps between [`Round1Secret::exchange`] and [`Round2Secret::finish`].
pub struct Round2Secret {
    secret: round2::SecretPackage,
    identifier: u16,
    /// What it was told in round 1: round 2 must be about the same.
    round1: BTreeMap<u16, Vec<u8>>,
}

/// One secret message for each other signer, by the recipient's identifier; wiped when dropped.
pub type SecretMessages = BTreeMap<u16, Zeroizing<Vec<u8>>>;

impl fmt::Debug for Round1Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<DkgRound1Secret redacted>")
    }
}

impl fmt::Debug for Round2Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<DkgRound2Secret redacted>")
    }
}

/// Start: the secret of round 1, and the public message for all others.
///
/// # Errors
///
/// [`ThresholdError::ParametersInvalid`] unless 2 <= threshold <= signers <= 32 and the identifier is not 0.
pub fn begin(
    identifier: u16,
    signers: u16,
    threshold: u16,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Round1Secret, Vec<u8>), ThresholdError> {
    require_committee(signers, threshold)?;
    let (secret, package) = dkg::part1(frost_identifier(identifier)?, signers, threshold, rng).map_err(own_fault)?;
    Ok((Round1Secret { secret, identifier, signers, threshold }, encode_round1(&package)?))
}

impl Round1Secret {
    #[cfg(test)]
    pub(crate) fn from_frost(secret: round1::SecretPackage, identifier: u16, signers: u16, threshold: u16) -> Self {
        Self { secret, identifier, signers, threshold }
    }

    /// Given every *other* signer's public message: the secret of round 2, and one secret message for each.
    ///
    /// # Errors
    ///
    /// - [`ThresholdError::ParametersInvalid`]: not one message of each other signer.
    /// - [`ThresholdError::CheaterFound`]: a message that is malformed, of another threshold, or without a valid
    ///   proof that its sender knows the secret behind it.
    pub fn exchange(self, round1: &BTreeMap<u16, &[u8]>) -> Result<(Round2Secret, SecretMessages), ThresholdError> {
        if round1.len() + 1 != usize::from(self.signers) || round1.contains_key(&self.identifier) {
            return Err(ThresholdError::ParametersInvalid(format!(
                "round 1 takes one message of each of the other {} signers",
                self.signers.saturating_sub(1)
            )));
        }
        let packages = decode_round1(round1, self.threshold)?;
        let (secret, messages) = dkg::part2(self.secret, &packages).map_err(peer_fault)?;
        let mut sent = SecretMessages::new();
        for (recipient, message) in &messages {
            let recipient = number(recipient).ok_or_else(|| Domain::KeyGenerationRound2.malformed())?;
            sent.insert(recipient, encode_round2(message));
        }
        let round1 = round1.iter().map(|(sender, message)| (*sender, message.to_vec())).collect();
        Ok((Round2Secret { secret, identifier: self.identifier, round1 }, sent))
    }
}

impl Round2Secret {
    /// Given the messages of round 1 again and those of round 2 that were for this signer: its share.
    ///
    /// # Errors
    ///
    /// - [`ThresholdError::TranscriptMismatch`]: round 1 is not what [`Round1Secret::exchange`] was given.
    /// - [`ThresholdError::ParametersInvalid`]: not one message of each other signer.
    /// - [`ThresholdError::CheaterFound`]: a secret message that is malformed, or does not fit its sender's
    ///   public one.
    pub fn finish(
        self,
        round1: &BTreeMap<u16, &[u8]>,
        round2: &BTreeMap<u16, &[u8]>,
    ) -> Result<KeyShare, ThresholdError> {
        let kept = self.round1.iter().map(|(sender, message)| (*sender, message.as_slice()));
        if !kept.eq(round1.iter().map(|(sender, message)| (*sender, *message))) {
            return Err(ThresholdError::TranscriptMismatch("round 1 is not what it was in the exchange".into()));
        }
        if !round1.keys().eq(round2.keys()) {
            return Err(ThresholdError::ParametersInvalid(format!(
                "round 2 takes one message of each signer other than {}",
                self.identifier
            )));
        }
        let packages = decode_round1(round1, *self.secret.min_signers())?;
        let mut messages = BTreeMap::new();
        for (sender, message) in round2 {
            let package =
                decode_round2(message).map_err(|fault| ThresholdError::cheater(*sender, fault.to_string()))?;
            messages.insert(frost_identifier(*sender)?, package);
        }
        let (secret, public) = dkg::part3(&self.secret, &packages, &messages).map_err(peer_fault)?;
        KeyShare::new(secret, GroupKey::from_frost(&public)?)
    }
}

fn encode_round1(package: &round1::Package) -> Result<Vec<u8>, ThresholdError> {
    let commitment = package.commitment().serialize().map_err(own_fault)?;
    let proof = package.proof_of_knowledge().serialize().map_err(own_fault)?;
    let mut encoded = Domain::KeyGenerationRound1.header();
    // One point for each coefficient: at most 32.
    encoded.push(commitment.len() as u8);
    commitment.iter().for_each(|point| encoded.extend_from_slice(point));
    encoded.extend_from_slice(&proof);
    Ok(encoded)
}

fn decode_round1(
    messages: &BTreeMap<u16, &[u8]>,
    threshold: u16,
) -> Result<BTreeMap<Identifier, round1::Package>, ThresholdError> {
    let mut packages = BTreeMap::new();
    for (sender, message) in messages {
        let package = decode_round1_message(message, threshold)
            .map_err(|fault| ThresholdError::cheater(*sender, fault.to_string()))?;
        packages.insert(frost_identifier(*sender)?, package);
    }
    Ok(packages)
}

fn decode_round1_message(message: &[u8], threshold: u16) -> Result<round1::Package, ThresholdError> {
    let malformed = |_| Domain::KeyGenerationRound1.malformed();
    let mut reader = Reader::open(message, Domain::KeyGenerationRound1)?;
    let coefficients = reader.byte()?;
    if coefficients != threshold {
        return Err(ThresholdError::Malformed(format!("key generation 1: a threshold of {coefficients}")));
    }
    let mut points = Vec::with_capacity(usize::from(coefficients));
    for _ in 0..coefficients {
        points.push(reader.take::<POINT_BYTES>()?);
    }
    let proof = Signature::deserialize(reader.take::<PROOF_BYTES>()?).map_err(malformed)?;
    reader.end()?;
    let commitment = VerifiableSecretSharingCommitment::deserialize(points).map_err(malformed)?;
    Ok(round1::Package::new(commitment, proof))
}

fn encode_round2(package: &round2::Package) -> Zeroizing<Vec<u8>> {
    let share = Zeroizing::new(package.signing_share().serialize());
    let header = Domain::KeyGenerationRound2.header();
    let mut encoded = Zeroizing::new(Vec::with_capacity(header.len() + SCALAR_BYTES));
    encoded.extend_from_slice(&header);
    encoded.extend_from_slice(&share);
    encoded
}

fn decode_round2(message: &[u8]) -> Result<round2::Package, ThresholdError> {
    let mut reader = Reader::open(message, Domain::KeyGenerationRound2)?;
    let share = SigningShare::deserialize(reader.take::<SCALAR_BYTES>()?)
        .map_err(|_| Domain::KeyGenerationRound2.malformed())?;
    reader.end()?;
    Ok(round2::Package::new(share))
}

fn peer_fault(error: Error) -> ThresholdError {
    let culprits: Vec<u16> = error.culprits().iter().filter_map(number).collect();
    if culprits.is_empty() {
        return own_fault(error);
    }
    ThresholdError::CheaterFound { culprits, reason: error.to_string() }
}

fn own_fault(error: Error) -> ThresholdError {
    ThresholdError::ParametersInvalid(error.to_string())
}
