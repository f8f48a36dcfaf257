//! Indicators and planning rules: pure kernels over plain structs in the scene CRS. No store, no HTTP.
