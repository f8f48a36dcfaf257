//! Cached tiles served, with wrk, beside nginx on the same files and the same machine.

use super::{Bench, Row, median};
use crate::{shell, tools};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Rounds, ours and nginx in turn.
const ROUNDS: usize = 5;
const SECONDS: u32 = 4;
const CONNECTIONS: u32 = 32;

pub(super) fn measure(bench: &Bench, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    tools::ensure_programs(&[("wrk", "wrk"), ("nginx", "nginx-light"), ("curl", "curl")])?;
    let city = bench.kept_demo(8_000)?;
    let script = write_script(bench, &city)?;
    let serving = bench.serve(&city)?;
    let nginx = Nginx::start(bench, &city)?;
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    let (mut our_p99, mut their_p99) = (vec![], vec![]);
    for round in 0..=ROUNDS {
        let (a, a99) = wrk(&serving.address, &script)?;
        let (b, b99) = wrk(&nginx.address, &script)?;
        // the first round warms both caches
        if round > 0 {
            ratios.push(a / b);
            ours.push(a);
            theirs.push(b);
            our_p99.push(a99);
            their_p99.push(b99);
        }
    }
    let measured = format!(
        "{:.2}× ({:.0} against {:.0} requests/s; p99 {:.1} against {:.1} ms; medians of {ROUNDS})",
        median(ratios),
        median(ours),
        median(theirs),
        median(our_p99),
        median(their_p99)
    );
    rows.push(Row::new(
        "cached tiles served, wrk beside nginx",
        measured,
        "≥ 0.8× nginx",
    ));
    Ok(())
}

/// A wrk script that asks for every tile in turn and prints the 99th percentile.
fn write_script(bench: &Bench, city: &Path) -> anyhow::Result<String> {
    let mut names: Vec<String> = std::fs::read_dir(city.join("tiles/content"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".glb"))
        .collect();
    names.sort();
    let mut script = "local paths = {".to_owned();
    for name in &names {
        write!(script, "\"/tiles/content/{name}\",")?;
    }
    script.push_str(
        "}\nlocal i = 0\nrequest = function() i = i % #paths + 1; return wrk.format('GET', paths[i]) end\n\
         done = function(s, l) io.write(string.format('RESULT %f %f %d\\n', s.requests / (s.duration / 1e6), \
         l:percentile(99) / 1e3, s.errors.status + s.errors.read + s.errors.connect)) end\n",
    );
    let path = bench.folder.join("tiles.lua");
    std::fs::write(&path, script)?;
    Ok(path.display().to_string())
}

/// Requests a second and the 99th percentile in milliseconds.
fn wrk(address: &str, script: &str) -> anyhow::Result<(f64, f64)> {
    let (duration, connections) = (format!("-d{SECONDS}s"), format!("-c{CONNECTIONS}"));
    let text = shell::output(
        Path::new("."),
        "wrk",
        &["-t1", &connections, &duration, "-s", script, address],
    )?;
    let line = text
        .lines()
        .find_map(|l| l.strip_prefix("RESULT "))
        .context("wrk printed no result")?;
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let [rate, p99, errors] = numbers.as_slice() else {
        anyhow::bail!("wrk printed {line}")
    };
    anyhow::ensure!(*errors == 0.0, "{errors} requests failed at {address}");
    Ok((*rate, *p99))
}

struct Nginx {
    child: Child,
    address: String,
}

impl Nginx {
    fn start(bench: &Bench, city: &Path) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = bench.folder.join("nginx");
        std::fs::create_dir_all(&folder)?;
        let configuration = format!(
            "worker_processes auto; daemon off; pid {0}/pid; error_log {0}/error.log; user root;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;\n\
             open_file_cache max=10000; open_file_cache_valid 60s; types {{ model/gltf-binary glb; }}\n\
             client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;\n\
             server {{ listen 127.0.0.1:{port}; root {1}; add_header Cache-Control 'public, max-age=31536000, immutable'; }} }}\n",
            folder.display(),
            city.display()
        );
        let path = folder.join("nginx.conf");
        std::fs::write(&path, configuration)?;
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let address = format!("http://127.0.0.1:{port}");
        // curl waits for the port to open
        shell::output(
            Path::new("."),
            "curl",
            &[
                "-sS",
                "-o",
                "/dev/null",
                "--retry",
                "20",
                "--retry-connrefused",
                "--retry-delay",
                "1",
                &address,
            ],
        )?;
        Ok(Self { child, address })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // the master ends its workers when asked to; a kill would leave them
        let _asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        let _status = self.child.wait();
    }
}
