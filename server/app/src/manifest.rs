//! The manifest that a viewer reads first: layers, views, projects, credits.

use crate::http::state::{Snapshot, TILESET_URL, flat};
use city_model::manifest::{Credit, LayerInfo, LocalText, ProjectInfo, SceneManifest, ViewInfo};
use city_model::{Bounds3, FeatureClass, LayerGroup, attributes, layers};
use scene_store::{FeatureQuery, SceneInfo, SceneStore, StoreError};

/// Projects listed at most.
const MAX_PROJECTS: u32 = 1000;

/// Builds the manifest of the published revision.
///
/// # Errors
/// [`StoreError`] when the store cannot be read.
pub fn build_manifest(
    store: &dyn SceneStore,
    scene: &SceneInfo,
    snapshot: &Snapshot,
) -> Result<SceneManifest, StoreError> {
    let city = snapshot
        .layers
        .iter()
        .filter(|l| l.code != layers::PROPOSED_BUILDING_CODE);
    let all = city.fold(Bounds3::EMPTY, |b, l| b.union(l.bounds));
    let bounds_enu = match &snapshot.revision {
        Some(revision) if revision.bounds_enu != [0.0; 6] => revision.bounds_enu,
        _ => snapshot.bounds_enu(all),
    };
    let views = match store
        .meta("views")?
        .and_then(|json| serde_json::from_str::<Vec<ViewInfo>>(&json).ok())
    {
        Some(views) if !views.is_empty() => views,
        _ => default_views(store, snapshot, bounds_enu)?,
    };
    Ok(SceneManifest {
        title: scene.title.clone(),
        is_generated: scene.is_generated,
        revision: snapshot.number(),
        crs: scene.frame.crs().name().to_owned(),
        tileset_url: TILESET_URL.to_owned(),
        ecef_from_enu: scene.frame.ecef_from_enu().to_cols_array(),
        origin_lon_lat_height: scene.frame.origin().to_deg(),
        bounds_enu,
        feature_index_count: store.summary()?.feature_index_count,
        layers: layer_infos(snapshot),
        views,
        projects: projects(store, snapshot)?,
        credits: credits(store)?,
        vertical_datum: scene.vertical_datum.clone(),
    })
}

/// Groups that hold something, each followed by its layers.
fn layer_infos(snapshot: &Snapshot) -> Vec<LayerInfo> {
    let count = |code: u8| -> u64 {
        let features = snapshot
            .layers
            .iter()
            .find(|l| l.code == code)
            .map_or(0, |l| l.num_features);
        let is_terrain = layers::by_code(code).is_some_and(|l| l.id == "ground/terrain");
        if is_terrain {
            features + snapshot.terrain.len() as u64
        } else {
            features
        }
    };
    let mut infos = Vec::new();
    for group in LayerGroup::ALL {
        let members: Vec<_> = layers::LAYERS
            .iter()
            .filter(|l| l.group == *group && count(l.code) > 0)
            .collect();
        if members.is_empty() {
            continue;
        }
        infos.push(LayerInfo {
            id: group.as_str().to_owned(),
            parent: None,
            title: LocalText {
                zh: group.label_zh().to_owned(),
                en: group_en(*group).to_owned(),
            },
            num_features: members.iter().map(|l| count(l.code)).sum(),
            visible: true,
            code: None,
            color: None,
        });
        infos.extend(members.into_iter().map(|layer| {
            let drain = layers::DRAIN_DISPLAY_RGB
                .iter()
                .find(|(class, _)| layer.id == format!("underground/{class}"));
            let [r, g, b] = drain.map_or(layer.rgb, |(_, rgb)| *rgb);
            LayerInfo {
                id: layer.id.to_owned(),
                parent: Some(group.as_str().to_owned()),
                title: LocalText {
                    zh: layer.zh.to_owned(),
                    en: layer.en.to_owned(),
                },
                num_features: count(layer.code),
                visible: true,
                code: Some(layer.code),
                color: Some(format!("#{r:02x}{g:02x}{b:02x}")),
            }
        }));
    }
    infos
}

const fn group_en(group: LayerGroup) -> &'static str {
    match group {
        LayerGroup::Ground => "Ground",
        LayerGroup::Buildings => "Buildings",
        LayerGroup::Vegetation => "Vegetation",
        LayerGroup::Underground => "Underground",
        LayerGroup::Projects => "Projects",
        LayerGroup::Proposals => "Proposed buildings",
    }
}

/// Overview, street and underground, from what the city holds.
fn default_views(
    store: &dyn SceneStore,
    snapshot: &Snapshot,
    bounds_enu: [f64; 6],
) -> Result<Vec<ViewInfo>, StoreError> {
    let [x0, y0, z0, x1, y1, _] = bounds_enu;
    let centre = [(x0 + x1) / 2.0, (y0 + y1) / 2.0, z0.max(-50.0)];
    let text = |zh: &str, en: &str| LocalText {
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    let view = |id: &str, title, target_enu, distance_m, pitch_deg| ViewInfo {
        id: id.to_owned(),
        title,
        target_enu,
        distance_m,
        heading_deg: 30.0,
        pitch_deg,
    };
    let extent = (x1 - x0).max(y1 - y0);
    let mut views = vec![view(
        "overview",
        text("全城", "Overview"),
        centre,
        (extent * 0.9).clamp(150.0, 30_000.0),
        38.0,
    )];
    if let Some(target) = near_middle(store, snapshot, |code| matches!(code, 7 | 1), centre)? {
        views.push(view("street", text("街景", "Street"), target, 140.0, 16.0));
    }
    if let Some(target) = near_middle(store, snapshot, |code| code >= layers::FIRST_PIPE_CODE, centre)? {
        views.push(view("underground", text("地下", "Underground"), target, 120.0, 42.0));
    }
    Ok(views)
}

/// Middle of a feature of some layer within 300 m of a point, or else of the layer's first feature.
fn near_middle(
    store: &dyn SceneStore,
    snapshot: &Snapshot,
    wanted: impl Fn(u8) -> bool,
    centre_enu: [f64; 3],
) -> Result<Option<[f64; 3]>, StoreError> {
    let codes: Vec<u8> = snapshot
        .layers
        .iter()
        .map(|l| l.code)
        .filter(|code| wanted(*code))
        .collect();
    let Some(middle) = snapshot
        .frame
        .as_deref()
        .and_then(|f| f.scene_from_enu(city_model::Enu(centre_enu.into())).ok())
    else {
        return Ok(None);
    };
    let near = [middle.x - 300.0, middle.y - 300.0, middle.x + 300.0, middle.y + 300.0];
    // roads (7) before buildings (1); pipes in their order
    for bbox_scene in [Some(near), None] {
        for code in codes.iter().rev() {
            let query = FeatureQuery {
                layer_code: Some(*code),
                bbox_scene,
                limit: 1,
                ..FeatureQuery::default()
            };
            if let Some(found) = store.features(&query)?.features.into_iter().next() {
                let [x0, y0, z0, x1, y1, z1] = snapshot.bounds_enu(snapshot.lifted(found.bounds, found.on_terrain));
                return Ok(Some([(x0 + x1) / 2.0, (y0 + y1) / 2.0, (z0 + z1) / 2.0]));
            }
        }
    }
    Ok(None)
}

fn projects(store: &dyn SceneStore, snapshot: &Snapshot) -> Result<Vec<ProjectInfo>, StoreError> {
    let code = layers::layer_of(FeatureClass::Project, None).code;
    let query = FeatureQuery {
        layer_code: Some(code),
        bbox_scene: None,
        limit: MAX_PROJECTS,
        ..FeatureQuery::default()
    };
    let found = store.features(&query)?.features;
    Ok(found
        .into_iter()
        .map(|stored| {
            let [x0, y0, z0, x1, y1, _] = snapshot.bounds_enu(snapshot.lifted(stored.bounds, stored.on_terrain));
            let text = |key: &str| attributes::text(&stored.feature.attributes, key).unwrap_or_default();
            ProjectInfo {
                feature_index: stored.feature.index.0,
                name: stored.name.clone().unwrap_or_else(|| stored.feature.id.clone()),
                stage: text("stage"),
                class: text("project_class"),
                center_enu: [(x0 + x1) / 2.0, (y0 + y1) / 2.0, z0],
                radius_m: (x1 - x0).max(y1 - y0) / 2.0,
                id: stored.feature.id,
            }
        })
        .collect())
}

fn credits(store: &dyn SceneStore) -> Result<Vec<Credit>, StoreError> {
    let mut credits: Vec<Credit> = Vec::new();
    for dataset in store.datasets()? {
        let text = dataset.attribution.or(dataset.title).unwrap_or_default();
        let credit = Credit {
            text,
            licence: dataset.licence.unwrap_or_default(),
        };
        if !credit.text.is_empty() && !credits.contains(&credit) {
            credits.push(credit);
        }
    }
    Ok(credits)
}

/// Six numbers of scene bounds, lifted onto the ground.
pub fn bounds_scene(snapshot: &Snapshot, bounds: Bounds3, on_terrain: bool) -> [f64; 6] {
    flat(snapshot.lifted(bounds, on_terrain))
}
