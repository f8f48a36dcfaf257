//! WGSL of the viewer as text, Rust twins of its structs, and the numbers that both sides need.
//!
//! A pass is a list of WGSL parts glued in order; there is no preprocessor. The tests of this crate put every pass
//! through naga and compare the twins with the layout that naga computes.

pub mod bucket;
pub mod depth_grid;
pub mod facade;
pub mod noise;
pub mod overlay;
pub mod scene;

pub use bucket::Bucket;
pub use overlay::{OVERLAY_STRIDE_BYTES, OverlayView};
pub use scene::{FeatureRow, MAX_LAYER_CODES, Scene, look, state};

/// Source of the tile pass.
///
/// | entry points | for |
/// |---|---|
/// | `city_vertex`, `city_opaque`, `city_blended` | medium and high quality, everything blended |
/// | `textured_vertex`, `city_textured` | primitives with a texture |
/// | `city_mark` | what a scenario marks, after `city_vertex` in every quality |
/// | `edge_vertex`, `edge_fragment` | lines along the edges of near bodies; medium and high quality |
/// | `grid_vertex`, `grid_fragment` | the ground again in known depths, see [`depth_grid`] |
/// | `low_plain_vertex`, `low_plain`, the same of `wall`, `road`, `water`, `blended`, `low_wall_stated` where features have states, and `low_wall_night` | low quality |
/// | `low_far_wall_vertex` | walls whose windows are too small to see, before `low_plain` |
///
/// Constants: `bucket` (u32, a [`Bucket`]), `is_night` (bool), `has_shadows` (bool), `shadow_taps` (i32, taps a side),
/// `looks_drawn` (u32, a bit a [`look`]).
pub const CITY: &str = concat!(
    include_str!("../wgsl/scene.wgsl"),
    include_str!("../wgsl/air.wgsl"),
    include_str!("../wgsl/city_vertex.wgsl"),
    include_str!("../wgsl/facade.wgsl"),
    include_str!("../wgsl/ground.wgsl"),
    include_str!("../wgsl/city_fragment.wgsl"),
    include_str!("../wgsl/textured.wgsl"),
    include_str!("../wgsl/mark.wgsl"),
    include_str!("../wgsl/edges.wgsl"),
    include_str!("../wgsl/depth_grid.wgsl"),
    include_str!("../wgsl/low.wgsl"),
);

/// Source of the background: `sky_vertex`, `sky_fragment`, drawn with three vertices; in low quality `low_sky_vertex`,
/// `low_sky_fragment` with [`LOW_SKY_VERTICES`] over a target cleared to [`Scene::near_plain`].
pub const SKY: &str = concat!(
    include_str!("../wgsl/scene.wgsl"),
    include_str!("../wgsl/air.wgsl"),
    include_str!("../wgsl/sky.wgsl")
);

/// Source of the shadow map pass: `shadow_vertex`, depth only.
pub const SHADOW: &str = concat!(include_str!("../wgsl/scene.wgsl"), include_str!("../wgsl/shadow.wgsl"));

/// Source of the layers of simulations: `overlay_vertex`, `overlay_fragment`.
///
/// Constant: `is_surface` (bool, values are looked up at every pixel).
pub const OVERLAY: &str = concat!(include_str!("../wgsl/scene.wgsl"), include_str!("../wgsl/overlay.wgsl"));

/// Vertices of the background in low quality: two triangles a cell of its grid.
pub const LOW_SKY_VERTICES: u32 = 8 * 24 * 6;

/// Bodies further away than this show no edges, metres.
pub const EDGES_UNTIL_M: f64 = 1500.0;

/// Bytes of one vertex in the position buffer: three f32, metres relative to the tile's origin.
pub const POSITION_STRIDE_BYTES: u64 = 12;

/// Bytes of one vertex in the attribute buffer: five u32 (see `viewer_decode::VertexAttributes`).
pub const ATTRIBUTE_STRIDE_BYTES: u64 = 20;

/// Bytes of one tile in the instance buffer: tile origin relative to the eye, then the depth of a depth grid.
pub const INSTANCE_STRIDE_BYTES: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use naga::valid::{Capabilities, ValidationFlags, Validator};

    const CITY_ENTRIES: &[&str] = &[
        "city_vertex",
        "city_opaque",
        "city_blended",
        "city_mark",
        "edge_vertex",
        "edge_fragment",
        "grid_vertex",
        "grid_fragment",
        "textured_vertex",
        "city_textured",
        "low_plain_vertex",
        "low_plain",
        "low_wall_vertex",
        "low_wall",
        "low_wall_stated",
        "low_wall_night",
        "low_road_vertex",
        "low_road",
        "low_water_vertex",
        "low_water",
        "low_far_wall_vertex",
        "low_blended_vertex",
        "low_blended",
    ];

    fn module(source: &str) -> naga::Module {
        match naga::front::wgsl::parse_str(source) {
            Ok(module) => module,
            Err(err) => panic!("{}", err.emit_to_string(source)),
        }
    }

    #[test]
    fn every_pass_is_valid_wgsl_with_its_entry_points() {
        for (name, source, entries) in [
            ("city", CITY, CITY_ENTRIES),
            (
                "sky",
                SKY,
                &["sky_vertex", "sky_fragment", "low_sky_vertex", "low_sky_fragment"][..],
            ),
            ("shadow", SHADOW, &["shadow_vertex"]),
            ("overlay", OVERLAY, &["overlay_fragment", "overlay_vertex"]),
        ] {
            let module = module(source);
            let mut found: Vec<_> = module.entry_points.iter().map(|e| e.name.as_str()).collect();
            found.sort_unstable();
            let mut wanted = entries.to_vec();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{name}");
            if let Err(err) = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module) {
                panic!("{name}: {}", err.emit_to_string(source));
            }
        }
    }

    #[test]
    fn the_plain_has_the_same_colours_on_both_sides() {
        for (name, rgb) in [("PLAIN", scene::PLAIN), ("BELOW_GROUND", scene::BELOW_GROUND)] {
            let [r, g, b] = rgb;
            assert!(
                SKY.contains(&format!("const {name}: vec3<f32> = vec3({r:.3}, {g:.3}, {b:.3});")),
                "{name}"
            );
        }
        let grid = format!("{}u", LOW_SKY_VERTICES / 6 / 24);
        assert!(SKY.contains(&format!("const LOW_SKY_COLUMNS: u32 = {grid};")));
        assert!(SKY.contains("const LOW_SKY_ROWS: u32 = 24u;"));
    }

    /// Name, offset and size of the members of a WGSL struct, as naga lays it out.
    fn members(source: &str, name: &str) -> (Vec<(String, usize)>, usize) {
        let module = module(source);
        let found = module
            .types
            .iter()
            .find(|(_, t)| t.name.as_deref() == Some(name))
            .expect("struct in the source");
        let naga::TypeInner::Struct { members, span } = &found.1.inner else {
            panic!("{name} is no struct")
        };
        (
            members
                .iter()
                .map(|m| (m.name.clone().unwrap_or_default(), m.offset as usize))
                .collect(),
            *span as usize,
        )
    }

    macro_rules! twin {
        ($name:literal, $type:ty, $($field:ident),+ $(,)?) => {
            twin!(CITY, $name, $type, $($field),+);
        };
        ($source:expr, $name:literal, $type:ty, $($field:ident),+ $(,)?) => {
            let (found, span) = members($source, $name);
            let twin = vec![$((stringify!($field).to_owned(), std::mem::offset_of!($type, $field))),+];
            assert_eq!(found, twin);
            assert_eq!(span, size_of::<$type>());
        };
    }

    #[test]
    fn structs_have_the_layout_of_their_twins() {
        twin!(
            "Scene",
            Scene,
            clip_from_rel,
            shadow_from_rel,
            ray_right,
            ray_up,
            ray_forward,
            eye,
            sun,
            sun_color,
            sky_ambient,
            ground_ambient,
            zenith,
            horizon,
            fog,
            grid,
            layer_mask,
            looks,
            sides,
            maps,
            lit,
            marks,
            facades,
        );
        twin!("FeatureRow", FeatureRow, state, tints);
        twin!(
            OVERLAY,
            "OverlayView",
            OverlayView,
            origin_from_eye,
            numbers,
            limit,
            size,
            bounds,
            colors
        );
    }

    #[test]
    fn buckets_have_the_same_numbers_on_both_sides() {
        for (name, bucket) in [
            ("WALL", Bucket::Wall),
            ("ROAD", Bucket::Road),
            ("GROUND", Bucket::Ground),
            ("WATER", Bucket::Water),
            ("PIPE", Bucket::Pipe),
            ("BLENDED", Bucket::Blended),
        ] {
            assert!(
                CITY.contains(&format!("const BUCKET_{name}: u32 = {}u;", bucket as u32)),
                "{name}"
            );
        }
    }

    #[test]
    fn lengths_are_the_same_on_both_sides() {
        for (name, length_m) in [
            ("EDGES_UNTIL_M", EDGES_UNTIL_M),
            ("GRID_CELL_M", depth_grid::CELL_M),
            ("GRID_CELLS", depth_grid::PERIOD_M / depth_grid::CELL_M),
        ] {
            assert!(CITY.contains(&format!("const {name}: f32 = {length_m:.1};")), "{name}");
        }
    }

    #[test]
    fn the_layer_of_zones_has_the_same_code_on_both_sides() {
        let zones = city_model::layers::LAYERS
            .iter()
            .find(|layer| layer.id == "projects/zone");
        let code = zones.expect("zones have a layer").code;
        assert!(CITY.contains(&format!("const LAYER_ZONE: u32 = {code}u;")));
    }

    #[test]
    fn state_bits_are_the_same_on_both_sides() {
        for (name, bit) in [
            ("STATE_HIDDEN", state::HIDDEN),
            ("STATE_SELECTED", state::SELECTED),
            ("STATE_RELATED", state::RELATED),
            ("STATE_HOVERED", state::HOVERED),
            ("STATE_GHOST", state::GHOST),
            ("STATE_LIT", state::LIT),
            ("LOOK_PLAIN", look::PLAIN),
            ("LOOK_HIDDEN", look::HIDDEN),
            ("LOOK_CHANGED", look::CHANGED),
            ("LOOK_REMOVED", look::REMOVED),
            ("LOOK_ADDED", look::ADDED),
            ("LOOK_ABANDONED", look::ABANDONED),
            ("LOOK_KEPT", look::KEPT),
            ("LOOK_GHOST", look::GHOST),
        ] {
            assert!(CITY.contains(&format!("const {name}: u32 = {bit}u;")), "{name}");
        }
    }
}
