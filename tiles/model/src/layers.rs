//! The fixed table of switchable layers: codes that tiles carry per vertex, names, colours.
//!
//! Pipe classes and colours follow CJJ 61-2017 appendix B; the second scheme parts rain from foul water.

use crate::scenario::PROPOSALS_LAYER;
use crate::{FeatureClass, LayerGroup};

/// One layer of the fixed table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerDef {
    /// Code carried by tiles (`layer_code` column), 0–255.
    pub code: u8,
    /// Stable id, `group/name`.
    pub id: &'static str,
    /// Group that it is tiled with.
    pub group: LayerGroup,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// Standard colour, sRGB.
    pub rgb: [u8; 3],
}

/// Code of the buildings that scenarios propose.
pub const PROPOSED_BUILDING_CODE: u8 = 15;

/// First code of the pipe classes.
pub const FIRST_PIPE_CODE: u8 = 32;

impl LayerDef {
    /// Code of the pipe class that it holds; `None` for layers of other things.
    pub fn pipe_class(&self) -> Option<&'static str> {
        let class = self.id.strip_prefix("underground/")?;
        (self.code >= FIRST_PIPE_CODE).then_some(class)
    }
}

const fn layer(
    code: u8,
    id: &'static str,
    group: LayerGroup,
    zh: &'static str,
    en: &'static str,
    rgb: [u8; 3],
) -> LayerDef {
    LayerDef {
        code,
        id,
        group,
        zh,
        en,
        rgb,
    }
}

/// Every layer, by ascending code.
pub const LAYERS: &[LayerDef] = &[
    layer(
        0,
        "buildings/other",
        LayerGroup::Buildings,
        "其他构筑物",
        "Other structures",
        [200, 196, 188],
    ),
    layer(
        1,
        "buildings/building",
        LayerGroup::Buildings,
        "建筑",
        "Buildings",
        [209, 201, 189],
    ),
    layer(
        2,
        "buildings/bim",
        LayerGroup::Buildings,
        "BIM 构件",
        "BIM elements",
        [190, 190, 200],
    ),
    layer(
        3,
        "buildings/bridge",
        LayerGroup::Buildings,
        "桥梁",
        "Bridges",
        [180, 178, 172],
    ),
    layer(
        4,
        "vegetation/tree",
        LayerGroup::Vegetation,
        "树木",
        "Trees",
        [92, 128, 74],
    ),
    layer(
        5,
        "vegetation/furniture",
        LayerGroup::Vegetation,
        "城市家具",
        "Street furniture",
        [120, 120, 120],
    ),
    layer(
        6,
        "ground/terrain",
        LayerGroup::Ground,
        "地形",
        "Terrain",
        [168, 160, 136],
    ),
    layer(7, "ground/road", LayerGroup::Ground, "道路", "Roads", [96, 98, 102]),
    layer(
        8,
        "ground/railway",
        LayerGroup::Ground,
        "铁路",
        "Railways",
        [120, 110, 100],
    ),
    layer(9, "ground/water", LayerGroup::Ground, "水系", "Water", [74, 124, 150]),
    layer(10, "ground/green", LayerGroup::Ground, "绿地", "Green", [118, 150, 90]),
    layer(
        11,
        "ground/land_use",
        LayerGroup::Ground,
        "用地",
        "Land use",
        [186, 180, 160],
    ),
    layer(
        12,
        "projects/project",
        LayerGroup::Projects,
        "更新项目",
        "Renewal projects",
        [240, 170, 60],
    ),
    layer(
        13,
        "projects/zone",
        LayerGroup::Projects,
        "分区",
        "Zones",
        [120, 150, 220],
    ),
    layer(
        14,
        "underground/tunnel",
        LayerGroup::Underground,
        "隧道",
        "Tunnels",
        [127, 0, 127],
    ),
    layer(
        PROPOSED_BUILDING_CODE,
        "proposals/building",
        LayerGroup::Proposals,
        "方案建筑",
        "Proposed buildings",
        [64, 190, 176],
    ),
    layer(
        32,
        "underground/JS",
        LayerGroup::Underground,
        "给水",
        "Water supply",
        [0, 255, 255],
    ),
    layer(
        33,
        "underground/YS",
        LayerGroup::Underground,
        "雨水",
        "Storm drain",
        [76, 57, 38],
    ),
    layer(
        34,
        "underground/WS",
        LayerGroup::Underground,
        "污水",
        "Sanitary sewer",
        [76, 57, 38],
    ),
    layer(
        35,
        "underground/HS",
        LayerGroup::Underground,
        "雨污合流",
        "Combined sewer",
        [76, 57, 38],
    ),
    layer(
        36,
        "underground/RQ",
        LayerGroup::Underground,
        "燃气",
        "Gas",
        [255, 0, 255],
    ),
    layer(
        37,
        "underground/RL",
        LayerGroup::Underground,
        "热力",
        "Heat",
        [255, 128, 0],
    ),
    layer(
        38,
        "underground/DL",
        LayerGroup::Underground,
        "电力",
        "Power",
        [255, 0, 0],
    ),
    layer(
        39,
        "underground/TX",
        LayerGroup::Underground,
        "通信",
        "Telecom",
        [0, 255, 0],
    ),
    layer(
        40,
        "underground/GY",
        LayerGroup::Underground,
        "工业",
        "Industrial",
        [0, 0, 0],
    ),
    layer(
        41,
        "underground/ZH",
        LayerGroup::Underground,
        "综合管沟",
        "Utility tunnel",
        [0, 0, 0],
    ),
    layer(
        42,
        "underground/BM",
        LayerGroup::Underground,
        "不明管线",
        "Unknown pipe",
        [102, 0, 204],
    ),
    layer(
        43,
        "underground/ZS",
        LayerGroup::Underground,
        "中水",
        "Reclaimed water",
        [0, 200, 220],
    ),
];

/// Display colours that part the three drains (not the standard's; chosen for reading on a dark ground).
pub const DRAIN_DISPLAY_RGB: [(&str, [u8; 3]); 3] =
    [("YS", [70, 130, 220]), ("WS", [150, 105, 60]), ("HS", [130, 90, 160])];

/// Layer of a code.
pub fn by_code(code: u8) -> Option<&'static LayerDef> {
    LAYERS.iter().find(|l| l.code == code)
}

/// Layer of an id such as `underground/YS`.
pub fn by_id(id: &str) -> Option<&'static LayerDef> {
    LAYERS.iter().find(|l| l.id == id)
}

/// Codes of pipe classes of CJJ 61 (`JS`, `YS`, …), by ascending layer code.
pub fn pipe_classes() -> impl Iterator<Item = &'static str> {
    LAYERS.iter().filter_map(LayerDef::pipe_class)
}

/// Layer of a pipe class code (`JS`, `YS`, …); unknown codes are 不明管线.
pub fn pipe_layer(pipe_class: &str) -> &'static LayerDef {
    LAYERS
        .iter()
        .find(|l| l.pipe_class() == Some(pipe_class))
        .unwrap_or(match by_code(42) {
            Some(layer) => layer,
            None => &LAYERS[0],
        })
}

/// Layer of a feature: by its class, and for pipes and nodes by attribute `pipe_class`.
pub fn layer_of(class: FeatureClass, pipe_class: Option<&str>) -> &'static LayerDef {
    let code = match class {
        FeatureClass::Pipe | FeatureClass::PipeNode => return pipe_layer(pipe_class.unwrap_or("BM")),
        FeatureClass::Building | FeatureClass::BuildingPart | FeatureClass::BuildingInstallation => 1,
        FeatureClass::BuildingElement | FeatureClass::Storey | FeatureClass::Space => 2,
        FeatureClass::Bridge => 3,
        FeatureClass::Tree => 4,
        FeatureClass::CityFurniture => 5,
        FeatureClass::Terrain => 6,
        FeatureClass::Road => 7,
        FeatureClass::Railway => 8,
        FeatureClass::Water => 9,
        FeatureClass::PlantCover => 10,
        FeatureClass::LandUse => 11,
        FeatureClass::Project => 12,
        FeatureClass::Zone => 13,
        FeatureClass::Tunnel => 14,
        FeatureClass::Generic | FeatureClass::OtherConstruction => 0,
    };
    by_code(code).unwrap_or(&LAYERS[0])
}

/// Layer of a feature of a data layer: proposed buildings have one of their own, other proposals that of their class.
pub fn layer_in(data_layer: &str, class: FeatureClass, pipe_class: Option<&str>) -> &'static LayerDef {
    if group_in(data_layer == PROPOSALS_LAYER, class) == LayerGroup::Proposals {
        return by_code(PROPOSED_BUILDING_CODE).unwrap_or(&LAYERS[0]);
    }
    layer_of(class, pipe_class)
}

/// Group that a feature is tiled with: proposed buildings have a tree of their own, so that no edit of a scenario
/// touches the tiles of the city.
pub fn group_in(is_proposal: bool, class: FeatureClass) -> LayerGroup {
    match class.group() {
        LayerGroup::Buildings if is_proposal => LayerGroup::Proposals,
        group => group,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_layer_of_its_own_group() {
        for class in FeatureClass::ALL {
            let layer = layer_of(*class, None);
            assert_eq!(layer.group, class.group(), "{class:?}");
        }
        assert_eq!(pipe_layer("WS").zh, "污水");
        assert_eq!(pipe_layer("").code, 42);
        assert_eq!(pipe_layer("S").code, 42, "no ending of another code");
        assert!(pipe_classes().eq(["JS", "YS", "WS", "HS", "RQ", "RL", "DL", "TX", "GY", "ZH", "BM", "ZS"]));
        assert_eq!(pipe_layer("nonsense").code, 42);
    }

    #[test]
    fn proposed_buildings_are_apart_and_proposed_pipes_are_not() {
        let layer = |class, pipe| layer_in(PROPOSALS_LAYER, class, pipe);
        assert_eq!(layer(FeatureClass::Building, None).group, LayerGroup::Proposals);
        assert_eq!(layer(FeatureClass::Pipe, Some("YS")).id, "underground/YS");
        assert_eq!(layer_in("demo", FeatureClass::Building, None).code, 1);
    }

    #[test]
    fn codes_ascend() {
        assert!(LAYERS.windows(2).all(|w| w[0].code < w[1].code));
    }
}
