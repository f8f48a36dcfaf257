//! The project's own commands: `cargo xtask run | test | web | bench | tidy | fuzz`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks to its user"
)]

mod bench;
mod fuzz;
mod paths;
mod run;
mod shell;
mod test;
mod tidy;
mod tools;
mod web;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Builds, runs, tests and measures Chengjing", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build what is missing, make the demo city if there is none, serve it and print the address
    Run(run::Args),
    /// Run every test there is, browser tests included, after installing what they need
    Test(test::Args),
    /// Build the browser side: engine wasm, decoder wasm and the web shell
    Web(web::Args),
    /// Measure: import, publish, re-publish, serving, viewer
    Bench(bench::Args),
    /// Check the rules of the house that no other tool checks
    Tidy,
    /// Run a fuzz target for a while (needs a nightly toolchain and cargo-fuzz)
    Fuzz(fuzz::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Test(args) => test::test(&args),
        Command::Web(args) => web::build(&args).map(drop),
        Command::Bench(args) => bench::bench(&args),
        Command::Tidy => tidy::tidy(),
        Command::Fuzz(args) => fuzz::fuzz(&args),
    }
}
