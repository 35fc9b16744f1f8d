//! Accounts: what each customer does, how much, from where, and what is new about this time.

use super::counters::{Counters, Told};
use super::recent::Recent;
use super::seen::Seen;
use super::usual::Usual;
use super::{Entity, NEVER_S, forward, write};
use crate::decay::HalfLives;
use crate::digest::{Digest, NOBODY};
use crate::distinct::Distinct;
use crate::event::{Event, HOPS_UNKNOWN, Kind, PLACE_UNKNOWN, flag};
use crate::moment::Moment;
use crate::number::ratio;
use crate::parameter::{Declaring, Parameter, Window};
use crate::state::destination::FAR_HOPS;

const LIVES: HalfLives<5> = HalfLives([300, 3_600, 86_400, 7 * 86_400, 30 * 86_400]);
const HOUR: usize = 1;
const DAY: usize = 2;
const MONTH: usize = 4;
const USUAL_LIFE: HalfLives<1> = HalfLives([60 * 86_400]);
const PERIOD_DAYS: u32 = 30;
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

const OWNER: &str = "the customer, or whoever holds the account, by moving slowly";
const WAITS: &str = "whoever takes an account over and waits";

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
        let mut all = Declaring::of("account");
        declare_counters(&mut all);
        declare_times(&mut all);
        declare_news(&mut all);
        declare_ratios(&mut all);
        declare_usual(&mut all);
        all.all
    }

    fn step(&mut self, digest: &Digest, event: &Event, before: Moment, row: &mut [f32]) {
        let now = forward(before, digest);
        let (told, rest) = self.counters.step(&LIVES.between(before, now), &happened(digest, event), row);
        let rest = write(rest, self.times(before, now));
        let rest = write(rest, self.news(digest, event, now));
        let rest = write(rest, ratios(&told, digest, event));
        write(rest, self.unusual(digest, event, now));
        self.take(digest, event, before, now);
    }
}

fn declare_counters(all: &mut Declaring) {
    let lives = &LIVES.0;
    all.counter(lives, "events", "events", "everything done in this account", OWNER)
        .counter(lives, "logins", "logins", "sign-ins", OWNER)
        .counter(
            lives,
            "failed_logins",
            "logins",
            "failed sign-ins",
            "whoever wants to lock the customer out, by failing on purpose",
        )
        .counter(lives, "device_changes", "changes", "devices registered or forgotten", WAITS)
        .counter(lives, "credential_changes", "changes", "passkeys and factors changed", WAITS)
        .counter(lives, "api_key_changes", "changes", "API keys made or changed", WAITS)
        .counter(lives, "address_additions", "additions", "destinations put into the address book", WAITS)
        .counter(lives, "deposits", "deposits", "deposits", "whoever sends the customer tiny ones")
        .counter(lives, "deposit_value", "currency", "value of deposits", "whoever sends the customer tiny ones")
        .counter(lives, "orders", "orders", "orders", OWNER)
        .counter(lives, "order_value", "currency", "value of orders", OWNER)
        .counter(lives, "transfer_value", "currency", "value of transfers to other accounts", OWNER)
        .counter(lives, "withdrawals", "withdrawals", "withdrawals asked for", OWNER)
        .counter(lives, "withdrawal_value", "currency", "value of withdrawals asked for", OWNER);
}

fn declare_times(all: &mut Declaring) {
    Seen::declare(all);
    for (what, meaning) in [
        ("failed_login", "a sign-in last failed"),
        ("login", "it was last signed in to"),
        ("device_change", "a device was last registered or forgotten"),
        ("credential_change", "a passkey or factor was last changed"),
        ("api_key_change", "an API key was last made or changed"),
        ("address_addition", "the address book was last added to"),
        ("deposit", "the last deposit came"),
        ("order", "the last order was placed"),
        ("transfer", "something was last sent to another account"),
        ("withdrawal", "a withdrawal was last asked for"),
    ] {
        let words = format!("time since {meaning}");
        all.one(&format!("since_{what}"), Window::Always, "seconds", "1,000,000,000 (never)", &words, WAITS);
    }
}

fn declare_news(all: &mut Declaring) {
    let (always, unknown) = (Window::Always, "-1 (the event names none)");
    let copies = "whoever copies what the customer's own device says of itself";
    all.one(
        "device_known_for",
        always,
        "seconds",
        unknown,
        "since when this device is known here; 0 if it is new",
        copies,
    )
    .one(
        "prefix_known_for",
        always,
        "seconds",
        unknown,
        "since when this network is known here; 0 if it is new",
        "whoever uses a proxy near the customer",
    )
    .one(
        "country_known_for",
        always,
        "seconds",
        unknown,
        "since when this country is known here; 0 if it is new",
        "whoever uses a proxy in the customer's country",
    )
    .one("agent_known_for", always, "seconds", unknown, "since when this program is known here; 0 if it is new", copies)
    .one(
        "destination_known_for",
        always,
        "seconds",
        unknown,
        "since when this destination is known here; 0 if it is new",
        "whoever first sends a little there",
    )
    .one("devices", Window::Periods(PERIOD_DAYS), "devices", "0", "different devices", copies)
    .one(
        "prefixes",
        Window::Periods(PERIOD_DAYS),
        "networks",
        "0",
        "different networks",
        "whoever uses a proxy near the customer",
    )
    .one(
        "destinations",
        Window::Periods(PERIOD_DAYS),
        "destinations",
        "0",
        "different destinations",
        "whoever uses one address for all",
    )
    .one(
        "hops",
        always,
        "transactions",
        "16 (far from any)",
        "shortest distance of any of its destinations to a sanctioned address",
        "whoever sends through addresses that no analysis follows",
    )
    .one(
        "travel_speed",
        always,
        "km/h",
        "0",
        "speed that this place asks for, from the one before",
        "whoever uses a proxy near the customer",
    )
    .one(
        "zone_shift",
        Window::Event,
        "hours",
        "0",
        "the device's clock against what the place's longitude says",
        "whoever sets the clock of a device",
    )
    .one(
        "hour_rarity",
        always,
        "of 1",
        "0",
        "how rarely anything is done at this hour of the day",
        "whoever knows the customer's habits",
    );
}

fn declare_ratios(all: &mut Declaring) {
    let hour = Window::HalfLife(3_600);
    let day = Window::HalfLife(86_400);
    let month = Window::HalfLife(30 * 86_400);
    all.one("failure_share", hour, "of 1", "0", "part of the sign-ins that failed", "whoever signs in in between")
        .one(
            "leaving_share",
            Window::Event,
            "of 1",
            "0",
            "value of this over the balance before it",
            "whoever empties an account in parts",
        )
        .one("withdrawn_share", day, "of 1", "0", "withdrawals over the balance before this", OWNER)
        .one("passing_through", day, "of 1", "0", "withdrawals over deposits", "whoever lets coins rest")
        .one("passing_through_month", month, "of 1", "0", "withdrawals over deposits", "whoever lets coins rest")
        .one(
            "traded_share",
            day,
            "of 1",
            "0",
            "orders over deposits: near 0 where coins only pass",
            "whoever trades with themselves",
        )
        .one("amount_to_mean", month, "times", "0 (none before)", "value of this over the mean of withdrawals", OWNER)
        .one("withdrawal_burst", hour, "times", "0", "withdrawals within the hour over those usual in one", OWNER)
        .one("value_burst", day, "times", "0", "withdrawn within the day over what is usual in one", OWNER);
}

fn declare_usual(all: &mut Declaring) {
    let always = Window::HalfLife(60 * 86_400);
    all.one(
        "withdrawal_deviation",
        always,
        "standard deviations",
        "0",
        "how unusually large this withdrawal is",
        OWNER,
    )
    .one("deposit_deviation", always, "standard deviations", "0", "how unusually large this deposit is", OWNER)
    .one("order_deviation", always, "standard deviations", "0", "how unusually large this order is", OWNER)
    .one(
        "keystroke_score",
        Window::Event,
        "of 1",
        "-1 (not measured)",
        "how much the typing is the owner's",
        "whoever replays recorded typing",
    )
    .one(
        "mouse_score",
        Window::Event,
        "of 1",
        "-1 (not measured)",
        "how much the mouse is moved by the owner",
        "whoever replays recorded movement",
    )
    .one(
        "price_distance",
        Window::Event,
        "of 1",
        "0",
        "distance of the order from the market's price",
        "whoever splits an order",
    )
    .one(
        "user_verified",
        Window::Event,
        "yes or no",
        "0",
        "the authenticator verified its user",
        "nobody without the customer's authenticator",
    )
    .one(
        "customer_signed",
        Window::Event,
        "yes or no",
        "0",
        "the customer's own passkey signed exactly this",
        "nobody without the customer's authenticator",
    )
    .one(
        "anonymised",
        Window::Event,
        "yes or no",
        "0",
        "through an anonymising network or a hosting company",
        "whoever uses homes' addresses",
    );
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

    fn unusual(&self, digest: &Digest, event: &Event, _now: Moment) -> [f32; 9] {
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

/// How far the device's clock is from the sun's at its longitude, in hours; 0 where the place is not known.
fn zone_shift(event: &Event) -> f32 {
    if event.longitude_centi == PLACE_UNKNOWN {
        return 0.0;
    }
    let by_sun = f32::from(event.longitude_centi) / 1_500.0;
    (f32::from(event.zone_minutes) / 60.0 - by_sun).abs().min(24.0)
}

/// Where an account was last.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    at: Moment,
    latitude_centi: i16,
    longitude_centi: i16,
}

impl Place {
    const MOST_KMH: f32 = 100_000.0;

    /// The speed that it takes from here to where an event is, in km/h; 0 where either is not known.
    fn speed_to(&self, event: &Event, now: Moment) -> f32 {
        if !self.at.came() || event.latitude_centi == PLACE_UNKNOWN || event.longitude_centi == PLACE_UNKNOWN {
            return 0.0;
        }
        // Degrees of latitude and, at most as long, of longitude: as the crow flies on a map, which is enough to tell a
        // journey from a jump.
        let north = f32::from(event.latitude_centi) - f32::from(self.latitude_centi);
        let east = f32::from(event.longitude_centi) - f32::from(self.longitude_centi);
        let east = if east.abs() > 18_000.0 { 36_000.0 - east.abs() } else { east };
        let narrow = 1.0 - (f32::from(event.latitude_centi) / 9_000.0).powi(2) * 0.9;
        let distance_km = (north * north + east * east * narrow * narrow).sqrt() * 1.112;
        let hours = now.seconds_since(self.at).max(60.0) / 3_600.0;
        // What addresses' places are off by is no journey.
        if distance_km < 100.0 { 0.0 } else { (distance_km / hours).min(Self::MOST_KMH) }
    }

    fn move_to(&mut self, event: &Event, now: Moment) {
        if event.latitude_centi != PLACE_UNKNOWN && event.longitude_centi != PLACE_UNKNOWN {
            *self = Self { at: now, latitude_centi: event.latitude_centi, longitude_centi: event.longitude_centi };
        }
    }
}
