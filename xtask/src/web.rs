//! Builds the browser side: wasm through cargo and wasm-bindgen, the shell through Vite, compression through brotli.

use crate::{paths, shell, tools};
use anyhow::{Context as _, bail};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Greatest size of the engine after brotli, bytes.
const ENGINE_BUDGET_BYTES: u64 = 5_000_000;

#[derive(clap::Args, Debug, Default)]
pub(crate) struct Args {
    /// Compress lightly: quicker while working, larger files
    #[arg(long)]
    pub(crate) dev: bool,
}

/// Builds everything into `viewer/web/dist` and gives its path.
pub(crate) fn build(args: &Args) -> anyhow::Result<PathBuf> {
    let web = paths::web();
    let engine = web.join("public/engine");
    let held = hold_target()?;
    build_wasm()?;
    std::fs::create_dir_all(&engine)?;
    for name in ["viewer_app", "viewer_decode"] {
        bind(
            &paths::web_target()
                .join("wasm32-unknown-unknown/web")
                .join(format!("{name}.wasm")),
            &engine,
            name,
        )?;
    }
    drop(held);
    tools::ensure_npm(&web)?;
    let dist = web.join("dist");
    let stamp = dist.join(".stamp");
    // storm formulas are offered as the server has them
    let data = hash_tree(&paths::root().join("assets/simulation"), &[])?;
    let inputs = hash_tree(&web, &["node_modules", "dist"])? + &data + if args.dev { "dev" } else { "" };
    if std::fs::read_to_string(&stamp).is_ok_and(|old| old == inputs) {
        println!("   web shell is up to date");
        return Ok(dist);
    }
    shell::run(&web, "npm", &["run", "build", "--silent"])?;
    copy_report_fonts(&web, &dist)?;
    compress_tree(&dist, if args.dev { 5 } else { 11 })?;
    std::fs::write(&stamp, inputs)?;
    Ok(dist)
}

/// Crates of this repository that the engine is made of.
const OWN_CRATES: [&str; 5] = ["city-model", "shaders", "viewer-core", "viewer-decode", "viewer-app"];

/// Takes the target folder, which all checkouts of this machine share, for this one until the file is dropped.
///
/// Cargo names what it makes by paths within the workspace and knows changes by the age of files: without care, it takes
/// what another checkout has built for its own.
fn hold_target() -> anyhow::Result<std::fs::File> {
    use std::io::{Read as _, Seek as _};
    let target = paths::web_target();
    std::fs::create_dir_all(&target)?;
    let mut held = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(target.join("checkout"))?;
    held.lock()?;
    let mut last = String::new();
    held.read_to_string(&mut last)?;
    let root = paths::root().display().to_string();
    if last != root {
        let mut args = vec![
            "clean",
            "--quiet",
            "--locked",
            "--profile",
            "web",
            "--target",
            "wasm32-unknown-unknown",
        ];
        args.extend(OWN_CRATES.iter().flat_map(|name| ["-p", *name]));
        let target = target.display().to_string();
        shell::run_env(&paths::root(), "cargo", &args, &[("CARGO_TARGET_DIR", &target)])?;
        held.rewind()?;
        held.set_len(0)?;
        held.write_all(root.as_bytes())?;
    }
    Ok(held)
}

fn build_wasm() -> anyhow::Result<()> {
    let toolchain = tools::web_toolchain()?;
    println!("   compiling the viewer for the browser (the first time takes about fifteen minutes) …");
    let target = paths::web_target().display().to_string();
    let mut env: Vec<(&str, &str)> = toolchain.env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    env.push(("CARGO_TARGET_DIR", &target));
    let mut args = vec![
        "build",
        "--locked",
        "--profile",
        "web",
        "--target",
        "wasm32-unknown-unknown",
        "-p",
        "viewer-app",
        "-p",
        "viewer-decode",
    ];
    args.extend(toolchain.args.iter().map(String::as_str));
    shell::run_env(&paths::root(), "cargo", &args, &env)
}

/// Runs wasm-bindgen unless its input is the same as last time.
fn bind(wasm: &Path, out: &Path, name: &str) -> anyhow::Result<()> {
    let bytes = std::fs::read(wasm).with_context(|| format!("{} was not built", wasm.display()))?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let stamp = paths::cache().join(format!("bindgen-{name}.stamp"));
    // the second part names the options below
    let expected = format!("{hash} web,no-names {}", out.display());
    if out.join(format!("{name}_bg.wasm")).exists() && std::fs::read_to_string(&stamp).is_ok_and(|old| old == expected)
    {
        return Ok(());
    }
    println!("   wasm-bindgen {name} …");
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(true)
        // the names of Rust functions are more than half of the file
        .remove_name_section(true)
        .out_name(name)
        .generate(out)?;
    std::fs::write(stamp, expected)?;
    Ok(())
}

/// Fonts of the evidence pack: the server subsets them into its PDFs, pages never load them.
fn copy_report_fonts(web: &Path, dist: &Path) -> anyhow::Result<()> {
    let package = web.join("node_modules/@expo-google-fonts/noto-sans-sc");
    let fonts = dist.join("fonts");
    std::fs::create_dir_all(&fonts)?;
    for (from, to) in [
        ("400Regular/NotoSansSC_400Regular.ttf", "NotoSansSC-Regular.ttf"),
        ("700Bold/NotoSansSC_700Bold.ttf", "NotoSansSC-Bold.ttf"),
        ("LICENSE_FONT", "OFL.txt"),
    ] {
        let from = package.join(from);
        std::fs::copy(&from, fonts.join(to)).with_context(|| format!("{} is not there", from.display()))?;
    }
    Ok(())
}

/// Compresses text, wasm and fonts beside the originals; wasm and fonts stay only compressed.
fn compress_tree(dist: &Path, quality: u32) -> anyhow::Result<()> {
    for path in files_below(dist, &[])? {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !["wasm", "js", "css", "html", "svg", "json", "ttf"].contains(&extension) {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        let packed = brotli_cached(&bytes, quality)?;
        let mut target = path.clone().into_os_string();
        target.push(".br");
        std::fs::write(&target, &packed)?;
        if extension == "wasm" {
            report_size(&path, bytes.len(), packed.len(), quality)?;
        }
        if ["wasm", "ttf"].contains(&extension) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn report_size(path: &Path, raw: usize, packed: usize, quality: u32) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    println!(
        "   {name}: {:.2} MB, brotli -{quality} {:.2} MB",
        raw as f64 / 1e6,
        packed as f64 / 1e6
    );
    if quality == 11 && packed as u64 > ENGINE_BUDGET_BYTES {
        bail!("{name} is over its budget of {ENGINE_BUDGET_BYTES} bytes after brotli");
    }
    Ok(())
}

/// Brotli of `bytes`, kept in the cache by content: the engine takes a minute at the best quality.
fn brotli_cached(bytes: &[u8], quality: u32) -> anyhow::Result<Vec<u8>> {
    let folder = paths::cache().join("brotli");
    std::fs::create_dir_all(&folder)?;
    let kept = folder.join(format!("{}-{quality}", blake3::hash(bytes).to_hex()));
    if let Ok(packed) = std::fs::read(&kept) {
        return Ok(packed);
    }
    let mut packed = Vec::new();
    brotli::CompressorWriter::new(&mut packed, 1 << 16, quality, 24).write_all(bytes)?;
    let part = kept.with_extension("part");
    std::fs::write(&part, &packed)?;
    std::fs::rename(part, kept)?;
    Ok(packed)
}

/// Files below a folder in order, without those whose first part is in `skip`.
pub(crate) fn files_below(dir: &Path, skip: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = vec![];
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if skip.contains(&name.as_str()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn hash_tree(dir: &Path, skip: &[&str]) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for path in files_below(dir, skip)? {
        hasher.update(path.strip_prefix(dir).unwrap_or(&path).as_os_str().as_encoded_bytes());
        hasher.update(&std::fs::read(&path)?);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
