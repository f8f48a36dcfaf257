//! Facts about and limits on this process.

/// Greatest resident memory so far, bytes; 0 where the system does not tell.
pub fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Limits the address space and processor time of this process from now on.
///
/// # Errors
/// When the system refuses, for example because a lower hard limit is in force.
pub fn limit_self(memory_bytes: u64, cpu_secs: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = |value: u64| Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    setrlimit(Resource::As, limit(memory_bytes))?;
    setrlimit(Resource::Cpu, limit(cpu_secs))?;
    // a crash of a limited reader is expected; its core dump helps nobody
    setrlimit(Resource::Core, limit(0))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_peak_is_known_and_plausible() {
        let peak = super::peak_rss_bytes();
        assert!(peak > 1 << 20 && peak < 1 << 40, "{peak}");
    }
}
