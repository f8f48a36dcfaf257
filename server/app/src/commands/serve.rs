//! `chengjing serve`.

use super::{print_json, print_text};
use crate::cli::ServeArgs;
use crate::http::{AppState, server};
use anyhow::Context as _;
use std::process::ExitCode;

pub(super) fn run(args: &ServeArgs, json: bool) -> anyhow::Result<ExitCode> {
    let state = AppState::open(args.city.open()?, args.cache.saturating_mul(1 << 20))?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = args.threads {
        runtime.worker_threads(threads.max(1));
    }
    let runtime = runtime.enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        let listener = server::listen(args.listen).with_context(|| format!("cannot listen on {}", args.listen))?;
        let address = listener.local_addr().context("cannot tell the address")?;
        let revision = state.snapshot().number();
        tracing::info!(%address, revision, city = %state.city.root().display(), "serving");
        if json {
            print_json(&serde_json::json!({ "listening": format!("http://{address}/"), "revision": revision }))?;
        } else {
            print_text(&format!("revision {revision} at http://{address}/ (Ctrl-C ends)"))?;
        }
        server::serve(state, listener).await.context("the server failed")
    })?;
    Ok(ExitCode::SUCCESS)
}
