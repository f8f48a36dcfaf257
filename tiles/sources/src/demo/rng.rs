//! Counter-based random numbers: the value depends on the key and the count only, never on who drew before.

/// Finaliser of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Key of a stream: a seed and what the stream is for.
pub(super) fn key(seed: u64, parts: &[u64]) -> u64 {
    parts.iter().fold(mix(seed.wrapping_add(GOLDEN)), |k, part| {
        mix(k ^ mix(part.wrapping_add(GOLDEN)))
    })
}

/// Number in 0..1 of a key alone.
pub(super) fn unit(key: u64) -> f64 {
    (mix(key.wrapping_add(GOLDEN)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(super) struct Rng {
    key: u64,
    count: u64,
}

impl Rng {
    /// Stream for one purpose of one place.
    pub(super) fn new(seed: u64, parts: &[u64]) -> Self {
        Self {
            key: key(seed, parts),
            count: 0,
        }
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        mix(self.key.wrapping_add(self.count.wrapping_mul(GOLDEN)))
    }

    /// In 0..1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// In `low..high`.
    pub(super) fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whole number in `low..=high`.
    pub(super) fn int(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high.saturating_sub(low) + 1)) as u32
    }

    /// True with probability `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_even_and_apart() {
        let mut rng = Rng::new(7, &[1, 2]);
        let mean = (0..10_000).map(|_| rng.unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        assert_ne!(key(7, &[1, 2]), key(7, &[2, 1]));
        assert_ne!(key(7, &[1]), key(8, &[1]));
        assert!((0..1000).all(|_| (3..=5).contains(&rng.int(3, 5))));
    }
}
