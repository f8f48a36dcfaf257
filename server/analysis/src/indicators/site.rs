//! Site area.

use super::{Definition, Value};

pub(super) const INDICATORS: &[Definition] = &[Definition {
    id: "site_area",
    title: ["用地面积", "Site area"],
    group: "site",
    unit: "m2",
    decimals: 0,
    formula: [
        "范围多边形在场景坐标系中的平面面积",
        "plan area of the polygon in the scene CRS",
    ],
    source: "平面几何 / plane geometry",
    is_verified: true,
    needs: &[],
    value: |e| Value::of(e.region().area_m2()),
}];
