//! What writing requests share: `If-Match`, the writer's lock, and publication after a write.

use super::problem::ApiError;
use super::state::AppState;
use axum::http::{HeaderMap, header};
use scene_store::{CityFolder, StoreError, WriterLock};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A write waits so long for another writer before the client is told to come back.
const LOCK_PATIENCE: Duration = Duration::from_secs(20);
/// A publication after a write waits so long for another writer.
const PUBLISH_PATIENCE: Duration = Duration::from_secs(600);
/// Time between two tries at the lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Entity tags that a change names in `If-Match` (quotes included), or `*`.
///
/// # Errors
/// [`ApiError::PreconditionRequired`] without the header.
pub fn if_match(headers: &HeaderMap) -> Result<Vec<&str>, ApiError> {
    let tags: Vec<&str> = headers
        .get_all(header::IF_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    if tags.is_empty() {
        return Err(ApiError::PreconditionRequired);
    }
    Ok(tags)
}

/// Lets a change pass whose `If-Match` names the current entity tag (quotes included), or `*`.
///
/// # Errors
/// [`ApiError::PreconditionRequired`] without the header, [`ApiError::PreconditionFailed`] with another tag.
pub fn check_if_match(headers: &HeaderMap, etag: &str) -> Result<(), ApiError> {
    if if_match(headers)?.iter().any(|tag| *tag == "*" || *tag == etag) {
        Ok(())
    } else {
        Err(ApiError::PreconditionFailed { etag: etag.to_owned() })
    }
}

/// Takes the writer's lock of the city, waiting for a publication that is running. Blocks.
///
/// # Errors
/// [`StoreError::Busy`] when another process keeps it for longer than a client would wait.
pub fn lock_city(city: &CityFolder) -> Result<WriterLock, StoreError> {
    retry(LOCK_PATIENCE, is_busy, || city.lock())
}

const fn is_busy(err: &StoreError) -> bool {
    matches!(err, StoreError::Busy { .. })
}

/// Tries again while another writer keeps the lock, for as long as `patience` lasts.
fn retry<T, E>(
    patience: Duration,
    is_busy: impl Fn(&E) -> bool,
    mut attempt: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    let started = Instant::now();
    loop {
        match attempt() {
            Err(err) if is_busy(&err) && started.elapsed() < patience => std::thread::sleep(RETRY_INTERVAL),
            other => return other,
        }
    }
}

/// Publishes in the background what requests wrote; requests that come meanwhile share the next run.
#[derive(Debug, Default)]
pub struct Publisher {
    wanted: AtomicBool,
    running: AtomicBool,
}

impl AppState {
    /// Publishes the city soon, so that viewers see what was written; returns at once.
    pub fn publish_soon(&self) {
        self.publisher.wanted.store(true, Ordering::SeqCst);
        if self.publisher.running.swap(true, Ordering::SeqCst) {
            return;
        }
        let state = self.clone();
        tokio::task::spawn_blocking(move || {
            loop {
                while state.publisher.wanted.swap(false, Ordering::SeqCst) {
                    if let Err(err) = state.publish_and_refresh() {
                        tracing::error!(%err, "what was written is not published");
                    }
                }
                state.publisher.running.store(false, Ordering::SeqCst);
                // a request between the last look and the line above must not be forgotten
                let is_forgotten = state.publisher.wanted.load(Ordering::SeqCst)
                    && !state.publisher.running.swap(true, Ordering::SeqCst);
                if !is_forgotten {
                    return;
                }
            }
        });
    }

    fn publish_and_refresh(&self) -> Result<(), crate::publish::PublishFailure> {
        use crate::publish::{PublishFailure, publish};
        let is_busy = |err: &PublishFailure| matches!(err, PublishFailure::Store(err) if is_busy(err));
        retry(PUBLISH_PATIENCE, is_busy, || publish(&self.city, None, &|_, _| true))?;
        Ok(self.refresh()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_change_names_what_it_changes() {
        let with = |value: &'static str| HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(value))]);
        assert!(matches!(
            check_if_match(&HeaderMap::new(), "\"3\""),
            Err(ApiError::PreconditionRequired)
        ));
        assert!(check_if_match(&with("\"3\""), "\"3\"").is_ok());
        assert!(check_if_match(&with("\"2\", \"3\""), "\"3\"").is_ok());
        assert!(check_if_match(&with("*"), "\"3\"").is_ok());
        // weak tags never match here (RFC 9110, 13.1.1)
        assert!(matches!(
            check_if_match(&with("W/\"3\""), "\"3\""),
            Err(ApiError::PreconditionFailed { etag }) if etag == "\"3\""
        ));
    }
}
