//! What a signer trusts about a Bitcoin transaction: parsed from the raw bytes, with the transactions that it
//! spends, and hashed for signing. Pure: no I/O, no Python, no keys.
//!
//! Amounts that a key-path signature commits to come from the *previous transactions themselves*, each checked
//! against the transaction id that the input names, never from what a peer claims.
//!
//! The formats are those of Bitcoin Core's consensus code as `rust-bitcoin` implements them; taproot is
//! BIP-340, BIP-341 and BIP-86, addresses are BIP-173, BIP-350 and Base58Check.

#![forbid(unsafe_code)]

mod address;
mod build;
mod error;
mod parse;
mod spend;
mod verify;

pub use address::{Chain, address_script, dust_limit, script_address, script_hash_script};
pub use build::{InputSpec, OutputSpec, build, estimated_vsize, with_key_spend_witnesses};
pub use error::TransactionError;
pub use parse::{MAX_INPUTS, MAX_TRANSACTION_BYTES, Parsed, parse};
pub use spend::{CheckedSpend, check_spend};
pub use verify::verify_key_spends;

pub use bitcoin::TxOut;
