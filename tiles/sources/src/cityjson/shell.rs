//! Whether the polygons of a shell close a volume, and which way they face.

use city_model::Surface;
use glam::DVec3;

/// What a shell is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ShellState {
    /// Every edge is run once each way; the signed volume in m³ is positive when the faces look outward.
    Closed {
        /// Signed volume, m³.
        volume_m3: f64,
    },
    /// Every edge is shared, but neighbours face opposite ways.
    Inconsistent,
    /// Some edges belong to one polygon only.
    Open,
}

/// Looks at the edges of `surfaces` (vertex indices into `vertices`). `scratch` keeps its allocation between calls.
pub(crate) fn shell_state(surfaces: &[Surface], vertices: &[DVec3], scratch: &mut Vec<u64>) -> ShellState {
    let state = edge_state(surfaces, scratch, |i| i);
    if state == EdgeState::Open {
        // the same corner may be stored twice: compare by place before calling it open
        let same = weld(vertices);
        let welded = edge_state(surfaces, scratch, |i| same.get(i as usize).copied().unwrap_or(i));
        return finish(welded, surfaces, vertices);
    }
    finish(state, surfaces, vertices)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EdgeState {
    Closed,
    Inconsistent,
    Open,
}

fn finish(state: EdgeState, surfaces: &[Surface], vertices: &[DVec3]) -> ShellState {
    match state {
        EdgeState::Closed => ShellState::Closed {
            volume_m3: signed_volume_m3(surfaces, vertices),
        },
        EdgeState::Inconsistent => ShellState::Inconsistent,
        EdgeState::Open => ShellState::Open,
    }
}

fn edge_state(surfaces: &[Surface], scratch: &mut Vec<u64>, same: impl Fn(u32) -> u32) -> EdgeState {
    scratch.clear();
    for ring in surfaces.iter().flat_map(|s| &s.rings) {
        let Some(last) = ring.last() else { continue };
        let mut previous = same(*last);
        for index in ring {
            let index = same(*index);
            if index != previous {
                let (low, high) = (previous.min(index), previous.max(index));
                scratch.push(u64::from(low) << 32 | u64::from(high) << 1 | u64::from(previous > index));
            }
            previous = index;
        }
    }
    scratch.sort_unstable();
    let mut state = EdgeState::Closed;
    for edge in scratch.chunk_by(|a, b| a >> 1 == b >> 1) {
        let num_back = edge.iter().filter(|e| **e & 1 == 1).count();
        if edge.len() % 2 == 1 {
            return EdgeState::Open;
        }
        if num_back * 2 != edge.len() {
            state = EdgeState::Inconsistent;
        }
    }
    if scratch.is_empty() { EdgeState::Open } else { state }
}

fn weld(vertices: &[DVec3]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(vertices.len()).unwrap_or(u32::MAX)).collect();
    let key = |i: u32| {
        vertices
            .get(i as usize)
            .map_or([0; 3], |v| v.to_array().map(f64::to_bits))
    };
    order.sort_unstable_by_key(|i| (key(*i), *i));
    let mut same: Vec<u32> = (0..order.len() as u32).collect();
    for group in order.chunk_by(|a, b| key(*a) == key(*b)) {
        let first = group.first().copied().unwrap_or(0);
        for index in group {
            if let Some(slot) = same.get_mut(*index as usize) {
                *slot = first;
            }
        }
    }
    same
}

/// Volume enclosed by the polygons, m³, positive when they face outward; holes count by their own direction.
///
/// # Source
/// Divergence theorem over the fan of each ring, about the first vertex to keep digits.
pub(crate) fn signed_volume_m3(surfaces: &[Surface], vertices: &[DVec3]) -> f64 {
    let at = |i: u32| vertices.get(i as usize).copied();
    let Some(origin) = surfaces
        .first()
        .and_then(|s| s.rings.first()?.first().copied())
        .and_then(at)
    else {
        return 0.0;
    };
    let mut volume = 0.0;
    for ring in surfaces.iter().flat_map(|s| &s.rings) {
        let mut points = ring.iter().filter_map(|i| at(*i)).map(|p| p - origin);
        let (Some(first), Some(mut previous)) = (points.next(), points.next()) else {
            continue;
        };
        for point in points {
            volume += first.dot(previous.cross(point));
            previous = point;
        }
    }
    volume / 6.0
}

/// Turns every polygon round.
pub(crate) fn flip(surfaces: &mut [Surface]) {
    for surface in surfaces {
        surface.rings.iter_mut().for_each(|ring| ring.reverse());
        if let Some((_, coords)) = &mut surface.texture {
            coords.iter_mut().for_each(|ring| ring.reverse());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::SurfaceSemantic;

    fn surface(ring: &[u32]) -> Surface {
        Surface {
            rings: vec![ring.to_vec()],
            semantic: SurfaceSemantic::Unknown,
            material: None,
            texture: None,
        }
    }

    fn cube() -> (Vec<Surface>, Vec<DVec3>) {
        let vertices = (0..8)
            .map(|i| DVec3::new(f64::from(i & 1), f64::from(i >> 1 & 1), f64::from(i >> 2)) * 2.0 + 1e6)
            .collect();
        let faces: [&[u32]; 6] = [
            &[0, 2, 3, 1],
            &[4, 5, 7, 6],
            &[0, 1, 5, 4],
            &[1, 3, 7, 5],
            &[3, 2, 6, 7],
            &[2, 0, 4, 6],
        ];
        (faces.iter().map(|f| surface(f)).collect(), vertices)
    }

    #[test]
    fn a_cube_is_closed_and_has_its_volume() {
        let (mut surfaces, vertices) = cube();
        let volume = |s: &[Surface]| match shell_state(s, &vertices, &mut Vec::new()) {
            ShellState::Closed { volume_m3 } => volume_m3,
            other => panic!("{other:?}"),
        };
        assert!((volume(&surfaces) - 8.0).abs() < 1e-9);
        flip(&mut surfaces);
        assert!((volume(&surfaces) + 8.0).abs() < 1e-9);
    }

    #[test]
    fn holes_and_turned_faces_are_told_apart() {
        let (mut surfaces, vertices) = cube();
        flip(&mut surfaces[..1]);
        assert_eq!(
            shell_state(&surfaces, &vertices, &mut Vec::new()),
            ShellState::Inconsistent
        );
        surfaces.remove(0);
        assert_eq!(shell_state(&surfaces, &vertices, &mut Vec::new()), ShellState::Open);
    }

    #[test]
    fn corners_stored_twice_still_close() {
        let (surfaces, vertices) = cube();
        let mut apart = Vec::new();
        let split: Vec<Surface> = surfaces
            .iter()
            .map(|s| {
                let start = apart.len() as u32;
                apart.extend(s.rings[0].iter().map(|i| vertices[*i as usize]));
                surface(&(start..start + 4).collect::<Vec<_>>())
            })
            .collect();
        assert!(
            matches!(shell_state(&split, &apart, &mut Vec::new()), ShellState::Closed { volume_m3 } if (volume_m3 - 8.0).abs() < 1e-9)
        );
    }
}
