//! Runs cargo-fuzz targets for a bounded time, from corpora of real files; the build has a target folder of its own.

use crate::{paths, shell};
use anyhow::{Context as _, bail};
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Name of the target: see `tests/fuzz/fuzz_targets`; all, one after another, when none is named
    target: Option<String>,
    /// Seconds to run each
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// A target and the files that its corpus begins with.
struct Target {
    name: &'static str,
    /// Folders of the checkout and of `../shared/data`; absent ones are passed over.
    folders: &'static [&'static str],
    /// Endings of file names.
    endings: &'static [&'static str],
    /// Longest input, bytes: of a text the beginning says enough, a binary file must be whole.
    max_bytes: usize,
}

/// Longest input of text formats: larger ones slow the search down to a few runs a second.
const TEXT_BYTES: usize = 4 * 1024;
/// Longest input of binary formats.
const BINARY_BYTES: usize = 64 * 1024;

const TARGETS: &[Target] = &[
    Target {
        name: "cityjson",
        folders: &["tests/fixtures/cityjson", "../shared/data/hostile/cityjson"],
        endings: &["json", "jsonl"],
        max_bytes: TEXT_BYTES,
    },
    Target {
        name: "geojson",
        folders: &["tests/fixtures/geojson", "../shared/data/pipes/kamloops"],
        endings: &["geojson", "json"],
        max_bytes: TEXT_BYTES,
    },
    Target {
        name: "pipe_tables",
        folders: &["tests/fixtures/pipe_tables"],
        endings: &["csv"],
        max_bytes: TEXT_BYTES,
    },
    Target {
        name: "dem",
        folders: &["tests/fixtures/dem", "../shared/data/pipes/wntr_gis"],
        endings: &["tif", "asc"],
        max_bytes: BINARY_BYTES,
    },
    Target {
        name: "ifc",
        folders: &["tests/fixtures/ifc", "../shared/data/ifc"],
        endings: &["ifc"],
        max_bytes: BINARY_BYTES,
    },
    Target {
        name: "glb",
        folders: &["../shared/data/tiles3d"],
        endings: &["glb", "b3dm"],
        max_bytes: BINARY_BYTES,
    },
    Target {
        name: "tileset",
        folders: &["../shared/data/tiles3d"],
        endings: &["tileset.json"],
        max_bytes: TEXT_BYTES,
    },
];

/// Seeds of one target.
const MAX_SEEDS: usize = 60;

/// Runs one target or all; a crash leaves its input in `tests/fuzz/artifacts`.
pub(crate) fn fuzz(args: &Args) -> anyhow::Result<()> {
    let root = paths::root();
    if shell::output(&root, "cargo", &["fuzz", "--version"]).is_err() {
        bail!("cargo-fuzz is not installed: `cargo install cargo-fuzz`, with a nightly toolchain");
    }
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|t| args.target.as_ref().is_none_or(|name| name == t.name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
        bail!("no such target; there are {}", names.join(", "));
    }
    let mut failed = vec![];
    for target in chosen {
        seed(&root, target).with_context(|| format!("corpus of {}", target.name))?;
        if let Err(err) = run(&root, target, args.seconds) {
            eprintln!("{}: {err:#}", target.name);
            failed.push(target.name);
        }
    }
    if !failed.is_empty() {
        bail!("trouble in {}: inputs are in tests/fuzz/artifacts", failed.join(", "));
    }
    Ok(())
}

fn run(root: &Path, target: &Target, seconds: u32) -> anyhow::Result<()> {
    let before = ["+nightly", "fuzz", "run", "--fuzz-dir", "tests/fuzz", target.name, "--"];
    let limits = [
        format!("-max_total_time={seconds}"),
        format!("-max_len={}", target.max_bytes),
        "-rss_limit_mb=2048".to_owned(),
        "-timeout=25".to_owned(),
    ];
    let arguments: Vec<&str> = before.into_iter().chain(limits.iter().map(String::as_str)).collect();
    // instrumented crates are kept apart from those of the ordinary builds
    let folder = paths::cache().join("fuzz").display().to_string();
    shell::run_env(root, "cargo", &arguments, &[("CARGO_TARGET_DIR", &folder)])
}

/// Copies real files into the target's corpus; what the fuzzer found there before stays.
fn seed(root: &Path, target: &Target) -> anyhow::Result<()> {
    let corpus = root.join("tests/fuzz/corpus").join(target.name);
    std::fs::create_dir_all(&corpus)?;
    let mut files = vec![];
    let mut open: Vec<_> = target.folders.iter().map(|f| root.join(f)).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if target.endings.iter().any(|e| path.to_string_lossy().ends_with(e)) {
                files.push(path);
            }
        }
    }
    files.sort();
    // spread over the folders when there are too many
    let stride = files.len().div_ceil(MAX_SEEDS).max(1);
    for (number, path) in files.iter().step_by(stride).enumerate() {
        let mut bytes = std::fs::read(path)?;
        bytes.truncate(target.max_bytes);
        std::fs::write(corpus.join(format!("seed-{number:03}")), bytes)?;
    }
    Ok(())
}
