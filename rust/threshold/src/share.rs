//! One signer's secret share of a key.

use std::fmt;

use frost_secp256k1_tr::VerifyingKey;
use frost_secp256k1_tr::keys::{KeyPackage, SigningShare, Tweak, VerifyingShare};
use k256::Scalar;
use k256::elliptic_curve::PrimeField;
use k256::elliptic_curve::zeroize::Zeroizing;

use crate::derivation::{Child, encode};
use crate::error::ThresholdError;
use crate::group::GroupKey;
use crate::identifier::number;
use crate::wire::{Domain, Reader, SCALAR_BYTES};

/// A signer's secret share, with the public key that it belongs to.
///
/// It cannot be cloned, printed or serialised; [`KeyShare::seal`] is its one way to disk. Its memory is wiped when
/// it is dropped.
pub struct KeyShare {
    secret: KeyPackage,
    identifier: u16,
    group_key: GroupKey,
}

impl fmt::Debug for KeyShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<KeyShare redacted>")
    }
}

impl KeyShare {
    /// Whose share it is.
    pub fn identifier(&self) -> u16 {
        self.identifier
    }

    /// The public key that it is a share of.
    pub fn group_key(&self) -> &GroupKey {
        &self.group_key
    }

    pub(crate) fn new(secret: KeyPackage, group_key: GroupKey) -> Result<Self, ThresholdError> {
        let identifier = number(secret.identifier()).ok_or_else(|| Domain::KeyShare.malformed())?;
        let public = secret.verifying_share().serialize().map_err(|_| Domain::KeyShare.malformed())?;
        let expected = group_key.verifying_shares().get(&identifier);
        if expected.is_none_or(|expected| expected.as_slice() != public.as_slice()) {
            return Err(Domain::KeyShare.malformed());
        }
        Ok(Self { secret, identifier, group_key })
    }

    pub(crate) fn secret(&self) -> &KeyPackage {
        &self.secret
    }

    /// The share of a child key: add the tweak, then BIP-86's. At the empty path, the share itself.
    pub(crate) fn at(&self, child: Option<&Child>) -> Result<KeyPackage, ThresholdError> {
        let Some(child) = child else {
            return Ok(self.secret.clone());
        };
        let malformed = |_| Domain::KeyShare.malformed();
        // The tweak goes on before the parity of the child is settled: `tweak` negates where BIP-340 needs it.
        let share = Zeroizing::new(*self.scalar()? + child.tweak);
        let public = encode(&(self.group_key.share_point(self.identifier)? + child.offset))?;
        let package = KeyPackage::new(
            *self.secret.identifier(),
            SigningShare::deserialize(Zeroizing::new(share.to_bytes()).as_slice()).map_err(malformed)?,
            VerifyingShare::deserialize(&public).map_err(malformed)?,
            VerifyingKey::deserialize(&encode(&child.point)?).map_err(malformed)?,
            *self.secret.min_signers(),
        );
        Ok(package.tweak::<&[u8]>(None))
    }

    /// The bytes to seal: identifier, secret scalar, group key.
    pub(crate) fn exposed(&self) -> Zeroizing<Vec<u8>> {
        let scalar = Zeroizing::new(self.secret.signing_share().serialize());
        let group_key = self.group_key.encoded();
        // All the room at once: a vector that grows leaves its old memory behind, unwiped.
        let mut exposed = Zeroizing::new(Vec::with_capacity(64 + SCALAR_BYTES + group_key.len()));
        exposed.extend_from_slice(&Domain::KeyShare.header());
        exposed.extend_from_slice(&self.identifier.to_be_bytes());
        exposed.extend_from_slice(&scalar);
        exposed.extend_from_slice(&group_key);
        exposed
    }

    /// Read what [`KeyShare::exposed`] wrote; the secret must be the one of its verifying share.
    pub(crate) fn from_exposed(exposed: &[u8]) -> Result<Self, ThresholdError> {
        let malformed = |_| Domain::KeyShare.malformed();
        let mut reader = Reader::open(exposed, Domain::KeyShare)?;
        let identifier = crate::identifier::frost_identifier(reader.number()?)?;
        let share = SigningShare::deserialize(reader.take::<SCALAR_BYTES>()?).map_err(malformed)?;
        let group_key = GroupKey::decoded(reader.remainder())?;
        let key = VerifyingKey::deserialize(group_key.verifying_key()).map_err(malformed)?;
        Self::new(KeyPackage::new(identifier, share, share.into(), key, group_key.threshold()), group_key)
    }

    fn scalar(&self) -> Result<Zeroizing<Scalar>, ThresholdError> {
        let bytes = Zeroizing::new(self.secret.signing_share().serialize());
        let bytes: [u8; SCALAR_BYTES] = bytes.as_slice().try_into().map_err(|_| Domain::KeyShare.malformed())?;
        let repr = Zeroizing::new(bytes);
        let scalar = Option::<Scalar>::from(Scalar::from_repr((*repr).into()));
        scalar.map(Zeroizing::new).ok_or_else(|| Domain::KeyShare.malformed())
    }
}
