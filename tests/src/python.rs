//! Python with packages from PyPI, for peers that results are held against.

use anyhow::{Context as _, ensure};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Python with `packages` (pinned, `name==version`) in an environment of its own in the cache folder.
///
/// # Errors
/// A sentence that says what could not be installed.
pub fn with(packages: &[&str]) -> anyhow::Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_else(|| crate::root().join("target"));
    let folder = cache.join("chengjing/python").join(packages.join("+"));
    let python = folder.join("bin/python");
    std::fs::create_dir_all(&folder)?;
    // tests run side by side and want the same packages
    let lock = std::fs::File::create(folder.join("lock"))?;
    lock.lock()?;
    if !folder.join("ready").exists() {
        let venv = folder.display().to_string();
        run(Path::new("python3"), &["-m", "venv", &venv]).context("Python 3 with the module venv is needed")?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(&python, &[&install[..], packages].concat())?;
        std::fs::write(folder.join("ready"), "")?;
    }
    Ok(python)
}

/// Runs a script of `tests/tests/` that reads standard input, and gives what it prints.
///
/// # Errors
/// What the script wrote on standard error when it failed.
pub fn answer(packages: &[&str], script: &str, input: &[u8]) -> anyhow::Result<String> {
    let mut child = Command::new(with(packages)?)
        .arg(crate::root().join("tests/tests").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("a pipe was asked for")?;
    // what the script prints while it still reads must not fill a pipe that nobody empties
    let output = std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(input));
        let output = child.wait_with_output();
        let written = writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))?;
        output.map(|output| (output, written)).map_err(anyhow::Error::from)
    });
    let (output, written) = output?;
    ensure!(
        output.status.success(),
        "{script} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    written?;
    Ok(String::from_utf8(output.stdout)?)
}

fn run(program: &Path, args: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(args)
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(
        output.status.success(),
        "{} {} failed: {}",
        program.display(),
        args.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
