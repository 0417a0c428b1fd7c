//! What a matrix does to lengths: its singular values, and its spectral radius.
//!
//! Singular values come from one-sided Jacobi rotations (Hestenes 1958): pairs of columns are turned
//! until all are orthogonal; their lengths are the singular values. It is chosen over the usual
//! reduction to bidiagonal form because it finds small singular values to as many digits as large ones
//! (Demmel & Veselić 1992), and here they lie many powers of ten apart.

use ndarray::Array2;

/// Columns count as orthogonal when the cosine between them is below this.
const ORTHOGONAL: f64 = 1e-13;
/// Every sweep about doubles the correct digits; none of the matrices here needs ten.
const SWEEPS: usize = 40;
/// Squarings of the matrix: its 2¹⁴th power shows the spectral radius to about four digits.
const SQUARINGS: i32 = 14;

/// The singular values of a matrix, the largest first; `None` where an entry is infinite or NaN.
#[must_use]
pub fn singular_values(matrix: &Array2<f32>) -> Option<Vec<f64>> {
    if matrix.iter().any(|entry| !entry.is_finite()) {
        return None;
    }
    // The fewer the columns, the fewer the pairs.
    let matrix = if matrix.nrows() < matrix.ncols() { matrix.t() } else { matrix.view() };
    let widen =
        |column: ndarray::ArrayView1<'_, f32>| column.iter().map(|x| f64::from(*x)).collect();
    let mut columns: Vec<Vec<f64>> = matrix.columns().into_iter().map(widen).collect();
    for _ in 0..SWEEPS {
        // Long columns first, which takes fewer sweeps (de Rijk 1989).
        columns.sort_by(|a, b| dot(b, b).total_cmp(&dot(a, a)));
        let mut turned = false;
        for at in 1..columns.len() {
            let (before, rest) = columns.split_at_mut(at);
            for earlier in before {
                turned |= turn(earlier, &mut rest[0]);
            }
        }
        if !turned {
            break;
        }
    }
    let mut lengths: Vec<f64> = columns.iter().map(|column| dot(column, column).sqrt()).collect();
    lengths.sort_by(|a, b| b.total_cmp(a));
    Some(lengths)
}

/// Turns two columns in their plane until they are orthogonal; says whether they were not.
fn turn(x: &mut [f64], y: &mut [f64]) -> bool {
    let (xx, yy, xy) = (dot(x, x), dot(y, y), dot(x, y));
    if xy == 0.0 || xy.abs() <= ORTHOGONAL * (xx * yy).sqrt() {
        return false;
    }
    // The smaller root of t² + 2ζt − 1 = 0 is the tangent of the angle.
    let zeta = (yy - xx) / (2.0 * xy);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
    true
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    // Eight sums side by side, because one alone waits for every addition before it.
    let mut sums = [0.0; 8];
    let (xs, x_rest) = x.as_chunks::<8>();
    let (ys, y_rest) = y.as_chunks::<8>();
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// exp of the mean logarithm: how a matrix scales lengths on average, |det|^(1/n) of a square one.
#[must_use]
pub fn geometric_mean(singular_values: &[f64]) -> f64 {
    let count = singular_values.len().max(1) as f64;
    (singular_values.iter().map(|value| value.ln()).sum::<f64>() / count).exp()
}

/// The largest |eigenvalue| of a square matrix, through ρ = lim ‖Wᵏ‖^(1/k) (Gelfand 1941); NaN where an
/// entry is infinite or NaN, or the matrix is not square.
#[must_use]
pub fn spectral_radius(matrix: &Array2<f32>) -> f32 {
    if matrix.nrows() != matrix.ncols() || matrix.iter().any(|entry| !entry.is_finite()) {
        return f32::NAN;
    }
    let mut power = matrix.mapv(f64::from);
    // Wᵏ = exp(k · logarithm) · power, so that nothing overflows.
    let mut logarithm = 0.0;
    for squaring in 0..=SQUARINGS {
        let norm = power.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm == 0.0 {
            return 0.0;
        }
        logarithm += norm.ln() / f64::from(1 << squaring);
        power /= norm;
        power = power.dot(&power);
    }
    logarithm.exp() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::from_vec;
    use crate::tensor::random::Random;

    #[track_caller]
    fn check(matrix: &Array2<f32>, expected: &[f64]) {
        let found = singular_values(matrix).unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-6 * expected.max(1e-30), "{found} {expected}");
        }
    }

    #[test]
    fn singular_values_of_matrices_that_are_known() {
        // Diagonal: the sizes of its entries, however far apart.
        check(&from_vec([2, 2], vec![0.0, -3.0, 1e-20, 0.0]), &[3.0, 1e-20]);
        // [[1, 1], [0, 1]]: σ² are the roots of x² − 3x + 1, so σ = (√5 ± 1)/2.
        let golden = f64::midpoint(5_f64.sqrt(), 1.0);
        check(&from_vec([2, 2], vec![1.0, 1.0, 0.0, 1.0]), &[golden, golden - 1.0]);
        // Rank one, both ways round: ‖u‖‖v‖ = √14 · √5.
        let outer = from_vec([3, 2], vec![1.0, 2.0, 2.0, 4.0, 3.0, 6.0]);
        assert!((singular_values(&outer).unwrap()[0] - 70_f64.sqrt()).abs() < 1e-6);
        assert!((singular_values(&outer.t().to_owned()).unwrap()[1]) < 1e-6);
    }

    #[test]
    fn the_squares_of_all_singular_values_add_up_to_those_of_all_entries() {
        let matrix = Random::new(3, 0).array([64, 64], Random::normal);
        let values = singular_values(&matrix).unwrap();
        let entries: f64 = matrix.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        let squares: f64 = values.iter().map(|x| x * x).sum();
        assert!((squares / entries - 1.0).abs() < 1e-12);
        // Marchenko & Pastur 1967: the largest is near 2√n.
        assert!((values[0] / 16.0 - 1.0).abs() < 0.1, "{}", values[0]);
    }

    #[test]
    fn what_is_no_number_has_no_singular_values() {
        assert!(singular_values(&from_vec([1, 2], vec![1.0, f32::INFINITY])).is_none());
        assert_eq!(singular_values(&from_vec([1, 2], vec![0.0, 0.0])), Some(vec![0.0]));
    }

    #[test]
    fn spectral_radii_of_matrices_that_are_known() {
        // A turn by 90° times 0.7 has the eigenvalues ±0.7i, which power iteration would miss.
        let turn = from_vec([2, 2], vec![0.0, -0.7, 0.7, 0.0]);
        assert!((spectral_radius(&turn) - 0.7).abs() < 1e-4);
        // A shear: both eigenvalues are 2, the largest singular value is far larger.
        let shear = from_vec([2, 2], vec![2.0, 50.0, 0.0, 2.0]);
        assert!((spectral_radius(&shear) - 2.0).abs() < 0.01);
        assert!(spectral_radius(&from_vec([2, 2], vec![0.0, 1.0, 0.0, 0.0])).abs() < 1e-30);
        assert!(spectral_radius(&from_vec([1, 1], vec![f32::NAN])).is_nan());
    }

    #[test]
    fn the_geometric_mean_is_the_root_of_the_determinant() {
        assert!((geometric_mean(&[8.0, 2.0]) - 4.0).abs() < 1e-12);
        assert!(geometric_mean(&[1.0, 0.0]).abs() < 1e-30);
    }
}
