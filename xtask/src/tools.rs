//! Installs what the machine lacks, or says what to install: Debian packages, npm packages, the browser toolchain.

use crate::{paths, shell};
use anyhow::{Context as _, bail};
use std::path::Path;
use std::sync::OnceLock;

static APT_UPDATED: OnceLock<()> = OnceLock::new();

/// Makes sure that each `(program, Debian package)` is there.
pub(crate) fn ensure_programs(wanted: &[(&str, &str)]) -> anyhow::Result<()> {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| !shell::has(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        apt_install(&missing)
    }
}

/// What the C libraries inside the server are built with: a compiler, CMake for EPANET, libclang for its bindings.
pub(crate) fn ensure_compilers() -> anyhow::Result<()> {
    ensure_programs(&[("cc", "build-essential"), ("cmake", "cmake")])?;
    if has_libclang() {
        Ok(())
    } else {
        apt_install(&["libclang-dev"])
    }
}

/// True when a shared libclang lies where its users look for it.
fn has_libclang() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let holds = |dir: &Path| {
        std::fs::read_dir(dir).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_shared = name.contains(".so") || name.ends_with(".dylib");
                name.starts_with("libclang") && !name.starts_with("libclang-cpp") && is_shared
            })
        })
    };
    let folders = ["/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu"];
    let versions = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.iter().any(|dir| holds(Path::new(dir)))
        || versions
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("llvm"))
            .any(|entry| holds(&entry.path().join("lib")))
}

/// Installs Debian packages, through sudo when not root.
pub(crate) fn apt_install(packages: &[&str]) -> anyhow::Result<()> {
    if !shell::has("apt-get") {
        bail!(
            "this machine lacks {}; install them with its package manager and run again",
            packages.join(", ")
        );
    }
    println!("   installing {} …", packages.join(", "));
    apt_update()?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(packages);
    apt(&args)
}

fn apt_update() -> anyhow::Result<()> {
    if APT_UPDATED.get().is_none() {
        apt(&["update", "-qq"])?;
        APT_UPDATED.get_or_init(|| ());
    }
    Ok(())
}

fn apt(args: &[&str]) -> anyhow::Result<()> {
    let is_root = shell::output(Path::new("."), "id", &["-u"])? == "0";
    let env = [("DEBIAN_FRONTEND", "noninteractive")];
    if is_root {
        shell::run_env(Path::new("."), "apt-get", args, &env)
    } else {
        let all: Vec<&str> = ["-n", "apt-get"].iter().chain(args).copied().collect();
        shell::run_env(Path::new("."), "sudo", &all, &env)
            .with_context(|| format!("run as an administrator: apt-get {}", args.join(" ")))
    }
}

/// Node packages of a folder, as its lock file says.
pub(crate) fn ensure_npm(dir: &Path) -> anyhow::Result<()> {
    if !shell::has("node") || !shell::has("npm") {
        bail!(
            "Node.js 20 or newer with npm is needed for {}: see https://nodejs.org",
            dir.display()
        );
    }
    let (lock, installed) = (
        dir.join("package-lock.json"),
        dir.join("node_modules/.package-lock.json"),
    );
    let newer = |a: &Path, b: &Path| {
        let time = |p: &Path| p.metadata().and_then(|m| m.modified()).ok();
        time(a).zip(time(b)).is_none_or(|(a, b)| a > b)
    };
    if newer(&lock, &installed) {
        shell::run(dir, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    }
    Ok(())
}

/// A compiler that can build for the browser.
pub(crate) struct WebToolchain {
    /// Environment for cargo.
    pub env: Vec<(String, String)>,
    /// Further cargo arguments.
    pub args: Vec<String>,
}

/// Finds or installs a compiler for `wasm32-unknown-unknown`: the toolchain's own target, else rustup's, else Debian's
/// `rustc-web`, unpacked into the cache (its packages conflict with rustup, so they are never installed).
pub(crate) fn web_toolchain() -> anyhow::Result<WebToolchain> {
    if has_wasm_target() {
        return Ok(WebToolchain {
            env: vec![],
            args: vec![],
        });
    }
    let unpacked = paths::cache().join("rust-web");
    if !unpacked.join("usr/bin/rustc").exists() {
        println!("   this Rust toolchain has no browser target; trying rustup …");
        let added = shell::has("rustup")
            && shell::run(&paths::root(), "rustup", &["target", "add", "wasm32-unknown-unknown"]).is_ok();
        if added && has_wasm_target() {
            return Ok(WebToolchain {
                env: vec![],
                args: vec![],
            });
        }
        println!("   rustup cannot add it; taking Debian's compiler for the browser …");
        unpack_rust_web(&unpacked)?;
    }
    let linker = ensure_wasm_linker()?;
    let lib = unpacked.join("usr/lib/x86_64-linux-gnu");
    let lib = if lib.exists() { lib } else { unpacked.join("usr/lib") };
    let rustc = unpacked.join("usr/bin/rustc");
    let env = vec![
        ("RUSTC".to_owned(), rustc.display().to_string()),
        ("LD_LIBRARY_PATH".to_owned(), lib.display().to_string()),
        // -Zbuild-std on a stable compiler: std is built from the source that comes with it
        ("RUSTC_BOOTSTRAP".to_owned(), "1".to_owned()),
        ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER".to_owned(), linker),
    ];
    Ok(WebToolchain {
        env,
        args: vec!["-Zbuild-std=std,panic_abort".to_owned()],
    })
}

/// True when the active toolchain ships the standard library for the browser.
fn has_wasm_target() -> bool {
    shell::output(
        &paths::root(),
        "rustc",
        &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"],
    )
    .is_ok_and(|dir| std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()))
}

fn unpack_rust_web(into: &Path) -> anyhow::Result<()> {
    if !shell::has("apt-get") {
        bail!(
            "the viewer needs a Rust compiler with the target wasm32-unknown-unknown: `rustup target add wasm32-unknown-unknown`"
        );
    }
    apt_update()?;
    let dot = Path::new(".");
    let dependencies = shell::output(dot, "apt-cache", &["depends", "libstd-rust-web-dev"])?;
    // the version is part of the name and moves with security updates
    let std_package = dependencies
        .split_whitespace()
        .find(|word| word.starts_with("libstd-rust-web-"))
        .context("Debian's libstd-rust-web package cannot be resolved")?
        .to_owned();
    let llvm = shell::output(dot, "apt-cache", &["depends", &std_package])?
        .split_whitespace()
        .find(|word| word.starts_with("libllvm"))
        .context("the LLVM library of Debian's rustc-web cannot be resolved")?
        .to_owned();
    apt_install(&[&llvm, "binutils"])?;
    let staging = into.with_extension("part");
    if staging.exists() {
        std::fs::remove_dir_all(&staging)?;
    }
    let debs = staging.join("debs");
    std::fs::create_dir_all(&debs)?;
    shell::run(
        &debs,
        "apt-get",
        &[
            "download",
            "-qq",
            "rustc-web",
            &std_package,
            "libstd-rust-web-dev",
            "rust-web-src",
        ],
    )?;
    for deb in std::fs::read_dir(&debs)? {
        shell::run(&staging, "dpkg", &["-x", &deb?.path().display().to_string(), "."])?;
    }
    std::fs::remove_dir_all(&debs)?;
    // in one step, so that a broken download never looks whole
    std::fs::rename(&staging, into).context("the unpacked compiler cannot be moved into the cache")
}

fn ensure_wasm_linker() -> anyhow::Result<String> {
    let known = ["wasm-ld", "wasm-ld-22", "wasm-ld-21", "wasm-ld-20", "wasm-ld-19"];
    if let Some(found) = known.iter().find(|name| shell::has(name)) {
        return Ok((*found).to_owned());
    }
    apt_install(&["lld-19"])?;
    Ok("wasm-ld-19".to_owned())
}
