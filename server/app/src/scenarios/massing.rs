//! Arrays of slabs or towers on a site, up to a floor area ratio. Nothing is stored: the bodies come back as requests.

use super::bodies::{check_storeys, use_text};
use super::ground::{Place, area};
use super::request::{Massing, MassingRequest};
use crate::http::ApiError;
use crate::http::problem::Mistake;
use geo::{Area as _, Contains as _, Coord, Distance as _, Euclidean, LineString, Polygon};
use glam::DVec2;
use serde::Serialize;

/// Depth of a slab of flats, metres.
const SLAB_DEPTH_M: f64 = 14.0;
/// Length of a slab, metres.
const SLAB_LENGTH_M: f64 = 50.0;
/// A slab that is cut by the edge of the site is not shorter than this, metres.
const LEAST_SLAB_M: f64 = 18.0;
/// Gap between the ends of slabs in a row, metres.
const SLAB_GAP_M: f64 = 13.0;
/// Edge of a tower, metres.
const TOWER_EDGE_M: f64 = 25.0;
/// Distance of slabs as a part of their height: usual for a noon sun of 32° to 37° (Zhengzhou to Zhumadian, 大寒日).
const SLAB_SPACING_BY_HEIGHT: f64 = 1.3;
/// Distance of towers as a part of their height.
const TOWER_SPACING_BY_HEIGHT: f64 = 0.5;
/// Bodies are not nearer than this, metres.
const LEAST_SPACING_M: f64 = 9.0;
/// Bodies of one array.
const MAX_BODIES: usize = 1000;

/// An array.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MassingAnswer {
    /// Bodies, from south to north and west to east.
    pub footprints: Vec<Massing>,
    /// Floor area ratio that they reach.
    pub reached_far: f64,
    /// Floor area ratio asked for.
    pub target_far: f64,
    /// Share of the site that they cover.
    pub coverage: f64,
    /// Area of the site, square metres.
    pub site_area_m2: f64,
    /// Distance kept between them, metres.
    pub spacing_m: f64,
    /// True when the target is reached.
    pub is_reached: bool,
    /// One sentence for a person.
    pub note: String,
}

/// Lays out bodies on a site: rows run west–east, so that slabs look south; the grid starts in the south-west corner.
///
/// # Errors
/// [`ApiError::Unprocessable`] with everything that is wrong.
pub fn massing(place: &Place, request: &MassingRequest) -> Result<MassingAnswer, ApiError> {
    let (rings, wanted_use) = check(place, request)?;
    let site_area_m2 = area(&rings);
    let is_slab = request.kind == "slab";
    let height_m = request.storeys * request.floor_height_m;
    let by_height = if is_slab {
        SLAB_SPACING_BY_HEIGHT
    } else {
        TOWER_SPACING_BY_HEIGHT
    };
    let spacing_m = request
        .spacing
        .unwrap_or_else(|| (height_m * by_height).max(LEAST_SPACING_M));
    let site = Site::new(&rings, request.setback_m);
    let mut boxes = if is_slab {
        site.slabs(spacing_m)
    } else {
        site.grid(DVec2::splat(TOWER_EDGE_M), DVec2::splat(spacing_m))
    };
    let floor_area = |b: &[DVec2; 2]| (b[1] - b[0]).element_product() * request.storeys;
    let target_m2 = request.target_far * site_area_m2;
    let mut sum = 0.0;
    let needed = boxes
        .iter()
        .position(|b| {
            sum += floor_area(b);
            sum >= target_m2
        })
        .map_or(boxes.len(), |at| at + 1);
    boxes.truncate(needed);
    let built: f64 = boxes.iter().map(floor_area).sum();
    let footprint: f64 = built / request.storeys;
    let reached_far = built / site_area_m2;
    let is_reached = built >= target_m2 * 0.999_999;
    let footprints = boxes
        .iter()
        .enumerate()
        .map(|(i, [low, high])| {
            let ring = vec![*low, DVec2::new(high.x, low.y), *high, DVec2::new(low.x, high.y)];
            Ok(Massing {
                footprint: place.polygon_json(&[ring])?,
                storeys: request.storeys,
                floor_height_m: request.floor_height_m,
                building_use: wanted_use.clone(),
                name: Some(format!("{}{}", if is_slab { "板楼" } else { "塔楼" }, i + 1)),
                base_height_m: None,
                roof: Some("flat".to_owned()),
            })
        })
        .collect::<Result<Vec<_>, String>>()
        .map_err(ApiError::Internal)?;
    let kind = if is_slab { "slabs" } else { "towers" };
    let note = if boxes.is_empty() {
        format!("no {kind} fit on the site with a setback of {} m", request.setback_m)
    } else if is_reached {
        format!("{} {kind} reach a ratio of {reached_far:.2}", boxes.len())
    } else {
        format!(
            "the site is full: {} {kind} of {} storeys reach {reached_far:.2} of {}; more storeys, less spacing or a smaller setback are needed",
            boxes.len(),
            request.storeys,
            request.target_far
        )
    };
    Ok(MassingAnswer {
        footprints,
        reached_far,
        target_far: request.target_far,
        coverage: footprint / site_area_m2,
        site_area_m2,
        spacing_m,
        is_reached,
        note,
    })
}

fn check(place: &Place, request: &MassingRequest) -> Result<(Vec<Vec<DVec2>>, String), ApiError> {
    let mut mistakes: Vec<Mistake> = check_storeys(request.storeys, request.floor_height_m)
        .into_iter()
        .map(|(at, message)| Mistake::at(at, message))
        .collect();
    let mut wrong = |at: &str, message: String| mistakes.push(Mistake::at(at, message));
    if !matches!(request.kind.as_str(), "slab" | "tower") {
        wrong("kind", "slab or tower is needed".to_owned());
    }
    if !(request.target_far > 0.0 && request.target_far <= 50.0) {
        wrong("target_far", "a ratio above 0 and up to 50 is needed".to_owned());
    }
    if !(0.0..=500.0).contains(&request.setback_m) {
        wrong("setback_m", "a setback from 0 to 500 m is needed".to_owned());
    }
    if request.spacing.is_some_and(|s| !(3.0..=500.0).contains(&s)) {
        wrong("spacing", "a distance from 3 to 500 m is needed".to_owned());
    }
    let default_use = if request.kind == "slab" { "slab" } else { "tower" };
    let name = match request.building_use.trim() {
        "" => default_use,
        given => given,
    };
    if let Err(message) = use_text(name) {
        wrong("use", message);
    }
    let rings = place.polygon(&request.site).unwrap_or_else(|messages| {
        messages.into_iter().for_each(|message| wrong("site", message));
        Vec::new()
    });
    if area(&rings) > 4e6 {
        wrong("site", "the site has more than four square kilometres".to_owned());
    }
    if mistakes.is_empty() {
        Ok((rings, name.to_owned()))
    } else {
        Err(ApiError::unprocessable(mistakes))
    }
}

/// The site around its first corner, so that millimetres survive.
struct Site {
    polygon: Polygon<f64>,
    setback_m: f64,
    origin: DVec2,
    min: DVec2,
    max: DVec2,
}

impl Site {
    fn new(rings: &[Vec<DVec2>], setback_m: f64) -> Self {
        let origin = rings[0][0];
        let line = |ring: &Vec<DVec2>| -> LineString<f64> {
            let coords = ring.iter().map(|p| *p - origin).map(|p| Coord { x: p.x, y: p.y });
            coords.collect()
        };
        let polygon = Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect());
        debug_assert!(polygon.unsigned_area() > 0.0);
        let outer = rings[0].iter().map(|p| *p - origin);
        let (min, max) = outer.fold((DVec2::INFINITY, DVec2::NEG_INFINITY), |(low, high), p| {
            (low.min(p), high.max(p))
        });
        Self {
            polygon,
            setback_m,
            origin,
            min,
            max,
        }
    }

    /// True when the box stands on the site with the setback on all sides.
    fn holds(&self, low: DVec2, high: DVec2) -> bool {
        let corners = [low, DVec2::new(high.x, low.y), high, DVec2::new(low.x, high.y), low];
        let body = Polygon::new(corners.iter().map(|p| Coord { x: p.x, y: p.y }).collect(), Vec::new());
        if !self.polygon.contains(&body) {
            return false;
        }
        let mut edges = std::iter::once(self.polygon.exterior()).chain(self.polygon.interiors());
        self.setback_m <= 0.0 || edges.all(|edge| Euclidean.distance(edge, body.exterior()) >= self.setback_m - 1e-6)
    }

    fn scene(&self, low: DVec2, high: DVec2) -> [DVec2; 2] {
        [low + self.origin, high + self.origin]
    }

    /// Boxes of one size on the best of a few grids: the one that holds most.
    fn grid(&self, size: DVec2, gap: DVec2) -> Vec<[DVec2; 2]> {
        let step = size + gap;
        let mut best = Vec::new();
        // the grid may begin anywhere within one step: a quarter of a body is fine enough
        for shift_y in 0..4 {
            for shift_x in 0..4 {
                let shift = DVec2::new(f64::from(shift_x), f64::from(shift_y)) * step / 4.0;
                let start = self.min + self.setback_m + shift;
                let found = self.fill(start, size, step);
                if found.len() > best.len() {
                    best = found;
                }
            }
        }
        best
    }

    fn fill(&self, start: DVec2, size: DVec2, step: DVec2) -> Vec<[DVec2; 2]> {
        let mut found = Vec::new();
        let mut y = start.y;
        while y + size.y <= self.max.y && found.len() < MAX_BODIES {
            let mut x = start.x;
            while x + size.x <= self.max.x && found.len() < MAX_BODIES {
                let low = DVec2::new(x, y);
                if self.holds(low, low + size) {
                    found.push(self.scene(low, low + size));
                }
                x += step.x;
            }
            y += step.y;
        }
        found
    }

    /// Rows of slabs; a slab gets shorter where the site does.
    fn slabs(&self, spacing_m: f64) -> Vec<[DVec2; 2]> {
        let step_y = SLAB_DEPTH_M + spacing_m;
        let mut best: (f64, Vec<[DVec2; 2]>) = (0.0, Vec::new());
        for shift in 0..8 {
            let mut found = Vec::new();
            let mut y = self.min.y + self.setback_m + step_y * f64::from(shift) / 8.0;
            while y + SLAB_DEPTH_M <= self.max.y && found.len() < MAX_BODIES {
                self.row(y, &mut found);
                y += step_y;
            }
            let length: f64 = found.iter().map(|b| b[1].x - b[0].x).sum();
            if length > best.0 + 1e-9 {
                best = (length, found);
            }
        }
        best.1
    }

    fn row(&self, y: f64, found: &mut Vec<[DVec2; 2]>) {
        let mut x = self.min.x + self.setback_m;
        while x + LEAST_SLAB_M <= self.max.x && found.len() < MAX_BODIES {
            let fitting = [1.0, 0.8, 0.6, 0.5, 0.36].into_iter().find(|part| {
                let low = DVec2::new(x, y);
                self.holds(low, low + DVec2::new(SLAB_LENGTH_M * part, SLAB_DEPTH_M))
            });
            match fitting {
                Some(part) => {
                    let low = DVec2::new(x, y);
                    let length = SLAB_LENGTH_M * part;
                    found.push(self.scene(low, low + DVec2::new(length, SLAB_DEPTH_M)));
                    x += length + SLAB_GAP_M;
                }
                None => x += 2.0,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ground::tests::place;
    use super::*;
    use serde_json::json;

    fn request(kind: &str, target_far: f64, storeys: f64) -> MassingRequest {
        // 183 m by 178 m
        let ring = [
            [113.65, 34.75],
            [113.652, 34.75],
            [113.652, 34.7516],
            [113.65, 34.7516],
            [113.65, 34.75],
        ];
        MassingRequest {
            site: json!({"type": "Polygon", "coordinates": [ring]}),
            kind: kind.into(),
            target_far,
            storeys,
            floor_height_m: 3.0,
            building_use: String::new(),
            setback_m: 6.0,
            spacing: None,
        }
    }

    #[test]
    fn a_ratio_that_fits_is_reached_and_not_passed_by_more_than_a_body() {
        for (kind, far, storeys) in [("slab", 1.2, 6.0), ("tower", 2.0, 26.0)] {
            let place = place();
            let found = massing(&place, &request(kind, far, storeys)).unwrap();
            let one = TOWER_EDGE_M.max(SLAB_LENGTH_M) * TOWER_EDGE_M * storeys / found.site_area_m2;
            assert!(found.is_reached && found.reached_far < far + one, "{kind}: {found:?}");
            // what is said is what is drawn
            let drawn: f64 = found
                .footprints
                .iter()
                .map(|m| area(&place.polygon(&m.footprint).unwrap()) * m.storeys)
                .sum();
            assert!((drawn / found.site_area_m2 - found.reached_far).abs() < 1e-3, "{kind}");
            assert_eq!(
                serde_json::to_string(&massing(&place, &request(kind, far, storeys)).unwrap()).unwrap(),
                serde_json::to_string(&found).unwrap()
            );
        }
    }

    #[test]
    fn a_ratio_that_does_not_fit_is_said() {
        let found = massing(&place(), &request("slab", 9.0, 6.0)).unwrap();
        assert!(
            !found.is_reached && found.note.contains("full") && found.reached_far < 2.0,
            "{}",
            found.note
        );
        let mut tight = request("tower", 1.0, 10.0);
        tight.setback_m = 90.0;
        let found = massing(&place(), &tight).unwrap();
        assert!(found.footprints.is_empty() && found.note.contains("no towers fit"));
    }

    #[test]
    fn bodies_keep_their_distances() {
        let place = place();
        let found = massing(&place, &request("slab", 9.0, 6.0)).unwrap();
        let boxes: Vec<(DVec2, DVec2)> = found
            .footprints
            .iter()
            .map(|m| {
                let rings = place.polygon(&m.footprint).unwrap();
                let fold = |f: fn(DVec2, DVec2) -> DVec2| rings[0].iter().copied().reduce(f).unwrap();
                (fold(DVec2::min), fold(DVec2::max))
            })
            .collect();
        for (i, a) in boxes.iter().enumerate() {
            for b in &boxes[i + 1..] {
                let gap = (b.0 - a.1).max(a.0 - b.1);
                assert!(gap.y >= found.spacing_m - 0.01 || gap.x >= SLAB_GAP_M - 0.01, "{gap}");
            }
        }
    }

    #[test]
    fn absurd_wishes_are_refused() {
        let mut bad = request("dome", f64::NAN, 0.0);
        bad.setback_m = -1.0;
        bad.site = json!(null);
        let Err(ApiError::Unprocessable { errors, .. }) = massing(&place(), &bad) else {
            panic!("it was accepted");
        };
        let at: Vec<_> = errors.iter().filter_map(|e| e.at.as_deref()).collect();
        assert_eq!(at, ["storeys", "kind", "target_far", "setback_m", "site"]);
    }
}
