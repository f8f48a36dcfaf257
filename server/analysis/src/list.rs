//! A list that is shared by everyone who keeps it and can still grow: a large base behind a pointer and a short tail.

use std::ops::Index;
use std::sync::Arc;

/// Things by place. A clone shares the base, so that adding a few proposals to a city of a million costs those few.
#[derive(Debug, Clone)]
pub struct List<T> {
    base: Arc<Vec<T>>,
    tail: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            base: Arc::new(Vec::new()),
            tail: Vec::new(),
        }
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(base: Vec<T>) -> Self {
        Self {
            base: Arc::new(base),
            tail: Vec::new(),
        }
    }
}

impl<T> List<T> {
    /// Things in the list.
    pub fn len(&self) -> usize {
        self.base.len() + self.tail.len()
    }

    /// True when nothing is in the list.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a thing at the end.
    pub fn push(&mut self, thing: T) {
        self.tail.push(thing);
    }

    /// Things in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.base.iter().chain(&self.tail)
    }
}

impl<T> Index<usize> for List<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        self.base
            .get(place)
            .unwrap_or_else(|| &self.tail[place - self.base.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grown_clone_leaves_the_first_as_it_was() {
        let first = List::from(vec![1, 2]);
        let mut second = first.clone();
        second.push(3);
        assert_eq!((first.len(), second.len(), second[2], second[0]), (2, 3, 3, 1));
        assert_eq!(second.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
    }
}
