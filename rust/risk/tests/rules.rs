//! Rules by their public names: the first that holds, the stricter of rule and model, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use holdfast_risk::{Condition, Kind, MAX_CONDITIONS, MAX_RULES, Outcome, Rule, Rules, Thresholds, WIDTH};
use proptest::prelude::*;

const CAREFUL: Thresholds = Thresholds { step_up: 0.3, review: 0.6, block: 0.9 };

fn above(parameter: u32, border: f32) -> Condition {
    Condition { parameter, above: true, border }
}

fn rule(identifier: &str, conditions: Vec<Condition>, outcome: Outcome) -> Rule {
    Rule { identifier: identifier.to_owned(), kinds: vec![], conditions, outcome, words: "because".to_owned() }
}

fn row(values: &[(usize, f32)]) -> Vec<f32> {
    let mut row = vec![0.0; WIDTH];
    for (place, value) in values {
        row[*place] = *value;
    }
    row
}

#[test]
fn the_first_that_holds_decides() {
    let rules = vec![
        rule("both", vec![above(3, 1.0), above(4, 1.0)], Outcome::Block),
        rule("one", vec![above(3, 1.0)], Outcome::StepUp),
    ];
    let rules = Rules::new(rules, CAREFUL).unwrap();
    for (values, outcome, held) in [
        (vec![(3, 2.0), (4, 2.0)], Outcome::Block, Some(0)),
        (vec![(3, 2.0), (4, 1.0)], Outcome::StepUp, Some(1)),
        (vec![(4, 2.0)], Outcome::Allow, None),
    ] {
        let decision = rules.decide(Kind::Withdrawal, &row(&values), 0.0);
        assert_eq!((decision.outcome, decision.rule), (outcome, held), "{values:?}");
    }
}

#[test]
fn a_rule_is_about_its_kinds() {
    let only = Rule { kinds: vec![Kind::Login, Kind::Transfer], ..rule("logins", vec![], Outcome::Review) };
    let rules = Rules::new(vec![only, rule("all", vec![], Outcome::StepUp)], CAREFUL).unwrap();
    assert_eq!(rules.decide(Kind::Transfer, &row(&[]), 0.0).outcome, Outcome::Review);
    assert_eq!(rules.decide(Kind::Order, &row(&[]), 0.0).outcome, Outcome::StepUp);
}

#[test]
fn the_stricter_of_rule_and_model_counts() {
    let rules =
        vec![rule("friendly", vec![above(1, 0.5)], Outcome::Allow), rule("hard", vec![above(2, 0.5)], Outcome::Block)];
    let rules = Rules::new(rules, CAREFUL).unwrap();
    assert_eq!(rules.decide(Kind::Order, &row(&[(1, 1.0)]), 0.95).outcome, Outcome::Block);
    assert_eq!(rules.decide(Kind::Order, &row(&[(1, 1.0)]), 0.95).rule, Some(0));
    assert_eq!(rules.decide(Kind::Order, &row(&[(2, 1.0)]), 0.0).outcome, Outcome::Block);
}

#[test]
fn scores_at_their_thresholds() {
    let rules = Rules::new(vec![], CAREFUL).unwrap();
    for (score, outcome) in [
        (0.299, Outcome::Allow),
        (0.3, Outcome::StepUp),
        (0.6, Outcome::Review),
        (0.9, Outcome::Block),
        (f64::INFINITY, Outcome::Block),
        (f64::NEG_INFINITY, Outcome::Allow),
        (f64::NAN, Outcome::Review),
    ] {
        assert_eq!(rules.decide(Kind::Order, &row(&[]), score).outcome, outcome, "{score}");
    }
}

proptest! {
    #[test]
    fn a_higher_score_is_never_decided_more_gently(low in -1.0..2.0_f64, more in 0.0..2.0_f64, value in -2.0..2.0_f32) {
        let rules = vec![rule("one", vec![above(0, 0.0)], Outcome::StepUp), rule("rest", vec![], Outcome::Allow)];
        let rules = Rules::new(rules, CAREFUL).unwrap();
        let decided = |score| rules.decide(Kind::Login, &row(&[(0, value)]), score).outcome;
        prop_assert!(decided(low) <= decided(low + more));
    }

    #[test]
    fn at_a_border_is_not_above_it(border in -10.0..10.0_f32, value in -10.0..10.0_f32) {
        let below = Condition { above: false, ..above(7, border) };
        let rules = vec![rule("above", vec![above(7, border)], Outcome::Block), rule("below", vec![below], Outcome::Review)];
        let decision = Rules::new(rules, CAREFUL).unwrap().decide(Kind::Login, &row(&[(7, value)]), 0.0);
        prop_assert_eq!(decision.rule, Some(u16::from(value <= border)));
    }
}

#[test]
fn rules_that_are_none() {
    let good = || rule("good", vec![above(0, 1.0)], Outcome::Block);
    let refused = |rules: Vec<Rule>| Rules::new(rules, CAREFUL).is_err();
    assert!(!refused(vec![good()]));
    assert!(refused(vec![good(), good()]), "twice");
    assert!(refused(vec![rule("always", vec![], Outcome::Allow), good()]), "those after it never count");
    assert!(refused(vec![rule("", vec![], Outcome::Allow)]));
    assert!(refused(vec![Rule { words: String::new(), ..good() }]));
    assert!(refused(vec![Rule { words: "x".repeat(201), ..good() }]));
    assert!(refused(vec![rule("foreign", vec![above(WIDTH as u32, 0.0)], Outcome::Block)]));
    assert!(refused(vec![rule("no number", vec![above(0, f32::NAN)], Outcome::Block)]));
    assert!(refused(vec![rule("long", vec![above(0, 0.0); MAX_CONDITIONS + 1], Outcome::Block)]));
    let many = |count: usize| {
        (0..count).map(|number| rule(&number.to_string(), vec![above(0, 1.0)], Outcome::Block)).collect()
    };
    assert!(!refused(many(MAX_RULES)));
    assert!(refused(many(MAX_RULES + 1)));
    for thresholds in [
        Thresholds { step_up: 0.7, ..CAREFUL },
        Thresholds { block: 0.5, ..CAREFUL },
        Thresholds { review: f64::NAN, ..CAREFUL },
    ] {
        assert!(Rules::new(vec![], thresholds).is_err());
    }
}
