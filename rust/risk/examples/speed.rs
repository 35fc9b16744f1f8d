//! How fast events become rows and rows become scores, stage by stage, on one core.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Instant;

use holdfast_risk::{
    Capacities, EVENT_BYTES, Engine, Event, Forest, KeySecret, Kind, Split, Tree, WIDTH, account_bytes, flag,
};

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

fn bytes16(n: u64) -> [u8; 16] {
    let mut b = [0; 16];
    b[..8].copy_from_slice(&(n + 1).to_le_bytes());
    b
}

fn event(chance: &mut Chance, accounts: u64, sequence: u64) -> Event {
    let account = chance.below(accounts) + 1;
    let kind = Kind::ALL[[0, 0, 0, 6, 6, 6, 6, 6, 5, 8, 7, 4][chance.below(12) as usize]];
    let mut e = Event::new(kind, account, sequence, 1_790_000_000_000_000 + sequence as i64 * 10);
    e.flags = if chance.below(20) == 0 { 0 } else { flag::SUCCEEDED };
    e.value_cents = chance.below(1_000_000);
    e.balance_cents = chance.below(100_000_000);
    e.device = bytes16(account * 3 + chance.below(3));
    e.address = bytes16(account * 2 + chance.below(2));
    e.asn = chance.below(20_000) as u32 + 1;
    e.country = (account % 200) as u16 + 1;
    e.agent = account % 500 + 1;
    if kind == Kind::Withdrawal || kind == Kind::AddressBookChange {
        e.destination[..8].copy_from_slice(&(account * 4 + chance.below(4) + 1).to_le_bytes());
        e.destination[8] = 1;
    }
    if kind == Kind::Transfer {
        e.counterparty = chance.below(accounts) + 1;
    }
    if kind == Kind::Order && account.is_multiple_of(10) {
        e.api_key = bytes16(account);
    }
    e
}

fn main() {
    let accounts: u64 = std::env::args().nth(1).map_or(1_000_000, |n| n.parse().unwrap());
    let mut chance = Chance(88_172_645_463_325_252);
    let trees: Vec<Tree> = (0..200)
        .map(|_| Tree {
            splits: (0..6)
                .map(|_| Split {
                    parameter: chance.below(WIDTH as u64) as u32,
                    border: chance.below(100) as f32 / 10.0,
                })
                .collect(),
            leaves: (0..64).map(|_| chance.below(1000) as f64 / 1e4 - 0.05).collect(),
        })
        .collect();
    let forest = Forest::new(&trees, 1.0, 0.0, WIDTH).unwrap();
    let capacities = Capacities::for_accounts(accounts as usize);
    println!(
        "parameters {WIDTH}; account {} bytes; all at most {:.2} GB",
        account_bytes(),
        capacities.bytes() as f64 / 1e9
    );
    let mut engine = Engine::new(KeySecret::new(*b"0123456789abcdef"), 1, &capacities);
    const BATCH: usize = 1_024;
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    let mut sequence = 0;
    // Every account once, so that the state is there.
    let began = Instant::now();
    for first in (0..accounts).step_by(BATCH) {
        let batch: Vec<Event> = (first..(first + BATCH as u64).min(accounts))
            .map(|n| {
                sequence += 1;
                let mut e = event(&mut chance, accounts, sequence);
                e.account = n + 1;
                e
            })
            .collect();
        engine.take(&batch, i64::MAX, &mut rows);
    }
    println!("filled in {:.1} s: {:?}", began.elapsed().as_secs_f64(), engine.held());
    let (mut decode, mut take, mut tree) = (0.0, 0.0, 0.0);
    let rounds: usize = std::env::args().nth(2).map_or(1_000, |n| n.parse().unwrap());
    let mut sum = 0.0;
    for _ in 0..rounds {
        let encoded: Vec<u8> = (0..BATCH)
            .flat_map(|_| {
                sequence += 1;
                event(&mut chance, accounts, sequence).encode()
            })
            .collect();
        let a = Instant::now();
        let batch: Vec<Event> = encoded.chunks_exact(EVENT_BYTES).map(|b| Event::decode(b).unwrap()).collect();
        let b = Instant::now();
        let told = engine.take(&batch, i64::MAX, &mut rows);
        let c = Instant::now();
        forest.evaluate(&rows, &mut values);
        let d = Instant::now();
        assert!(told.iter().all(Result::is_ok));
        decode += (b - a).as_secs_f64();
        take += (c - b).as_secs_f64();
        tree += (d - c).as_secs_f64();
        sum += values[0];
    }
    let n = (rounds * BATCH) as f64;
    println!(
        "decode {:.0} ns, state {:.0} ns, trees {:.0} ns, whole {:.0} ns an event: {:.2} M events/s ({sum:.3})",
        decode / n * 1e9,
        take / n * 1e9,
        tree / n * 1e9,
        (decode + take + tree) / n * 1e9,
        n / (decode + take + tree) / 1e6
    );
}
