//! Summaries of a value's entries.

/// Extremes, mean and norm of some entries; what is not a finite number is counted, not used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The smallest finite entry.
    pub min: f32,
    /// The largest finite entry.
    pub max: f32,
    /// The mean of the finite entries.
    pub mean: f32,
    /// The Euclidean norm of the finite entries.
    pub norm: f32,
    /// How many entries are infinite or NaN.
    pub broken: usize,
}

/// Summarises entries; `None` if none of them is finite.
#[must_use]
pub fn summary<'a>(entries: impl IntoIterator<Item = &'a f32>) -> Option<Summary> {
    let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
    let (mut sum, mut squares, mut count, mut broken) = (0.0_f64, 0.0_f64, 0_usize, 0);
    for entry in entries {
        if entry.is_finite() {
            min = min.min(*entry);
            max = max.max(*entry);
            sum += f64::from(*entry);
            squares += f64::from(*entry) * f64::from(*entry);
            count += 1;
        } else {
            broken += 1;
        }
    }
    (count > 0).then(|| Summary {
        min,
        max,
        mean: (sum / count as f64) as f32,
        norm: squares.sqrt() as f32,
        broken,
    })
}

/// How many entries fall into each of `bins` equal parts of low..=high; others are left out.
#[must_use]
pub fn histogram<'a>(
    entries: impl IntoIterator<Item = &'a f32>,
    low: f32,
    high: f32,
    bins: usize,
) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for entry in entries {
        let share = (entry - low) / (high - low);
        if (0.0..=1.0).contains(&share) && bins > 0 {
            counts[((share * bins as f32) as usize).min(bins - 1)] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_entries_are_counted_and_not_used() {
        let s = summary(&[3.0, -4.0, f32::NAN, f32::INFINITY]).unwrap();
        assert_eq!((s.min, s.max, s.mean, s.norm, s.broken), (-4.0, 3.0, -0.5, 5.0, 2));
        assert!(summary(&[f32::NAN]).is_none());
    }

    #[test]
    fn the_last_bin_holds_the_upper_end() {
        assert_eq!(histogram(&[0.0, 0.49, 0.5, 1.0, 1.1, f32::NAN], 0.0, 1.0, 2), [2, 2]);
        assert_eq!(histogram(&[1.0], 1.0, 1.0, 3), [0, 0, 0]);
    }
}
