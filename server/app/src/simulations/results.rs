//! Results on disk: `results/{key}/`, written beside and renamed, so that a result is there as a whole or not at all.

use super::ask::Asked;
use super::canvas::Canvas;
use super::wire;
use crate::indicators::{ScenarioAnswer, scenario_answer};
use crate::partial;
use analysis::Outcome;
use analysis::indicators::Text;
use analysis::outcome::{Figure, Layer, Legend, Look, Method, Note, Shape, Table, Verdict};
use city_model::overlay::Overlay;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const BEGUN: &str = "begun.json";
const OUTCOME: &str = "outcome.json";

/// A result as the interface shows it; the bulk of its layers is fetched apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeAnswer {
    /// Name of the result: the same question has the same.
    pub key: String,
    /// Simulation.
    pub simulation: String,
    /// Title of the simulation.
    pub title: Text,
    /// What was looked at.
    pub scenario: ScenarioAnswer,
    /// Name of the area.
    pub area: String,
    /// Revision of the city.
    pub city_revision: u64,
    /// Parameters, defaults included.
    pub params: Value,
    /// Layers.
    pub layers: Vec<LayerAnswer>,
    /// Findings.
    pub verdicts: Vec<Verdict>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Figures of the whole.
    pub figures: Vec<Figure>,
    /// Assumptions and lacks.
    pub notes: Vec<Note>,
    /// How it was found.
    pub method: Method,
}

impl OutcomeAnswer {
    /// Describes what a kernel found.
    pub fn of(asked: &Asked, outcome: &Outcome) -> Self {
        Self {
            key: asked.key.clone(),
            simulation: asked.simulation.name().to_owned(),
            title: asked.simulation.title(),
            scenario: scenario_answer(&asked.view),
            area: asked.area.name.clone(),
            city_revision: asked.city_revision,
            params: asked.params.clone(),
            layers: outcome.layers.iter().map(LayerAnswer::of).collect(),
            verdicts: outcome.verdicts.clone(),
            tables: outcome.tables.clone(),
            figures: outcome.figures.clone(),
            notes: outcome.notes.clone(),
            method: outcome.method.clone(),
        }
    }
}

/// A layer without its bulk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerAnswer {
    /// Stable key.
    pub key: String,
    /// Title.
    pub title: Text,
    /// Unit.
    pub unit: String,
    /// Legend.
    pub legend: Legend,
    /// Steps.
    pub times_s: Vec<f64>,
    /// `grid`, `features`, `patches`, `lines` or `areas`.
    pub shape: String,
    /// Values a step.
    pub count: usize,
    /// Least and greatest value; `None` without any.
    pub range: Option<[f32; 2]>,
    /// Error of the method.
    pub error: Option<f64>,
    /// What it looks like.
    pub look: Look,
}

impl LayerAnswer {
    /// Describes a layer.
    pub fn of(layer: &Layer) -> Self {
        let finite = || layer.values.iter().copied().filter(|v| v.is_finite());
        let range = finite().reduce(f32::min).zip(finite().reduce(f32::max));
        Self {
            key: layer.key.clone(),
            title: layer.title.clone(),
            unit: layer.unit.clone(),
            legend: layer.legend.clone(),
            times_s: layer.times_s.clone(),
            shape: match layer.shape {
                Shape::Grid { .. } => "grid",
                Shape::Features { .. } => "features",
                Shape::Patches { .. } => "patches",
                Shape::Lines { .. } => "lines",
                Shape::Areas { .. } => "areas",
            }
            .to_owned(),
            count: layer.shape.len(),
            // a sum of nothing may be -0, which nobody wants to read
            range: range.map(|(least, greatest)| [least + 0.0, greatest + 0.0]),
            error: layer.error,
            look: layer.look,
        }
    }
}

/// The results of a city.
#[derive(Debug, Clone)]
pub struct Results {
    root: PathBuf,
    interrupted: Vec<Begun>,
}

/// A job whose result is not there yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Name of the result.
    pub key: String,
    /// Simulation.
    pub simulation: String,
    /// Scenario and its revision.
    pub scenario: (String, u64),
}

impl Results {
    /// Of a city's folder; what an ended process left half-written is removed, not what a running one writes.
    pub fn open(city: &Path) -> Self {
        let root = city.join("results");
        let mut interrupted = vec![];
        for entry in fs::read_dir(&root).into_iter().flatten().flatten() {
            if !partial::is_left(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let told = fs::read(entry.path().join(BEGUN)).ok();
            interrupted.extend(told.and_then(|bytes| serde_json::from_slice(&bytes).ok()));
            if let Err(err) = fs::remove_dir_all(entry.path()) {
                tracing::warn!(%err, path = %entry.path().display(), "a half-written result stays");
            }
        }
        Self { root, interrupted }
    }

    /// Jobs that ended with their process before their results were whole.
    pub fn interrupted(&self) -> &[Begun] {
        &self.interrupted
    }

    /// Notes that a job has begun, so that a next process can tell if this one ends before it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin(&self, job: &Begun) -> io::Result<()> {
        let partial = self.root.join(partial::name(&job.key));
        fs::create_dir_all(&partial)?;
        fs::write(partial.join(BEGUN), serde_json::to_vec(job)?)
    }

    /// Takes back what [`Results::begin`] noted of a job that ended without a result.
    pub fn abandon(&self, key: &str) {
        let partial = self.root.join(partial::name(key));
        if let Err(err) = fs::remove_dir_all(&partial)
            && err.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%err, path = %partial.display(), "a half-written result stays");
        }
    }

    /// A result that is there.
    pub fn find(&self, key: &str) -> Option<ResultFolder> {
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_hexdigit());
        let path = self.root.join(key);
        (is_key && path.join(OUTCOME).exists()).then_some(ResultFolder { path })
    }

    /// Writes a result.
    ///
    /// # Errors
    /// When the disk refuses, or a layer cannot be sent.
    pub fn save(&self, answer: &OutcomeAnswer, outcome: &Outcome, canvas: &Canvas<'_>) -> io::Result<ResultFolder> {
        let path = self.root.join(&answer.key);
        let partial = self.root.join(partial::name(&answer.key));
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(&partial)?;
        for layer in &outcome.layers {
            let bytes = postcard::to_stdvec(layer).map_err(io::Error::other)?;
            fs::write(
                partial.join(file(&layer.key, "layer")),
                zstd::encode_all(bytes.as_slice(), 1)?,
            )?;
            fs::write(
                partial.join(file(&layer.key, "cjov.gz")),
                overlay_bytes(layer, 0, canvas)?,
            )?;
        }
        fs::write(partial.join(OUTCOME), serde_json::to_vec(answer)?)?;
        match fs::rename(&partial, &path) {
            Ok(()) => {}
            // another process was quicker with the same result
            Err(_) if path.join(OUTCOME).exists() => fs::remove_dir_all(&partial)?,
            Err(err) => return Err(err),
        }
        Ok(ResultFolder { path })
    }
}

/// A layer as the viewer draws it.
///
/// # Errors
/// When the layer contradicts itself, or the city cannot be read.
pub(super) fn overlay(layer: &Layer, canvas: &Canvas<'_>) -> io::Result<Overlay> {
    let layer = &*canvas.drawn(layer).map_err(io::Error::other)?;
    let courses = canvas.courses(layer).map_err(io::Error::other)?;
    let ground_m = |place| canvas.ground_m(place);
    wire::overlay(layer, canvas.frame(), &ground_m, &courses).map_err(io::Error::other)
}

/// The same in gzip.
///
/// * `left_out` — places of a difference that only one side has
///
/// # Errors
/// As the overlay of a stored result.
pub fn overlay_bytes(layer: &Layer, left_out: usize, canvas: &Canvas<'_>) -> io::Result<Vec<u8>> {
    let mut overlay = overlay(layer, canvas)?;
    overlay.header.left_out = u32::try_from(left_out).unwrap_or(u32::MAX);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&overlay.encode())?;
    encoder.finish()
}

/// One result.
#[derive(Debug, Clone)]
pub struct ResultFolder {
    path: PathBuf,
}

impl ResultFolder {
    /// Everything but the bulk, as JSON.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn outcome_json(&self) -> io::Result<Vec<u8>> {
        fs::read(self.path.join(OUTCOME))
    }

    /// Everything but the bulk.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn outcome(&self) -> io::Result<OutcomeAnswer> {
        Ok(serde_json::from_slice(&self.outcome_json()?)?)
    }

    /// A layer as the viewer draws it, `application/vnd.chengjing.overlay` in gzip; `None` when there is no such layer.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn overlay_gzip(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        absent(fs::read(self.path.join(file(key, "cjov.gz"))))
    }

    /// A layer with its values; `None` when there is no such layer.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn layer(&self, key: &str) -> io::Result<Option<Layer>> {
        let Some(bytes) = absent(fs::read(self.path.join(file(key, "layer"))))? else {
            return Ok(None);
        };
        let bytes = zstd::decode_all(bytes.as_slice())?;
        postcard::from_bytes(&bytes).map(Some).map_err(io::Error::other)
    }
}

fn absent(read: io::Result<Vec<u8>>) -> io::Result<Option<Vec<u8>>> {
    match read {
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// File of a layer; a key from outside becomes a plain name.
fn file(key: &str, extension: &str) -> String {
    let plain: String = key
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
        .collect();
    format!("{plain}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_running_process_writes_stays_and_what_an_ended_one_left_goes() {
        let city = tempfile::tempdir().unwrap();
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let folder = |writer: u32| city.path().join(format!("results/abc-{writer}.partial"));
        let folders = [std::process::id(), ended.id()].map(folder);
        folders.iter().for_each(|path| fs::create_dir_all(path).unwrap());
        let begun = Begun {
            key: "abc".into(),
            simulation: "flood".into(),
            scenario: ("base".into(), 3),
        };
        fs::write(folders[1].join(BEGUN), serde_json::to_vec(&begun).unwrap()).unwrap();
        let results = Results::open(city.path());
        assert_eq!(folders.map(|path| path.exists()), [true, false]);
        assert_eq!(results.interrupted(), &[begun]);
    }
}
