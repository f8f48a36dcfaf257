//! Plan drawings: footprints of an area in the colours and hatches of their states, as SVG in metres.

use super::area::ReportArea;
use crate::http::problem::ApiError;
use crate::projects::outline;
use crate::scenarios::ScenarioView;
use city_model::scenario::FeatureState;
use city_model::{FeatureClass, Shape};
use geo::{BoundingRect as _, Coord, LineString, MultiPolygon, Rect};
use scene_store::{FeatureQuery, ProposalFilter, SceneStore, StoredFeature};
use std::fmt::Write as _;

/// Width and height of a drawing on paper, millimetres.
const PAPER_MM: [f64; 2] = [170.0, 118.0];
/// Land around the area: share of its size, and least, metres.
const MARGIN: (f64, f64) = (0.08, 25.0);
/// Features of a layer drawn at most.
const MAX_FEATURES: u32 = 60_000;
/// Lengths of the scale bar, metres.
const BARS_M: [f64; 13] = [
    5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 20_000.0, 50_000.0,
];

/// Which side a drawing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What stands, in neutral colours.
    Before,
    /// What is kept, changed, taken down and built.
    After,
}

/// A drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// SVG document.
    pub svg: String,
    /// Buildings drawn by state.
    pub counts: std::collections::BTreeMap<&'static str, u32>,
    /// One metre of the world is so many metres on paper: the 5,000 of 1:5,000.
    pub scale: u32,
}

/// Paint of a state: fill, outline, opacity.
fn paint(state: FeatureState) -> Option<(&'static str, &'static str, f64)> {
    Some(match state {
        FeatureState::Existing | FeatureState::Retained => ("#d8d2c4", "#8b8474", 1.0),
        FeatureState::Modified => ("#7fa8d9", "#2c5f9e", 1.0),
        FeatureState::Demolished => ("url(#gone)", "#c0392b", 0.9),
        FeatureState::Added => ("url(#new)", "#0f766e", 1.0),
        FeatureState::Abandoned => ("#b9b4ab", "#8b8474", 0.6),
        FeatureState::Absent => return None,
    })
}

/// What lies on the ground: class, fill, outline.
const GROUND: &[(FeatureClass, &str)] = &[
    (FeatureClass::LandUse, "#efece4"),
    (FeatureClass::PlantCover, "#cfe3c1"),
    (FeatureClass::Water, "#b5d3e8"),
    (FeatureClass::Road, "#ffffff"),
];

/// Draws an area.
///
/// # Errors
/// Trouble with the store.
pub fn draw(store: &dyn SceneStore, area: &ReportArea, view: &ScenarioView, side: Side) -> Result<Plan, ApiError> {
    let frame = Frame::around(&area.bounds);
    let (low, high) = (frame.world.min(), frame.world.max());
    let found = |codes: &mut dyn Iterator<Item = u8>| -> Result<Vec<StoredFeature>, ApiError> {
        let mut found = Vec::new();
        for code in codes {
            let query = FeatureQuery {
                layer_code: Some(code),
                bbox_scene: Some([low.x, low.y, high.x, high.y]),
                limit: MAX_FEATURES,
                offset: 0,
                // sifted by the state table below
                proposals: ProposalFilter::With,
            };
            found.extend(store.features(&query)?.features);
        }
        Ok(found)
    };
    let counts = store.layer_counts()?;
    let group = |wanted: &'static [city_model::LayerGroup]| {
        counts
            .iter()
            .filter(move |count| {
                city_model::layers::by_code(count.code).is_some_and(|layer| wanted.contains(&layer.group))
            })
            .map(|count| count.code)
    };
    use city_model::LayerGroup::{Buildings, Ground, Proposals};
    let mut canvas = Canvas::new(&frame);
    let ground = found(&mut group(&[Ground]))?;
    for (class, fill) in GROUND {
        for stored in ground.iter().filter(|stored| stored.feature.class == *class) {
            if view.stands(stored.feature.index.0) {
                canvas.area(&outline::of_feature(&stored.feature), fill, None, 1.0);
                canvas.strips(stored, fill);
            }
        }
    }
    canvas.area(&area.metres, "#f6c9a8", None, 0.22);
    let mut drawn: std::collections::BTreeMap<&'static str, u32> = std::collections::BTreeMap::new();
    let mut bodies = found(&mut group(&[Buildings, Proposals]))?;
    // what is taken down lies under what is built in its place
    let order = |stored: &StoredFeature| match view.state(stored.feature.index.0) {
        FeatureState::Demolished => 0,
        FeatureState::Added => 2,
        _ => 1,
    };
    bodies.sort_by_key(|stored| (order(stored), stored.feature.index));
    for stored in &bodies {
        let state = view.state(stored.feature.index.0);
        let state = match side {
            Side::Before if state.stands() => FeatureState::Existing,
            Side::Before => continue,
            Side::After => state,
        };
        if let Some((fill, stroke, opacity)) = paint(state) {
            let plan = outline::of_feature(&stored.feature);
            if canvas.area(&plan, fill, Some(stroke), opacity) {
                *drawn.entry(state.as_str()).or_default() += 1;
            }
        }
    }
    canvas.outline(&area.metres);
    Ok(Plan {
        svg: canvas.finish(),
        counts: drawn,
        scale: frame.scale(),
    })
}

/// The piece of the world on the paper.
struct Frame {
    world: Rect<f64>,
}

impl Frame {
    fn around(bounds: &Rect<f64>) -> Self {
        let margin = (bounds.width().max(bounds.height()) * MARGIN.0).max(MARGIN.1);
        let (mut width, mut height) = (bounds.width() + 2.0 * margin, bounds.height() + 2.0 * margin);
        let aspect = PAPER_MM[0] / PAPER_MM[1];
        if width / height < aspect {
            width = height * aspect;
        } else {
            height = width / aspect;
        }
        let middle = bounds.center();
        let half = Coord {
            x: width / 2.0,
            y: height / 2.0,
        };
        Self {
            world: Rect::new(middle - half, middle + half),
        }
    }

    /// Metres of the world on a millimetre of paper.
    fn metres_per_mm(&self) -> f64 {
        self.world.width() / PAPER_MM[0]
    }

    fn scale(&self) -> u32 {
        (self.metres_per_mm() * 1000.0).round() as u32
    }
}

/// An SVG in millimetres of paper.
struct Canvas<'a> {
    frame: &'a Frame,
    svg: String,
}

impl<'a> Canvas<'a> {
    fn new(frame: &'a Frame) -> Self {
        let [width, height] = PAPER_MM;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}mm\" height=\"{height}mm\">\
             <defs>\
             <pattern id=\"gone\" width=\"1.6\" height=\"1.6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <rect width=\"1.6\" height=\"1.6\" fill=\"#f8dcd8\"/><rect width=\"0.55\" height=\"1.6\" fill=\"#c0392b\"/></pattern>\
             <pattern id=\"new\" width=\"1.6\" height=\"1.6\" patternUnits=\"userSpaceOnUse\">\
             <rect width=\"1.6\" height=\"1.6\" fill=\"#5cc2b4\"/><path d=\"M0 0H1.6M0 0V1.6\" stroke=\"#0f766e\" stroke-width=\"0.22\"/></pattern>\
             <clipPath id=\"paper\"><rect width=\"{width}\" height=\"{height}\"/></clipPath></defs>\
             <g clip-path=\"url(#paper)\"><rect width=\"{width}\" height=\"{height}\" fill=\"#f7f5f0\"/>\n"
        );
        Self { frame, svg }
    }

    fn paper(&self, c: Coord<f64>) -> (f64, f64) {
        let per_mm = self.frame.metres_per_mm();
        (
            (c.x - self.frame.world.min().x) / per_mm,
            (self.frame.world.max().y - c.y) / per_mm,
        )
    }

    fn is_visible(&self, plan: &MultiPolygon<f64>) -> bool {
        plan.bounding_rect().is_some_and(|bounds| {
            let world = &self.frame.world;
            bounds.min().x <= world.max().x
                && bounds.max().x >= world.min().x
                && bounds.min().y <= world.max().y
                && bounds.max().y >= world.min().y
        })
    }

    fn path(&self, plan: &MultiPolygon<f64>) -> String {
        let mut path = String::new();
        for polygon in plan {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                self.ring(ring, &mut path);
            }
        }
        path
    }

    fn ring(&self, ring: &LineString<f64>, path: &mut String) {
        let closing = usize::from(ring.is_closed() && ring.0.len() > 1);
        for (number, c) in ring.0.iter().take(ring.0.len() - closing).enumerate() {
            let (x, y) = self.paper(*c);
            write!(path, "{}{x:.2} {y:.2}", if number == 0 { "M" } else { "L" }).ok();
        }
        path.push('Z');
    }

    /// Fills a plan; true when it is on the paper.
    fn area(&mut self, plan: &MultiPolygon<f64>, fill: &str, stroke: Option<&str>, opacity: f64) -> bool {
        if !self.is_visible(plan) {
            return false;
        }
        let path = self.path(plan);
        let stroke = stroke
            .map(|s| format!(" stroke=\"{s}\" stroke-width=\"0.12\""))
            .unwrap_or_default();
        let opacity = if opacity < 1.0 {
            format!(" opacity=\"{opacity}\"")
        } else {
            String::new()
        };
        writeln!(
            self.svg,
            "<path d=\"{path}\" fill=\"{fill}\" fill-rule=\"evenodd\"{stroke}{opacity}/>"
        )
        .ok();
        true
    }

    /// Roads and streams that are given as lines with a width.
    fn strips(&mut self, stored: &StoredFeature, color: &str) {
        for shape in stored.feature.geometry.finest() {
            if let Shape::Line(line) = shape
                && let city_model::CrossSection::Strip { width_m } = line.section
            {
                let mut path = String::new();
                for (number, point) in line.points.iter().enumerate() {
                    let (x, y) = self.paper(Coord { x: point.x, y: point.y });
                    write!(path, "{}{x:.2} {y:.2}", if number == 0 { "M" } else { "L" }).ok();
                }
                let width = width_m / self.frame.metres_per_mm();
                writeln!(
                    self.svg,
                    "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:.2}\"/>"
                )
                .ok();
            }
        }
    }

    fn outline(&mut self, plan: &MultiPolygon<f64>) {
        let path = self.path(plan);
        writeln!(
            self.svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"#b45309\" stroke-width=\"0.6\" stroke-dasharray=\"2.4 1.2\"/>"
        )
        .ok();
    }

    /// Scale bar, north arrow and border.
    fn finish(mut self) -> String {
        let [width, height] = PAPER_MM;
        let per_mm = self.frame.metres_per_mm();
        let fits = |bar: &&f64| **bar / per_mm <= 45.0;
        let bar_m = BARS_M.iter().rev().find(fits).copied().unwrap_or(BARS_M[0]);
        let bar = bar_m / per_mm;
        let label = if bar_m >= 1000.0 {
            format!("{} km", bar_m / 1000.0)
        } else {
            format!("{bar_m} m")
        };
        let (x, y) = (5.0, height - 5.0);
        write!(
            self.svg,
            "<g font-family=\"Noto Sans SC\" font-size=\"3\" fill=\"#222\">\
             <rect x=\"{}\" y=\"{}\" width=\"{:.2}\" height=\"9.2\" fill=\"#ffffff\" opacity=\"0.82\"/>\
             <rect x=\"{x}\" y=\"{:.2}\" width=\"{:.2}\" height=\"1.2\" fill=\"#222\"/>\
             <rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"1.2\" fill=\"#fff\" stroke=\"#222\" stroke-width=\"0.15\"/>\
             <text x=\"{x}\" y=\"{:.2}\">0</text><text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"end\">{label}</text></g>",
            x - 2.0,
            y - 7.2,
            bar + 4.0,
            y - 1.2,
            bar / 2.0,
            x + bar / 2.0,
            y - 1.2,
            bar / 2.0,
            y - 2.4,
            x + bar,
            y - 2.4,
        )
        .ok();
        // grid north, drawn, so that it needs no font
        write!(
            self.svg,
            "<g transform=\"translate({:.2} 12)\"><circle r=\"7\" fill=\"#ffffff\" opacity=\"0.82\"/>\
             <path d=\"M0 -4.6L2 3.2L0 1.7L-2 3.2Z\" fill=\"#222\"/>\
             <path d=\"M-0.9 6.2V4L0.9 6.2V4\" fill=\"none\" stroke=\"#222\" stroke-width=\"0.4\"/></g>",
            width - 10.0
        )
        .ok();
        write!(
            self.svg,
            "</g><rect x=\"0.15\" y=\"0.15\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#666\" stroke-width=\"0.3\"/></svg>",
            width - 0.3,
            height - 0.3
        )
        .ok();
        self.svg
    }
}
