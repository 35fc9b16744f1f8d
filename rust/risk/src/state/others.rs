//! The other accounts of transfers, and API keys.

use super::counters::Counters;
use super::seen::Seen;
use super::{Entity, forward, write};
use crate::decay::HalfLives;
use crate::digest::Digest;
use crate::distinct::Distinct;
use crate::event::{Event, Kind};
use crate::moment::Moment;
use crate::parameter::{Declaring, Parameter, Window};

const LIVES: HalfLives<3> = HalfLives([3_600, 86_400, 30 * 86_400]);
const PERIOD_DAYS: u32 = 30;

/// The state of an account that others send to inside of the exchange.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counterparty {
    counters: Counters<2, 3>,
    senders: Distinct<32>,
    seen: Seen,
}

impl Entity for Counterparty {
    const WIDTH: usize = 2 * 3 + 3;

    fn declare() -> Vec<Parameter> {
        let mut all = Declaring::of("counterparty");
        let ring = "whoever has many accounts to collect in";
        all.counter(&LIVES.0, "transfers", "transfers", "transfers to this account", ring)
            .counter(&LIVES.0, "transfer_value", "currency", "value of transfers to this account", ring)
            .one("senders", Window::Periods(PERIOD_DAYS), "accounts", "0", "different accounts that send to it", ring);
        Seen::declare(&mut all);
        all.all
    }

    fn step(&mut self, digest: &Digest, _event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let happened = [digest.one_if(Kind::Transfer), digest.value_if(Kind::Transfer)];
        let (_, rest) = self.counters.step(&LIVES.between(before, now), &happened, row);
        let [age, quiet] = self.seen.step(before, now);
        write(rest, [self.senders.estimate(), age, quiet]);
        self.senders.insert(digest.account, now.period(u64::from(PERIOD_DAYS)));
    }
}

/// The state of an API key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ApiKey {
    counters: Counters<2, 3>,
    addresses: Distinct<16>,
    seen: Seen,
}

impl Entity for ApiKey {
    const WIDTH: usize = 2 * 3 + 3;

    fn declare() -> Vec<Parameter> {
        let mut all = Declaring::of("api_key");
        let slow = "whoever uses a stolen key slowly, from a neighbouring address";
        all.counter(&LIVES.0, "orders", "orders", "orders by this key", slow)
            .counter(&LIVES.0, "withdrawal_value", "currency", "value of withdrawals by this key", slow)
            .one("addresses", Window::Periods(PERIOD_DAYS), "addresses", "0", "different addresses that use it", slow);
        Seen::declare(&mut all);
        all.all
    }

    fn step(&mut self, digest: &Digest, _event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let happened = [digest.one_if(Kind::Order), digest.value_if(Kind::Withdrawal)];
        let (_, rest) = self.counters.step(&LIVES.between(before, now), &happened, row);
        let [age, quiet] = self.seen.step(before, now);
        write(rest, [self.addresses.estimate(), age, quiet]);
        self.addresses.insert(digest.address, now.period(u64::from(PERIOD_DAYS)));
    }
}
