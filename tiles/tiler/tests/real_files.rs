//! Real CityJSON through the whole tiler: nothing of a building is lost, textures come along.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use crate::support::{City, Decoded, Kept, decode, walk};
    use city_model::{Bounds3, Crs, FeatureClass, Report, SceneFrame, Shape, SurfaceSemantic};
    use glam::DVec3;
    use std::collections::BTreeMap;
    use std::path::Path;
    use tiler::buildings::Solid;
    use tiler::{Publication, PublishOptions, polygon::newell};

    fn read(path: &str) -> (City, Crs) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
        let mut sink = city_sources::MemorySink::default();
        let mut report = Report::new(path.to_string_lossy());
        let options = city_sources::ReadOptions {
            default_crs: Some(Crs::from_epsg(28992).unwrap()),
            ..Default::default()
        };
        city_sources::read_path(&path, &options, &mut sink, &mut report).unwrap();
        let mut city = City::default();
        for feature in sink.features.into_iter().filter(|f| !f.geometry.is_empty()) {
            city.add(feature);
        }
        assert!(!city.features.is_empty(), "{report:?}");
        let crs = sink
            .datasets
            .iter()
            .find_map(|d| d.crs.clone())
            .filter(|crs| !crs.is_geographic());
        (city, crs.unwrap_or_else(|| Crs::from_epsg(28992).unwrap()))
    }

    fn publish(city: &City, crs: Crs) -> (Publication, Kept) {
        let bounds = city.features.iter().fold(Bounds3::EMPTY, |b, f| b.union(f.bounds()));
        let frame = SceneFrame::new(crs, bounds.center().round(), 43.0).unwrap();
        let sink = Kept::default();
        let publication = tiler::publish(city, &sink, &frame, &PublishOptions::default(), &|_, _| true).unwrap();
        (publication, sink)
    }

    fn leaf_tiles(publication: &Publication, sink: &Kept) -> Vec<Decoded> {
        publication
            .contents
            .iter()
            .filter(|c| !c.features.is_empty())
            .map(|c| decode(&sink.content(&c.name)))
            .collect()
    }

    /// Drawn area by feature, m².
    fn drawn_areas(tiles: &[Decoded]) -> BTreeMap<u32, f64> {
        let mut areas = BTreeMap::new();
        for tile in tiles {
            for p in &tile.primitives {
                for t in p.indices.chunks_exact(3) {
                    let [a, b, c] = [0, 1, 2].map(|k| p.positions[t[k] as usize]);
                    let index = tile.feature_index[usize::from(p.feature_ids[t[0] as usize])];
                    *areas.entry(index).or_insert(0.0) += (b - a).cross(c - a).length() * 0.5;
                }
            }
        }
        areas
    }

    /// Area of the polygons that are to be drawn of a feature, m².
    fn source_area(feature: &city_model::Feature) -> f64 {
        let is_house = matches!(feature.class, FeatureClass::Building | FeatureClass::BuildingPart);
        let mut area = 0.0;
        for shape in feature.geometry.finest() {
            let Shape::Surfaces(mesh) = shape else { continue };
            for surface in &mesh.surfaces {
                if is_house && surface.semantic == SurfaceSemantic::Ground {
                    continue;
                }
                for (i, ring) in surface.rings.iter().enumerate() {
                    let points: Vec<DVec3> = ring.iter().map(|v| mesh.vertices[*v as usize]).collect();
                    area += newell(&points).length() * if i == 0 { 0.5 } else { -0.5 };
                }
            }
        }
        area
    }

    #[test]
    fn the_solids_of_delft_are_closed_and_have_the_volumes_that_3dbag_states() {
        let (city, _) = read("assets/sample/delft/delft_fcb.city.jsonl");
        let (mut volumes, mut open, mut solids) = (BTreeMap::new(), 0, 0);
        for feature in city.features.iter().filter(|f| f.class == FeatureClass::BuildingPart) {
            let solid = Solid::of(&feature.geometry, 0.0).unwrap();
            solids += 1;
            open += usize::from(!solid.is_closed);
            *volumes.entry(feature.parent.clone().unwrap()).or_insert(0.0) += solid.volume_m3();
        }
        let (mut compared, mut apart) = (0, 0);
        for building in city.features.iter().filter(|f| f.class == FeatureClass::Building) {
            let stated = building
                .attributes
                .get("b3_volume_lod22")
                .and_then(serde_json::Value::as_f64);
            if let (Some(stated), Some(own)) = (stated, volumes.get(&building.id)) {
                compared += 1;
                apart += usize::from((own - stated).abs() > 0.01 * stated.max(1.0));
            }
        }
        println!("{open} of {solids} solids are open; {apart} of {compared} volumes further apart than 1 %");
        assert!(compared > 1000 && apart * 100 <= compared, "{apart} of {compared}");
        assert!(open * 50 <= solids, "{open} of {solids} are open");
    }

    #[test]
    fn the_roofs_and_walls_of_delft_keep_their_area() {
        let (city, crs) = read("assets/sample/delft/delft_fcb.city.jsonl");
        let start = std::time::Instant::now();
        let (publication, sink) = publish(&city, crs);
        let bytes: u64 = publication.contents.iter().map(|c| c.bytes).sum();
        println!(
            "delft: {} features, {} tiles, {bytes} bytes in {:?}; {:?}",
            city.features.len(),
            publication.contents.len(),
            start.elapsed(),
            publication.report.counts
        );
        let geometry: usize = city
            .features
            .iter()
            .map(|f| postcard::to_stdvec(&f.geometry).unwrap().len())
            .sum();
        println!("delft: {geometry} bytes of geometry");
        let areas = drawn_areas(&leaf_tiles(&publication, &sink));
        let mut worst = Vec::new();
        for feature in &city.features {
            let (want, have) = (
                source_area(feature),
                areas.get(&feature.index.0).copied().unwrap_or(0.0),
            );
            if (want - have).abs() > 0.005 * want + 0.1 {
                worst.push((feature.id.clone(), want, have));
            }
        }
        assert!(
            worst.len() * 200 <= city.features.len(),
            "{} of {}: {:?}",
            worst.len(),
            city.features.len(),
            &worst[..worst.len().min(8)]
        );
        let root = walk(&publication, &sink);
        assert!(
            root.children
                .iter()
                .any(|group| !group.children.is_empty() && group.geometric_error > 1.0)
        );
    }

    #[test]
    fn the_textures_of_a_house_are_in_its_tile() {
        let (city, crs) = read("tests/fixtures/cityjson/fzkhaus/fzkhaus.city.json");
        let (publication, sink) = publish(&city, crs);
        let tiles = leaf_tiles(&publication, &sink);
        let textured: Vec<_> = tiles
            .iter()
            .flat_map(|t| &t.primitives)
            .filter(|p| !p.uvs.is_empty())
            .collect();
        assert!(!textured.is_empty());
        assert!(textured.iter().all(|p| p.uvs.len() == p.positions.len()));
        assert_eq!(tiles[0].json["images"][0]["mimeType"], "image/jpeg");
    }

    #[test]
    fn every_class_and_level_of_the_small_files_is_published() {
        for file in [
            "classes_v20.city.json",
            "multi_lod.city.json",
            "fcb_geom_templates.city.jsonl",
        ] {
            let (city, crs) = read(&format!("tests/fixtures/cityjson/{file}"));
            let (publication, _) = publish(&city, crs);
            println!(
                "{file}: {} features, {} tiles, {:?}",
                city.features.len(),
                publication.contents.len(),
                publication.report.counts
            );
            assert!(!publication.contents.is_empty(), "{file}");
        }
    }

    #[test]
    fn a_relief_is_the_ground_of_a_city_without_a_dem() {
        let file = "../shared/data/cityjson/capetown_mamre3D.city.json";
        if !Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file).exists() {
            println!("absent, not read: {file}");
            return;
        }
        let (city, crs) = read(file);
        let relief = city.features.iter().find(|f| f.class == FeatureClass::Terrain).unwrap();
        let (publication, sink) = publish(&city, crs.clone());
        let bounds = city.features.iter().fold(Bounds3::EMPTY, |b, f| b.union(f.bounds()));
        let frame = SceneFrame::new(crs, bounds.center().round(), 43.0).unwrap();
        // the ground as drawn, by cells of 20 m
        let mut ground: BTreeMap<(i64, i64), f64> = BTreeMap::new();
        let cell = |p: DVec3| ((p.x / 20.0).floor() as i64, (p.y / 20.0).floor() as i64);
        let mut num_triangles = 0;
        for content in publication
            .contents
            .iter()
            .filter(|c| c.features.contains(&relief.index))
        {
            let tile = decode(&sink.content(&content.name));
            let row = tile.ids.iter().position(|id| *id == relief.id).unwrap();
            assert_eq!(
                tile.feature_index[row], relief.index.0,
                "a click on the ground finds the relief"
            );
            for p in &tile.primitives {
                num_triangles += p.indices.len() / 3;
                for position in &p.positions {
                    // skirts hang below the surface
                    let highest = ground.entry(cell(*position)).or_insert(f64::NEG_INFINITY);
                    *highest = highest.max(position.z);
                }
            }
        }
        assert!(num_triangles > 1000, "{num_triangles}");
        let Some(Shape::Surfaces(mesh)) = relief.geometry.finest().next() else {
            panic!()
        };
        let (mut count, mut sum_m) = (0, 0.0);
        for vertex in mesh.vertices.iter().step_by(7) {
            let enu = frame.enu_from_scene(*vertex).unwrap().0;
            if let Some(z) = ground.get(&cell(enu)) {
                count += 1;
                sum_m += (z - enu.z).abs();
            }
        }
        assert!(count > 500, "{count}");
        let mean_m = sum_m / f64::from(count);
        assert!(mean_m < 1.5, "{mean_m} m over {count} points");
    }
}
