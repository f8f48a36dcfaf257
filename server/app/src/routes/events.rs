//! `/api/v1/events`: server-sent events, one for each new revision of the city or of a scenario.

use crate::http::AppState;
use crate::http::board::news;
use crate::http::state::TILESET_URL;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Names sent at most; a viewer that is told fewer than all just asks for what it draws.
const MAX_CHANGED: usize = 20_000;

/// Counts an open stream for as long as it lives.
struct OpenStream(AppState);

impl OpenStream {
    fn new(state: AppState) -> Self {
        state.metrics.event_streams.fetch_add(1, Ordering::Relaxed);
        Self(state)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.metrics.event_streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// New revisions as they are published: `event: revision`, data `{revision, tileset_url, changed: [content name]}`; and
/// scenarios as they are written: `event: scenario`, data `{id, revision, author, archived}`.
///
/// A client that comes back with `Last-Event-ID` is told at once what changed since that revision.
#[utoipa::path(get, path = "/api/v1/events", tag = "viewer",
    params(("Last-Event-ID" = Option<u64>, Header, description = "last revision that the client heard of")),
    responses((status = 200, description = "event stream", content_type = "text/event-stream")))]
pub async fn events(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut published = state.published.subscribe();
    let mut scenarios = state.scenarios.subscribe();
    let mut board = std::sync::Arc::clone(&scenarios.borrow_and_update());
    let mut stopping = state.stopping.subscribe();
    let last_heard = headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok()?.trim().parse::<u64>().ok());
    let mut heard = last_heard.unwrap_or_else(|| published.borrow_and_update().number());
    let open = OpenStream::new(state);
    let stream = async_stream::stream! {
        let state = &open.0;
        yield Ok(Event::default().comment("connected"));
        loop {
            let now = published.borrow_and_update().number();
            if now != heard {
                let (from, to) = (heard, now);
                let changed = state.query(move |store| Ok(store.changed_contents(from, to)?)).await;
                let mut changed = changed.unwrap_or_else(|err| {
                    tracing::warn!(%err, "changed contents are not told");
                    Vec::new()
                });
                changed.truncate(MAX_CHANGED);
                let data = serde_json::json!({ "revision": now, "tileset_url": TILESET_URL, "changed": changed });
                yield Ok(Event::default().event("revision").id(now.to_string()).data(data.to_string()));
                heard = now;
            }
            let posted = std::sync::Arc::clone(&scenarios.borrow_and_update());
            for (id, scenario) in news(&board, &posted) {
                let data = serde_json::json!({
                    "id": id, "revision": scenario.revision, "author": scenario.author, "archived": scenario.is_archived,
                });
                yield Ok(Event::default().event("scenario").data(data.to_string()));
            }
            board = posted;
            tokio::select! {
                changed = scenarios.changed() => if changed.is_err() { break },
                changed = published.changed() => if changed.is_err() { break },
                // an open stream must not hold up the end of the server
                _ = stopping.wait_for(|stopping| *stopping) => break,
            }
        }
    };
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
