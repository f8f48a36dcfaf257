//! Materials and textures of a CityJSON file, and the images beside it.

use city_model::Material;
use hashbrown::HashMap;
use serde::Deserialize;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Largest image that is read, bytes.
const MAX_IMAGE_BYTES: u64 = 32 << 20;
/// Most bytes of images read for one file.
const MAX_TOTAL_BYTES: u64 = 1 << 30;

/// The `appearance` member.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub(crate) struct Appearance {
    #[serde(default, rename = "default-theme-material")]
    pub(crate) default_material_theme: Option<String>,
    #[serde(default, rename = "default-theme-texture")]
    pub(crate) default_texture_theme: Option<String>,
    #[serde(default)]
    pub(crate) materials: Vec<RawMaterial>,
    #[serde(default)]
    pub(crate) textures: Vec<RawTexture>,
    #[serde(default, rename = "vertices-texture")]
    pub(crate) vertices_texture: Vec<[f32; 2]>,
}

/// A material; X3D's other members do not change what is drawn.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub(crate) struct RawMaterial {
    #[serde(default, rename = "diffuseColor")]
    pub(crate) diffuse: Option<[f32; 3]>,
    #[serde(default)]
    pub(crate) transparency: Option<f32>,
}

/// A texture: only its image matters, wrapping is the default of glTF.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub(crate) struct RawTexture {
    #[serde(default)]
    pub(crate) image: String,
}

impl RawMaterial {
    /// Flat colour, if the material has one.
    pub(crate) fn color(&self) -> Option<Material> {
        let [r, g, b] = self.diffuse?;
        let unit = |v: f32| if v.is_finite() { v.clamp(0.0, 1.0) } else { 1.0 };
        Some(Material {
            rgba: [unit(r), unit(g), unit(b), 1.0 - unit(self.transparency.unwrap_or(0.0))],
        })
    }
}

/// Why an image was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageError {
    /// The path leaves the folder of the file, or is an address.
    #[error("the image path {0:?} does not stay beside the file")]
    Outside(String),
    /// No such file, or not readable.
    #[error("the image {0:?} cannot be read: {1}")]
    Unreadable(String, String),
    /// Larger than the limits.
    #[error("the image {0:?} is too large")]
    TooLarge(String),
    /// Neither JPEG nor PNG.
    #[error("the image {0:?} is neither JPEG nor PNG")]
    Unsupported(String),
}

/// Images beside one file, each read once and shared.
#[derive(Debug)]
pub(crate) struct Images {
    folder: Option<PathBuf>,
    read: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    by_uri: HashMap<String, Result<Arc<Vec<u8>>, ImageError>>,
    num_bytes: u64,
}

impl Images {
    /// Images for the file at `path`.
    pub(crate) fn beside(path: &Path) -> Self {
        let parent = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        Self {
            folder: parent.canonicalize().ok(),
            read: Mutex::default(),
        }
    }

    /// Bytes of an image, and whether this is the first time that it is asked for (to report trouble once).
    pub(crate) fn get(&self, uri: &str) -> (Result<Arc<Vec<u8>>, ImageError>, bool) {
        let mut cache = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache.by_uri.get(uri) {
            return (known.clone(), false);
        }
        let image = self
            .load(uri, MAX_TOTAL_BYTES.saturating_sub(cache.num_bytes))
            .map(Arc::new);
        cache.num_bytes += image.as_ref().map_or(0, |bytes| bytes.len() as u64);
        cache.by_uri.insert(uri.to_owned(), image.clone());
        (image, true)
    }

    fn load(&self, uri: &str, budget_bytes: u64) -> Result<Vec<u8>, ImageError> {
        let outside = || ImageError::Outside(uri.chars().take(200).collect());
        let unreadable =
            |err: std::io::Error| ImageError::Unreadable(uri.chars().take(200).collect(), err.kind().to_string());
        let folder = self.folder.as_ref().ok_or_else(outside)?;
        // writers on Windows leave backslashes
        let relative = PathBuf::from(uri.replace('\\', "/"));
        let is_plain = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_plain || uri.contains("://") || uri.contains('\0') || uri.is_empty() {
            return Err(outside());
        }
        let path = folder.join(relative).canonicalize().map_err(unreadable)?;
        // a link may still lead out of the folder
        if !path.starts_with(folder) {
            return Err(outside());
        }
        let num_bytes = std::fs::metadata(&path).map_err(unreadable)?.len();
        if num_bytes > MAX_IMAGE_BYTES.min(budget_bytes) {
            return Err(ImageError::TooLarge(uri.to_owned()));
        }
        let bytes = std::fs::read(&path).map_err(unreadable)?;
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(bytes)
        } else {
            Err(ImageError::Unsupported(uri.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("city");
        std::fs::create_dir(&folder).unwrap();
        let png = b"\x89PNG\r\n\x1a\n rest";
        std::fs::write(root.path().join("secret.png"), png).unwrap();
        std::fs::write(folder.join("a.png"), png).unwrap();
        std::fs::write(folder.join("b.png"), b"no image").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path().join("secret.png"), folder.join("link.png")).unwrap();
        let images = Images::beside(&folder.join("x.city.json"));
        assert_eq!(images.get("./a.png").0.unwrap().as_slice(), png);
        assert!(!images.get("./a.png").1, "the second answer comes from memory");
        let absolute = root.path().join("secret.png");
        for uri in [
            "../secret.png",
            absolute.to_str().unwrap(),
            "..\\secret.png",
            "https://example.invalid/a.png",
            "link.png",
            "",
        ] {
            assert!(matches!(images.get(uri).0, Err(ImageError::Outside(_))), "{uri}");
        }
        assert!(matches!(images.get("b.png").0, Err(ImageError::Unsupported(_))));
        assert!(matches!(images.get("absent.png").0, Err(ImageError::Unreadable(..))));
    }

    #[test]
    fn colours_stay_in_range() {
        let material = RawMaterial {
            diffuse: Some([2.0, f32::NAN, 0.5]),
            transparency: Some(0.25),
        };
        assert_eq!(material.color().unwrap().rgba, [1.0, 1.0, 0.5, 0.75]);
        assert_eq!(RawMaterial::default().color(), None);
    }
}
