//! Sums that do not depend on their order: fixed point in 128 bits, so that adding and taking away come back exactly.

use std::ops::{AddAssign, SubAssign};

/// Steps of one unit: 2³², that is 0.23 nano-units; ±3.9e28 units fit.
const STEPS: f64 = 4_294_967_296.0;

/// A sum of amounts (square metres, metres, people, yuan). Integer addition is associative, so a total kept up to date
/// by additions and removals equals the total formed anew in any order, on any number of threads.
///
/// ```
/// use analysis::exact::Exact;
/// let mut a = Exact::default();
/// for v in [0.1, 1e9, -0.1] { a += Exact::of(v); }
/// assert_eq!(a.value(), 1e9);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Exact(i128);

impl Exact {
    /// The nearest step; what is not finite counts as nothing (callers tell unknown amounts apart before).
    pub fn of(value: f64) -> Self {
        Self((value * STEPS).round() as i128)
    }

    /// The sum as a number.
    pub fn value(self) -> f64 {
        self.0 as f64 / STEPS
    }

    /// True when nothing, to the last step, is in the sum.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl AddAssign for Exact {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Exact {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_does_not_matter_and_removal_is_exact(values in proptest::collection::vec(-1e9_f64..1e9, 1..60)) {
            let sum = |values: &mut dyn Iterator<Item = &f64>| {
                let mut sum = Exact::default();
                values.for_each(|v| sum += Exact::of(*v));
                sum
            };
            let forward = sum(&mut values.iter());
            prop_assert_eq!(forward, sum(&mut values.iter().rev()));
            let mut without_first = forward;
            without_first -= Exact::of(values[0]);
            prop_assert_eq!(without_first, sum(&mut values[1..].iter()));
            prop_assert!((forward.value() - values.iter().sum::<f64>()).abs() < 1e-5);
        }
    }
}
