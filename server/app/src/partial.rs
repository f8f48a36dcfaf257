//! Names of what is being written: they tell what an ended process has left from what a running one still writes.

const ENDING: &str = ".partial";

/// Name of something that this process writes: `{stem}-{process}.partial`.
pub(crate) fn name(stem: &str) -> String {
    format!("{stem}-{}{ENDING}", std::process::id())
}

/// True for what was being written by a process that is gone.
pub(crate) fn is_left(name: &str) -> bool {
    let Some((_, writer)) = name.strip_suffix(ENDING).and_then(|stem| stem.rsplit_once('-')) else {
        return false;
    };
    let writer = writer.parse().ok().and_then(rustix::process::Pid::from_raw);
    writer.is_none_or(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}
