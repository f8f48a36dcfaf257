//! Where readers put what they read.

use city_model::{Crs, Feature, HeightGrid};

/// The consumer cannot take more (database error, cancelled).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// What a data set says about itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DatasetInfo {
    /// CRS of the coordinates that follow; `None`: not stated.
    pub crs: Option<Crs>,
    /// Name of the data set.
    pub title: Option<String>,
    /// Who must be credited.
    pub attribution: Option<String>,
    /// Licence name.
    pub licence: Option<String>,
}

/// What the caller knows that the file does not say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadOptions {
    /// Used when the file states no CRS.
    pub default_crs: Option<Crs>,
    /// Overrides what the file states.
    pub override_crs: Option<Crs>,
    /// Layer name of the features; default: the file's stem.
    pub layer: Option<String>,
    /// Credit to record when the file has none.
    pub attribution: Option<String>,
    /// Pipe class (`JS`, `YS`, `WS`…) for line or point files that do not say it.
    pub pipe_class: Option<String>,
    /// Class for features whose class cannot be told.
    pub default_class: Option<city_model::FeatureClass>,
}

impl ReadOptions {
    /// Layer name for the features of a file: the one given, else the file name up to its first dot.
    pub fn layer_for(&self, path: &std::path::Path) -> String {
        let stem = || {
            let name = path.file_name()?.to_string_lossy().into_owned();
            name.split('.').find(|part| !part.is_empty()).map(str::to_owned)
        };
        self.layer.clone().or_else(stem).unwrap_or_else(|| "data".to_owned())
    }
}

/// Takes features as they are read, in the CRS of the last `begin`.
pub trait FeatureSink {
    /// A data set begins; coordinates that follow are in `info.crs`.
    ///
    /// # Errors
    /// [`SinkError`] when the consumer cannot take it (for example an unusable CRS).
    fn begin(&mut self, info: &DatasetInfo) -> Result<(), SinkError>;

    /// One feature.
    ///
    /// # Errors
    /// [`SinkError`] when the consumer stops the import.
    fn feature(&mut self, feature: Feature) -> Result<(), SinkError>;

    /// One terrain grid: projected CRS, north-up.
    ///
    /// # Errors
    /// [`SinkError`] when the consumer stops the import.
    fn terrain(&mut self, grid: HeightGrid) -> Result<(), SinkError>;
}

/// Keeps everything in memory: for tests and small inputs.
#[derive(Debug, Default)]
pub struct MemorySink {
    /// Data sets met.
    pub datasets: Vec<DatasetInfo>,
    /// Features in order.
    pub features: Vec<Feature>,
    /// Grids in order.
    pub terrain: Vec<HeightGrid>,
}

impl FeatureSink for MemorySink {
    fn begin(&mut self, info: &DatasetInfo) -> Result<(), SinkError> {
        self.datasets.push(info.clone());
        Ok(())
    }

    fn feature(&mut self, feature: Feature) -> Result<(), SinkError> {
        self.features.push(feature);
        Ok(())
    }

    fn terrain(&mut self, grid: HeightGrid) -> Result<(), SinkError> {
        self.terrain.push(grid);
        Ok(())
    }
}
