//! Colours of context buildings: muted, by use, with a small jitter per feature. Saturation belongs to information.

use city_model::{Attributes, BuildingUse, Date, Feature, attributes};

/// How one building is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) wall: [u8; 3],
    pub(super) roof: [u8; 3],
    pub(super) building_use: BuildingUse,
    pub(super) storey_height_dm: u8,
    /// Years since 1900, 0 unknown.
    pub(super) age_code: u8,
}

const CONCRETE_ROOFS: &[[u8; 3]] = &[[146, 143, 139], [138, 137, 136], [154, 150, 144], [130, 130, 131]];
const TILE_ROOFS: &[[u8; 3]] = &[[158, 104, 86], [148, 98, 84], [120, 104, 96], [104, 104, 108]];
const GREY_TILES: &[[u8; 3]] = &[[98, 99, 102], [106, 105, 104], [90, 92, 96]];
const METAL_ROOFS: &[[u8; 3]] = &[[120, 138, 156], [140, 148, 154], [152, 150, 146], [128, 116, 110]];

/// Walls and roofs of a use.
const fn swatches(building_use: BuildingUse) -> (&'static [[u8; 3]], &'static [[u8; 3]]) {
    match building_use {
        BuildingUse::Unknown => (
            &[[209, 201, 189], [203, 197, 188], [198, 188, 174], [212, 207, 199]],
            CONCRETE_ROOFS,
        ),
        BuildingUse::Slab => (
            &[
                [214, 204, 186],
                [205, 203, 198],
                [206, 188, 174],
                [214, 200, 170],
                [190, 186, 178],
            ],
            CONCRETE_ROOFS,
        ),
        BuildingUse::Tower => (
            &[[216, 210, 200], [198, 192, 182], [186, 172, 160], [208, 198, 180]],
            CONCRETE_ROOFS,
        ),
        BuildingUse::Village => (
            &[
                [200, 192, 180],
                [188, 170, 152],
                [176, 162, 148],
                [160, 124, 106],
                [206, 204, 200],
            ],
            CONCRETE_ROOFS,
        ),
        BuildingUse::Office => (
            &[[142, 164, 182], [158, 174, 186], [186, 190, 192], [150, 158, 164]],
            CONCRETE_ROOFS,
        ),
        BuildingUse::Retail => (&[[205, 195, 182], [190, 182, 176], [176, 178, 180]], CONCRETE_ROOFS),
        BuildingUse::Industrial => (&[[182, 184, 184], [192, 188, 178], [168, 174, 180]], METAL_ROOFS),
        BuildingUse::School => (&[[204, 172, 152], [220, 212, 196], [196, 160, 144]], CONCRETE_ROOFS),
        BuildingUse::Hospital => (&[[222, 222, 218], [212, 216, 216]], CONCRETE_ROOFS),
        BuildingUse::Heritage => (&[[150, 126, 110], [138, 120, 106], [166, 150, 134]], GREY_TILES),
        BuildingUse::Public => (&[[204, 200, 192], [190, 186, 180]], CONCRETE_ROOFS),
        BuildingUse::Warehouse => (&[[182, 184, 186], [172, 170, 166]], METAL_ROOFS),
        BuildingUse::House => (
            &[[206, 194, 178], [158, 120, 102], [170, 136, 116], [214, 208, 198]],
            TILE_ROOFS,
        ),
        BuildingUse::Utility => (&[[188, 188, 186], [172, 170, 168]], CONCRETE_ROOFS),
    }
}

/// Well-mixed bits of a feature number (splitmix64).
pub(super) const fn hash(index: u32) -> u64 {
    let mut z = (index as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Value and hue jitter: brightness ± 5 %, warmth ± 2 %.
fn jitter(color: [u8; 3], bits: u64) -> [u8; 3] {
    let value = 1.0 + ((bits & 0xff) as f32 / 255.0 - 0.5) * 0.10;
    let warmth = ((bits >> 8 & 0xff) as f32 / 255.0 - 0.5) * 0.04;
    let channel = |c: u8, gain: f32| (f32::from(c) * value * gain).round().clamp(0.0, 255.0) as u8;
    [
        channel(color[0], 1.0 + warmth),
        channel(color[1], 1.0),
        channel(color[2], 1.0 - warmth),
    ]
}

/// Look of a building from its attributes.
///
/// * `height_m` — eaves above the foot, metres
pub(super) fn look(feature: &Feature, height_m: f64, has_pitched_roof: bool) -> Look {
    let values: &Attributes = &feature.attributes;
    let storeys = attributes::first_number(values, attributes::STOREYS_KEYS).filter(|s| *s >= 1.0);
    let text = attributes::first_text(values, attributes::USE_KEYS).unwrap_or_default();
    let mut building_use = BuildingUse::guess(&text, storeys.or(Some(height_m / 3.0)));
    if building_use == BuildingUse::Unknown && has_pitched_roof {
        building_use = BuildingUse::House;
    }
    let usual_m = match building_use {
        BuildingUse::Industrial | BuildingUse::Warehouse => 6.0,
        BuildingUse::Office | BuildingUse::Retail | BuildingUse::Hospital | BuildingUse::Public => 4.0,
        BuildingUse::School => 3.6,
        _ => 3.0,
    };
    let storey_m = match storeys {
        Some(storeys) => (height_m / storeys).clamp(2.4, 12.0),
        // whole storeys, so that the top row of windows is not cut
        None => (height_m / (height_m / usual_m).round().max(1.0)).clamp(2.4, 12.0),
    };
    let year = attributes::first_number(values, attributes::YEAR_KEYS)
        .or_else(|| feature.lifespan.from.map(Date::year).map(f64::from))
        .filter(|year| (1500.0..2200.0).contains(year));
    let bits = hash(feature.index.0);
    let (walls, roofs) = swatches(building_use);
    let roofs = if has_pitched_roof
        && matches!(
            building_use,
            BuildingUse::Unknown | BuildingUse::Slab | BuildingUse::Village
        ) {
        TILE_ROOFS
    } else {
        roofs
    };
    let pick = |list: &[[u8; 3]], bits: u64| list[(bits % list.len() as u64) as usize];
    Look {
        wall: jitter(pick(walls, bits >> 16 & 0xffff), bits),
        roof: jitter(pick(roofs, bits >> 32 & 0xffff), bits >> 24),
        building_use,
        storey_height_dm: (storey_m * 10.0).round() as u8,
        age_code: year.map_or(0, |year| (year - 1900.0).clamp(1.0, 255.0) as u8),
    }
}
