//! Leaves: what a fragment of a customer's balance is hashed with, and the keys that hide it from everybody else.

use crate::error::SolvencyError;
use crate::frame::{Frame, Hash, Kind, keyed, require_text};
use crate::tree::Node;

/// The bytes of a customer's nonce.
pub const NONCE_BYTES: usize = 16;

/// An epoch's secret: from it come all salts, splits and places. Whoever has it can see who has what in the tree, and
/// no more: it moves no coin.
pub type Secret = Hash;

/// Whose proof it is: the venue and its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch<'a> {
    /// The exchange's name.
    pub venue: &'a str,
    /// The epoch's number.
    pub number: u64,
}

/// Who chose a customer's nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chooser {
    /// The house, because the customer's page had sent none.
    House = 0,
    /// The customer's own page.
    Customer = 1,
}

/// A customer of the house and what they are owed in one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder<'a> {
    /// The customer's identifier.
    pub customer: &'a str,
    /// Who chose the nonce.
    pub chooser: Chooser,
    /// The nonce.
    pub nonce: [u8; NONCE_BYTES],
    /// The balance in base units, with what is held.
    pub balance: u128,
}

/// What a customer's leaves commit to: identifier, nonce, and who chose it.
pub fn account_commitment(venue: &str, customer: &str, chooser: Chooser, nonce: &[u8; NONCE_BYTES]) -> Hash {
    Frame::new(Kind::Account)
        .field(venue.as_bytes())
        .field(customer.as_bytes())
        .field(&[chooser as u8])
        .field(nonce)
        .hash()
}

/// The house's part of a customer's key in an epoch.
pub fn salt(secret: &Secret, customer: &str) -> Hash {
    keyed(secret, Kind::Salt, &[customer.as_bytes()])
}

/// A customer's key in an epoch: of the house's salt and the customer's nonce.
pub fn user_key(salt: &Hash, epoch: &Epoch<'_>, customer: &str, chooser: Chooser, nonce: &[u8; NONCE_BYTES]) -> Hash {
    let number = epoch.number.to_be_bytes();
    keyed(salt, Kind::UserKey, &[epoch.venue.as_bytes(), &number, customer.as_bytes(), &[chooser as u8], nonce])
}

/// Where one fragment of a balance is, and how much it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The leaf's index.
    pub(crate) index: u64,
    /// The fragment's number, from 1.
    pub(crate) number: u32,
    /// How many fragments the balance has.
    pub(crate) count: u32,
    /// The fragment, in base units.
    pub(crate) value: u128,
}

/// A customer's keys in one tree, ready to hash leaves with.
pub(crate) struct Planter<'a> {
    epoch: Epoch<'a>,
    asset: &'a str,
    account: Hash,
    key: Hash,
}

impl<'a> Planter<'a> {
    pub(crate) fn new(
        epoch: Epoch<'a>,
        asset: &'a str,
        customer: &str,
        chooser: Chooser,
        nonce: &[u8; NONCE_BYTES],
        salt: &Hash,
    ) -> Result<Self, SolvencyError> {
        require_text(epoch.venue, "a venue")?;
        require_text(asset, "an asset")?;
        require_text(customer, "a customer's identifier")?;
        let account = account_commitment(epoch.venue, customer, chooser, nonce);
        Ok(Self { epoch, asset, account, key: user_key(salt, &epoch, customer, chooser, nonce) })
    }

    pub(crate) fn leaf(&self, place: &Place) -> Node {
        let (asset, index, value) = (self.asset.as_bytes(), place.index.to_be_bytes(), place.value.to_be_bytes());
        let (number, count) = (place.number.to_be_bytes(), place.count.to_be_bytes());
        let mask = keyed(&self.key, Kind::Mask, &[asset, &index, &number, &count, &value]);
        let hash = Frame::new(Kind::Leaf)
            .field(self.epoch.venue.as_bytes())
            .field(&self.epoch.number.to_be_bytes())
            .field(asset)
            .field(&index)
            .field(&self.account)
            .field(&number)
            .field(&count)
            .field(&value)
            .field(&mask)
            .hash();
        Node { hash, value: place.value }
    }
}
