//! Devices: who shares one, what was tried on it.

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
const COUNTED: usize = 6;
const LOGINS: usize = 1;
const FAILED_LOGINS: usize = 2;
const PERIOD_DAYS: u32 = 30;

/// A device's state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Device {
    counters: Counters<COUNTED, 3>,
    accounts: Distinct<32>,
    seen: Seen,
}

impl Entity for Device {
    const WIDTH: usize = COUNTED * 3 + 4;

    fn declare() -> Vec<Parameter> {
        let mut all = Declaring::of("device");
        let lives = &LIVES.0;
        all.counter(lives, "events", "events", "everything done on this device", "whoever spreads over devices")
            .counter(lives, "logins", "logins", "sign-ins on this device", "whoever spreads over devices")
            .counter(lives, "failed_logins", "logins", "failed sign-ins on this device", "whoever spreads over devices")
            .counter(
                lives,
                "credential_changes",
                "changes",
                "passkeys and factors changed on this device",
                "whoever waits",
            )
            .counter(lives, "withdrawals", "withdrawals", "withdrawals asked for on this device", "whoever waits")
            .counter(lives, "withdrawal_value", "currency", "value of withdrawals on this device", "whoever splits it")
            .one(
                "accounts",
                Window::Periods(PERIOD_DAYS),
                "accounts",
                "0",
                "different accounts on this device",
                "whoever forges a fingerprint for each account",
            )
            .one(
                "failure_share",
                Window::HalfLife(lives[0]),
                "of 1",
                "0",
                "part of this device's sign-ins that failed",
                "whoever signs in to an account of their own in between",
            );
        Seen::declare(&mut all);
        all.all
    }

    fn step(&mut self, digest: &Digest, _event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let happened = [
            1.0,
            f32::from(u8::from(digest.is_login())),
            f32::from(u8::from(digest.is_failed_login())),
            digest.one_if(Kind::CredentialChange),
            digest.one_if(Kind::Withdrawal),
            digest.value_if(Kind::Withdrawal),
        ];
        let (told, rest) = self.counters.step(&LIVES.between(before, now), &happened, row);
        let [age, quiet] = self.seen.step(before, now);
        write(rest, [self.accounts.estimate(), told.share(FAILED_LOGINS, LOGINS, 0), age, quiet]);
        self.accounts.insert(digest.account, now.period(u64::from(PERIOD_DAYS)));
    }
}
