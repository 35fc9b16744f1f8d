//! Child keys of a group key, as BIP-32 derives them from a public key alone, and their taproot output keys.
//!
//! The 33-byte group key, *with its parity*, is the parent; a fixed chain code makes it an extended public key, so
//! that anyone can watch the same addresses with the descriptor `tr(xpub/...)` (BIP-380, BIP-386). Every signer
//! computes the tweak from the path. None ever accepts a tweak.

use frost_secp256k1_tr::VerifyingKey;
use frost_secp256k1_tr::keys::{PublicKeyPackage, Tweak};
use hmac::{Hmac, Mac};
use k256::elliptic_curve::PrimeField;
use k256::elliptic_curve::ops::MulByGenerator;
use k256::elliptic_curve::sec1::ToEncodedPoint;
use k256::{ProjectivePoint, PublicKey, Scalar};
use sha2::{Digest, Sha256, Sha512};

use crate::error::ThresholdError;
use crate::wire::POINT_BYTES;

/// The longest path: as deep as BIP-44 goes.
const MAX_DEPTH: usize = 5;

/// The first index that is hardened, and so cannot be derived from a public key (BIP-32).
const HARDENED: u32 = 1 << 31;

/// Hashed with the group key to give its chain code.
const CHAIN_CODE_DOMAIN: &[u8] = b"holdfast/chain-code/v1";

/// Indices of at most five non-hardened derivations. The empty path is the group key itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DerivationPath(Vec<u32>);

impl DerivationPath {
    /// Check a path.
    ///
    /// # Errors
    ///
    /// [`ThresholdError::DerivationInvalid`] for more than five steps, or a hardened one.
    pub fn new(indices: &[u32]) -> Result<Self, ThresholdError> {
        if indices.len() > MAX_DEPTH {
            return Err(invalid(format!("a path of {} steps; at most {MAX_DEPTH} are derived", indices.len())));
        }
        if indices.iter().any(|index| *index >= HARDENED) {
            return Err(invalid("a hardened step cannot be derived from a public key".into()));
        }
        Ok(Self(indices.to_vec()))
    }

    /// Whether this is the group key itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The chain code of a group key: SHA-256 of a domain string and the key.
pub(crate) fn chain_code(group_key: &[u8; POINT_BYTES]) -> [u8; 32] {
    Sha256::new().chain_update(CHAIN_CODE_DOMAIN).chain_update(group_key).finalize().into()
}

/// A child key: the point, the sum of the tweaks that lead to it, and that sum times the generator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    pub(crate) point: ProjectivePoint,
    pub(crate) tweak: Scalar,
    pub(crate) offset: ProjectivePoint,
}

/// The child of a group key at a path (BIP-32, "public parent key to public child key").
pub(crate) fn child(group_key: &[u8; POINT_BYTES], path: &DerivationPath) -> Result<Child, ThresholdError> {
    let mut chain_code = chain_code(group_key);
    let mut parent = *group_key;
    let mut child = Child { point: point(group_key)?, tweak: Scalar::ZERO, offset: ProjectivePoint::IDENTITY };
    for index in &path.0 {
        // HMAC takes a key of any length: this cannot fail.
        let mut mac = Hmac::<Sha512>::new_from_slice(&chain_code).map_err(|_| invalid("no key".into()))?;
        mac.update(&parent);
        mac.update(&index.to_be_bytes());
        let mut tweak = [0u8; 32];
        let digest = mac.finalize().into_bytes();
        let (left, right) = digest.split_at(32);
        tweak.copy_from_slice(left);
        chain_code.copy_from_slice(right);
        // BIP-32: with probability 2^-127 an index has no key; the caller takes the next one.
        let tweak = Option::<Scalar>::from(Scalar::from_repr(tweak.into()))
            .ok_or_else(|| invalid(format!("index {index} has no key; use the next one")))?;
        let offset = ProjectivePoint::mul_by_generator(&tweak);
        child.tweak += tweak;
        child.offset += offset;
        child.point += offset;
        parent = encode(&child.point)?;
    }
    Ok(child)
}

/// The taproot output key at a path: BIP-86 of the child; at the empty path, the group key without a further tweak.
///
/// Key generation already committed the group key to an unspendable script path, as BIP-341 asks.
///
/// # Errors
///
/// - [`ThresholdError::Malformed`]: the group key is no compressed point.
/// - [`ThresholdError::DerivationInvalid`]: with probability 2^-127, an index without a key.
pub fn output_key(group_key: &[u8; POINT_BYTES], path: &DerivationPath) -> Result<[u8; 32], ThresholdError> {
    if path.is_empty() {
        return Ok(x_only(group_key));
    }
    let internal = encode(&child(group_key, path)?.point)?;
    let internal = VerifyingKey::deserialize(&internal).map_err(|_| invalid("no child key".into()))?;
    let package = PublicKeyPackage::new(Default::default(), internal, None).tweak::<&[u8]>(None);
    let tweaked = package.verifying_key().serialize().map_err(|_| invalid("no output key".into()))?;
    let tweaked: [u8; POINT_BYTES] = tweaked.try_into().map_err(|_| invalid("no output key".into()))?;
    Ok(x_only(&tweaked))
}

/// The point of a compressed encoding.
pub(crate) fn point(encoded: &[u8; POINT_BYTES]) -> Result<ProjectivePoint, ThresholdError> {
    PublicKey::from_sec1_bytes(encoded)
        .map(|key| key.to_projective())
        .map_err(|_| ThresholdError::Malformed("point".into()))
}

/// The compressed encoding of a point, which must not be the identity.
pub(crate) fn encode(point: &ProjectivePoint) -> Result<[u8; POINT_BYTES], ThresholdError> {
    point
        .to_affine()
        .to_encoded_point(true)
        .as_bytes()
        .try_into()
        .map_err(|_| ThresholdError::Malformed("point at infinity".into()))
}

fn x_only(compressed: &[u8; POINT_BYTES]) -> [u8; 32] {
    let [_, x @ ..] = *compressed;
    x
}

fn invalid(reason: String) -> ThresholdError {
    ThresholdError::DerivationInvalid(reason)
}
