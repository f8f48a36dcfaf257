//! What the page says when it starts the engine.

use city_model::manifest::SceneManifest;
use serde::Deserialize;
use viewer_core::{Quality, View};

/// Options of `start`, as JSON.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StartOptions {
    /// Address of the root tileset file.
    pub(crate) tileset_url: String,
    /// Scene as the server describes it.
    pub(crate) manifest: SceneManifest,
    /// Script of the decode worker, an ES module.
    pub(crate) worker_url: String,
    /// JavaScript of viewer-decode.
    pub(crate) decode_js_url: String,
    /// wasm of viewer-decode.
    pub(crate) decode_wasm_url: String,
    /// Workers to start, 1–4.
    #[serde(default = "default_workers")]
    pub(crate) num_workers: u32,
    /// Preset.
    #[serde(default)]
    pub(crate) quality: Quality,
    /// Screen-space error to refine to, device pixels; the preset's when absent.
    #[serde(default)]
    pub(crate) maximum_error_px: Option<f64>,
    /// Jump cuts instead of flights.
    #[serde(default)]
    pub(crate) reduced_motion: bool,
    /// Cap of decoded tile data on the CPU, bytes.
    #[serde(default = "default_budget")]
    pub(crate) cpu_budget_bytes: u64,
    /// Cap of meshes and textures on the GPU, bytes.
    #[serde(default = "default_budget")]
    pub(crate) gpu_budget_bytes: u64,
    /// First view; without it the manifest's first view, or the whole scene.
    #[serde(default)]
    pub(crate) initial_view: Option<View>,
    /// Device pixels a CSS pixel; read from the window when absent.
    #[serde(default)]
    pub(crate) device_pixel_ratio: Option<f64>,
}

const fn default_workers() -> u32 {
    2
}

const fn default_budget() -> u64 {
    512 << 20
}
