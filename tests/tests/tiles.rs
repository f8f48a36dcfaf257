//! Published tiles: what outside judges and our own decoder say of them.
#![cfg(test)]

use city_model::tileset::{Tile, Tileset};
use e2e::city::City;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Greatest size of a tileset file, bytes.
const MAX_JSON_BYTES: usize = 110_000;

struct Walk {
    contents: BTreeMap<String, Vec<u8>>,
    seen_glb: BTreeSet<String>,
    seen_json: BTreeSet<String>,
}

impl Walk {
    fn of(city: &City) -> Self {
        Self {
            contents: city.contents().unwrap().into_iter().collect(),
            seen_glb: BTreeSet::new(),
            seen_json: BTreeSet::new(),
        }
    }

    fn tileset(&mut self, bytes: &[u8], name: &str) {
        assert!(bytes.len() <= MAX_JSON_BYTES, "{name} has {} bytes", bytes.len());
        let tileset: Tileset = serde_json::from_slice(bytes).unwrap();
        assert_eq!(tileset.asset.version, "1.1");
        self.tile(&tileset.root, f64::INFINITY);
    }

    fn tile(&mut self, tile: &Tile, parent_error: f64) {
        assert!(
            tile.geometric_error <= parent_error,
            "an error grows downward: {} under {parent_error}",
            tile.geometric_error
        );
        let volume = tile.bounding_volume.oriented_box.expect("tiles are written with boxes");
        assert!(volume.iter().all(|v| v.is_finite()));
        if let Some(content) = &tile.content {
            let name = content.uri.rsplit('/').next().unwrap().to_owned();
            let bytes = self
                .contents
                .get(&name)
                .unwrap_or_else(|| panic!("{name} is not kept"))
                .clone();
            if name.ends_with(".json") {
                if self.seen_json.insert(name.clone()) {
                    self.tileset(&bytes, &name);
                }
            } else {
                self.seen_glb.insert(name);
            }
        }
        for child in &tile.children {
            self.tile(child, tile.geometric_error);
        }
    }
}

fn root_tileset(city: &City) -> Vec<u8> {
    let revisions = city.path().join("tiles/revisions");
    let newest = std::fs::read_dir(&revisions)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().parse::<u64>().unwrap())
        .max();
    std::fs::read(revisions.join(newest.unwrap().to_string()).join("tileset.json")).unwrap()
}

fn judge(folder: &Path) {
    let output = Command::new("node")
        .arg(e2e::root().join("tests/validate/validate.mjs"))
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_generated_city_is_valid_to_the_last_tile() {
    let city = City::demo(2_000, 7).unwrap();
    let mut walk = Walk::of(&city);
    walk.tileset(&root_tileset(&city), "tileset.json");
    assert!(walk.seen_glb.len() > 20, "{} tiles", walk.seen_glb.len());
    let unreferenced: Vec<_> = walk
        .contents
        .keys()
        .filter(|n| n.ends_with(".glb") && !walk.seen_glb.contains(*n))
        .collect();
    assert!(unreferenced.is_empty(), "kept but not used: {unreferenced:?}");
    let mut indices = BTreeSet::new();
    for name in &walk.seen_glb {
        let bytes = &walk.contents[name];
        assert!(bytes.len() < 1_000_000, "{name} has {} bytes", bytes.len());
        let tile = viewer_decode::decode_tile(bytes).unwrap_or_else(|err| panic!("{name}: {err}"));
        for primitive in &tile.primitives {
            let vertices = primitive.positions.len();
            assert!(primitive.indices.iter().all(|i| (*i as usize) < vertices), "{name}");
            assert!(primitive.positions.iter().flatten().all(|p| p.is_finite()), "{name}");
            // u32::MAX marks bare ground, which is no feature of the store
            indices.extend(
                primitive
                    .attributes
                    .iter()
                    .map(|a| a[4])
                    .filter(|index| *index != u32::MAX),
            );
        }
    }
    let info = city.run(&["info"], &[]).unwrap();
    let features = info["features"].as_u64().unwrap();
    // zones and other features without a body of their own may be missing, but nearly all are drawn somewhere
    assert!(
        indices.len() as u64 * 100 >= features * 97,
        "{} of {features} features are drawn",
        indices.len()
    );
    judge(&city.path().join("tiles/content"));
}

#[test]
fn real_buildings_of_delft_are_valid_tiles() {
    let city = City::of_files(&[&e2e::sample("delft/delft_fcb.city.jsonl")], &[]).unwrap();
    let mut walk = Walk::of(&city);
    walk.tileset(&root_tileset(&city), "tileset.json");
    assert!(!walk.seen_glb.is_empty());
    judge(&city.path().join("tiles/content"));
}

#[test]
fn the_same_city_has_the_same_bytes() {
    let (first, second) = (City::demo(2_000, 3).unwrap(), City::demo(2_000, 3).unwrap());
    assert_eq!(root_tileset(&first), root_tileset(&second));
    assert_eq!(first.contents().unwrap(), second.contents().unwrap());
    let other = City::demo(2_000, 4).unwrap();
    assert_ne!(root_tileset(&first), root_tileset(&other));
}

#[test]
fn an_edit_encodes_few_tiles_again() {
    let city = City::demo(2_000, 5).unwrap();
    let before: BTreeSet<String> = city.contents().unwrap().into_iter().map(|(name, _)| name).collect();
    let id = e2e::server::Server::start(&city)
        .unwrap()
        .feature_ids("buildings", 1)
        .unwrap()
        .remove(0);
    city.run(&["set"], &[&id, "name=改名的楼"]).unwrap();
    let published = city.run(&["publish"], &[]).unwrap();
    let encoded = published["tiles_encoded"].as_u64().unwrap();
    assert!((1..=6).contains(&encoded), "{encoded} tiles");
    let after: BTreeSet<String> = city.contents().unwrap().into_iter().map(|(name, _)| name).collect();
    assert!(after.difference(&before).filter(|n| n.ends_with(".glb")).count() as u64 == encoded);
}
