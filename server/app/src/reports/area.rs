//! The land that a report is about.

use crate::http::Snapshot;
use crate::http::problem::{ApiError, Mistake};
use crate::projects::outline::{self, Places};
use city_model::{Bounds3, FeatureClass};
use geo::{Area as _, BoundingRect as _, Coord, MultiPolygon, Rect};
use scene_store::{FeatureKey, SceneStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An area as a request names it: exactly one member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaRequest {
    /// Id of a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Id of a zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// GeoJSON Polygon or MultiPolygon, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub polygon: Option<Value>,
    /// `true`: the whole city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<bool>,
}

/// An area in the scene CRS.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportArea {
    /// Name for the title; empty for a drawn one.
    pub name: String,
    /// Id of the project or zone.
    pub feature: Option<String>,
    /// Outline, metres.
    pub metres: MultiPolygon<f64>,
    /// The same in degrees.
    pub degrees: MultiPolygon<f64>,
    /// Its box, metres.
    pub bounds: Rect<f64>,
}

impl ReportArea {
    /// Finds the area of a request.
    ///
    /// # Errors
    /// [`ApiError::Unprocessable`] when it is none or cannot be used; [`ApiError::NotFound`] for an unknown id.
    pub fn find(store: &dyn SceneStore, snapshot: &Snapshot, request: &AreaRequest) -> Result<Self, ApiError> {
        let frame = snapshot.frame.as_deref().ok_or(ApiError::NotPublished)?;
        let places = Places::new(frame);
        let wrong = |message: String| ApiError::unprocessable(vec![Mistake::at("area", message)]);
        let of_feature = |id: &str, class: FeatureClass| -> Result<(String, MultiPolygon<f64>), ApiError> {
            let stored = store
                .feature(FeatureKey::Id(id))?
                .filter(|stored| stored.feature.class == class);
            let stored = stored.ok_or_else(|| {
                let id: String = id.chars().take(200).collect();
                ApiError::NotFound(format!("no {} {id:?}", class.as_str().to_lowercase()))
            })?;
            Ok((
                stored.name.unwrap_or_else(|| id.to_owned()),
                outline::of_feature(&stored.feature),
            ))
        };
        let (name, feature, metres) = match request {
            AreaRequest {
                project: Some(id),
                zone: None,
                polygon: None,
                city: None | Some(false),
            } => {
                let (name, metres) = of_feature(id, FeatureClass::Project)?;
                (name, Some(id.clone()), metres)
            }
            AreaRequest {
                project: None,
                zone: Some(id),
                polygon: None,
                city: None | Some(false),
            } => {
                let (name, metres) = of_feature(id, FeatureClass::Zone)?;
                (name, Some(id.clone()), metres)
            }
            AreaRequest {
                project: None,
                zone: None,
                polygon: Some(polygon),
                city: None | Some(false),
            } => {
                let degrees = outline::from_geojson(polygon).map_err(wrong)?;
                let metres = places.metres(&degrees).map_err(wrong)?;
                let reach = [glam::DVec2::splat(-1e9), glam::DVec2::splat(1e9)];
                outline::check(&metres, reach).map_err(wrong)?;
                (String::new(), None, metres)
            }
            AreaRequest {
                project: None,
                zone: None,
                polygon: None,
                city: Some(true),
            } => {
                let bounds = snapshot
                    .layers
                    .iter()
                    .fold(Bounds3::EMPTY, |all, l| all.union(l.bounds));
                if bounds.is_empty() {
                    return Err(ApiError::NotPublished);
                }
                let corner = |p: glam::DVec3| Coord { x: p.x, y: p.y };
                let title = store.scene()?.map(|scene| scene.title.zh).unwrap_or_default();
                (
                    title,
                    None,
                    MultiPolygon(vec![Rect::new(corner(bounds.min), corner(bounds.max)).to_polygon()]),
                )
            }
            _ => {
                return Err(wrong(
                    "an area is exactly one of project, zone, polygon and city".to_owned(),
                ));
            }
        };
        let bounds = metres.bounding_rect().filter(|_| metres.unsigned_area() > 0.0);
        let bounds = bounds.ok_or_else(|| wrong("the area has no outline".to_owned()))?;
        Ok(Self {
            name,
            feature,
            degrees: places.degrees(&metres),
            metres,
            bounds,
        })
    }
}
