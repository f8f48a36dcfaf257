//! `cargo xtask bench`: figures of the whole program, beside a peer where there is one.

#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

/// Measures and prints the table.
pub(crate) fn bench(_args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("not measured yet")
}
