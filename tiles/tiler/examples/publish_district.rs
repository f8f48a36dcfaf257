//! Publishes a generated district in memory and prints what it cost: `publish_district [buildings]`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a measuring tool that shares the test support"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

fn main() {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let mut city = support::district(count);
    let sink = support::Kept::default();
    let start = Instant::now();
    let first = support::publish(&city, &sink);
    let elapsed = start.elapsed();
    let bytes: u64 = first.contents.iter().map(|c| c.bytes).sum();
    let leaves: Vec<_> = first.contents.iter().filter(|c| !c.features.is_empty()).collect();
    let leaf_bytes: u64 = leaves.iter().map(|c| c.bytes).sum();
    let rate = count as f64 / elapsed.as_secs_f64();
    println!(
        "{count} features in {elapsed:.2?}: {rate:.0}/s, {} tiles ({} leaves), {bytes} bytes",
        first.contents.len(),
        leaves.len()
    );
    println!("leaf bytes per feature {}", leaf_bytes / count as u64);
    let records: usize = first.record_names.iter().map(|name| sink.content(name).len()).sum();
    println!("records {records} bytes, json files {}", first.json_names.len());
    let start = Instant::now();
    let again = support::publish(&city, &sink);
    println!("unchanged: {:.2?}, encoded {}", start.elapsed(), again.num_encoded);
    for i in count / 2..(count / 2 + 20).min(count) {
        city.revisions[i] += 1;
        if let city_model::Shape::Extrusion(e) = &mut city.features[i].geometry.shapes[0].shape {
            e.height_m += 9.0;
        }
    }
    let start = Instant::now();
    let edited = support::publish(&city, &sink);
    println!("edit of 20: {:.2?}, encoded {}", start.elapsed(), edited.num_encoded);
    print(&support::walk(&first, &sink), &sink, 0);
    let tile = support::decode(&sink.content(&leaves[0].name));
    let mut by_view: Vec<(String, u64)> = Vec::new();
    for view in tile.json["bufferViews"].as_array().unwrap() {
        let ext = &view["extensions"]["EXT_meshopt_compression"];
        let bytes = ext["byteLength"]
            .as_u64()
            .or_else(|| view["byteLength"].as_u64())
            .unwrap();
        by_view.push((format!("{} stride {}", ext["mode"], ext["byteStride"]), bytes));
    }
    println!(
        "first leaf: {} features, json {} bytes",
        tile.ids.len(),
        tile.json.to_string().len()
    );
    for (what, bytes) in by_view {
        println!("  {what}: {bytes}");
    }
    let vertices: usize = tile.primitives.iter().map(|p| p.positions.len()).sum();
    let triangles: usize = tile.primitives.iter().map(|p| p.indices.len() / 3).sum();
    println!("  {vertices} vertices, {triangles} triangles");
    if let Some(dir) = std::env::args().nth(2) {
        for content in &first.contents {
            std::fs::write(format!("{dir}/{}", content.name), sink.content(&content.name)).unwrap();
        }
    }
}

fn print(tile: &support::Walked, sink: &support::Kept, depth: usize) {
    if depth > 5 {
        return;
    }
    let bytes = tile.content.as_ref().map_or(0, |name| sink.content(name).len());
    println!(
        "{}{:.2} m, {} KB, box {:.0}×{:.0} m, {} children",
        "  ".repeat(depth),
        tile.geometric_error,
        bytes / 1024,
        tile.bounds[3] * 2.0,
        tile.bounds[7] * 2.0,
        tile.children.len()
    );
    tile.children
        .iter()
        .take(2)
        .for_each(|child| print(child, sink, depth + 1));
}
