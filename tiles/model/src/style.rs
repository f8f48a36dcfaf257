//! How a surface is to look: the packed per-vertex style that tiles carry and the city shader reads.
//!
//! A tile vertex carries two custom attributes beside `POSITION`, `NORMAL`, `COLOR_0` and `_FEATURE_ID_0`:
//!
//! * `_SURFACE` — 4 unsigned bytes: `[kind | use << 4, storey_height_dm, age_code, openness]`
//! * `_FACADE` — 2 unsigned shorts: along the wall and above its foot, in units of [`FACADE_UNIT_M`]; on roads along
//!   and across the lane; on the ground unused.

/// Metres of one unit of `_FACADE`.
pub const FACADE_UNIT_M: f32 = 1.0 / 32.0;

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[repr(u8)]
        pub enum $name { #[default] $($(#[$doc])* $variant = $code,)* }
        impl $name {
            /// Every value by code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Value of a 4-bit code; unknown codes give the first.
            pub const fn from_code(code: u8) -> Self { match code { $($code => Self::$variant,)* _ => Self::ALL[0] } }
        }
    };
}

coded! {
    /// What the city shader draws on a surface (4 bits).
    SurfaceKind {
        /// Plain colour.
        Plain = 0,
        /// Outer wall with floor lines and windows.
        Wall = 1,
        /// Flat roof.
        Roof = 2,
        /// Tiled or sheet-metal slope.
        PitchedRoof = 3,
        /// Bare ground.
        Terrain = 4,
        /// Carriageway; `_FACADE` is (along, across) in metres.
        Road = 5,
        /// Pavement, square.
        Pavement = 6,
        /// Water surface.
        Water = 7,
        /// Lawn, wood floor.
        Green = 8,
        /// Track ballast.
        Rail = 9,
        /// Pipe body.
        Pipe = 10,
        /// Manhole, valve.
        PipeNode = 11,
        /// Leaves.
        Leaf = 12,
        /// Translucent fill of a project or zone.
        ProjectFill = 13,
        /// Low glass wall around a project.
        ProjectWall = 14,
        /// Glass, window pane.
        Glass = 15,
    }
}

coded! {
    /// Use of a building: chooses the façade pattern and palette (4 bits).
    BuildingUse {
        /// Not known.
        Unknown = 0,
        /// Slab block of flats, to about nine storeys.
        Slab = 1,
        /// Tower of flats.
        Tower = 2,
        /// House in an urban village.
        Village = 3,
        /// Offices.
        Office = 4,
        /// Shops, mall, hotel.
        Retail = 5,
        /// Factory.
        Industrial = 6,
        /// School.
        School = 7,
        /// Hospital.
        Hospital = 8,
        /// Old street, tiled roofs.
        Heritage = 9,
        /// Public or cultural building.
        Public = 10,
        /// Warehouse, market hall.
        Warehouse = 11,
        /// Detached or row house.
        House = 12,
        /// Utility: chimney, substation, treatment works.
        Utility = 13,
    }
}

impl BuildingUse {
    /// Guesses from a free text of any source (Chinese or English) and the number of storeys.
    pub fn guess(text: &str, storeys: Option<f64>) -> Self {
        let text = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
        if has(&["城中村", "自建房", "village"]) {
            Self::Village
        } else if has(&[
            "学校",
            "小学",
            "中学",
            "幼儿园",
            "school",
            "educat",
            "kindergarten",
            "university",
        ]) {
            Self::School
        } else if has(&["医院", "卫生", "hospital", "clinic"]) {
            Self::Hospital
        } else if has(&["厂", "工业", "industr", "factory"]) {
            Self::Industrial
        } else if has(&["仓", "市场", "warehouse", "market", "garage", "shed"]) {
            Self::Warehouse
        } else if has(&["办公", "office"]) {
            Self::Office
        } else if has(&["商", "retail", "commercial", "shop", "mall", "hotel"]) {
            Self::Retail
        } else if has(&["历史", "老街", "传统", "heritage", "temple", "church"]) {
            Self::Heritage
        } else if has(&["公共", "文化", "体育", "public", "civic", "government"]) {
            Self::Public
        } else if has(&["污水", "变电", "烟囱", "utility", "chimney"]) {
            Self::Utility
        } else if has(&["house", "detached", "terrace", "bungalow", "别墅"]) {
            Self::House
        } else if has(&["住", "resident", "apartment", "woon", "dwelling"]) {
            match storeys {
                Some(s) if s >= 10.0 => Self::Tower,
                Some(s) if s <= 3.0 => Self::House,
                _ => Self::Slab,
            }
        } else {
            Self::Unknown
        }
    }
}

coded! {
    /// Stage of a renewal project: the age byte of [`SurfaceKind::ProjectFill`] and [`SurfaceKind::ProjectWall`].
    ProjectStage {
        /// Not stated: plain fill.
        Unknown = 0,
        /// Planned: dashes.
        Planned = 1,
        /// Under way: moving hatch.
        UnderWay = 2,
        /// Finished: solid.
        Finished = 3,
    }
}

impl ProjectStage {
    /// Stage of a free text (Chinese or English).
    pub fn guess(text: &str) -> Self {
        let text = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
        if has(&["完成", "竣工", "完工", "建成", "finish", "complet", "done"]) && !has(&["未完", "未竣"]) {
            Self::Finished
        } else if has(&[
            "在建",
            "实施",
            "开工",
            "施工",
            "进行",
            "under",
            "ongoing",
            "construction",
            "progress",
        ]) {
            Self::UnderWay
        } else if has(&["计划", "规划", "谋划", "储备", "前期", "拟", "plan", "propos"]) {
            Self::Planned
        } else {
            Self::Unknown
        }
    }

    /// Display colour, sRGB.
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Unknown => [150, 160, 176],
            Self::Planned => [240, 170, 60],
            Self::UnderWay => [64, 156, 255],
            Self::Finished => [64, 190, 150],
        }
    }
}

/// Bits in the building-use place of `_SURFACE` on pipes.
pub mod pipe_mark {
    /// The section is not known; a nominal one is drawn.
    pub const NOMINAL: u8 = 1;
    /// `_FACADE.x` runs in the direction of flow, so arrows may be drawn.
    pub const FLOW_KNOWN: u8 = 2;
}

/// The style bytes of one vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurfaceStyle {
    /// What to draw.
    pub kind: SurfaceKind,
    /// Use of the building, [`BuildingUse::Unknown`] elsewhere.
    pub building_use: BuildingUse,
    /// Storey height, decimetres (30 = 3.0 m); on roads the total width in decimetres / 2.
    pub storey_height_dm: u8,
    /// Years since 1900 built, 0 unknown; weathering. On projects and zones the code of [`ProjectStage`].
    pub age_code: u8,
    /// Sky openness 0 (closed court) – 255 (free), baked by the tiler.
    pub openness: u8,
}

impl SurfaceStyle {
    /// Bytes of the `_SURFACE` attribute.
    pub const fn to_bytes(self) -> [u8; 4] {
        [
            self.kind as u8 | (self.building_use as u8) << 4,
            self.storey_height_dm,
            self.age_code,
            self.openness,
        ]
    }

    /// Style of the bytes of a `_SURFACE` attribute.
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self {
            kind: SurfaceKind::from_code(bytes[0] & 15),
            building_use: BuildingUse::from_code(bytes[0] >> 4),
            storey_height_dm: bytes[1],
            age_code: bytes[2],
            openness: bytes[3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_bytes_come_back() {
        for kind in SurfaceKind::ALL {
            for building_use in BuildingUse::ALL {
                let style = SurfaceStyle {
                    kind: *kind,
                    building_use: *building_use,
                    storey_height_dm: 30,
                    age_code: 85,
                    openness: 200,
                };
                assert_eq!(SurfaceStyle::from_bytes(style.to_bytes()), style);
            }
        }
    }

    #[test]
    fn stages_are_guessed_from_words() {
        assert_eq!(ProjectStage::guess("已竣工"), ProjectStage::Finished);
        assert_eq!(ProjectStage::guess("under construction"), ProjectStage::UnderWay);
        assert_eq!(ProjectStage::guess("计划 2026 年"), ProjectStage::Planned);
        assert_eq!(ProjectStage::guess(""), ProjectStage::Unknown);
    }

    #[test]
    fn uses_are_guessed_from_words() {
        assert_eq!(BuildingUse::guess("住宅", Some(18.0)), BuildingUse::Tower);
        assert_eq!(BuildingUse::guess("Elementary School", None), BuildingUse::School);
        assert_eq!(BuildingUse::guess("", Some(3.0)), BuildingUse::Unknown);
    }
}
