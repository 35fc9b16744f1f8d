//! An event as the states see it: whose, when, how much, and the keys of all entities that it touches.

use crate::event::{Event, Kind, flag};
use crate::key::KeySecret;
use crate::moment::Moment;
use crate::number::magnitude;

/// The key of no entity.
pub(crate) const NOBODY: u64 = 0;

/// An event, ready for the states.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest {
    pub(crate) now: Moment,
    pub(crate) kind: Kind,
    pub(crate) succeeded: bool,
    /// In whole units of the accounting currency.
    pub(crate) value: f32,
    pub(crate) magnitude: f32,
    pub(crate) account: u64,
    pub(crate) device: u64,
    pub(crate) address: u64,
    pub(crate) prefix: u64,
    pub(crate) network: u64,
    pub(crate) destination: u64,
    pub(crate) counterparty: u64,
    pub(crate) api_key: u64,
}

impl Digest {
    pub(crate) fn of(event: &Event, secret: KeySecret) -> Self {
        let value = event.value_cents as f32 / 100.0;
        Self {
            now: Moment::from_us(event.at_us),
            kind: event.kind,
            succeeded: event.has(flag::SUCCEEDED),
            value,
            magnitude: magnitude(value),
            account: secret.of_number(event.account),
            device: key_of(secret, &event.device),
            address: key_of(secret, &event.address),
            prefix: key_of(secret, &prefix(&event.address)),
            network: number_of(secret, u64::from(event.asn)),
            destination: destination_key(secret, &event.destination),
            counterparty: number_of(secret, event.counterparty),
            api_key: key_of(secret, &event.api_key),
        }
    }

    /// Whether this is a login that failed.
    pub(crate) fn is_failed_login(&self) -> bool {
        self.kind == Kind::Login && !self.succeeded
    }

    /// Whether this is a login that succeeded.
    pub(crate) fn is_login(&self) -> bool {
        self.kind == Kind::Login && self.succeeded
    }

    /// The value if the event is of this kind, and 0 otherwise.
    pub(crate) fn value_if(&self, kind: Kind) -> f32 {
        if self.kind == kind { self.value } else { 0.0 }
    }

    /// 1 if the event is of this kind, and 0 otherwise.
    pub(crate) fn one_if(&self, kind: Kind) -> f32 {
        f32::from(u8::from(self.kind == kind))
    }
}

fn key_of(secret: KeySecret, bytes: &[u8; 16]) -> u64 {
    if *bytes == [0; 16] { NOBODY } else { secret.of_bytes(bytes).max(1) }
}

fn number_of(secret: KeySecret, number: u64) -> u64 {
    if number == 0 { NOBODY } else { secret.of_number(number).max(1) }
}

fn destination_key(secret: KeySecret, destination: &[u8; 32]) -> u64 {
    // It is a hash already: half of it tells it apart as well.
    destination.first_chunk::<16>().map_or(NOBODY, |half| key_of(secret, half))
}

/// The network that an address is in: 48 bits of IPv6, 24 bits of an IPv4 address that is mapped into it.
fn prefix(address: &[u8; 16]) -> [u8; 16] {
    const MAPPED: u128 = 0xffff << 32;
    let whole = u128::from_be_bytes(*address);
    let kept = if whole >> 32 == MAPPED >> 32 { whole >> 8 << 8 } else { whole >> 80 << 80 };
    kept.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_addresses() {
        let mapped = |last: u8| [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, last];
        assert_eq!(prefix(&mapped(7)), mapped(0));
        let mut six = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        let found = prefix(&six);
        six[6..].fill(0);
        assert_eq!(found, six);
    }

    #[test]
    fn what_is_not_said_is_nobody() {
        let secret = KeySecret::new([3; 16]);
        let digest = Digest::of(&Event::new(Kind::Login, 7, 1, 5), secret);
        assert_eq!((digest.device, digest.destination, digest.counterparty, digest.network), (0, 0, 0, 0));
        assert_ne!(digest.account, 0);
    }
}
