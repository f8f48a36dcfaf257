//! Every route of the server, one file per resource. A new route is added to [`app`] and to `openapi.rs`.

#![allow(
    clippy::missing_errors_doc,
    reason = "handlers state every status in their OpenAPI responses"
)]

pub mod events;
pub mod features;
pub mod health;
pub mod indicators;
pub mod live;
pub mod manifest;
pub mod ogc;
pub mod openapi;
pub mod outside;
pub mod projects;
pub mod reports;
pub mod rules;
pub mod scenarios;
pub mod search;
pub mod simulations;
pub mod tiles;
pub mod viewer;

use crate::http::problem::ApiError;
use crate::http::{AppState, middleware};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, Uri, header};
use axum::routing::get;
use tower_http::cors::{Any, CorsLayer};

/// Largest request body, bytes: every route reads, none takes a document yet.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The whole server as one service.
pub fn app(state: AppState) -> Router {
    // any site may read: what is served is public to whoever reaches the server
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::OPTIONS])
        .allow_headers([
            header::ACCEPT,
            header::RANGE,
            header::IF_NONE_MATCH,
            header::CONTENT_TYPE,
        ])
        .expose_headers([
            header::ETAG,
            header::CONTENT_RANGE,
            header::LINK,
            HeaderName::from_static("x-request-id"),
        ]);
    let shared = Router::new()
        .merge(projects::routes())
        .merge(reports::routes())
        .merge(indicators::routes())
        .merge(rules::routes())
        .merge(simulations::routes())
        .merge(outside::routes())
        .merge(live::routes())
        .merge(scenarios::routes())
        .route("/", get(viewer::index))
        .route("/{*path}", get(viewer::asset))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/api/v1/manifest", get(manifest::manifest))
        .route("/api/v1/features/{id}", get(features::by_id))
        .route("/api/v1/features/by-index/{index}", get(features::by_index))
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/events", get(events::events))
        .route("/ogc", get(ogc::landing))
        .route("/ogc/conformance", get(ogc::conformance))
        .route("/ogc/collections", get(ogc::collections))
        .route("/ogc/collections/{collection}", get(ogc::collection))
        .route("/ogc/collections/{collection}/items", get(ogc::items))
        .route("/ogc/collections/{collection}/items/{id}", get(ogc::item))
        .route("/tiles/city/tileset.json", get(tiles::tileset))
        .fallback(no_route)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(cors)
        .layer(axum::middleware::from_fn(crate::http::origin::same_origin_writes))
        .layer(axum::middleware::from_fn_with_state(state.clone(), middleware::around));
    // tile contents are nearly all of the traffic: nothing stands around them but the handler
    let contents = Router::new().route("/tiles/content/{name}", get(tiles::content).options(tiles::preflight));
    Router::new().merge(contents).merge(shared).with_state(state)
}

async fn no_route(uri: Uri) -> ApiError {
    ApiError::NotFound(format!(
        "nothing at {}",
        uri.path().chars().take(200).collect::<String>()
    ))
}
