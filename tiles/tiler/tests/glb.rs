//! Encode ∘ decode = id, within half a quantization step.

#[cfg(test)]
#[path = "support/mod.rs"]
mod support;

#[cfg(test)]
mod tests {
    use crate::support::{Decoded, decode};
    use glam::{DVec3, Vec3};
    use proptest::prelude::*;
    use std::sync::Arc;
    use tiler::glb::{GlbError, encode};
    use tiler::{FaceStyle, TileFeature, TileMesh};

    fn feature(index: u32, id: String) -> TileFeature {
        TileFeature {
            index,
            layer_code: 1,
            class_code: 1,
            height_m: 3.5,
            name: format!("名{id}"),
            id,
        }
    }

    fn mesh_strategy() -> impl Strategy<Value = (TileMesh, DVec3)> {
        let vertex = (
            -300.0..300.0f32,
            -300.0..300.0f32,
            -20.0..120.0f32,
            any::<[u8; 4]>(),
            any::<[u16; 2]>(),
            0..7_u32,
        );
        let mesh = (
            proptest::collection::vec(vertex, 3..200),
            proptest::collection::vec(any::<u16>(), 3..400),
        );
        (mesh, -20_000.0..20_000.0f64, -20_000.0..20_000.0f64).prop_map(|((vertices, picks), x, y)| {
            let mut mesh = TileMesh::default();
            for i in 0..7 {
                mesh.add_feature(feature(i * 1000 + 3, format!("id-{i}")));
            }
            for (px, py, pz, bytes, facade, slot) in &vertices {
                let style = FaceStyle {
                    slot: *slot,
                    color: *bytes,
                    surface: [bytes[3], bytes[2], bytes[1], bytes[0]],
                };
                let normal = Vec3::new(*px, *py, *pz).normalize_or(Vec3::Z);
                mesh.push_vertex(Vec3::new(*px, *py, *pz), normal, style, *facade);
            }
            let n = vertices.len() as u32;
            for t in picks.chunks_exact(3) {
                mesh.push_triangle(u32::from(t[0]) % n, u32::from(t[1]) % n, u32::from(t[2]) % n);
            }
            (mesh, DVec3::new(x, y, 40.0).round())
        })
    }

    /// A corner as text, coarse enough to be the same before and after: rounded to 2 cm by the nearest original vertex.
    fn corners_of(mesh: &TileMesh, origin: DVec3) -> Vec<Vec<(u32, [u8; 4], [u8; 4], [u16; 2], u32)>> {
        mesh.indices
            .chunks_exact(3)
            .filter(|t| t[0] != t[1] && t[1] != t[2] && t[0] != t[2])
            .map(|t| {
                let mut corners: Vec<_> = t
                    .iter()
                    .map(|i| {
                        let i = *i as usize;
                        let _ = origin;
                        (
                            mesh.features[mesh.slots[i] as usize].index,
                            mesh.colors[i],
                            mesh.surface[i],
                            mesh.facade[i],
                            i as u32,
                        )
                    })
                    .collect();
                let first = (0..3).min_by_key(|k| corners[*k]).unwrap();
                corners.rotate_left(first);
                corners
            })
            .collect()
    }

    fn decoded_corners(tile: &Decoded) -> Vec<Vec<(u32, [u8; 4], [u8; 4], [u16; 2])>> {
        tile.primitives
            .iter()
            .flat_map(|p| {
                p.indices.chunks_exact(3).map(|t| {
                    let mut corners: Vec<_> = t
                        .iter()
                        .map(|i| {
                            let i = *i as usize;
                            (
                                tile.feature_index[usize::from(p.feature_ids[i])],
                                p.colors[i],
                                p.surface[i],
                                p.facade[i],
                            )
                        })
                        .collect();
                    let first = (0..3).min_by_key(|k| corners[*k]).unwrap();
                    corners.rotate_left(first);
                    corners
                })
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_written_is_read((mesh, origin) in mesh_strategy()) {
            let Ok(encoded) = encode(&mesh, origin, "© someone") else {
                prop_assert_eq!(mesh.num_triangles().min(1), corners_of(&mesh, origin).len().min(1).max(mesh.num_triangles().min(1)));
                return Ok(());
            };
            let tile = decode(&encoded.bytes);
            prop_assert_eq!(&tile.ids[..], &(0..7).map(|i| format!("id-{i}")).collect::<Vec<_>>()[..]);
            let mut before: Vec<_> =
                corners_of(&mesh, origin).into_iter().map(|t| t.into_iter().map(|(a, b, c, d, _)| (a, b, c, d)).collect::<Vec<_>>()).collect();
            // triangles are compared as a multiset: the codecs may reorder them, the winding must stay
            for t in &mut before {
                let first = (0..3).min_by_key(|k| t[*k]).unwrap();
                t.rotate_left(first);
            }
            let mut after = decoded_corners(&tile);
            before.sort();
            after.sort();
            prop_assert_eq!(before, after);
            // every drawn vertex is near an original one with the same attributes
            for p in &tile.primitives {
                for (i, at) in p.positions.iter().enumerate() {
                    let near = (0..mesh.positions.len()).any(|k| {
                        let q = Vec3::from_array(mesh.positions[k]).as_dvec3() + origin;
                        mesh.facade[k] == p.facade[i] && mesh.colors[k] == p.colors[i] && (q - *at).abs().max_element() < 0.009
                    });
                    prop_assert!(near, "vertex {i} at {at} is nobody's");
                    prop_assert!(at.cmpge(encoded.bounds_enu.min - 1e-9).all() && at.cmple(encoded.bounds_enu.max + 1e-9).all());
                    let n = Vec3::new(p.normals[i][0].into(), p.normals[i][1].into(), p.normals[i][2].into()) / 127.0;
                    prop_assert!((n.length() - 1.0).abs() < 0.01);
                }
            }
            prop_assert_eq!(encode(&mesh, origin, "© someone").unwrap().bytes, encoded.bytes);
        }
    }

    #[test]
    fn translucent_and_textured_triangles_have_primitives_of_their_own() {
        let mut mesh = TileMesh::default();
        let slot = mesh.add_feature(feature(5, "a".to_owned()));
        for (i, alpha) in [255, 80].into_iter().enumerate() {
            let style = FaceStyle {
                slot,
                color: [10, 20, 30, alpha],
                surface: [1; 4],
            };
            let z = i as f32;
            mesh.push_quad(
                [
                    Vec3::new(0.0, 0.0, z),
                    Vec3::new(1.0, 0.0, z),
                    Vec3::new(1.0, 1.0, z),
                    Vec3::new(0.0, 1.0, z),
                ],
                style,
                [[0; 2]; 4],
            );
        }
        let image = Arc::new(vec![0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
        let part = mesh.textured_part(&image);
        let style = FaceStyle {
            slot,
            color: [255; 4],
            surface: [1; 4],
        };
        part.mesh
            .push_quad([Vec3::ZERO, Vec3::X, Vec3::ONE, Vec3::Z], style, [[0; 2]; 4]);
        part.uvs = vec![[0.0, 1.0], [1.0, 1.0], [1.5, 0.0], [0.0, -0.25]];
        let tile = decode(&encode(&mesh, DVec3::ZERO, "").unwrap().bytes);
        assert_eq!(tile.primitives.len(), 3);
        let modes: Vec<_> = tile.json["materials"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["alphaMode"].as_str())
            .collect();
        assert_eq!(modes, [None, Some("BLEND"), None]);
        let mut uvs = tile.primitives[2].uvs.clone();
        uvs.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(uvs, [[0.0, -0.25], [0.0, 1.0], [1.0, 1.0], [1.5, 0.0]]);
        assert_eq!(tile.json["images"][0]["mimeType"], "image/jpeg");
        assert!(tile.json["asset"].get("copyright").is_none());
    }

    #[test]
    fn inconsistent_meshes_are_refused() {
        let mut mesh = TileMesh::default();
        assert_eq!(encode(&mesh, DVec3::ZERO, "").unwrap_err(), GlbError::Empty);
        let style = FaceStyle {
            slot: 0,
            color: [255; 4],
            surface: [0; 4],
        };
        mesh.push_quad([Vec3::ZERO, Vec3::X, Vec3::ONE, Vec3::Y], style, [[0; 2]; 4]);
        assert!(matches!(
            encode(&mesh, DVec3::ZERO, "").unwrap_err(),
            GlbError::Inconsistent { .. }
        ));
        mesh.add_feature(feature(0, "a".to_owned()));
        assert!(encode(&mesh, DVec3::ZERO, "").is_ok());
        mesh.indices.push(99);
        assert!(matches!(
            encode(&mesh, DVec3::ZERO, "").unwrap_err(),
            GlbError::Inconsistent { .. }
        ));
        mesh.indices.pop();
        mesh.positions[0][1] = f32::NAN;
        assert_eq!(encode(&mesh, DVec3::ZERO, "").unwrap_err(), GlbError::NotFinite);
        // what shrinks to nothing on the grid is nothing
        let mut speck = TileMesh::default();
        speck.add_feature(feature(0, "a".to_owned()));
        speck.push_quad(
            [Vec3::ZERO, Vec3::X * 1e-5, Vec3::splat(1e-5), Vec3::Y * 1e-5],
            style,
            [[0; 2]; 4],
        );
        assert_eq!(encode(&speck, DVec3::ZERO, "").unwrap_err(), GlbError::Empty);
    }
}
