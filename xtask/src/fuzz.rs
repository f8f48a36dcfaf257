//! Runs one cargo-fuzz target for a bounded time.

use crate::{paths, shell};
use anyhow::bail;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Name of the target: see `tests/fuzz/fuzz_targets`
    target: String,
    /// Seconds to run
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Runs the target; a crash leaves its input in `tests/fuzz/artifacts`.
pub(crate) fn fuzz(args: &Args) -> anyhow::Result<()> {
    let root = paths::root();
    if shell::output(&root, "cargo", &["fuzz", "--version"]).is_err() {
        bail!("cargo-fuzz is not installed: `cargo install cargo-fuzz`, with a nightly toolchain");
    }
    let time = format!("-max_total_time={}", args.seconds);
    shell::run(
        &root,
        "cargo",
        &[
            "+nightly",
            "fuzz",
            "run",
            "--fuzz-dir",
            "tests/fuzz",
            &args.target,
            "--",
            &time,
            "-rss_limit_mb=2048",
        ],
    )
}
