//! States: what is kept of each entity, and the parameters that come from it.

mod account;
mod account_parameters;
mod counters;
mod destination;
mod device;
mod network;
mod others;
mod place;
pub(crate) mod plain;
mod recent;
mod seen;
mod usual;

pub(crate) use account::Account;
pub(crate) use destination::Destination;
pub(crate) use device::Device;
pub(crate) use network::{Address, Network, Prefix};
pub(crate) use others::{ApiKey, Counterparty};

use crate::digest::Digest;
use crate::event::Event;
use crate::moment::Moment;
use crate::parameter::Parameter;

/// What never happened is this long ago, in seconds: about thirty years.
pub(crate) const NEVER_S: f32 = 1e9;

/// What is kept of an entity: a state that an event moves on, and parameters that it gives before it does.
pub(crate) trait Entity: Default {
    /// How many parameters it gives.
    const WIDTH: usize;

    /// Its parameters, in the order of the row.
    fn declare() -> Vec<Parameter>;

    /// Write the parameters as they were before the event, and take the event in.
    ///
    /// `before` is when the entity was touched last; the row has [`Self::WIDTH`] places.
    fn step(&mut self, digest: &Digest, event: &Event, before: Moment, row: &mut [f32]);
}

/// Write values into the beginning of a row; returns the rest of it.
pub(crate) fn write<const N: usize>(row: &mut [f32], values: [f32; N]) -> &mut [f32] {
    let (mine, rest) = row.split_at_mut_checked(N).unwrap_or_default();
    for (place, value) in mine.iter_mut().zip(values) {
        *place = value;
    }
    rest
}

/// The later of what was known and now; events come a little out of order, and time does not go back for that.
pub(crate) fn forward(before: Moment, digest: &Digest) -> Moment {
    before.later_of(digest.now)
}
