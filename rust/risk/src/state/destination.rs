//! Destinations on a chain: who else sends there, since when, how near to a sanctioned address.

use super::counters::Counters;
use super::seen::Seen;
use super::{Entity, forward, write};
use crate::decay::HalfLives;
use crate::digest::Digest;
use crate::distinct::Distinct;
use crate::event::{Event, HOPS_UNKNOWN, Kind};
use crate::moment::Moment;
use crate::number::ratio;
use crate::parameter::{Declaring, Parameter, Window};

const LIVES: HalfLives<3> = HalfLives([3_600, 86_400, 30 * 86_400]);
const PERIOD_DAYS: u32 = 30;
const FRESH: &str = "whoever uses a fresh address for each victim";

/// What "far from any" is taken for.
pub(crate) const FAR_HOPS: f32 = 16.0;

/// A destination's state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Destination {
    counters: Counters<3, 3>,
    accounts: Distinct<32>,
    seen: Seen,
    /// The fewest hops that any event said, plus one; 0 where none did.
    hops: u8,
}

impl Entity for Destination {
    const WIDTH: usize = 3 * 3 + 5;

    fn declare() -> Vec<Parameter> {
        let mut all = Declaring::of("destination");
        let lives = &LIVES.0;
        all.counter(lives, "listings", "additions", "how often it was put into an address book", FRESH)
            .counter(lives, "withdrawals", "withdrawals", "withdrawals to it", FRESH)
            .counter(lives, "withdrawal_value", "currency", "value of withdrawals to it", FRESH)
            .one("accounts", Window::Periods(PERIOD_DAYS), "accounts", "0", "different accounts that send there", FRESH)
            .one(
                "accounts_each_withdrawal",
                Window::HalfLife(lives[2]),
                "of 1",
                "0",
                "different accounts over withdrawals: near 1 where each victim sends once",
                FRESH,
            )
            .one(
                "hops",
                Window::Always,
                "transactions",
                "16 (far from any)",
                "distance to a sanctioned address, as the house's chain analysis knows it",
                "whoever sends through addresses that no analysis follows",
            );
        Seen::declare(&mut all);
        all.all
    }

    fn step(&mut self, digest: &Digest, event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        if event.hops != HOPS_UNKNOWN && (self.hops == 0 || event.hops < self.hops - 1) {
            self.hops = event.hops + 1;
        }
        let happened = [
            digest.one_if(Kind::AddressBookChange),
            digest.one_if(Kind::Withdrawal),
            digest.value_if(Kind::Withdrawal),
        ];
        let (told, rest) = self.counters.step(&LIVES.between(before, now), &happened, row);
        let accounts = self.accounts.estimate();
        let [age, quiet] = self.seen.step(before, now);
        let hops = if self.hops == 0 { FAR_HOPS } else { f32::from(self.hops - 1).min(FAR_HOPS) };
        write(rest, [accounts, ratio(accounts, told.of(1, 2), 4.0), hops, age, quiet]);
        if digest.kind != Kind::AddressBookChange {
            self.accounts.insert(digest.account, now.period(u64::from(PERIOD_DAYS)));
        }
    }
}
