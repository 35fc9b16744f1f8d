//! What is usual: a mean and a variance that fade.

/// A fading mean and variance of magnitudes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usual {
    weight: f32,
    mean: f32,
    spread: f32,
}

/// The largest deviation: beyond it nothing gets more unusual.
const MOST: f32 = 30.0;

/// What the least spread is taken for: a customer who always does the same is not surprised by a little more.
const LEAST_VARIANCE: f32 = 0.25;

impl Usual {
    /// How many standard deviations a value is above the mean; 0 below two values.
    pub(crate) fn deviation(&self, value: f32) -> f32 {
        if self.weight < 1.5 {
            return 0.0;
        }
        let variance = (self.spread / self.weight).max(LEAST_VARIANCE);
        ((value - self.mean) / variance.sqrt()).clamp(-MOST, MOST)
    }

    /// Forget by a factor, and take a value in.
    pub(crate) fn take(&mut self, value: f32, factor: f32) {
        let before = self.weight * factor;
        self.weight = before + 1.0;
        let away = value - self.mean;
        self.mean += away / self.weight;
        self.spread = self.spread * factor + away * (value - self.mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_mean_and_the_variance_where_nothing_fades() {
        let values = [3.0_f32, 5.0, 8.0, 1.0, 9.0, 2.5];
        let mut usual = Usual::default();
        for value in values {
            usual.take(value, 1.0);
        }
        let mean = values.iter().sum::<f32>() / 6.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 6.0;
        assert!((usual.deviation(12.0) - (12.0 - mean) / variance.sqrt()).abs() < 1e-4);
    }

    #[test]
    fn one_value_says_nothing() {
        let mut usual = Usual::default();
        assert_eq!(usual.deviation(9.0), 0.0);
        usual.take(9.0, 1.0);
        assert_eq!(usual.deviation(90.0), 0.0);
        usual.take(9.0, 1.0);
        assert_eq!(usual.deviation(900.0), MOST);
    }
}
