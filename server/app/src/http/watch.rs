//! Notices what other processes write: a publication beside a running server reaches its viewers within a second.
//!
//! SQLite's `PRAGMA data_version` changes on a connection when another one has committed; asking it costs
//! microseconds, needs no protocol between the processes and works whatever killed the other one. It is asked every
//! 250 ms on a thread of its own.

use super::state::AppState;
use std::time::Duration;
use tokio::sync::watch;

/// Time between two looks.
pub const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Looks for changes until the server stops.
pub async fn watch_city(state: AppState) {
    let mut stopping = state.stopping.subscribe();
    // as of the first snapshot, so that a publication between it and the first look is not missed
    let mut seen = state.first_version;
    loop {
        if wait(&mut stopping).await {
            return;
        }
        let this = state.clone();
        let looked = tokio::task::spawn_blocking(move || -> Result<u64, scene_store::StoreError> {
            let version = this.store.data_version()?;
            if seen != version {
                // quick, and what people wait for
                this.refresh_scenarios()?;
                this.refresh()?;
            }
            Ok(version)
        })
        .await;
        match looked {
            Ok(Ok(version)) => seen = version,
            Ok(Err(err)) => tracing::warn!(%err, "city cannot be looked at; trying again"),
            Err(err) => tracing::error!(%err, "look at the city ended"),
        }
    }
}

/// Waits one interval; true when the server stops.
async fn wait(stopping: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        changed = stopping.changed() => changed.is_err() || *stopping.borrow(),
        () = tokio::time::sleep(POLL_INTERVAL) => false,
    }
}
