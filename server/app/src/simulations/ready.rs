//! Networks ready for questions about a break: gathering one reads the whole city, asking is quick.

use analysis::isolation::{Input, Prepared};
use analysis::outcome::Note;
use lru::LruCache;
use std::sync::{Arc, Mutex, PoisonError};

/// Networks kept: a few classes, before and after.
const KEPT: usize = 6;

/// A network of a class in a scenario.
#[derive(Debug)]
pub(super) struct ReadyNetwork {
    /// Its pipes, valves, sources and consumers.
    pub(super) input: Input,
    /// Nodes, links and segments.
    pub(super) prepared: Prepared,
    /// What was assumed when it was gathered.
    pub(super) notes: Vec<Note>,
}

/// The networks asked for last, by what they are made of.
#[derive(Debug)]
pub(super) struct ReadyNetworks(Mutex<LruCache<String, Arc<ReadyNetwork>>>);

impl Default for ReadyNetworks {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl ReadyNetworks {
    /// The network of a key, made unless it is kept.
    ///
    /// * `key` — everything that it is made of
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn get<E>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<ReadyNetwork, E>,
    ) -> Result<Arc<ReadyNetwork>, E> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = kept().get(key) {
            return Ok(Arc::clone(network));
        }
        // made without the lock: those that are kept are given meanwhile
        let network = Arc::new(make()?);
        let mut kept = kept();
        kept.put(key.to_owned(), Arc::clone(&network));
        if kept.len() > KEPT {
            kept.pop_lru();
        }
        Ok(network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::Task;
    use analysis::isolation::Params;
    use std::convert::Infallible;

    #[test]
    fn the_last_few_are_kept_and_nothing_is_made_twice() {
        let networks = ReadyNetworks::default();
        let made = std::cell::Cell::new(0);
        let ask = |key: &str| {
            let make = || -> Result<ReadyNetwork, Infallible> {
                made.set(made.get() + 1);
                let input = Input::default();
                let prepared = Prepared::new(&input, "JS", &Params::default(), &Task::default()).unwrap();
                Ok(ReadyNetwork {
                    input,
                    prepared,
                    notes: vec![],
                })
            };
            networks.get(key, make).unwrap();
        };
        (0..KEPT).for_each(|n| ask(&n.to_string()));
        ask("0");
        assert_eq!(made.get(), KEPT);
        ask("one more");
        ask("0");
        assert_eq!(made.get(), KEPT + 1, "what was asked for last stays");
        ask("1");
        assert_eq!(made.get(), KEPT + 2);
    }
}
