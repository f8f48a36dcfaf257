//! What each command does: arguments in, one answer out as text or JSON.

mod check;
mod demo;
mod edit;
mod export;
mod import;
mod indicators;
mod info;
mod projects;
mod publish;
mod report;
mod scenario;
mod serve;
mod simulate;

use crate::cli::{CityArgs, Cli, Command};
use crate::export::ExportError;
use crate::import::ImportError;
use crate::publish::PublishFailure;
use anyhow::{Context as _, anyhow};
use scene_store::{CityFolder, StoreError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Input cannot be used, or the command line is wrong.
pub const EXIT_UNUSABLE: u8 = 2;
/// The city folder is busy or damaged.
pub const EXIT_BUSY_OR_DAMAGED: u8 = 3;

/// Runs a command; errors are printed and become exit codes.
pub fn run(cli: Cli) -> ExitCode {
    let json = cli.json;
    match dispatch(cli) {
        Ok(code) => code,
        Err(err) => {
            let code = exit_code(&err);
            tracing::error!("{err:#}");
            if json {
                // stdout may be closed; there is nobody left to tell
                drop(print_json(
                    &serde_json::json!({ "error": format!("{err:#}"), "exit_code": code }),
                ));
            }
            ExitCode::from(code)
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Import(args) => import::run(args, cli.json),
        Command::Publish(args) => publish::run(&args, cli.json),
        Command::Export(args) => export::run(&args, cli.json),
        Command::Check(args) => check::run(&args, cli.json),
        Command::Demo(args) => demo::run(&args, cli.json),
        Command::Serve(args) => serve::run(&args, cli.json),
        Command::Info(args) => info::run(&args, cli.json),
        Command::Indicators(args) => indicators::run_indicators(&args, cli.json),
        Command::CheckRules(args) => indicators::run_check_rules(&args, cli.json),
        Command::Set(args) => edit::run_set(args, cli.json),
        Command::Report(args) => report::run(&args, cli.json),
        Command::Projects(args) => projects::run(args, cli.json),
        Command::Scenario(args) => scenario::run(&args, cli.json),
        Command::Simulate(args) => simulate::run(&args, cli.json),
        Command::Gc(args) => edit::run_gc(&args, cli.json),
        Command::IfcWorker(args) => {
            let stdout = std::io::stdout().lock();
            crate::import::run_worker(&args.file, &args.options, args.memory_bytes, args.cpu_secs, stdout)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn exit_code(err: &anyhow::Error) -> u8 {
    // an error that is passed on unchanged does not show as a cause of its own
    let within_import = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref() {
        Some(ImportError::Store(err)) => Some(err.is_busy_or_damaged()),
        _ => None,
    };
    let within_publish = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref() {
        Some(PublishFailure::Store(err)) => Some(err.is_busy_or_damaged()),
        _ => None,
    };
    let within_export = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref() {
        Some(ExportError::Store(err)) => Some(err.is_busy_or_damaged()),
        Some(ExportError::MissingContent { .. }) => Some(true),
        _ => None,
    };
    let is_busy_or_damaged = err.chain().any(|cause| {
        cause
            .downcast_ref()
            .map(StoreError::is_busy_or_damaged)
            .or_else(|| within_import(cause))
            .or_else(|| within_publish(cause))
            .or_else(|| within_export(cause))
            .unwrap_or(false)
    });
    if is_busy_or_damaged {
        EXIT_BUSY_OR_DAMAGED
    } else {
        EXIT_UNUSABLE
    }
}

impl CityArgs {
    fn path(&self) -> anyhow::Result<PathBuf> {
        match (&self.city, &self.positional) {
            (Some(_), Some(extra)) => Err(anyhow!("unexpected argument {extra:?}: the city is given by --city")),
            (Some(path), None) | (None, Some(path)) => Ok(path.clone()),
            (None, None) => Err(anyhow!("which city? give its folder with --city DIR")),
        }
    }

    fn open(&self) -> anyhow::Result<CityFolder> {
        Ok(CityFolder::open(self.path()?)?)
    }
}

/// Reads a JSON file; `-` is standard input.
fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    let shown = file.display();
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin()).context("cannot read standard input")?
    } else {
        std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?
    };
    serde_json::from_str(&text).with_context(|| format!("{shown} does not read as what is asked for"))
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value).context("cannot write the answer")?;
    writeln!(out).context("cannot write the answer")
}

fn print_text(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").context("cannot write the answer")
}

/// Bytes for people.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
