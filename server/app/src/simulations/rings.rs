//! Strongly connected parts of a directed graph: what lies in one ring, from the top down.

/// Parts of which every node leads to every other one, in an order in which edges lead from earlier parts to later ones.
///
/// * `below` — `[node]`, the nodes that its edges lead to, all less than its length
/// * returns the nodes of each part; one that is in no ring is a part by itself
///
/// # Source
/// Tarjan, R. (1972): Depth-first search and linear graph algorithms. With a stack of its own: a chain of drains may be
/// longer than the program's stack is deep.
pub(super) fn parts(below: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; below.len()];
    let mut lowest = vec![0; below.len()];
    let mut is_open = vec![false; below.len()];
    let (mut open, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    for root in 0..below.len() {
        // node, and how many of its edges were followed
        let mut way = vec![(root, 0)];
        while let Some((node, followed)) = way.pop() {
            if followed == 0 {
                if order[node] != UNSEEN {
                    continue;
                }
                (order[node], lowest[node], is_open[node]) = (next, next, true);
                open.push(node);
                next += 1;
            } else {
                // back from the edge before
                let low = below[node][followed - 1];
                if is_open[low] {
                    lowest[node] = lowest[node].min(lowest[low]);
                }
            }
            if let Some(low) = below[node].get(followed) {
                way.push((node, followed + 1));
                if order[*low] == UNSEEN {
                    way.push((*low, 0));
                }
            } else if lowest[node] == order[node] {
                let first = open.iter().rposition(|other| *other == node).unwrap_or_default();
                let part = open.split_off(first);
                for member in &part {
                    is_open[*member] = false;
                }
                found.push(part);
            }
        }
    }
    // the lowest part ends first
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(below: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let mut parts = parts(below);
        parts.iter_mut().for_each(|part| part.sort_unstable());
        parts
    }

    #[test]
    fn rings_are_parts_in_the_order_of_the_flow() {
        // 4 → 0 → 1 → 2 → 0, 2 → 3 → 5 ⇄ 6
        let below = [vec![1], vec![2], vec![0, 3], vec![5], vec![0], vec![6], vec![5]];
        assert_eq!(sorted(&below), [vec![4], vec![0, 1, 2], vec![3], vec![5, 6]]);
        // two ways down and a pipe to itself: no ring of several
        assert_eq!(sorted(&[vec![1, 2], vec![2, 1], vec![]]), [vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn a_long_chain_does_not_end_the_program() {
        let below: Vec<Vec<usize>> = (0..300_000).map(|node| vec![(node + 1) % 300_000]).collect();
        assert_eq!(parts(&below).len(), 1);
    }
}
