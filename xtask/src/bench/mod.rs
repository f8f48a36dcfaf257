//! `cargo xtask bench`: figures of the whole program, beside a peer where there is one.

mod build;
mod desk;
mod indicators;
mod peer_tiler;
mod scenario;
mod serve;
mod simulations;
mod viewer;

use crate::{paths, run, shell, web};
use anyhow::Context as _;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What to measure: build, serve, scenario, indicators, simulations, desk, viewer; all when none is named
    #[arg(value_parser = ["build", "serve", "scenario", "indicators", "simulations", "desk", "viewer"])]
    parts: Vec<String>,
    /// Buildings of the large generated city
    #[arg(long, default_value_t = 100_000)]
    buildings: u32,
    /// Measure a million buildings too (needs some minutes and 6 GB of disk)
    #[arg(long)]
    million: bool,
    /// Run another tiler on the Delft sample too (installs tyler from crates.io)
    #[arg(long)]
    tyler: bool,
    /// Rounds of the viewer comparison
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

/// Parts that measure the program; the others measure examples of crate `analysis`.
const WITH_SERVER: [&str; 5] = ["build", "serve", "scenario", "desk", "viewer"];

/// One line of the table.
pub(crate) struct Row {
    what: String,
    measured: String,
    target: String,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, measured: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            target: target.into(),
        }
    }
}

/// Measures and prints the table.
pub(crate) fn bench(args: &Args) -> anyhow::Result<()> {
    let wanted = |part: &str| args.parts.is_empty() || args.parts.iter().any(|p| p == part);
    if WITH_SERVER.iter().any(|part| wanted(part)) {
        shell::step("server", "cargo build --release -p chengjing", || {
            if !paths::web().join("dist").exists() {
                web::build(&web::Args::default())?;
            }
            run::build_server()
        })?;
    }
    let bench = Bench {
        binary: paths::server_binary(true),
        folder: paths::cache().join("bench"),
    };
    std::fs::create_dir_all(&bench.folder)?;
    let mut rows = vec![];
    let mut outcome = Ok(());
    // what was measured is printed even when a later part fails
    for part in [
        "build",
        "serve",
        "scenario",
        "indicators",
        "simulations",
        "desk",
        "viewer",
    ] {
        if outcome.is_ok() && wanted(part) {
            outcome = match part {
                "build" => build::measure(&bench, args, &mut rows),
                "serve" => serve::measure(&bench, &mut rows),
                "indicators" => indicators::measure(&mut rows),
                "simulations" => simulations::measure(&mut rows),
                "desk" => desk::measure(&bench, &mut rows),
                "scenario" => scenario::measure(&bench, args, &mut rows),
                _ => viewer::measure(&bench, args.rounds, &mut rows),
            };
        }
    }
    print(&rows);
    outcome
}

fn print(rows: &[Row]) {
    println!("\n| what | measured | target |\n|---|---|---|");
    for row in rows {
        println!("| {} | {} | {} |", row.what, row.measured, row.target);
    }
}

/// Where the measured program is and where cities are made.
pub(crate) struct Bench {
    binary: PathBuf,
    folder: PathBuf,
}

/// Time and peak memory of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Wall time, seconds.
    pub(crate) secs: f64,
    /// Greatest resident size, MiB.
    pub(crate) peak_mib: f64,
}

impl Bench {
    /// An empty folder for a city.
    pub(crate) fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        let city = self.folder.join(name);
        if city.exists() {
            std::fs::remove_dir_all(&city)?;
        }
        Ok(city)
    }

    /// A generated city, kept between runs.
    pub(crate) fn kept_demo(&self, buildings: u32) -> anyhow::Result<PathBuf> {
        let city = self.folder.join(format!("kept-{buildings}"));
        if !city.join("tiles/revisions").exists() {
            let city = self.fresh(&format!("kept-{buildings}"))?;
            self.run(&[
                "demo",
                &city.display().to_string(),
                "--buildings",
                &buildings.to_string(),
            ])?;
        }
        Ok(city)
    }

    /// A copy of a kept city, to be written to.
    pub(crate) fn copied_demo(&self, buildings: u32, name: &str) -> anyhow::Result<PathBuf> {
        let (kept, city) = (self.kept_demo(buildings)?, self.fresh(name)?);
        let [from, to] = [&kept, &city].map(|path| path.display().to_string());
        shell::output(&self.folder, "cp", &["-r", &from, &to])?;
        Ok(city)
    }

    /// Runs the program under GNU time; gives its JSON and its cost.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<(Value, Cost)> {
        let notes = self.folder.join("time.txt");
        let output = Command::new("/usr/bin/time")
            .args(["-f", "%e %M", "-o"])
            .arg(&notes)
            .arg(&self.binary)
            .args(arguments)
            .arg("--json")
            .output()
            .context("GNU time is needed (Debian package time)")?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{} failed: {stderr}", arguments.join(" "));
        let text = std::fs::read_to_string(&notes)?;
        let mut numbers = text.split_whitespace().map(str::parse::<f64>);
        let secs = numbers.next().context("GNU time printed nothing")??;
        let peak_mib = numbers.next().context("GNU time printed no memory")?? / 1024.0;
        Ok((serde_json::from_slice(&output.stdout)?, Cost { secs, peak_mib }))
    }

    /// Starts a server on a free port and gives its address; it ends with the value.
    pub(crate) fn serve(&self, city: &Path) -> anyhow::Result<Serving> {
        Serving::start(&self.binary, city)
    }
}

/// A running server, ended when dropped.
pub(crate) struct Serving {
    child: std::process::Child,
    pub(crate) address: String,
}

impl Serving {
    fn start(binary: &Path, city: &Path) -> anyhow::Result<Self> {
        use std::io::{BufRead as _, BufReader};
        let mut child = Command::new(binary)
            .arg("serve")
            .arg(city)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout is piped")?).lines();
        let address = loop {
            let line = lines.next().context("the server ended before it said its address")??;
            if let Some(at) = line.find("http://127.0.0.1:") {
                break line[at..]
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches('/')
                    .to_owned();
            }
        };
        // the pipe stays open for as long as the server writes to it
        std::thread::spawn(move || lines.map_while(Result::ok).count());
        Ok(Self { child, address })
    }

    /// `GET` of a path as JSON.
    pub(crate) fn json(&self, path: &str) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.address);
        Ok(serde_json::from_str(&shell::output(
            Path::new("."),
            "curl",
            &["-sSf", &url],
        )?)?)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // already ended is fine
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Middle of the values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
