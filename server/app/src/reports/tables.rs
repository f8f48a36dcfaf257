//! Tables of the pack as CSV, and numbers as people read them.

use super::findings::Findings;
use crate::projects::table::escape;

/// Indicators of both sides.
pub(super) fn indicators_csv(findings: &Findings) -> Result<Vec<u8>, String> {
    let header = [
        "id",
        "指标",
        "indicator",
        "现状",
        "方案",
        "变化",
        "单位",
        "公式",
        "formula",
        "来源",
        "说明",
    ];
    let rows = findings.indicators.iter().map(|row| {
        [
            row.id.clone(),
            row.title[0].clone(),
            row.title[1].clone(),
            plain(row.before),
            plain(row.after),
            plain(row.before.zip(row.after).map(|(before, after)| after - before)),
            row.unit.clone(),
            row.formula[0].clone(),
            row.formula[1].clone(),
            row.source.clone(),
            row.reason.clone().unwrap_or_default(),
        ]
    });
    csv(&header, rows)
}

/// Rules.
pub(super) fn rules_csv(findings: &Findings) -> Result<Vec<u8>, String> {
    let header = [
        "id",
        "规则",
        "rule",
        "条款",
        "计算值",
        "比较",
        "限值",
        "单位",
        "余量",
        "结论",
        "理由",
        "reason",
        "来源",
        "核实",
    ];
    let rows = findings.rules.iter().map(|row| {
        [
            row.rule.clone(),
            row.title[0].clone(),
            row.title[1].clone(),
            row.clause.clone(),
            plain(row.value),
            row.comparator.clone(),
            plain(row.limit),
            row.unit.clone(),
            plain(row.margin),
            row.verdict.clone(),
            row.reason[0].clone(),
            row.reason[1].clone(),
            row.source.clone(),
            if row.verified { "已核实" } else { "参考值" }.to_owned(),
        ]
    });
    csv(&header, rows)
}

fn csv<const N: usize>(header: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> Result<Vec<u8>, String> {
    let mut out = b"\xef\xbb\xbf".to_vec();
    {
        let mut writer = csv::Writer::from_writer(&mut out);
        writer.write_record(header).map_err(|err| err.to_string())?;
        for row in rows {
            // numbers are written by us and may be negative; everything else may be anything
            let cells = row.iter().map(|cell| match cell.parse::<f64>() {
                Ok(_) => cell.clone(),
                Err(_) => escape(cell),
            });
            writer.write_record(cells).map_err(|err| err.to_string())?;
        }
        writer.flush().map_err(|err| err.to_string())?;
    }
    Ok(out)
}

fn plain(number: Option<f64>) -> String {
    // no more digits than were meant
    number.map_or_else(String::new, |n| format!("{}", (n * 1e6).round() / 1e6))
}

/// A number with thousands separators; `—` where unknown.
pub(super) fn shown(number: Option<f64>, decimals: usize) -> String {
    let Some(number) = number else {
        return "—".to_owned();
    };
    let text = format!("{:.decimals$}", number.abs());
    let (whole, part) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(w, p)| (w, Some(p)));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if number < 0.0 && !is_zero { "−" } else { "" };
    match part {
        Some(part) => format!("{sign}{grouped}.{part}"),
        None => format!("{sign}{grouped}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(shown(Some(1_234_567.891), 1), "1,234,567.9");
        assert_eq!(shown(Some(-999.0), 0), "−999");
        assert_eq!(shown(Some(-0.001), 1), "0.0");
        assert_eq!(shown(None, 2), "—");
    }
}
