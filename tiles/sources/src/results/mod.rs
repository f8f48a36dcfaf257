//! Results of other programs in raster files, decoded; the kernel `outside` maps them.

mod geotiff;

pub use geotiff::{RasterSeries, read_geotiff};
