//! Tiles (temporary loader: everything).

pub(crate) mod workers;

use crate::material::mesh::GpuPrimitive;
use bevy::math::DVec3;
use bevy::prelude::Resource;
use hashbrown::HashMap;
use std::sync::Arc;
use workers::JobId;

pub(crate) struct Resident {
    pub(crate) origin: DVec3,
    pub(crate) primitives: Arc<Vec<GpuPrimitive>>,
    pub(crate) num_features: u32,
    pub(crate) triangles: u64,
}

#[derive(Resource, Default)]
pub(crate) struct Tiles {
    pub(crate) jobs: HashMap<JobId, String>,
    pub(crate) resident: Vec<Resident>,
    pub(crate) wanted: u32,
}
