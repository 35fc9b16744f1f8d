//! Tables of entities' states: bounded, with the entity that was quiet for longest giving way to a new one.
//!
//! Keys are hashes already ([`crate::key`]), so that they say where they are. Open addressing with linear probing over
//! slot numbers; states lie in one slab. Which entity gives way depends on the keys and times alone, in the order in
//! which they came: the same events leave the same table.

use crate::moment::Moment;
use crate::wide::prefetch;

/// How many entities are compared when one has to give way.
const COMPARED: usize = 16;

/// What a table keeps of an entity: a state that begins as its default.
struct Entry<S> {
    key: u64,
    touched: Moment,
    state: S,
}

/// A bounded table of states by key.
pub(crate) struct Table<S> {
    /// Slot number plus one, or 0 for nothing; a power of two of them, at most half of them used.
    index: Vec<u32>,
    entries: Vec<Entry<S>>,
    capacity: usize,
    hand: usize,
    evicted: u64,
}

impl<S: Default> Table<S> {
    /// A table of at most `capacity` entities; memory is taken as they come.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, 1 << 30);
        let index = vec![0; (2 * capacity).next_power_of_two()];
        Self { index, entries: Vec::new(), capacity, hand: 0, evicted: 0 }
    }

    /// How many entities it has.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many had to give way so far.
    pub(crate) const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The bytes that one entity takes, with its part of the index.
    pub(crate) const fn entity_bytes() -> usize {
        size_of::<Entry<S>>() + 4 * size_of::<u32>()
    }

    /// The state of an entity, made anew where there is none; and when it was touched before.
    pub(crate) fn touch(&mut self, key: u64, now: Moment) -> (&mut S, Moment) {
        let entry = self.entry(key);
        let before = entry.touched;
        entry.touched = before.later_of(now);
        (&mut entry.state, before)
    }

    /// The state of an entity, made anew where there is none, as if nobody had looked.
    pub(crate) fn look(&mut self, key: u64) -> &mut S {
        &mut self.entry(key).state
    }

    fn entry(&mut self, key: u64) -> &mut Entry<S> {
        let slot = match self.find(key) {
            Some(slot) => slot,
            None => self.insert(key),
        };
        #[expect(clippy::indexing_slicing, reason = "both ways above give the slot of an entry")]
        &mut self.entries[slot]
    }

    /// The state of an entity, if there is one.
    #[cfg(test)]
    pub(crate) fn get(&self, key: u64) -> Option<&S> {
        self.entries.get(self.find(key)?).map(|entry| &entry.state)
    }

    /// Say that a key will be searched for soon.
    pub(crate) fn expect(&self, key: u64) {
        if let Some(place) = self.index.get(key as usize & self.mask()) {
            prefetch(place);
        }
    }

    /// Say that an entity's state will be used soon; its place in the index should be near by now.
    pub(crate) fn fetch(&self, key: u64) {
        let place = self.index.get(key as usize & self.mask()).copied().unwrap_or(0);
        if let Some(entry) = place.checked_sub(1).and_then(|slot| self.entries.get(slot as usize)) {
            prefetch(entry);
        }
    }

    fn mask(&self) -> usize {
        self.index.len() - 1
    }

    /// The slots that a search for a key looks at, in order.
    fn find(&self, key: u64) -> Option<usize> {
        let mask = self.mask();
        let mut place = key as usize & mask;
        loop {
            let slot = (*self.index.get(place)?).checked_sub(1)? as usize;
            if self.entries.get(slot)?.key == key {
                return Some(slot);
            }
            place = (place + 1) & mask;
        }
    }

    fn insert(&mut self, key: u64) -> usize {
        let fresh = Entry { key, touched: Moment::NEVER, state: S::default() };
        let slot = if self.entries.len() < self.capacity {
            self.entries.push(fresh);
            self.entries.len() - 1
        } else {
            let slot = self.quietest();
            if let Some(entry) = self.entries.get_mut(slot) {
                let gone = std::mem::replace(entry, fresh).key;
                self.remove(gone, slot);
            }
            self.evicted += 1;
            slot
        };
        let mask = self.mask();
        let mut place = key as usize & mask;
        while let Some(taken) = self.index.get_mut(place) {
            if *taken == 0 {
                *taken = slot as u32 + 1;
                break;
            }
            place = (place + 1) & mask;
        }
        slot
    }

    /// The slot of the entity that was quiet for longest, among the next few.
    fn quietest(&mut self) -> usize {
        let count = self.entries.len();
        let first = self.hand;
        self.hand = (first + COMPARED) % count;
        (first..first + COMPARED.min(count))
            .map(|slot| slot % count)
            .min_by_key(|&slot| (self.entries.get(slot).map(|entry| entry.touched), slot))
            .unwrap_or(first)
    }

    /// Take a key out of the index, and close the gap in its run.
    fn remove(&mut self, key: u64, slot: usize) {
        let mask = self.mask();
        let mut gap = key as usize & mask;
        while self.index.get(gap).is_some_and(|&taken| taken as usize != slot + 1) {
            gap = (gap + 1) & mask;
        }
        let mut place = gap;
        loop {
            place = (place + 1) & mask;
            let taken = self.index.get(place).copied().unwrap_or(0);
            let Some(next) = taken.checked_sub(1) else { break };
            let home = self.entries.get(next as usize).map_or(place, |entry| entry.key as usize & mask);
            // It may move to the gap if its home is not between the gap and where it stands.
            if place.wrapping_sub(home) & mask >= place.wrapping_sub(gap) & mask {
                self.set(gap, taken);
                gap = place;
            }
        }
        self.set(gap, 0);
    }

    fn set(&mut self, place: usize, slot: u32) {
        if let Some(taken) = self.index.get_mut(place) {
            *taken = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Moment {
        Moment::from_us(second * 1_000_000)
    }

    proptest! {
        #[test]
        fn it_is_a_map_until_it_is_full(keys in prop::collection::vec(0..500_u64, 0..2_000)) {
            let (mut table, mut model) = (Table::<u64>::new(500), HashMap::new());
            for key in keys {
                // Keys that begin alike, so that runs are long.
                let key = key << 3;
                *table.touch(key, at(1)).0 += 1;
                *model.entry(key).or_insert(0_u64) += 1;
            }
            prop_assert_eq!(table.len(), model.len());
            for (key, count) in &model {
                prop_assert_eq!(table.get(*key), Some(count));
            }
            prop_assert_eq!(table.evicted(), 0);
        }

        #[test]
        fn it_stays_bounded_and_whole(keys in prop::collection::vec(any::<u8>(), 0..3_000), capacity in 1..60_usize) {
            let mut table = Table::<u64>::new(capacity);
            for (second, key) in keys.iter().enumerate() {
                let key = u64::from(*key) << 2;
                *table.touch(key, at(second as i64 + 1)).0 = key;
                prop_assert!(table.len() <= capacity);
                prop_assert_eq!(table.get(key), Some(&key));
            }
            let used = table.index.iter().filter(|&&slot| slot != 0).count();
            prop_assert_eq!(used, table.len());
            for entry in &table.entries {
                prop_assert_eq!(table.get(entry.key), Some(&entry.state));
            }
        }
    }

    #[test]
    fn the_quietest_gives_way() {
        let mut table = Table::<u64>::new(4);
        for key in 0..4 {
            *table.touch(key, at(10 + key as i64)).0 = 1;
        }
        table.touch(0, at(100));
        table.touch(9, at(101));
        assert_eq!((table.get(1), table.get(0)), (None, Some(&1)));
        assert_eq!(table.evicted(), 1);
    }
}
