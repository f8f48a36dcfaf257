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
    /// Pattern of a renewal project: the age byte of [`SurfaceKind::ProjectFill`] and [`SurfaceKind::ProjectWall`].
    ProjectStage {
        /// Not stated: plain fill.
        Unknown = 0,
        /// Planned: dashes.
        Planned = 1,
        /// Under way: moving hatch.
        UnderWay = 2,
        /// Finished: solid.
        Finished = 3,
        /// Left the course of the library: hatch that stands still.
        Out = 4,
    }
}

/// Where a renewal project stands: 谋划 → 评审 → 入库 → 开工 → 建成 → 运营, or one of the side exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProjectStatus {
    /// Not stated, or no word that is known.
    #[default]
    Unknown,
    /// 谋划.
    Idea,
    /// 评审.
    Review,
    /// 入库.
    Entered,
    /// 开工.
    Started,
    /// 建成.
    Built,
    /// 运营.
    Running,
    /// 缓建, 停工, 出库, 调整.
    Exit,
}

/// Steps of the life cycle, by the stage that they belong to.
const STEPS: &[(ProjectStatus, &[&str])] = &[
    (ProjectStatus::Idea, &["基础信息", "意愿征询"]),
    (ProjectStatus::Review, &["编制审批"]),
    (ProjectStatus::Entered, &["实施协商", "土地供应", "规划许可"]),
    (ProjectStatus::Built, &["验收核实", "产权登记"]),
    (ProjectStatus::Running, &["监测监管", "实施评估"]),
];

/// Words within a text that tell the stage; the first row that has one counts.
const STAGE_WORDS: &[(ProjectStatus, &[&str])] = &[
    (
        ProjectStatus::Exit,
        &[
            "缓建",
            "停工",
            "停建",
            "出库",
            "退出",
            "调整",
            "postpone",
            "halt",
            "suspend",
            "cancel",
            "taken out",
            "revision",
        ],
    ),
    (ProjectStatus::Running, &["运营", "in use", "operat"]),
    (
        ProjectStatus::Built,
        &["完成", "竣工", "完工", "建成", "built", "finish", "complet", "done"],
    ),
    (ProjectStatus::Running, &["投用"]),
    (
        ProjectStatus::Started,
        &[
            "在建",
            "实施",
            "开工",
            "施工",
            "进行",
            "under way",
            "underway",
            "ongoing",
            "construction",
            "progress",
        ],
    ),
    (ProjectStatus::Review, &["评审", "公示", "审批", "review"]),
    (ProjectStatus::Entered, &["入库", "in the library", "entered"]),
    (
        ProjectStatus::Idea,
        &[
            "计划", "规划", "谋划", "策划", "储备", "前期", "拟", "idea", "plan", "propos",
        ],
    ),
];

/// What turns the word after it into something that is still to come.
const NOT_YET: &[&str] = &["未", "拟", "待", "计划", "预计", "not ", "to be "];

impl ProjectStatus {
    /// Status of the `stage` and `exit` of a project, free texts (Chinese or English); an exit goes before the stage.
    pub fn guess(stage: &str, exit: &str) -> Self {
        if !exit.trim().is_empty() {
            return Self::Exit;
        }
        let text = stage.to_lowercase();
        let step = STEPS.iter().find(|(_, steps)| steps.contains(&text.trim()));
        let mut is_to_come = false;
        let mut has = |word: &&str| {
            text.match_indices(word).any(|(at, _)| {
                // 计划2026年6月开工: the date between the words says nothing here
                let before = text[..at].trim_end_matches(|c: char| c.is_ascii_digit() || "年月日底前.-/".contains(c));
                let to_come = NOT_YET.iter().any(|not| before.ends_with(not));
                is_to_come |= to_come;
                !to_come
            })
        };
        match step.or_else(|| STAGE_WORDS.iter().find(|(_, words)| words.iter().any(&mut has))) {
            Some((status, _)) => *status,
            None if is_to_come => Self::Idea,
            None => Self::Unknown,
        }
    }

    /// Pattern in which it is drawn.
    pub const fn stage(self) -> ProjectStage {
        match self {
            Self::Unknown => ProjectStage::Unknown,
            Self::Idea | Self::Review | Self::Entered => ProjectStage::Planned,
            Self::Started => ProjectStage::UnderWay,
            Self::Built | Self::Running => ProjectStage::Finished,
            Self::Exit => ProjectStage::Out,
        }
    }

    /// Display colour, sRGB: that of the viewer's list and pins.
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Unknown => [0x96, 0xa0, 0xb0],
            Self::Idea => [0xb7, 0xa6, 0xee],
            Self::Review => [0xe4, 0xa3, 0xd4],
            Self::Entered => [0xf0, 0xc0, 0x5a],
            Self::Started => [0x56, 0xb4, 0xe9],
            Self::Built => [0x4f, 0xc3, 0x8f],
            Self::Running => [0x9f, 0xd3, 0x5a],
            Self::Exit => [0xa3, 0xab, 0xb3],
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
    fn every_word_of_the_library_is_a_status() {
        let words = include_str!("../../../assets/projects/vocabulary.json");
        let words: serde_json::Value = serde_json::from_str(words).unwrap();
        let ids = |key: &str| words[key].as_array().unwrap().iter();
        let statuses = [
            ProjectStatus::Idea,
            ProjectStatus::Review,
            ProjectStatus::Entered,
            ProjectStatus::Started,
            ProjectStatus::Built,
            ProjectStatus::Running,
        ];
        assert_eq!(ids("stage").count(), statuses.len());
        for (word, status) in ids("stage").zip(statuses) {
            let others = word["aliases"].as_array().unwrap().iter();
            for text in others.chain([&word["id"], &word["en"]]) {
                assert_eq!(ProjectStatus::guess(text.as_str().unwrap(), ""), status, "{text}");
            }
        }
        for text in ids("exit").flat_map(|word| [&word["id"], &word["en"]]) {
            assert_eq!(
                ProjectStatus::guess("开工", text.as_str().unwrap()),
                ProjectStatus::Exit
            );
            assert_eq!(
                ProjectStatus::guess(text.as_str().unwrap(), ""),
                ProjectStatus::Exit,
                "{text}"
            );
        }
        // the ten steps are in the order of the stages
        let steps: Vec<u8> = ids("step")
            .map(|word| ProjectStatus::guess(word["id"].as_str().unwrap(), "") as u8)
            .collect();
        assert!(
            steps.is_sorted() && !steps.contains(&0) && steps.len() == 10,
            "{steps:?}"
        );
    }

    #[test]
    fn stages_are_guessed_from_free_words() {
        for (text, status) in [
            ("已竣工", ProjectStatus::Built),
            ("under construction", ProjectStatus::Started),
            ("计划 2026 年", ProjectStatus::Idea),
            ("计划2026年6月开工", ProjectStatus::Idea),
            ("2026年6月开工", ProjectStatus::Started),
            ("计划开工", ProjectStatus::Idea),
            ("未完工", ProjectStatus::Idea),
            ("在建，未完工", ProjectStatus::Started),
            ("拟建成公园", ProjectStatus::Idea),
            ("已建成并投入运营", ProjectStatus::Running),
            ("", ProjectStatus::Unknown),
            ("登月", ProjectStatus::Unknown),
        ] {
            assert_eq!(ProjectStatus::guess(text, ""), status, "{text}");
        }
    }

    #[test]
    fn uses_are_guessed_from_words() {
        assert_eq!(BuildingUse::guess("住宅", Some(18.0)), BuildingUse::Tower);
        assert_eq!(BuildingUse::guess("Elementary School", None), BuildingUse::School);
        assert_eq!(BuildingUse::guess("", Some(3.0)), BuildingUse::Unknown);
    }
}
