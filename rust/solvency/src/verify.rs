//! Verifying a customer's proof in one tree.

use std::collections::BTreeSet;

use crate::error::SolvencyError;
use crate::frame::Hash;
use crate::leaf::{Chooser, Epoch, NONCE_BYTES, Place, Planter};
use crate::tree::{MAX_LEAVES, Node, parent};

/// The most fragments of one balance that are read.
pub const MAX_FRAGMENTS: usize = 32;

/// What a proof says of its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The customer's identifier.
    pub customer: &'a str,
    /// Who chose the nonce.
    pub chooser: Chooser,
    /// The nonce.
    pub nonce: [u8; NONCE_BYTES],
    /// The house's part of the customer's key.
    pub salt: Hash,
}

/// One fragment of a balance, with its way to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The leaf's index.
    pub index: u64,
    /// The fragment, in base units.
    pub value: u128,
    /// The siblings, lowest first.
    pub path: Vec<Node>,
}

/// Verify that every fragment is in the tree with this root and this many leaves.
///
/// Returns the balance: the sum of the fragments.
///
/// # Errors
///
/// - [`SolvencyError::ProofInvalid`]: a fragment that does not lead to the root and its total, or stands twice.
/// - [`SolvencyError::SumOverflow`]: values beyond 128 bits.
/// - [`SolvencyError::ParametersInvalid`]: a number of leaves or fragments, or a text, that no epoch has.
pub fn verify(
    epoch: Epoch<'_>,
    asset: &str,
    root: &Node,
    leaves: u64,
    claim: &Claim<'_>,
    fragments: &[Fragment],
) -> Result<u128, SolvencyError> {
    if leaves < 2 || !leaves.is_power_of_two() || leaves > MAX_LEAVES {
        return Err(SolvencyError::parameters("a tree has a power of two of leaves, at least two"));
    }
    if fragments.is_empty() || fragments.len() > MAX_FRAGMENTS {
        return Err(SolvencyError::parameters(format!("a balance has 1 to {MAX_FRAGMENTS} fragments")));
    }
    let planter = Planter::new(epoch, asset, claim.customer, claim.chooser, &claim.nonce, &claim.salt)?;
    let count = fragments.len() as u32;
    let mut seen = BTreeSet::new();
    let mut balance: u128 = 0;
    for (fragment, number) in fragments.iter().zip(1..) {
        if fragment.index >= leaves || !seen.insert(fragment.index) {
            return Err(SolvencyError::proof(format!("fragment {number} has no leaf of its own")));
        }
        let place = Place { index: fragment.index, number, count, value: fragment.value };
        if climb(planter.leaf(&place), fragment, leaves)? != *root {
            return Err(SolvencyError::proof(format!("fragment {number} does not lead to the root of {asset}")));
        }
        balance = balance.checked_add(fragment.value).ok_or(SolvencyError::SumOverflow)?;
    }
    Ok(balance)
}

fn climb(leaf: Node, fragment: &Fragment, leaves: u64) -> Result<Node, SolvencyError> {
    if fragment.path.len() as u64 != u64::from(leaves.trailing_zeros()) {
        return Err(SolvencyError::proof("a path of another length than the tree's height"));
    }
    fragment.path.iter().zip(1..).try_fold(leaf, |node, (sibling, level)| {
        if (fragment.index >> (level - 1)) & 1 == 0 {
            parent(level, &node, sibling)
        } else {
            parent(level, sibling, &node)
        }
    })
}
