//! A set of feature places, one bit each: a million fit in 122 KiB and the first ones are found at once.

/// Set of places (`slots`) of one list of the world.
#[derive(Debug, Clone, Default)]
pub struct SlotSet {
    words: Vec<u64>,
    len: usize,
}

impl PartialEq for SlotSet {
    /// The same places; room left behind by places that went does not count.
    fn eq(&self, other: &Self) -> bool {
        let (short, long) = if self.words.len() < other.words.len() {
            (self, other)
        } else {
            (other, self)
        };
        let (same, rest) = long.words.split_at(short.words.len());
        short.words == same && rest.iter().all(|word| *word == 0)
    }
}

impl Eq for SlotSet {}

impl SlotSet {
    /// Puts a place in; true when it was not there.
    pub fn insert(&mut self, slot: usize) -> bool {
        if self.words.len() <= slot / 64 {
            self.words.resize(slot / 64 + 1, 0);
        }
        let was = self.words[slot / 64];
        self.words[slot / 64] |= 1 << (slot % 64);
        let is_new = self.words[slot / 64] != was;
        self.len += usize::from(is_new);
        is_new
    }

    /// Takes a place out.
    pub fn remove(&mut self, slot: usize) {
        if let Some(word) = self.words.get_mut(slot / 64)
            && *word & (1 << (slot % 64)) != 0
        {
            *word &= !(1 << (slot % 64));
            self.len -= 1;
        }
    }

    /// True when a place is in the set.
    pub fn contains(&self, slot: usize) -> bool {
        self.words
            .get(slot / 64)
            .is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    /// Places in the set.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// True when no place is in the set.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Places in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(i, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    i * 64 + bit
                })
            })
        })
    }

    /// Adds every place of another set.
    pub fn extend(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
        self.len = self.words.iter().map(|w| w.count_ones() as usize).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_in_and_out_in_order() {
        let mut set = SlotSet::default();
        assert!([200, 3, 64, 3].map(|s| set.insert(s)) == [true, true, true, false]);
        assert_eq!((set.len(), set.iter().collect::<Vec<_>>()), (3, vec![3, 64, 200]));
        set.remove(64);
        set.remove(900);
        let mut other = SlotSet::default();
        other.insert(5);
        other.extend(&set);
        assert_ne!(other, set);
        other.remove(5);
        assert_eq!(other, set);
        other.insert(5);
        assert_eq!((other.len(), other.iter().collect::<Vec<_>>()), (3, vec![3, 5, 200]));
    }
}
