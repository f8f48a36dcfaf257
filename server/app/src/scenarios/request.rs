//! What clients send to scenarios.

use city_model::Attributes;
use city_model::scenario::{Resolve, Side};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Edits of one request: one step for undo.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct EditsRequest {
    /// Who decides.
    #[serde(default)]
    pub author: String,
    /// Edits in order.
    pub edits: Vec<EditRequest>,
}

/// One edit.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct EditRequest {
    /// `retain`, `modify`, `demolish`, `build` or `abandon`.
    pub action: String,
    /// Ids of the features that it is decided for.
    #[serde(default)]
    pub features: Vec<String>,
    /// Attributes that `modify` sets; `null` removes. `added_storeys` puts storeys on a building.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub attributes: Attributes,
    /// Id of the renewal project that it belongs to.
    #[serde(default)]
    pub project: Option<String>,
    /// Day from which it counts, `YYYY-MM-DD`.
    #[serde(default)]
    pub phase: Option<String>,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
    /// What `build` builds, or the new body of proposals that `modify` changes.
    #[serde(default)]
    pub build: Option<BuildRequest>,
    /// What is done to pipes.
    #[serde(default)]
    pub pipe: Option<PipeChange>,
}

/// A body to be built: drawn here, or imported before into the layer `proposals`.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct BuildRequest {
    /// A drawn body; its members stand beside `features`.
    #[serde(flatten)]
    #[schema(inline)]
    pub massing: Massing,
    /// Ids of imported proposals; their parts are built with them.
    #[serde(default)]
    pub features: Vec<String>,
}

/// A raised footprint.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Massing {
    /// GeoJSON Polygon in longitude, latitude.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub footprint: Value,
    /// Storeys, 1–200.
    #[serde(default)]
    pub storeys: f64,
    /// Height of one storey, metres.
    #[serde(default = "usual_floor_height_m")]
    pub floor_height_m: f64,
    /// Name of a `BuildingUse`: slab, tower, village, office, retail, industrial, school, hospital, heritage, public,
    /// warehouse, house, utility, unknown.
    #[serde(default, rename = "use")]
    pub building_use: String,
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Height of its foot, metres; without it the body stands on the terrain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_height_m: Option<f64>,
    /// Form of the roof; `flat` is the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roof: Option<String>,
}

/// Height of a storey where none is given, metres.
pub const fn usual_floor_height_m() -> f64 {
    3.0
}

/// What is done to pipes.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct PipeChange {
    /// The named pipes are abandoned, and a copy with other attributes is laid beside each.
    #[serde(default)]
    pub replace: Option<PipeReplacement>,
    /// A new pipe.
    #[serde(default)]
    pub add: Option<NewPipe>,
    /// Instead of naming pipes: all pipes along this street…
    #[serde(default)]
    pub road: Option<String>,
    /// …of this class (JS, YS, WS…).
    #[serde(default)]
    pub pipe_class: Option<String>,
}

/// Attributes of the pipes that replace others; what is not given stays.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct PipeReplacement {
    /// Inner diameter, millimetres.
    #[serde(default)]
    pub diameter_mm: Option<f64>,
    /// Material.
    #[serde(default)]
    pub material: Option<String>,
    /// Class code.
    #[serde(default)]
    pub pipe_class: Option<String>,
}

/// A pipe drawn on the map.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct NewPipe {
    /// GeoJSON LineString in longitude, latitude.
    pub line: Value,
    /// Class code.
    pub pipe_class: String,
    /// Inner diameter, millimetres.
    pub diameter_mm: f64,
    /// Material.
    #[serde(default)]
    pub material: String,
    /// Depth of the axis below the ground, metres.
    pub depth_m: f64,
}

/// A new scenario, or a branch.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct CreateRequest {
    /// Name.
    pub name: String,
    /// Who makes it.
    #[serde(default)]
    pub author: String,
    /// Free text.
    #[serde(default)]
    pub note: String,
}

/// New name or note; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct RenameRequest {
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Free text.
    #[serde(default)]
    pub note: Option<String>,
    /// Who writes.
    #[serde(default)]
    pub author: String,
}

/// Who takes a step back or forth.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct StepRequest {
    /// Who.
    #[serde(default)]
    pub author: String,
}

/// A merge.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct MergeRequest {
    /// Scenario to be merged in.
    pub from: String,
    /// Who merges.
    #[serde(default)]
    pub author: String,
    /// Whose decision is taken, by feature id: `ours` or `theirs`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub resolve: Resolve,
    /// The same for every conflict that is not named.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub resolve_all: Option<Side>,
}

/// An array of bodies for a site.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct MassingRequest {
    /// GeoJSON Polygon in longitude, latitude.
    pub site: Value,
    /// `slab` or `tower`.
    pub kind: String,
    /// Floor area ratio to be reached.
    pub target_far: f64,
    /// Storeys of each body, 1–200.
    pub storeys: f64,
    /// Height of one storey, metres.
    #[serde(default = "usual_floor_height_m")]
    pub floor_height_m: f64,
    /// Use, as in [`Massing::building_use`].
    #[serde(default, rename = "use")]
    pub building_use: String,
    /// Distance kept from the edge of the site, metres.
    #[serde(default)]
    pub setback_m: f64,
    /// Distance between bodies, metres; without it the distance follows from the height.
    #[serde(default)]
    pub spacing: Option<f64>,
}
