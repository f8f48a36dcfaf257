//! Rules of the house: first lines, file lengths, leftovers, fixtures, who may use whom.

use crate::{paths, web};
use anyhow::bail;
use std::path::Path;

const MAX_LINES: usize = 600;
const TOP_LEVEL: &[&str] = &[
    "tiles", "server", "viewer", "shaders", "assets", "tests", "xtask", "docs", ".ci", ".cargo", ".git", ".github",
    "target", "cities",
];
/// Which workspace crates each crate may depend on (dev-dependencies apart).
const ALLOWED: &[(&str, &[&str])] = &[
    ("tiles/model", &[]),
    ("tiles/sources", &["city-model"]),
    ("tiles/tiler", &["city-model"]),
    ("server/store", &["city-model"]),
    ("server/analysis", &["city-model"]),
    (
        "server/app",
        &["city-model", "city-sources", "tiler", "scene-store", "analysis"],
    ),
    ("viewer/core", &["city-model"]),
    ("viewer/decode", &["city-model"]),
    ("viewer/app", &["city-model", "viewer-core", "viewer-decode", "shaders"]),
    ("shaders", &[]),
    ("xtask", &[]),
];
const CRATES: &[&str] = &[
    "city-model",
    "city-sources",
    "tiler",
    "scene-store",
    "chengjing",
    "viewer-core",
    "viewer-decode",
    "viewer-app",
    "shaders",
    "e2e",
    "analysis",
];

/// Checks the tree and lists every breach.
pub(crate) fn tidy() -> anyhow::Result<()> {
    let root = paths::root();
    let mut faults = vec![];
    let skip = ["target", "node_modules", "dist", ".git", "cities", "engine"];
    for path in web::files_below(&root, &skip)? {
        let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        match path.extension().and_then(|e| e.to_str()) {
            Some("rs") => check_rust(&path, &shown, &mut faults)?,
            Some("ts" | "wgsl") => check_length(&std::fs::read_to_string(&path)?, &shown, &mut faults),
            _ => {}
        }
    }
    for entry in std::fs::read_dir(&root)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && !TOP_LEVEL.contains(&name.as_str()) {
            faults.push(format!("{name}/ is a new top-level folder"));
        }
    }
    for folder in subfolders(&root.join("tests/fixtures"))? {
        if !root.join("tests/fixtures").join(&folder).join("README.md").exists() {
            faults.push(format!(
                "tests/fixtures/{folder} has no README.md with origin and licence"
            ));
        }
    }
    for (dir, allowed) in ALLOWED {
        check_dependencies(&root, dir, allowed, &mut faults)?;
    }
    if faults.is_empty() {
        println!("   tidy");
        return Ok(());
    }
    for fault in &faults {
        println!("   {fault}");
    }
    bail!("{} breaches of the rules of the house", faults.len())
}

fn check_rust(path: &Path, shown: &str, faults: &mut Vec<String>) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path)?;
    if !text.starts_with("//!") {
        faults.push(format!("{shown}: the first line is not a `//!` purpose"));
    }
    check_length(&text, shown, faults);
    // the marks are put together here so that this file does not find itself
    let marks = [
        concat!("dbg", "!("),
        concat!("todo", "!("),
        concat!("#[ign", "ore"),
        concat!("#[should_", "panic"),
    ];
    for (number, line) in text.lines().enumerate() {
        if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
            faults.push(format!("{shown}:{}: {mark}", number + 1));
        }
        if line.contains(concat!("TO", "DO")) && !line.contains(concat!("TO", "DO(#")) && !line.contains("concat!") {
            faults.push(format!("{shown}:{}: open work without a number", number + 1));
        }
    }
    Ok(())
}

fn check_length(text: &str, shown: &str, faults: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > MAX_LINES && !shown.ends_with(".gen.ts") {
        faults.push(format!("{shown}: {lines} lines, more than {MAX_LINES}"));
    }
}

fn subfolders(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = vec![];
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn check_dependencies(root: &Path, dir: &str, allowed: &[&str], faults: &mut Vec<String>) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(root.join(dir).join("Cargo.toml"))?;
    let mut in_dependencies = false;
    for line in text.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies") && !line.contains("dev-dependencies");
        } else if in_dependencies {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if CRATES.contains(&name) && !allowed.contains(&name) {
                faults.push(format!("{dir}: may not use {name}"));
            }
        }
    }
    Ok(())
}
