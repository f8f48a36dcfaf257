//! Drives the built `chengjing` binary: makes cities, starts servers on free ports, speaks real HTTP.
//!
//! The binary is named by the environment variable `CHENGJING_BIN`, which `cargo xtask test` sets.
#![allow(clippy::print_stderr, reason = "says which local data was absent")]

pub mod city;
pub mod http;
pub mod python;
pub mod server;

use std::path::{Path, PathBuf};

/// Root of the checkout.
pub fn root() -> PathBuf {
    // cargo says it at run time; the compiled-in path is another checkout's where two share a target folder
    let manifest_dir =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir.parent().map(Path::to_owned).unwrap_or_default()
}

/// The built server.
///
/// # Errors
/// A sentence that says what to run when it was not built.
pub fn binary() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("CHENGJING_BIN").map(PathBuf::from);
    named
        .filter(|path| path.exists())
        .ok_or_else(|| anyhow::anyhow!("CHENGJING_BIN does not name the built server: run `cargo xtask test`"))
}

/// A sample file of the project.
pub fn sample(name: &str) -> PathBuf {
    root().join("assets/sample").join(name)
}

/// A file of the real data beside the checkout; `None` (and a line that says so) where it is absent.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("absent, not read: {name}");
    None
}
