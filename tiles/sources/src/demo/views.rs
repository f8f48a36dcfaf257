//! Fixed views of the generated city.

use super::city::City;
use city_model::manifest::LocalText;
use glam::DVec3;

/// A view of the generated city.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoView {
    /// Stable id: `overview`, `street`, `underground`, `water`.
    pub id: &'static str,
    /// Shown name.
    pub title: LocalText,
    /// Point looked at, EPSG:4547 and height, metres.
    pub target: DVec3,
    /// Distance of the eye from the target, metres.
    pub distance_m: f64,
    /// Compass heading of the view direction, degrees clockwise from grid north.
    pub heading_deg: f64,
    /// Angle below the horizon, degrees.
    pub pitch_deg: f64,
    /// Local solar time that shows it best, hours.
    pub hours: f64,
    /// True when the ground is to be faded.
    pub underground: bool,
}

/// The four views that every demonstration starts from.
pub(super) fn fixed(city: &City) -> Vec<DemoView> {
    let lattice = &city.lattice;
    let (a, b) = (lattice.main_avenue, lattice.main_street);
    let middle = lattice.lattice_node(a, b);
    let west = lattice.lattice_node(a.saturating_sub(1), b);
    let on_ground = |p: glam::DVec2, up: f64| p.extend(city.ground.height(p) + up);
    let text = |zh: &str, en: &str| LocalText {
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    let view = |id, title, target, distance_m, heading_deg, pitch_deg, hours, underground| DemoView {
        id,
        title,
        target,
        distance_m,
        heading_deg,
        pitch_deg,
        hours,
        underground,
    };
    let along = (middle - west).normalize_or_zero();
    let heading = along.x.atan2(along.y).to_degrees().rem_euclid(360.0);
    let river_row = city.ground.rivers.first().map_or(b, |(row, _)| *row);
    let bridge =
        (lattice.lattice_node(a, river_row) + lattice.lattice_node(a, (river_row + 1).min(lattice.rows()))) * 0.5;
    // the eye stands at the side of the carriageway, clear of the trees: pitch and distance put it 1.7 m above the ground
    let street = west.lerp(middle, 0.55) + along.perp() * -9.0;
    vec![
        view(
            "overview",
            text("全景(清晨)", "Overview, morning"),
            on_ground(middle, 10.0),
            1_900.0,
            338.0,
            32.0,
            8.5,
            false,
        ),
        view(
            "street",
            text("中原路街景", "Street"),
            on_ground(street, 1.2),
            60.0,
            heading,
            0.5,
            10.0,
            false,
        ),
        view(
            "underground",
            text("地下管线", "Underground"),
            on_ground(middle, -3.0),
            260.0,
            20.0,
            38.0,
            11.0,
            true,
        ),
        view(
            "water",
            text("清练河", "River"),
            on_ground(bridge, 3.0),
            420.0,
            75.0,
            22.0,
            16.5,
            false,
        ),
    ]
}
