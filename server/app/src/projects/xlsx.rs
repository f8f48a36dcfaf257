//! The workbook: the table of all columns, and the 三库一单 with a bar per quarter.

use super::config::Column;
use super::export::{cells, headers, years};
use super::library::Project;
use super::table;
use city_model::Date;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use serde_json::Value;

/// Longest text of a cell that the format allows, characters.
const MAX_CELL: usize = 32_767;
/// Quarters are drawn for so many years at most.
const MAX_YEARS: i32 = 15;
/// Columns of the 三库一单 before its bars, with their widths.
const LIST_COLUMNS: [(&str, f64); 12] = [
    ("序号", 6.0),
    ("项目名称", 30.0),
    ("镇办", 10.0),
    ("更新对象", 26.0),
    ("更新方式", 12.0),
    ("阶段", 8.0),
    ("退出情形", 9.0),
    ("进度", 9.0),
    ("总投资(万元)", 13.0),
    ("累计完成(万元)", 14.0),
    ("责任单位", 22.0),
    ("起止", 23.0),
];

pub(super) fn workbook(projects: &[Project], columns: &[Column]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // a fixed time, so that the same projects give the same bytes
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(
        &DocProperties::new()
            .set_title("城市更新项目库")
            .set_creation_datetime(&made),
    );
    table_sheet(book.add_worksheet(), projects, columns)?;
    list_sheet(book.add_worksheet(), projects)?;
    book.save_to_buffer()
}

fn header_format() -> Format {
    Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x1F_4E_79))
        .set_font_color(Color::White)
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, value: &Value) -> Result<(), XlsxError> {
    match value {
        Value::Number(number) => {
            sheet.write_number(row, column, number.as_f64().unwrap_or_default())?;
        }
        Value::String(text) => {
            let text: String = table::escape(text).chars().take(MAX_CELL).collect();
            sheet.write_string(row, column, text)?;
        }
        Value::Bool(value) => {
            sheet.write_boolean(row, column, *value)?;
        }
        _ => {}
    }
    Ok(())
}

fn table_sheet(sheet: &mut Worksheet, projects: &[Project], columns: &[Column]) -> Result<(), XlsxError> {
    sheet.set_name("项目数据")?;
    let years = years(projects);
    let headers = headers(columns, &years);
    let format = header_format();
    for (column, header) in (0_u16..).zip(&headers) {
        sheet.write_string_with_format(0, column, header, &format)?;
        sheet.set_column_width(column, (header.chars().count() as f64 * 2.2).clamp(10.0, 30.0))?;
    }
    for (row, project) in (1_u32..).zip(projects) {
        for (column, value) in (0_u16..).zip(cells(project, columns, &years)) {
            write(sheet, row, column, &value)?;
        }
    }
    sheet.set_freeze_panes(1, 2)?;
    Ok(())
}

/// First day of works and last, as quarters since the year 0.
fn quarters(project: &Project) -> Option<(i32, i32)> {
    let quarter = |date: &Option<String>| {
        let date = date.as_deref().and_then(Date::parse)?;
        Some(date.year() * 4 + (date.0 / 100 % 100 - 1).clamp(0, 11) / 3)
    };
    let start = quarter(&project.record.start_on)?;
    let end = quarter(&project.record.finish_on).unwrap_or(start);
    Some((start, end.max(start)))
}

fn list_sheet(sheet: &mut Worksheet, projects: &[Project]) -> Result<(), XlsxError> {
    sheet.set_name("三库一单")?;
    let format = header_format();
    let group = Format::new().set_bold().set_background_color(Color::RGB(0xDD_E8_F3));
    let spans: Vec<(i32, i32)> = projects.iter().filter_map(quarters).collect();
    let first = spans.iter().map(|s| s.0).min().unwrap_or(0).div_euclid(4) * 4;
    let last = spans
        .iter()
        .map(|s| s.1)
        .max()
        .unwrap_or(-1)
        .min(first + MAX_YEARS * 4 - 1);
    let bars = LIST_COLUMNS.len() as u16;
    for (column, (title, width)) in (0_u16..).zip(LIST_COLUMNS) {
        sheet.merge_range(0, column, 1, column, title, &format)?;
        sheet.set_column_width(column, width)?;
    }
    for (column, quarter) in (bars..).zip(first..=last) {
        if quarter.rem_euclid(4) == 0 {
            let end = column + u16::try_from((last - quarter).min(3)).unwrap_or(3);
            let title = format!("{}年", quarter.div_euclid(4));
            if end > column {
                sheet.merge_range(0, column, 0, end, &title, &format)?;
            } else {
                sheet.write_string_with_format(0, column, &title, &format)?;
            }
        }
        sheet.write_string_with_format(1, column, format!("{}季", quarter.rem_euclid(4) + 1), &format)?;
        sheet.set_column_width(column, 4.0)?;
    }
    let mut row = 2;
    for library in ["储备库", "实施库", "竣工库", "未入库"] {
        let members: Vec<&Project> = projects
            .iter()
            .filter(|p| p.library.as_deref().unwrap_or("未入库") == library)
            .collect();
        if members.is_empty() {
            continue;
        }
        let total: f64 = members.iter().filter_map(|p| p.record.investment_cny).sum();
        let title = format!("{library}  {} 项  总投资 {:.2} 亿元", members.len(), total / 1e8);
        sheet.merge_range(row, 0, row, bars - 1, &title, &group)?;
        row += 1;
        for (number, project) in (1_u32..).zip(members) {
            list_row(sheet, row, number, project)?;
            if let Some((start, end)) = quarters(project) {
                bar(sheet, row, project, start.max(first)..=end.min(last), first)?;
            }
            row += 1;
        }
    }
    sheet.set_freeze_panes(2, 2)?;
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn list_row(sheet: &mut Worksheet, row: u32, number: u32, project: &Project) -> Result<(), XlsxError> {
    let record = &project.record;
    let text = |value: &Option<String>| value.clone().map_or(Value::Null, Value::from);
    let span = format!(
        "{} — {}",
        record.start_on.as_deref().unwrap_or(""),
        record.finish_on.as_deref().unwrap_or("")
    );
    let cells = [
        number.into(),
        record.name.clone().into(),
        text(&record.town_office),
        text(&record.class),
        text(&record.way),
        text(&record.stage),
        text(&record.exit),
        text(&record.progress),
        record.investment_cny.map_or(Value::Null, |cny| (cny / 1e4).into()),
        (record.done_cny() / 1e4).into(),
        text(&record.responsible_unit),
        if span.len() > 5 { span.into() } else { Value::Null },
    ];
    for (column, cell) in (0_u16..).zip(&cells) {
        write(sheet, row, column, cell)?;
    }
    Ok(())
}

/// Cells of the quarters in which works go on, in the colour of the progress.
fn bar(
    sheet: &mut Worksheet,
    row: u32,
    project: &Project,
    quarters: std::ops::RangeInclusive<i32>,
    first: i32,
) -> Result<(), XlsxError> {
    let rgb = match project.record.progress.as_deref() {
        Some("延误") => 0xF0_AD_4E,
        Some("严重滞后") => 0xD9_53_4F,
        _ => 0x5B_9B_D5,
    };
    let format = Format::new().set_background_color(Color::RGB(rgb));
    for quarter in quarters {
        let column = LIST_COLUMNS.len() as u16 + u16::try_from(quarter - first).unwrap_or_default();
        sheet.write_blank(row, column, &format)?;
    }
    Ok(())
}
