//! Where meshes stand: node hierarchy, and the one place where glTF's y-up becomes the tile's z-up.

use crate::DecodeError;
use crate::json::{Document, Node};
use glam::{DMat4, DQuat, DVec3, DVec4};

/// glTF is y-up, 3D Tiles z-up: (x, y, z) → (x, −z, y).
///
/// # Source
/// 3D Tiles 1.1, "glTF transforms".
const Z_UP_FROM_Y_UP: DMat4 = DMat4::from_cols(DVec4::X, DVec4::Z, DVec4::new(0.0, -1.0, 0.0, 0.0), DVec4::W);

/// A mesh and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    pub mesh: usize,
    /// From the mesh's y-up frame to the tile's z-up frame, metres.
    pub tile_from_mesh: DMat4,
}

/// Meshes of the default scene (of all root nodes where there is none) with their places, in document order.
///
/// * `center_m` — added in the z-up frame: `RTC_CENTER` of a b3dm
pub(crate) fn place_meshes(document: &Document, center_m: [f64; 3]) -> Result<Vec<Placed>, DecodeError> {
    let center = document
        .extensions
        .rtc
        .as_ref()
        .map_or(DVec3::ZERO, |rtc| DVec3::from(rtc.center))
        + DVec3::from(center_m);
    let root = DMat4::from_translation(center) * Z_UP_FROM_Y_UP;
    let mut stack: Vec<(usize, DMat4)> = roots(document).into_iter().rev().map(|node| (node, root)).collect();
    // a node has one parent at most, so each is visited once: cycles end here
    let mut visited = vec![false; document.nodes.len()];
    let mut placed = Vec::new();
    while let Some((index, tile_from_parent)) = stack.pop() {
        let at = || format!("node {index}");
        let node = document
            .nodes
            .get(index)
            .ok_or_else(|| DecodeError::data("no such node", at()))?;
        if std::mem::replace(&mut visited[index], true) {
            return Err(DecodeError::data("node has two parents", at()));
        }
        let tile_from_node = tile_from_parent * local_transform(node);
        if !tile_from_node.is_finite() {
            return Err(DecodeError::data("transform is not finite", at()));
        }
        if let Some(mesh) = node.mesh {
            placed.push(Placed {
                mesh,
                tile_from_mesh: tile_from_node,
            });
        }
        stack.extend(node.children.iter().rev().map(|child| (*child, tile_from_node)));
    }
    Ok(placed)
}

fn roots(document: &Document) -> Vec<usize> {
    if let Some(scene) = document.scenes.get(document.scene.unwrap_or(0)) {
        return scene.nodes.clone();
    }
    let mut is_child = vec![false; document.nodes.len()];
    for child in document.nodes.iter().flat_map(|node| &node.children) {
        if let Some(slot) = is_child.get_mut(*child) {
            *slot = true;
        }
    }
    (0..document.nodes.len()).filter(|node| !is_child[*node]).collect()
}

fn local_transform(node: &Node) -> DMat4 {
    if let Some(matrix) = &node.matrix {
        return DMat4::from_cols_array(matrix);
    }
    let rotation = node.rotation.map_or(DQuat::IDENTITY, DQuat::from_array);
    let rotation = if rotation.length_squared() > 0.0 {
        rotation.normalize()
    } else {
        DQuat::IDENTITY
    };
    DMat4::from_scale_rotation_translation(
        node.scale.map_or(DVec3::ONE, DVec3::from),
        rotation,
        node.translation.map_or(DVec3::ZERO, DVec3::from),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: &str) -> Document {
        crate::json::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn up_stays_up_and_north_is_minus_z() {
        assert_eq!(Z_UP_FROM_Y_UP.transform_vector3(DVec3::Y), DVec3::Z);
        assert_eq!(Z_UP_FROM_Y_UP.transform_vector3(DVec3::X), DVec3::X);
        assert_eq!(Z_UP_FROM_Y_UP.transform_vector3(DVec3::NEG_Z), DVec3::Y);
    }

    #[test]
    fn transforms_multiply_down_the_hierarchy() {
        let document = document(
            r#"{"asset":{"version":"2.0"},"nodes":[
                {"children":[1],"translation":[10,20,-30]},
                {"mesh":0,"scale":[2,2,2]}]}"#,
        );
        let placed = place_meshes(&document, [1.0, 0.0, 0.0]).unwrap();
        assert_eq!(placed.len(), 1);
        assert_eq!(
            placed[0].tile_from_mesh.transform_point3(DVec3::ZERO),
            DVec3::new(11.0, 30.0, 20.0)
        );
        assert_eq!(
            placed[0].tile_from_mesh.transform_vector3(DVec3::Y),
            DVec3::new(0.0, 0.0, 2.0)
        );
    }

    #[test]
    fn cycles_and_shared_children_are_errors() {
        let cycle =
            r#"{"asset":{"version":"2.0"},"scenes":[{"nodes":[0]}],"nodes":[{"children":[1]},{"children":[0]}]}"#;
        assert!(place_meshes(&document(cycle), [0.0; 3]).is_err());
        let missing = r#"{"asset":{"version":"2.0"},"scenes":[{"nodes":[7]}]}"#;
        assert!(place_meshes(&document(missing), [0.0; 3]).is_err());
        let infinite =
            r#"{"asset":{"version":"2.0"},"nodes":[{"scale":[1e300,1,1],"children":[1]},{"scale":[1e300,1,1]}]}"#;
        assert!(place_meshes(&document(infinite), [0.0; 3]).is_err());
    }
}
