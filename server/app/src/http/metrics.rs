//! Counters of the server in the Prometheus text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency buckets, seconds.
const BUCKETS_S: [f64; 8] = [0.001, 0.005, 0.02, 0.1, 0.25, 1.0, 5.0, f64::INFINITY];

/// Counters; cheap to raise from any thread.
#[derive(Debug, Default)]
pub struct Metrics {
    routes: Mutex<BTreeMap<(String, u16), RouteCounts>>,
    /// Tile requests answered from memory.
    pub tile_hits: AtomicU64,
    /// Tile requests that read the disk (or waited for one that did).
    pub tile_misses: AtomicU64,
    /// Reads of tiles from disk: with single flight fewer than misses.
    pub tile_loads: AtomicU64,
    /// Tile requests answered with 304.
    pub tile_not_modified: AtomicU64,
    /// Tile bodies sent, bytes.
    pub tile_bytes: AtomicU64,
    /// Tiles dropped from memory for others.
    pub tile_evictions: AtomicU64,
    /// Bytes of tiles in memory.
    pub cache_bytes: AtomicU64,
    /// Open event streams.
    pub event_streams: AtomicI64,
    /// Published revision.
    pub revision: AtomicU64,
    /// Panics caught in handlers.
    pub panics: AtomicU64,
}

#[derive(Debug, Default, Clone, Copy)]
struct RouteCounts {
    buckets: [u64; 8],
    total_s: f64,
}

impl Metrics {
    /// Counts one request of a route.
    pub fn request(&self, route: &str, status: u16, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let bucket = BUCKETS_S
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(BUCKETS_S.len() - 1);
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = routes.entry((route.to_owned(), status)).or_default();
        counts.buckets[bucket] += 1;
        counts.total_s += seconds;
    }

    /// All counters as text.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(4096);
        // writing to a String cannot fail
        self.render_routes(&mut text).unwrap_or_default();
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (name, kind, help, value) in [
            (
                "tile_cache_hits_total",
                "counter",
                "Tile requests answered from memory.",
                number(&self.tile_hits),
            ),
            (
                "tile_cache_misses_total",
                "counter",
                "Tile requests that had to wait for the disk.",
                number(&self.tile_misses),
            ),
            (
                "tile_loads_total",
                "counter",
                "Tiles read from disk.",
                number(&self.tile_loads),
            ),
            (
                "tile_not_modified_total",
                "counter",
                "Tile requests answered with 304.",
                number(&self.tile_not_modified),
            ),
            (
                "tile_bytes_total",
                "counter",
                "Bytes of tile bodies sent.",
                number(&self.tile_bytes),
            ),
            (
                "tile_cache_evictions_total",
                "counter",
                "Tiles dropped from memory for others.",
                number(&self.tile_evictions),
            ),
            (
                "tile_cache_bytes",
                "gauge",
                "Bytes of tiles in memory.",
                number(&self.cache_bytes),
            ),
            (
                "event_streams",
                "gauge",
                "Open event streams.",
                self.event_streams.load(Ordering::Relaxed).max(0).cast_unsigned(),
            ),
            ("revision", "gauge", "Published revision.", number(&self.revision)),
            (
                "panics_total",
                "counter",
                "Panics caught in handlers.",
                number(&self.panics),
            ),
            (
                "peak_rss_bytes",
                "gauge",
                "Greatest resident memory.",
                crate::process::peak_rss_bytes(),
            ),
        ] {
            writeln!(
                text,
                "# HELP chengjing_{name} {help}\n# TYPE chengjing_{name} {kind}\nchengjing_{name} {value}"
            )
            .unwrap_or_default();
        }
        text
    }

    fn render_routes(&self, text: &mut String) -> std::fmt::Result {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        text.push_str(
            "# HELP chengjing_http_request_seconds Time to answer by route (tile contents are counted apart).\n",
        );
        text.push_str("# TYPE chengjing_http_request_seconds histogram\n");
        for ((route, status), counts) in &routes {
            let labels = format!(
                "route=\"{}\",status=\"{status}\"",
                route.replace(['"', '\\', '\n'], "_")
            );
            let mut below = 0;
            for (bound, count) in BUCKETS_S.iter().zip(counts.buckets) {
                below += count;
                let bound = if bound.is_finite() {
                    bound.to_string()
                } else {
                    "+Inf".to_owned()
                };
                writeln!(
                    text,
                    "chengjing_http_request_seconds_bucket{{{labels},le=\"{bound}\"}} {below}"
                )?;
            }
            writeln!(
                text,
                "chengjing_http_request_seconds_sum{{{labels}}} {}",
                counts.total_s
            )?;
            writeln!(text, "chengjing_http_request_seconds_count{{{labels}}} {below}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative() {
        let metrics = Metrics::default();
        metrics.request("/x", 200, Duration::from_micros(10));
        metrics.request("/x", 200, Duration::from_millis(50));
        let text = metrics.render();
        assert!(
            text.contains("seconds_bucket{route=\"/x\",status=\"200\",le=\"0.001\"} 1\n"),
            "{text}"
        );
        assert!(text.contains("seconds_bucket{route=\"/x\",status=\"200\",le=\"0.1\"} 2\n"));
        assert!(text.contains("seconds_bucket{route=\"/x\",status=\"200\",le=\"+Inf\"} 2\n"));
        assert!(
            text.lines()
                .all(|line| line.starts_with('#') || line.rsplit_once(' ').unwrap().1.parse::<f64>().is_ok())
        );
    }
}
