//! What was expected of tiles and what they weigh: `RUST_LOG=tiler::sizes=debug tile_sizes BUILDINGS` for the generated
//! city, `tile_sizes FILE… [EPSG:code]` for files. One line a tile; the size estimates of the builders are fitted to it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a measuring tool that shares the test support"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use city_model::{Bounds3, Crs, Report, SceneFrame, Transformer};
use city_sources::{MemorySink, ReadOptions, demo};
use glam::DVec3;
use std::path::Path;
use support::{City, Kept};

fn main() {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let (mut sink, mut report) = (MemorySink::default(), Report::default());
    let mut crs = Crs::from_epsg(4547).unwrap();
    for argument in std::env::args().skip(1) {
        if let Ok(buildings) = argument.parse() {
            let options = demo::DemoOptions { buildings, seed: 1 };
            demo::generate(&options, &mut sink, &mut report).unwrap();
        } else if let Some(code) = argument.strip_prefix("EPSG:") {
            crs = Crs::from_epsg(code.parse().unwrap()).unwrap();
        } else {
            let options = ReadOptions::default();
            city_sources::read_path(Path::new(&argument), &options, &mut sink, &mut report).unwrap();
        }
    }
    let source = sink.datasets.iter().find_map(|d| d.crs.clone());
    let transformer = Transformer::new(source.unwrap_or_else(|| crs.clone()), crs.clone());
    let mut city = City::default();
    for mut feature in sink.features {
        for shape in &mut feature.geometry.shapes {
            shape
                .shape
                .try_map_coordinates(&mut |p: DVec3| transformer.transform(p))
                .unwrap();
        }
        if !feature.geometry.is_empty() {
            city.add(feature);
        }
    }
    city.terrain = sink.terrain.into_iter().map(|grid| (1, grid)).collect();
    let bounds = city.features.iter().fold(Bounds3::EMPTY, |b, f| b.union(f.bounds()));
    let frame = SceneFrame::new(crs, bounds.center().round(), 0.0).unwrap();
    let kept = Kept::default();
    let options = tiler::PublishOptions::default();
    let publication = tiler::publish(&city, &kept, &frame, &options, &|_, _| true).unwrap();
    println!("{} features, {} tiles", city.features.len(), publication.contents.len());
}
