//! A small city, published by hand, and requests to its router.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chengjing::http::AppState;
use chengjing::import::{ImportOptions, import_with};
use chengjing::routes::app;
use city_model::manifest::LocalText;
use city_model::{
    Bounds3, CrossSection, Crs, Extrusion, Feature, FeatureClass, FeatureIndex, Footprint, LevelReference, Line,
    LodGeometry, Report, RoofForm, Shape,
};
use city_sources::{DatasetInfo, FeatureSink as _};
use glam::{DVec2, DVec3};
use http_body_util::BodyExt as _;
use scene_store::{CityFolder, PublicationRecord, PublishedContent, SceneStore as _, TileStore as _};
use serde_json::{Value, json};
use std::path::Path;
use tower::ServiceExt as _;

pub(crate) const GLB: &str = "0123456789abcdef0123456789abcdef.glb";
pub(crate) const RANDOM_GLB: &str = "fedcba9876543210fedcba9876543210.glb";

pub(crate) fn building(id: &str, lon: f64, lat: f64, name: &str) -> Feature {
    let mut feature = Feature::new(id, FeatureClass::Building, "demo");
    let ring = [(0.0, 0.0), (1e-4, 0.0), (1e-4, 1e-4), (0.0, 1e-4)]
        .map(|(x, y)| DVec2::new(lon + x, lat + y))
        .to_vec();
    let shape = Extrusion {
        rings: vec![ring],
        base_z_m: None,
        height_m: 18.0,
        roof: RoofForm::Flat { parapet_m: 0.0 },
        roof_boxes: vec![],
    };
    feature.geometry = LodGeometry::single(10, Shape::Extrusion(shape));
    feature.attributes = json!({"name": name, "storeys": 6}).as_object().cloned().unwrap();
    feature
}

pub(crate) fn fill(city: &CityFolder) {
    let options = ImportOptions {
        title: Some(LocalText {
            zh: "试验城".into(),
            en: "Test city".into(),
        }),
        is_generated: true,
        ..Default::default()
    };
    import_with(city, &options, |sink| {
        sink.begin_file(Path::new("demo.json"));
        let info = DatasetInfo {
            crs: Some(Crs::wgs84()),
            attribution: Some("Somebody".into()),
            licence: Some("CC0".into()),
            ..DatasetInfo::default()
        };
        sink.begin(&info).unwrap();
        for i in 0..25 {
            sink.feature(building(
                &format!("b/{i}"),
                113.65 + f64::from(i) * 0.001,
                34.75,
                &format!("翠竹苑{i}号楼"),
            ))
            .unwrap();
        }
        let mut pipe = Feature::new("p1", FeatureClass::Pipe, "demo");
        let points = vec![DVec3::new(113.65, 34.75, -1.5), DVec3::new(113.651, 34.75, -1.7)];
        let line = Line {
            points,
            section: CrossSection::Circle { diameter_m: 0.6 },
            reference: LevelReference::BelowTerrain,
        };
        pipe.geometry = LodGeometry::single(10, Shape::Line(line));
        pipe.attributes.insert("pipe_class".into(), "YS".into());
        sink.feature(pipe).unwrap();
        let mut project = Feature::new("project-1", FeatureClass::Project, "demo");
        let ring = [(113.66, 34.74), (113.67, 34.74), (113.67, 34.75)]
            .map(DVec2::from)
            .to_vec();
        project.geometry = LodGeometry::single(
            0,
            Shape::Footprint(Footprint {
                polygons: vec![vec![ring]],
                level_z_m: None,
            }),
        );
        project.attributes = json!({"name": "老旧小区改造", "stage": "入库", "project_class": "改造"})
            .as_object()
            .cloned()
            .unwrap();
        sink.feature(project).unwrap();
        sink.end_file(Report::new("demo.json"), None);
    })
    .unwrap();
}

pub(crate) fn publish_by_hand(city: &CityFolder, revision: u64, names: &[&str]) {
    city.write_tileset(
        revision,
        json!({"asset": {"version": "1.1", "tilesetVersion": revision.to_string()}, "pad": "x".repeat(2000)})
            .to_string()
            .as_bytes(),
    )
    .unwrap();
    let contents = names
        .iter()
        .map(|name| PublishedContent {
            name: (*name).into(),
            bytes: 1,
            features: vec![FeatureIndex(3)],
        })
        .collect();
    let bounds_enu = Bounds3 {
        min: DVec3::new(-900.0, -900.0, 0.0),
        max: DVec3::new(900.0, 900.0, 20.0),
    };
    let record = PublicationRecord {
        revision,
        contents,
        num_encoded: 1,
        num_features: 27,
        bounds_enu,
    };
    city.store().unwrap().record_publication(&record).unwrap();
}

pub(crate) fn glb_bytes() -> Vec<u8> {
    (0..5000_u32).flat_map(|i| (i / 16).to_le_bytes()).collect()
}

pub(crate) struct TestCity {
    pub(crate) _dir: tempfile::TempDir,
    pub(crate) city: CityFolder,
    pub(crate) state: AppState,
    pub(crate) app: Router,
}

pub(crate) fn test_city() -> TestCity {
    let dir = tempfile::tempdir().unwrap();
    let city = CityFolder::create(dir.path().join("city")).unwrap();
    fill(&city);
    city.tiles().put(GLB, &glb_bytes()).unwrap();
    let mut random = Vec::new();
    std::io::Read::read_to_end(
        &mut std::io::Read::take(blake3::Hasher::new().finalize_xof(), 4000),
        &mut random,
    )
    .unwrap();
    city.tiles().put(RANDOM_GLB, &random).unwrap();
    publish_by_hand(&city, 1, &[GLB, RANDOM_GLB]);
    let state = AppState::open(city.clone(), 1 << 24).unwrap();
    TestCity {
        _dir: dir,
        city,
        app: app(state.clone()),
        state,
    }
}

/// One request to a router, and the whole answer.
pub(crate) async fn request(
    app: &Router,
    method: &str,
    path: &str,
    headers: &[(header::HeaderName, &str)],
    body: impl Into<Body>,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (
        parts.status,
        parts.headers,
        body.collect().await.unwrap().to_bytes().to_vec(),
    )
}

impl TestCity {
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(header::HeaderName, &str)],
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        request(&self.app, method, path, headers, Body::empty()).await
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let (status, _, body) = self.send("GET", path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }
}

pub(crate) fn content(name: &str) -> String {
    format!("/tiles/content/{name}")
}
