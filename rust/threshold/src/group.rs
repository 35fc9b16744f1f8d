//! The public side of a shared key: what every signer and every observer may know.

use std::collections::BTreeMap;

use base58ck::encode_check;
use frost_secp256k1_tr::VerifyingKey;
use frost_secp256k1_tr::keys::{PublicKeyPackage, VerifyingShare};
use k256::{ProjectivePoint, Scalar};

use crate::derivation::{self, Child, DerivationPath, point};
use crate::error::ThresholdError;
use crate::identifier::{argument, frost_identifier, number, require_committee};
use crate::wire::{Domain, POINT_BYTES, Reader};

/// Which prefix an extended public key carries: BIP-32 knows only two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XpubNetwork {
    /// `xpub`.
    Main,
    /// `tpub`, for testnet, signet and regtest.
    Test,
}

/// The group key, every signer's verifying share, and the threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupKey {
    threshold: u16,
    verifying_key: [u8; POINT_BYTES],
    verifying_shares: BTreeMap<u16, [u8; POINT_BYTES]>,
}

impl GroupKey {
    /// How many signers it takes.
    pub fn threshold(&self) -> u16 {
        self.threshold
    }

    /// The compressed group key; its x-coordinate is a taproot output key.
    pub fn verifying_key(&self) -> &[u8; POINT_BYTES] {
        &self.verifying_key
    }

    /// Each signer's public share, compressed, by identifier.
    pub fn verifying_shares(&self) -> &BTreeMap<u16, [u8; POINT_BYTES]> {
        &self.verifying_shares
    }

    /// The chain code under which children are derived.
    pub fn chain_code(&self) -> [u8; 32] {
        derivation::chain_code(&self.verifying_key)
    }

    /// The x-only taproot output key at a path (BIP-341, BIP-86).
    ///
    /// # Errors
    ///
    /// [`ThresholdError::DerivationInvalid`] where BIP-32 has no key; with probability 2^-127.
    pub fn output_key(&self, path: &DerivationPath) -> Result<[u8; 32], ThresholdError> {
        derivation::output_key(&self.verifying_key, path)
    }

    /// The group key as a BIP-32 extended public key of depth 0: anyone derives the same addresses from
    /// `tr(<this>/...)`.
    pub fn extended_public_key(&self, network: XpubNetwork) -> String {
        let version: [u8; 4] = match network {
            XpubNetwork::Main => [0x04, 0x88, 0xb2, 0x1e],
            XpubNetwork::Test => [0x04, 0x35, 0x87, 0xcf],
        };
        // Depth, the parent's fingerprint and the child number are all zero: this is a root.
        let payload = [&version[..], &[0; 9], &self.chain_code(), &self.verifying_key].concat();
        encode_check(&payload)
    }

    /// The canonical bytes: threshold, number of signers, group key, then each identifier and verifying share,
    /// ascending.
    pub fn encoded(&self) -> Vec<u8> {
        let mut encoded = Domain::GroupKey.header();
        // Both are at most 32.
        encoded.extend_from_slice(&[self.threshold as u8, self.verifying_shares.len() as u8]);
        encoded.extend_from_slice(&self.verifying_key);
        for (identifier, share) in &self.verifying_shares {
            encoded.extend_from_slice(&identifier.to_be_bytes());
            encoded.extend_from_slice(share);
        }
        encoded
    }

    /// Read the canonical bytes.
    ///
    /// # Errors
    ///
    /// [`ThresholdError::Malformed`] for anything else, also for shares that no key generation makes: all of them
    /// must lie on one polynomial of degree threshold - 1, no lower, whose value at 0 is the group key.
    pub fn decoded(encoded: &[u8]) -> Result<Self, ThresholdError> {
        let malformed = || Domain::GroupKey.malformed();
        let mut reader = Reader::open(encoded, Domain::GroupKey)?;
        let threshold = reader.byte()?;
        let signers = reader.byte()?;
        require_committee(signers, threshold).map_err(|_| malformed())?;
        let verifying_key = *reader.take::<POINT_BYTES>()?;
        let mut verifying_shares = BTreeMap::new();
        for _ in 0..signers {
            let identifier = reader.number()?;
            let ascending = verifying_shares.last_key_value().is_none_or(|(last, _)| *last < identifier);
            if identifier == 0 || !ascending {
                return Err(malformed());
            }
            verifying_shares.insert(identifier, *reader.take::<POINT_BYTES>()?);
        }
        reader.end()?;
        let group_key = Self { threshold, verifying_key, verifying_shares };
        group_key.require_one_polynomial().map_err(|_| malformed())?;
        Ok(group_key)
    }

    /// The group key that FROST made.
    pub(crate) fn from_frost(package: &PublicKeyPackage) -> Result<Self, ThresholdError> {
        let malformed = |_| Domain::GroupKey.malformed();
        let bytes = |encoded: Vec<u8>| encoded.try_into().map_err(|_| Domain::GroupKey.malformed());
        let mut verifying_shares = BTreeMap::new();
        for (identifier, share) in package.verifying_shares() {
            let identifier = number(identifier).ok_or_else(|| Domain::GroupKey.malformed())?;
            verifying_shares.insert(identifier, bytes(share.serialize().map_err(malformed)?)?);
        }
        Ok(Self {
            threshold: package.min_signers().ok_or_else(|| Domain::GroupKey.malformed())?,
            verifying_key: bytes(package.verifying_key().serialize().map_err(malformed)?)?,
            verifying_shares,
        })
    }

    /// The child at a path; none at the empty path.
    pub(crate) fn child(&self, path: &DerivationPath) -> Result<Option<Child>, ThresholdError> {
        if path.is_empty() {
            return Ok(None);
        }
        derivation::child(&self.verifying_key, path).map(Some)
    }

    /// FROST's form of the child's public key with the verifying shares of `signers`.
    pub(crate) fn to_frost(
        &self,
        child: Option<&Child>,
        signers: impl Iterator<Item = u16>,
    ) -> Result<PublicKeyPackage, ThresholdError> {
        let malformed = |_| Domain::GroupKey.malformed();
        let mut shares = BTreeMap::new();
        for identifier in signers {
            let share = self.share_point(identifier)?;
            let share = child.map_or(share, |child| share + child.offset);
            let share = VerifyingShare::deserialize(&derivation::encode(&share)?).map_err(malformed)?;
            shares.insert(frost_identifier(identifier)?, share);
        }
        let key = match child {
            Some(child) => derivation::encode(&child.point)?,
            None => self.verifying_key,
        };
        let key = VerifyingKey::deserialize(&key).map_err(malformed)?;
        Ok(PublicKeyPackage::new(shares, key, Some(self.threshold)))
    }

    pub(crate) fn share_point(&self, identifier: u16) -> Result<ProjectivePoint, ThresholdError> {
        let share = self.verifying_shares.get(&identifier);
        point(share.ok_or_else(|| ThresholdError::ParametersInvalid(format!("signer {identifier} has no share")))?)
    }

    fn require_one_polynomial(&self) -> Result<(), ThresholdError> {
        let mut points = Vec::with_capacity(self.verifying_shares.len());
        for identifier in self.verifying_shares.keys() {
            points.push((argument(*identifier), self.share_point(*identifier)?));
        }
        let (basis, others) = points.split_at_checked(usize::from(self.threshold)).ok_or(no_polynomial())?;
        let key = (Scalar::ZERO, point(&self.verifying_key)?);
        for (at, expected) in others.iter().chain([&key]) {
            if interpolate(basis, *at)? != *expected {
                return Err(no_polynomial());
            }
        }
        // Fewer shares must not do, or the threshold stated is above the true one.
        let fewer = basis.split_last().map(|(_, fewer)| fewer).ok_or(no_polynomial())?;
        if interpolate(fewer, key.0)? == key.1 {
            return Err(no_polynomial());
        }
        Ok(())
    }
}

/// The value at `at` of the polynomial through `basis` (Lagrange).
fn interpolate(basis: &[(Scalar, ProjectivePoint)], at: Scalar) -> Result<ProjectivePoint, ThresholdError> {
    let mut value = ProjectivePoint::IDENTITY;
    for (own, point) in basis {
        let (mut numerator, mut denominator) = (Scalar::ONE, Scalar::ONE);
        for (other, _) in basis.iter().filter(|(other, _)| other != own) {
            numerator *= at - other;
            denominator *= own - other;
        }
        let inverse = Option::<Scalar>::from(denominator.invert()).ok_or(no_polynomial())?;
        value += *point * (numerator * inverse);
    }
    Ok(value)
}

fn no_polynomial() -> ThresholdError {
    Domain::GroupKey.malformed()
}
