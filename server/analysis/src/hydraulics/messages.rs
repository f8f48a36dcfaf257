//! EPANET's codes in words, and the element that its report names.

use crate::indicators::Text;

/// What a code means. Codes are those of EPANET's `errors.dat`; the words are ours.
pub(super) fn of(code: i32) -> Text {
    let (zh, en) = match code {
        1 => ("未达到平衡", "the hydraulics did not balance"),
        2 => ("可能不稳定", "the hydraulics may be unstable"),
        3 => ("有节点与水源断开", "nodes are cut off from every source"),
        4 => ("水泵超出其曲线范围", "a pump runs outside its curve"),
        5 => ("阀门不能给出设定值", "a valve cannot hold its setting"),
        6 => ("出现负压", "there are negative pressures"),
        101 => ("内存不足", "not enough memory"),
        110 => ("水力方程无解", "the hydraulic equations cannot be solved"),
        120 => ("水龄方程无解", "the equations of water age cannot be solved"),
        200 => ("管网文件有错误", "the network file has errors"),
        201 => ("语法错误", "syntax error"),
        202 => ("数值不合法", "illegal number"),
        203 => ("引用了不存在的节点", "a node is named that is not there"),
        204 => ("引用了不存在的管段", "a link is named that is not there"),
        205 => ("引用了不存在的时间模式", "a pattern is named that is not there"),
        206 => ("引用了不存在的曲线", "a curve is named that is not there"),
        207 => (
            "不能控制止回阀管段或通用阀",
            "a check valve or general valve cannot be controlled",
        ),
        208 => ("压力驱动的压力界限不合法", "illegal limits of pressure-driven demand"),
        209 => ("节点数值不合法", "illegal value of a node"),
        211 => ("管段数值不合法", "illegal value of a link"),
        213 => ("选项的值不合法", "illegal value of an option"),
        214 => ("行过长", "line too long"),
        215 => ("编号重复", "the id is there twice"),
        216 => ("引用了不存在的水泵", "a pump is named that is not there"),
        219 => ("阀门不得直接连接水池", "a valve may not join a tank"),
        220 => ("两个阀门不得这样相连", "two valves may not be joined like this"),
        221 => ("规则语句位置错误", "a clause of a rule is out of place"),
        222 => ("管段起点与终点相同", "a link has the same node at both ends"),
        223 => ("节点太少", "there are not enough nodes"),
        224 => ("没有水源（水库或水池）", "there is no tank and no reservoir"),
        225 => ("水池的水位上下限不合法", "illegal levels of a tank"),
        226 => ("水泵没有曲线也没有功率", "a pump has neither a curve nor a power"),
        227 => ("水泵曲线不合法", "illegal curve of a pump"),
        230 => ("曲线的横坐标没有递增", "the x-values of a curve do not ascend"),
        231 => ("曲线没有数据", "a curve has no points"),
        232 => ("时间模式没有数据", "a pattern has no multipliers"),
        233 | 234 => ("节点没有连接任何管段", "a node is joined to no link"),
        252 => ("编号不合法", "illegal id"),
        299 => ("没有这个段", "there is no such section"),
        302..=309 => ("临时文件不可用", "a temporary file cannot be used"),
        _ => ("未知错误", "unknown error"),
    };
    Text::new(zh, en)
}

/// Name of a kind of element in Chinese.
pub(super) fn kind_zh(kind: &str) -> &'static str {
    match kind {
        "junction" => "节点",
        "node" => "节点",
        "reservoir" => "水源",
        "tank" => "水池",
        "pipe" => "管段",
        "link" => "管段",
        "pump" => "水泵",
        "valve" => "阀门",
        "pattern" => "时间模式",
        "curve" => "曲线",
        _ => "要素",
    }
}

pub(super) fn named_en(element: &Option<String>) -> String {
    element.as_ref().map_or_else(String::new, |id| format!(" (at {id})"))
}

pub(super) fn named_zh(element: &Option<String>) -> String {
    element.as_ref().map_or_else(String::new, |id| format!("（{id}）"))
}

/// One error of EPANET's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) code: i32,
    /// Id of the element: the first word of the echoed line, or the last of the message.
    pub(super) element: Option<String>,
}

/// Errors in EPANET's report, in order.
///
/// A syntax error is a line `Error 202: … in [PIPES] section:` with the line of the file under it; an error of the
/// whole network ends in the id.
pub(super) fn reported(report: &str) -> Vec<Reported> {
    let lines: Vec<&str> = report.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut found = vec![];
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = line.find("Error ").and_then(|start| line.get(start + 6..)) else {
            continue;
        };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let Ok(code) = digits.parse::<i32>() else { continue };
        // the sum of all the others
        if code == 200 && !found.is_empty() {
            continue;
        }
        let echoed = lines.get(at + 1).filter(|_| line.ends_with("section:"));
        let element = match echoed {
            Some(next) => next.split_whitespace().next().map(str::to_owned),
            None => named_in(code, rest),
        };
        found.push(Reported { code, element });
    }
    found
}

/// The id of a consistency error, which is its last word; `None` when there is no other word than the message's.
fn named_in(code: i32, text: &str) -> Option<String> {
    matches!(code, 225..=234)
        .then(|| text.split_whitespace().next_back())
        .flatten()
        .map(str::to_owned)
}

/// The node or valve that made the equations unsolvable, from the report of a run.
pub(super) fn ill_conditioned(report: &str) -> Option<String> {
    let line = report.lines().rev().find(|line| line.contains("ill-condition"))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| matches!(*word, "node" | "Valve"))?;
    words.get(at + 1).map(|id| (*id).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_found_in_the_report() {
        let report = "  Input Error 202: illegal numeric value -5 in [PIPES] section:\n  p1 a b -5 100 100\n\n  Error 200: one or more errors in input file\n";
        let found = reported(report);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].element.as_deref()), (202, Some("p1")));
        let found = reported("  Error 234: network has an unconnected node with ID:  12\n");
        assert_eq!(found[0].element.as_deref(), Some("12"));
        assert!(reported("nothing wrong").is_empty());
        let run = "   0:00:00 hrs: System ill-conditioned at node J7\n";
        assert_eq!(ill_conditioned(run).as_deref(), Some("J7"));
    }
}
