//! `cargo xtask test`: every check, each with the command that repeats it alone.

use crate::{paths, shell, tidy, tools, web};
use anyhow::Context as _;
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Leave out the browser build and the browser tests
    #[arg(long)]
    quick: bool,
}

/// Runs all steps in order and stops at the first failure.
pub(crate) fn test(args: &Args) -> anyhow::Result<()> {
    let root = paths::root();
    let cargo = |arguments: &[&str]| shell::run(&root, "cargo", arguments);
    shell::step("machine", "see README, \"What it needs\"", || {
        tools::ensure_programs(&[("git", "git")])?;
        tools::ensure_compilers()
    })?;
    shell::step("format", "cargo fmt --all", || cargo(&["fmt", "--all", "--check"]))?;
    shell::step("tidy", "cargo xtask tidy", tidy::tidy)?;
    shell::step("clippy", "cargo clippy --all-targets -- -D warnings", || {
        cargo(&["clippy", "--locked", "--all-targets", "--", "-D", "warnings"])
    })?;
    // before the tests, which build the server that embeds it
    if !args.quick {
        shell::step("web shell", "npm --prefix viewer/web test", || {
            let web = paths::web();
            tools::ensure_npm(&web)?;
            shell::run(&web, "npm", &["run", "check", "--silent"])?;
            shell::run(&web, "npm", &["test", "--silent"])
        })?;
        shell::step("browser build", "cargo xtask web", || {
            web::build(&web::Args::default()).map(drop)
        })?;
    }
    shell::step("tests", "cargo nextest run -E 'not package(e2e)'", || {
        // nextest runs each test in a process of its own; plain cargo test does where it is not installed. All default
        // members are built, so that every step resolves the same features and nothing is compiled twice.
        if shell::has("cargo-nextest") {
            return cargo(&["nextest", "run", "--locked", "-E", "not package(e2e)"]);
        }
        let mut arguments = vec!["test", "--locked", "--lib", "--bins", "--tests"];
        arguments.extend(default_packages().iter().flat_map(|p| ["-p", *p]));
        cargo(&arguments)
    })?;
    shell::step("documentation tests", "cargo test --doc", || {
        cargo(&["test", "--locked", "--doc"])
    })?;
    shell::step("documentation", "cargo doc --no-deps", || {
        shell::run_env(
            &root,
            "cargo",
            &["doc", "--locked", "--no-deps", "--quiet"],
            &[("RUSTDOCFLAGS", "-D warnings")],
        )
    })?;
    if args.quick {
        println!("\nquick: the browser build, whole-program and browser tests were left out");
        return Ok(());
    }
    let binary = paths::server_binary(false).display().to_string();
    shell::step("whole-program tests", "CHENGJING_BIN=… cargo test -p e2e", || {
        // a test takes Shapely from PyPI into a virtual environment
        tools::ensure_programs(&[("python3", "python3-venv")])?;
        // reads the text of evidence packs
        tools::ensure_programs(&[("pdftotext", "poppler-utils")])?;
        let validator = root.join("tests/validate");
        tools::ensure_npm(&validator)?;
        // areas are judged by Shapely, which its test installs into an environment of its own
        let can_make_venv = std::process::Command::new("python3")
            .args(["-c", "import ensurepip, venv"])
            .status()
            .is_ok_and(|status| status.success());
        if !can_make_venv {
            tools::apt_install(&["python3", "python3-venv"])?;
        }
        // named one by one: `-p e2e` would resolve other features of the libraries and compile them all once more
        let targets = whole_program_targets(&root)?;
        let mut arguments = vec!["test", "--locked"];
        arguments.extend(targets.iter().flat_map(|target| ["--test", target]));
        shell::run_env(&root, "cargo", &arguments, &[("CHENGJING_BIN", &binary)])
    })?;
    shell::step(
        "browser tests",
        "CHENGJING_BIN=… npm --prefix tests/browser test",
        || {
            tools::ensure_programs(&[("chromium", "chromium")])?;
            let browser = root.join("tests/browser");
            tools::ensure_npm(&browser)?;
            shell::run_env(&browser, "npm", &["test", "--silent"], &[("CHENGJING_BIN", &binary)])
        },
    )
    .context("browser tests")?;
    println!("\neverything passed");
    Ok(())
}

/// Test programs of package e2e, by name.
fn whole_program_targets(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(root.join("tests/tests"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            targets.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    targets.sort();
    Ok(targets)
}

/// Packages tested natively without the built server.
const fn default_packages() -> &'static [&'static str] {
    &[
        "city-model",
        "city-sources",
        "analysis",
        "tiler",
        "scene-store",
        "analysis",
        "chengjing",
        "viewer-core",
        "viewer-decode",
        "shaders",
        "xtask",
    ]
}
