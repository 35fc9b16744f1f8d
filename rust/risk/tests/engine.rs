//! The engine by its public names: sharding, repetition, replay, bounds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use holdfast_risk::{Capacities, Engine, Event, EventFault, KeySecret, Kind, WIDTH, catalogue, flag};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

const START_US: i64 = 1_790_000_000_000_000;

fn sixteen(number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}

prop_compose! {
    /// An event of a small exchange, so that everybody meets everybody.
    fn an_event()(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        flags in 0..=flag::ALL,
        account in 1..12_u64,
        others in (0..6_u64, 0..6_u64, 0..4_u32, 0..6_u8, 0..6_u64, 0..4_u64),
        cents in (0..10_000_000_u64, 0..100_000_000_u64),
        later_us in 0..7_200_000_000_i64,
        place in (-9_000..=9_000_i16, -18_000..=18_000_i16, -720..=720_i16),
        scores in (0..=1_000_u16, 0..=1_000_u16, any::<i16>()),
        rest in (0..5_u64, 0..5_u16, 0..5_u8, 0..4_u8),
    ) -> (i64, Event) {
        let mut event = Event::new(kind, account, 0, 0);
        event.flags = flags;
        event.device = sixteen(others.0);
        event.address = sixteen(others.1 << 40);
        event.asn = others.2;
        event.destination[0] = others.3;
        event.counterparty = others.4;
        event.api_key = sixteen(others.5);
        (event.value_cents, event.balance_cents) = cents;
        (event.latitude_centi, event.longitude_centi, event.zone_minutes) = place;
        (event.keystroke_score, event.mouse_score, event.price_bp) = scores;
        (event.agent, event.country, event.credential, event.hops) = rest;
        (later_us, event)
    }
}

/// Events in the order of time, numbered within their accounts.
fn history(drawn: Vec<(i64, Event)>) -> Vec<Event> {
    let (mut now_us, mut sequence) = (START_US, 0);
    drawn
        .into_iter()
        .map(|(later_us, mut event)| {
            now_us += later_us;
            sequence += 1;
            (event.at_us, event.sequence) = (now_us, sequence);
            event
        })
        .collect()
}

fn engine(shards: usize) -> Engine {
    Engine::new(KeySecret::new([7; 16]), shards, &Capacities::for_accounts(1_000))
}

/// The rows of a history that is taken in batches of a size.
fn rows(engine: &mut Engine, events: &[Event], size: usize) -> Vec<f32> {
    let (mut all, mut rows) = (Vec::new(), Vec::new());
    for batch in events.chunks(size) {
        assert!(engine.take(batch, i64::MAX, &mut rows).iter().all(Result::is_ok));
        all.extend_from_slice(&rows);
    }
    all
}

fn bits(rows: &[f32]) -> Vec<u32> {
    rows.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shards_and_batches_change_no_result(
        drawn in prop::collection::vec(an_event(), 1..150),
        shards in 2..5_usize,
        size in 1..70_usize,
    ) {
        let events = history(drawn);
        let whole = rows(&mut engine(1), &events, events.len());
        prop_assert!(whole.iter().all(|value| value.is_finite()));
        prop_assert_eq!(bits(&whole), bits(&rows(&mut engine(1), &events, 1)));
        prop_assert_eq!(bits(&whole), bits(&rows(&mut engine(shards), &events, size)));
    }

    #[test]
    fn an_event_that_was_taken_changes_nothing_again(drawn in prop::collection::vec(an_event(), 2..60)) {
        let events = history(drawn);
        let (first, last) = events.split_at(events.len() / 2);
        let clean = { let mut engine = engine(2); rows(&mut engine, first, 9); rows(&mut engine, last, 9) };
        let mut again = engine(2);
        rows(&mut again, first, 9);
        let mut told = Vec::new();
        for batch in first.chunks(7) {
            let faults = again.take(batch, i64::MAX, &mut told);
            prop_assert!(faults.iter().all(|fault| *fault == Err(EventFault::Repeated)));
            prop_assert!(told.iter().all(|value| *value == 0.0));
        }
        prop_assert_eq!(bits(&clean), bits(&rows(&mut again, last, 9)));
    }

    #[test]
    fn events_come_back_from_their_bytes((later_us, event) in an_event()) {
        let mut event = event;
        event.at_us = START_US + later_us;
        let bytes = event.encode();
        prop_assert_eq!(Event::decode(&bytes), Ok(event));
    }

    #[test]
    fn no_bytes_do_worse_than_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0..231_usize, byte: u8) {
        let _ = Event::decode(&bytes);
        let mut altered = Event::new(Kind::Login, 1, 1, START_US).encode();
        altered[at] = byte;
        if let Ok(event) = Event::decode(&altered) {
            prop_assert_eq!(event.encode(), altered);
            let mut rows = Vec::new();
            engine(1).take(&[event], i64::MAX, &mut rows).iter().for_each(|told| assert!(told.is_ok()));
            prop_assert!(rows.iter().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn within_a_batch_too_an_event_is_taken_once() {
    let event = Event::new(Kind::Login, 5, 9, START_US);
    let told = engine(1).take(&[event.clone(), event], i64::MAX, &mut Vec::new());
    assert_eq!(told, [Ok(()), Err(EventFault::Repeated)]);
}

#[test]
fn an_event_from_the_future_changes_nothing() {
    let mut engine = engine(1);
    let event = Event::new(Kind::Login, 5, 9, START_US + 1);
    assert_eq!(engine.take(std::slice::from_ref(&event), START_US, &mut Vec::new()), [Err(EventFault::Future)]);
    assert_eq!(engine.held().accounts, 0);
    assert_eq!(engine.take(&[event], START_US + 1, &mut Vec::new()), [Ok(())]);
}

#[test]
fn a_million_devices_on_one_account_stay_within_bounds() {
    let capacities = Capacities::for_accounts(1_000);
    let mut engine = Engine::new(KeySecret::new([7; 16]), 1, &capacities);
    let honest = |sequence: u64| {
        let mut event = Event::new(Kind::Login, 2, sequence, START_US + sequence as i64 * 1_000);
        event.device = sixteen(7);
        event.flags = flag::SUCCEEDED;
        event
    };
    let mut rows = Vec::new();
    let known = catalogue().iter().position(|each| each.identifier == "account_device_known_for").unwrap();
    for round in 0..200_u64 {
        let mut flood: Vec<Event> = (0..1_000)
            .map(|number| {
                let sequence = round * 1_000 + number + 1;
                let mut event = Event::new(Kind::Login, 1, sequence, START_US + sequence as i64 * 1_000);
                event.device = sixteen(1_000 + sequence);
                event
            })
            .collect();
        flood.push(honest((round + 1) * 1_000));
        engine.take(&flood, i64::MAX, &mut rows);
        // What an account knows of its own devices does not hang on the table that everybody shares.
        let row = &rows[rows.len() - WIDTH..];
        assert_eq!(row[known] > 0.0, round > 0);
    }
    let held = engine.held();
    assert_eq!(held.accounts, 2);
    assert!(held.others <= capacities.devices + 10, "{held:?}");
    assert!(held.evicted > 100_000);
}

#[test]
fn every_parameter_varies() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(an_event(), 4_000);
    let drawn = strategy.new_tree(&mut runner).unwrap().current();
    let all = rows(&mut engine(1), &history(drawn), 512);
    for (place, parameter) in catalogue().iter().enumerate() {
        let first = all[place];
        let varies = all.iter().skip(place).step_by(WIDTH).any(|value| *value != first);
        assert!(varies, "{} is always {first}", parameter.identifier);
    }
}
