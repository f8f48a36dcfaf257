//! The server's loop: accepts connections, and on a signal lets requests in flight finish.

use super::state::AppState;
use super::watch::watch_city;
use crate::routes;
use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};

/// Longest wait for requests in flight after a signal.
const GRACE: Duration = Duration::from_secs(20);

/// Opens the listening socket.
///
/// # Errors
/// When the address cannot be used.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// When the listener fails.
pub async fn serve(state: AppState, listener: TcpListener) -> std::io::Result<()> {
    let watcher = tokio::spawn(watch_city(state.clone()));
    let app = routes::app(state.clone());
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // answers are written whole; waiting for more only adds latency
        if let Err(err) = stream.set_nodelay(true) {
            tracing::debug!(%err, "TCP_NODELAY");
        }
    });
    let stopping = state.stopping.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        signal().await;
        tracing::info!("stopping: requests in flight are finished");
        stopping.send_replace(true);
    });
    let mut stopped = state.stopping.subscribe();
    tokio::select! {
        result = server.into_future() => result?,
        () = async {
            // an error means that the sender is gone, which it is not while `state` lives
            drop(stopped.wait_for(|stopped| *stopped).await);
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("some requests did not finish in time"),
    }
    state.stopping.send_replace(true);
    drop(watcher.await);
    Ok(())
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(err) => {
            tracing::warn!(%err, "SIGTERM is not handled");
            drop(interrupt.await);
        }
    }
}
