//! `/ogc/…`: OGC API – Features – Part 1: Core (OGC 17-069r4) with GeoJSON in CRS84.
//!
//! A collection is a layer of the fixed table that holds features; its id is the layer's with `-` for `/`.

use crate::geojson;
use crate::http::problem::ApiError;
use crate::http::{AppState, Snapshot};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use city_model::layers::{self, LayerDef};
use city_model::{Crs, Transformer};
use glam::DVec3;
use scene_store::{FeatureKey, FeatureQuery, LayerCount, ProposalFilter};
use serde::Deserialize;
use serde_json::{Value, json};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 10_000;
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

fn link(href: &str, rel: &str, kind: &str, title: &str) -> Value {
    json!({ "href": href, "rel": rel, "type": kind, "title": title })
}

/// Landing page.
#[utoipa::path(get, path = "/ogc", tag = "ogc", responses((status = 200, description = "links to what there is", content_type = "application/json")))]
pub async fn landing() -> Json<Value> {
    Json(json!({
        "title": "Chengjing",
        "description": "Features of the city",
        "links": [
            link("/ogc", "self", "application/json", "this document"),
            link("/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.1", "API definition"),
            link("/ogc/conformance", "conformance", "application/json", "conformance classes"),
            link("/ogc/collections", "data", "application/json", "collections"),
        ],
    }))
}

/// Conformance classes.
#[utoipa::path(get, path = "/ogc/conformance", tag = "ogc", responses((status = 200, description = "classes", content_type = "application/json")))]
pub async fn conformance() -> Json<Value> {
    let class = |name: &str| format!("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}");
    let classes = ["core", "geojson", "oas30"].map(class);
    Json(json!({ "conformsTo": classes }))
}

/// Collections that hold features.
#[utoipa::path(get, path = "/ogc/collections", tag = "ogc", responses((status = 200, description = "collections", content_type = "application/json")))]
pub async fn collections(State(state): State<AppState>) -> Json<Value> {
    let snapshot = state.snapshot();
    let collections: Vec<Value> = snapshot
        .layers
        .iter()
        .filter_map(|count| Some(collection_json(layers::by_code(count.code)?, count, &snapshot)))
        .collect();
    Json(
        json!({ "links": [link("/ogc/collections", "self", "application/json", "this document")], "collections": collections }),
    )
}

/// One collection.
#[utoipa::path(get, path = "/ogc/collections/{collection}", tag = "ogc", params(("collection" = String, Path, description = "such as `buildings-building`")), responses(
    (status = 200, description = "the collection", content_type = "application/json"),
    (status = 404, description = "no such collection", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn collection(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let snapshot = state.snapshot();
    let (layer, count) = find(&snapshot, &id)?;
    Ok(Json(collection_json(layer, count, &snapshot)))
}

fn find<'a>(snapshot: &'a Snapshot, id: &str) -> Result<(&'static LayerDef, &'a LayerCount), ApiError> {
    snapshot
        .layers
        .iter()
        .filter_map(|count| Some((layers::by_code(count.code)?, count)))
        .find(|(layer, _)| collection_id(layer) == id)
        .ok_or_else(|| ApiError::NotFound(format!("no collection {:?}", id.chars().take(100).collect::<String>())))
}

fn collection_id(layer: &LayerDef) -> String {
    layer.id.replace('/', "-")
}

fn collection_json(layer: &LayerDef, count: &LayerCount, snapshot: &Snapshot) -> Value {
    let id = collection_id(layer);
    let extent = snapshot
        .frame
        .as_deref()
        .filter(|_| !count.bounds.is_empty())
        .and_then(|frame| {
            let (min, max) = (count.bounds.min, count.bounds.max);
            let corners = [min, max, DVec3::new(min.x, max.y, 0.0), DVec3::new(max.x, min.y, 0.0)];
            let degrees: Vec<[f64; 3]> = corners
                .iter()
                .map(|c| frame.geodetic_from_scene(*c).map(city_model::Geodetic::to_deg))
                .collect::<Result<_, _>>()
                .ok()?;
            let least = |axis: usize| degrees.iter().map(|d| d[axis]).fold(f64::INFINITY, f64::min);
            let most = |axis: usize| degrees.iter().map(|d| d[axis]).fold(f64::NEG_INFINITY, f64::max);
            Some(json!({ "spatial": { "bbox": [[least(0), least(1), most(0), most(1)]], "crs": CRS84 } }))
        });
    json!({
        "id": id,
        "title": format!("{} {}", layer.zh, layer.en),
        "extent": extent,
        "itemType": "feature",
        "crs": [CRS84],
        "numberOfFeatures": count.num_features,
        "links": [
            link(&format!("/ogc/collections/{id}"), "self", "application/json", "this document"),
            link(&format!("/ogc/collections/{id}/items"), "items", "application/geo+json", "features"),
        ],
    })
}

/// What features are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ItemsQuestion {
    /// West, south, east, north in degrees (or with heights after south and north, which are passed over).
    pub bbox: Option<String>,
    /// Features wanted, 1–10,000; 100 by default.
    pub limit: Option<u32>,
    /// Features passed over.
    pub offset: Option<u32>,
}

/// Features of a collection.
#[utoipa::path(get, path = "/ogc/collections/{collection}/items", tag = "ogc", params(("collection" = String, Path, description = "collection id"), ItemsQuestion), responses(
    (status = 200, description = "GeoJSON feature collection with paging links", content_type = "application/geo+json"),
    (status = 400, description = "a bbox or number that is none", body = crate::http::problem::Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such collection", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn items(
    State(state): State<AppState>,
    Path(id): Path<String>,
    question: Result<Query<ItemsQuestion>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(question) = question.map_err(|err| ApiError::BadRequest(err.body_text()))?;
    let snapshot = state.snapshot();
    let code = find(&snapshot, &id)?.0.code;
    let limit = question.limit.unwrap_or(DEFAULT_LIMIT);
    if limit == 0 {
        return Err(ApiError::BadRequest("limit must be at least 1".to_owned()));
    }
    let limit = limit.min(MAX_LIMIT);
    let offset = question.offset.unwrap_or(0);
    let bbox_scene = question
        .bbox
        .as_deref()
        .map(|text| scene_box(&snapshot, &parse_bbox(text)?))
        .transpose()?;
    let query = FeatureQuery {
        layer_code: Some(code),
        bbox_scene,
        limit,
        offset,
        // a collection of their own, named for what they are
        proposals: match code {
            layers::PROPOSED_BUILDING_CODE => ProposalFilter::Only,
            _ => ProposalFilter::Without,
        },
    };
    let collection = state
        .query(move |store| {
            let page = store.features(&query)?;
            let bbox = question.bbox.map(|b| format!("&bbox={b}")).unwrap_or_default();
            let at = |offset: u32| format!("/ogc/collections/{id}/items?limit={limit}&offset={offset}{bbox}");
            let mut links = vec![
                link(&at(offset), "self", "application/geo+json", "this document"),
                link(
                    &format!("/ogc/collections/{id}"),
                    "collection",
                    "application/json",
                    "collection",
                ),
            ];
            let end = offset.saturating_add(limit);
            if u64::from(end) < page.total {
                links.push(link(&at(end), "next", "application/geo+json", "next page"));
            }
            if offset > 0 {
                links.push(link(
                    &at(offset.saturating_sub(limit)),
                    "prev",
                    "application/geo+json",
                    "previous page",
                ));
            }
            let features: Vec<Value> = page.features.iter().map(|f| geojson::feature(f, &snapshot)).collect();
            Ok(json!({
                "type": "FeatureCollection",
                "numberMatched": page.total,
                "numberReturned": features.len(),
                "links": links,
                "features": features,
            }))
        })
        .await?;
    Ok(geo_json(&collection))
}

/// One feature.
#[utoipa::path(get, path = "/ogc/collections/{collection}/items/{id}", tag = "ogc",
    params(("collection" = String, Path, description = "collection id"), ("id" = String, Path, description = "feature id, percent-encoded")), responses(
    (status = 200, description = "GeoJSON feature", content_type = "application/geo+json"),
    (status = 404, description = "no such feature or collection", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn item(
    State(state): State<AppState>,
    Path((collection, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let snapshot = state.snapshot();
    let code = find(&snapshot, &collection)?.0.code;
    let feature = state
        .query(move |store| {
            let stored = store
                .feature(FeatureKey::Id(&id))?
                .filter(|f| f.layer_code == code && f.is_proposal() == (code == layers::PROPOSED_BUILDING_CODE));
            let stored = stored.ok_or_else(|| ApiError::NotFound(format!("no feature {id:?} in {collection}")))?;
            let mut feature = geojson::feature(&stored, &snapshot);
            if let Some(object) = feature.as_object_mut() {
                let links = json!([link(
                    &format!("/ogc/collections/{collection}"),
                    "collection",
                    "application/json",
                    "collection"
                )]);
                object.insert("links".to_owned(), links);
            }
            Ok(feature)
        })
        .await?;
    Ok(geo_json(&feature))
}

fn geo_json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/geo+json")], value.to_string()).into_response()
}

/// Four or six numbers in order: west, south, east, north in degrees.
fn parse_bbox(text: &str) -> Result<[f64; 4], ApiError> {
    let bad = || {
        ApiError::BadRequest(
            "bbox is west,south,east,north in degrees (or with heights after south and north)".to_owned(),
        )
    };
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse::<f64>().ok().filter(|n| n.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(bad)?;
    let [west, south, east, north] = match numbers.as_slice() {
        [w, s, e, n] | [w, s, _, e, n, _] => [*w, *s, *e, *n],
        _ => return Err(bad()),
    };
    if south > north || west > east || south < -90.0 || north > 90.0 || west < -180.0 || east > 180.0 {
        return Err(bad());
    }
    Ok([west, south, east, north])
}

/// Box in the scene CRS that holds a box in degrees. The degrees are cut to some two degrees around the city first:
/// projections know no more of the earth than that.
fn scene_box(snapshot: &Snapshot, [west, south, east, north]: &[f64; 4]) -> Result<[f64; 4], ApiError> {
    let frame = snapshot.frame.as_deref().ok_or(ApiError::NotPublished)?;
    let [lon, lat, _] = frame.origin().to_deg();
    let to_scene = Transformer::new(Crs::wgs84(), frame.crs().clone());
    let (x0, x1) = (west.clamp(lon - 2.0, lon + 2.0), east.clamp(lon - 2.0, lon + 2.0));
    let (y0, y1) = (south.clamp(lat - 2.0, lat + 2.0), north.clamp(lat - 2.0, lat + 2.0));
    let mut scene = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for i in 0..=8 {
        let t = f64::from(i) / 8.0;
        let (x, y) = (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t);
        for p in [[x, y0], [x, y1], [x0, y], [x1, y]] {
            let q = to_scene
                .transform(DVec3::new(p[0], p[1], 0.0))
                .map_err(|err| ApiError::BadRequest(err.to_string()))?;
            scene = [
                scene[0].min(q.x),
                scene[1].min(q.y),
                scene[2].max(q.x),
                scene[3].max(q.y),
            ];
        }
    }
    // a box elsewhere was cut to a line or point: nothing of the city lies in it
    if west > &(lon + 2.0) || east < &(lon - 2.0) || south > &(lat + 2.0) || north < &(lat - 2.0) {
        return Ok([f64::MAX, f64::MAX, f64::MAX, f64::MAX]);
    }
    Ok(scene)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_four_or_six_numbers_in_order() {
        assert_eq!(parse_bbox("1,2,3,4").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(parse_bbox("1,2,-5,3,4,9").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        for bad in ["", "1,2,3", "a,b,c,d", "3,2,1,4", "1,2,3,NaN", "1,2,3,91"] {
            assert!(parse_bbox(bad).is_err(), "{bad}");
        }
    }
}
