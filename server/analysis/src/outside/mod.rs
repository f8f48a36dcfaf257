//! Results of other programs (wind, noise, heat, traffic, networks), mapped and shown like our own.
//!
//! [`run`] reads ESRI ASCII grids, decoded rasters (GeoTIFF bands are decoded by the caller), tables by feature id, and
//! the binary results of EPANET 2 and SWMM 5. Title, unit, legend and limit come from [`Params`]; a file that cannot be
//! read gives an error with its name and the row or byte.

mod ascii;
mod bytes;
mod detect;
mod epanet;
mod error;
mod findings;
mod input;
mod kind;
mod layers;
mod outcome;
mod params;
mod raster;
mod series;
mod swmm;
mod table;
#[cfg(test)]
mod tests;

pub use ascii::read_ascii;
pub use detect::{Format, id_column, time_column, time_in_name};
pub use epanet::read_epanet;
pub use error::OutsideError;
pub use input::{Course, Element, Elements, File, Frame, Input, Source};
pub use kind::{KINDS, Kind};
pub use layers::plain_key;
pub use outcome::run;
pub use params::{Good, Params, Style};
pub use raster::Raster;
pub use series::Series;
pub use swmm::read_swmm;
pub use table::{header, read_table};
