//! A layer as an overlay for the viewer: meshes in the tile frame, values as 16-bit steps of the range, colours by class.

use super::canvas::Courses;
use analysis::outcome::{Layer, Look, Shape};
use city_model::overlay::{
    MAX_CLASSES, MAX_SIDE, NO_VALUE, Overlay, OverlayClass, OverlayError, OverlayHeader, OverlayKind, OverlayLook,
    Vertex,
};
use city_model::{CrsError, SceneFrame};
use glam::{DVec2, DVec3};

/// Texels across a table of values that belong to no grid.
const TABLE_WIDTH: u32 = 4096;
/// Quads of a surface along its longer side: enough to follow the ground, few enough for a software renderer.
const MAX_QUADS: u32 = 160;
/// Largest raster of areas, cells a side.
const MAX_AREA_CELLS: f64 = 1024.0;
/// What lies on a surface is drawn so far above it, metres.
const LIFT_M: f64 = 0.25;
/// Stored numbers of the range; one more stands for "no value".
const STEPS: f32 = 65_534.0;

/// Why a layer cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("layer {key:?}: {values} values for {steps} steps of {count}")]
    Count {
        key: String,
        values: usize,
        steps: usize,
        count: usize,
    },
    #[error("layer {key:?}: {color:?} is no colour of the form #rrggbb")]
    Color { key: String, color: String },
    #[error("layer {key:?}: {found} classes, more than {MAX_CLASSES}")]
    Classes { key: String, found: usize },
    #[error("layer {key:?}: {source}")]
    Overlay { key: String, source: OverlayError },
    #[error(transparent)]
    Crs(#[from] CrsError),
}

/// Height of the ground at a place of the scene, metres; `None` where it is not known.
pub(super) type Ground<'a> = &'a dyn Fn(DVec2) -> Option<f64>;

/// The mesh of a layer while it is built, and where its values lie.
struct Mesh {
    kind: OverlayKind,
    is_smooth: bool,
    size: [u32; 2],
    origin: DVec3,
    vertices: Vec<Vertex>,
    indices: Vec<u32>,
    features: Vec<u32>,
}

/// Builds the overlay of a layer.
///
/// * `frame` — of the scene: layers are in the scene CRS, overlays in the tile frame
/// * `ground_m` — height of the ground at a place of the scene, for layers that have none of their own
/// * `courses` — of the features of the layer that are lines
///
/// # Errors
/// [`WireError`] when numbers do not fit together.
pub(super) fn overlay(
    layer: &Layer,
    frame: &SceneFrame,
    ground_m: Ground<'_>,
    courses: &Courses,
) -> Result<Overlay, WireError> {
    let key = || layer.key.clone();
    let (steps, count) = (layer.times_s.len(), layer.shape.len());
    if layer.values.len() != steps * count || steps == 0 {
        return Err(WireError::Count {
            key: key(),
            values: layer.values.len(),
            steps,
            count,
        });
    }
    if layer.legend.classes.len() > MAX_CLASSES {
        return Err(WireError::Classes {
            key: key(),
            found: layer.legend.classes.len(),
        });
    }
    let classes = layer.legend.classes.iter().map(|class| {
        let rgba = rgba(&class.color).ok_or_else(|| WireError::Color {
            key: key(),
            color: class.color.clone(),
        })?;
        Ok(OverlayClass {
            from: class.from as f32,
            rgba,
        })
    });
    let classes: Vec<OverlayClass> = classes.collect::<Result<_, WireError>>()?;
    let mut rastered = Vec::new();
    let (mesh, values) = match &layer.shape {
        Shape::Grid {
            origin,
            cell_m,
            columns,
            rows,
            heights,
        } => {
            let grid = GridShape {
                origin: DVec2::from(*origin),
                cell_m: *cell_m,
                size: [*columns, *rows],
                heights,
                ground_m,
            };
            let first = classes.first().map_or(f32::NEG_INFINITY, |class| class.from);
            let is_seen = |cell: usize| (0..steps).any(|step| layer.values[step * count + cell] >= first);
            let is_smooth = layer.look == Look::Water;
            (grid.mesh(frame, is_smooth, &is_seen)?, &layer.values)
        }
        Shape::Features { indices, .. } => {
            let mut mesh = Mesh::table(OverlayKind::Features, count, DVec3::ZERO);
            mesh.features.clone_from(indices);
            mesh.add_courses(frame, indices, courses)?;
            (mesh, &layer.values)
        }
        Shape::Patches {
            centers,
            normals,
            sizes,
            ..
        } => (patches(frame, centers, normals, sizes)?, &layer.values),
        Shape::Lines { vertices, starts } => (lines(frame, vertices, starts)?, &layer.values),
        Shape::Areas { polygons } => {
            let raster = Raster::around(polygons);
            for step in 0..steps {
                rastered.extend(raster.fill(polygons, &layer.values[step * count..(step + 1) * count]));
            }
            let cells = (raster.size[0] * raster.size[1]) as usize;
            let is_seen = |cell: usize| (0..steps).any(|step| rastered[step * cells + cell].is_finite());
            let grid = GridShape {
                origin: raster.origin,
                cell_m: raster.cell_m,
                size: raster.size,
                heights: &[],
                ground_m,
            };
            (grid.mesh(frame, false, &is_seen)?, &rastered)
        }
    };
    if mesh.size.iter().any(|side| *side > MAX_SIDE) {
        let [width, height] = mesh.size;
        return Err(WireError::Overlay {
            key: key(),
            source: OverlayError::TooLarge { width, height },
        });
    }
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let low = finite().reduce(f32::min).unwrap_or_default();
    let high = finite().reduce(f32::max).unwrap_or_default();
    let scale = ((high - low) / STEPS).max(f32::MIN_POSITIVE);
    let stored = |value: f32| {
        if value.is_finite() {
            ((value - low) / scale).round().clamp(0.0, STEPS) as u16
        } else {
            NO_VALUE
        }
    };
    let per_step = values.len() / steps;
    let table = mesh.size[0] as usize * mesh.size[1] as usize;
    let mut numbers = Vec::with_capacity(table * steps);
    for step in values.chunks(per_step.max(1)) {
        numbers.extend(step.iter().map(|value| stored(*value)));
        numbers.resize(numbers.len().next_multiple_of(table.max(1)), NO_VALUE);
    }
    numbers.resize(table * steps, NO_VALUE);
    let limit = layer.legend.limit.as_ref().map(|limit| limit.value as f32);
    Ok(Overlay {
        header: OverlayHeader {
            kind: mesh.kind,
            look: match layer.look {
                Look::Ramp => OverlayLook::Ramp,
                Look::Water => OverlayLook::Water,
                Look::Flow => OverlayLook::Flow,
                Look::Xray => OverlayLook::Xray,
            },
            is_smooth: mesh.is_smooth,
            // pipes lie below the ground
            is_through: mesh.kind == OverlayKind::Features || matches!(layer.look, Look::Flow | Look::Xray),
            origin_enu: mesh.origin.to_array(),
            size: mesh.size,
            times_s: layer.times_s.clone(),
            left_out: 0,
            offset: low,
            scale,
            classes,
            limit: limit.map(|limit| [limit, layer.error.unwrap_or_default() as f32]),
            counts: [mesh.vertices.len(), mesh.indices.len(), mesh.features.len()].map(|n| n as u32),
        },
        vertices: mesh.vertices,
        indices: mesh.indices,
        features: mesh.features,
        values: numbers,
    })
}

/// `#rrggbb` as opaque bytes.
fn rgba(text: &str) -> Option<[u8; 4]> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue, u8::MAX])
}

impl Mesh {
    fn table(kind: OverlayKind, count: usize, origin: DVec3) -> Self {
        let width = (count as u32).clamp(1, TABLE_WIDTH);
        Self {
            kind,
            is_smooth: false,
            size: [width, (count as u32).div_ceil(width).max(1)],
            origin,
            vertices: vec![],
            indices: vec![],
            features: vec![],
        }
    }

    /// Adds a corner that shows a value of the table.
    fn corner(&mut self, enu: DVec3, value: usize) -> u32 {
        let at = self.texel(value);
        self.push(enu, at)
    }

    /// Middle of the texel that holds a value.
    fn texel(&self, value: usize) -> [f32; 2] {
        let (column, row) = (value as u32 % self.size[0], value as u32 / self.size[0]);
        [column as f32 + 0.5, row as f32 + 0.5]
    }

    fn push(&mut self, enu: DVec3, at: [f32; 2]) -> u32 {
        let position = (enu - self.origin).as_vec3().to_array();
        self.vertices.push(Vertex {
            position,
            at,
            ..Vertex::default()
        });
        self.vertices.len() as u32 - 1
    }

    /// Adds a line: two vertices a point, which the viewer pushes apart.
    ///
    /// * `value_of` — place of the value of a point
    fn line(&mut self, points_enu: &[DVec3], value_of: impl Fn(usize) -> usize) {
        let mut along_m = 0.0;
        for (at, point) in points_enu.iter().enumerate() {
            let (before, after) = (points_enu.get(at.wrapping_sub(1)), points_enu.get(at + 1));
            let of = |from: Option<&DVec3>, to: Option<&DVec3>| match (from, to) {
                (Some(from), Some(to)) => (*to - *from).normalize_or_zero(),
                _ => DVec3::ZERO,
            };
            along_m += before.map_or(0.0, |before| before.distance(*point));
            // at a bend halfway between both directions, so that neighbours share their edge
            let direction = (of(before, Some(point)) + of(Some(point), after)).normalize_or(DVec3::X);
            let texel = self.texel(value_of(at));
            for along in [-direction, direction] {
                let index = self.push(*point, texel) as usize;
                self.vertices[index].along_m = along_m as f32;
                self.vertices[index].along = along.as_vec3().to_array();
            }
            if before.is_some() {
                let last = self.vertices.len() as u32;
                self.quad([last - 4, last - 2, last - 1, last - 3]);
            }
        }
    }

    /// Adds the courses of features that are lines.
    fn add_courses(&mut self, frame: &SceneFrame, indices: &[u32], courses: &Courses) -> Result<(), WireError> {
        let of = |(at, index): (usize, &u32)| courses.get(index).map(|lines| (at, lines));
        for (at, lines) in indices.iter().enumerate().filter_map(of) {
            for line in lines {
                let points: Vec<DVec3> = line
                    .iter()
                    .map(|point| Ok(frame.enu_from_scene(*point)?.0))
                    .collect::<Result<_, WireError>>()?;
                if self.vertices.is_empty() {
                    self.origin = points.first().copied().unwrap_or_default();
                }
                self.line(&points, |_| at);
            }
        }
        Ok(())
    }

    fn quad(&mut self, [a, b, c, d]: [u32; 4]) {
        self.indices.extend([a, b, c, a, c, d]);
    }
}

/// A grid on the ground.
struct GridShape<'a> {
    origin: DVec2,
    cell_m: f64,
    size: [u32; 2],
    /// Heights of the cells; empty: on the ground.
    heights: &'a [f32],
    ground_m: Ground<'a>,
}

impl GridShape<'_> {
    /// Corners are shared; quads in which nothing is ever seen are left out.
    fn mesh(&self, frame: &SceneFrame, is_smooth: bool, is_seen: &dyn Fn(usize) -> bool) -> Result<Mesh, WireError> {
        let [columns, rows] = self.size;
        let stride = columns.max(rows).div_ceil(MAX_QUADS).max(1);
        let quads = self.size.map(|cells| cells.div_ceil(stride));
        let mut mesh = Mesh {
            kind: OverlayKind::Surface,
            is_smooth,
            size: self.size,
            origin: self.enu(frame, [columns / 2, rows / 2], stride)?,
            vertices: vec![],
            indices: vec![],
            features: vec![],
        };
        let mut seen = vec![false; (quads[0] * quads[1]) as usize];
        for cell in 0..columns as usize * rows as usize {
            let quad = (cell as u32 / columns / stride) * quads[0] + cell as u32 % columns / stride;
            if !seen[quad as usize] && is_seen(cell) {
                seen[quad as usize] = true;
            }
        }
        let mut corners = vec![u32::MAX; ((quads[0] + 1) * (quads[1] + 1)) as usize];
        for (quad, _) in (0_u32..).zip(&seen).filter(|(_, seen)| **seen) {
            let (x, y) = (quad % quads[0], quad / quads[0]);
            let mut indices = [0; 4];
            for (index, [dx, dy]) in indices.iter_mut().zip([[0, 0], [1, 0], [1, 1], [0, 1]]) {
                let slot = ((y + dy) * (quads[0] + 1) + x + dx) as usize;
                if corners[slot] == u32::MAX {
                    let at = [((x + dx) * stride).min(columns), ((y + dy) * stride).min(rows)];
                    corners[slot] = mesh.push(self.enu(frame, at, stride)?, at.map(|v| v as f32));
                }
                *index = corners[slot];
            }
            mesh.quad(indices);
        }
        Ok(mesh)
    }

    /// A corner of the grid on the ground: on the highest of what is around it, since a surface below the ground would not
    /// be seen.
    ///
    /// * `stride` — cells to the next corner
    fn enu(&self, frame: &SceneFrame, [x, y]: [u32; 2], stride: u32) -> Result<DVec3, WireError> {
        let plan = self.origin + DVec2::new(f64::from(x), f64::from(y)) * self.cell_m;
        let z = if self.heights.is_empty() {
            let half = f64::from(stride) * self.cell_m * 0.5;
            let around = [[0.0, 0.0], [-half, 0.0], [half, 0.0], [0.0, -half], [0.0, half]];
            let heights = around
                .into_iter()
                .filter_map(|by| (self.ground_m)(plan + DVec2::from(by)));
            heights.reduce(f64::max)
        } else {
            let [columns, rows] = self.size;
            let cells = [[0, 0], [1, 0], [0, 1], [1, 1]].into_iter().filter_map(|[dx, dy]| {
                let (column, row) = (x.checked_sub(dx)?, y.checked_sub(dy)?);
                let is_inside = column < columns && row < rows;
                let cell = is_inside.then_some(row as usize * columns as usize + column as usize)?;
                self.heights.get(cell).copied().filter(|h| h.is_finite())
            });
            cells.reduce(f32::max).map(f64::from)
        };
        Ok(frame.enu_from_scene(plan.extend(z.unwrap_or_default() + LIFT_M))?.0)
    }
}

fn patches(
    frame: &SceneFrame,
    centers: &[[f64; 3]],
    normals: &[[f32; 3]],
    sizes: &[[f32; 2]],
) -> Result<Mesh, WireError> {
    let first = centers.first().map_or(DVec3::ZERO, |c| DVec3::from(*c));
    let mut mesh = Mesh::table(OverlayKind::Vertices, centers.len(), frame.enu_from_scene(first)?.0);
    for (at, ((center, normal), size)) in centers.iter().zip(normals).zip(sizes).enumerate() {
        let normal = glam::Vec3::from(*normal).as_dvec3().normalize_or(DVec3::Z);
        let across = DVec3::Z.cross(normal).normalize_or(DVec3::X);
        let up = normal.cross(across);
        let [half_x, half_y] = size.map(|side| f64::from(side) * 0.5);
        let middle = DVec3::from(*center) + normal * LIFT_M;
        let mut corners = [0; 4];
        for (corner, [x, y]) in corners
            .iter_mut()
            .zip([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        {
            let scene = middle + across * (x * half_x) + up * (y * half_y);
            *corner = mesh.corner(frame.enu_from_scene(scene)?.0, at);
        }
        mesh.quad(corners);
    }
    Ok(mesh)
}

fn lines(frame: &SceneFrame, vertices: &[[f64; 3]], starts: &[u32]) -> Result<Mesh, WireError> {
    let first = vertices.first().map_or(DVec3::ZERO, |v| DVec3::from(*v));
    let mut mesh = Mesh::table(OverlayKind::Vertices, vertices.len(), frame.enu_from_scene(first)?.0);
    for (line, start) in starts.iter().enumerate() {
        let start = *start as usize;
        let end = starts.get(line + 1).map_or(vertices.len(), |end| *end as usize);
        let points = vertices.get(start..end).unwrap_or_default().iter();
        let points: Vec<DVec3> = points
            .map(|point| Ok(frame.enu_from_scene(DVec3::from(*point) + DVec3::Z * LIFT_M)?.0))
            .collect::<Result<_, WireError>>()?;
        mesh.line(&points, |at| start + at);
    }
    Ok(mesh)
}

/// Cells laid over polygons.
struct Raster {
    origin: DVec2,
    cell_m: f64,
    size: [u32; 2],
}

impl Raster {
    fn around(polygons: &[Vec<Vec<[f64; 2]>>]) -> Self {
        let points = || {
            polygons
                .iter()
                .flatten()
                .flatten()
                .map(|p| DVec2::from(*p))
                .filter(|p| p.is_finite())
        };
        let (min, max) = (points().reduce(DVec2::min), points().reduce(DVec2::max));
        let (min, max) = min.zip(max).unwrap_or_default();
        let extent = max - min;
        let cell_m = (extent.max_element() / MAX_AREA_CELLS).max(1.0);
        Self {
            origin: min,
            cell_m,
            size: [extent.x, extent.y].map(|side| (side / cell_m).ceil().max(1.0) as u32),
        }
    }

    /// Value of the last polygon that holds the middle of each cell; NaN outside of all.
    fn fill(&self, polygons: &[Vec<Vec<[f64; 2]>>], values: &[f32]) -> Vec<f32> {
        let [columns, rows] = self.size.map(|side| side as usize);
        let mut cells = vec![f32::NAN; columns * rows];
        for (rings, value) in polygons.iter().zip(values) {
            for row in 0..rows {
                let y = self.origin.y + (row as f64 + 0.5) * self.cell_m;
                // where the row enters and leaves: the even-odd rule takes care of holes
                let mut crossings: Vec<f64> = rings
                    .iter()
                    .flat_map(|ring| (0..ring.len()).map(move |i| (ring[i], ring[(i + 1) % ring.len()])))
                    .filter(|(a, b)| (a[1] > y) != (b[1] > y))
                    .map(|(a, b)| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
                    .collect();
                crossings.sort_unstable_by(f64::total_cmp);
                for pair in crossings.as_chunks::<2>().0 {
                    let column = |x: f64| {
                        ((x - self.origin.x) / self.cell_m - 0.5)
                            .ceil()
                            .clamp(0.0, columns as f64) as usize
                    };
                    let (from, to) = (column(pair[0]), column(pair[1]));
                    cells[row * columns + from..row * columns + to.max(from)].fill(*value);
                }
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::indicators::Text;
    use analysis::outcome::{Class, Legend};
    use city_model::Crs;

    #[test]
    fn areas_lie_on_the_ground() {
        let at = [500_000.0, 3_850_000.0];
        let ring = [[0.0, 0.0], [300.0, 0.0], [300.0, 300.0], [0.0, 300.0]].map(|p| [p[0] + at[0], p[1] + at[1]]);
        let layer = Layer {
            key: "circles".into(),
            title: Text::new("生活圈", "Circles"),
            unit: "min".into(),
            legend: Legend {
                classes: vec![Class {
                    from: 5.0,
                    color: "#112233".into(),
                    title: None,
                }],
                limit: None,
            },
            times_s: vec![0.0],
            shape: Shape::Areas {
                polygons: vec![vec![ring.to_vec()]],
            },
            values: vec![5.0],
            error: None,
            look: Look::Ramp,
        };
        let frame = SceneFrame::new(Crs::from_epsg(4547).unwrap(), DVec3::new(at[0], at[1], 0.0), 0.0).unwrap();
        // a slope of one in ten to the east
        let ground_m = |p: DVec2| Some(90.0 + (p.x - at[0]) * 0.1);
        let overlay = overlay(&layer, &frame, &ground_m, &Courses::new()).unwrap();
        assert!(overlay.vertices.len() > 100 && !overlay.indices.is_empty());
        for vertex in &overlay.vertices {
            let [x, _, z] = [0, 1, 2].map(|k| overlay.header.origin_enu[k] + f64::from(vertex.position[k]));
            let above = z - (90.0 + x * 0.1);
            assert!((0.2..1.0).contains(&above), "{above} m above the ground at {x} m");
        }
    }
}
