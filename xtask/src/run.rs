//! `cargo xtask run`: from a fresh clone to a city in the browser.

use crate::{paths, shell, tools, web};
use anyhow::Context as _;
use std::path::Path;
use std::process::{Child, Command};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Serve real places (Delft; Kamloops with its drains) instead of the generated district
    #[arg(long)]
    real: bool,
    /// Buildings of the generated district when it is made, 2,000 to 1,000,000
    #[arg(long, default_value_t = 8_000)]
    buildings: u32,
    /// Seed of the generated district
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First port to listen on
    #[arg(long, default_value_t = 8686)]
    port: u16,
    /// Make the city again even when it is there
    #[arg(long)]
    fresh: bool,
    /// Build everything and make the city, but do not serve
    #[arg(long)]
    no_serve: bool,
}

/// Builds, makes the city when there is none, serves until Ctrl-C.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    shell::step("browser side", "cargo xtask web", || {
        web::build(&web::Args::default()).map(drop)
    })?;
    shell::step("server", "cargo build --release -p chengjing", build_server)?;
    let binary = paths::server_binary(true).display().to_string();
    let cities = paths::root().join("cities");
    std::fs::create_dir_all(&cities)?;
    let names: Vec<String> = if args.real {
        vec!["delft".to_owned(), "kamloops".to_owned()]
    } else {
        vec![format!("demo-{}-{}", args.buildings, args.seed)]
    };
    for name in &names {
        let city = cities.join(name);
        if args.fresh && city.exists() {
            std::fs::remove_dir_all(&city)?;
        }
        // published last: without it the making was cut short
        if !city.join("tiles/revisions").exists() {
            if city.exists() {
                std::fs::remove_dir_all(&city)?;
            }
            shell::step(&format!("city {name}"), "cargo xtask run --fresh", || {
                make_city(&binary, &city, name, args)
            })?;
        }
    }
    if args.no_serve {
        return Ok(());
    }
    let mut servers: Vec<Child> = vec![];
    for (name, port) in names.iter().zip(args.port..) {
        let address = format!("127.0.0.1:{port}");
        println!("\n   {name}: open http://{address} in a browser with WebGPU (Ctrl-C ends)");
        let city = cities.join(name);
        servers.push(
            Command::new(&binary)
                .arg("serve")
                .arg(&city)
                .args(["--listen", &address])
                .spawn()
                .context("the server cannot be started")?,
        );
    }
    for server in &mut servers {
        server.wait()?;
    }
    Ok(())
}

pub(crate) fn build_server() -> anyhow::Result<()> {
    tools::ensure_compilers()?;
    shell::run(
        &paths::root(),
        "cargo",
        &["build", "--locked", "--release", "-p", "chengjing"],
    )
}

/// Makes one city folder from the generator or from the sample data.
fn make_city(binary: &str, city: &Path, name: &str, args: &Args) -> anyhow::Result<()> {
    let root = paths::root();
    let folder = city.display().to_string();
    let sample = |file: &str| root.join("assets/sample").join(file).display().to_string();
    match name {
        "delft" => {
            let buildings = sample("delft/delft_fcb.city.jsonl");
            shell::run(
                &root,
                binary,
                &[
                    "import",
                    &folder,
                    &buildings,
                    "--title",
                    "代尔夫特 Delft",
                    "--attribution",
                    "© 3DBAG by tudelft3d and 3DGI, CC BY 4.0",
                ],
            )?;
        }
        "kamloops" => {
            let credit = ["--attribution", "City of Kamloops open data"];
            let import = |file: &str, more: &[&str]| {
                let path = sample(&format!("kamloops/{file}"));
                let mut all = vec!["import", folder.as_str(), path.as_str(), "--title", "坎卢普斯 Kamloops"];
                all.extend(credit);
                all.extend(more);
                shell::run(&root, binary, &all)
            };
            import("buildings.geojson", &["--layer", "buildings"])?;
            import("mains.geojson", &["--layer", "storm_mains", "--pipe-class", "YS"])?;
            import("manholes.geojson", &["--layer", "storm_manholes", "--pipe-class", "YS"])?;
            import(
                "catchbasins.geojson",
                &["--layer", "catch_basins", "--pipe-class", "YS"],
            )?;
            import("outlets.geojson", &["--layer", "outlets", "--pipe-class", "YS"])?;
            import(
                "sanitary_mains.geojson",
                &["--layer", "sanitary_mains", "--pipe-class", "WS"],
            )?;
            import(
                "sanitary_manholes.geojson",
                &["--layer", "sanitary_manholes", "--pipe-class", "WS"],
            )?;
        }
        _ => {
            let (buildings, seed) = (args.buildings.to_string(), args.seed.to_string());
            return shell::run(
                &root,
                binary,
                &["demo", &folder, "--buildings", &buildings, "--seed", &seed],
            );
        }
    }
    shell::run(&root, binary, &["publish", &folder])
}
