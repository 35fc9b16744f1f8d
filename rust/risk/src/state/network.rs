//! Addresses on the Internet, the networks around them, and the systems that announce those.

use super::counters::Counters;
use super::seen::Seen;
use super::{Entity, forward, write};
use crate::decay::HalfLives;
use crate::digest::Digest;
use crate::distinct::Distinct;
use crate::event::{Event, Kind};
use crate::moment::Moment;
use crate::parameter::{Declaring, Parameter, Window};

const LIVES: HalfLives<3> = HalfLives([300, 3_600, 86_400]);
const PERIOD_DAYS: u32 = 7;
const SPREADS: &str = "whoever has many addresses, as a botnet does";
const BUSY: &str = "whoever signs in to accounts of their own in between";

/// An address's state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Address {
    counters: Counters<4, 3>,
    accounts: Distinct<32>,
    seen: Seen,
}

impl Entity for Address {
    const WIDTH: usize = 4 * 3 + 4;

    fn declare() -> Vec<Parameter> {
        let mut all = Declaring::of("address");
        let lives = &LIVES.0;
        all.counter(lives, "events", "events", "everything done from this address", SPREADS)
            .counter(lives, "logins", "logins", "sign-ins from this address", SPREADS)
            .counter(lives, "failed_logins", "logins", "failed sign-ins from this address", SPREADS)
            .counter(lives, "withdrawals", "withdrawals", "withdrawals asked for from this address", SPREADS)
            .one(
                "accounts",
                Window::Periods(PERIOD_DAYS),
                "accounts",
                "0",
                "different accounts from this address",
                SPREADS,
            )
            .one("failure_share", Window::HalfLife(300), "of 1", "0", "part of its sign-ins that failed", BUSY);
        Seen::declare(&mut all);
        all.all
    }

    fn step(&mut self, digest: &Digest, _event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let (good, bad) = logins(digest);
        let happened = [1.0, good, bad, digest.one_if(Kind::Withdrawal)];
        let (told, rest) = self.counters.step(&LIVES.between(before, now), &happened, row);
        let [age, quiet] = self.seen.step(before, now);
        write(rest, [self.accounts.estimate(), told.share(2, 1, 0), age, quiet]);
        self.accounts.insert(digest.account, now.period(u64::from(PERIOD_DAYS)));
    }
}

/// The state of a network of neighbouring addresses.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Prefix {
    counters: Counters<3, 3>,
    accounts: Distinct<32>,
}

impl Entity for Prefix {
    const WIDTH: usize = 3 * 3 + 2;

    fn declare() -> Vec<Parameter> {
        let mut all = Declaring::of("prefix");
        let lives = &LIVES.0;
        all.counter(lives, "logins", "logins", "sign-ins from neighbouring addresses", SPREADS)
            .counter(lives, "failed_logins", "logins", "failed sign-ins from neighbouring addresses", SPREADS)
            .counter(lives, "withdrawal_value", "currency", "value of withdrawals from neighbouring addresses", SPREADS)
            .one(
                "accounts",
                Window::Periods(PERIOD_DAYS),
                "accounts",
                "0",
                "different accounts from neighbouring addresses",
                SPREADS,
            )
            .one(
                "failure_share",
                Window::HalfLife(300),
                "of 1",
                "0",
                "part of the sign-ins from there that failed",
                BUSY,
            );
        all.all
    }

    fn step(&mut self, digest: &Digest, _event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let (good, bad) = logins(digest);
        let happened = [good, bad, digest.value_if(Kind::Withdrawal)];
        let (told, rest) = self.counters.step(&LIVES.between(before, now), &happened, row);
        write(rest, [self.accounts.estimate(), told.share(1, 0, 0)]);
        self.accounts.insert(digest.account, now.period(u64::from(PERIOD_DAYS)));
    }
}

const SYSTEM_LIVES: HalfLives<2> = HalfLives([3_600, 7 * 86_400]);

/// The state of an autonomous system.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Network {
    counters: Counters<2, 2>,
    accounts: Distinct<32>,
}

impl Entity for Network {
    const WIDTH: usize = 2 * 2 + 3;

    fn declare() -> Vec<Parameter> {
        let mut all = Declaring::of("network");
        let lives = &SYSTEM_LIVES.0;
        all.counter(lives, "logins", "logins", "sign-ins from this autonomous system", SPREADS)
            .counter(lives, "failed_logins", "logins", "failed sign-ins from this autonomous system", SPREADS)
            .one(
                "accounts",
                Window::Periods(PERIOD_DAYS),
                "accounts",
                "0",
                "different accounts from this autonomous system",
                SPREADS,
            )
            .one(
                "failure_share",
                Window::HalfLife(3_600),
                "of 1",
                "0",
                "part of the sign-ins from there that failed, lately",
                BUSY,
            )
            .one(
                "usual_failure_share",
                Window::HalfLife(7 * 86_400),
                "of 1",
                "0",
                "part of the sign-ins from there that fail as a rule",
                BUSY,
            );
        all.all
    }

    fn step(&mut self, digest: &Digest, _event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let (good, bad) = logins(digest);
        let (told, rest) = self.counters.step(&SYSTEM_LIVES.between(before, now), &[good, bad], row);
        write(rest, [self.accounts.estimate(), told.share(1, 0, 0), told.share(1, 0, 1)]);
        self.accounts.insert(digest.account, now.period(u64::from(PERIOD_DAYS)));
    }
}

/// How many sign-ins succeeded and failed by this event.
fn logins(digest: &Digest) -> (f32, f32) {
    (f32::from(u8::from(digest.is_login())), f32::from(u8::from(digest.is_failed_login())))
}
