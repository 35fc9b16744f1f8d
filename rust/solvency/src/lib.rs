//! Proof of what a house owes: a sum tree over the balances of all customers for each asset, joined by a super-root.
//!
//! Every parent binds the hash *and the sum* of both its children, with sums of 128 bits whose overflow is refused: no
//! sibling can be negative, and none can wrap round (the flaw of the first Maxwell trees). Each balance is split into
//! fragments, mixed with all others and padded. A leaf commits to its customer by a nonce that the customer's own
//! page chose, so that two customers with one balance are never shown the same leaf.
//!
//! The format is `docs/reference/reserves-format.md`; this crate is one of its three implementations. Pure: no I/O,
//! no Python, no clock, no randomness but what the caller passes.

#![forbid(unsafe_code)]

mod epoch;
mod error;
mod frame;
mod leaf;
mod parallel;
mod plant;
mod tree;
mod verify;

pub use epoch::{AssetRoot, Coin, EpochHead, Vault, holdings_digest, ownership_message, super_root};
pub use error::SolvencyError;
pub use frame::Hash;
pub use leaf::{Chooser, Epoch, Holder, NONCE_BYTES, Secret, account_commitment, salt, user_key};
pub use plant::{MIN_LEAVES, Planted, plant};
pub use tree::{MAX_LEAVES, Node, SumTree, parent};
pub use verify::{Claim, Fragment, MAX_FRAGMENTS, verify};
