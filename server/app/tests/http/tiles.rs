//! Negotiation, conditions, ranges and single flight of tile contents.

use super::city::{GLB, RANDOM_GLB, content, glb_bytes, test_city};
use axum::http::{StatusCode, header};
use scene_store::ContentEncoding;
use serde_json::Value;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_tile_is_sent_in_the_encoding_that_weighs_most() {
    let t = test_city();
    let mut tags = Vec::new();
    for (accept, encoding) in [
        ("br, gzip", "br"),
        ("br;q=0.1, zstd", "zstd"),
        ("gzip;q=0.5, br;q=0", "gzip"),
        ("identity", ""),
        ("deflate", ""),
    ] {
        let (status, headers, body) = t.send("GET", &content(GLB), &[(header::ACCEPT_ENCODING, accept)]).await;
        assert_eq!(status, StatusCode::OK);
        let got = headers
            .get(header::CONTENT_ENCODING)
            .map_or("", |v| v.to_str().unwrap());
        assert_eq!(got, encoding, "{accept}");
        let codec = ContentEncoding::PREFERRED
            .into_iter()
            .find(|e| e.http_name() == got)
            .unwrap_or(ContentEncoding::Identity);
        assert_eq!(codec.decode(&body, 1 << 20).unwrap(), glb_bytes(), "{accept}");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(headers[header::CONTENT_TYPE], "model/gltf-binary");
        assert_eq!(headers[header::VARY], "accept-encoding");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        tags.push(headers[header::ETAG].to_str().unwrap().to_owned());
    }
    assert_eq!(tags[3], tags[4]);
    tags.dedup();
    assert_eq!(tags.len(), 4, "a tag per encoding: {tags:?}");
}

#[tokio::test]
async fn a_tile_that_does_not_shrink_is_sent_as_it_is() {
    let t = test_city();
    let (status, headers, body) = t
        .send("GET", &content(RANDOM_GLB), &[(header::ACCEPT_ENCODING, "br")])
        .await;
    assert_eq!(
        (status, headers.get(header::CONTENT_ENCODING), body.len()),
        (StatusCode::OK, None, 4000)
    );
    let (status, ..) = t
        .send(
            "GET",
            &content(RANDOM_GLB),
            &[(header::ACCEPT_ENCODING, "br, identity;q=0")],
        )
        .await;
    assert_eq!(status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_known_tag_is_answered_without_reading() {
    let t = test_city();
    let (_, headers, _) = t.send("GET", &content(GLB), &[(header::ACCEPT_ENCODING, "br")]).await;
    let tag = headers[header::ETAG].to_str().unwrap();
    let loads = t.state.metrics.tile_loads.load(Ordering::Relaxed);
    for given in [tag.to_owned(), format!("\"x\", W/{tag}")] {
        let (status, headers, body) = t
            .send(
                "GET",
                &content(GLB),
                &[(header::ACCEPT_ENCODING, "br"), (header::IF_NONE_MATCH, &given)],
            )
            .await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(headers[header::ETAG], tag);
    }
    assert_eq!(t.state.metrics.tile_loads.load(Ordering::Relaxed), loads);
    // the Brotli form is of no use to a client that no longer takes Brotli
    let (status, ..) = t
        .send(
            "GET",
            &content(GLB),
            &[(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, tag)],
        )
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_range_is_a_part_of_the_whole() {
    let t = test_city();
    let whole = glb_bytes();
    let (status, headers, body) = t.send("GET", &content(GLB), &[(header::RANGE, "bytes=100-199")]).await;
    assert_eq!(
        (status, body.as_slice()),
        (StatusCode::PARTIAL_CONTENT, &whole[100..200])
    );
    assert_eq!(headers[header::CONTENT_RANGE], "bytes 100-199/20000");
    let (status, headers, body) = t.send("GET", &content(GLB), &[(header::RANGE, "bytes=20000-")]).await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(headers[header::CONTENT_RANGE], "bytes */20000");
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["status"], 416);
    let (status, ..) = t
        .send(
            "GET",
            &content(GLB),
            &[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, "\"other\"")],
        )
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn head_tells_what_get_would() {
    let t = test_city();
    for path in [
        content(GLB),
        "/tiles/city/tileset.json".into(),
        "/api/v1/manifest".into(),
    ] {
        let (status, get, body) = t.send("GET", &path, &[(header::ACCEPT_ENCODING, "br")]).await;
        let (head_status, head, nothing) = t.send("HEAD", &path, &[(header::ACCEPT_ENCODING, "br")]).await;
        assert_eq!((status, nothing.len()), (head_status, 0), "{path}");
        assert_eq!(get[header::ETAG], head[header::ETAG]);
        assert_eq!(head[header::CONTENT_LENGTH], body.len().to_string());
    }
}

#[tokio::test]
async fn many_requests_for_a_cold_tile_read_it_once() {
    let t = test_city();
    let requests = (0..50).map(|_| {
        t.send(
            "GET",
            "/tiles/content/0123456789abcdef0123456789abcdef.glb",
            &[(header::ACCEPT_ENCODING, "br")],
        )
    });
    for (status, _, _) in futures::future::join_all(requests).await {
        assert_eq!(status, StatusCode::OK);
    }
    assert_eq!(t.state.metrics.tile_loads.load(Ordering::Relaxed), 1);
}
