//! City folders made by the command line.

use anyhow::{Context as _, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A city in a temporary folder, removed at the end.
#[derive(Debug)]
pub struct City {
    folder: tempfile::TempDir,
}

impl City {
    /// An empty place for a city.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn empty() -> anyhow::Result<Self> {
        Ok(Self {
            folder: tempfile::Builder::new().prefix("chengjing-e2e-").tempdir()?,
        })
    }

    /// A generated district, published.
    ///
    /// # Errors
    /// When the command fails.
    pub fn demo(buildings: u32, seed: u64) -> anyhow::Result<Self> {
        let city = Self::empty()?;
        city.run(
            &["demo"],
            &["--buildings", &buildings.to_string(), "--seed", &seed.to_string()],
        )?;
        Ok(city)
    }

    /// Files imported and published.
    ///
    /// # Errors
    /// When a command fails.
    pub fn of_files(files: &[&Path], options: &[&str]) -> anyhow::Result<Self> {
        let city = Self::empty()?;
        for file in files {
            city.import(file, options)?;
        }
        city.run(&["publish"], &[])?;
        Ok(city)
    }

    /// Folder of the city.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("city")
    }

    /// Imports one file and gives the report.
    ///
    /// # Errors
    /// When the command fails.
    pub fn import(&self, file: &Path, options: &[&str]) -> anyhow::Result<Value> {
        let file = file.display().to_string();
        let mut arguments = vec![file.as_str()];
        arguments.extend(options);
        self.run(&["import"], &arguments)
    }

    /// Runs `chengjing COMMAND CITY ARGUMENTS --json` and gives what it printed as JSON.
    ///
    /// # Errors
    /// When it cannot be started, fails, or prints no JSON.
    pub fn run(&self, command: &[&str], arguments: &[&str]) -> anyhow::Result<Value> {
        let output = self.try_run(command, arguments)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!(
                "{} {} ended with {}: {stderr}",
                command.join(" "),
                arguments.join(" "),
                output.status
            );
        }
        serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "no JSON from {}: {}",
                command.join(" "),
                String::from_utf8_lossy(&output.stdout)
            )
        })
    }

    /// Runs a command to its end, whatever it is.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn try_run(&self, command: &[&str], arguments: &[&str]) -> anyhow::Result<Output> {
        let mut process = Command::new(crate::binary()?);
        process.args(command).arg(self.path()).args(arguments).arg("--json");
        Ok(process.output()?)
    }

    /// Kept tile contents: name and bytes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn contents(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let mut found = vec![];
        for entry in std::fs::read_dir(self.path().join("tiles/content"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".glb") || name.ends_with(".json") {
                found.push((name, std::fs::read(entry.path())?));
            }
        }
        found.sort();
        Ok(found)
    }
}
