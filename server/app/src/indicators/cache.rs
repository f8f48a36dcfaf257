//! What is kept between questions: worlds per state of the store, evaluations per area and scenario, the rule set.
//!
//! A million features are read once. A scenario edit adds proposals at the end of the store, which are read alone; the
//! states of the rest come from the state table, and the evaluation computes what the difference touches.

use super::world::Reader;
use crate::http::Snapshot;
use crate::http::problem::ApiError;
use analysis::rules::RuleSet;
use analysis::{Evaluation, Region, Scenario, World};
use scene_store::{FeaturesVersion, SceneStore};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Worlds kept at most; the one used longest ago goes first.
const MAX_WORLDS: usize = 4;
/// Evaluations kept at most.
const MAX_EVALUATIONS: usize = 24;
/// Boxes are rounded outward to this, so that neighbouring areas share a world, metres.
const BOX_STEP_M: f64 = 500.0;
/// Largest rule file of a city that is read, bytes.
const MAX_RULE_FILE_BYTES: u64 = 4 << 20;
/// Rule files of a city at most.
const MAX_RULE_FILES: usize = 200;

/// Everything kept; one per server.
#[derive(Debug, Default)]
pub struct AnalysisCache {
    worlds: Mutex<Vec<WorldEntry>>,
    evaluations: Mutex<Vec<EvaluationEntry>>,
    rules: Mutex<Option<(RuleStamp, Arc<RuleSet>)>>,
}

type RuleStamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

#[derive(Debug, Clone)]
struct WorldEntry {
    /// Counts loads: evaluations of another load are of no use.
    id: u64,
    version: FeaturesVersion,
    within: Option<[f64; 4]>,
    rules: Arc<RuleSet>,
    world: Arc<World>,
}

#[derive(Debug)]
struct EvaluationEntry {
    world_id: u64,
    scenario: String,
    region: u64,
    evaluation: Evaluation,
}

impl AnalysisCache {
    /// The rules in force: those of the program and those in the city's folder `rules/`, read again when a file changes.
    pub fn rules(&self, city: &Path) -> Arc<RuleSet> {
        let stamp = rule_stamp(&city.join("rules"));
        let mut kept = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, set)) = kept.as_ref()
            && *known == stamp
        {
            return Arc::clone(set);
        }
        let mut own = BTreeMap::new();
        for (path, bytes, _) in &stamp {
            let name = path
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            // what cannot be read is a fault of that file, told like a typo
            let text = if *bytes > MAX_RULE_FILE_BYTES {
                Err(format!("{bytes} bytes, more than {MAX_RULE_FILE_BYTES}"))
            } else {
                std::fs::read_to_string(path).map_err(|err| err.to_string())
            };
            own.insert(name, text.unwrap_or_else(|err| format!("unreadable: {err}")));
        }
        let set = Arc::new(RuleSet::with_files(own));
        for fault in &set.faults {
            tracing::info!(%fault, "a rule cannot be used");
        }
        *kept = Some((stamp, Arc::clone(&set)));
        set
    }

    /// The world around a region (the whole city for `None`), as the store is now.
    pub(super) fn world(
        &self,
        store: &dyn SceneStore,
        snapshot: &Snapshot,
        rules: &Arc<RuleSet>,
        region: Option<&Region>,
    ) -> Result<(u64, Arc<World>), ApiError> {
        let version = store.features_version()?;
        let wanted = rules.wanted_keys();
        let within = region.map(|r| {
            let b = r.bounds().grown(rules.reach_m());
            let (down, up) = (
                |v: f64| (v / BOX_STEP_M).floor() * BOX_STEP_M,
                |v: f64| (v / BOX_STEP_M).ceil() * BOX_STEP_M,
            );
            [down(b.min[0]), down(b.min[1]), up(b.max[0]), up(b.max[1])]
        });
        let reader = Reader {
            store,
            snapshot,
            assumptions: rules.settings.assumptions,
            wanted: &wanted,
        };
        let found = {
            let mut worlds = self.worlds.lock().unwrap_or_else(PoisonError::into_inner);
            worlds.retain(|w| w.version.changed == version.changed && Arc::ptr_eq(&w.rules, rules));
            let at = worlds.iter().position(|w| covers(w.within, within));
            // the one used last stands at the end
            at.map(|at| {
                let entry = worlds.remove(at);
                worlds.push(entry.clone());
                entry
            })
        };
        let entry = match found {
            Some(entry) if entry.version.count == version.count => return Ok((entry.id, entry.world)),
            Some(entry) => {
                let mut world = World::clone(&entry.world);
                reader.grow(&mut world, entry.version.count, version.count, entry.within)?;
                WorldEntry {
                    version,
                    world: Arc::new(world),
                    ..entry
                }
            }
            None => WorldEntry {
                id: next_id(),
                version,
                within,
                rules: Arc::clone(rules),
                world: Arc::new(reader.world(within)?),
            },
        };
        let answer = (entry.id, Arc::clone(&entry.world));
        let mut worlds = self.worlds.lock().unwrap_or_else(PoisonError::into_inner);
        worlds.retain(|w| w.id != entry.id);
        worlds.push(entry);
        if worlds.len() > MAX_WORLDS {
            worlds.remove(0);
        }
        Ok(answer)
    }

    /// The evaluation of a region in a scenario: a kept one brought up to date, or a new one.
    pub(super) fn evaluate<T>(
        &self,
        world: (u64, Arc<World>),
        region: &Region,
        scenario_id: &str,
        scenario: Scenario,
        rules: &RuleSet,
        answer: impl FnOnce(&Evaluation) -> T,
    ) -> T {
        let (world_id, world) = world;
        let hash = hash_of(region);
        let scenario = Arc::new(scenario);
        let kept = {
            let mut kept = self.evaluations.lock().unwrap_or_else(PoisonError::into_inner);
            let at = kept
                .iter()
                .position(|e| e.world_id == world_id && e.region == hash && e.scenario == scenario_id);
            at.map(|at| kept.remove(at).evaluation)
        };
        let evaluation = match kept {
            // a world never shrinks; one that is older than what was evaluated comes from a question that took longer
            Some(mut evaluation) if evaluation.world().buildings.len() <= world.buildings.len() => {
                evaluation.update(world, scenario);
                evaluation
            }
            _ => Evaluation::new(
                world,
                Arc::new(region.clone()),
                scenario,
                Arc::new(rules.settings.clone()),
            ),
        };
        let result = answer(&evaluation);
        let mut kept = self.evaluations.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(EvaluationEntry {
            world_id,
            scenario: scenario_id.to_owned(),
            region: hash,
            evaluation,
        });
        if kept.len() > MAX_EVALUATIONS {
            kept.remove(0);
        }
        result
    }
}

fn next_id() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// True when a world of the box `have` serves a question about the box `need`; `None` is everything.
fn covers(have: Option<[f64; 4]>, need: Option<[f64; 4]>) -> bool {
    match (have, need) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(h), Some(n)) => h[0] <= n[0] && h[1] <= n[1] && h[2] >= n[2] && h[3] >= n[3],
    }
}

fn hash_of(region: &Region) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for polygon in &region.polygons().0 {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            hasher.update(&(ring.0.len() as u64).to_le_bytes());
            for c in &ring.0 {
                hasher.update(&c.x.to_le_bytes());
                hasher.update(&c.y.to_le_bytes());
            }
        }
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// Rule files of a folder with their sizes and times; empty without the folder.
fn rule_stamp(folder: &Path) -> RuleStamp {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut stamp: RuleStamp = entries
        .filter(|e| e.path().extension().is_some_and(|x| x == "json"))
        .filter_map(|e| {
            let meta = e.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some((e.path(), meta.len(), meta.modified().ok()))
        })
        .collect();
    stamp.sort();
    stamp.truncate(MAX_RULE_FILES);
    stamp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_world_serves_a_smaller_question() {
        let (large, small) = ([0.0, 0.0, 9.0, 9.0], [1.0, 1.0, 9.0, 9.0]);
        assert!(covers(None, None) && covers(None, Some(small)) && covers(Some(large), Some(small)));
        assert!(!covers(Some(small), Some(large)) && !covers(Some(large), None));
    }

    #[test]
    fn rules_of_the_city_are_read_again_when_they_change() {
        let dir = tempfile::tempdir().unwrap();
        let cache = AnalysisCache::default();
        let built_in = cache.rules(dir.path());
        assert!(Arc::ptr_eq(&built_in, &cache.rules(dir.path())), "kept");
        std::fs::create_dir(dir.path().join("rules")).unwrap();
        std::fs::write(dir.path().join("rules/own.json"), "{").unwrap();
        let with_fault = cache.rules(dir.path());
        assert_eq!(with_fault.faults.len(), 1);
        assert_eq!(with_fault.faults[0].file, "own.json");
        assert_eq!(with_fault.rules.len(), built_in.rules.len());
    }
}
