//! The font of reports: the city's own, else the one that the browser build embeds.

use crate::routes::viewer::embedded;
use std::path::Path;

/// Fonts of the browser build, below its folder.
const EMBEDDED: &[&str] = &["fonts/NotoSansSC-Regular.ttf", "fonts/NotoSansSC-Bold.ttf"];
/// Largest font file that is read, bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Font files, at least one.
///
/// * `city_root` — a city may bring its own in `fonts/`
///
/// # Errors
/// What to do about it, when there is none.
pub(super) fn load(city_root: &Path) -> Result<Vec<Vec<u8>>, String> {
    let own = of_city(city_root).map_err(|err| format!("the fonts of the city cannot be read: {err}"))?;
    if !own.is_empty() {
        return Ok(own);
    }
    let built_in: Vec<Vec<u8>> = EMBEDDED.iter().filter_map(|path| embedded(path)).collect();
    if built_in.is_empty() {
        return Err(
            "this build holds no font for Chinese text: run `cargo xtask web` and build again, or put a TrueType font \
             such as NotoSansSC-Regular.ttf into the folder fonts/ of the city"
                .to_owned(),
        );
    }
    Ok(built_in)
}

fn of_city(city_root: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    let entries = match std::fs::read_dir(city_root.join("fonts")) {
        Ok(entries) => entries,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(err),
    };
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort_unstable();
    let mut fonts = Vec::new();
    for path in paths {
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default()
            .to_lowercase();
        let is_font = ["ttf", "otf", "ttc", "otc"].contains(&extension.as_str());
        if is_font && std::fs::metadata(&path)?.len() <= MAX_BYTES {
            fonts.push(std::fs::read(&path)?);
        }
    }
    Ok(fonts)
}
