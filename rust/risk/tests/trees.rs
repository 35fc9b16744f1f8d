//! Trees: as one would walk them by hand, whatever the block; and models that are refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use holdfast_risk::{Forest, LANES, MAX_DEPTH, Split, Tree};
use proptest::prelude::*;

const WIDTH: usize = 9;

prop_compose! {
    fn a_tree()(depth in 0..7_usize)(
        splits in prop::collection::vec((0..WIDTH as u32, -2.0..2.0_f32), depth),
        leaves in prop::collection::vec(-1.0..1.0_f64, 1 << depth),
    ) -> Tree {
        let splits = splits.into_iter().map(|(parameter, border)| Split { parameter, border }).collect();
        Tree { splits, leaves }
    }
}

/// One row, tree by tree and question by question.
fn walked(trees: &[Tree], scale: f64, bias: f64, row: &[f32]) -> f64 {
    let mut sum = 0.0;
    for tree in trees {
        let mut leaf = 0;
        for (bit, split) in tree.splits.iter().enumerate() {
            if row[split.parameter as usize] > split.border {
                leaf += 1 << bit;
            }
        }
        sum += tree.leaves[leaf];
    }
    sum * scale + bias
}

proptest! {
    #[test]
    fn all_rows_at_once_are_each_row_alone(
        trees in prop::collection::vec(a_tree(), 0..30),
        rows in prop::collection::vec(prop::collection::vec(-3.0..3.0_f32, WIDTH), 0..3 * LANES),
        scale in -2.0..2.0_f64,
        bias in -1.0..1.0_f64,
    ) {
        let forest = Forest::new(&trees, scale, bias, WIDTH).unwrap();
        let mut values = vec![9.0];
        forest.evaluate(&rows.concat(), &mut values);
        prop_assert_eq!(values.len(), rows.len());
        for (row, value) in rows.iter().zip(values) {
            prop_assert_eq!(value.to_bits(), walked(&trees, scale, bias, row).to_bits());
        }
    }
}

#[test]
fn what_is_no_number_is_above_no_border() {
    let tree = Tree { splits: vec![Split { parameter: 0, border: -1e30 }], leaves: vec![1.0, 2.0] };
    let mut values = Vec::new();
    Forest::new(&[tree], 1.0, 0.0, 1)
        .unwrap()
        .evaluate(&[f32::NAN, f32::NEG_INFINITY, 0.0, f32::INFINITY], &mut values);
    assert_eq!(values, [1.0, 1.0, 2.0, 2.0]);
}

#[test]
fn models_that_are_none() {
    let good = || Tree { splits: vec![Split { parameter: 0, border: 0.5 }], leaves: vec![0.0, 1.0] };
    assert!(Forest::new(&[good()], 1.0, 0.0, 1).is_ok());
    let spoiled: [fn(&mut Tree); 6] = [
        |tree| tree.leaves.truncate(1),
        |tree| tree.leaves.push(0.0),
        |tree| tree.leaves[0] = f64::NAN,
        |tree| tree.splits[0].parameter = 1,
        |tree| tree.splits[0].border = f32::NAN,
        |tree| tree.splits = vec![Split { parameter: 0, border: 0.0 }; MAX_DEPTH + 1],
    ];
    for spoil in spoiled {
        let mut tree = good();
        spoil(&mut tree);
        assert!(Forest::new(&[tree], 1.0, 0.0, 1).is_err());
    }
    assert!(Forest::new(&[good()], f64::INFINITY, 0.0, 1).is_err());
    assert!(Forest::new(&[good()], 1.0, f64::NAN, 1).is_err());
}
