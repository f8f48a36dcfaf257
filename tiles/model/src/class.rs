//! What a feature is, and the layer group it is drawn with.

use serde::{Deserialize, Serialize};

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal, $zh:literal, $group:ident;)*) => {
        /// Class of a feature; the names follow CityGML 3 where it has one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum FeatureClass { $($(#[$doc])* $variant = $code,)* }

        impl FeatureClass {
            /// Every class, by ascending code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Stable English name, as on the wire.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $name,)* } }
            /// Name shown to Chinese readers.
            pub const fn label_zh(self) -> &'static str { match self { $(Self::$variant => $zh,)* } }
            /// Layer group that the class is tiled and switched with.
            pub const fn group(self) -> LayerGroup { match self { $(Self::$variant => LayerGroup::$group,)* } }
            /// Code in property tables; never reused.
            pub const fn code(self) -> u8 { self as u8 }
            /// Class of a property-table code.
            pub const fn from_code(code: u8) -> Option<Self> { match code { $($code => Some(Self::$variant),)* _ => None } }
            /// Class of a wire name.
            pub fn from_name(name: &str) -> Option<Self> { match name { $($name => Some(Self::$variant),)* _ => None } }
        }
    };
}

classes! {
    /// Anything without a better class.
    Generic = 0, "Generic", "其他", Buildings;
    /// A building.
    Building = 1, "Building", "建筑", Buildings;
    /// A part of a building.
    BuildingPart = 2, "BuildingPart", "建筑部件", Buildings;
    /// Balcony, chimney, stair and the like.
    BuildingInstallation = 3, "BuildingInstallation", "建筑附属", Buildings;
    /// Wall, slab, window… of a BIM model.
    BuildingElement = 4, "BuildingElement", "构件", Buildings;
    /// Storey of a BIM model.
    Storey = 5, "Storey", "楼层", Buildings;
    /// Room or space.
    Space = 6, "Space", "房间", Buildings;
    /// Bridge and its parts.
    Bridge = 7, "Bridge", "桥梁", Buildings;
    /// Tunnel and its parts.
    Tunnel = 8, "Tunnel", "隧道", Underground;
    /// Chimney, tower, wall that is no building.
    OtherConstruction = 9, "OtherConstruction", "构筑物", Buildings;
    /// Bench, lamp, sign.
    CityFurniture = 10, "CityFurniture", "城市家具", Vegetation;
    /// Pipe or cable section.
    Pipe = 11, "Pipe", "管线", Underground;
    /// Manhole, valve, hydrant, bend.
    PipeNode = 12, "PipeNode", "管点", Underground;
    /// Carriageway, square, path.
    Road = 13, "Road", "道路", Ground;
    /// Track bed.
    Railway = 14, "Railway", "铁路", Ground;
    /// River, canal, lake.
    Water = 15, "Water", "水系", Ground;
    /// Lawn, wood, park.
    PlantCover = 16, "PlantCover", "绿地", Ground;
    /// Single tree.
    Tree = 17, "Tree", "树木", Vegetation;
    /// Other use of land.
    LandUse = 18, "LandUse", "用地", Ground;
    /// Ground surface.
    Terrain = 19, "Terrain", "地形", Ground;
    /// Administrative or planning zone.
    Zone = 20, "Zone", "分区", Projects;
    /// Renewal project.
    Project = 21, "Project", "更新项目", Projects;
}

/// Group of classes that shares one tile tree, loads together and is switched together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum LayerGroup {
    /// Terrain with what lies on it: roads, water, green.
    Ground = 0,
    /// Buildings, bridges, BIM elements.
    Buildings = 1,
    /// Trees and street furniture.
    Vegetation = 2,
    /// Pipes, manholes, tunnels.
    Underground = 3,
    /// Renewal projects and zones.
    Projects = 4,
    /// Buildings that scenarios propose; see [`crate::scenario::PROPOSALS_LAYER`]. No class belongs here by itself.
    Proposals = 5,
}

impl LayerGroup {
    /// Every group in drawing order.
    pub const ALL: &'static [Self] = &[
        Self::Ground,
        Self::Buildings,
        Self::Vegetation,
        Self::Underground,
        Self::Projects,
        Self::Proposals,
    ];

    /// Stable name: folder of the group's tile tree and id of its layer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ground => "ground",
            Self::Buildings => "buildings",
            Self::Vegetation => "vegetation",
            Self::Underground => "underground",
            Self::Projects => "projects",
            Self::Proposals => "proposals",
        }
    }

    /// Name shown to Chinese readers.
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Ground => "地面",
            Self::Buildings => "建筑",
            Self::Vegetation => "绿化",
            Self::Underground => "地下管线",
            Self::Projects => "更新项目",
            Self::Proposals => "方案建筑",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_come_back() {
        for class in FeatureClass::ALL {
            assert_eq!(FeatureClass::from_code(class.code()), Some(*class));
            assert_eq!(FeatureClass::from_name(class.as_str()), Some(*class));
        }
        assert_eq!(FeatureClass::from_code(200), None);
    }
}
