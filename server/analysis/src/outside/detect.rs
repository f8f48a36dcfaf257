//! What a file is, from its bytes and its name.

use super::error::OutsideError;
use super::input::File;
use serde::{Deserialize, Serialize};

/// Names of columns that hold the ids of features.
const ID_COLUMNS: &[&str] = &[
    "id",
    "feature_id",
    "featureid",
    "fid",
    "gml_id",
    "building_id",
    "link_id",
    "编号",
    "要素编号",
    "要素id",
    "建筑编号",
    "道路编号",
    "管段编号",
];
/// Names of columns that hold times, and seconds of their unit.
const TIME_COLUMNS: &[(&str, f64)] = &[
    ("time", 1.0),
    ("time_s", 1.0),
    ("t", 1.0),
    ("seconds", 1.0),
    ("时间", 1.0),
    ("time_min", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("分钟", 60.0),
    ("time_h", 3600.0),
    ("hour", 3600.0),
    ("hours", 3600.0),
    ("小时", 3600.0),
    ("时刻", 3600.0),
];
/// First numbers of binary results.
const EPANET_MAGIC: i32 = 516_114_521;
const SWMM_MAGIC: i32 = 516_114_522;
/// So much of a text decides whether it is one.
const HEAD_BYTES: usize = 4096;

/// Kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// GeoTIFF; every band is a step.
    Geotiff,
    /// ESRI ASCII grid.
    Ascii,
    /// Table by feature id.
    Table,
    /// Binary result of EPANET 2.
    Epanet,
    /// Binary result of SWMM 5.
    Swmm,
}

impl Format {
    /// The format of a file, by its first bytes.
    ///
    /// # Errors
    /// [`OutsideError::File`] when it is none that is read.
    pub fn of(file: &File) -> Result<Self, OutsideError> {
        let bytes = &file.bytes;
        let magic = bytes.first_chunk::<4>().copied().unwrap_or_default();
        match i32::from_le_bytes(magic) {
            EPANET_MAGIC => return Ok(Self::Epanet),
            SWMM_MAGIC => return Ok(Self::Swmm),
            _ => {}
        }
        // byte order, then 42 for TIFF or 43 for BigTIFF
        if matches!(&magic, b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+") {
            return Ok(Self::Geotiff);
        }
        let head = bytes.get(..HEAD_BYTES.min(bytes.len())).unwrap_or_default();
        let is_text = !head.is_empty() && !head.contains(&0);
        let first = head.trim_ascii_start().get(..5).unwrap_or_default();
        if is_text && (first.eq_ignore_ascii_case(b"ncols") || first.eq_ignore_ascii_case(b"nrows")) {
            return Ok(Self::Ascii);
        }
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if is_text && line.iter().any(|byte| b",;\t".contains(byte)) {
            return Ok(Self::Table);
        }
        Err(OutsideError::file(
            &file.name,
            "无法识别：须为 GeoTIFF、ESRI ASCII 栅格、带要素编号的 CSV、EPANET 或 SWMM 结果文件",
            "is none of GeoTIFF, ESRI ASCII grid, CSV by feature id, EPANET result and SWMM result",
        ))
    }

    /// True for files that may come as a series, one a step.
    pub const fn is_raster(self) -> bool {
        matches!(self, Self::Geotiff | Self::Ascii)
    }
}

/// Name of a header's column without the unit in brackets, and the unit.
pub(super) fn named(header: &str) -> (&str, &str) {
    let header = header.trim();
    for [open, close] in [['[', ']'], ['(', ')'], ['（', '）']] {
        if let Some((name, unit)) = header.strip_suffix(close).and_then(|text| text.rsplit_once(open))
            && !name.trim().is_empty()
        {
            return (name.trim(), unit.trim());
        }
    }
    (header, "")
}

/// Column of ids, where its name tells.
pub fn id_column(header: &[String]) -> Option<&str> {
    let names = header.iter().map(|head| head.trim());
    ID_COLUMNS
        .iter()
        .find_map(|known| names.clone().find(|name| name.to_lowercase() == *known))
}

/// Column of times and seconds of its unit, where its name tells.
pub fn time_column(header: &[String]) -> Option<(&str, f64)> {
    TIME_COLUMNS.iter().find_map(|(known, unit_s)| {
        let mut names = header.iter().map(|head| head.trim());
        names
            .find(|name| name.to_lowercase() == *known)
            .map(|name| (name, *unit_s))
    })
}

/// Seconds that a file's name speaks of: `noise_08h.tif`, `noise_0830.asc`, `depth_t600s.asc`, `wind_15min.tif`.
///
/// A number with a unit is a time; four digits by themselves are hours and minutes.
pub fn time_in_name(name: &str) -> Option<f64> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let chars: Vec<char> = stem.chars().collect();
    let mut found = None;
    let mut at = 0;
    while let Some(rest) = chars.get(at..).filter(|rest| !rest.is_empty()) {
        let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            at += 1;
            continue;
        }
        let number: String = rest.iter().take(digits).collect();
        let unit: String = rest.iter().skip(digits).take_while(|c| c.is_alphabetic()).collect();
        let unit_s = match unit.as_str() {
            "s" | "sec" | "秒" => Some(1.0),
            "min" | "m" | "分" | "分钟" => Some(60.0),
            "h" | "hr" | "hour" | "时" | "点" | "小时" => Some(3600.0),
            "d" | "day" | "日" | "天" => Some(86_400.0),
            _ => None,
        };
        if let (Some(unit_s), Ok(count)) = (unit_s, number.parse::<f64>()) {
            found = Some(count * unit_s);
        } else if let (4, true, Ok(clock)) = (digits, unit.is_empty(), number.parse::<u32>())
            && clock / 100 < 24
            && clock % 100 < 60
        {
            found = Some(f64::from(clock / 100 * 3600 + clock % 100 * 60));
        }
        at += digits;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn of(bytes: &[u8]) -> Option<Format> {
        let file = File {
            name: "x".into(),
            bytes: bytes.to_vec(),
        };
        Format::of(&file).ok()
    }

    #[test]
    fn files_are_told_by_their_first_bytes() {
        assert_eq!(of(b"II*\0rest"), Some(Format::Geotiff));
        assert_eq!(of(b"MM\0*rest"), Some(Format::Geotiff));
        assert_eq!(of(b"NCOLS 3\nnrows 2\n"), Some(Format::Ascii));
        assert_eq!(of("编号;噪声\na;1\n".as_bytes()), Some(Format::Table));
        assert_eq!(of(&EPANET_MAGIC.to_le_bytes()), Some(Format::Epanet));
        assert_eq!(of(&SWMM_MAGIC.to_le_bytes()), Some(Format::Swmm));
        for nothing in [&b""[..], b"hello", b"\0\0,\0", b"%PDF-1.7\n,"] {
            assert_eq!(of(nothing), None);
        }
    }

    #[test]
    fn times_are_read_from_names() {
        assert_eq!(time_in_name("noise_08h.tif"), Some(28_800.0));
        assert_eq!(time_in_name("噪声0830.asc"), Some(30_600.0));
        assert_eq!(time_in_name("depth_t600s.asc"), Some(600.0));
        assert_eq!(time_in_name("wind_15min.tif"), Some(900.0));
        assert_eq!(time_in_name("run2_wind_v3.tif"), None);
        assert_eq!(time_in_name("dem_9999.tif"), None);
    }

    #[test]
    fn columns_and_kinds_are_told_by_their_names() {
        let header = ["时刻", "道路编号", "AADT [veh/h]"].map(str::to_owned);
        assert_eq!(id_column(&header), Some("道路编号"));
        assert_eq!(time_column(&header), Some(("时刻", 3600.0)));
        assert_eq!(named("AADT [veh/h]"), ("AADT", "veh/h"));
        assert_eq!(named("噪声（dB）"), ("噪声", "dB"));
        assert_eq!(named("(x)"), ("(x)", ""));
        assert_eq!(Kind::guess("Lden_2025.tif"), Kind::Noise);
        assert_eq!(Kind::guess("夏季主导风.asc"), Kind::Wind);
        assert_eq!(Kind::guess("a.csv"), Kind::Other);
    }
}
