//! Shares at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a data key of their own.

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::error::ThresholdError;
use crate::share::KeyShare;
use crate::wire::{Domain, Reader};

/// The length of a data key.
pub const DATA_KEY_BYTES: usize = 32;

/// The longest context that a share is bound to.
pub const MAX_CONTEXT_BYTES: usize = 1_024;

/// The nonce is random: at 192 bits, no two are ever the same.
const NONCE_BYTES: usize = 24;

const TAG_BYTES: usize = 16;

/// The largest sealed share that is read: 32 signers take some 1,300 bytes.
const MAX_SEALED_BYTES: usize = 4_096;

impl KeyShare {
    /// The share encrypted under a data key and bound to `context`: whose share, of which key, of which epoch.
    ///
    /// The layout is header, 24-byte nonce, ciphertext, 16-byte tag; header and context are authenticated.
    ///
    /// # Errors
    ///
    /// [`ThresholdError::ParametersInvalid`] for a context that is too long.
    pub fn seal(
        &self,
        data_key: &[u8; DATA_KEY_BYTES],
        context: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<u8>, ThresholdError> {
        let additional = additional_data(context)?;
        let mut nonce = [0u8; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let mut body = self.exposed();
        let tag = XChaCha20Poly1305::new(data_key.into())
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), &additional, &mut body)
            .map_err(|_| ThresholdError::SealBroken)?;
        Ok([&Domain::SealedShare.header()[..], &nonce, &body, &tag].concat())
    }

    /// The share of a sealed one.
    ///
    /// # Errors
    ///
    /// [`ThresholdError::SealBroken`] if one bit of the sealed bytes, the data key or the context differs;
    /// [`ThresholdError::ParametersInvalid`] for a context that is too long.
    pub fn unseal(sealed: &[u8], data_key: &[u8; DATA_KEY_BYTES], context: &[u8]) -> Result<Self, ThresholdError> {
        let broken = |_| ThresholdError::SealBroken;
        let additional = additional_data(context)?;
        if sealed.len() > MAX_SEALED_BYTES {
            return Err(ThresholdError::SealBroken);
        }
        let mut reader = Reader::open(sealed, Domain::SealedShare).map_err(broken)?;
        let nonce = reader.take::<NONCE_BYTES>().map_err(broken)?;
        let (body, tag) = reader.remainder().split_last_chunk::<TAG_BYTES>().ok_or(ThresholdError::SealBroken)?;
        let mut body = Zeroizing::new(body.to_vec());
        XChaCha20Poly1305::new(data_key.into())
            .decrypt_in_place_detached(XNonce::from_slice(nonce), &additional, &mut body, Tag::from_slice(tag))
            .map_err(|_| ThresholdError::SealBroken)?;
        Self::from_exposed(&body).map_err(broken)
    }
}

/// Header and context, with nothing ambiguous between them: the header carries its own length.
fn additional_data(context: &[u8]) -> Result<Vec<u8>, ThresholdError> {
    if context.len() > MAX_CONTEXT_BYTES {
        return Err(ThresholdError::ParametersInvalid(format!(
            "a context of {} bytes; at most {MAX_CONTEXT_BYTES}",
            context.len()
        )));
    }
    Ok([&Domain::SealedShare.header()[..], context].concat())
}
