//! `/openapi.json`: the interface described from the handlers themselves.

use axum::Json;
use utoipa::OpenApi as _;

/// Description of every route.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(title = "Chengjing", description = "3D Tiles, features and events of a city"),
    paths(
        super::viewer::index,
        super::viewer::asset,
        super::health::healthz,
        super::health::readyz,
        super::health::metrics,
        document,
        super::manifest::manifest,
        super::features::by_id,
        super::features::by_index,
        super::search::search,
        super::scenarios::list,
        super::scenarios::create,
        super::scenarios::one,
        super::scenarios::rename,
        super::scenarios::archive,
        super::scenarios::edit,
        super::scenarios::undo,
        super::scenarios::redo,
        super::scenarios::history,
        super::scenarios::branch,
        super::scenarios::merge,
        super::scenarios::states,
        super::scenarios::diff,
        super::scenarios::massing,
        super::events::events,
        super::projects::list,
        super::projects::create,
        super::projects::read,
        super::projects::replace,
        super::projects::change,
        super::projects::remove,
        super::projects::import_projects,
        super::projects::export_projects,
        super::projects::vocabulary,
        super::projects::offices,
        super::reports::create,
        super::indicators::catalogue,
        super::indicators::evaluate,
        super::rules::list,
        super::rules::check,
        super::simulations::catalogue,
        super::simulations::start,
        super::simulations::job,
        super::simulations::cancel,
        super::simulations::result,
        super::simulations::layer,
        super::simulations::probe_layer,
        super::outside::list,
        super::outside::add,
        super::outside::remove,
        super::live::answer,
        super::ogc::landing,
        super::ogc::conformance,
        super::ogc::collections,
        super::ogc::collection,
        super::ogc::items,
        super::ogc::item,
        super::tiles::tileset,
        super::tiles::content,
    ),
    components(schemas(crate::http::problem::Problem))
)]
pub struct ApiDoc;

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(ApiDoc::openapi())
}
