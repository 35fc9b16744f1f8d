//! Threshold Schnorr signatures over secp256k1: FROST (RFC 9591) in its taproot form (BIP-340, BIP-341).
//!
//! A private key never exists: [`generation`] makes one share for each signer, [`signing`] uses `t` of them, and
//! [`derivation`] gives any number of receiving addresses from the one public key (BIP-32, BIP-86). Each round's
//! secret is consumed by the step that uses it, so that a wrong order, or a second use, does not compile.
//!
//! Pure: no I/O, no Python, no clock. Randomness comes from the caller, who passes the operating system's.
//! Messages between signers are public bytes, except those of the second round of [`generation`], which are for
//! one recipient's eyes: the caller encrypts and authenticates them. An identifier always comes from *who sent* a
//! message, never from what it says.
//!
//! The mathematics is `frost-secp256k1-tr` 3.0. The partial audit by NCC Group in 2023 covered version 0.6 of
//! its core, without the taproot variant.

#![forbid(unsafe_code)]

pub mod derivation;
mod error;
pub mod generation;
mod group;
mod identifier;
mod sealing;
mod share;
pub mod signing;
mod wire;

#[cfg(test)]
mod tests;

pub use derivation::DerivationPath;
pub use error::ThresholdError;
pub use group::{GroupKey, XpubNetwork};
pub use identifier::MAX_SIGNERS;
pub use sealing::{DATA_KEY_BYTES, MAX_CONTEXT_BYTES};
pub use share::KeyShare;
