//! What a parameter is, and the catalogue of all: each is declared once, beside the code that computes it.

use std::fmt;

/// How old what happened may be to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The event itself.
    Event,
    /// Everything since the entity was first seen.
    Always,
    /// Fading: half of it counts after so many seconds.
    HalfLife(u32),
    /// The present period of so many days, and the one before it.
    Periods(u32),
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event => f.write_str("this event"),
            Self::Always => f.write_str("whole history"),
            Self::HalfLife(seconds) => write!(f, "half-life {}", span(*seconds)),
            Self::Periods(days) => write!(f, "this period of {days} days and the one before"),
        }
    }
}

/// A declared parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its identifier: entity, what, window.
    pub identifier: String,
    /// What it is, in words that end with a verb or a noun and no full stop.
    pub meaning: String,
    /// Whose state it comes from.
    pub entity: &'static str,
    /// What counts.
    pub window: Window,
    /// Its unit.
    pub unit: &'static str,
    /// Its value where nothing is known.
    pub missing: &'static str,
    /// Who could bring it into their favour, and how.
    pub gamed_by: &'static str,
}

/// Parameters of one entity, being declared.
pub(crate) struct Declaring {
    entity: &'static str,
    pub(crate) all: Vec<Parameter>,
}

impl Declaring {
    pub(crate) const fn of(entity: &'static str) -> Self {
        Self { entity, all: Vec::new() }
    }

    /// One parameter.
    pub(crate) fn one(
        &mut self,
        what: &str,
        window: Window,
        unit: &'static str,
        missing: &'static str,
        meaning: &str,
        gamed_by: &'static str,
    ) -> &mut Self {
        let identifier = format!("{}_{what}", self.entity);
        let meaning = meaning.to_owned();
        self.all.push(Parameter { identifier, meaning, entity: self.entity, window, unit, missing, gamed_by });
        self
    }

    /// A counter that fades, once for each half-life.
    pub(crate) fn counter(
        &mut self,
        half_lives_s: &[u32],
        what: &str,
        unit: &'static str,
        meaning: &str,
        gamed_by: &'static str,
    ) -> &mut Self {
        for &seconds in half_lives_s {
            let named = format!("{what}_{}", span(seconds));
            self.one(&named, Window::HalfLife(seconds), unit, "0", meaning, gamed_by);
        }
        self
    }
}

/// A span of seconds as identifiers have it: `5m`, `1h`, `30d`.
fn span(seconds: u32) -> String {
    match seconds {
        seconds if seconds % 86_400 == 0 => format!("{}d", seconds / 86_400),
        seconds if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        seconds => format!("{}m", seconds / 60),
    }
}
