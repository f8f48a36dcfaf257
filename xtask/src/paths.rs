//! Where things are: the checkout, the cache, the target folders.

use std::path::{Path, PathBuf};

/// Root of the checkout. Cargo says it at run time; what was true when compiling is another checkout's where two share
/// a target folder.
pub(crate) fn root() -> PathBuf {
    let manifest_dir =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir.parent().map(Path::to_owned).unwrap_or_default()
}

/// Folder for what is worth keeping between checkouts: toolchain, browser build, compressed files.
pub(crate) fn cache() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_else(|| root().join("target"));
    base.join("chengjing")
}

/// Cargo's target folder for native builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Target folder of the browser build; always in the cache, since the engine takes ten minutes to compile.
pub(crate) fn web_target() -> PathBuf {
    cache().join("target-web")
}

/// The web shell's folder.
pub(crate) fn web() -> PathBuf {
    root().join("viewer/web")
}

/// The built server, release or debug.
pub(crate) fn server_binary(release: bool) -> PathBuf {
    target()
        .join(if release { "release" } else { "debug" })
        .join(if cfg!(windows) { "chengjing.exe" } else { "chengjing" })
}
