//! Façade styles as data: one a building use, read by `wgsl/facade.wgsl` through the scene uniform.

/// How a use of building looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FacadeStyle {
    /// Width of a bay, metres.
    pub rhythm_m: f32,
    /// Window within the bay, shares of its width.
    pub across: [f32; 2],
    /// Distance of mullions, metres; 0 none.
    pub mullion_m: f32,
    /// Window within the storey, shares of its height.
    pub up: [f32; 2],
    /// How much of the glass is seen, 0–1; above 0.85 the ground floor is glazed from wall to wall.
    pub glass: f32,
    /// How strongly every second bay shows a balcony, 0–1.
    pub balcony: f32,
}

const fn style(rhythm_m: f32, across: [f32; 2], mullion_m: f32, up: [f32; 2], glass: f32, balcony: f32) -> FacadeStyle {
    FacadeStyle {
        rhythm_m,
        across,
        mullion_m,
        up,
        glass,
        balcony,
    }
}

/// Styles by code of `city_model::style::BuildingUse`.
pub const FACADE_STYLES: [FacadeStyle; 16] = [
    style(3.3, [0.28, 0.72], 0.0, [0.30, 0.80], 0.70, 0.0),  // unknown
    style(3.3, [0.25, 0.75], 0.0, [0.30, 0.84], 0.80, 0.9),  // slab
    style(3.0, [0.16, 0.84], 1.0, [0.22, 0.86], 0.82, 0.8),  // tower
    style(3.0, [0.30, 0.70], 0.0, [0.32, 0.78], 0.75, 0.4),  // village
    style(6.0, [0.02, 0.98], 1.5, [0.26, 0.88], 0.92, 0.0),  // office
    style(8.0, [0.05, 0.95], 2.0, [0.12, 0.78], 0.90, 0.0),  // retail
    style(6.0, [0.06, 0.94], 1.2, [0.62, 0.86], 0.70, 0.0),  // industrial
    style(4.5, [0.12, 0.88], 1.5, [0.28, 0.82], 0.80, 0.0),  // school
    style(3.6, [0.10, 0.90], 1.2, [0.30, 0.82], 0.82, 0.0),  // hospital
    style(3.6, [0.15, 0.85], 0.6, [0.12, 0.78], 0.55, 0.0),  // heritage
    style(5.0, [0.15, 0.85], 1.25, [0.15, 0.85], 0.86, 0.0), // public
    style(8.0, [0.30, 0.70], 0.0, [0.70, 0.86], 0.60, 0.0),  // warehouse
    style(4.2, [0.28, 0.72], 0.7, [0.32, 0.80], 0.75, 0.0),  // house
    style(6.0, [0.42, 0.58], 0.0, [0.55, 0.72], 0.50, 0.0),  // utility
    style(3.3, [0.28, 0.72], 0.0, [0.30, 0.80], 0.70, 0.0),  // not assigned
    style(3.3, [0.28, 0.72], 0.0, [0.30, 0.80], 0.70, 0.0),  // not assigned
];

/// Rows of the scene uniform: `[rhythm, across from, across to, mullion]`, `[up from, up to, glass, balcony]` a use.
pub fn rows() -> [[f32; 4]; 32] {
    let mut rows = [[0.0; 4]; 32];
    for (pair, s) in rows.chunks_exact_mut(2).zip(&FACADE_STYLES) {
        pair[0] = [s.rhythm_m, s.across[0], s.across[1], s.mullion_m];
        pair[1] = [s.up[0], s.up[1], s.glass, s.balcony];
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_lie_within_their_bay_and_storey() {
        for (code, s) in FACADE_STYLES.iter().enumerate() {
            assert!(
                0.0 <= s.across[0] && s.across[0] < s.across[1] && s.across[1] <= 1.0,
                "use {code}"
            );
            // the floor line takes the uppermost 4.5 %
            assert!(0.0 <= s.up[0] && s.up[0] < s.up[1] && s.up[1] <= 0.955, "use {code}");
            assert!(
                s.rhythm_m >= 2.0 && (0.0..=1.0).contains(&s.glass) && (0.0..=1.0).contains(&s.balcony),
                "use {code}"
            );
        }
    }

    #[test]
    fn rows_are_two_a_use_in_order() {
        let rows = rows();
        assert_eq!(rows[8], [6.0, 0.02, 0.98, 1.5]);
        assert_eq!(rows[9], [0.26, 0.88, 0.92, 0.0]);
    }
}
