//! Boundaries of surfaces and solids → [`SurfaceMesh`], with semantics, materials and textures.

use super::appearance::{Appearance, Images};
use super::classes::semantic_of;
use super::nested::{BAD, NULL, Path};
use super::raw::{Geometry, ThemeValues};
use super::shell::{self, ShellState};
use city_model::{Surface, SurfaceMesh, SurfaceSemantic, Texture};
use glam::DVec3;
use std::collections::BTreeMap;

/// Plan coordinates beyond this are no place on Earth in any projected CRS, metres.
const MAX_PLAN_M: f64 = 1e9;
/// Heights beyond this are no height of a city, metres.
const MAX_HEIGHT_M: f64 = 1e5;
/// Least area of a polygon, m².
const MIN_AREA_M2: f64 = 1e-8;

/// Troubles of one geometry, by code: how many, and one example.
pub(crate) type Troubles = BTreeMap<&'static str, (usize, String)>;

/// Counts a trouble.
pub(crate) fn complain(troubles: &mut Troubles, code: &'static str, example: impl FnOnce() -> String) {
    troubles
        .entry(code)
        .and_modify(|(count, _)| *count += 1)
        .or_insert_with(|| (1, example()));
}

/// What the polygons refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pools<'a> {
    /// Vertices in the CRS of the file (or of the template).
    pub(crate) vertices: &'a [DVec3],
    /// Materials and textures.
    pub(crate) appearance: &'a Appearance,
    /// Images beside the file.
    pub(crate) images: &'a Images,
}

/// Memory reused from geometry to geometry.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Local index + 1 of a global vertex; 0: not yet met.
    local_of: Vec<u32>,
    touched: Vec<u32>,
    edges: Vec<u64>,
}

/// Nesting of rings in the boundaries of a geometry type.
pub(crate) fn ring_depth(kind: &str) -> Option<usize> {
    match kind {
        "MultiSurface" | "CompositeSurface" => Some(3),
        "Solid" => Some(4),
        "MultiSolid" | "CompositeSolid" => Some(5),
        _ => None,
    }
}

/// True for a coordinate that can be a place in a city.
pub(crate) fn is_plausible(p: DVec3) -> bool {
    p.is_finite() && p.x.abs() < MAX_PLAN_M && p.y.abs() < MAX_PLAN_M && p.z.abs() < MAX_HEIGHT_M
}

/// Builds the mesh of a surface or solid geometry; polygons that cannot be drawn are left out and counted.
pub(crate) fn build(
    geometry: &Geometry<'_>,
    pools: Pools<'_>,
    scratch: &mut Scratch,
    troubles: &mut Troubles,
) -> Option<SurfaceMesh> {
    let depth = ring_depth(&geometry.kind)?;
    let (lists, is_regular) = geometry.boundaries.lists(depth);
    if !is_regular {
        complain(troubles, "cityjson/boundary-nesting", || {
            format!("the boundaries of a {} must be nested {depth} deep", geometry.kind)
        });
    }
    if scratch.local_of.len() < pools.vertices.len() {
        scratch.local_of.resize(pools.vertices.len(), 0);
    }
    let mut builder = Builder {
        pools,
        scratch,
        mesh: SurfaceMesh {
            is_solid: depth > 3,
            ..SurfaceMesh::default()
        },
        material_slots: BTreeMap::new(),
        texture_slots: BTreeMap::new(),
    };
    let semantics = geometry.semantics.as_ref();
    let mut semantic_values = Cursor::new(semantics.map(|s| s.values.values(depth - 2)).unwrap_or_default());
    let material = pick_theme(&geometry.material, pools.appearance.default_material_theme.as_deref());
    let mut material_values = Cursor::new(material.map(|m| m.values.values(depth - 2)).unwrap_or_default());
    let texture = pick_theme(&geometry.texture, pools.appearance.default_texture_theme.as_deref());
    let texture_lists = texture.map(|t| t.values.lists(depth).0).unwrap_or_default();
    let mut texture_at = 0;

    let mut shell_start = 0;
    let mut shell = None;
    let mut is_whole = is_regular;
    let mut rest = lists.as_slice();
    while let Some(first) = rest.first() {
        let [solid, shell_number, surface_number, _] = first.path;
        let len = rest.iter().take_while(|l| l.path[..3] == first.path[..3]).count();
        let (rings, next) = rest.split_at(len);
        rest = next;
        if shell != Some([solid, shell_number]) {
            is_whole &= builder.close_shell(shell, shell_start, depth, troubles);
            shell = Some([solid, shell_number]);
            shell_start = builder.mesh.surfaces.len();
        }
        let path = [solid, shell_number, surface_number, 0];
        let semantic = semantic_values
            .at(path)
            .and_then(|v| semantics?.surfaces.get(v as usize))
            .map(|s| semantic_of(&s.kind));
        let semantic = match semantic {
            None if shell_number > 0 => SurfaceSemantic::Interior,
            other => other.unwrap_or(SurfaceSemantic::Unknown),
        };
        while texture_lists.get(texture_at).is_some_and(|l| l.path < path) {
            texture_at += 1;
        }
        let uv_lists: Vec<&[u32]> = texture_lists
            .get(texture_at..)
            .unwrap_or_default()
            .iter()
            .take_while(|l| l.path[..3] == path[..3])
            .map(|l| texture.map_or(&[][..], |t| t.values.slice(&l.range)))
            .collect();
        let material_index = material_values.at(path).or_else(|| material.and_then(|m| m.value));
        let ring_lists = rings.iter().map(|l| geometry.boundaries.slice(&l.range));
        is_whole &= builder.add_surface(ring_lists, semantic, material_index, &uv_lists, troubles);
    }
    is_whole &= builder.close_shell(shell, shell_start, depth, troubles);
    builder.finish(is_whole)
}

/// Theme to draw: the file's default where the geometry has it, else the first one.
fn pick_theme<'a>(themes: &'a [(String, ThemeValues)], default: Option<&str>) -> Option<&'a ThemeValues> {
    themes
        .iter()
        .find(|(name, _)| Some(name.as_str()) == default)
        .or_else(|| themes.first())
        .map(|(_, values)| values)
}

/// Values in the order of their surfaces.
struct Cursor {
    values: Vec<(Path, u32)>,
    at: usize,
}

impl Cursor {
    const fn new(values: Vec<(Path, u32)>) -> Self {
        Self { values, at: 0 }
    }

    /// Value of a surface; paths are asked for in ascending order.
    fn at(&mut self, path: Path) -> Option<u32> {
        while self.values.get(self.at).is_some_and(|(p, _)| *p < path) {
            self.at += 1;
        }
        self.values
            .get(self.at)
            .filter(|(p, v)| *p == path && *v != NULL && *v != BAD)
            .map(|(_, v)| *v)
    }
}

struct Builder<'a, 's> {
    pools: Pools<'a>,
    scratch: &'s mut Scratch,
    mesh: SurfaceMesh,
    material_slots: BTreeMap<u32, Option<u16>>,
    texture_slots: BTreeMap<u32, Option<u16>>,
}

impl<'r> Builder<'_, '_> {
    /// Adds one polygon; false when it, or a hole of it, had to be left out.
    fn add_surface(
        &mut self,
        rings: impl Iterator<Item = &'r [u32]>,
        semantic: SurfaceSemantic,
        material: Option<u32>,
        uv_lists: &[&[u32]],
        troubles: &mut Troubles,
    ) -> bool {
        let mut is_whole = true;
        let mut kept: Vec<Vec<u32>> = Vec::new();
        let mut kept_uv: Vec<Vec<[f32; 2]>> = Vec::new();
        let mut texture = None;
        for (number, raw) in rings.enumerate() {
            if let Err((code, message)) = self.check_ring(raw) {
                complain(troubles, code, || message);
                is_whole = false;
                if number == 0 {
                    return false;
                }
                continue;
            }
            let uv = uv_lists
                .get(number)
                .and_then(|list| self.texture_ring(list, raw.len(), troubles));
            let (ring, ring_uv) = clean_ring(raw, uv.as_ref().map(|(_, coords)| coords.as_slice()));
            if ring.len() < 3 || self.area_m2(&ring) < MIN_AREA_M2 {
                complain(troubles, "cityjson/degenerate-ring", || {
                    format!("a ring of {} vertices has no area", raw.len())
                });
                is_whole = false;
                if number == 0 {
                    return false;
                }
                continue;
            }
            if number == 0 {
                texture = uv.as_ref().map(|(image, _)| *image);
            }
            kept_uv.push(ring_uv);
            kept.push(ring);
        }
        let Some(outer) = kept.first() else { return false };
        let is_textured = kept.len() == kept_uv.iter().filter(|uv| !uv.is_empty()).count() && !outer.is_empty();
        let texture = texture
            .filter(|_| is_textured)
            .and_then(|image| self.texture_slot(image, troubles));
        let material = material.and_then(|index| self.material_slot(index, troubles));
        let rings = kept
            .iter()
            .map(|ring| ring.iter().map(|i| self.local(*i)).collect())
            .collect();
        self.mesh.surfaces.push(Surface {
            rings,
            semantic,
            material,
            texture: texture.map(|slot| (slot, kept_uv)),
        });
        is_whole
    }

    fn check_ring(&self, raw: &[u32]) -> Result<(), (&'static str, String)> {
        for index in raw {
            match self.pools.vertices.get(*index as usize) {
                None if *index >= BAD => {
                    return Err((
                        "cityjson/bad-index",
                        "a vertex index is no whole number of at least 0".to_owned(),
                    ));
                }
                None => {
                    let count = self.pools.vertices.len();
                    return Err((
                        "cityjson/vertex-out-of-range",
                        format!("vertex index {index} is beyond the {count} vertices"),
                    ));
                }
                Some(v) if !is_plausible(*v) => {
                    return Err((
                        "cityjson/bad-coordinate",
                        format!("vertex {index} at ({:e}, {:e}, {:e}) is no place", v.x, v.y, v.z),
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Twice-checked area by Newell's normal, m².
    fn area_m2(&self, ring: &[u32]) -> f64 {
        let at = |i: &u32| self.pools.vertices.get(*i as usize).copied().unwrap_or(DVec3::ZERO);
        let Some(origin) = ring.first().map(at) else { return 0.0 };
        let mut previous = ring.last().map_or(DVec3::ZERO, |i| at(i) - origin);
        let mut normal = DVec3::ZERO;
        for index in ring {
            let point = at(index) - origin;
            normal += previous.cross(point);
            previous = point;
        }
        normal.length() / 2.0
    }

    /// Texture index and coordinates of one ring, v turned downwards.
    fn texture_ring(&self, list: &[u32], num_vertices: usize, troubles: &mut Troubles) -> Option<(u32, Vec<[f32; 2]>)> {
        let (image, indices) = list.split_first()?;
        if *image == NULL {
            return None;
        }
        let pool = &self.pools.appearance.vertices_texture;
        let coords: Option<Vec<[f32; 2]>> = indices
            .iter()
            .map(|i| pool.get(*i as usize).map(|[u, v]| [*u, 1.0 - v]))
            .collect();
        let coords = coords.filter(|c| c.len() == num_vertices && c.iter().flatten().all(|x| x.is_finite()));
        if coords.is_none() {
            complain(troubles, "cityjson/texture-coordinates", || {
                format!(
                    "a ring of {num_vertices} vertices has {} texture coordinates, or one is out of range",
                    indices.len()
                )
            });
        }
        Some((*image, coords?))
    }

    fn local(&mut self, global: u32) -> u32 {
        let Some(slot) = self.scratch.local_of.get_mut(global as usize) else {
            return 0;
        };
        if *slot == 0 {
            self.mesh
                .vertices
                .push(self.pools.vertices.get(global as usize).copied().unwrap_or(DVec3::ZERO));
            // the cast is safe: there are fewer local vertices than global ones, whose index is u32
            *slot = self.mesh.vertices.len() as u32;
            self.scratch.touched.push(global);
        }
        *slot - 1
    }

    fn material_slot(&mut self, index: u32, troubles: &mut Troubles) -> Option<u16> {
        if let Some(slot) = self.material_slots.get(&index) {
            return *slot;
        }
        let raw = self.pools.appearance.materials.get(index as usize);
        if raw.is_none() {
            complain(troubles, "cityjson/material-out-of-range", || {
                format!("there is no material {index}")
            });
        }
        let slot = raw.and_then(super::appearance::RawMaterial::color).and_then(|color| {
            let slot = u16::try_from(self.mesh.materials.len()).ok()?;
            self.mesh.materials.push(color);
            Some(slot)
        });
        self.material_slots.insert(index, slot);
        slot
    }

    fn texture_slot(&mut self, index: u32, troubles: &mut Troubles) -> Option<u16> {
        if let Some(slot) = self.texture_slots.get(&index) {
            return *slot;
        }
        let slot = match self.pools.appearance.textures.get(index as usize) {
            None => {
                complain(troubles, "cityjson/texture-out-of-range", || {
                    format!("there is no texture {index}")
                });
                None
            }
            Some(raw) => {
                let (image, is_first) = self.pools.images.get(&raw.image);
                if let (Err(err), true) = (&image, is_first) {
                    complain(troubles, "cityjson/image", || err.to_string());
                }
                let slot = u16::try_from(self.mesh.textures.len()).ok();
                if slot.is_some() {
                    self.mesh.textures.push(Texture {
                        uri: raw.image.clone(),
                        bytes: image.ok(),
                    });
                }
                slot
            }
        };
        self.texture_slots.insert(index, slot);
        slot
    }

    /// Judges the shell that ends here; false when it is not closed.
    fn close_shell(&mut self, shell: Option<[u32; 2]>, start: usize, depth: usize, troubles: &mut Troubles) -> bool {
        let Some([_, shell_number]) = shell.filter(|_| depth > 3) else {
            return true;
        };
        let surfaces = self.mesh.surfaces.get_mut(start..).unwrap_or_default();
        if surfaces.is_empty() {
            return false;
        }
        match shell::shell_state(surfaces, &self.mesh.vertices, &mut self.scratch.edges) {
            ShellState::Closed { volume_m3 } => {
                if volume_m3 < 0.0 && shell_number == 0 {
                    complain(troubles, "cityjson/inside-out-shell", || {
                        "the faces of an outer shell looked inward and were turned".to_owned()
                    });
                    shell::flip(surfaces);
                }
                true
            }
            ShellState::Inconsistent => {
                complain(troubles, "cityjson/inconsistent-shell", || {
                    "neighbouring faces of a shell look opposite ways".to_owned()
                });
                false
            }
            ShellState::Open => {
                complain(troubles, "cityjson/unclosed-shell", || {
                    "the faces of a shell do not close a volume".to_owned()
                });
                false
            }
        }
    }

    fn finish(mut self, is_whole: bool) -> Option<SurfaceMesh> {
        for global in self.scratch.touched.drain(..) {
            if let Some(slot) = self.scratch.local_of.get_mut(global as usize) {
                *slot = 0;
            }
        }
        self.mesh.is_solid &= is_whole;
        Some(self.mesh).filter(|mesh| !mesh.surfaces.is_empty())
    }
}

/// Drops repeated neighbours and the repeated first vertex, with their texture coordinates.
fn clean_ring(raw: &[u32], uv: Option<&[[f32; 2]]>) -> (Vec<u32>, Vec<[f32; 2]>) {
    let mut ring: Vec<u32> = Vec::with_capacity(raw.len());
    let mut coords = Vec::with_capacity(uv.map_or(0, <[_]>::len));
    for (i, index) in raw.iter().enumerate() {
        if ring.last() == Some(index) || (i + 1 == raw.len() && ring.len() > 1 && ring.first() == Some(index)) {
            continue;
        }
        ring.push(*index);
        coords.extend(uv.and_then(|uv| uv.get(i)));
    }
    (ring, coords)
}
