//! Small solids as surface meshes: slabs along a line, tapered shafts, a stadium bowl.

use super::geom::left;
use city_model::{Surface, SurfaceMesh, SurfaceSemantic};
use glam::{DVec2, DVec3};

fn face(mesh: &mut SurfaceMesh, corners: &[DVec3], semantic: SurfaceSemantic) {
    let first = mesh.vertices.len() as u32;
    mesh.vertices.extend_from_slice(corners);
    mesh.surfaces.push(Surface {
        rings: vec![(0..corners.len() as u32).map(|k| first + k).collect()],
        semantic,
        material: None,
        texture: None,
    });
}

/// Box from `a` to `b` in plan, `half_m` to each side of a line moved by `shift_m` to the left; bottom and top at each end.
pub(super) fn beam(
    mesh: &mut SurfaceMesh,
    a: DVec2,
    b: DVec2,
    shift_m: f64,
    half_m: f64,
    za: (f64, f64),
    zb: (f64, f64),
    top: SurfaceSemantic,
) {
    let n = left((b - a).normalize_or_zero());
    let (ar, al) = (a + n * (shift_m - half_m), a + n * (shift_m + half_m));
    let (br, bl) = (b + n * (shift_m - half_m), b + n * (shift_m + half_m));
    let (low, high) = (
        [ar.extend(za.0), br.extend(zb.0), bl.extend(zb.0), al.extend(za.0)],
        [ar.extend(za.1), br.extend(zb.1), bl.extend(zb.1), al.extend(za.1)],
    );
    face(mesh, &high, top);
    face(mesh, &[low[3], low[2], low[1], low[0]], SurfaceSemantic::Ground);
    for k in 0..4 {
        let m = (k + 1) % 4;
        face(mesh, &[low[k], low[m], high[m], high[k]], SurfaceSemantic::Wall);
    }
}

/// Deck with railings and piers between two banks; `z` is the top of the deck at each end, `bed` gives the ground.
pub(super) fn bridge(
    a: DVec2,
    b: DVec2,
    half_m: f64,
    z: (f64, f64),
    span_m: f64,
    bed: impl Fn(DVec2) -> f64,
) -> SurfaceMesh {
    let mut mesh = SurfaceMesh {
        is_solid: true,
        ..SurfaceMesh::default()
    };
    beam(
        &mut mesh,
        a,
        b,
        0.0,
        half_m,
        (z.0 - 1.3, z.0),
        (z.1 - 1.3, z.1),
        SurfaceSemantic::Traffic,
    );
    for side in [-1.0, 1.0] {
        beam(
            &mut mesh,
            a,
            b,
            side * (half_m - 0.15),
            0.15,
            (z.0, z.0 + 1.1),
            (z.1, z.1 + 1.1),
            SurfaceSemantic::Wall,
        );
    }
    let (length, unit) = ((b - a).length(), (b - a).normalize_or_zero());
    let spans = (length / span_m).round().max(1.0);
    for k in 1..spans as u32 {
        let t = f64::from(k) / spans;
        let p = a.lerp(b, t);
        let top = z.0 + (z.1 - z.0) * t - 1.3;
        let foot = bed(p) - 1.0;
        if top - foot > 1.5 {
            for shift in [-0.55, 0.55] {
                let (p0, p1) = (p - unit * 0.8, p + unit * 0.8);
                beam(
                    &mut mesh,
                    p0,
                    p1,
                    half_m * shift,
                    half_m * 0.28,
                    (foot, top),
                    (foot, top),
                    SurfaceSemantic::Wall,
                );
            }
        }
    }
    mesh
}

/// Tapered round shaft such as a chimney.
pub(super) fn shaft(center: DVec2, radius_m: f64, z: f64, height_m: f64) -> SurfaceMesh {
    const SIDES: usize = 14;
    let mut mesh = SurfaceMesh {
        is_solid: true,
        ..SurfaceMesh::default()
    };
    let at = |k: usize, r: f64, z: f64| {
        (center + DVec2::from_angle(std::f64::consts::TAU * (k % SIDES) as f64 / SIDES as f64) * r).extend(z)
    };
    let (top_r, top) = (radius_m * 0.58, z + height_m);
    for k in 0..SIDES {
        face(
            &mut mesh,
            &[
                at(k, radius_m, z - 0.5),
                at(k + 1, radius_m, z - 0.5),
                at(k + 1, top_r, top),
                at(k, top_r, top),
            ],
            SurfaceSemantic::Wall,
        );
    }
    let cap: Vec<DVec3> = (0..SIDES).map(|k| at(k, top_r, top)).collect();
    let foot: Vec<DVec3> = (0..SIDES).rev().map(|k| at(k, radius_m, z - 0.5)).collect();
    face(&mut mesh, &cap, SurfaceSemantic::Roof);
    face(&mut mesh, &foot, SurfaceSemantic::Ground);
    mesh
}

/// Stand between an outer and an inner ring of equally many corners, raked down to the field, under a canopy.
pub(super) fn bowl(outer: &[DVec2], inner: &[DVec2], z: f64, height_m: f64) -> SurfaceMesh {
    let mut mesh = SurfaceMesh {
        is_solid: false,
        ..SurfaceMesh::default()
    };
    let n = outer.len().min(inner.len());
    let mid: Vec<DVec2> = (0..n).map(|k| outer[k].lerp(inner[k], 0.55)).collect();
    for k in 0..n {
        let m = (k + 1) % n;
        let (o0, o1, i0, i1) = (outer[k], outer[m], inner[k], inner[m]);
        if (o1 - o0).length() < 0.01 {
            continue;
        }
        let top = z + height_m;
        face(
            &mut mesh,
            &[o0.extend(z - 0.5), o1.extend(z - 0.5), o1.extend(top), o0.extend(top)],
            SurfaceSemantic::Wall,
        );
        face(
            &mut mesh,
            &[o0.extend(top), o1.extend(top), i1.extend(z + 1.6), i0.extend(z + 1.6)],
            SurfaceSemantic::Traffic,
        );
        face(
            &mut mesh,
            &[
                i1.extend(z - 0.5),
                i0.extend(z - 0.5),
                i0.extend(z + 1.6),
                i1.extend(z + 1.6),
            ],
            SurfaceSemantic::Wall,
        );
        // canopy: two-sided sheet from the rim inwards
        let (rim, tip) = (top + 5.0, top + 7.5);
        let sheet = [o0.extend(rim), o1.extend(rim), mid[m].extend(tip), mid[k].extend(tip)];
        face(&mut mesh, &sheet, SurfaceSemantic::Roof);
        face(
            &mut mesh,
            &[sheet[3], sheet[2], sheet[1], sheet[0]],
            SurfaceSemantic::Overhang,
        );
        face(
            &mut mesh,
            &[o0.extend(top), o1.extend(top), o1.extend(rim), o0.extend(rim)],
            SurfaceSemantic::Wall,
        );
    }
    mesh
}
