//! Planting a tree: balances split into fragments, padded with leaves of nothing, mixed, hashed.
//!
//! Everything follows from the epoch's secret, so that a house can plant the same tree again and show that its books
//! lead to the published root. A proof shows none of this.

use crate::error::SolvencyError;
use crate::frame::{Hash, Kind, keyed};
use crate::leaf::{Epoch, Holder, Place, Planter, Secret, salt};
use crate::parallel;
use crate::tree::{MAX_LEAVES, Node, SumTree};

/// The fewest leaves of a planted tree: a house with three customers looks like one with eight.
pub const MIN_LEAVES: u64 = 16;

/// How many fragments a balance has: this many, and up to three more.
const FEWEST_FRAGMENTS: u32 = 2;
const MORE_FRAGMENTS: u8 = 4;

/// A planted tree, and where each holder's fragments are.
#[derive(Debug, Clone)]
pub struct Planted {
    /// The tree.
    pub tree: SumTree,
    /// For each holder in order, index and value of every fragment in order.
    pub fragments: Vec<Vec<(u64, u128)>>,
}

/// A leaf before it has a place; without a holder it is padding.
struct Seedling {
    order: Hash,
    holder: Option<(usize, usize)>,
}

/// Plant the tree of one asset. Every holder has fragments in it, also one who is owed nothing.
///
/// # Errors
///
/// - [`SolvencyError::ParametersInvalid`]: holders that do not stand once each in ascending order, more than a tree
///   has leaves for, or a text that is empty or overlong.
/// - [`SolvencyError::SumOverflow`]: the balances do not fit 128 bits.
pub fn plant(epoch: Epoch<'_>, asset: &str, secret: &Secret, holders: &[Holder<'_>]) -> Result<Planted, SolvencyError> {
    if !holders.is_sorted_by(|left, right| left.customer < right.customer) {
        return Err(SolvencyError::parameters("customers stand once each, in ascending order"));
    }
    let values = parallel::map(holders, |holder| split(secret, asset, holder));
    let places = places(secret, asset, holders, &values)?;
    let indexed: Vec<(&Holder<'_>, &Vec<u128>, &Vec<u64>)> = holders
        .iter()
        .zip(&values)
        .zip(&places.of_holders)
        .map(|((holder, values), at)| (holder, values, at))
        .collect();
    let grown = parallel::map(&indexed, |(holder, values, at)| grow(epoch, asset, secret, holder, values, at));
    let mut leaves = places.padding;
    let mut fragments = Vec::with_capacity(holders.len());
    for (nodes, at) in grown.into_iter().zip(places.of_holders) {
        let nodes = nodes?;
        fragments.push(at.iter().copied().zip(nodes.iter().map(|node| node.value)).collect());
        for (index, node) in at.into_iter().zip(nodes) {
            if let Some(leaf) = usize::try_from(index).ok().and_then(|index| leaves.get_mut(index)) {
                *leaf = node;
            }
        }
    }
    Ok(Planted { tree: SumTree::build(leaves)?, fragments })
}

/// The fragments of a balance: as between cuts that are spread evenly over it.
fn split(secret: &Secret, asset: &str, holder: &Holder<'_>) -> Vec<u128> {
    let names = [asset.as_bytes(), holder.customer.as_bytes()];
    let [drawn, ..] = keyed(secret, Kind::Count, &names);
    let count = FEWEST_FRAGMENTS + u32::from(drawn % MORE_FRAGMENTS);
    let mut cuts: Vec<u128> = (1..count)
        .map(|cut| {
            let [asset, customer] = names;
            let drawn = keyed(secret, Kind::Cut, &[asset, customer, &cut.to_be_bytes()]);
            // A balance is far below 2^128, so that the remainder favours no cut to speak of.
            holder.balance.checked_add(1).map_or(first_half(&drawn), |range| first_half(&drawn) % range)
        })
        .collect();
    cuts.sort_unstable();
    cuts.push(holder.balance);
    let mut from = 0;
    cuts.into_iter()
        .map(|cut| {
            let fragment = cut - from;
            from = cut;
            fragment
        })
        .collect()
}

fn first_half(drawn: &Hash) -> u128 {
    drawn.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Where every leaf goes: those of holders by holder, and a whole level of padding to put them over.
struct Places {
    of_holders: Vec<Vec<u64>>,
    padding: Vec<Node>,
}

fn places(secret: &Secret, asset: &str, holders: &[Holder<'_>], values: &[Vec<u128>]) -> Result<Places, SolvencyError> {
    let fragments: u64 = values.iter().map(|each| each.len() as u64).sum();
    let leaves = fragments.max(MIN_LEAVES).next_power_of_two();
    if leaves > MAX_LEAVES {
        return Err(SolvencyError::parameters("more leaves than a tree has"));
    }
    let slots: Vec<(usize, usize)> = values
        .iter()
        .enumerate()
        .flat_map(|(holder, each)| (0..each.len()).map(move |number| (holder, number)))
        .collect();
    let asset = asset.as_bytes();
    let mut seedlings = parallel::map(&slots, |&(holder, number)| {
        let customer = holders.get(holder).map_or("", |holder| holder.customer);
        let number_bytes = (number as u32 + 1).to_be_bytes();
        let order = keyed(secret, Kind::Place, &[asset, customer.as_bytes(), &number_bytes]);
        Seedling { order, holder: Some((holder, number)) }
    });
    let fillers: Vec<u64> = (fragments..leaves).map(|filler| filler - fragments).collect();
    seedlings.extend(parallel::map(&fillers, |filler| Seedling {
        order: keyed(secret, Kind::PaddingPlace, &[asset, &filler.to_be_bytes()]),
        holder: None,
    }));
    // The order of keyed hashes is a shuffle that only the secret's owner can repeat.
    seedlings.sort_unstable_by_key(|seedling| seedling.order);
    let mut of_holders: Vec<Vec<u64>> = values.iter().map(|each| vec![0; each.len()]).collect();
    for (index, seedling) in seedlings.iter().enumerate() {
        let place = seedling.holder.and_then(|(holder, number)| of_holders.get_mut(holder)?.get_mut(number));
        if let Some(place) = place {
            *place = index as u64;
        }
    }
    let indices: Vec<u64> = (0..leaves).collect();
    let padding = parallel::map(&indices, |index| Node {
        hash: keyed(secret, Kind::Padding, &[asset, &index.to_be_bytes()]),
        value: 0,
    });
    Ok(Places { of_holders, padding })
}

fn grow(
    epoch: Epoch<'_>,
    asset: &str,
    secret: &Secret,
    holder: &Holder<'_>,
    values: &[u128],
    at: &[u64],
) -> Result<Vec<Node>, SolvencyError> {
    let salt = salt(secret, holder.customer);
    let planter = Planter::new(epoch, asset, holder.customer, holder.chooser, &holder.nonce, &salt)?;
    let count = values.len() as u32;
    let leaf = |((value, index), number)| planter.leaf(&Place { index, number, count, value });
    Ok(values.iter().copied().zip(at.iter().copied()).zip(1..).map(leaf).collect())
}
