//! WGSL of the viewer as text, Rust twins of its structs, and the numbers that both sides need.
//!
//! A pass is a list of WGSL parts glued in order; there is no preprocessor. The tests of this crate put every pass
//! through naga and compare the twins with the layout that naga computes.

pub mod bucket;
pub mod facade;
pub mod noise;
pub mod scene;

pub use bucket::Bucket;
pub use scene::{FeatureRow, MAX_LAYER_CODES, Scene, state};

/// Source of the tile pass.
///
/// | entry points | for |
/// |---|---|
/// | `city_vertex`, `city_opaque`, `city_blended` | medium and high quality, everything blended |
/// | `textured_vertex`, `city_textured` | primitives with a texture |
/// | `low_vertex`, `low_plain`, `low_wall`, `low_road`, `low_water` | low quality |
///
/// Constants: `bucket` (u32, a [`Bucket`]), `is_night` (bool), `has_shadows` (bool), `shadow_taps` (i32, taps a side).
pub const CITY: &str = concat!(
    include_str!("../wgsl/scene.wgsl"),
    include_str!("../wgsl/air.wgsl"),
    include_str!("../wgsl/city_vertex.wgsl"),
    include_str!("../wgsl/facade.wgsl"),
    include_str!("../wgsl/ground.wgsl"),
    include_str!("../wgsl/city_fragment.wgsl"),
    include_str!("../wgsl/textured.wgsl"),
    include_str!("../wgsl/low.wgsl"),
);

/// Source of the background: `sky_vertex`, `sky_fragment`; draw three vertices.
pub const SKY: &str = concat!(
    include_str!("../wgsl/scene.wgsl"),
    include_str!("../wgsl/air.wgsl"),
    include_str!("../wgsl/sky.wgsl")
);

/// Source of the shadow map pass: `shadow_vertex`, depth only.
pub const SHADOW: &str = concat!(include_str!("../wgsl/scene.wgsl"), include_str!("../wgsl/shadow.wgsl"));

/// Bytes of one vertex in the position buffer: three f32, metres relative to the tile's origin.
pub const POSITION_STRIDE_BYTES: u64 = 12;

/// Bytes of one vertex in the attribute buffer: five u32 (see `viewer_decode::VertexAttributes`).
pub const ATTRIBUTE_STRIDE_BYTES: u64 = 20;

/// Bytes of one tile in the instance buffer: tile origin relative to the eye, then padding.
pub const INSTANCE_STRIDE_BYTES: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use naga::valid::{Capabilities, ValidationFlags, Validator};

    const CITY_ENTRIES: &[&str] = &[
        "city_vertex",
        "city_opaque",
        "city_blended",
        "textured_vertex",
        "city_textured",
        "low_vertex",
        "low_plain",
        "low_wall",
        "low_road",
        "low_water",
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
            ("sky", SKY, &["sky_vertex", "sky_fragment"][..]),
            ("shadow", SHADOW, &["shadow_vertex"]),
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
            let (found, span) = members(CITY, $name);
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
            layer_mask,
            facades,
        );
        twin!("FeatureRow", FeatureRow, state, tint);
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
    fn state_bits_are_the_same_on_both_sides() {
        for (name, bit) in [
            ("STATE_HIDDEN", state::HIDDEN),
            ("STATE_SELECTED", state::SELECTED),
            ("STATE_RELATED", state::RELATED),
            ("STATE_HOVERED", state::HOVERED),
        ] {
            assert!(CITY.contains(&format!("const {name}: u32 = {bit}u;")), "{name}");
        }
    }
}
