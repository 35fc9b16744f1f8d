//! The risk engine's core: events in, rows of parameters out, and the trees that weigh them.
//!
//! Everything that is known of an account, a device, an address or a destination is a bounded state that each event
//! moves on; a parameter is what such a state says just before an event. Time comes from events alone, and arithmetic is
//! of operations that give the same bits everywhere: the same events give the same rows, whenever and wherever they are
//! taken again. Pure: no I/O, no Python, no clock, no randomness.

#![deny(unsafe_code)]

mod decay;
mod digest;
mod distinct;
mod engine;
mod error;
mod event;
mod key;
mod moment;
mod number;
mod parameter;
mod row;
mod rules;
mod state;
mod table;
mod trees;
mod wide;

pub use engine::{Capacities, Engine, Held, account_bytes};
pub use error::{EventFault, ModelFault};
pub use event::{
    EVENT_BYTES, EVENT_VERSION, Event, HOPS_UNKNOWN, Kind, LATEST_US, MOST_CENTS, PLACE_UNKNOWN, SCORE_UNKNOWN, flag,
};
pub use key::KeySecret;
pub use parameter::{Parameter, Window};
pub use row::{WIDTH, catalogue};
pub use rules::{Condition, Decision, MAX_CONDITIONS, MAX_RULE_TEXT, MAX_RULES, Outcome, Rule, Rules, Thresholds};
pub use trees::{Forest, LANES, MAX_DEPTH, MAX_TREES, Split, Tree};
