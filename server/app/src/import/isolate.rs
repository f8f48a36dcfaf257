//! Readers of hostile formats run in a child process of the same program, with limits on memory and time.
//!
//! The child (`chengjing ifc-worker FILE`) limits itself before it opens the file and writes frames to its standard
//! output: a little-endian `u32` length and that many bytes of postcard. A stream that stops in the middle is no error
//! of the import: what arrived stays, and the report says what became of the child.

use super::ImportOptions;
use city_model::{Attributes, Crs, Feature, FeatureClass, HeightGrid, Lifespan, LodGeometry, Report};
use city_sources::{DatasetInfo, FeatureSink, Format, ReadOptions, SinkError, SourceError};
use serde::{Deserialize, Serialize};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Largest frame that is accepted: one feature.
const MAX_FRAME_BYTES: u32 = 512 << 20;

/// Limits of a child process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsolationLimits {
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Wall-clock time, seconds; processor time is limited to twice that.
    pub wall_secs: u64,
}

impl Default for IsolationLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 6 << 30,
            wall_secs: 600,
        }
    }
}

/// One frame of the child's stream.
#[derive(Debug, Serialize, Deserialize)]
enum Frame {
    Begin {
        crs: Option<Crs>,
        title: Option<String>,
        attribution: Option<String>,
        licence: Option<String>,
    },
    Feature(Box<WireFeature>),
    Terrain(HeightGrid),
    /// The last frame: the report as JSON and, when the file is unusable, why.
    Done {
        report_json: String,
        error: Option<String>,
    },
}

/// A feature on the pipe; attributes as JSON text, since postcard cannot hold values of any type.
#[derive(Debug, Serialize, Deserialize)]
struct WireFeature {
    id: String,
    class: FeatureClass,
    layer: String,
    parent: Option<String>,
    lifespan: Lifespan,
    attributes_json: String,
    geometry: LodGeometry,
}

/// What the child must know of the options.
#[derive(Debug, Default, Serialize, Deserialize)]
struct WireOptions {
    default_crs: Option<Crs>,
    override_crs: Option<Crs>,
    layer: Option<String>,
    attribution: Option<String>,
}

/// Reads a file in a child process.
pub(super) fn read_isolated(
    path: &Path,
    options: &ReadOptions,
    limits: &IsolationLimits,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let io = SourceError::io(path);
    let wire = WireOptions {
        default_crs: options.default_crs.clone(),
        override_crs: options.override_crs.clone(),
        layer: options.layer.clone(),
        attribution: options.attribution.clone(),
    };
    let mut command = Command::new(std::env::current_exe().map_err(io)?);
    command
        .arg("ifc-worker")
        .arg(path)
        .args(["--memory-bytes", &limits.memory_bytes.to_string()])
        .args(["--cpu-secs", &(limits.wall_secs.saturating_mul(2)).to_string()])
        .args([
            "--options",
            &serde_json::to_string(&wire).map_err(|err| io(err.into()))?,
        ]);
    run_child(command, path, limits, sink, report)
}

/// Runs a command that writes frames, forwards them, and ends it when its time is over.
fn run_child(
    mut command: Command,
    path: &Path,
    limits: &IsolationLimits,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let io = SourceError::io(path);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(io)?;
    let Some(stdout) = child.stdout.take() else {
        return Err(io(std::io::Error::other("the child has no output")));
    };
    let (done, is_done) = channel::<()>();
    let wall = Duration::from_secs(limits.wall_secs);
    // waits for the end of the stream or of the time, whichever comes first; killing closes the pipe
    let watchdog = std::thread::spawn(move || -> (Child, bool) {
        let timed_out = matches!(is_done.recv_timeout(wall), Err(RecvTimeoutError::Timeout));
        if let Err(err) = child.kill() {
            tracing::debug!(%err, "child had ended");
        }
        (child, timed_out)
    });
    let mut features = 0;
    let forwarded = forward(&mut BufReader::with_capacity(1 << 20, stdout), sink, &mut features);
    let finished = matches!(forwarded, Ok(Some(_)));
    if finished {
        // an orderly child ends by itself right after its last frame
        tracing::debug!(features, "child finished");
    }
    drop(done);
    let (mut child, timed_out) = watchdog
        .join()
        .map_err(|_| io(std::io::Error::other("the watchdog of the child panicked")))?;
    let status = child.wait().map_err(io)?;
    let malformed = |reason: String| SourceError::malformed("IFC", path, "child process", reason);
    match forwarded {
        Ok(Some((child_report, error))) => {
            report.merge(child_report);
            match error {
                Some(reason) if features == 0 => Err(malformed(reason)),
                Some(reason) => {
                    report.error("import/isolated", None, None, reason);
                    Ok(())
                }
                None => Ok(()),
            }
        }
        Ok(None) | Err(ForwardError::Stream(_)) => {
            let reason = if timed_out {
                format!("reading took more than {} s and was stopped", limits.wall_secs)
            } else {
                format!(
                    "the reader ended before it was done ({}); it may use {} MiB",
                    describe(status),
                    limits.memory_bytes >> 20
                )
            };
            if features == 0 {
                return Err(malformed(reason));
            }
            report.error(
                "import/isolated",
                None,
                None,
                format!("{reason}; {features} features had arrived and are kept"),
            );
            Ok(())
        }
        Err(ForwardError::Sink(source)) => Err(SourceError::Sink {
            path: path.to_owned(),
            source,
        }),
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        _ => "unknown end".to_owned(),
    }
}

enum ForwardError {
    Stream(
        #[allow(
            dead_code,
            reason = "kept for the debugger: the report names the child's end instead"
        )]
        String,
    ),
    Sink(SinkError),
}

/// Forwards frames until the last one; `None` when the stream ends before it.
fn forward(
    stream: &mut impl Read,
    sink: &mut dyn FeatureSink,
    features: &mut u64,
) -> Result<Option<(Report, Option<String>)>, ForwardError> {
    let mut buffer = Vec::new();
    loop {
        let mut length = [0; 4];
        if stream.read_exact(&mut length).is_err() {
            return Ok(None);
        }
        let length = u32::from_le_bytes(length);
        if length > MAX_FRAME_BYTES {
            return Err(ForwardError::Stream(format!("a frame of {length} bytes")));
        }
        buffer.clear();
        // grows with what arrives, not with what is promised
        let read = stream.by_ref().take(u64::from(length)).read_to_end(&mut buffer);
        if !read.is_ok_and(|n| n == length as usize) {
            return Ok(None);
        }
        match postcard::from_bytes(&buffer).map_err(|err| ForwardError::Stream(err.to_string()))? {
            Frame::Begin {
                crs,
                title,
                attribution,
                licence,
            } => {
                sink.begin(&DatasetInfo {
                    crs,
                    title,
                    attribution,
                    licence,
                })
                .map_err(ForwardError::Sink)?;
            }
            Frame::Feature(wire) => {
                *features += 1;
                sink.feature(wire.into_feature()).map_err(ForwardError::Sink)?;
            }
            Frame::Terrain(grid) => sink.terrain(grid).map_err(ForwardError::Sink)?,
            Frame::Done { report_json, error } => {
                let report = serde_json::from_str(&report_json).map_err(|err| ForwardError::Stream(err.to_string()))?;
                return Ok(Some((report, error)));
            }
        }
    }
}

impl WireFeature {
    fn new(feature: Feature) -> Result<Self, SinkError> {
        let attributes_json = serde_json::to_string(&feature.attributes).map_err(|err| SinkError(err.to_string()))?;
        let Feature {
            id,
            class,
            layer,
            geometry,
            lifespan,
            parent,
            ..
        } = feature;
        Ok(Self {
            id,
            class,
            layer,
            parent,
            lifespan,
            attributes_json,
            geometry,
        })
    }

    fn into_feature(self) -> Feature {
        let mut feature = Feature::new(self.id, self.class, self.layer);
        feature.parent = self.parent;
        feature.lifespan = self.lifespan;
        feature.geometry = self.geometry;
        // the child wrote it with the same library; a broken object loses attributes, not the feature
        feature.attributes = serde_json::from_str::<Attributes>(&self.attributes_json).unwrap_or_default();
        feature
    }
}

/// Writes what a reader gives as frames.
struct FrameSink<W: Write> {
    out: W,
}

impl<W: Write> FrameSink<W> {
    fn send(&mut self, frame: &Frame) -> Result<(), SinkError> {
        let bytes = postcard::to_stdvec(frame).map_err(|err| SinkError(err.to_string()))?;
        let length = u32::try_from(bytes.len()).ok().filter(|n| *n <= MAX_FRAME_BYTES);
        let length = length.ok_or_else(|| SinkError(format!("a feature of {} bytes is too large", bytes.len())))?;
        self.out
            .write_all(&length.to_le_bytes())
            .and_then(|()| self.out.write_all(&bytes))
            .map_err(|err| SinkError(err.to_string()))
    }
}

impl<W: Write> FeatureSink for FrameSink<W> {
    fn begin(&mut self, info: &DatasetInfo) -> Result<(), SinkError> {
        let DatasetInfo {
            crs,
            title,
            attribution,
            licence,
        } = info.clone();
        self.send(&Frame::Begin {
            crs,
            title,
            attribution,
            licence,
        })
    }

    fn feature(&mut self, feature: Feature) -> Result<(), SinkError> {
        self.send(&Frame::Feature(Box::new(WireFeature::new(feature)?)))
    }

    fn terrain(&mut self, grid: HeightGrid) -> Result<(), SinkError> {
        self.send(&Frame::Terrain(grid))
    }
}

/// The child's side: reads `path` under limits and writes frames to `out`.
///
/// # Errors
/// When the limits cannot be set or the parent no longer reads.
pub fn run_worker(
    path: &Path,
    options_json: &str,
    memory_bytes: u64,
    cpu_secs: u64,
    out: impl Write,
) -> std::io::Result<()> {
    crate::process::limit_self(memory_bytes, cpu_secs)?;
    let wire: WireOptions = serde_json::from_str(options_json)?;
    let options = ReadOptions {
        default_crs: wire.default_crs,
        override_crs: wire.override_crs,
        layer: wire.layer,
        attribution: wire.attribution,
        ..ImportOptions::default().read_options()
    };
    let mut sink = FrameSink {
        out: BufWriter::with_capacity(1 << 20, out),
    };
    let mut report = Report::new(path.display().to_string());
    let result = city_sources::read_as(Format::Ifc, path, &options, &mut sink, &mut report);
    let done = Frame::Done {
        report_json: serde_json::to_string(&report)?,
        error: result.err().map(|err| err.to_string()),
    };
    sink.send(&done).map_err(|err| std::io::Error::other(err.0))?;
    sink.out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_sources::MemorySink;

    fn frames(features: usize, done: bool) -> Vec<u8> {
        let mut sink = FrameSink { out: Vec::new() };
        sink.begin(&DatasetInfo {
            crs: Some(Crs::wgs84()),
            ..DatasetInfo::default()
        })
        .unwrap();
        for i in 0..features {
            let mut feature = Feature::new(format!("wall-{i}"), FeatureClass::BuildingElement, "ifc");
            feature
                .attributes
                .insert("Pset".to_owned(), serde_json::json!({"fire": [1, null, "R30"]}));
            sink.feature(feature).unwrap();
        }
        if done {
            sink.send(&Frame::Done {
                report_json: serde_json::to_string(&Report::new("x")).unwrap(),
                error: None,
            })
            .unwrap();
        }
        sink.out
    }

    fn run(script: &str, limits: IsolationLimits) -> (MemorySink, Report, Result<(), SourceError>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut sink = MemorySink::default();
        let mut report = Report::new("x");
        let result = run_child(command, Path::new("model.ifc"), &limits, &mut sink, &mut report);
        (sink, report, result)
    }

    #[test]
    fn a_whole_stream_arrives_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("frames");
        std::fs::write(&path, frames(3, true)).unwrap();
        let (sink, report, result) = run(&format!("cat {}", path.display()), IsolationLimits::default());
        result.unwrap();
        assert_eq!(sink.features.len(), 3);
        assert_eq!(sink.features[2].attributes["Pset"]["fire"][2], "R30");
        assert_eq!(report.issues, []);
    }

    #[test]
    fn a_stream_that_breaks_off_keeps_what_arrived() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("frames");
        let bytes = frames(3, false);
        std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        let (sink, report, result) = run(
            &format!("cat {}; kill -9 $$", path.display()),
            IsolationLimits::default(),
        );
        result.unwrap();
        assert_eq!(sink.features.len(), 2);
        assert!(
            report.issues[0].message.contains("2 features had arrived"),
            "{}",
            report.issues[0]
        );
    }

    #[test]
    fn a_child_that_never_ends_is_ended() {
        let limits = IsolationLimits {
            wall_secs: 1,
            ..IsolationLimits::default()
        };
        let (_, _, result) = run("exec tail -f /dev/null", limits);
        assert!(result.unwrap_err().to_string().contains("more than 1 s"));
    }

    #[test]
    fn nonsense_on_the_pipe_is_an_error_not_a_panic() {
        for script in [
            "printf '\\377\\377\\377\\377'",
            "printf '\\004\\000\\000\\000abcd'",
            "true",
            "exit 3",
            "head -c 100000 /dev/zero",
        ] {
            let (_, _, result) = run(script, IsolationLimits::default());
            assert!(
                matches!(result, Err(SourceError::Malformed { .. })),
                "{script}: {result:?}"
            );
        }
    }
}
