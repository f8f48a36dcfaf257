//! CPU twin of the hash that decides which windows are lit.

/// Uniform number in 0–1 of an integer cell; the same bits as `cell_hash` in `wgsl/scene.wgsl`.
///
/// ```
/// let lit = (0..10_000).filter(|i| shaders::noise::cell_hash([i % 100, i / 100], 3) < 0.45).count();
/// assert!((4_300..4_700).contains(&lit));
/// ```
pub fn cell_hash(cell: [i32; 2], seed: u32) -> f32 {
    let mut h = cell[0].cast_unsigned().wrapping_mul(0x9e37_79b1)
        ^ cell[1].cast_unsigned().wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    ((h ^ (h >> 15)) >> 8) as f32 * (1.0 / 16_777_216.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_not_alike() {
        let mut sum = 0.0;
        for i in 0..200 {
            sum += (cell_hash([i, 0], 1) - cell_hash([i + 1, 0], 1)).abs();
        }
        // two independent uniform numbers differ by 1/3 on average
        assert!((sum / 200.0 - 1.0 / 3.0).abs() < 0.05, "{}", sum / 200.0);
        assert!((cell_hash([3, 4], 5) - cell_hash([3, 4], 6)).abs() > 1e-6);
    }
}
