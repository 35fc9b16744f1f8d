//! The engine: all entities' states in shards, and rows of parameters for batches of events.
//!
//! A batch goes through three passes. First every account says which events it has not seen. Then devices, addresses and
//! all others that accounts share each take their events, and last the accounts theirs, each in the order of the batch.
//! An entity lies in one shard, by its own key: so how many shards there are changes no result, as long as no table is
//! full.

use std::thread;

use crate::digest::{Digest, NOBODY};
use crate::error::EventFault;
use crate::event::Event;
use crate::key::KeySecret;
use crate::moment::Moment;
use crate::row::{WIDTH, part};
use crate::state::{Account, Address, ApiKey, Counterparty, Destination, Device, Entity, Network, Prefix, plain};
use crate::table::Table;

/// The most entities of each kind in all shards together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacities {
    /// Accounts.
    pub accounts: usize,
    /// Devices.
    pub devices: usize,
    /// Addresses on the Internet.
    pub addresses: usize,
    /// Networks of neighbouring addresses.
    pub prefixes: usize,
    /// Autonomous systems.
    pub networks: usize,
    /// Destinations.
    pub destinations: usize,
    /// Accounts that others send to.
    pub counterparties: usize,
    /// API keys.
    pub api_keys: usize,
}

impl Capacities {
    /// What so many accounts bring with them.
    pub const fn for_accounts(accounts: usize) -> Self {
        Self {
            accounts,
            devices: accounts * 2,
            addresses: accounts * 2,
            prefixes: accounts,
            networks: 100_000,
            destinations: accounts * 2,
            counterparties: accounts,
            api_keys: accounts / 4 + 1,
        }
    }

    /// The bytes that all states take when every table is full.
    pub const fn bytes(&self) -> usize {
        self.accounts * Table::<Account>::entity_bytes()
            + self.devices * Table::<Device>::entity_bytes()
            + self.addresses * Table::<Address>::entity_bytes()
            + self.prefixes * Table::<Prefix>::entity_bytes()
            + self.networks * Table::<Network>::entity_bytes()
            + self.destinations * Table::<Destination>::entity_bytes()
            + self.counterparties * Table::<Counterparty>::entity_bytes()
            + self.api_keys * Table::<ApiKey>::entity_bytes()
    }
}

/// The bytes that one account's state takes.
pub const fn account_bytes() -> usize {
    Table::<Account>::entity_bytes()
}

/// What an engine holds, and how much of it had to give way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Accounts.
    pub accounts: usize,
    /// All other entities.
    pub others: usize,
    /// Entities that gave way to new ones.
    pub evicted: u64,
}

/// A part of all entities.
struct Shard {
    accounts: Table<Account>,
    devices: Table<Device>,
    addresses: Table<Address>,
    prefixes: Table<Prefix>,
    networks: Table<Network>,
    destinations: Table<Destination>,
    counterparties: Table<Counterparty>,
    api_keys: Table<ApiKey>,
}

/// Where parameters go.
trait Out {
    /// An event's part of a row, which begins at a place and has a width.
    fn part(&mut self, event: u32, begins: usize, width: usize) -> Option<&mut [f32]>;
}

/// The rows themselves, where one shard has them to itself.
struct Direct<'rows>(&'rows mut [f32]);

impl Out for Direct<'_> {
    fn part(&mut self, event: u32, begins: usize, width: usize) -> Option<&mut [f32]> {
        let from = event as usize * WIDTH + begins;
        self.0.get_mut(from..from + width)
    }
}

/// Kept until all shards have theirs: which event's, where in its row, and how many.
#[derive(Default)]
struct Kept {
    parts: Vec<(u32, usize, usize)>,
    values: Vec<f32>,
}

impl Out for Kept {
    fn part(&mut self, event: u32, begins: usize, width: usize) -> Option<&mut [f32]> {
        let from = self.values.len();
        self.parts.push((event, begins, width));
        self.values.resize(from + width, 0.0);
        self.values.get_mut(from..)
    }
}

impl Kept {
    fn write(&self, rows: &mut [f32]) {
        let (mut out, mut values) = (Direct(rows), self.values.as_slice());
        for &(event, begins, width) in &self.parts {
            let Some((mine, rest)) = values.split_at_checked(width) else { break };
            if let Some(places) = out.part(event, begins, width) {
                places.copy_from_slice(mine);
            }
            values = rest;
        }
    }
}

impl Shard {
    fn new(whole: &Capacities, shards: usize) -> Self {
        let part = |count: usize| count.div_ceil(shards);
        Self {
            accounts: Table::new(part(whole.accounts)),
            devices: Table::new(part(whole.devices)),
            addresses: Table::new(part(whole.addresses)),
            prefixes: Table::new(part(whole.prefixes)),
            networks: Table::new(part(whole.networks)),
            destinations: Table::new(part(whole.destinations)),
            counterparties: Table::new(part(whole.counterparties)),
            api_keys: Table::new(part(whole.api_keys)),
        }
    }

    fn held(&self) -> Held {
        let others = self.devices.len()
            + self.addresses.len()
            + self.prefixes.len()
            + self.networks.len()
            + self.destinations.len()
            + self.counterparties.len()
            + self.api_keys.len();
        let evicted = self.accounts.evicted()
            + self.devices.evicted()
            + self.addresses.evicted()
            + self.prefixes.evicted()
            + self.networks.evicted()
            + self.destinations.evicted()
            + self.counterparties.evicted()
            + self.api_keys.evicted();
        Held { accounts: self.accounts.len(), others, evicted }
    }

    /// Which of this shard's accounts' events are new.
    fn admit(&mut self, batch: &Batch<'_>, mine: Mine) -> Vec<(u32, bool)> {
        let work = batch.work(mine, |digest| digest.account);
        let mut ahead = Ahead::of(&work);
        let mut admitted = Vec::with_capacity(work.len());
        for &Work { number, key, event, .. } in &work {
            ahead.fetch(&self.accounts);
            let account = self.accounts.look(key);
            let new = account.awaits(event.sequence);
            if new {
                account.took(event.sequence);
            }
            admitted.push((number, new));
        }
        admitted
    }

    /// What everybody but the accounts gives.
    fn shared(&mut self, batch: &Batch<'_>, mine: Mine, out: &mut impl Out) {
        pass(&mut self.devices, part::DEVICE, batch.work(mine, |digest| digest.device), out);
        pass(&mut self.addresses, part::ADDRESS, batch.work(mine, |digest| digest.address), out);
        pass(&mut self.prefixes, part::PREFIX, batch.work(mine, |digest| digest.prefix), out);
        pass(&mut self.networks, part::NETWORK, batch.work(mine, |digest| digest.network), out);
        pass(&mut self.destinations, part::DESTINATION, batch.work(mine, |digest| digest.destination), out);
        pass(&mut self.counterparties, part::COUNTERPARTY, batch.work(mine, |digest| digest.counterparty), out);
        pass(&mut self.api_keys, part::API_KEY, batch.work(mine, |digest| digest.api_key), out);
    }

    /// What the accounts give.
    fn own(&mut self, batch: &Batch<'_>, mine: Mine, out: &mut impl Out) {
        pass(&mut self.accounts, part::ACCOUNT, batch.work(mine, |digest| digest.account), out);
    }
}

/// Which keys are a shard's.
#[derive(Clone, Copy)]
struct Mine {
    shard: u64,
    shards: u64,
}

impl Mine {
    fn has(self, key: u64) -> bool {
        // The low bits of a key say where it stands in its table.
        (key >> 40) % self.shards == self.shard
    }
}

/// Events with what they touch, and which of them are taken.
struct Batch<'events> {
    events: &'events [Event],
    digests: Vec<Digest>,
    taken: Vec<bool>,
}

impl Batch<'_> {
    /// The events of entities that are a shard's, in order.
    fn work(&self, mine: Mine, key_of: impl Fn(&Digest) -> u64) -> Vec<Work<'_>> {
        self.each()
            .map(|(number, (event, digest))| Work { number, key: key_of(digest), event, digest })
            .filter(|work| work.key != NOBODY && mine.has(work.key))
            .collect()
    }

    /// The events that are taken, by their number.
    fn each(&self) -> impl Iterator<Item = (u32, (&Event, &Digest))> {
        self.events
            .iter()
            .zip(&self.digests)
            .zip(&self.taken)
            .zip(0_u32..)
            .filter(|((_, taken), _)| **taken)
            .map(|((pair, _), number)| (number, pair))
    }
}

/// One event for one entity.
struct Work<'batch> {
    number: u32,
    key: u64,
    event: &'batch Event,
    digest: &'batch Digest,
}

/// How many events ahead of its use a state is fetched.
const AHEAD: usize = 8;

/// Fetches states while others are worked on.
struct Ahead<'work, 'batch> {
    expected: std::slice::Iter<'work, Work<'batch>>,
    fetched: std::slice::Iter<'work, Work<'batch>>,
}

impl<'work, 'batch> Ahead<'work, 'batch> {
    fn of(work: &'work [Work<'batch>]) -> Self {
        let from = |place: usize| work.get(place..).unwrap_or_default().iter();
        Self { expected: from(2 * AHEAD), fetched: from(AHEAD) }
    }

    /// Fetch for the events that come next.
    fn fetch<S: Entity>(&mut self, table: &Table<S>) {
        if let Some(later) = self.expected.next() {
            table.expect(later.key);
        }
        if let Some(later) = self.fetched.next() {
            table.fetch(later.key);
        }
    }
}

/// Let a shard's entities of one kind take their events, in order.
fn pass<S: Entity>(table: &mut Table<S>, begins: usize, work: Vec<Work<'_>>, out: &mut impl Out) {
    let mut ahead = Ahead::of(&work);
    for &Work { number, key, event, digest } in &work {
        ahead.fetch(table);
        if let Some(part) = out.part(number, begins, S::WIDTH) {
            let (state, before) = table.touch(key, digest.now);
            state.step(digest, event, before, part);
        }
    }
}

/// What an event gives where an entity is not named: what a fresh one would.
fn blank() -> [f32; WIDTH] {
    fn of<S: Entity>(row: &mut [f32; WIDTH], begins: usize, digest: &Digest, event: &Event) {
        if let Some(part) = row.get_mut(begins..begins + S::WIDTH) {
            S::default().step(digest, event, Moment::NEVER, part);
        }
    }
    let event = Event::new(crate::event::Kind::Login, 1, 1, 0);
    let digest = Digest::of(&event, KeySecret::new([1; 16]));
    let mut row = [0.0; WIDTH];
    of::<Device>(&mut row, part::DEVICE, &digest, &event);
    of::<Address>(&mut row, part::ADDRESS, &digest, &event);
    of::<Prefix>(&mut row, part::PREFIX, &digest, &event);
    of::<Network>(&mut row, part::NETWORK, &digest, &event);
    of::<Destination>(&mut row, part::DESTINATION, &digest, &event);
    of::<Counterparty>(&mut row, part::COUNTERPARTY, &digest, &event);
    of::<ApiKey>(&mut row, part::API_KEY, &digest, &event);
    row
}

/// All states, and what turns events into rows of parameters.
pub struct Engine {
    secret: KeySecret,
    shards: Vec<Shard>,
    blank: [f32; WIDTH],
}

impl Engine {
    /// An engine without any history, with so many shards, each of which a thread works on.
    pub fn new(secret: KeySecret, shards: usize, capacities: &Capacities) -> Self {
        let count = shards.clamp(1, 256);
        let shards = (0..count).map(|_| Shard::new(capacities, count)).collect();
        Self { secret, shards, blank: blank() }
    }

    /// What it holds.
    pub fn held(&self) -> Held {
        self.shards.iter().map(Shard::held).fold(Held::default(), |sum, each| Held {
            accounts: sum.accounts + each.accounts,
            others: sum.others + each.others,
            evicted: sum.evicted + each.evicted,
        })
    }

    /// Take a batch in: a row of [`WIDTH`] parameters for each event, as everything was just before it; or why an event
    /// was not taken, and changed nothing. Its row is of zeros then.
    ///
    /// `latest_us` is the latest moment that an event can be of: the present, and what clocks may be off by.
    pub fn take(&mut self, events: &[Event], latest_us: i64, rows: &mut Vec<f32>) -> Vec<Result<(), EventFault>> {
        let secret = self.secret;
        let digests = events.iter().map(|event| Digest::of(event, secret)).collect();
        let taken = events.iter().map(|event| event.at_us <= latest_us).collect();
        let mut batch = Batch { events, digests, taken };
        let mut told: Vec<Result<(), EventFault>> =
            batch.taken.iter().map(|&taken| if taken { Ok(()) } else { Err(EventFault::Future) }).collect();
        for (number, new) in self.each_shard(|shard, mine| shard.admit(&batch, mine)).into_iter().flatten() {
            if !new
                && let (Some(taken), Some(told)) = (batch.taken.get_mut(number as usize), told.get_mut(number as usize))
            {
                *taken = false;
                *told = Err(EventFault::Repeated);
            }
        }
        self.begin_rows(&batch, rows);
        self.fill_rows(&batch, rows);
        told
    }

    fn begin_rows(&self, batch: &Batch<'_>, rows: &mut Vec<f32>) {
        rows.clear();
        rows.reserve(batch.events.len() * WIDTH);
        for ((event, digest), taken) in batch.events.iter().zip(&batch.digests).zip(&batch.taken) {
            if *taken {
                rows.extend_from_slice(&plain::values(digest, event));
                rows.extend(self.blank.iter().skip(plain::WIDTH));
            } else {
                rows.extend_from_slice(&[0.0; WIDTH]);
            }
        }
    }

    fn fill_rows(&mut self, batch: &Batch<'_>, rows: &mut [f32]) {
        if let [only] = self.shards.as_mut_slice() {
            let (mine, mut out) = (Mine { shard: 0, shards: 1 }, Direct(rows));
            only.shared(batch, mine, &mut out);
            only.own(batch, mine, &mut out);
            return;
        }
        let kept = self.each_shard(|shard, mine| {
            let mut kept = Kept::default();
            shard.shared(batch, mine, &mut kept);
            // An account needs nothing of what the shared ones gave: its pass needs not wait for theirs.
            shard.own(batch, mine, &mut kept);
            kept
        });
        for each in kept {
            each.write(rows);
        }
    }

    /// Let every shard do its part, each in a thread of its own where there are several.
    fn each_shard<T: Send>(&mut self, act: impl Fn(&mut Shard, Mine) -> T + Sync) -> Vec<T> {
        let shards = self.shards.len() as u64;
        if let [only] = self.shards.as_mut_slice() {
            return vec![act(only, Mine { shard: 0, shards })];
        }
        let act = &act;
        thread::scope(|scope| {
            let working: Vec<_> = self
                .shards
                .iter_mut()
                .zip(0..)
                .map(|(each, shard)| scope.spawn(move || act(each, Mine { shard, shards })))
                .collect();
            working
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
                .collect()
        })
    }
}
