//! A feature in the form in which it is written: encoded off the writer's thread, so that the writer only writes.

use crate::{StoreError, text};
use city_model::scenario::PROPOSALS_LAYER;
use city_model::{Attributes, Bounds3, Feature, FeatureClass, Lifespan, LodGeometry, Shape, attributes, layers};

/// A feature ready to be stored; every costly step is done.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedFeature {
    /// Stable id.
    pub id: String,
    /// Class.
    pub class: FeatureClass,
    /// Layer (data set) name.
    pub layer: String,
    /// Code of [`city_model::layers`].
    pub layer_code: u8,
    /// Id of the parent.
    pub parent: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Bounds in the scene CRS, metres; empty without geometry.
    pub bounds: Bounds3,
    /// True when heights are relative to the terrain.
    pub on_terrain: bool,
    /// When it exists.
    pub lifespan: Lifespan,
    /// Attributes as a JSON object.
    pub attributes_json: String,
    /// Geometry in postcard; empty without geometry.
    pub geometry: Vec<u8>,
    /// 63 bits of BLAKE3 over everything above but the bounds.
    pub content_hash: u64,
    /// Search tokens, see [`crate::text`].
    pub tokens: String,
}

impl EncodedFeature {
    /// Encodes a feature whose coordinates are in the scene CRS.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] when the geometry has coordinates that are not finite, or does not encode.
    pub fn encode(feature: &Feature) -> Result<Self, StoreError> {
        let unstorable = |reason: String| StoreError::Unstorable {
            what: format!("feature {:?}", feature.id),
            reason,
        };
        if feature.id.is_empty() {
            return Err(unstorable("it has no id".to_owned()));
        }
        let bounds = feature.bounds();
        if !feature.geometry.is_empty() && (bounds.is_empty() || !bounds.min.is_finite() || !bounds.max.is_finite()) {
            return Err(unstorable("its geometry has no finite extent".to_owned()));
        }
        let attributes_json = serde_json::to_string(&feature.attributes).map_err(|err| unstorable(err.to_string()))?;
        let geometry = if feature.geometry.is_empty() {
            Vec::new()
        } else {
            postcard::to_stdvec(&feature.geometry).map_err(|err| unstorable(err.to_string()))?
        };
        let pipe_class = attributes::text(&feature.attributes, "pipe_class");
        let layer_code = layers::layer_in(&feature.layer, feature.class, pipe_class.as_deref()).code;
        let name = attributes::name(&feature.attributes);
        // what is only proposed is not found as if it stood
        let tokens = if feature.layer == PROPOSALS_LAYER {
            String::new()
        } else {
            text::index_tokens(&feature.id, name.as_deref(), &feature.attributes)
        };
        let mut encoded = Self {
            id: feature.id.clone(),
            class: feature.class,
            layer: feature.layer.clone(),
            layer_code,
            parent: feature.parent.clone(),
            name,
            bounds,
            on_terrain: feature.geometry.shapes.iter().any(|s| is_on_terrain(&s.shape)),
            lifespan: feature.lifespan,
            attributes_json,
            geometry,
            content_hash: 0,
            tokens,
        };
        encoded.content_hash = encoded.hash();
        Ok(encoded)
    }

    /// The feature as it will be read when it is stored; its number is the store's to give.
    ///
    /// # Errors
    /// [`StoreError::Decode`] when it does not decode.
    pub fn feature(&self) -> Result<Feature, StoreError> {
        let mut feature = Feature::new(self.id.clone(), self.class, self.layer.clone());
        feature.parent.clone_from(&self.parent);
        feature.lifespan = self.lifespan;
        feature.attributes = decode_attributes(&self.id, &self.attributes_json)?;
        feature.geometry = decode_geometry(&self.id, &self.geometry)?;
        Ok(feature)
    }

    fn hash(&self) -> u64 {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(self.id.as_bytes());
        part(self.layer.as_bytes());
        part(&[self.class.code(), self.layer_code, u8::from(self.parent.is_some())]);
        part(self.parent.as_deref().unwrap_or("").as_bytes());
        part(&self.lifespan.from.map_or(0, |d| d.0).to_le_bytes());
        part(&self.lifespan.to.map_or(0, |d| d.0).to_le_bytes());
        part(self.attributes_json.as_bytes());
        part(&self.geometry);
        let hash = hasher.finalize();
        let mut first = [0_u8; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        // SQLite integers are signed
        u64::from_le_bytes(first) >> 1
    }
}

/// True when the shape's heights count from the ground.
pub(crate) fn is_on_terrain(shape: &Shape) -> bool {
    match shape {
        Shape::Extrusion(e) => e.base_z_m.is_none(),
        Shape::Footprint(f) => f.level_z_m.is_none(),
        Shape::Line(l) => matches!(l.reference, city_model::LevelReference::BelowTerrain),
        Shape::Point(p) => p.on_terrain,
        Shape::Surfaces(_) | Shape::Instance { .. } => false,
    }
}

/// Geometry of stored bytes.
pub(crate) fn decode_geometry(id: &str, bytes: &[u8]) -> Result<LodGeometry, StoreError> {
    if bytes.is_empty() {
        return Ok(LodGeometry::default());
    }
    postcard::from_bytes(bytes).map_err(|err| StoreError::Decode {
        what: format!("geometry of {id:?}"),
        reason: err.to_string(),
    })
}

/// Attributes of stored text.
pub(crate) fn decode_attributes(id: &str, json: &str) -> Result<Attributes, StoreError> {
    serde_json::from_str(json).map_err(|err| StoreError::Decode {
        what: format!("attributes of {id:?}"),
        reason: err.to_string(),
    })
}
