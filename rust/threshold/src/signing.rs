//! Signing in two rounds (RFC 9591, section 5), giving one BIP-340 signature.
//!
//! Round 1 makes single-use [`Nonces`] and their public commitments; round 2 consumes the nonces. Before
//! commitments leave a signer, it must have recorded durably that these nonces exist; what is left after a crash
//! is never used.

use std::collections::BTreeMap;
use std::fmt;

use frost_core::{CheaterDetection, aggregate_custom};
use frost_secp256k1_tr::keys::Tweak;
use frost_secp256k1_tr::round1::{self, NonceCommitment, SigningCommitments, SigningNonces};
use frost_secp256k1_tr::round2::{self, SignatureShare};
use frost_secp256k1_tr::{Error, Identifier, Signature, SigningPackage, VerifyingKey};
use rand_core::{CryptoRng, RngCore};

use crate::derivation::{Child, DerivationPath};
use crate::error::ThresholdError;
use crate::group::GroupKey;
use crate::identifier::{frost_identifier, number};
use crate::share::KeyShare;
use crate::wire::{Domain, POINT_BYTES, Reader, SCALAR_BYTES};

/// The length of a message: a signature hash.
pub const MESSAGE_BYTES: usize = 32;

/// The length of a signature (BIP-340).
pub const SIGNATURE_BYTES: usize = 64;

/// One signer's secret nonces for one signature. They cannot be cloned, printed or stored; dropping wipes them.
pub struct Nonces {
    secret: SigningNonces,
    commitments: Vec<u8>,
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<SigningNonces redacted>")
    }
}

/// Round 1: fresh nonces, and the commitments to send to the other signers.
///
/// # Errors
///
/// None that can be provoked: nonces of zero have probability 2^-256.
pub fn commit(share: &KeyShare, rng: &mut (impl RngCore + CryptoRng)) -> Result<(Nonces, Vec<u8>), ThresholdError> {
    let (secret, _) = round1::commit(share.secret().signing_share(), rng);
    let nonces = Nonces::from_frost(secret)?;
    let commitments = nonces.commitments.clone();
    Ok((nonces, commitments))
}

impl Nonces {
    pub(crate) fn from_frost(secret: SigningNonces) -> Result<Self, ThresholdError> {
        let commitments = encode_commitments(secret.commitments())?;
        Ok(Self { secret, commitments })
    }
}

/// Round 2: this signer's share of the signature on `message` under the key at `path`.
///
/// `commitments` are those of everyone who signs, this signer included. The nonces are gone afterwards, whatever
/// the outcome.
///
/// # Errors
///
/// - [`ThresholdError::TooFewSigners`]: fewer than the threshold.
/// - [`ThresholdError::TranscriptMismatch`]: this signer's commitments are missing or are not of these nonces.
/// - [`ThresholdError::ParametersInvalid`]: a signer who is not in the group.
/// - [`ThresholdError::CheaterFound`]: malformed commitments, and whose.
pub fn sign(
    share: &KeyShare,
    nonces: Nonces,
    message: &[u8; MESSAGE_BYTES],
    commitments: &BTreeMap<u16, &[u8]>,
    path: &DerivationPath,
) -> Result<Vec<u8>, ThresholdError> {
    let own = commitments.get(&share.identifier());
    if own.is_none_or(|own| *own != nonces.commitments.as_slice()) {
        return Err(ThresholdError::TranscriptMismatch("the commitments are not those of these nonces".into()));
    }
    let known = (share.identifier(), *nonces.secret.commitments());
    let package = signing_package(share.group_key(), message, commitments, Some(known))?;
    sign_package(share, &nonces, &package, path)
}

pub(crate) fn sign_package(
    share: &KeyShare,
    nonces: &Nonces,
    package: &SigningPackage,
    path: &DerivationPath,
) -> Result<Vec<u8>, ThresholdError> {
    let child = share.group_key().child(path)?;
    let key = share.at(child.as_ref())?;
    let signed = round2::sign(package, &nonces.secret, &key).map_err(fault)?;
    Ok([&Domain::SignatureShare.header()[..], &signed.serialize()].concat())
}

/// Join the shares of everyone who committed into one signature, verified under the output key at `path`.
///
/// # Errors
///
/// - [`ThresholdError::CheaterFound`]: every signer whose share, or encoding, is wrong.
/// - [`ThresholdError::TooFewSigners`], [`ThresholdError::ParametersInvalid`]: not one share for each commitment.
/// - [`ThresholdError::SignatureInvalid`]: all shares verify and the signature does not; never seen.
pub fn aggregate(
    group_key: &GroupKey,
    message: &[u8; MESSAGE_BYTES],
    commitments: &BTreeMap<u16, &[u8]>,
    shares: &BTreeMap<u16, &[u8]>,
    path: &DerivationPath,
) -> Result<[u8; SIGNATURE_BYTES], ThresholdError> {
    if !commitments.keys().eq(shares.keys()) {
        return Err(ThresholdError::ParametersInvalid("it takes one share of each signer who committed".into()));
    }
    let package = signing_package(group_key, message, commitments, None)?;
    aggregate_package(group_key, &package, &decode_shares(shares)?, path)
}

pub(crate) fn aggregate_package(
    group_key: &GroupKey,
    package: &SigningPackage,
    shares: &BTreeMap<Identifier, SignatureShare>,
    path: &DerivationPath,
) -> Result<[u8; SIGNATURE_BYTES], ThresholdError> {
    let child = group_key.child(path)?;
    // The common case needs no verifying share; only a failure is worth finding out whose it is.
    let join = |signers: &[u16], detection| join(group_key, child.as_ref(), package, shares, signers, detection);
    let signature = match join(&[], CheaterDetection::Disabled) {
        Err(Error::InvalidSignature) => {
            let signers: Vec<u16> = shares.keys().filter_map(number).collect();
            join(&signers, CheaterDetection::AllCheaters)
        }
        outcome => outcome,
    };
    let encoded = signature.and_then(|signature| signature.serialize()).map_err(fault)?;
    encoded.try_into().map_err(|_| ThresholdError::SignatureInvalid)
}

fn join(
    group_key: &GroupKey,
    child: Option<&Child>,
    package: &SigningPackage,
    shares: &BTreeMap<Identifier, SignatureShare>,
    signers: &[u16],
    detection: CheaterDetection,
) -> Result<Signature, Error> {
    let public = group_key.to_frost(child, signers.iter().copied()).map_err(|_| Error::MalformedVerifyingKey)?;
    let public = if child.is_some() { public.tweak::<&[u8]>(None) } else { public };
    aggregate_custom(package, shares, &public, detection)
}

/// Verify a BIP-340 signature of a 32-byte message under an x-only output key.
///
/// # Errors
///
/// [`ThresholdError::SignatureInvalid`], also for a key or a signature that is no point or scalar.
pub fn verify(
    output_key: &[u8; 32],
    message: &[u8; MESSAGE_BYTES],
    signature: &[u8; SIGNATURE_BYTES],
) -> Result<(), ThresholdError> {
    let invalid = |_| ThresholdError::SignatureInvalid;
    let mut even = [2u8; POINT_BYTES];
    even.iter_mut().skip(1).zip(output_key).for_each(|(to, from)| *to = *from);
    let key = VerifyingKey::deserialize(&even).map_err(invalid)?;
    key.verify(message, &Signature::deserialize(signature).map_err(invalid)?).map_err(invalid)
}

/// What is signed and by whom. A signer already holds its own commitments, decoded: `known`.
fn signing_package(
    group_key: &GroupKey,
    message: &[u8],
    commitments: &BTreeMap<u16, &[u8]>,
    known: Option<(u16, SigningCommitments)>,
) -> Result<SigningPackage, ThresholdError> {
    if commitments.len() < usize::from(group_key.threshold()) {
        return Err(ThresholdError::TooFewSigners { have: commitments.len(), need: group_key.threshold() });
    }
    let mut decoded = BTreeMap::new();
    for (signer, encoded) in commitments {
        if !group_key.verifying_shares().contains_key(signer) {
            return Err(ThresholdError::ParametersInvalid(format!("signer {signer} is not in the group")));
        }
        let commitment = match known {
            Some((own, commitment)) if own == *signer => commitment,
            _ => decode_commitments(encoded).map_err(|fault| ThresholdError::cheater(*signer, fault.to_string()))?,
        };
        decoded.insert(frost_identifier(*signer)?, commitment);
    }
    Ok(SigningPackage::new(decoded, message))
}

/// Check that bytes are somebody's commitments, before others are asked to sign with them.
///
/// # Errors
///
/// [`ThresholdError::Malformed`]: they are not.
pub fn check_commitments(encoded: &[u8]) -> Result<(), ThresholdError> {
    decode_commitments(encoded).map(drop)
}

fn encode_commitments(commitments: &SigningCommitments) -> Result<Vec<u8>, ThresholdError> {
    let hiding = commitments.hiding().serialize().map_err(fault)?;
    let binding = commitments.binding().serialize().map_err(fault)?;
    Ok([&Domain::Commitments.header()[..], &hiding, &binding].concat())
}

fn decode_commitments(encoded: &[u8]) -> Result<SigningCommitments, ThresholdError> {
    let malformed = |_| Domain::Commitments.malformed();
    let mut reader = Reader::open(encoded, Domain::Commitments)?;
    let hiding = NonceCommitment::deserialize(reader.take::<POINT_BYTES>()?).map_err(malformed)?;
    let binding = NonceCommitment::deserialize(reader.take::<POINT_BYTES>()?).map_err(malformed)?;
    reader.end()?;
    Ok(SigningCommitments::new(hiding, binding))
}

fn decode_shares(shares: &BTreeMap<u16, &[u8]>) -> Result<BTreeMap<Identifier, SignatureShare>, ThresholdError> {
    let decode = |encoded: &[u8]| {
        let mut reader = Reader::open(encoded, Domain::SignatureShare)?;
        let share = SignatureShare::deserialize(reader.take::<SCALAR_BYTES>()?)
            .map_err(|_| Domain::SignatureShare.malformed())?;
        reader.end()?;
        Ok(share)
    };
    let mut decoded = BTreeMap::new();
    for (signer, encoded) in shares {
        let share =
            decode(encoded).map_err(|fault: ThresholdError| ThresholdError::cheater(*signer, fault.to_string()))?;
        decoded.insert(frost_identifier(*signer)?, share);
    }
    Ok(decoded)
}

fn fault(error: Error) -> ThresholdError {
    match &error {
        Error::InvalidSignature => ThresholdError::SignatureInvalid,
        Error::InvalidSignatureShare { culprits } => ThresholdError::CheaterFound {
            culprits: culprits.iter().filter_map(number).collect(),
            reason: "a wrong signature share: wrong key, message or path".into(),
        },
        _ => ThresholdError::ParametersInvalid(error.to_string()),
    }
}
