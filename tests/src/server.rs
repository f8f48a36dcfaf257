//! A running server on a free port, ended when dropped.

use crate::city::City;
use crate::http::{self, Answer};
use anyhow::Context as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A server started from the built binary.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Serves a city on a free port of the loopback.
    ///
    /// # Errors
    /// When it does not start or does not say its address.
    pub fn start(city: &City) -> anyhow::Result<Self> {
        let mut child = Command::new(crate::binary()?)
            .arg("serve")
            .arg(city.path())
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().context("stderr is piped")?;
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Ok(mut kept) = kept.lock() {
                    kept.push_str(&line);
                    kept.push('\n');
                }
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            if stdout.read_line(&mut line)? == 0 {
                let _ended = child.kill();
                anyhow::bail!(
                    "the server ended before it said its address: {said}{}",
                    log.lock().map(|l| l.clone()).unwrap_or_default()
                );
            }
            if let Some(at) = line.find("http://127.0.0.1:") {
                break line[at..]
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches('/')
                    .to_owned();
            }
            said.push_str(&line);
        };
        // the rest of stdout is read so that the server never blocks on it
        std::thread::spawn(move || {
            let mut rest = String::new();
            let _bytes = stdout.read_to_string(&mut rest);
        });
        Ok(Self { child, address, log })
    }

    /// `http://127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `GET` of a path.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        http::get(&format!("{}{path}", self.address), headers)
    }

    /// Any request with a JSON body; `null` for none.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &serde_json::Value,
    ) -> anyhow::Result<Answer> {
        http::send(method, &format!("{}{path}", self.address), headers, body)
    }

    /// Ids of the first features of an OGC collection whose id or layer contains `word`.
    ///
    /// # Errors
    /// When there is no such collection or it is empty.
    pub fn feature_ids(&self, word: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        let collections = self.get("/ogc/collections", &[])?.json()?;
        let ids: Vec<&str> = collections["collections"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|c| c["id"].as_str())
            .collect();
        let id = ids
            .iter()
            .find(|id| id.contains(word))
            .with_context(|| format!("no collection {word} among {ids:?}"))?;
        let page = self
            .get(&format!("/ogc/collections/{id}/items?limit={limit}"), &[])?
            .json()?;
        let found: Vec<String> = page["features"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|f| f["id"].as_str().map(str::to_owned))
            .collect();
        anyhow::ensure!(!found.is_empty(), "collection {id} is empty");
        Ok(found)
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }

    /// Fails when the server logged a warning or an error.
    ///
    /// # Errors
    /// The lines.
    pub fn assert_log_clean(&self) -> anyhow::Result<()> {
        let log = self.log();
        let bad: Vec<&str> = log
            .lines()
            .filter(|l| l.contains("WARN") || l.contains("ERROR") || l.contains("panicked"))
            .collect();
        anyhow::ensure!(bad.is_empty(), "the log is not clean: {bad:#?}");
        Ok(())
    }

    /// Asks the server to end and waits for it.
    ///
    /// # Errors
    /// When it cannot be asked or ends with a failure.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().to_string();
        anyhow::ensure!(
            Command::new("kill").args(["-TERM", &id]).status()?.success(),
            "the server was gone"
        );
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // already ended is fine
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
