//! A decoded raster of square cells.

/// Square cells in the scene CRS, row by row from the south, each from the west.
#[derive(Debug, Clone, PartialEq)]
pub struct Raster {
    /// South-west corner, metres.
    pub origin: [f64; 2],
    /// Side of a cell, metres.
    pub cell_m: f64,
    /// Cells from west to east.
    pub columns: u32,
    /// Cells from south to north.
    pub rows: u32,
    /// Values, `columns × rows`; NaN where there is none.
    pub values: Vec<f32>,
}

impl Raster {
    /// Whether another raster has the same cells.
    pub(super) fn has_same_cells(&self, other: &Self) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= self.cell_m.abs() * 1e-3;
        (self.columns, self.rows) == (other.columns, other.rows)
            && near(self.cell_m, other.cell_m)
            && near(self.origin[0], other.origin[0])
            && near(self.origin[1], other.origin[1])
    }

    /// Why it cannot be drawn, in Chinese and English.
    pub(super) fn fault(&self) -> Option<(&'static str, &'static str)> {
        let count = u64::from(self.columns) * u64::from(self.rows);
        if !(self.cell_m.is_finite() && self.cell_m > 0.0) {
            Some(("像元边长不是正数", "the side of a cell is not above 0"))
        } else if !self.origin.iter().all(|value| value.is_finite()) {
            Some(("原点不是有限数", "the origin is not finite"))
        } else if count == 0 {
            Some(("没有像元", "it has no cells"))
        } else if count != self.values.len() as u64 {
            Some(("像元个数与行列数不符", "the number of values is not rows × columns"))
        } else {
            None
        }
    }
}
