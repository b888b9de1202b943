//! Welch's t-test: could two samples have the same mean?

/// A summary of measurements: count, mean and variance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    count: f64,
    pub(crate) mean: f64,
    variance: f64,
}

impl Sample {
    /// Of at least two values.
    pub(crate) fn of(values: &[f64]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand are counted exactly")]
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        Self { count, mean, variance: squares / (count - 1.0) }
    }

    pub(crate) fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }

    /// The difference of the means in units of its standard error.
    pub(crate) fn welch_t(&self, other: &Self) -> f64 {
        let error = self.variance / self.count + other.variance / other.count;
        (self.mean - other.mean) / error.sqrt()
    }
}

/// The value that this share of all values does not exceed.
pub(crate) fn percentile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index among a few thousand"
    )]
    let index = (values.len() as f64 * share) as usize;
    values[index.min(values.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_means_are_no_difference_and_others_are_one() {
        let (a, b) = (Sample::of(&[1.0, 2.0, 3.0]), Sample::of(&[0.0, 2.0, 4.0]));
        assert!(a.welch_t(&b).abs() < 1e-9);
        // (3 - 2) / sqrt(1/3 + 1/3), computed by hand.
        let t = Sample::of(&[2.0, 3.0, 4.0]).welch_t(&a);
        assert!((t - 1.224_744_871).abs() < 1e-6, "{t}");
        assert!((b.deviation() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values = || (1..=10).rev().map(f64::from);
        assert!((percentile(values(), 0.9) - 10.0).abs() < 1e-9);
        assert!((percentile(values(), 0.0) - 1.0).abs() < 1e-9);
    }
}
