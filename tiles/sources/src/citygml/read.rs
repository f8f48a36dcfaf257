//! The event loop: elements in, features out.

use crate::{DatasetInfo, FeatureSink, ReadOptions, SourceError, normalise};
use city_model::{
    Attributes, Crs, Date, Feature, FeatureClass, Footprint, Lifespan, LodGeometry, Report, Shape, attributes,
};
use glam::DVec2;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::PrefixDeclaration;
use serde_json::Value;
use std::io::BufRead;
use std::path::Path;

const FORMAT: &str = "CityGML";
/// Elements may be nested so deep.
const MAX_DEPTH: usize = 64;
/// Coordinates of one feature at most.
const MAX_COORDINATES: usize = 3_000_000;
/// Text of one attribute at most, bytes.
const MAX_TEXT: usize = 1 << 16;
/// What registers write for unknown.
const UNKNOWN: &[&str] = &["不明", "unknown", "Unknown", "-"];

/// Rings of one polygon, outer first.
type Rings = Vec<Vec<DVec2>>;

/// A feature while its elements come.
#[derive(Default)]
struct Open {
    id: Option<String>,
    kind: String,
    /// Depth of its element.
    depth: usize,
    attributes: Attributes,
    polygons: Vec<Rings>,
    num_coordinates: usize,
    trouble: Option<String>,
}

pub(super) struct Run<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    sink: &'a mut dyn FeatureSink,
    report: &'a mut Report,
    /// Local names of the open elements.
    stack: Vec<String>,
    /// Prefix of the `urf` namespace.
    urf_prefix: Option<String>,
    crs: Option<Crs>,
    dimension: usize,
    has_begun: bool,
    open: Option<Open>,
    text: String,
    number: u64,
    passed_over: u64,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        path: &'a Path,
        options: &'a ReadOptions,
        sink: &'a mut dyn FeatureSink,
        report: &'a mut Report,
    ) -> Self {
        Self {
            path,
            options,
            sink,
            report,
            stack: Vec::new(),
            urf_prefix: None,
            crs: options.override_crs.clone(),
            dimension: 3,
            has_begun: false,
            open: None,
            text: String::new(),
            number: 0,
            passed_over: 0,
        }
    }

    pub(super) fn all(mut self, input: impl BufRead) -> Result<(), SourceError> {
        let mut reader = Reader::from_reader(input);
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let at = reader.buffer_position();
            let broken = |reason: String| SourceError::malformed(FORMAT, self.path, format!("byte {at}"), reason);
            let event = reader
                .read_event_into(&mut buffer)
                .map_err(|err| broken(err.to_string()))?;
            match event {
                Event::Start(element) => {
                    if self.stack.len() >= MAX_DEPTH {
                        return Err(broken(format!("elements are nested deeper than {MAX_DEPTH}")));
                    }
                    self.start(&element)?;
                }
                Event::End(_) => self.end()?,
                Event::Text(text) => self.add_text(&text.xml10_content()),
                Event::CData(text) => self.add_text(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let named = match &*reference.xml10_content() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => reference.resolve_char_ref().ok().flatten(),
                    };
                    // other entities are not resolved: they could name files or grow without bound
                    if let Some(character) = named {
                        self.add_text(character.encode_utf8(&mut [0; 4]));
                    }
                }
                Event::Eof => break,
                Event::Empty(element) => {
                    self.start(&element)?;
                    self.end()?;
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        if !self.stack.is_empty() {
            return Err(SourceError::malformed(
                FORMAT,
                self.path,
                "end of file",
                format!("the element {} is not closed", self.stack.join("/")),
            ));
        }
        if self.passed_over > 0 {
            self.report.info(
                "citygml/not-urf",
                None,
                None,
                format!("{} objects of other modules than urf are passed over", self.passed_over),
            );
        }
        Ok(())
    }

    fn add_text(&mut self, text: &str) {
        // coordinates may be long, attributes not
        let is_coordinates = self.stack.last().is_some_and(|name| name == "posList");
        if self.open.is_some() && (is_coordinates || self.text.len() + text.len() <= MAX_TEXT) {
            self.text.push_str(text);
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), SourceError> {
        let local = element.local_name().as_ref().to_owned();
        self.text.clear();
        for attribute in element.attributes().flatten() {
            let value = attribute.value.as_ref();
            if let Some(declared) = attribute.key.as_namespace_binding() {
                if value.contains("/urf/")
                    && let PrefixDeclaration::Named(prefix) = declared
                {
                    self.urf_prefix = Some(prefix.to_owned());
                }
                continue;
            }
            match attribute.key.local_name().as_ref() {
                "srsName" => self.set_crs(value)?,
                "srsDimension" => self.dimension = value.parse().ok().filter(|n| (2..=3).contains(n)).unwrap_or(3),
                _ => {}
            }
        }
        let is_member = self
            .stack
            .last()
            .is_some_and(|name| name == "cityObjectMember" || name == "featureMember");
        if self.open.is_none() && is_member {
            let prefix = element.name().prefix().map(|prefix| prefix.as_ref().to_owned());
            if prefix.is_some() && prefix == self.urf_prefix {
                let id = element
                    .attributes()
                    .flatten()
                    .find(|a| a.key.local_name().as_ref() == "id");
                self.open = Some(Open {
                    id: id.map(|a| a.value.as_ref().to_owned()),
                    kind: local.clone(),
                    depth: self.stack.len(),
                    ..Open::default()
                });
            } else {
                self.passed_over += 1;
            }
        }
        if let Some(open) = &mut self.open
            && local == "Polygon"
        {
            open.polygons.push(Vec::new());
        }
        self.stack.push(local);
        Ok(())
    }

    fn set_crs(&mut self, name: &str) -> Result<(), SourceError> {
        let crs = Crs::parse(name).map_err(|err| SourceError::Crs {
            path: self.path.to_owned(),
            reason: err.to_string(),
        })?;
        if self.options.override_crs.is_some() || self.crs.as_ref() == Some(&crs) {
            return Ok(());
        }
        match (&mut self.open, self.has_begun, &self.crs) {
            // a second system within a file
            (Some(open), _, Some(known)) => {
                open.trouble = Some(format!(
                    "its geometry is in {} and the file in {}",
                    crs.name(),
                    known.name()
                ));
            }
            (_, true, Some(_)) => {}
            _ => self.crs = Some(crs),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), SourceError> {
        let Some(local) = self.stack.pop() else {
            return Ok(());
        };
        let text = std::mem::take(&mut self.text);
        let depth = self.stack.len();
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if depth == open.depth {
            let done = self.open.take().unwrap_or_default();
            return self.finish(done);
        }
        match local.as_str() {
            "posList" => {
                let swaps = self.crs.as_ref().is_some_and(northing_first);
                match ring(&text, self.dimension, swaps) {
                    Ok(points) => {
                        open.num_coordinates += points.len();
                        if open.num_coordinates > MAX_COORDINATES {
                            open.trouble = Some(format!("it has more than {MAX_COORDINATES} coordinates"));
                        } else if let Some(rings) = open.polygons.last_mut() {
                            rings.push(points);
                        }
                    }
                    Err(reason) => open.trouble = Some(reason),
                }
            }
            // text directly below the object
            _ if depth == open.depth + 1 => {
                let text = text.trim();
                if !text.is_empty() && !UNKNOWN.contains(&text) {
                    open.attributes.insert(local, Value::from(text));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, open: Open) -> Result<(), SourceError> {
        self.number += 1;
        let path = self.path;
        let stop = SourceError::sink(path);
        if !self.has_begun {
            self.has_begun = true;
            let crs = self.crs.clone().or_else(|| self.options.default_crs.clone());
            if crs.is_none() {
                return Err(SourceError::Crs {
                    path: path.to_owned(),
                    reason: "the file names no coordinate reference system (srsName)".to_owned(),
                });
            }
            let info = DatasetInfo {
                crs,
                attribution: self.options.attribution.clone(),
                ..DatasetInfo::default()
            };
            self.sink.begin(&info).map_err(stop)?;
        }
        let polygons: Vec<Rings> = open.polygons.into_iter().filter(|rings| !rings.is_empty()).collect();
        let trouble = open
            .trouble
            .or_else(|| polygons.is_empty().then(|| "it has no polygon".to_owned()));
        let id = open.id.unwrap_or_else(|| format!("{}-{}", open.kind, self.number));
        if let Some(reason) = trouble {
            self.report.features_quarantined += 1;
            self.report.error("citygml/geometry", Some(&id), None, reason);
            return Ok(());
        }
        let class = if open.kind.ends_with("Project") {
            FeatureClass::Project
        } else {
            FeatureClass::Zone
        };
        let mut feature = Feature::new(id, class, self.options.layer_for(path));
        feature.attributes = open.attributes;
        feature.lifespan = normalised(&mut feature.attributes, class, &open.kind);
        feature.geometry = LodGeometry::single(
            0,
            Shape::Footprint(Footprint {
                polygons,
                level_z_m: None,
            }),
        );
        self.report.features_read += 1;
        self.sink.feature(feature).map_err(stop)
    }
}

/// Adds the keys that projects and zones have in every format.
fn normalised(attributes: &mut Attributes, class: FeatureClass, kind: &str) -> Lifespan {
    normalise::common(attributes);
    let date = |attributes: &Attributes, key: &str| {
        let date = attributes::text(attributes, key).and_then(|text| Date::parse(&text));
        // the year 1 stands for unknown in these files
        date.filter(|date| (1800..=2200).contains(&date.year()))
    };
    let (from, to) = (date(attributes, "validFrom"), date(attributes, "validTo"));
    if class == FeatureClass::Project {
        if let Some(unit) = attributes::text(attributes, "custodian") {
            attributes.insert("responsible_unit".to_owned(), unit.into());
        }
        for (key, date) in [("year_start", from), ("year_end", to)] {
            if let Some(date) = date {
                attributes.insert(key.to_owned(), date.year().into());
            }
        }
    } else {
        attributes.entry("zone_class").or_insert_with(|| kind.into());
    }
    attributes.entry("urf_kind").or_insert_with(|| kind.into());
    Lifespan { from, to: None }
}

/// True for systems whose first coordinate is latitude or northing: all geographic ones by EPSG, and Japan's plane ones.
fn northing_first(crs: &Crs) -> bool {
    let code: Option<u32> = crs.name().strip_prefix("EPSG:").and_then(|code| code.parse().ok());
    crs.is_geographic() || code.is_some_and(|code| matches!(code, 2443..=2461 | 6669..=6687 | 10162..=10174))
}

/// Points of a `posList`, without the closing one.
fn ring(text: &str, dimension: usize, swaps: bool) -> Result<Vec<DVec2>, String> {
    let mut numbers = text.split_ascii_whitespace().map(|word| {
        word.parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .ok_or_else(|| format!("{:?} is no coordinate", word.chars().take(40).collect::<String>()))
    });
    let mut points = Vec::new();
    while let Some(first) = numbers.next() {
        let first = first?;
        let second = numbers.next().ok_or("a position is incomplete")??;
        for _ in 2..dimension {
            numbers.next().ok_or("a position is incomplete")??;
        }
        points.push(if swaps {
            DVec2::new(second, first)
        } else {
            DVec2::new(first, second)
        });
    }
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    if points.len() < 3 {
        return Err("a ring has fewer than three points".to_owned());
    }
    Ok(points)
}
