//! `/`: the viewer, built by the web shell and embedded in the program.

use crate::http::AppState;
use crate::http::negotiate::{AcceptedEncodings, if_none_match};
use crate::http::problem::ApiError;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use scene_store::ContentEncoding;

#[derive(RustEmbed)]
// relative to this crate's Cargo.toml
#[folder = "../../viewer/web/dist"]
#[allow_missing = true]
struct Dist;

/// Largest file that is decoded for a client without Brotli, bytes.
const MAX_DECODED_BYTES: u64 = 256 << 20;

const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>Chengjing 城镜</title>\
<body style=\"font-family:sans-serif;max-width:40em;margin:4em auto\"><h1>Chengjing 城镜</h1>\
<p>服务已启动，但此程序未内嵌浏览器端。请运行 <code>cargo xtask web</code> 后重新编译。</p>\
<p>The server is running, but this build holds no viewer. Run <code>cargo xtask web</code> and build again.</p>\
<p><a href=\"/openapi.json\">openapi.json</a> · <a href=\"/api/v1/manifest\">manifest</a> · \
<a href=\"/tiles/city/tileset.json\">tileset.json</a> · <a href=\"/ogc\">OGC API</a></p></body></html>";

/// The viewer's page.
#[utoipa::path(get, path = "/", tag = "viewer", responses((status = 200, description = "the viewer", content_type = "text/html")))]
pub async fn index(State(_): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    match serve("index.html", &headers)? {
        Some(response) => Ok(response),
        None => Ok(Html(NOT_BUILT).into_response()),
    }
}

/// A file of the viewer.
#[utoipa::path(get, path = "/{path}", tag = "viewer", params(("path" = String, Path, description = "file of the viewer")), responses(
    (status = 200, description = "the file"),
    (status = 404, description = "no such file", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    serve(&path, &headers)?
        .ok_or_else(|| ApiError::NotFound(format!("nothing at /{}", path.chars().take(200).collect::<String>())))
}

/// Bytes of a file of the viewer, decoded when it is there as `.br` only.
pub(crate) fn embedded(path: &str) -> Option<Vec<u8>> {
    if let Some(file) = Dist::get(path) {
        return Some(file.data.into_owned());
    }
    let file = Dist::get(&format!("{path}.br"))?;
    ContentEncoding::Brotli.decode(&file.data, MAX_DECODED_BYTES).ok()
}

/// A file that may be there as it is, as `.br`, or both.
fn serve(path: &str, headers: &HeaderMap) -> Result<Option<Response>, ApiError> {
    // in debug builds the files are read from disk; the embedding refuses paths that leave the folder
    if path.split('/').any(|part| part == ".." || part.is_empty()) {
        return Ok(None);
    }
    let accepted = AcceptedEncodings::from_headers(headers);
    let compressed = Dist::get(&format!("{path}.br"));
    let takes_brotli = accepted.weight(ContentEncoding::Brotli) > 0;
    Ok(match (compressed, Dist::get(path)) {
        (Some(file), _) if takes_brotli => Some(respond(path, &file, headers, true, None)),
        (_, Some(file)) => Some(respond(path, &file, headers, false, None)),
        (Some(file), None) => {
            let decoded = ContentEncoding::Brotli
                .decode(&file.data, MAX_DECODED_BYTES)
                .map_err(|err| ApiError::Internal(format!("embedded {path}.br: {err}")))?;
            Some(respond(path, &file, headers, false, Some(decoded)))
        }
        (None, None) => None,
    })
}

fn respond(
    path: &str,
    file: &EmbeddedFile,
    headers: &HeaderMap,
    is_brotli: bool,
    decoded: Option<Vec<u8>>,
) -> Response {
    let hash: String = file
        .metadata
        .sha256_hash()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect();
    let etag = format!("\"{hash}{}\"", if decoded.is_some() { "-identity" } else { "" });
    let mut response = if if_none_match(headers, |tag| tag == etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = match decoded {
            Some(bytes) => Body::from(bytes),
            None => Body::from(file.data.clone().into_owned()),
        };
        let mut response = Response::new(body);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        if is_brotli {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        response
    };
    // bundled files carry a hash in their name; the page and others keep theirs
    let is_hashed = path.starts_with("assets/");
    let cache = if is_hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
