//! Hard rules: what is decided whatever a model says, in the order in which people wrote them.
//!
//! A rule asks parameters for being above or below borders, all of them at once; the first rule that holds decides. Then
//! comes the model's score. The stricter of both counts: a rule that allows nothing cannot be outvoted, and one that
//! allows does not silence the model.

use crate::error::ModelFault;
use crate::event::Kind;
use crate::row::WIDTH;

/// The most rules that there are.
pub const MAX_RULES: usize = 256;

/// The most conditions that one rule has.
pub const MAX_CONDITIONS: usize = 16;

/// The longest identifier or words of a rule, in bytes.
pub const MAX_RULE_TEXT: usize = 200;

/// What may happen now; later ones are stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// It goes on.
    Allow = 0,
    /// The customer confirms it again.
    StepUp = 1,
    /// A person looks at it.
    Review = 2,
    /// It does not happen.
    Block = 3,
}

impl Outcome {
    /// Its name, as decisions and attestations spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::StepUp => "step_up",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

/// One question of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// The parameter, by its place in a row.
    pub parameter: u32,
    /// Whether it has to be above the border; otherwise it has to be at it or below.
    pub above: bool,
    /// The border.
    pub border: f32,
}

impl Condition {
    fn holds(&self, row: &[f32]) -> bool {
        row.get(self.parameter as usize).is_some_and(|value| (*value > self.border) == self.above)
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its identifier, unique among the rules.
    pub identifier: String,
    /// Which kinds of events it is about; none is all.
    pub kinds: Vec<Kind>,
    /// What has to hold, all of it.
    pub conditions: Vec<Condition>,
    /// What it decides.
    pub outcome: Outcome,
    /// Why, in words for whoever reads the decision.
    pub words: String,
}

/// The scores from which a model asks for more, each at least as high as the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// From here the customer confirms again.
    pub step_up: f64,
    /// From here a person looks.
    pub review: f64,
    /// From here it does not happen.
    pub block: f64,
}

impl Thresholds {
    fn outcome(&self, score: f64) -> Outcome {
        // A score that is no number is none to rely on: a person looks.
        match score {
            score if score.is_nan() => Outcome::Review,
            score if score >= self.block => Outcome::Block,
            score if score >= self.review => Outcome::Review,
            score if score >= self.step_up => Outcome::StepUp,
            _ => Outcome::Allow,
        }
    }
}

/// What was decided about one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// What may happen.
    pub outcome: Outcome,
    /// The first rule that held, by its place; also where the model was stricter.
    pub rule: Option<u16>,
    /// The model's score.
    pub score: f64,
}

/// Rules and thresholds of one version, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    thresholds: Thresholds,
}

impl Rules {
    /// Check rules and thresholds.
    ///
    /// # Errors
    ///
    /// Too many rules or conditions, an identifier twice or empty, a parameter that no row has, a border that is no
    /// number, a rule that always holds and is not the last, thresholds out of order.
    pub fn new(rules: Vec<Rule>, thresholds: Thresholds) -> Result<Self, ModelFault> {
        if rules.len() > MAX_RULES {
            return Err(ModelFault(format!("there are at most {MAX_RULES} rules, not {}", rules.len())));
        }
        let ordered = [thresholds.step_up, thresholds.review, thresholds.block];
        if ordered.iter().any(|each| each.is_nan()) || !ordered.is_sorted() {
            return Err(ModelFault("thresholds are numbers, each at least as high as the one before".to_owned()));
        }
        for (place, rule) in rules.iter().enumerate() {
            rule.check()?;
            if rules.iter().take(place).any(|other| other.identifier == rule.identifier) {
                return Err(ModelFault(format!("rule {:?} is there twice", rule.identifier)));
            }
            let always = rule.conditions.is_empty() && rule.kinds.is_empty();
            if always && place + 1 != rules.len() {
                return Err(ModelFault(format!("rule {:?} always holds: those after it never count", rule.identifier)));
            }
        }
        Ok(Self { rules, thresholds })
    }

    /// The rules, in their order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Decide about one event, by its row and the model's score of it.
    pub fn decide(&self, kind: Kind, row: &[f32], score: f64) -> Decision {
        let held = self.rules.iter().position(|rule| rule.holds(kind, row));
        let by_rule = held.and_then(|place| self.rules.get(place)).map_or(Outcome::Allow, |rule| rule.outcome);
        let outcome = by_rule.max(self.thresholds.outcome(score));
        // There are fewer rules than sixteen bits count.
        Decision { outcome, rule: held.map(|place| place as u16), score }
    }
}

impl Rule {
    fn check(&self) -> Result<(), ModelFault> {
        let name = &self.identifier;
        for text in [name, &self.words] {
            if text.is_empty() || text.len() > MAX_RULE_TEXT {
                return Err(ModelFault(format!("a rule has an identifier and words of 1 to {MAX_RULE_TEXT} bytes")));
            }
        }
        if self.conditions.len() > MAX_CONDITIONS {
            return Err(ModelFault(format!("rule {name:?} has more than {MAX_CONDITIONS} conditions")));
        }
        let foreign = |each: &Condition| each.parameter as usize >= WIDTH || each.border.is_nan();
        if self.conditions.iter().any(foreign) {
            return Err(ModelFault(format!("rule {name:?} asks for what no row has, or for what is no number")));
        }
        Ok(())
    }

    fn holds(&self, kind: Kind, row: &[f32]) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind)) && self.conditions.iter().all(|each| each.holds(row))
    }
}
