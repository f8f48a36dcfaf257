//! The project library: renewal projects as features of class `Project`, with their record as normalised attributes.
//!
//! * [`config`] — words, columns, negative list and targets as editable data
//! * [`record`] — the record and its checks; [`outline`] — polygons in degrees and metres
//! * [`library`] — reading, listing; [`single`] — one project made, changed, taken out; [`mod@write`] — one transaction per write; [`flags`] — negative list by overlay
//! * [`import`] and [`export`] — GeoJSON, CSV, XLSX, CityGML; [`offices`] — investment by town office

pub mod config;
pub mod export;
pub mod flags;
pub mod import;
pub mod library;
pub mod offices;
pub mod outline;
pub mod record;
pub mod single;
pub mod table;
mod values;
pub mod write;
mod xlsx;

pub use config::Config;
pub use library::{Library, Project, Question};
pub use record::Record;
