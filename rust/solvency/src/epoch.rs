//! What an epoch publishes beside its trees: the coins that it counts, the super-root, and what signers attest.

use crate::error::SolvencyError;
use crate::frame::{Frame, Hash, Kind, require_text};
use crate::leaf::Epoch;

/// One asset's tree, as the super-root binds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRoot {
    /// The asset's symbol.
    pub asset: String,
    /// How many decimal places a whole coin has.
    pub decimals: u8,
    /// The root's hash.
    pub root: Hash,
    /// What is owed in all, in base units.
    pub total: u128,
    /// How many leaves the tree has.
    pub leaves: u64,
}

/// A coin of a vault: an outpoint, with the txid in the order that people write it, and the path of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coin {
    /// The transaction.
    pub txid: Hash,
    /// The output's index.
    pub vout: u32,
    /// The value in base units.
    pub value: u128,
    /// Chain and position, as derived from the vault's key.
    pub path: (u32, u32),
}

/// A vault: its name, its asset, its group key (33 bytes, compressed) and its coins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// The vault's name.
    pub name: String,
    /// The asset's symbol.
    pub asset: String,
    /// The group key.
    pub key: [u8; 33],
    /// The coins.
    pub coins: Vec<Coin>,
}

/// All that the super-root binds but for the assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochHead<'a> {
    /// The venue and the epoch's number.
    pub epoch: Epoch<'a>,
    /// When the books were read: seconds since 1970.
    pub at_s: u64,
    /// The super-root before this one; zeros for the first epoch.
    pub previous: Hash,
    /// The chain's network.
    pub network: &'a str,
    /// The height of the block at which coins are counted.
    pub height: u64,
    /// That block's hash, in the order that people write it.
    pub block_hash: Hash,
    /// See [`holdings_digest`].
    pub holdings: Hash,
}

/// The digest of the coins that an epoch counts.
///
/// # Errors
///
/// [`SolvencyError::ParametersInvalid`]: a name that is empty or overlong.
pub fn holdings_digest(vaults: &[Vault]) -> Result<Hash, SolvencyError> {
    let mut frame = Frame::new(Kind::Holdings).field(&(vaults.len() as u32).to_be_bytes());
    for vault in vaults {
        require_text(&vault.name, "a vault's name")?;
        require_text(&vault.asset, "an asset")?;
        frame = frame
            .field(vault.name.as_bytes())
            .field(vault.asset.as_bytes())
            .field(&vault.key)
            .field(&(vault.coins.len() as u64).to_be_bytes());
        for coin in &vault.coins {
            let (chain, position) = coin.path;
            frame = frame
                .field(&coin.txid)
                .field(&coin.vout.to_be_bytes())
                .field(&coin.value.to_be_bytes())
                .field(&chain.to_be_bytes())
                .field(&position.to_be_bytes());
        }
    }
    Ok(frame.hash())
}

/// The super-root: one hash that binds everything an epoch publishes.
///
/// # Errors
///
/// [`SolvencyError::ParametersInvalid`]: a text that is empty or overlong, or assets that are not in ascending order.
pub fn super_root(head: &EpochHead<'_>, assets: &[AssetRoot]) -> Result<Hash, SolvencyError> {
    require_text(head.epoch.venue, "a venue")?;
    require_text(head.network, "a network")?;
    if !assets.is_sorted_by(|left, right| left.asset < right.asset) {
        return Err(SolvencyError::parameters("assets stand once each, in ascending order"));
    }
    let mut frame = Frame::new(Kind::SuperRoot)
        .field(head.epoch.venue.as_bytes())
        .field(&head.epoch.number.to_be_bytes())
        .field(&head.at_s.to_be_bytes())
        .field(&head.previous)
        .field(head.network.as_bytes())
        .field(&head.height.to_be_bytes())
        .field(&head.block_hash)
        .field(&head.holdings)
        .field(&(assets.len() as u32).to_be_bytes());
    for asset in assets {
        require_text(&asset.asset, "an asset")?;
        frame = frame
            .field(asset.asset.as_bytes())
            .field(&[asset.decimals])
            .field(&asset.root)
            .field(&asset.total.to_be_bytes())
            .field(&asset.leaves.to_be_bytes());
    }
    Ok(frame.hash())
}

/// What the vaults' signers sign: that this super-root is the venue's only one for this epoch, as of this block.
pub fn ownership_message(epoch: &Epoch<'_>, super_root: &Hash, block_hash: &Hash) -> Hash {
    Frame::new(Kind::Ownership)
        .field(epoch.venue.as_bytes())
        .field(&epoch.number.to_be_bytes())
        .field(super_root)
        .field(block_hash)
        .hash()
}
