//! Geometry of a feature per level of detail. Coordinates are f64 metres, z up.

use crate::Bounds3;
use glam::{DMat4, DVec2, DVec3};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// What a surface of a solid is (CityGML semantics, simplified).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SurfaceSemantic {
    /// Not stated; the tiler tells walls from roofs by the normal.
    Unknown,
    /// Outer wall.
    Wall,
    /// Roof.
    Roof,
    /// Bottom.
    Ground,
    /// Overhang, outer ceiling or outer floor.
    Overhang,
    /// Window.
    Window,
    /// Door.
    Door,
    /// Water surface.
    Water,
    /// Road, rail or pavement surface.
    Traffic,
    /// Inside face.
    Interior,
}

/// Texture coordinates of one surface: `[ring][vertex]`, v downwards as in glTF.
pub type TextureCoords = Vec<Vec<[f32; 2]>>;

/// One planar polygon of a [`SurfaceMesh`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    /// Rings of vertex indices, outer first, not closed (first vertex is not repeated), CCW seen from outside.
    pub rings: Vec<Vec<u32>>,
    /// What it is.
    pub semantic: SurfaceSemantic,
    /// Index into [`SurfaceMesh::materials`].
    pub material: Option<u16>,
    /// Index into [`SurfaceMesh::textures`] and the coordinates.
    pub texture: Option<(u16, TextureCoords)>,
}

/// Flat colour of a surface.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// sRGB red, green, blue, and opacity; each 0–1.
    pub rgba: [f32; 4],
}

/// An image used as a texture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Texture {
    /// Path or address as the source gives it.
    pub uri: String,
    /// Encoded JPEG or PNG bytes, where the reader found them.
    pub bytes: Option<Arc<Vec<u8>>>,
}

/// Polygons over shared vertices: a solid, a multi-surface, a TIN or a tessellated BIM element.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SurfaceMesh {
    /// Vertices, metres.
    pub vertices: Vec<DVec3>,
    /// Polygons.
    pub surfaces: Vec<Surface>,
    /// Colours used by the surfaces.
    pub materials: Vec<Material>,
    /// Images used by the surfaces.
    pub textures: Vec<Texture>,
    /// True when the source says that the polygons close a volume.
    pub is_solid: bool,
}

impl SurfaceMesh {
    /// Surfaces that the body stands on: those marked as ground, else those of a solid that face down; `None` when there
    /// are none, or more than `max_faces` of the latter (a tessellated element has hundreds of small ones, and its hull
    /// says more).
    pub fn footing(&self, max_faces: usize) -> Option<Vec<&Surface>> {
        let of = |is_wanted: &dyn Fn(&Surface) -> bool| -> Vec<&Surface> {
            self.surfaces.iter().filter(|s| is_wanted(s)).collect()
        };
        let ground = of(&|s| s.semantic == SurfaceSemantic::Ground);
        if !ground.is_empty() {
            return Some(ground);
        }
        let down = of(&|s| self.is_solid && s.rings.first().is_some_and(|ring| self.normal_of(ring).z < -0.9));
        (1..=max_faces).contains(&down.len()).then_some(down)
    }

    /// Unit normal of a ring (Newell); zero when it has no area.
    fn normal_of(&self, ring: &[u32]) -> DVec3 {
        let at = |v: &u32| self.vertices.get(*v as usize).copied().unwrap_or_default();
        let origin = ring.first().map(at).unwrap_or_default();
        ring.windows(2)
            .map(|pair| (at(&pair[0]) - origin).cross(at(&pair[1]) - origin))
            .sum::<DVec3>()
            .normalize_or_zero()
    }
}

/// Form of the roof on an extrusion; the tiler builds the detail for near levels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum RoofForm {
    /// Flat with a parapet of this height in metres (0 for none).
    Flat {
        /// Parapet above the roof plane, metres.
        parapet_m: f32,
    },
    /// Two slopes along the longer axis of the footprint.
    Gable {
        /// Ridge above the eaves, metres.
        rise_m: f32,
    },
    /// Four slopes.
    Hip {
        /// Ridge above the eaves, metres.
        rise_m: f32,
    },
    /// Factory sawtooth.
    Sawtooth {
        /// Tooth height, metres.
        rise_m: f32,
        /// Length of one tooth, metres.
        pitch_m: f32,
    },
}

/// A footprint raised to a height: LoD1 of buildings, and more with its roof form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extrusion {
    /// Polygon rings, outer first (CCW), holes after (CW), not closed, metres.
    pub rings: Vec<Vec<DVec2>>,
    /// Height of the bottom; `None`: stands on the terrain.
    pub base_z_m: Option<f64>,
    /// Eaves above the bottom, metres, > 0.
    pub height_m: f64,
    /// Roof.
    pub roof: RoofForm,
    /// Boxes on the roof: stair heads, tanks, plant rooms as (centre offset from the footprint's centroid in metres,
    /// size x, y, z in metres, rotation about z in radians).
    pub roof_boxes: Vec<RoofBox>,
}

/// A box standing on a roof.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RoofBox {
    /// Centre in plan, metres, in the frame of the rings.
    pub center: DVec2,
    /// Half size in plan and full height, metres.
    pub half_x_m: f32,
    /// Half size across, metres.
    pub half_y_m: f32,
    /// Height, metres.
    pub height_m: f32,
    /// Rotation about z, radians CCW.
    pub rotation_rad: f32,
}

/// A polygon in plan, laid on the terrain (roads, water, green, zones, projects).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Footprint {
    /// Polygons; each with rings, outer first (CCW), holes after (CW), not closed, metres.
    pub polygons: Vec<Vec<Vec<DVec2>>>,
    /// Fixed height of a level surface such as a lake; `None`: follows the terrain.
    pub level_z_m: Option<f64>,
}

/// Section of a line across its run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum CrossSection {
    /// Circular tube.
    Circle {
        /// Diameter, metres.
        diameter_m: f64,
    },
    /// Rectangular duct or trench.
    Rect {
        /// Width, metres.
        width_m: f64,
        /// Height, metres.
        height_m: f64,
    },
    /// Flat strip on the terrain: road, path, track.
    Strip {
        /// Width, metres.
        width_m: f64,
    },
    /// No section known; drawn with a nominal size and marked so.
    Unknown,
}

/// Which point of the section the vertices give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LevelReference {
    /// Middle of the section.
    Axis,
    /// Top outside (pressure pipes, CJJ 61).
    Top,
    /// Inside bottom (gravity drains, CJJ 61).
    InsideBottom,
    /// z is not given: follow the terrain, minus the depth in metres.
    BelowTerrain,
}

/// A polyline with a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Vertices, metres; with [`LevelReference::BelowTerrain`] z is minus the depth to the axis.
    pub points: Vec<DVec3>,
    /// Section.
    pub section: CrossSection,
    /// What z means.
    pub reference: LevelReference,
}

/// What a point stands for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum PointKind {
    /// Round shaft from the cover down to the bottom.
    Manhole {
        /// Inner diameter, metres.
        diameter_m: f64,
        /// Depth below the cover, metres.
        depth_m: f64,
    },
    /// Rectangular chamber or gully.
    Chamber {
        /// Plan width, metres.
        width_m: f64,
        /// Plan length, metres.
        length_m: f64,
        /// Depth below the cover, metres.
        depth_m: f64,
    },
    /// Valve, hydrant or fitting on a pipe at z.
    Fitting {
        /// Size of the symbol body, metres.
        size_m: f64,
    },
    /// Tree with crown.
    Tree {
        /// Total height, metres.
        height_m: f64,
        /// Crown diameter, metres.
        crown_m: f64,
        /// 0 broad-leaved, 1 conifer, 2 columnar.
        form: u8,
    },
    /// Street lamp or other post.
    Post {
        /// Height, metres.
        height_m: f64,
    },
    /// Marker without a body.
    Mark,
}

/// A point thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointShape {
    /// Position, metres; z is the cover or foot.
    pub position: DVec3,
    /// True when z is to be taken from the terrain.
    pub on_terrain: bool,
    /// Body.
    pub kind: PointKind,
    /// Rotation about z, radians CCW.
    pub rotation_rad: f32,
}

/// One shape of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// Polygons: solids, multi-surfaces, TINs, BIM elements.
    Surfaces(SurfaceMesh),
    /// Footprint with height.
    Extrusion(Extrusion),
    /// Polygon on the terrain.
    Footprint(Footprint),
    /// Polyline with a section.
    Line(Line),
    /// Point thing.
    Point(PointShape),
    /// A template mesh placed by a matrix (`scene_from_template`); shared in memory between instances.
    Instance {
        /// The mesh in template coordinates.
        template: Arc<SurfaceMesh>,
        /// Placement, column-major.
        scene_from_template: DMat4,
    },
}

/// A shape at a CityGML level of detail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LodShape {
    /// CityGML LoD times ten: 10 for LoD 1, 22 for LoD 2.2.
    pub lod_citygml_x10: u8,
    /// The shape.
    pub shape: Shape,
}

/// Every shape of a feature; several shapes of the same level form one body.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LodGeometry {
    /// Shapes by ascending level.
    pub shapes: Vec<LodShape>,
}

impl LodGeometry {
    /// One shape at one level.
    pub fn single(lod_citygml_x10: u8, shape: Shape) -> Self {
        Self {
            shapes: vec![LodShape { lod_citygml_x10, shape }],
        }
    }

    /// True when there is nothing to draw.
    pub const fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Shapes of the highest level present.
    pub fn finest(&self) -> impl Iterator<Item = &Shape> {
        let best = self.shapes.iter().map(|s| s.lod_citygml_x10).max();
        self.shapes
            .iter()
            .filter(move |s| Some(s.lod_citygml_x10) == best)
            .map(|s| &s.shape)
    }

    /// Bounds over all shapes. Shapes that stand on the terrain contribute z = 0 up to their height.
    pub fn bounds(&self) -> Bounds3 {
        self.shapes
            .iter()
            .fold(Bounds3::EMPTY, |b, s| b.union(s.shape.bounds()))
    }

    /// Applies `f` to every coordinate in place, for a change of CRS. Plan-only coordinates pass z = 0.
    ///
    /// # Errors
    /// The first error of `f`; the geometry is then half-changed and must be dropped.
    pub fn try_map_coordinates<E>(&mut self, mut f: impl FnMut(DVec3) -> Result<DVec3, E>) -> Result<(), E> {
        for shape in &mut self.shapes {
            shape.shape.try_map_coordinates(&mut f)?;
        }
        Ok(())
    }
}

impl Shape {
    /// Polygons of surfaces and of placed templates, in the scene; `None` for other shapes.
    pub fn mesh(&self) -> Option<Cow<'_, SurfaceMesh>> {
        match self {
            Self::Surfaces(mesh) => Some(Cow::Borrowed(mesh)),
            Self::Instance {
                template,
                scene_from_template,
            } => {
                let mut mesh = SurfaceMesh::clone(template);
                for vertex in &mut mesh.vertices {
                    *vertex = scene_from_template.transform_point3(*vertex);
                }
                Some(Cow::Owned(mesh))
            }
            Self::Extrusion(_) | Self::Footprint(_) | Self::Line(_) | Self::Point(_) => None,
        }
    }

    /// Bounds of the shape, metres, body sizes included.
    pub fn bounds(&self) -> Bounds3 {
        match self {
            Self::Surfaces(mesh) => Bounds3::from_points(mesh.vertices.iter().copied()),
            Self::Extrusion(e) => {
                let base = e.base_z_m.unwrap_or(0.0);
                let mut bounds = Bounds3::from_points(e.rings.iter().flatten().map(|p| p.extend(base)));
                if !bounds.is_empty() {
                    let boxes = e.roof_boxes.iter().map(|b| f64::from(b.height_m)).fold(0.0, f64::max);
                    bounds.max.z = base + e.height_m + e.roof.rise_m().max(boxes);
                }
                bounds
            }
            Self::Footprint(f) => {
                let z = f.level_z_m.unwrap_or(0.0);
                Bounds3::from_points(f.polygons.iter().flatten().flatten().map(|p| p.extend(z)))
            }
            Self::Line(line) => {
                let mut bounds = Bounds3::from_points(line.points.iter().copied());
                if !bounds.is_empty() {
                    let reach = line.section.extent_m();
                    bounds.min -= reach;
                    bounds.max += reach;
                }
                bounds
            }
            Self::Point(p) => {
                let mut bounds = Bounds3::from_points([p.position]);
                if !bounds.is_empty() {
                    let (half, down, up) = match p.kind {
                        PointKind::Manhole { diameter_m, depth_m } => (diameter_m / 2.0, depth_m, 0.1),
                        PointKind::Chamber {
                            width_m,
                            length_m,
                            depth_m,
                        } => (width_m.max(length_m) / 2.0, depth_m, 0.1),
                        PointKind::Fitting { size_m } => (size_m, size_m, size_m),
                        PointKind::Tree { height_m, crown_m, .. } => (crown_m / 2.0, 0.0, height_m),
                        PointKind::Post { height_m } => (0.3, 0.0, height_m),
                        PointKind::Mark => (0.5, 0.5, 0.5),
                    };
                    bounds.min -= DVec3::new(half, half, down);
                    bounds.max += DVec3::new(half, half, up);
                }
                bounds
            }
            Self::Instance {
                template,
                scene_from_template,
            } => Bounds3::from_points(
                template
                    .vertices
                    .iter()
                    .map(|v| scene_from_template.transform_point3(*v)),
            ),
        }
    }

    /// See [`LodGeometry::try_map_coordinates`]. Instances become plain surfaces, since a change of CRS is not rigid.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map_coordinates<E>(&mut self, f: &mut impl FnMut(DVec3) -> Result<DVec3, E>) -> Result<(), E> {
        match self {
            Self::Surfaces(mesh) => {
                for v in &mut mesh.vertices {
                    *v = f(*v)?;
                }
            }
            Self::Extrusion(e) => {
                let base = e.base_z_m.unwrap_or(0.0);
                for p in e.rings.iter_mut().flatten() {
                    *p = f(p.extend(base))?.truncate();
                }
                for b in &mut e.roof_boxes {
                    b.center = f(b.center.extend(base))?.truncate();
                }
            }
            Self::Footprint(fp) => {
                for p in fp.polygons.iter_mut().flatten().flatten() {
                    *p = f(p.extend(fp.level_z_m.unwrap_or(0.0)))?.truncate();
                }
            }
            Self::Line(line) => {
                for p in &mut line.points {
                    *p = f(*p)?;
                }
            }
            Self::Point(p) => p.position = f(p.position)?,
            Self::Instance {
                template,
                scene_from_template,
            } => {
                let mut mesh = SurfaceMesh::clone(template);
                for v in &mut mesh.vertices {
                    *v = f(scene_from_template.transform_point3(*v))?;
                }
                *self = Self::Surfaces(mesh);
            }
        }
        Ok(())
    }
}

impl CrossSection {
    /// Greatest half size of the section, metres.
    pub const fn extent_m(&self) -> f64 {
        match *self {
            Self::Circle { diameter_m } => diameter_m / 2.0,
            Self::Rect { width_m, height_m } => width_m.max(height_m) / 2.0,
            Self::Strip { width_m } => width_m / 2.0,
            Self::Unknown => 0.05,
        }
    }
}

impl RoofForm {
    /// Height of the roof above the eaves, metres.
    pub fn rise_m(&self) -> f64 {
        f64::from(match *self {
            Self::Flat { parapet_m } => parapet_m,
            Self::Gable { rise_m } | Self::Hip { rise_m } | Self::Sawtooth { rise_m, .. } => rise_m,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_the_body_not_only_the_axis() {
        let line = Shape::Line(Line {
            points: vec![DVec3::ZERO, DVec3::new(10.0, 0.0, 0.0)],
            section: CrossSection::Circle { diameter_m: 1.0 },
            reference: LevelReference::Axis,
        });
        let bounds = line.bounds();
        assert_eq!((bounds.min.z, bounds.max.z), (-0.5, 0.5));
    }

    #[test]
    fn geometry_survives_the_wire() {
        let geometry = LodGeometry::single(
            10,
            Shape::Extrusion(Extrusion {
                rings: vec![vec![DVec2::ZERO, DVec2::X, DVec2::ONE]],
                base_z_m: None,
                height_m: 3.0,
                roof: RoofForm::Flat { parapet_m: 0.6 },
                roof_boxes: vec![],
            }),
        );
        let bytes = postcard::to_stdvec(&geometry).unwrap();
        assert_eq!(postcard::from_bytes::<LodGeometry>(&bytes).unwrap(), geometry);
    }
}
