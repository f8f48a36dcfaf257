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
    /// Write the published revision as plain files, for web servers and programs that read 3D Tiles.
    Export(ExportArgs),
    /// Check that a city is whole and that its tiles keep the rules of 3D Tiles.
    ///
    /// Ends with 0 when nothing is wrong and with 3 when something is; every finding has a stable code.
    Check(CityArgs),
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
    /// List, read and write the renewal projects of a city.
    Projects(ProjectsArgs),
    /// Scenarios of a city: make, edit, compare, branch and merge them.
    ///
    ///   chengjing scenario --city mycity create "North block" --author Li
    ///   chengjing scenario --city mycity edit s-1a2b3c4d edits.json
    ///   chengjing scenario --city mycity diff base s-1a2b3c4d
    #[command(verbatim_doc_comment)]
    Scenario(ScenarioArgs),
    /// Indicators of an area in a scenario: floor area, FAR, green, people, pipes, what is kept and taken down.
    ///
    ///   chengjing indicators --city mycity --project project-01
    ///   chengjing indicators --city mycity --area block.geojson --scenario s-1a2b3c4d --baseline base
    #[command(verbatim_doc_comment)]
    Indicators(IndicatorArgs),
    /// Planning rules held against an area in a scenario: pass, fail or not decidable, with value, limit and margin.
    CheckRules(IndicatorArgs),
    /// Make the evidence pack of a scenario in an area: PDF, drawings, tables and GeoJSON.
    ///
    /// The same revisions give the same bytes.
    Report(ReportArgs),
    /// Run a simulation on a scenario: sunshine, waterlogging, water network, isolation, reach.
    ///
    /// The same question has the same result, which is kept in the folder of the city.
    ///
    ///   chengjing simulate reach --city mycity --params walk.json --out results
    #[command(verbatim_doc_comment)]
    Simulate(SimulateArgs),
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

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The city.
    #[command(flatten)]
    pub city: CityArgs,
    /// What to write: a folder, or an archive when the name ends in `.3tz`. It must not exist yet.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
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

/// Arguments of `scenario`.
#[derive(Debug, Args)]
pub struct ScenarioArgs {
    /// Folder of the city.
    #[arg(long, value_name = "DIR")]
    pub city: PathBuf,
    /// Who writes.
    #[arg(long, global = true, default_value = "command line")]
    pub author: String,
    /// Write only when the scenario is at this revision.
    #[arg(long, global = true, value_name = "N")]
    pub if_revision: Option<u64>,
    /// What to do.
    #[command(subcommand)]
    pub action: ScenarioAction,
}

/// What to do with scenarios.
#[derive(Debug, Subcommand)]
pub enum ScenarioAction {
    /// All scenarios.
    List,
    /// Make an empty one.
    Create {
        /// Name.
        name: String,
        /// Free text.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// One scenario with its edits.
    Show {
        /// Scenario, or `base`.
        id: String,
        /// A revision of it.
        #[arg(long)]
        revision: Option<u64>,
    },
    /// Another name or note.
    Rename {
        /// Scenario.
        id: String,
        /// Name; stays without.
        #[arg(long)]
        name: Option<String>,
        /// Free text; stays without.
        #[arg(long)]
        note: Option<String>,
    },
    /// Lay out an array of slabs or towers on a site, as edits for `edit`; nothing is written.
    Massing {
        /// JSON file with `site` (GeoJSON Polygon), `kind`, target `far` …; `-` reads standard input.
        file: PathBuf,
    },
    /// Add edits from a JSON file: `{"edits": [{"action": "demolish", "features": ["b-1"]}]}`; `-` reads standard input.
    Edit {
        /// Scenario.
        id: String,
        /// File.
        file: PathBuf,
        /// Do not build tiles of what was added.
        #[arg(long)]
        no_publish: bool,
    },
    /// Take the last step back.
    Undo {
        /// Scenario.
        id: String,
    },
    /// Put the last step that was taken back in force again.
    Redo {
        /// Scenario.
        id: String,
    },
    /// Every write.
    History {
        /// Scenario.
        id: String,
    },
    /// Make one that begins with the edits of another.
    Branch {
        /// Scenario to begin with.
        id: String,
        /// Name of the new one.
        name: String,
        /// A revision to begin with.
        #[arg(long)]
        revision: Option<u64>,
    },
    /// Merge another scenario in.
    Merge {
        /// Scenario to merge into.
        id: String,
        /// Scenario to merge.
        from: String,
        /// Whose decision is taken where both decided differently: `ours` or `theirs`.
        #[arg(long, value_name = "SIDE", value_parser = crate::scenarios::service::side)]
        resolve_all: Option<city_model::scenario::Side>,
        /// The same for one feature: `ID=ours` or `ID=theirs`.
        #[arg(long, value_name = "ID=SIDE")]
        resolve: Vec<String>,
    },
    /// What two scenarios or phases show differently.
    Diff {
        /// Scenario A, or `base`.
        a: String,
        /// Scenario B, or `base`.
        b: String,
        /// Day of A, YYYY-MM-DD.
        #[arg(long)]
        phase_a: Option<String>,
        /// Day of B.
        #[arg(long)]
        phase_b: Option<String>,
    },
    /// Number of features in each state; with `--out` the binary table.
    States {
        /// Scenario, or `base`.
        id: String,
        /// Day looked at, YYYY-MM-DD.
        #[arg(long)]
        phase: Option<String>,
        /// A revision of it.
        #[arg(long)]
        revision: Option<u64>,
        /// File for the binary table.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Put one away; pinned links still read it.
    Archive {
        /// Scenario.
        id: String,
    },
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

/// Arguments of `projects`.
#[derive(Debug, Args)]
pub struct ProjectsArgs {
    /// Folder of the city.
    #[arg(long = "city", value_name = "DIR", global = true)]
    pub city: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: ProjectsCommand,
}

/// What to do with the projects.
#[derive(Debug, Subcommand)]
pub enum ProjectsCommand {
    /// List projects.
    List {
        /// Text in name, id, unit, town office or problems.
        #[arg(long)]
        q: Option<String>,
        /// Only this stage.
        #[arg(long)]
        stage: Option<String>,
        /// Only this class.
        #[arg(long)]
        class: Option<String>,
        /// Only this way.
        #[arg(long)]
        way: Option<String>,
        /// Only this town office.
        #[arg(long)]
        office: Option<String>,
        /// id, name, stage, progress, investment, area, start or finish; `-` before it reverses.
        #[arg(long, allow_hyphen_values = true)]
        sort: Option<String>,
    },
    /// One project.
    Show {
        /// Project.
        id: String,
    },
    /// Make a project from a GeoJSON Feature: outline in longitude and latitude, the record as properties.
    Create {
        /// File; `-` reads standard input.
        file: PathBuf,
        /// Only write; publish later.
        #[arg(long)]
        no_publish: bool,
    },
    /// Change the fields of a JSON object; `null` makes one unknown, `outline` (GeoJSON) replaces the outline.
    Change {
        /// Project.
        id: String,
        /// File; `-` reads standard input.
        file: PathBuf,
        /// Fields that are not given become unknown.
        #[arg(long)]
        replace: bool,
        /// Refuse when the project is at another revision by now.
        #[arg(long, value_name = "N")]
        if_revision: Option<u32>,
        /// Only write; publish later.
        #[arg(long)]
        no_publish: bool,
    },
    /// Take a project out of the library; its history stays in the audit trail.
    Remove {
        /// Project.
        id: String,
        /// Refuse when the project is at another revision by now.
        #[arg(long, value_name = "N")]
        if_revision: Option<u32>,
        /// Only write; publish later.
        #[arg(long)]
        no_publish: bool,
    },
    /// Read projects from GeoJSON, CSV, XLSX or CityGML (urf), in one transaction, and publish.
    Import {
        /// File; its format is told by its ending.
        file: PathBuf,
        /// Only import; publish later.
        #[arg(long)]
        no_publish: bool,
    },
    /// Write all projects.
    Export {
        /// File to write; its format is told by its ending: .geojson, .csv or .xlsx.
        out: PathBuf,
    },
    /// Investment of the town offices against their targets.
    Offices,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Simulation: `sunshine`, `flood`, `hydraulics`, `isolation`, `reach`, `outside`.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Folder of the city.
    #[arg(long = "city", value_name = "DIR")]
    pub city: Option<PathBuf>,
    /// Scenario; `base` is the city as it is.
    #[arg(long, default_value = "base", value_name = "ID")]
    pub scenario: String,
    /// A pinned revision of the scenario.
    #[arg(long, value_name = "N")]
    pub revision: Option<u64>,
    /// Day looked at, such as 2028-06-30.
    #[arg(long, value_name = "DAY")]
    pub phase: Option<String>,
    /// GeoJSON file with the area in longitude and latitude; the whole city by default.
    #[arg(long, value_name = "FILE")]
    pub area: Option<PathBuf>,
    /// Renewal project as the area.
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,
    /// Zone (town office, unit) as the area.
    #[arg(long, value_name = "ID")]
    pub zone: Option<String>,
    /// JSON file with parameters; `GET /api/v1/simulations` lists them with their defaults.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Folder for outcome.json, GeoTIFF of grids and CSV of other layers.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `indicators` and `check-rules`.
#[derive(Debug, Args)]
pub struct IndicatorArgs {
    /// Folder of the city.
    #[arg(long = "city", value_name = "DIR")]
    pub city: Option<PathBuf>,
    /// Folder of the city, where --city is not given.
    #[arg(value_name = "CITY")]
    pub positional: Option<PathBuf>,
    /// GeoJSON file with the area: Polygon, MultiPolygon, Feature or FeatureCollection in longitude and latitude.
    #[arg(long, value_name = "FILE")]
    pub area: Option<PathBuf>,
    /// Renewal project as the area.
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,
    /// Zone (town office, unit) as the area.
    #[arg(long, value_name = "ID")]
    pub zone: Option<String>,
    /// The whole city as the area.
    #[arg(long)]
    pub whole_city: bool,
    /// Scenario; `base` is the city as it is.
    #[arg(long, default_value = "base", value_name = "ID")]
    pub scenario: String,
    /// A pinned revision of the scenario.
    #[arg(long, value_name = "N")]
    pub revision: Option<u64>,
    /// Day looked at, such as 2028-06-30.
    #[arg(long, value_name = "DAY")]
    pub phase: Option<String>,
    /// Scenario to compare with.
    #[arg(long, value_name = "ID")]
    pub baseline: Option<String>,
    /// Setting of the city that rules ask for, such as `climate_zone=II`.
    #[arg(long = "setting", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folder of the city.
    #[arg(long = "city", value_name = "DIR")]
    pub city: Option<PathBuf>,
    /// Scenario; `base` is the city as it is.
    #[arg(long, default_value = "base")]
    pub scenario: String,
    /// Revision of the scenario; default: the last.
    #[arg(long)]
    pub revision: Option<u64>,
    /// Scenario to compare with.
    #[arg(long, default_value = "base")]
    pub baseline: String,
    /// Day looked at, YYYY-MM-DD.
    #[arg(long)]
    pub phase: Option<String>,
    /// Project whose land is reported; without an area, the whole city.
    #[arg(long, value_name = "ID", group = "land")]
    pub project: Option<String>,
    /// Zone that is reported.
    #[arg(long, value_name = "ID", group = "land")]
    pub zone: Option<String>,
    /// GeoJSON file with the polygon that is reported.
    #[arg(long, value_name = "FILE", group = "land")]
    pub area: Option<PathBuf>,
    /// Report in English.
    #[arg(long)]
    pub english: bool,
    /// Archive to write (.zip), or folder to fill.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
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
