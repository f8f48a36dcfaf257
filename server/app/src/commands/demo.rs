//! `chengjing demo`.

use crate::cli::DemoArgs;
use std::process::ExitCode;

pub(super) fn run(args: &DemoArgs, json: bool) -> anyhow::Result<ExitCode> {
    let _ = (args, json);
    Err(anyhow::anyhow!("the generator is not built in yet"))
}
