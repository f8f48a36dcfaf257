//! The command line, as clap reads it.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Chengjing 城镜: turns city data into a 3D city and serves it to browsers.
///
/// A city is a folder. Fill it with `import`, build its tiles with `publish`, look at it with `serve`:
///
///   chengjing import --city mycity buildings.city.jsonl storm_mains.geojson dem.tif
///   chengjing publish --city mycity
///   chengjing serve --city mycity
///
/// or generate one: `chengjing demo --city demo`. The folder may also be given as the first argument.
///
/// Every command takes `--json` for one machine-readable summary on standard output; messages and progress go to
/// standard error (more with RUST_LOG=debug). Exit codes: 0 done (features that were left out are listed),
/// 2 unusable input or usage, 3 the city folder is busy or damaged.
#[derive(Debug, Parser)]
#[command(name = "chengjing", version, verbatim_doc_comment, max_term_width = 110)]
pub struct Cli {
    /// Print one JSON object on standard output instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// One command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read files into a city, in one transaction.
    ///
    /// CityJSON and CityJSONSeq, GeoJSON, pipe survey tables (CSV), GeoTIFF and ESRI ASCII heights, and IFC are told
    /// apart by their content. Features that cannot be used are left out and listed with the reason; a feature whose id
    /// is already there in the same layer replaces it and keeps its number.
    Import(ImportArgs),
    /// Build the tiles of a city and make them the served revision.
    ///
    /// Tiles whose features did not change are taken over. Running servers tell their viewers at once.
    Publish(PublishArgs),
    /// Generate a demonstration city, and publish it.
    Demo(DemoArgs),
    /// Serve a city to browsers and GIS programs.
    Serve(ServeArgs),
    /// Show what a city holds.
    Info(CityArgs),
    /// Change attributes of one feature: `chengjing set --city mycity b-17 use=school storeys=4 note=`.
    ///
    /// Values are read as JSON where they are JSON, else as text; an empty value removes the attribute.
    Set(SetArgs),
    /// Remove tiles that no kept revision uses.
    Gc(GcArgs),
    /// Read an IFC file under limits and write its features to standard output (run by `import`).
    #[command(hide = true)]
    IfcWorker(IfcWorkerArgs),
}

/// Names the city.
#[derive(Debug, Args)]
pub struct CityArgs {
    /// Folder of the city.
    #[arg(long = "city", value_name = "DIR")]
    pub city: Option<PathBuf>,
    /// Folder of the city, where --city is not given.
    #[arg(value_name = "CITY")]
    pub positional: Option<PathBuf>,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Folder of the city, made when absent.
    #[arg(long = "city", value_name = "DIR")]
    pub city: Option<PathBuf>,
    /// Files to read; the first one is the city's folder where --city is not given.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// CRS of the coordinates in the files, overriding what they state: `EPSG:4547`, a URN, a proj string.
    #[arg(long)]
    pub crs: Option<String>,
    /// CRS of a new city, in metres; default: that of the first file if metric, else one that suits the place.
    #[arg(long)]
    pub scene_crs: Option<String>,
    /// Layer that the features go to; default: the file's name.
    #[arg(long, value_name = "ID")]
    pub layer: Option<String>,
    /// Name of a new city.
    #[arg(long)]
    pub title: Option<String>,
    /// Credit to show, as the licence asks; default: what the files state.
    #[arg(long)]
    pub attribution: Option<String>,
    /// Pipe class (JS, YS, WS, HS, RQ, RL, DL, TX, GY, ZH, BM, ZS) for files that do not say it.
    #[arg(long)]
    pub pipe_class: Option<String>,
    /// Class for features whose class cannot be told, such as `Building`, `Road`, `Zone`.
    #[arg(long)]
    pub class: Option<String>,
    /// Ellipsoidal minus orthometric height at a new city, metres.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_name = "METRES")]
    pub geoid_offset: f64,
    /// Memory that the reader of an IFC file may use, MiB.
    #[arg(long, default_value_t = 6144, value_name = "MIB")]
    pub ifc_memory: u64,
    /// Time that the reader of an IFC file may take, seconds.
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    pub ifc_timeout: u64,
}

/// Arguments of `publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The city.
    #[command(flatten)]
    pub city: CityArgs,
    /// Encoded size at which a tile is split, KiB.
    #[arg(long, value_name = "KIB", value_parser = clap::value_parser!(u32).range(16..=4096))]
    pub tile_size: Option<u32>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The city; made when absent.
    #[command(flatten)]
    pub city: CityArgs,
    /// Number of buildings.
    #[arg(long, default_value_t = 8000, value_parser = clap::value_parser!(u32).range(2000..=1_000_000))]
    pub buildings: u32,
    /// Seed: the same seed gives the same city.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only import; publish later.
    #[arg(long)]
    pub no_publish: bool,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The city.
    #[command(flatten)]
    pub city: CityArgs,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8686")]
    pub listen: SocketAddr,
    /// Memory for tiles kept ready, MiB.
    #[arg(long, default_value_t = 256, value_name = "MIB")]
    pub cache: u64,
    /// Threads that serve; default: one per processor.
    #[arg(long)]
    pub threads: Option<usize>,
}

/// Arguments of `set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Folder of the city.
    #[arg(long = "city", value_name = "DIR")]
    pub city: Option<PathBuf>,
    /// Feature id, then `key=value`…; the first one is the city's folder where --city is not given.
    #[arg(value_name = "ID KEY=VALUE", required = true)]
    pub words: Vec<String>,
}

/// Arguments of `gc`.
#[derive(Debug, Args)]
pub struct GcArgs {
    /// The city.
    #[command(flatten)]
    pub city: CityArgs,
    /// Newest revisions to keep, the served one included: the grace for viewers that are behind.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
}

/// Arguments of the hidden worker.
#[derive(Debug, Args)]
pub struct IfcWorkerArgs {
    /// File.
    pub file: PathBuf,
    /// Limit of the address space, bytes.
    #[arg(long)]
    pub memory_bytes: u64,
    /// Limit of processor time, seconds.
    #[arg(long)]
    pub cpu_secs: u64,
    /// Reading options as JSON.
    #[arg(long)]
    pub options: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
