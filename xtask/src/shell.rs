//! Running other programs, with the step named before and the remedy after a failure.

use anyhow::{Context as _, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Prints a step's title and runs it; on failure prints how to run it alone.
pub(crate) fn step(title: &str, remedy: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("\n── {title}");
    let start = Instant::now();
    let result = work();
    let elapsed = start.elapsed().as_secs_f64();
    match &result {
        Ok(()) => println!("── {title}: done in {elapsed:.1} s"),
        Err(_) => println!("── {title}: FAILED after {elapsed:.1} s\n   to run it alone: {remedy}"),
    }
    result
}

/// Runs a program in `dir`; its output goes through.
pub(crate) fn run(dir: &Path, program: &str, args: &[&str]) -> anyhow::Result<()> {
    run_env(dir, program, args, &[])
}

/// Runs a program with more environment.
pub(crate) fn run_env(dir: &Path, program: &str, args: &[&str], env: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .args(args)
        .envs(env.iter().copied())
        .stdin(Stdio::null());
    // a child cargo must not think that it was started for this package
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_BIN_NAME" {
            command.env_remove(&key);
        }
    }
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program} {} ended with {status}", args.join(" "));
    }
    Ok(())
}

/// Runs a program and gives what it printed, without the last line break.
pub(crate) fn output(dir: &Path, program: &str, args: &[&str]) -> anyhow::Result<String> {
    let result = Command::new(program)
        .current_dir(dir)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !result.status.success() {
        bail!("{program} {} ended with {}", args.join(" "), result.status);
    }
    Ok(String::from_utf8_lossy(&result.stdout).trim_end().to_owned())
}

/// True when a program of this name can be started.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}
