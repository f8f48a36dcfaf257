//! Proposals as features: massing, storeys on top of a building, pipes.

use super::ground::{Place, area};
use super::request::{Massing, NewPipe, PipeReplacement};
use city_model::ring::convex_hull;
use city_model::scenario::{EDIT_ATTRIBUTE, PROPOSALS_LAYER};
use city_model::{
    Attributes, BuildingUse, CrossSection, Extrusion, Feature, FeatureClass, LevelReference, Line, LodGeometry,
    RoofForm, Shape, attributes,
};
use glam::{DVec2, DVec3};
use serde_json::{Value, json};

/// Storeys that a body may have.
pub const MAX_STOREYS: f64 = 200.0;
/// Parapet of a proposed flat roof, metres.
const PARAPET_M: f32 = 0.9;
/// Bodies higher than this are taken for a mistake, metres.
const MAX_HEIGHT_M: f64 = 1000.0;

/// A use and the word under which the rest of the program knows it.
const USES: &[(&str, BuildingUse, &str)] = &[
    ("unknown", BuildingUse::Unknown, ""),
    ("slab", BuildingUse::Slab, "住宅"),
    ("tower", BuildingUse::Tower, "住宅"),
    ("village", BuildingUse::Village, "城中村"),
    ("office", BuildingUse::Office, "办公"),
    ("retail", BuildingUse::Retail, "商业"),
    ("industrial", BuildingUse::Industrial, "工业"),
    ("school", BuildingUse::School, "学校"),
    ("hospital", BuildingUse::Hospital, "医院"),
    ("heritage", BuildingUse::Heritage, "历史建筑"),
    ("public", BuildingUse::Public, "公共服务"),
    ("warehouse", BuildingUse::Warehouse, "仓储"),
    ("house", BuildingUse::House, "别墅"),
    ("utility", BuildingUse::Utility, "市政 utility"),
];

/// The word for the name of a [`BuildingUse`] (any case), or for a word that sources use.
///
/// # Errors
/// A sentence that lists the names.
pub fn use_text(name: &str) -> Result<String, String> {
    let lower = name.trim().to_lowercase();
    if lower.is_empty() {
        return Ok(String::new());
    }
    if let Some((_, _, text)) = USES.iter().find(|(key, ..)| *key == lower) {
        return Ok((*text).to_owned());
    }
    if BuildingUse::guess(name, None) != BuildingUse::Unknown {
        return Ok(name.trim().to_owned());
    }
    let names: Vec<&str> = USES.iter().map(|(key, ..)| *key).collect();
    let shown: String = name.chars().take(40).collect();
    Err(format!(
        "{shown:?} is no use of a building: one of {}",
        names.join(", ")
    ))
}

/// Checks numbers of a body; a sentence for each that is wrong.
pub fn check_storeys(storeys: f64, floor_height_m: f64) -> Vec<(&'static str, String)> {
    let mut mistakes = Vec::new();
    if !(1.0..=MAX_STOREYS).contains(&storeys) || storeys.fract() != 0.0 {
        let message = format!("{storeys} storeys: a whole number from 1 to {MAX_STOREYS} is needed");
        mistakes.push(("storeys", message));
    }
    if !(2.0..=12.0).contains(&floor_height_m) {
        let message = format!("a floor height of {floor_height_m} m: 2 to 12 m are possible");
        mistakes.push(("floor_height_m", message));
    }
    if mistakes.is_empty() && storeys * floor_height_m > MAX_HEIGHT_M {
        mistakes.push(("storeys", format!("the body would be higher than {MAX_HEIGHT_M} m")));
    }
    mistakes
}

/// A raised footprint that is checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Rings in the scene CRS, metres.
    pub rings: Vec<Vec<DVec2>>,
    /// Foot; `None`: on the terrain.
    pub base_z_m: Option<f64>,
    /// Storeys.
    pub storeys: f64,
    /// Height of one storey, metres.
    pub floor_height_m: f64,
    /// Word for the use; empty when unknown.
    pub use_text: String,
    /// Display name.
    pub name: Option<String>,
}

impl Body {
    /// Checks a request.
    ///
    /// # Errors
    /// (member, sentence) for everything that is wrong.
    pub fn of(massing: &Massing, place: &Place) -> Result<Self, Vec<(String, String)>> {
        let mut mistakes: Vec<(String, String)> = check_storeys(massing.storeys, massing.floor_height_m)
            .into_iter()
            .map(|(at, message)| (at.to_owned(), message))
            .collect();
        let mut wrong = |at: &str, message: String| mistakes.push((at.to_owned(), message));
        let use_text = use_text(&massing.building_use).unwrap_or_else(|message| {
            wrong("use", message);
            String::new()
        });
        if massing.base_height_m.is_some_and(|z| !(-500.0..=9000.0).contains(&z)) {
            wrong("base_height_m", "the foot must lie between −500 and 9000 m".to_owned());
        }
        if massing.roof.as_deref().is_some_and(|roof| roof != "flat") {
            wrong("roof", "only a flat roof can be built".to_owned());
        }
        if massing.name.as_ref().is_some_and(|name| name.chars().count() > 200) {
            wrong("name", "the name has more than 200 characters".to_owned());
        }
        let rings = place.polygon(&massing.footprint).unwrap_or_else(|messages| {
            messages.into_iter().for_each(|message| wrong("footprint", message));
            Vec::new()
        });
        if area(&rings) > 1e6 {
            wrong(
                "footprint",
                "the footprint has more than one square kilometre".to_owned(),
            );
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self {
            rings,
            base_z_m: massing.base_height_m,
            storeys: massing.storeys,
            floor_height_m: massing.floor_height_m,
            use_text,
            name: massing.name.clone(),
        })
    }

    /// The body of a proposal as it was built; `None` when it is not a raised footprint.
    pub fn of_proposal(feature: &Feature) -> Option<Self> {
        let extrusion = feature.geometry.finest().find_map(|shape| match shape {
            Shape::Extrusion(e) => Some(e),
            _ => None,
        })?;
        let number = |key| attributes::number(&feature.attributes, key);
        let floor_height_m = number("floor_height_m").unwrap_or(super::request::usual_floor_height_m());
        Some(Self {
            rings: extrusion.rings.clone(),
            base_z_m: extrusion.base_z_m,
            storeys: number("storeys").unwrap_or_else(|| (extrusion.height_m / floor_height_m).round().max(1.0)),
            floor_height_m,
            use_text: attributes::text(&feature.attributes, "use").unwrap_or_default(),
            name: attributes::name(&feature.attributes),
        })
    }

    /// Storeys on top of a building, with its plan; `None` when the building has no plan.
    pub fn on_top(building: &Feature, storeys: f64, floor_height_m: f64, place: &Place) -> Option<Self> {
        let (rings, top_z_m) = plan_and_top(building, place)?;
        let name = attributes::name(&building.attributes).unwrap_or_else(|| building.id.clone());
        Some(Self {
            rings,
            base_z_m: Some(top_z_m),
            storeys,
            floor_height_m,
            use_text: attributes::first_text(&building.attributes, attributes::USE_KEYS).unwrap_or_default(),
            name: Some(format!("{name} 加层")),
        })
    }

    /// The feature.
    pub fn feature(&self, id: String, edit_uid: &str, parent: Option<String>) -> Feature {
        let height_m = self.storeys * self.floor_height_m;
        let footprint_m2 = area(&self.rings);
        let mut feature = Feature::new(id, FeatureClass::Building, PROPOSALS_LAYER);
        let shape = Extrusion {
            rings: self.rings.clone(),
            base_z_m: self.base_z_m,
            height_m,
            roof: RoofForm::Flat { parapet_m: PARAPET_M },
            roof_boxes: Vec::new(),
        };
        feature.geometry = LodGeometry::single(10, Shape::Extrusion(shape));
        feature.parent = parent;
        let mut set = |key: &str, value: Value| drop(feature.attributes.insert(key.to_owned(), value));
        if let Some(name) = &self.name {
            set("name", json!(name));
        }
        if !self.use_text.is_empty() {
            set("use", json!(self.use_text));
        }
        set("storeys", json!(self.storeys));
        set("floor_height_m", json!(self.floor_height_m));
        set("height_m", json!(round3(height_m)));
        set("footprint_m2", json!(round3(footprint_m2)));
        set("floor_area_m2", json!(round3(footprint_m2 * self.storeys)));
        set(EDIT_ATTRIBUTE, json!(edit_uid));
        feature
    }
}

fn round3(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Plan of a building and the height of its top, metres.
fn plan_and_top(building: &Feature, place: &Place) -> Option<(Vec<Vec<DVec2>>, f64)> {
    for shape in building.geometry.finest() {
        match shape {
            Shape::Extrusion(e) => {
                let ground = || e.rings.iter().take(1).flatten().map(|p| place.ground_m(*p));
                let low = ground().fold(f64::INFINITY, f64::min);
                let high = ground().fold(f64::NEG_INFINITY, f64::max);
                // as the tiler stands it: heights count from the middle of the ground around it
                let base = e.base_z_m.unwrap_or((low + high) * 0.5);
                return Some((e.rings.clone(), base + e.height_m));
            }
            Shape::Surfaces(mesh) => {
                let top = mesh.vertices.iter().map(|v| v.z).fold(f64::NEG_INFINITY, f64::max);
                let hull = convex_hull(mesh.vertices.iter().map(|v| v.truncate()));
                return (hull.len() >= 3 && top.is_finite()).then(|| (vec![hull], top));
            }
            _ => {}
        }
    }
    None
}

/// What is wrong with a diameter, if anything.
pub fn check_diameter(diameter_mm: f64) -> Option<String> {
    (!(10.0..=10_000.0).contains(&diameter_mm))
        .then(|| format!("a diameter of {diameter_mm} mm: 10 to 10000 mm are possible"))
}

/// The pipe that replaces another one, in the same trench.
pub fn replacement(old: &Feature, change: &PipeReplacement, id: String, edit_uid: &str) -> Feature {
    let mut pipe = Feature::new(id, FeatureClass::Pipe, PROPOSALS_LAYER);
    pipe.geometry = old.geometry.clone();
    pipe.attributes = old.attributes.clone();
    pipe.parent = None;
    if let Some(diameter_mm) = change.diameter_mm {
        for shape in &mut pipe.geometry.shapes {
            if let Shape::Line(line) = &mut shape.shape {
                line.section = CrossSection::Circle {
                    diameter_m: diameter_mm / 1000.0,
                };
            }
        }
        for key in ["width_mm", "section_height_mm"] {
            pipe.attributes.shift_remove(key);
        }
        pipe.attributes.insert("diameter_mm".to_owned(), json!(diameter_mm));
    }
    let texts = [("material", &change.material), ("pipe_class", &change.pipe_class)];
    for (key, text) in texts {
        if let Some(text) = text {
            pipe.attributes.insert(key.to_owned(), json!(text));
        }
    }
    pipe.attributes.shift_remove("year");
    pipe.attributes.insert("replaces".to_owned(), json!(old.id));
    pipe.attributes.insert(EDIT_ATTRIBUTE.to_owned(), json!(edit_uid));
    pipe
}

/// A drawn pipe; `line` in the scene CRS.
pub fn new_pipe(request: &NewPipe, line: &[DVec2], id: String, edit_uid: &str) -> Feature {
    let mut pipe = Feature::new(id, FeatureClass::Pipe, PROPOSALS_LAYER);
    let shape = Line {
        points: line.iter().map(|p| DVec3::new(p.x, p.y, -request.depth_m)).collect(),
        section: CrossSection::Circle {
            diameter_m: request.diameter_mm / 1000.0,
        },
        reference: LevelReference::BelowTerrain,
    };
    pipe.geometry = LodGeometry::single(10, Shape::Line(shape));
    let mut given = Attributes::new();
    given.insert("pipe_class".to_owned(), json!(request.pipe_class));
    given.insert("diameter_mm".to_owned(), json!(request.diameter_mm));
    given.insert("start_depth_m".to_owned(), json!(request.depth_m));
    given.insert("end_depth_m".to_owned(), json!(request.depth_m));
    if !request.material.is_empty() {
        given.insert("material".to_owned(), json!(request.material));
    }
    given.insert(EDIT_ATTRIBUTE.to_owned(), json!(edit_uid));
    pipe.attributes = given;
    pipe
}

#[cfg(test)]
mod tests {
    use super::super::ground::tests::place;
    use super::*;

    #[test]
    fn uses_are_names_or_words_and_the_tiler_understands_them() {
        for (name, wanted, _) in USES {
            let text = use_text(name).unwrap();
            let storeys = if *wanted == BuildingUse::Tower { 18.0 } else { 6.0 };
            assert_eq!(BuildingUse::guess(&text, Some(storeys)), *wanted, "{name}");
        }
        assert_eq!(use_text("Office").unwrap(), "办公");
        assert_eq!(use_text("商业").unwrap(), "商业");
        assert!(use_text("castle").unwrap_err().contains("slab"));
    }

    #[test]
    fn absurd_numbers_are_refused_one_by_one() {
        assert!(check_storeys(6.0, 3.0).is_empty());
        for (storeys, floor_height_m) in [
            (0.0, 3.0),
            (201.0, 3.0),
            (2.5, 3.0),
            (f64::NAN, 3.0),
            (6.0, 1.0),
            (6.0, f64::INFINITY),
        ] {
            assert_eq!(
                check_storeys(storeys, floor_height_m).len(),
                1,
                "{storeys} {floor_height_m}"
            );
        }
        assert_eq!(check_storeys(150.0, 12.0).len(), 1, "1,800 m");
        let massing = Massing {
            storeys: -1.0,
            floor_height_m: 99.0,
            building_use: "castle".into(),
            roof: Some("dome".into()),
            ..Massing::default()
        };
        let at: Vec<String> = Body::of(&massing, &place())
            .unwrap_err()
            .into_iter()
            .map(|(at, _)| at)
            .collect();
        assert_eq!(at, ["storeys", "floor_height_m", "use", "roof", "footprint"]);
    }

    #[test]
    fn storeys_stand_on_the_roof() {
        let mut building = Feature::new("b", FeatureClass::Building, "demo");
        let ring = vec![
            DVec2::ZERO,
            DVec2::new(10.0, 0.0),
            DVec2::new(10.0, 8.0),
            DVec2::new(0.0, 8.0),
        ];
        let shape = Extrusion {
            rings: vec![ring],
            base_z_m: Some(90.0),
            height_m: 18.0,
            roof: RoofForm::Flat { parapet_m: 0.0 },
            roof_boxes: Vec::new(),
        };
        building.geometry = LodGeometry::single(10, Shape::Extrusion(shape));
        let body = Body::on_top(&building, 2.0, 3.0, &place()).unwrap();
        assert_eq!(body.base_z_m, Some(108.0));
        let feature = body.feature("p".into(), "e", None);
        assert!((feature.bounds().max.z - 114.0 - f64::from(PARAPET_M)).abs() < 1e-6);
        assert_eq!(feature.attributes["floor_area_m2"], 160.0);
        assert_eq!(Body::of_proposal(&feature).unwrap().storeys, 2.0);
    }
}
