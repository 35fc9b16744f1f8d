//! The sum tree: perfect binary, every parent over hash and value of both its children.

use crate::error::SolvencyError;
use crate::frame::{Frame, Hash, Kind};
use crate::parallel;

/// The most leaves of a tree.
pub const MAX_LEAVES: u64 = 1 << 32;

/// The bytes of one node in [`SumTree::node_bytes`].
const NODE_BYTES: usize = 48;

/// A node: its hash, and the sum of what is below it in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The hash.
    pub hash: Hash,
    /// The sum.
    pub value: u128,
}

/// The parent of two nodes; leaves are at level 0, their parents at level 1.
///
/// # Errors
///
/// [`SolvencyError::SumOverflow`]: the two values do not fit 128 bits.
pub fn parent(level: u8, left: &Node, right: &Node) -> Result<Node, SolvencyError> {
    let value = left.value.checked_add(right.value).ok_or(SolvencyError::SumOverflow)?;
    let hash = Frame::new(Kind::Node)
        .field(&[level])
        .field(&left.hash)
        .field(&left.value.to_be_bytes())
        .field(&right.hash)
        .field(&right.value.to_be_bytes())
        .hash();
    Ok(Node { hash, value })
}

/// A whole tree, level by level from the leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumTree {
    levels: Vec<Vec<Node>>,
    root: Node,
}

impl SumTree {
    /// Build a tree over a power of two of leaves, at least two.
    ///
    /// # Errors
    ///
    /// - [`SolvencyError::ParametersInvalid`]: another number of leaves.
    /// - [`SolvencyError::SumOverflow`]: the total does not fit 128 bits.
    pub fn build(leaves: Vec<Node>) -> Result<Self, SolvencyError> {
        let count = leaves.len() as u64;
        if count < 2 || !count.is_power_of_two() || count > MAX_LEAVES {
            return Err(SolvencyError::parameters(format!("{count} leaves: a tree has a power of two of them")));
        }
        let mut levels = vec![leaves];
        for level in 1.. {
            let below = levels.last().map(Vec::as_slice).unwrap_or_default();
            let above = parents(level, below)?;
            if let [root] = above.as_slice() {
                let root = *root;
                levels.push(above);
                return Ok(Self { levels, root });
            }
            levels.push(above);
        }
        Err(SolvencyError::parameters("no root"))
    }

    /// The root: the hash that an epoch publishes, and the total.
    pub fn root(&self) -> Node {
        self.root
    }

    /// How many leaves there are.
    pub fn leaves(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The siblings on the way from a leaf to the root, lowest first; none for a leaf that is not there.
    pub fn path(&self, index: u64) -> Option<Vec<Node>> {
        let index = usize::try_from(index).ok()?;
        let below_root = self.levels.get(..self.levels.len().saturating_sub(1))?;
        below_root.iter().enumerate().map(|(level, nodes)| nodes.get((index >> level) ^ 1).copied()).collect()
    }

    /// Every node, leaves first, 32 bytes of hash and 16 of value (big-endian) each: what proofs are later cut from.
    pub fn node_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.levels.iter().map(Vec::len).sum::<usize>() * NODE_BYTES);
        for node in self.levels.iter().flatten() {
            bytes.extend_from_slice(&node.hash);
            bytes.extend_from_slice(&node.value.to_be_bytes());
        }
        bytes
    }
}

fn parents(level: u8, below: &[Node]) -> Result<Vec<Node>, SolvencyError> {
    let pairs: Vec<&[Node]> = below.chunks_exact(2).collect();
    parallel::map(&pairs, |pair| match pair {
        [left, right] => parent(level, left, right),
        _ => Err(SolvencyError::parameters("a node without a sibling")),
    })
    .into_iter()
    .collect()
}
