//! Two scenarios, revisions or phases compared.

use super::view::{ScenarioView, view};
use crate::http::{ApiError, Snapshot};
use city_model::scenario::{diff, iso_date};
use city_model::{Date, layers};
use scene_store::SceneStore;
use serde::Serialize;
use serde_json::{Value, json};

/// Features listed of each kind; the totals count all.
const MAX_LISTED: usize = 50_000;

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideOf {
    /// Scenario.
    pub id: String,
    /// Revision; `None` for the last.
    pub revision: Option<u64>,
    /// Day looked at.
    pub phase: Option<Date>,
}

/// A feature that differs.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DiffFeature {
    /// Stable id.
    pub id: String,
    /// Dense number.
    pub feature_index: u32,
    /// Display name.
    pub name: Option<String>,
    /// Class.
    pub class: &'static str,
    /// Layer of the fixed table.
    pub layer: &'static str,
    /// State in A.
    pub state_a: &'static str,
    /// State in B.
    pub state_b: &'static str,
    /// Centre in the tile frame, metres.
    pub center_enu: [f64; 3],
}

/// Compares two sides: `{a, b, added, removed, changed, kept, totals}`.
///
/// # Errors
/// [`ApiError::NotFound`] for an unknown scenario or revision, or trouble with the store.
pub fn difference(store: &dyn SceneStore, snapshot: &Snapshot, a: &SideOf, b: &SideOf) -> Result<Value, ApiError> {
    let (a, b) = (
        view(store, &a.id, a.revision, a.phase)?,
        view(store, &b.id, b.revision, b.phase)?,
    );
    let found = diff(&a.table, &b.table, &a.changes, &b.changes);
    let list = |indices: &[u32]| listed(store, snapshot, indices, &a, &b);
    let side = |view: &ScenarioView| json!({ "id": view.id, "revision": view.revision, "phase": view.phase.map(iso_date::to_text) });
    Ok(json!({
        "a": side(&a),
        "b": side(&b),
        "added": list(&found.added)?,
        "removed": list(&found.removed)?,
        "changed": list(&found.changed)?,
        "kept": { "count": found.kept },
        "totals": { "added": found.added.len(), "removed": found.removed.len(), "changed": found.changed.len(), "kept": found.kept },
    }))
}

fn listed(
    store: &dyn SceneStore,
    snapshot: &Snapshot,
    indices: &[u32],
    a: &ScenarioView,
    b: &ScenarioView,
) -> Result<Vec<DiffFeature>, ApiError> {
    let shown = &indices[..indices.len().min(MAX_LISTED)];
    let stubs = store.stubs_by_index(shown)?;
    Ok(stubs
        .into_iter()
        .flatten()
        .map(|stub| {
            let bounds = snapshot.bounds_enu(snapshot.lifted(stub.bounds, stub.on_terrain));
            DiffFeature {
                feature_index: stub.index.0,
                name: stub.name,
                class: stub.class.as_str(),
                layer: layers::by_code(stub.layer_code).map_or("", |l| l.id),
                state_a: a.state(stub.index.0).as_str(),
                state_b: b.state(stub.index.0).as_str(),
                center_enu: [0, 1, 2].map(|k| (bounds[k] + bounds[k + 3]) / 2.0),
                id: stub.id,
            }
        })
        .collect())
}
