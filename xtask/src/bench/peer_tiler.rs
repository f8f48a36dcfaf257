//! The Delft sample through another tiler, tyler 0.4.1 (Apache-2.0, crates.io), beside ours in one run.

use super::{Bench, Row, median};
use crate::{paths, shell, tools};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "0.4.1";
/// Runs of each, in turn.
const RUNS: usize = 5;

pub(super) fn measure(bench: &Bench, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let program = ensure()?;
    let sample = paths::root().join("assets/sample/delft/delft_fcb.city.jsonl");
    // it takes a folder of files, and writes an index beside them
    let (input, output) = (bench.folder.join("tyler-input"), bench.folder.join("tyler-output"));
    let (mut ours, mut theirs) = (vec![], vec![]);
    let mut num_tiles = 0;
    for _ in 0..RUNS {
        let city = bench.fresh("delft")?.display().to_string();
        let (_, import) = bench.run(&["import", &city, &sample.display().to_string()])?;
        let (_, publish) = bench.run(&["publish", &city])?;
        ours.push(import.secs + publish.secs);

        for folder in [&input, &output] {
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
        }
        std::fs::create_dir_all(&input)?;
        std::fs::copy(&sample, input.join("delft.city.jsonl"))?;
        theirs.push(run(&program, &input, &output)?);
        num_tiles = count_tiles(&output)?;
    }
    anyhow::ensure!(num_tiles > 0, "tyler wrote no tiles into {}", output.display());
    let (ours, theirs) = (median(ours), median(theirs));
    rows.push(Row::new(
        format!("the same against tyler {VERSION}, its LoD 2.2 alone"),
        format!(
            "{:.2}× ({ours:.2} s; {theirs:.2} s, {num_tiles} tiles; medians of {RUNS})",
            ours / theirs
        ),
        "",
    ));
    Ok(())
}

/// Installs the peer into the cache unless it is there.
fn ensure() -> anyhow::Result<PathBuf> {
    let root = paths::cache().join(format!("tyler-{VERSION}"));
    let program = root.join("bin/tyler");
    if program.exists() {
        return Ok(program);
    }
    tools::ensure_compilers()?;
    // its PROJ is compiled from source
    tools::ensure_programs(&[("sqlite3", "sqlite3"), ("pkg-config", "pkg-config")])?;
    tools::apt_install(&["libtiff-dev", "libsqlite3-dev", "libcurl4-openssl-dev"])?;
    shell::step("peer", "cargo install tyler", || {
        let (version, root) = (format!("tyler@{VERSION}"), root.display().to_string());
        let arguments = ["install", "--locked", "--quiet", "--root", &root, &version];
        shell::run(Path::new("/"), "cargo", &arguments)
    })?;
    Ok(program)
}

/// One run, wall seconds.
fn run(program: &Path, input: &Path, output: &Path) -> anyhow::Result<f64> {
    let types = ["Building", "BuildingPart"]
        .iter()
        .flat_map(|name| ["--object-type", name]);
    let started = std::time::Instant::now();
    let done = Command::new(program)
        .arg(input)
        .arg("--output")
        .arg(output)
        .args(types)
        .args(["--lod-building-part", "2.2"])
        .env("RUST_LOG", "error")
        .output()
        .context("tyler does not start")?;
    let secs = started.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&done.stderr);
    anyhow::ensure!(done.status.success(), "tyler failed: {said}");
    Ok(secs)
}

fn count_tiles(folder: &Path) -> anyhow::Result<usize> {
    let files = crate::web::files_below(folder, &[])?;
    Ok(files
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "glb"))
        .count())
}
