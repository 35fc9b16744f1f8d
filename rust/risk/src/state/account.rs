//! Accounts: what each customer does, how much, from where, and what is new about this time.

use super::account_parameters;
use super::counters::{Counters, Told};
use super::place::{Place, zone_shift};
use super::recent::Recent;
use super::seen::Seen;
use super::usual::Usual;
use super::{Entity, NEVER_S, forward, write};
use crate::decay::HalfLives;
use crate::digest::{Digest, NOBODY};
use crate::distinct::Distinct;
use crate::event::{Event, HOPS_UNKNOWN, Kind, flag};
use crate::moment::Moment;
use crate::number::ratio;
use crate::parameter::Parameter;
use crate::state::destination::FAR_HOPS;

pub(super) const LIVES: HalfLives<5> = HalfLives([300, 3_600, 86_400, 7 * 86_400, 30 * 86_400]);
const HOUR: usize = 1;
const DAY: usize = 2;
const MONTH: usize = 4;
const USUAL_LIFE: HalfLives<1> = HalfLives([60 * 86_400]);
pub(super) const PERIOD_DAYS: u32 = 30;
const COUNTED: usize = 14;

/// The places of counters that ratios are made of.
mod counter {
    pub(super) const LOGINS: usize = 1;
    pub(super) const FAILED_LOGINS: usize = 2;
    pub(super) const DEPOSIT_VALUE: usize = 8;
    pub(super) const ORDER_VALUE: usize = 10;
    pub(super) const WITHDRAWALS: usize = 12;
    pub(super) const WITHDRAWAL_VALUE: usize = 13;
}

/// An account's state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Account {
    counters: Counters<COUNTED, 5>,
    /// When each kind of event was last, by its code; failed sign-ins stand in the first place.
    last: [Moment; 10],
    usual: [Usual; 3],
    devices: Distinct<16>,
    prefixes: Distinct<16>,
    destinations: Distinct<16>,
    known_devices: Recent<4>,
    known_prefixes: Recent<4>,
    known_countries: Recent<4>,
    known_agents: Recent<4>,
    known_destinations: Recent<8>,
    /// How often something was done in each hour of the day, fading as it grows.
    hours: [u8; 24],
    place: Place,
    seen: Seen,
    /// The fewest hops of any destination so far, plus one.
    hops: u8,
    /// The number of the last event that was taken.
    sequence: u64,
}

impl Account {
    /// Whether an event of this number can still come: numbers only grow.
    pub(crate) const fn awaits(&self, sequence: u64) -> bool {
        sequence > self.sequence
    }

    /// Remember an event's number.
    pub(crate) const fn took(&mut self, sequence: u64) {
        self.sequence = sequence;
    }
}

impl Entity for Account {
    const WIDTH: usize = COUNTED * 5 + 12 + 12 + 9 + 9;

    fn declare() -> Vec<Parameter> {
        account_parameters::declare()
    }

    fn step(&mut self, digest: &Digest, event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let (told, rest) = self.counters.step(&LIVES.between(before, now), &happened(digest, event), row);
        let rest = write(rest, self.times(before, now));
        let rest = write(rest, self.news(digest, event, now));
        let rest = write(rest, ratios(&told, digest, event));
        write(rest, self.unusual(digest, event));
        self.take(digest, event, before, now);
    }
}

/// What an event adds to each counter.
fn happened(digest: &Digest, event: &Event) -> [f32; COUNTED] {
    let added = if event.has(flag::REMOVED) { 0.0 } else { digest.one_if(Kind::AddressBookChange) };
    [
        1.0,
        f32::from(u8::from(digest.is_login())),
        f32::from(u8::from(digest.is_failed_login())),
        digest.one_if(Kind::DeviceChange),
        digest.one_if(Kind::CredentialChange),
        digest.one_if(Kind::ApiKeyChange),
        added,
        digest.one_if(Kind::Deposit),
        digest.value_if(Kind::Deposit),
        digest.one_if(Kind::Order),
        digest.value_if(Kind::Order),
        digest.value_if(Kind::Transfer),
        digest.one_if(Kind::Withdrawal),
        digest.value_if(Kind::Withdrawal),
    ]
}

/// Ratios of what was counted before, and of this event to it.
fn ratios(told: &Told<'_, 5>, digest: &Digest, event: &Event) -> [f32; 9] {
    const MOST: f32 = 1e6;
    let balance = event.balance_cents as f32 / 100.0;
    let leaving = digest.value_if(Kind::Withdrawal) + digest.value_if(Kind::Transfer);
    let withdrawals = told.of(counter::WITHDRAWALS, MONTH);
    let (withdrawn_day, withdrawn_month) =
        (told.of(counter::WITHDRAWAL_VALUE, DAY), told.of(counter::WITHDRAWAL_VALUE, MONTH));
    // A counter that fades holds as much as comes in within its half-life over ln 2, where much comes in evenly.
    let (hours_in_month, days_in_month) = (30.0 * 24.0, 30.0);
    [
        told.share(counter::FAILED_LOGINS, counter::LOGINS, HOUR),
        ratio(leaving, balance, MOST),
        ratio(withdrawn_day + leaving, balance, MOST),
        ratio(withdrawn_day + leaving, told.of(counter::DEPOSIT_VALUE, DAY), MOST),
        ratio(withdrawn_month + leaving, told.of(counter::DEPOSIT_VALUE, MONTH), MOST),
        ratio(told.of(counter::ORDER_VALUE, DAY), told.of(counter::DEPOSIT_VALUE, DAY), MOST),
        ratio(leaving * withdrawals, withdrawn_month, MOST),
        ratio(told.of(counter::WITHDRAWALS, HOUR) * hours_in_month, withdrawals, MOST),
        ratio((withdrawn_day + leaving) * days_in_month, withdrawn_month, MOST),
    ]
}

impl Account {
    fn times(&mut self, before: Moment, now: Moment) -> [f32; 12] {
        let [age, quiet] = self.seen.step(before, now);
        let [failed, login, device, credential, key, book, deposit, order, transfer, withdrawal] =
            self.last.map(|moment| now.seconds_since_or(moment, NEVER_S));
        [age, quiet, failed, login, device, credential, key, book, deposit, order, transfer, withdrawal]
    }

    fn news(&self, digest: &Digest, event: &Event, now: Moment) -> [f32; 12] {
        let for_s = |key: u64, since: Option<Moment>| match since {
            _ if key == NOBODY => -1.0,
            // Known for at least a moment: 0 is new.
            Some(moment) => now.seconds_since(moment).max(1.0),
            None => 0.0,
        };
        let (country, agent) = (country_key(event), event.agent);
        [
            for_s(digest.device, self.known_devices.since(digest.device)),
            for_s(digest.prefix, self.known_prefixes.since(digest.prefix)),
            for_s(country, self.known_countries.since(country)),
            for_s(agent, self.known_agents.since(agent)),
            for_s(digest.destination, self.known_destinations.since(digest.destination)),
            self.devices.estimate(),
            self.prefixes.estimate(),
            self.destinations.estimate(),
            if self.hops == 0 { FAR_HOPS } else { f32::from(self.hops - 1).min(FAR_HOPS) },
            self.place.speed_to(event, now),
            zone_shift(event),
            self.rarity(now),
        ]
    }

    fn rarity(&self, now: Moment) -> f32 {
        let most = self.hours.iter().copied().max().unwrap_or(0);
        let here = self.hours.get(now.hour()).copied().unwrap_or(0);
        // With so little known, every hour would look rare.
        if most < 4 { 0.0 } else { 1.0 - f32::from(here) / f32::from(most) }
    }

    fn unusual(&self, digest: &Digest, event: &Event) -> [f32; 9] {
        let mut deviations = [0.0; 3];
        if let (Some(at), true) = (usual_of(digest.kind), digest.value > 0.0)
            && let (Some(usual), Some(deviation)) = (self.usual.get(at), deviations.get_mut(at))
        {
            *deviation = usual.deviation(digest.magnitude);
        }
        let [withdrawal, deposit, order] = deviations;
        let score = |score: u16| if score > 1_000 { -1.0 } else { f32::from(score) / 1_000.0 };
        let flagged = |flag: u16| f32::from(u8::from(event.has(flag)));
        [
            withdrawal,
            deposit,
            order,
            score(event.keystroke_score),
            score(event.mouse_score),
            f32::from(event.price_bp.unsigned_abs()) / 10_000.0,
            flagged(flag::USER_VERIFIED),
            flagged(flag::CUSTOMER_SIGNED),
            flagged(flag::ANONYMISED),
        ]
    }

    fn take(&mut self, digest: &Digest, event: &Event, before: Moment, now: Moment) {
        let place = if digest.is_failed_login() { 0 } else { digest.kind as usize };
        if let Some(last) = self.last.get_mut(place) {
            *last = now;
        }
        // Whoever fails to sign in is nobody whose ways are the customer's.
        if digest.is_failed_login() {
            return;
        }
        if let (Some(at), true) = (usual_of(digest.kind), digest.value > 0.0)
            && let Some(usual) = self.usual.get_mut(at)
        {
            let [factor] = USUAL_LIFE.between(before, now).0;
            usual.take(digest.magnitude, factor);
        }
        let period = now.period(u64::from(PERIOD_DAYS));
        for (key, distinct) in [
            (digest.device, &mut self.devices),
            (digest.prefix, &mut self.prefixes),
            (digest.destination, &mut self.destinations),
        ] {
            if key != NOBODY {
                distinct.insert(key, period);
            }
        }
        know(&mut self.known_devices, digest.device, now);
        know(&mut self.known_prefixes, digest.prefix, now);
        know(&mut self.known_countries, country_key(event), now);
        know(&mut self.known_agents, event.agent, now);
        know(&mut self.known_destinations, digest.destination, now);
        if event.hops != HOPS_UNKNOWN && (self.hops == 0 || event.hops < self.hops - 1) {
            self.hops = event.hops + 1;
        }
        self.count_hour(now);
        self.place.move_to(event, now);
    }

    fn count_hour(&mut self, now: Moment) {
        let Some(hour) = self.hours.get_mut(now.hour()) else { return };
        *hour += 1;
        if *hour == u8::MAX {
            for each in &mut self.hours {
                *each /= 2;
            }
        }
    }
}

fn know<const N: usize>(known: &mut Recent<N>, key: u64, now: Moment) {
    if key != NOBODY {
        known.take(key, now);
    }
}

/// Which of the usual magnitudes a kind of event belongs to.
fn usual_of(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Withdrawal => Some(0),
        Kind::Deposit => Some(1),
        Kind::Order => Some(2),
        _ => None,
    }
}

/// A key of a country, spread over the half that is compared.
fn country_key(event: &Event) -> u64 {
    u64::from(event.country) << 32
}
