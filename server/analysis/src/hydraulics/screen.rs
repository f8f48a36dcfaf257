//! Lets only such network files through to EPANET's reader as it can take without harm.
//!
//! EPANET's C reader copies words into fixed rooms, splits clock times into three places without counting, writes
//! files that the input names, reads `nan` as a number, and looks beyond its arrays when junctions come after what
//! belongs to tanks or when an id is there twice. What passes here is written anew, word by word and in an order that
//! the reader can follow, without comments and without the sections that hydraulics do not need.

use super::error::HydraulicsError;
use crate::indicators::Text;
use std::collections::HashSet;

/// Words on a line; EPANET drops what comes after.
const MAX_WORDS: usize = 39;
/// Bytes of a word; ids may have 31, EPANET's message buffer holds 255.
const MAX_WORD_BYTES: usize = 64;
/// Bytes of a network file, well above that of any city.
const MAX_FILE_BYTES: usize = 512 << 20;
/// Largest number that is taken; beyond it, conversions to whole seconds overflow.
const MAX_NUMBER: f64 = 1e12;
/// Largest number in sections with times, hours.
const MAX_TIME: f64 = 1e6;

/// Bytes of an id.
const MAX_ID_BYTES: usize = 31;

/// What a section's lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Junctions,
    TanksAndReservoirs,
    Links,
    /// What refers to nodes and links.
    Other,
    /// What refers to them and holds clock times.
    Timed,
    /// Not needed for hydraulics and left out.
    Dropped,
}

/// A section of a network file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Section {
    heading: &'static str,
    part: Part,
    /// Fewest words of a line that EPANET's reader may be given.
    min_words: usize,
}

const fn section(heading: &'static str, part: Part, min_words: usize) -> Section {
    Section {
        heading,
        part,
        min_words,
    }
}

/// All sections of EPANET 2.3.
const SECTIONS: &[Section] = &[
    section("[TITLE]", Part::Dropped, 0),
    section("[JUNCTIONS]", Part::Junctions, 2),
    section("[RESERVOIRS]", Part::TanksAndReservoirs, 2),
    section("[TANKS]", Part::TanksAndReservoirs, 2),
    section("[PIPES]", Part::Links, 6),
    section("[PUMPS]", Part::Links, 3),
    section("[VALVES]", Part::Links, 6),
    section("[CONTROLS]", Part::Timed, 6),
    section("[RULES]", Part::Timed, 1),
    section("[DEMANDS]", Part::Other, 2),
    section("[SOURCES]", Part::Dropped, 0),
    section("[EMITTERS]", Part::Other, 2),
    section("[LEAKAGE]", Part::Other, 3),
    section("[PATTERNS]", Part::Other, 2),
    section("[CURVES]", Part::Other, 3),
    section("[QUALITY]", Part::Dropped, 0),
    section("[STATUS]", Part::Other, 2),
    section("[ROUGHNESS]", Part::Dropped, 0),
    section("[ENERGY]", Part::Dropped, 0),
    section("[REACTIONS]", Part::Dropped, 0),
    section("[MIXING]", Part::Other, 2),
    section("[REPORT]", Part::Dropped, 0),
    section("[TIMES]", Part::Timed, 2),
    section("[OPTIONS]", Part::Other, 1),
    section("[COORDINATES]", Part::Other, 3),
    section("[VERTICES]", Part::Other, 3),
    section("[LABELS]", Part::Dropped, 0),
    section("[BACKDROP]", Part::Dropped, 0),
    section("[TAGS]", Part::Dropped, 0),
];

/// Options that name files or the kind of water quality, which we set.
const DROPPED_OPTIONS: &[&str] = &["HYDR", "MAP", "VERI", "QUAL"];

/// A file that EPANET may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Screened {
    /// The file, written anew.
    pub(super) bytes: Vec<u8>,
    /// Line of the original for each line of it.
    pub(super) lines: Vec<usize>,
}

/// A line that is kept.
struct Line<'a> {
    section: &'static Section,
    number: usize,
    words: Vec<&'a [u8]>,
}

/// Checks a network file and writes it anew.
///
/// * `has_age` — asks EPANET for water age
///
/// # Errors
/// [`HydraulicsError::Line`] with the first line that cannot be taken.
pub(super) fn screen(file: &[u8], has_age: bool) -> Result<Screened, HydraulicsError> {
    if file.len() > MAX_FILE_BYTES {
        return Err(HydraulicsError::TooLarge {
            needed: file.len() as u64,
            allowed: MAX_FILE_BYTES as u64,
        });
    }
    let mut lines = kept_lines(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file))?;
    if lines.is_empty() {
        return Err(HydraulicsError::Line {
            line: 1,
            section: String::new(),
            reason: Text::new("文件中没有管网", "there is no network in the file"),
        });
    }
    refuse_doubles(&lines)?;
    // stable: what is in one part stays in the order of the file
    lines.sort_by_key(|line| line.section.part.min(Part::Other));
    let mut out = Screened {
        bytes: Vec::with_capacity(file.len() / 2),
        lines: vec![],
    };
    let mut heading = "";
    for line in &lines {
        if heading != line.section.heading {
            heading = line.section.heading;
            push(&mut out, line.number, &[heading.as_bytes()]);
        }
        push(&mut out, line.number, &line.words);
    }
    if has_age {
        push(&mut out, 0, &[b"[OPTIONS]"]);
        push(&mut out, 0, &[b"QUALITY", b"AGE"]);
    }
    push(&mut out, 0, &[b"[END]"]);
    Ok(out)
}

/// Lines of the sections that are needed, checked.
fn kept_lines(file: &[u8]) -> Result<Vec<Line<'_>>, HydraulicsError> {
    let mut lines = vec![];
    let mut section: Option<&'static Section> = None;
    for (index, raw) in file.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let refuse = |reason: Text| HydraulicsError::Line {
            line: number,
            section: section.map_or_else(String::new, |s| s.heading.to_owned()),
            reason,
        };
        if raw.contains(&0) {
            return Err(refuse(Text::new(
                "含有零字节，不是文本",
                "holds a zero byte, it is no text",
            )));
        }
        let code = raw.split(|byte| *byte == b';').next().unwrap_or_default();
        let words: Vec<&[u8]> = code
            .split(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
            .filter(|word| !word.is_empty())
            .collect();
        let Some(first) = words.first() else { continue };
        if first.starts_with(b"[") {
            if is_start_of(b"[END", first) {
                break;
            }
            let found = SECTIONS.iter().find(|s| is_heading(s.heading.as_bytes(), first));
            section = Some(found.ok_or_else(|| {
                let name = shown(first);
                refuse(Text::new(
                    format!("没有段 {name}"),
                    format!("there is no section {name}"),
                ))
            })?);
            continue;
        }
        let Some(section) = section else {
            return Err(refuse(Text::new("在第一个段之前", "comes before the first section")));
        };
        let is_dropped_option =
            section.heading == "[OPTIONS]" && DROPPED_OPTIONS.iter().any(|name| is_start_of(name.as_bytes(), first));
        if section.part == Part::Dropped || is_dropped_option {
            continue;
        }
        check(section, &words).map_err(refuse)?;
        lines.push(Line { section, number, words });
    }
    Ok(lines)
}

/// Ids of nodes and of links must be there once, and fit.
fn refuse_doubles(lines: &[Line<'_>]) -> Result<(), HydraulicsError> {
    let (mut nodes, mut links) = (HashSet::new(), HashSet::new());
    for line in lines {
        let known = match line.section.part {
            Part::Junctions | Part::TanksAndReservoirs => &mut nodes,
            Part::Links => &mut links,
            _ => continue,
        };
        let Some(id) = line.words.first() else { continue };
        let reason = if id.len() > MAX_ID_BYTES {
            Text::new(
                format!("编号 {} 长于 {MAX_ID_BYTES} 字节", shown(id)),
                format!("the id {} is longer than {MAX_ID_BYTES} bytes", shown(id)),
            )
        } else if known.insert(*id) {
            continue;
        } else {
            Text::new(
                format!("编号 {} 重复", shown(id)),
                format!("the id {} is there twice", shown(id)),
            )
        };
        return Err(HydraulicsError::Line {
            line: line.number,
            section: line.section.heading.to_owned(),
            reason,
        });
    }
    Ok(())
}

/// Writes a line; `line` is that of the original, 0 for none.
fn push(out: &mut Screened, line: usize, words: &[&[u8]]) {
    out.lines.push(line);
    for word in words {
        out.bytes.extend_from_slice(word);
        out.bytes.push(b' ');
    }
    out.bytes.push(b'\n');
}

/// Whether `word` begins with `start`, whatever the case.
fn is_start_of(start: &[u8], word: &[u8]) -> bool {
    word.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Headings may be cut short after four letters, and may lack their closing bracket.
fn is_heading(heading: &[u8], word: &[u8]) -> bool {
    let word = word.strip_suffix(b"]").unwrap_or(word);
    word.len() >= 5 && is_start_of(word, heading)
}

/// A word as it is shown in a message.
fn shown(word: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(word).chars().take(40).collect();
    text.escape_default().to_string()
}

/// Words of a line that EPANET may be given.
fn check(section: &Section, words: &[&[u8]]) -> Result<(), Text> {
    if words.len() > MAX_WORDS {
        return Err(Text::new(
            format!("有 {} 个词，EPANET 只读 {MAX_WORDS} 个", words.len()),
            format!("has {} words, EPANET reads {MAX_WORDS}", words.len()),
        ));
    }
    // too few words lead EPANET to words that are not there; a rule's DISABLED stands alone
    let first = words.first().copied().unwrap_or_default();
    let is_cut_rule = section.heading == "[RULES]" && words.len() == 1 && !is_start_of(b"DISABLED", first);
    if words.len() < section.min_words || is_cut_rule {
        let first = shown(first);
        return Err(Text::new(
            format!("{first} 只有 {} 项，至少需要 {}", words.len(), section.min_words),
            format!(
                "{first} has {} values, at least {} are needed",
                words.len(),
                section.min_words
            ),
        ));
    }
    for word in words {
        check_word(section, word)?;
    }
    Ok(())
}

fn check_word(section: &Section, word: &[u8]) -> Result<(), Text> {
    if word.len() > MAX_WORD_BYTES {
        return Err(Text::new(
            format!("词 {}… 过长", shown(word)),
            format!("the word {}… is too long", shown(word)),
        ));
    }
    if word.iter().any(|byte| *byte == b'"' || byte.is_ascii_control()) {
        return Err(Text::new(
            format!("词 {} 含有引号或控制字符", shown(word)),
            format!("the word {} holds a quote or control character", shown(word)),
        ));
    }
    if section.part == Part::Timed && word.iter().filter(|byte| **byte == b':').count() > 2 {
        return Err(Text::new(
            format!("{} 不是时刻", shown(word)),
            format!("{} is no time", shown(word)),
        ));
    }
    let limit = if section.part == Part::Timed {
        MAX_TIME
    } else {
        MAX_NUMBER
    };
    let number = std::str::from_utf8(word).ok().and_then(|word| word.parse::<f64>().ok());
    match number {
        Some(number) if !number.is_finite() || number.abs() > limit => Err(Text::new(
            format!("数值 {} 不合法", shown(word)),
            format!("{} is no number that can be", shown(word)),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &str) -> (usize, String) {
        match screen(file.as_bytes(), false) {
            Err(HydraulicsError::Line { line, reason, .. }) => (line, reason.en),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_harms_epanet_is_refused_with_its_line() {
        let long = format!("[JUNCTIONS]\n J1 5\n {} 5\n", "x".repeat(600));
        assert_eq!(refused(&long).0, 3);
        assert_eq!(refused("[TIMES]\nDuration 1:2:3:4\n"), (2, "1:2:3:4 is no time".into()));
        assert_eq!(refused("[PIPES]\np a b nan 100 100\n").0, 2);
        assert_eq!(refused("[PIPES]\np a b 1e999 100 100\n").0, 2);
        assert_eq!(
            refused("[PIPES]\np a b\n"),
            (2, "p has 3 values, at least 6 are needed".into())
        );
        assert_eq!(refused("[NOTHING]\n"), (1, "there is no section [NOTHING]".into()));
        assert_eq!(refused("J1 5\n").0, 1);
        assert_eq!(refused("[TIMES]\nDuration \0\n").0, 2);
        assert_eq!(refused("").1, "there is no network in the file");
    }

    #[test]
    fn files_named_by_the_input_are_never_touched() {
        let file = b"[JUNC]\nJ1 5 ; comment\n[OPTIONS]\nHydraulics save /tmp/x\nMAP y\nUnits LPS\n[REPORT]\nFile /tmp/z\n[END]\nrest\n";
        let screened = screen(file, true).unwrap();
        let text = String::from_utf8(screened.bytes).unwrap();
        assert_eq!(
            text,
            "[JUNCTIONS] \nJ1 5 \n[OPTIONS] \nUnits LPS \n[OPTIONS] \nQUALITY AGE \n[END] \n"
        );
        assert_eq!(screened.lines, [2, 2, 6, 6, 0, 0, 0]);
    }

    #[test]
    fn junctions_come_first_and_ids_once() {
        let file = b"[MIXING]\nT mixed\n[TANKS]\nT 5 1 0 2 10 0\n[JUNCTIONS]\nJ1 5";
        let text = String::from_utf8(screen(file, false).unwrap().bytes).unwrap();
        assert_eq!(
            text,
            "[JUNCTIONS] \nJ1 5 \n[TANKS] \nT 5 1 0 2 10 0 \n[MIXING] \nT mixed \n[END] \n"
        );
        assert_eq!(
            refused("[JUNCTIONS]\nA 1\n[TANKS]\nA 5 1 0 2 10 0\n"),
            (4, "the id A is there twice".into())
        );
        assert_eq!(refused("[RULES]\nRULE 1\nPRIORITY\n").0, 3);
    }
}
