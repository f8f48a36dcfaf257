//! What a viewer is told about a city when it opens it: `GET /api/v1/manifest`.

use serde::{Deserialize, Serialize};

/// Text in the two languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LocalText {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One switchable layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerInfo {
    /// Stable id: a layer group, or `group/class` or `underground/<pipe class code>` below it.
    pub id: String,
    /// Id of the layer above; `None` at the top.
    pub parent: Option<String>,
    /// Shown name.
    pub title: LocalText,
    /// Features in it.
    pub num_features: u64,
    /// Shown when the city opens.
    pub visible: bool,
    /// Code of the layer in tiles (see [`crate::layers`]); `None` for groups.
    pub code: Option<u8>,
    /// Legend colour, sRGB `#rrggbb`, where the layer has one.
    pub color: Option<String>,
}

/// A view to fly to, in the scene's ENU frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewInfo {
    /// Stable id: `overview`, `street`, `underground`…
    pub id: String,
    /// Shown name.
    pub title: LocalText,
    /// Point looked at, ENU metres.
    pub target_enu: [f64; 3],
    /// Distance of the eye from the target, metres.
    pub distance_m: f64,
    /// Compass heading of the view direction, degrees clockwise from north.
    pub heading_deg: f64,
    /// Angle below the horizon, degrees: 90 looks straight down.
    pub pitch_deg: f64,
}

/// A renewal project as the viewer lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectInfo {
    /// Feature id.
    pub id: String,
    /// Dense number.
    pub feature_index: u32,
    /// Name.
    pub name: String,
    /// Stage as recorded (谋划, 入库, 开工…).
    pub stage: String,
    /// Class as recorded.
    pub class: String,
    /// Centre, ENU metres.
    pub center_enu: [f64; 3],
    /// Half of the larger plan side, metres.
    pub radius_m: f64,
}

/// A data source to be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Text to show, as the licence asks.
    pub text: String,
    /// Licence name.
    pub licence: String,
}

/// Everything a viewer needs before its first tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneManifest {
    /// Name of the city.
    pub title: LocalText,
    /// True when the data is generated; shown wherever the city is shown.
    pub is_generated: bool,
    /// Published revision.
    pub revision: u64,
    /// Scene CRS, `EPSG:4547` or a proj string.
    pub crs: String,
    /// Address of the tileset, relative to the server's root.
    pub tileset_url: String,
    /// Column-major `ecef_from_enu` of the scene origin.
    pub ecef_from_enu: [f64; 16],
    /// Scene origin: longitude, latitude (degrees), ellipsoidal height (metres).
    pub origin_lon_lat_height: [f64; 3],
    /// Bounds of all features, ENU metres: min x, y, z, max x, y, z.
    pub bounds_enu: [f64; 6],
    /// Highest feature index + 1: length of the viewer's table.
    pub feature_index_count: u32,
    /// Layers, parents before children.
    pub layers: Vec<LayerInfo>,
    /// Fixed views.
    pub views: Vec<ViewInfo>,
    /// Projects.
    pub projects: Vec<ProjectInfo>,
    /// Sources to credit.
    pub credits: Vec<Credit>,
    /// Vertical datum note.
    pub vertical_datum: String,
}
