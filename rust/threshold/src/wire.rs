//! The one shape of every message and stored object: version byte, domain string, fields of fixed layout.
//!
//! One value has one encoding: no field is optional, no length has two spellings, nothing may follow the end.

use crate::error::ThresholdError;

/// The version of every layout in this crate.
const VERSION: u8 = 1;

/// The length of a compressed point (SEC 1, section 2.3.3), in bytes.
pub(crate) const POINT_BYTES: usize = 33;

/// The length of a scalar, in bytes.
pub(crate) const SCALAR_BYTES: usize = 32;

/// What an object is: its name in messages, and in the bytes of the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    KeyGenerationRound1,
    KeyGenerationRound2,
    GroupKey,
    KeyShare,
    SealedShare,
    Commitments,
    SignatureShare,
}

impl Domain {
    const fn name(self) -> &'static str {
        match self {
            Self::KeyGenerationRound1 => "holdfast/key-generation-1",
            Self::KeyGenerationRound2 => "holdfast/key-generation-2",
            Self::GroupKey => "holdfast/group-key",
            Self::KeyShare => "holdfast/key-share",
            Self::SealedShare => "holdfast/sealed-share",
            Self::Commitments => "holdfast/signing-commitments",
            Self::SignatureShare => "holdfast/signature-share",
        }
    }

    /// The bytes that start every object of this domain: version, length of the name, name.
    pub(crate) fn header(self) -> Vec<u8> {
        let name = self.name().as_bytes();
        let mut header = Vec::with_capacity(2 + name.len());
        header.push(VERSION);
        // Every name above is far shorter than 255 bytes.
        header.push(name.len() as u8);
        header.extend_from_slice(name);
        header
    }

    /// The error for bytes that are not such an object.
    pub(crate) fn malformed(self) -> ThresholdError {
        let name = self.name();
        ThresholdError::Malformed(name.strip_prefix("holdfast/").unwrap_or(name).replace('-', " "))
    }
}

/// Reads fields from the front of an object's bytes.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    domain: Domain,
}

impl<'a> Reader<'a> {
    /// Start after the header, which must be that of `domain`.
    pub(crate) fn open(bytes: &'a [u8], domain: Domain) -> Result<Self, ThresholdError> {
        let rest = bytes.strip_prefix(domain.header().as_slice()).ok_or_else(|| domain.malformed())?;
        Ok(Self { rest, domain })
    }

    /// The next `N` bytes.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], ThresholdError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.domain.malformed())?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next byte, as a number.
    pub(crate) fn byte(&mut self) -> Result<u16, ThresholdError> {
        let [byte] = *self.take::<1>()?;
        Ok(u16::from(byte))
    }

    /// The next two bytes, big-endian.
    pub(crate) fn number(&mut self) -> Result<u16, ThresholdError> {
        Ok(u16::from_be_bytes(*self.take::<2>()?))
    }

    /// Everything that is left.
    pub(crate) fn remainder(self) -> &'a [u8] {
        self.rest
    }

    /// Refuse what follows.
    pub(crate) fn end(self) -> Result<(), ThresholdError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.domain.malformed()) }
    }
}
