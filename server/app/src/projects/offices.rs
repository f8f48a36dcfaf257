//! Town offices: investment against target, and their rank.

use super::config::Targets;
use super::library::Library;
use super::record::Record;
use crate::http::problem::ApiError;
use city_model::{FeatureClass, layers};
use scene_store::FeatureQuery;
use serde::Serialize;
use std::collections::BTreeMap;

/// Zones looked at, at most.
const MAX_ZONES: u32 = 5000;

/// Investment of a town office in the year of the targets.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Office {
    /// Name.
    pub name: String,
    /// To be done in the year, CNY; `null` without a target.
    pub target_cny: Option<f64>,
    /// Planned for the year by its projects, CNY.
    pub planned_cny: f64,
    /// Done in the year, CNY.
    pub done_cny: f64,
    /// Total investment of its projects in all years, CNY.
    pub investment_cny: f64,
    /// Its projects, without those taken out of the library.
    pub num_projects: u32,
    /// Place by done ÷ target, from 1; offices without a target have none.
    pub rank: Option<u32>,
    /// Id of the zone of the same name.
    pub zone_id: Option<String>,
    /// Dense number of the zone.
    pub zone_index: Option<u32>,
    /// Year of the figures.
    pub year: i32,
    /// Where the target comes from.
    pub source: String,
    /// True when the targets are a sample and not the city's own.
    pub is_sample: bool,
}

impl Library<'_> {
    /// All town offices: those with a target in their order, then others that projects name.
    ///
    /// # Errors
    /// Trouble with the store.
    pub fn offices(&self) -> Result<Vec<Office>, ApiError> {
        let targets = &self.config.targets;
        let zones = self.zones()?;
        let office = |name: &str, target_cny: Option<f64>| {
            let zone = zones.get(name);
            Office {
                name: name.to_owned(),
                target_cny,
                planned_cny: 0.0,
                done_cny: 0.0,
                investment_cny: 0.0,
                num_projects: 0,
                rank: None,
                zone_id: zone.map(|(id, _)| id.clone()),
                zone_index: zone.map(|(_, index)| *index),
                year: targets.year,
                source: targets.source.clone(),
                is_sample: targets.is_sample,
            }
        };
        let mut offices: Vec<Office> = targets
            .offices
            .iter()
            .map(|target| office(&target.name, Some(target.target_cny)))
            .collect();
        let mut others: BTreeMap<String, Office> = BTreeMap::new();
        for stored in self.all_stored()? {
            let record = Record::from_attributes(&stored.feature.attributes, &self.config.vocabulary);
            let Some(name) = record.town_office.as_deref() else {
                continue;
            };
            if record.exit.as_deref() == Some("出库") {
                continue;
            }
            let name = canonical(targets, name);
            let known = offices.iter_mut().find(|office| office.name == name);
            let entry = match known {
                Some(known) => known,
                None => others.entry(name.to_owned()).or_insert_with(|| office(name, None)),
            };
            entry.num_projects += 1;
            entry.investment_cny += record.investment_cny.unwrap_or(0.0);
            for year in record.investment.iter().filter(|year| year.year == targets.year) {
                entry.planned_cny += year.planned_cny.unwrap_or(0.0);
                entry.done_cny += year.done_cny.unwrap_or(0.0);
            }
        }
        rank(&mut offices);
        offices.extend(others.into_values());
        Ok(offices)
    }

    /// Ids and numbers of the zones by name.
    fn zones(&self) -> Result<BTreeMap<String, (String, u32)>, ApiError> {
        let query = FeatureQuery {
            layer_code: Some(layers::layer_of(FeatureClass::Zone, None).code),
            bbox_scene: None,
            limit: MAX_ZONES,
            offset: 0,
            ..FeatureQuery::default()
        };
        let found = self.store.features(&query)?.features;
        let mut zones = BTreeMap::new();
        for zone in found {
            if let Some(name) = zone.name {
                let name = canonical(&self.config.targets, &name).to_owned();
                zones.entry(name).or_insert((zone.feature.id, zone.feature.index.0));
            }
        }
        Ok(zones)
    }
}

/// Name of an office as the targets spell it.
fn canonical<'a>(targets: &'a Targets, name: &'a str) -> &'a str {
    targets
        .offices
        .iter()
        .find(|office| office.name == name || office.aliases.iter().any(|alias| alias == name))
        .map_or(name, |office| &office.name)
}

fn rank(offices: &mut [Office]) {
    let share = |office: &Office| office.target_cny.filter(|t| *t > 0.0).map(|t| office.done_cny / t);
    let shares: Vec<Option<f64>> = offices.iter().map(share).collect();
    for (office, own) in offices.iter_mut().zip(&shares) {
        office.rank = own.map(|own| {
            let better = shares.iter().flatten().filter(|other| **other > own).count();
            u32::try_from(better).unwrap_or(u32::MAX).saturating_add(1)
        });
    }
}
