//! The built program: exit codes, `--json` answers, kills, and a server that ends in good order.

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpStream;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Output, Stdio};

    fn chengjing(args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chengjing"));
        command.args(args).env_remove("RUST_LOG");
        command
    }

    fn run(args: &[&str]) -> (Option<i32>, Value, String) {
        let Output { status, stdout, stderr } = chengjing(args).output().unwrap();
        let answer = serde_json::from_slice(&stdout).unwrap_or(Value::Null);
        (status.code(), answer, String::from_utf8(stderr).unwrap())
    }

    /// Footprints with a height in a row going east; `extra` features as they are.
    fn geojson(path: &Path, count: usize, extra: &[Value]) {
        let square = |i: usize| {
            let (x, y) = (113.65 + (i % 100) as f64 * 3e-4, 34.75 + (i / 100) as f64 * 3e-4);
            json!([[[x, y], [x + 1e-4, y], [x + 1e-4, y + 1e-4], [x, y + 1e-4], [x, y]]])
        };
        let features: Vec<Value> = (0..count)
            .map(|i| {
                json!({
                    "type": "Feature", "id": format!("b{i}"), "geometry": {"type": "Polygon", "coordinates": square(i)},
                    "properties": {"height": 12 + i % 9, "name": format!("大学路{i}号"), "building": "yes"}
                })
            })
            .chain(extra.iter().cloned())
            .collect();
        std::fs::write(
            path,
            json!({"type": "FeatureCollection", "features": features}).to_string(),
        )
        .unwrap();
    }

    struct Paths {
        dir: tempfile::TempDir,
    }

    impl Paths {
        fn new() -> Self {
            Self {
                dir: tempfile::tempdir().unwrap(),
            }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn text(&self, name: &str) -> String {
            self.at(name).to_str().unwrap().to_owned()
        }
    }

    #[test]
    fn import_set_publish_and_info_tell_what_they_did() {
        let paths = Paths::new();
        let far = json!({"type": "Feature", "id": "far", "properties": {"height": 5, "building": "yes"},
            "geometry": {"type": "Polygon", "coordinates": [[[0.0, 0.0], [0.001, 0.0], [0.001, 0.001], [0.0, 0.0]]]}});
        geojson(&paths.at("houses.geojson"), 300, &[far]);
        let (city, file) = (paths.text("city"), paths.text("houses.geojson"));
        let (code, answer, stderr) = run(&["import", "--json", "--city", &city, &file]);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(
            (&answer["imported"], &answer["quarantined"]),
            (&json!(300), &json!(1)),
            "{answer}"
        );
        assert_eq!(answer["issues"][0]["code"], "import/far-away");
        assert_eq!(answer["issues"][0]["feature"], "houses:far");
        assert_eq!(answer["scene_crs"], "EPSG:4547");
        assert!(answer["elapsed_s"].as_f64().unwrap() > 0.0 && answer["peak_rss_bytes"].as_u64().unwrap() > 0);
        // the folder as first argument; nothing changed
        let (code, answer, _) = run(&["import", "--json", &city, &file]);
        assert_eq!(
            (code, &answer["unchanged"], &answer["replaced"]),
            (Some(0), &json!(300), &json!(0))
        );
        let (code, answer, _) = run(&["set", "--json", "--city", &city, "houses:b7", "use=school", "storeys=3"]);
        assert_eq!((code, &answer["feature_revision"]), (Some(0), &json!(2)));
        let (code, answer, stderr) = run(&["publish", "--json", "--city", &city]);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!((&answer["revision"], &answer["features"]), (&json!(1), &json!(300)));
        assert!(
            answer["tiles_total"].as_u64().unwrap() > 0 && answer["bytes"].as_u64().unwrap() > 0,
            "{answer}"
        );
        assert!(paths.at("city/tiles/revisions/1/tileset.json").is_file());
        let (_, again, _) = run(&["publish", "--json", "--city", &city]);
        assert_eq!(
            (&again["tiles_encoded"], &again["tiles_reused"]),
            (&json!(0), &answer["tiles_total"]),
            "nothing changed, nothing is encoded"
        );
        let (code, answer, _) = run(&["info", "--json", "--city", &city]);
        assert_eq!(
            (code, &answer["features"], &answer["published"]["revision"]),
            (Some(0), &json!(300), &json!(2))
        );
        let (code, answer, _) = run(&["gc", "--json", "--city", &city, "--keep", "1"]);
        assert_eq!((code, &answer["revisions"]), (Some(0), &json!([1])));
    }

    #[test]
    fn exit_codes_tell_usage_and_input_from_a_busy_or_damaged_city() {
        let paths = Paths::new();
        geojson(&paths.at("good.geojson"), 3, &[]);
        std::fs::write(paths.at("empty"), b"").unwrap();
        std::fs::write(paths.at("bad.bin"), [0_u8, 1, 2]).unwrap();
        let (city, good) = (paths.text("city"), paths.text("good.geojson"));
        for (args, code, says) in [
            (vec!["import", "--city", &city, "/nowhere/a.geojson"], 2, "a.geojson"),
            (vec!["import", "--city", &city, &paths.text("empty")], 2, "empty"),
            (vec!["import", "--city", &city, &paths.text("bad.bin")], 2, "bad.bin"),
            (vec!["import", "--city", &city, "--crs", "EPSG:0", &good], 2, "EPSG:0"),
            (vec!["import", "--city", &city, "--pipe-class", "XX", &good], 2, "XX"),
            (vec!["import", "--city", &city], 2, "FILE"),
            (vec!["publish", "--city", "/nowhere"], 2, "/nowhere"),
            (vec!["publish"], 2, "--city"),
            (vec!["nonsense"], 2, "nonsense"),
        ] {
            let (got, _, stderr) = run(&args);
            assert_eq!(got, Some(code), "{args:?}: {stderr}");
            assert!(stderr.contains(says), "{args:?}: {stderr}");
        }
        let (code, answer, _) = run(&["import", "--json", "--city", &city, &paths.text("bad.bin"), &good]);
        assert_eq!(
            (code, &answer["imported"]),
            (Some(2), &json!(3)),
            "the good file goes in, the bad one is told"
        );
        assert_eq!(run(&["set", "--city", &city, "none", "a=1"]).0, Some(2));
        let lock = std::fs::File::create(paths.at("city/writer.lock")).unwrap();
        lock.lock().unwrap();
        for command in [
            vec!["import", "--city", &city, &good],
            vec!["publish", "--city", &city],
            vec!["set", "--city", &city, "good:b1", "a=1"],
        ] {
            let (code, _, stderr) = run(&command);
            assert_eq!(code, Some(3), "{stderr}");
            assert!(stderr.contains("busy"), "{stderr}");
        }
        drop(lock);
        std::fs::write(paths.at("city/city.db"), "x".repeat(5000)).unwrap();
        assert_eq!(run(&["info", "--city", &city]).0, Some(3));
    }

    #[test]
    fn a_killed_import_can_be_done_again() {
        let paths = Paths::new();
        geojson(&paths.at("first.geojson"), 10, &[]);
        geojson(&paths.at("many.geojson"), 6000, &[]);
        let city = paths.text("city");
        assert_eq!(
            run(&["import", "--city", &city, &paths.text("first.geojson")]).0,
            Some(0)
        );
        for kill_after in [1, 5, 9] {
            let mut child = chengjing(&["import", "--city", &city, &paths.text("many.geojson")])
                .env("RUST_LOG", "debug")
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stderr.take().unwrap())
                .lines()
                .map_while(Result::ok);
            assert_eq!(
                lines
                    .filter(|line| line.contains("batch written"))
                    .take(kill_after)
                    .count(),
                kill_after
            );
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(
                run(&["info", "--json", "--city", &city]).1["features"],
                10,
                "killed after {kill_after} batches"
            );
        }
        let (code, answer, _) = run(&["import", "--json", "--city", &city, &paths.text("many.geojson")]);
        assert_eq!((code, &answer["imported"]), (Some(0), &json!(6000)));
    }

    struct Server {
        child: Child,
        address: String,
    }

    fn serve(city: &str) -> Server {
        let mut child = chengjing(&["serve", "--json", "--city", city, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        let address = answer["listening"]
            .as_str()
            .unwrap()
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        Server { child, address }
    }

    fn get(address: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_server_follows_publications_and_ends_in_good_order() {
        let paths = Paths::new();
        geojson(&paths.at("a.geojson"), 20, &[]);
        let city = paths.text("city");
        assert_eq!(run(&["import", "--city", &city, &paths.text("a.geojson")]).0, Some(0));
        assert_eq!(run(&["publish", "--city", &city]).0, Some(0));
        let mut server = serve(&city);
        assert!(get(&server.address, "/readyz").contains("{\"revision\":1}"));
        assert!(get(&server.address, "/../city.db").starts_with("HTTP/1.1 404"));
        assert!(get(&server.address, "/tiles/content/../../city.db").starts_with("HTTP/1.1 404"));
        let mut events = TcpStream::connect(&server.address).unwrap();
        write!(events, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut lines = BufReader::new(events).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains(": connected")));
        assert_eq!(run(&["set", "--city", &city, "a:b3", "name=改名"]).0, Some(0));
        assert_eq!(run(&["publish", "--city", &city]).0, Some(0));
        let data = lines
            .find_map(|line| line.strip_prefix("data: ").map(str::to_owned))
            .unwrap();
        assert_eq!(serde_json::from_str::<Value>(&data).unwrap()["revision"], 2);
        let killed = Command::new("kill")
            .args(["-TERM", &server.child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(
            server.child.wait().unwrap().code(),
            Some(0),
            "an open event stream does not hold it up"
        );
    }
}
