//! Oblivious decision trees: every level of a tree asks one question, so that a leaf's number is its answers' bits.
//!
//! Evaluated over many rows at a time, column by column, so that a question is asked of all of them at once. The sum is
//! made in double precision and in the order of the trees, as the trainer makes it.

use crate::error::ModelFault;

/// The most levels that a tree has.
pub const MAX_DEPTH: usize = 12;

/// The most trees that a model has.
pub const MAX_TREES: usize = 10_000;

/// How many rows are evaluated together.
pub const LANES: usize = 32;

/// One question: is the parameter greater than the border?
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// The parameter, by its place in the row.
    pub parameter: u32,
    /// The border. What is no number is greater than none.
    pub border: f32,
}

/// A tree: its questions, the first of which is the lowest bit, and a value for each combination of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The questions.
    pub splits: Vec<Split>,
    /// `2^questions` values.
    pub leaves: Vec<f64>,
}

/// A model: trees, whose sum is scaled and shifted.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    splits: Vec<Split>,
    leaves: Vec<f64>,
    depths: Vec<u8>,
    scale: f64,
    bias: f64,
    width: usize,
}

impl Forest {
    /// A model over rows of `width` parameters.
    ///
    /// # Errors
    ///
    /// A tree that is too deep, has other than `2^depth` leaves, asks for a parameter that no row has, or holds what is
    /// no number.
    pub fn new(trees: &[Tree], scale: f64, bias: f64, width: usize) -> Result<Self, ModelFault> {
        if trees.len() > MAX_TREES || !scale.is_finite() || !bias.is_finite() {
            return Err(ModelFault(format!("a model has at most {MAX_TREES} trees, and numbers for scale and bias")));
        }
        let mut forest = Self { splits: Vec::new(), leaves: Vec::new(), depths: Vec::new(), scale, bias, width };
        for (number, tree) in trees.iter().enumerate() {
            let depth = tree.splits.len();
            if depth > MAX_DEPTH || tree.leaves.len() != 1 << depth {
                return Err(ModelFault(format!(
                    "tree {number} has {depth} questions and {} leaves",
                    tree.leaves.len()
                )));
            }
            let foreign = tree.splits.iter().any(|split| split.parameter as usize >= width || split.border.is_nan());
            if foreign || !tree.leaves.iter().all(|leaf| leaf.is_finite()) {
                return Err(ModelFault(format!("tree {number} asks for what no row has, or holds what is no number")));
            }
            forest.splits.extend(&tree.splits);
            forest.leaves.extend(&tree.leaves);
            forest.depths.push(depth as u8);
        }
        Ok(forest)
    }

    /// How many parameters a row has.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The raw value of each row, one after another.
    pub fn evaluate(&self, rows: &[f32], values: &mut Vec<f64>) {
        values.clear();
        let mut columns = vec![[0.0_f32; LANES]; self.width];
        for block in rows.chunks(LANES * self.width.max(1)) {
            let count = block.len() / self.width.max(1);
            for (lane, row) in block.chunks_exact(self.width.max(1)).enumerate() {
                for (column, value) in columns.iter_mut().zip(row) {
                    if let Some(place) = column.get_mut(lane) {
                        *place = *value;
                    }
                }
            }
            let sums = crate::wide::sums(self, &columns);
            values.extend(sums.iter().take(count).map(|sum| sum * self.scale + self.bias));
        }
    }

    /// The sums of all trees over one block of columns.
    #[inline(always)]
    pub(crate) fn sums(&self, columns: &[[f32; LANES]]) -> [f64; LANES] {
        let (mut sums, mut splits, mut leaves) = ([0.0; LANES], self.splits.as_slice(), self.leaves.as_slice());
        for &depth in &self.depths {
            let Some((mine, others)) = splits.split_at_checked(usize::from(depth)) else { break };
            let Some((values, rest)) = leaves.split_at_checked(1 << depth) else { break };
            (splits, leaves) = (others, rest);
            let mut numbers = [0_u32; LANES];
            for (bit, split) in mine.iter().enumerate() {
                let Some(column) = columns.get(split.parameter as usize) else { continue };
                for (number, value) in numbers.iter_mut().zip(column) {
                    *number |= u32::from(*value > split.border) << bit;
                }
            }
            for (sum, number) in sums.iter_mut().zip(numbers) {
                // A number has as many bits as the tree has questions, so this leaf is there.
                *sum += values.get(number as usize).copied().unwrap_or(0.0);
            }
        }
        sums
    }
}
