//! Networks ready for questions about a break: gathering one reads the whole city, asking is quick.

use analysis::isolation::{Input, Prepared};
use analysis::outcome::Note;
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

/// The networks asked for last.
#[derive(Debug, Default)]
pub(super) struct ReadyNetworks {
    /// By what they are made of, the latest at the end.
    kept: Mutex<Vec<(String, Arc<ReadyNetwork>)>>,
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
        let take = || {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let at = kept.iter().position(|(known, _)| known == key)?;
            let found = kept.remove(at);
            let network = Arc::clone(&found.1);
            kept.push(found);
            Some(network)
        };
        if let Some(network) = take() {
            return Ok(network);
        }
        let network = Arc::new(make()?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((key.to_owned(), Arc::clone(&network)));
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
