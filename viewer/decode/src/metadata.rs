//! What a tile says of its features: property tables (EXT_structural_metadata) and the batch table of a b3dm.

use crate::buffers::Buffers;
use crate::container::BatchTable;
use crate::json::{ClassProperty, StructuralMetadata, TableProperty};
use crate::tile::{DEFAULT_LAYER_CODE, FeatureRow, NO_FEATURE};

/// Rows of a property table; a column that cannot be read is left out and named in `warnings`.
pub(crate) fn property_table(
    metadata: &StructuralMetadata,
    index: usize,
    buffers: &Buffers<'_>,
    warnings: &mut Vec<String>,
) -> Vec<FeatureRow> {
    let Some(table) = metadata.property_tables.get(index) else {
        warnings.push(format!("property table {index} does not exist"));
        return Vec::new();
    };
    let Some(class) = metadata.schema.classes.get(&table.class) else {
        warnings.push(format!("property table {index} has no class in the schema"));
        return Vec::new();
    };
    let mut read = |name: &str| {
        let property = table.properties.get(name)?;
        let column = class
            .properties
            .get(name)
            .ok_or_else(|| "is not in the schema".to_owned());
        match column.and_then(|class| Column::read(class, property, table.count, buffers)) {
            Ok(column) => Some(column),
            Err(reason) => {
                warnings.push(format!("column {name} of property table {index} {reason}"));
                None
            }
        }
    };
    let columns = ["feature_index", "layer_code", "class_code", "height_m", "id", "name"].map(&mut read);
    if columns.iter().all(Option::is_none) {
        return Vec::new();
    }
    let [feature_index, layer_code, class_code, height_m, id, name] = columns;
    let row = |i: usize| FeatureRow {
        feature_index: number(feature_index.as_ref(), i).map_or(NO_FEATURE, |v| v as u32),
        layer_code: number(layer_code.as_ref(), i).map_or(DEFAULT_LAYER_CODE, |v| v as u8),
        class_code: number(class_code.as_ref(), i).map_or(0, |v| v as u8),
        height_m: number(height_m.as_ref(), i).map_or(f32::NAN, |v| v as f32),
        id: text(id.as_ref(), i),
        name: text(name.as_ref(), i),
    };
    // every column that was read holds `count` values, so the rows are bounded by the bytes of the file
    (0..table.count).map(row).collect()
}

/// Rows of a batch table, from its JSON columns `id` and `name` where it has them; the JSON holds as many values as rows.
pub(crate) fn batch_table(table: &BatchTable<'_>, warnings: &mut Vec<String>) -> Vec<FeatureRow> {
    if table.json.is_empty() {
        return Vec::new();
    }
    let Ok(serde_json::Value::Object(columns)) = serde_json::from_slice::<serde_json::Value>(table.json) else {
        warnings.push("batch table is no JSON object".to_owned());
        return Vec::new();
    };
    let find = |names: &[&str]| {
        columns
            .iter()
            .find(|(key, _)| names.iter().any(|n| key.eq_ignore_ascii_case(n)))
            .and_then(|(_, column)| column.as_array())
    };
    let ids = find(&["id", "gml_id", "gml:id", "gmlid"]);
    let names = find(&["name", "gml:name"]);
    let longest = ids.map_or(0, Vec::len).max(names.map_or(0, Vec::len));
    let text = |column: Option<&Vec<serde_json::Value>>, i: usize| match column.and_then(|c| c.get(i)) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value @ serde_json::Value::Number(_)) => value.to_string(),
        _ => String::new(),
    };
    (0..longest.min(table.num_batches as usize))
        .map(|i| FeatureRow {
            feature_index: NO_FEATURE,
            layer_code: DEFAULT_LAYER_CODE,
            height_m: f32::NAN,
            id: text(ids, i),
            name: text(names, i),
            ..FeatureRow::default()
        })
        .collect()
}

enum Column {
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

fn number(column: Option<&Column>, row: usize) -> Option<f64> {
    match column {
        Some(Column::Numbers(values)) => values.get(row).copied(),
        _ => None,
    }
}

fn text(column: Option<&Column>, row: usize) -> String {
    match column {
        Some(Column::Texts(values)) => values.get(row).cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

impl Column {
    fn read(
        class: &ClassProperty,
        property: &TableProperty,
        count: usize,
        buffers: &Buffers<'_>,
    ) -> Result<Self, String> {
        let bytes = buffers.view(property.values).map_err(|err| err.to_string())?.bytes;
        if class.array {
            return Err("is an array".to_owned());
        }
        match class.shape.as_str() {
            "SCALAR" => numbers(bytes, class.component_type.as_deref().unwrap_or_default(), count).map(Self::Numbers),
            "STRING" => {
                let offsets = property.string_offsets.ok_or("has no string offsets")?;
                let offsets = buffers.view(offsets).map_err(|err| err.to_string())?.bytes;
                let width = property.string_offset_type.as_deref().unwrap_or("UINT32");
                texts(
                    bytes,
                    &numbers(offsets, width, count.checked_add(1).ok_or("is too long")?)?,
                )
                .map(Self::Texts)
            }
            other => Err(format!("has type {other:.20}")),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "64-bit columns are read as far as a double holds them"
)]
fn numbers(bytes: &[u8], component: &str, count: usize) -> Result<Vec<f64>, String> {
    fn each<const N: usize>(bytes: &[u8], count: usize, convert: fn([u8; N]) -> f64) -> Result<Vec<f64>, String> {
        let values = bytes
            .as_chunks::<N>()
            .0
            .get(..count)
            .ok_or("is shorter than the table")?;
        Ok(values.iter().map(|v| convert(*v)).collect())
    }
    match component {
        "INT8" => each(bytes, count, |b| f64::from(i8::from_le_bytes(b))),
        "UINT8" => each(bytes, count, |b| f64::from(u8::from_le_bytes(b))),
        "INT16" => each(bytes, count, |b| f64::from(i16::from_le_bytes(b))),
        "UINT16" => each(bytes, count, |b| f64::from(u16::from_le_bytes(b))),
        "INT32" => each(bytes, count, |b| f64::from(i32::from_le_bytes(b))),
        "UINT32" => each(bytes, count, |b| f64::from(u32::from_le_bytes(b))),
        "INT64" => each(bytes, count, |b| i64::from_le_bytes(b) as f64),
        "UINT64" => each(bytes, count, |b| u64::from_le_bytes(b) as f64),
        "FLOAT32" => each(bytes, count, |b| f64::from(f32::from_le_bytes(b))),
        "FLOAT64" => each(bytes, count, f64::from_le_bytes),
        other => Err(format!("has component type {other:.20}")),
    }
}

fn texts(bytes: &[u8], offsets: &[f64]) -> Result<Vec<String>, String> {
    if offsets.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err("has string offsets that descend".to_owned());
    }
    let text = |pair: &[f64]| {
        let bytes = bytes
            .get(pair[0] as usize..pair[1] as usize)
            .ok_or("has strings past its end")?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    offsets.windows(2).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_and_bad_ones_named() {
        assert_eq!(numbers(&[1, 0, 2, 0, 9], "UINT16", 2), Ok(vec![1.0, 2.0]));
        assert!(numbers(&[1, 0], "UINT16", 2).unwrap_err().contains("shorter"));
        assert!(numbers(&[1, 0], "UINT16", usize::MAX).is_err());
        assert_eq!(
            texts("甲乙b".as_bytes(), &[0.0, 3.0, 6.0, 7.0]),
            Ok(vec!["甲".to_owned(), "乙".to_owned(), "b".to_owned()])
        );
        assert!(texts(b"abc", &[0.0, 2.0, 1.0]).unwrap_err().contains("descend"));
        assert!(texts(b"abc", &[0.0, 9.0]).unwrap_err().contains("past"));
    }

    #[test]
    fn a_batch_table_gives_ids_and_names() {
        let mut warnings = Vec::new();
        let table = BatchTable {
            num_batches: 2,
            json: br#"{"id":[7,"b",9],"Name":["one"],"Height":[1,2,3]}"#,
        };
        let rows = batch_table(&table, &mut warnings);
        let ids: Vec<_> = rows
            .iter()
            .map(|r| (r.id.as_str(), r.name.as_str(), r.feature_index))
            .collect();
        assert_eq!(ids, [("7", "one", NO_FEATURE), ("b", "", NO_FEATURE)]);
        assert!(
            batch_table(
                &BatchTable {
                    num_batches: 1,
                    json: b"["
                },
                &mut warnings
            )
            .is_empty()
        );
        assert_eq!(warnings.len(), 1);
    }
}
