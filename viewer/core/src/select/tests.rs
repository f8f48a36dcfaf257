//! Traversal cases. Above each stands the tree: `A` ready, `a` not loaded, `(A)` out of view, `+` refines by ADD, the
//! number is the geometric error. The camera stands 1,000 m above and sees x from −500 to 500, so that an error of
//! n metres is n pixels on screen; the maximum is 16.

use super::*;
use crate::tree::TreeChange;
use crate::url;
use crate::view::ViewState;
use glam::{DMat4, DVec3};
use serde_json::{Value, json};

/// Bytes of every tile on CPU and GPU each.
pub(super) const TILE_BYTES: u64 = 1000;

/// A tree with its states, selected frame by frame.
pub(super) struct World {
    pub tree: TileTree,
    pub states: TileStates,
    pub settings: SelectSettings,
    pub views: Views,
    pub last: Selection,
    frame: u64,
}

/// A tile over a range of x; `name` becomes `name.glb`, a name that ends with `.json` an external tileset.
pub(super) fn tile(name: &str, x: [f64; 2], error: f64, refine: &str, children: &[Value]) -> Value {
    let (center, half) = ((x[0] + x[1]) * 0.5, (x[1] - x[0]) * 0.5);
    let volume = json!({"box": [center, 0, -5, half, 0, 0, 0, 100, 0, 0, 0, 5]});
    let mut tile = json!({"boundingVolume": volume, "geometricError": error, "refine": refine, "children": children});
    if !name.is_empty() {
        let uri = if name.ends_with(".json") {
            name.to_owned()
        } else {
            format!("{name}.glb")
        };
        tile["content"] = json!({"uri": uri, "extras": {"bytes": TILE_BYTES}});
    }
    tile
}

fn leaf(name: &str, x: [f64; 2]) -> Value {
    tile(name, x, 0.0, "REPLACE", &[])
}

pub(super) fn tileset(root: &Value) -> String {
    json!({"asset": {"version": "1.1"}, "geometricError": 1000, "root": root}).to_string()
}

/// A camera above a point of the row.
pub(super) fn above(x: f64, height_m: f64) -> Views {
    let fovy_rad = 2.0 * 0.5_f64.atan();
    Views::single(ViewState::perspective(
        DVec3::new(x, 0.0, height_m),
        DVec3::NEG_Z,
        DVec3::Y,
        fovy_rad,
        [1000.0, 1000.0],
    ))
}

impl World {
    pub(super) fn new(root: &Value) -> Self {
        let mut tree = TileTree::new(DMat4::IDENTITY);
        tree.set_root("/t/tileset.json", &tileset(root)).unwrap();
        let settings = SelectSettings {
            preloads_siblings: false,
            loading_descendant_limit: 100,
            ..SelectSettings::default()
        };
        Self {
            tree,
            states: TileStates::default(),
            settings,
            views: above(0.0, 1000.0),
            last: Selection::default(),
            frame: 0,
        }
    }

    fn id(&self, name: &str) -> TileId {
        let is_it = |id: &TileId| self.name(*id) == name;
        self.tree.iter().map(|(id, _)| id).find(is_it).unwrap()
    }

    fn name(&self, id: TileId) -> String {
        let content = self.tree.get(id).unwrap().content.as_ref();
        content.map_or(String::new(), |c| {
            url::file_name(&c.url).trim_end_matches(".glb").to_owned()
        })
    }

    fn load(&mut self, names: &[&str]) {
        for name in names {
            self.states.set_ready(&self.tree, self.id(name), TILE_BYTES, TILE_BYTES);
        }
    }

    /// Selects, applies evictions and cancels, and gives (drawn, requested) names.
    fn select(&mut self) -> (Vec<String>, Vec<String>) {
        self.step();
        let drawn = self.last.render.iter().map(|id| self.name(*id)).collect();
        let mut requested: Vec<String> = self.last.load.iter().map(|request| self.name(request.tile)).collect();
        requested.sort();
        (drawn, requested)
    }

    pub(super) fn step(&mut self) {
        self.frame += 1;
        self.last = select_tiles(&self.tree, &self.states, &self.views, &self.settings, &self.last);
        for id in self.last.evict.clone() {
            self.states.set_evicted(&self.tree, id);
        }
        for id in self.last.cancel.clone() {
            self.states.set_cancelled(id);
        }
        self.states.touch(self.last.used.iter().copied(), self.frame);
    }

    fn check(&mut self, drawn: &[&str], requested: &[&str]) {
        let found = self.select();
        assert_eq!((found.0, found.1), (names(drawn), names(requested)));
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// ```text
///      a 100
///     /     \
///    b       c
/// ```
fn two_leaves() -> World {
    World::new(&tile(
        "a",
        [-400.0, 400.0],
        100.0,
        "REPLACE",
        &[leaf("b", [-400.0, 0.0]), leaf("c", [0.0, 400.0])],
    ))
}

#[test]
fn a_root_that_meets_the_error_is_all_there_is() {
    let mut world = World::new(&tile(
        "a",
        [-400.0, 400.0],
        15.0,
        "REPLACE",
        &[leaf("b", [-400.0, 400.0])],
    ));
    world.check(&[], &["a"]);
    assert_eq!(world.last.load[0].group, LoadGroup::Urgent);
    world.load(&["a"]);
    world.check(&["a"], &[]);
    assert!(world.last.is_settled());
    assert!((world.last.stats.drawn_error_px - 15.0).abs() < 1e-9);
}

/// ```text
///      A                A                A
///     / \      →       / \       →      / \
///    b   c            B   c            B   C
/// ```
#[test]
fn a_parent_stays_until_all_children_are_ready() {
    let mut world = two_leaves();
    world.load(&["a"]);
    world.check(&["a"], &["b", "c"]);
    assert!(world.last.load.iter().all(|request| request.group == LoadGroup::Normal));
    assert!(!world.last.is_settled());
    world.load(&["b"]);
    world.check(&["a"], &["c"]);
    world.load(&["c"]);
    world.check(&["b", "c"], &[]);
    assert!(world.last.is_settled());
    assert_eq!(world.last.stats.drawn_error_px, 0.0);
}

/// ```text
///      a
///     / \     nothing stands in for b, so C is shown at once
///    b   C
/// ```
#[test]
fn without_a_ready_ancestor_what_is_there_is_shown() {
    let mut world = two_leaves();
    world.load(&["c"]);
    world.check(&["c"], &["b"]);
    assert_eq!(world.last.load[0].group, LoadGroup::Urgent);
}

/// ```text
///      A                     seen from afar: a meets the error but is gone,
///     / \       →    a       B and C stay until it is back
///    B   C          / \
///                  B   C
/// ```
#[test]
fn zooming_out_keeps_the_children_until_the_parent_is_back() {
    let mut world = two_leaves();
    world.load(&["b", "c"]);
    world.views = above(0.0, 20_000.0);
    world.check(&["b", "c"], &["a"]);
    assert_eq!(
        world.last.load[0].group,
        LoadGroup::Urgent,
        "nothing is missing, and it frees memory"
    );
    world.load(&["a"]);
    world.check(&["a"], &[]);
}

/// ```text
///      a                     memory for one tile is left: a is loaded beyond it,
///     / \       →    A       then B and C go
///    B   C
/// ```
#[test]
fn a_picture_that_has_become_too_large_is_made_coarser() {
    let mut world = two_leaves();
    world.load(&["b", "c"]);
    world.check(&["b", "c"], &[]);
    (world.settings.cpu_budget_bytes, world.settings.gpu_budget_bytes) = (TILE_BYTES, TILE_BYTES);
    world.check(&["b", "c"], &["a"]);
    assert!(world.last.stats.starved);
    world.load(&["a"]);
    world.check(&["a"], &[]);
    assert!(world.states.gpu_bytes() <= TILE_BYTES && world.states.cpu_bytes() <= TILE_BYTES);
    assert!(world.last.is_settled());
}

/// ```text
///    (empty, 12 m)           12 px of error: nothing is shown; nearer, where it is too much, a and b are
///     /       \
///    a         b
/// ```
#[test]
fn a_tile_without_content_that_meets_the_error_shows_nothing() {
    let children = [leaf("a", [-400.0, 0.0]), leaf("b", [0.0, 400.0])];
    let mut world = World::new(&tile("", [-400.0, 400.0], 12.0, "REPLACE", &children));
    world.check(&[], &[]);
    assert!(world.last.is_settled());
    world.views = above(0.0, 500.0);
    world.check(&[], &["a", "b"]);
    world.load(&["a", "b"]);
    (world.settings.cpu_budget_bytes, world.settings.gpu_budget_bytes) = (TILE_BYTES, TILE_BYTES);
    world.check(&["a", "b"], &[]);
    assert!(world.last.stats.starved, "want of memory hides nothing");
}

/// ```text
///      +A 100
///     /      \
///    B        c
/// ```
#[test]
fn added_children_are_drawn_beside_their_parent_as_they_come() {
    let mut world = World::new(&tile(
        "a",
        [-400.0, 400.0],
        100.0,
        "ADD",
        &[leaf("b", [-400.0, 0.0]), leaf("c", [0.0, 400.0])],
    ));
    world.load(&["a", "b"]);
    world.check(&["a", "b"], &["c"]);
    world.load(&["c"]);
    world.check(&["a", "b", "c"], &[]);
}

/// ```text
///      +a 200               a is not there yet: nothing below is drawn in its place,
///       |                   for B is visited in its own right and kicks C
///       B 100
///      / \
///     C   d
/// ```
#[test]
fn a_missing_added_parent_does_not_draw_descendants_twice() {
    let b = tile(
        "b",
        [-400.0, 400.0],
        100.0,
        "REPLACE",
        &[leaf("c", [-400.0, 0.0]), leaf("d", [0.0, 400.0])],
    );
    let mut world = World::new(&tile("a", [-400.0, 400.0], 200.0, "ADD", &[b]));
    world.load(&["b", "c"]);
    world.check(&["b"], &["a", "d"]);
}

/// ```text
///        A
///      /   \
///     B    (c)
/// ```
#[test]
fn what_is_out_of_view_is_not_waited_for_but_loaded_ahead() {
    let mut world = World::new(&tile(
        "a",
        [-400.0, 4000.0],
        100.0,
        "REPLACE",
        &[leaf("b", [-400.0, 400.0]), leaf("c", [2000.0, 4000.0])],
    ));
    world.load(&["a", "b"]);
    world.check(&["b"], &[]);
    world.settings.preloads_siblings = true;
    world.check(&["b"], &["c"]);
    assert_eq!(world.last.load[0].group, LoadGroup::Preload);
    assert!(world.last.is_settled(), "loading ahead does not hold up");
    world.settings.cpu_budget_bytes = TILE_BYTES * 3;
    world.check(&["b"], &[]);
}

/// ```text
///          (root, empty)
///          /           \
///   A "buildings"   B "underground", hidden
/// ```
#[test]
fn hidden_groups_are_neither_drawn_nor_loaded() {
    let mut a = leaf("a", [-400.0, 400.0]);
    let mut b = leaf("b", [-400.0, 400.0]);
    a["extras"] = json!({"group": "buildings"});
    b["extras"] = json!({"group": "underground"});
    let mut world = World::new(&tile("", [-400.0, 400.0], 100.0, "ADD", &[a, b]));
    world.check(&[], &["a", "b"]);
    world.settings.hidden_groups.insert("underground".to_owned());
    world.check(&[], &["a"]);
    world.load(&["a", "b"]);
    world.check(&["a"], &[]);
    world.settings.hidden_groups.clear();
    world.check(&["a", "b"], &[]);
}

/// ```text
///      A                     A
///     / \          →        / \
///    B   x.json            B   x.json
///                                |
///                                c 50 → d
/// ```
#[test]
fn external_tilesets_are_fetched_and_grafted_while_the_parent_stays() {
    let mut world = World::new(&tile(
        "a",
        [-400.0, 400.0],
        100.0,
        "REPLACE",
        &[leaf("b", [-400.0, 0.0]), leaf("sub/x.json", [0.0, 400.0])],
    ));
    world.load(&["a", "b"]);
    world.check(&["a"], &["x.json"]);
    let x = world.id("x.json");
    let inner = tile("c", [0.0, 400.0], 50.0, "REPLACE", &[leaf("d", [0.0, 400.0])]);
    world.tree.graft(x, &tileset(&inner)).unwrap();
    world.states.set_grafted(x);
    world.check(&["a"], &["d"]);
    assert_eq!(
        world.tree.get(world.id("d")).unwrap().content.as_ref().unwrap().url,
        "/t/sub/d.glb"
    );
    world.load(&["d"]);
    world.check(&["b", "d"], &[]);
}

/// ```text
///      a                 c failed for good: b alone would leave a hole, so a is fetched
///     / \
///    B   c ✗
/// ```
#[test]
fn a_failed_child_brings_its_parent_back() {
    let mut world = two_leaves();
    world.load(&["b"]);
    world.states.set_failed(world.id("c"), true);
    world.check(&["b"], &["a"]);
    world.load(&["a"]);
    world.check(&["a"], &[]);
    assert!(world.last.is_settled(), "what failed for good is not waited for");
}

/// ```text
///            a 200
///       /   /  |  \   \
///      b   c   d   e   f     five missing, two allowed: a first
/// ```
#[test]
fn a_parent_comes_first_when_much_is_missing() {
    let children: Vec<Value> = ["b", "c", "d", "e", "f"]
        .iter()
        .enumerate()
        .map(|(i, name)| leaf(name, [i as f64 * 100.0 - 250.0, i as f64 * 100.0 - 150.0]))
        .collect();
    let mut world = World::new(&tile("a", [-250.0, 250.0], 200.0, "REPLACE", &children));
    world.settings.loading_descendant_limit = 2;
    world.check(&[], &["a"]);
    world.load(&["a"]);
    world.check(&["a"], &["b", "c", "d", "e", "f"]);
}

#[test]
fn requests_that_nobody_wants_any_more_are_cancelled() {
    let mut world = two_leaves();
    world.load(&["a"]);
    world.select();
    let (b, c) = (world.id("b"), world.id("c"));
    world.states.set_loading(b);
    world.states.set_loading(c);
    world.select();
    assert!(world.last.cancel.is_empty());
    world.views = above(-700.0, 1000.0);
    world.select();
    assert_eq!(world.last.cancel, [c]);
    assert_eq!(world.states.get(c).load, LoadState::Unloaded);
}

#[test]
fn the_middle_of_the_view_and_the_greatest_error_come_first() {
    let mut world = World::new(&tile(
        "",
        [-500.0, 500.0],
        100.0,
        "ADD",
        &[
            leaf("edge", [-500.0, -400.0]),
            leaf("middle", [-50.0, 50.0]),
            tile("coarse", [300.0, 400.0], 12.0, "REPLACE", &[]),
        ],
    ));
    world.step();
    let order: Vec<_> = world.last.load.iter().map(|request| world.name(request.tile)).collect();
    assert_eq!(order, ["coarse", "middle", "edge"]);
}

#[test]
fn a_tile_is_looked_at_only_from_inside_its_request_volume() {
    let mut root = leaf("a", [-400.0, 400.0]);
    root["viewerRequestVolume"] = json!({"sphere": [0, 0, 0, 500]});
    let mut world = World::new(&root);
    world.check(&[], &[]);
    world.views = above(0.0, 400.0);
    world.check(&[], &["a"]);
}

#[test]
fn several_views_want_what_any_of_them_wants() {
    let mut world = World::new(&tile(
        "a",
        [-400.0, 4000.0],
        100.0,
        "REPLACE",
        &[leaf("b", [-400.0, 400.0]), leaf("c", [2000.0, 4000.0])],
    ));
    world.views.0.extend(above(3000.0, 1000.0).0);
    world.check(&[], &["b", "c"]);
}

/// ```text
///      A 100
///     /  |  \  \      the budget holds three tiles: with A shown meanwhile, four children do not fit
///    b   c   d  e
/// ```
#[test]
fn a_budget_that_is_too_small_coarsens_and_says_so() {
    let children: Vec<Value> = ["b", "c", "d", "e"]
        .iter()
        .enumerate()
        .map(|(i, name)| leaf(name, [i as f64 * 100.0 - 200.0, i as f64 * 100.0 - 100.0]))
        .collect();
    let mut world = World::new(&tile("a", [-200.0, 200.0], 100.0, "REPLACE", &children));
    world.settings.gpu_budget_bytes = TILE_BYTES * 3;
    world.load(&["a"]);
    world.check(&["a"], &[]);
    let stats = world.last.stats;
    assert!(
        stats.starved && stats.drawn_error_px > 99.0 && stats.maximum_error_px > 99.0,
        "{stats:?}"
    );
    assert_eq!(stats.missing_tiles, 3, "four leaves instead of one root");
    assert!(world.last.is_settled(), "starved, not restless");
    let step = world.last.step;
    world.check(&["a"], &[]);
    assert_eq!(world.last.step, step);

    world.settings.gpu_budget_bytes = TILE_BYTES * 6;
    world.check(&["a"], &["b", "c", "d", "e"]);
    assert!(!world.last.stats.starved);
}

#[test]
fn the_longest_unused_goes_first_and_nothing_drawn_goes() {
    let children: Vec<Value> = (0..6)
        .map(|i| {
            leaf(
                &format!("t{i}"),
                [f64::from(i) * 2000.0 - 400.0, f64::from(i) * 2000.0 + 400.0],
            )
        })
        .collect();
    let mut world = World::new(&tile("", [-400.0, 12_000.0], 100.0, "ADD", &children));
    world.settings.cpu_budget_bytes = TILE_BYTES * 3;
    for i in [0, 1, 2] {
        world.views = above(f64::from(i) * 2000.0, 1000.0);
        world.select();
        world.load(&[&format!("t{i}")]);
        world.select();
        assert!(world.last.evict.is_empty());
    }
    world.views = above(0.0, 1000.0);
    world.select();
    world.views = above(6000.0, 1000.0);
    world.select();
    let evicted: Vec<_> = world.last.evict.iter().map(|id| world.name(*id)).collect();
    assert_eq!(evicted, ["t1"], "room for t3 is made by what was not seen for longest");
}

#[test]
fn a_new_revision_is_drawn_over_the_old_one() {
    let mut world = two_leaves();
    world.load(&["a", "b", "c"]);
    world.check(&["b", "c"], &[]);
    let root = tile(
        "a",
        [-400.0, 400.0],
        100.0,
        "REPLACE",
        &[leaf("b2", [-400.0, 0.0]), leaf("c", [0.0, 400.0])],
    );
    let change = world.tree.set_root("/t/tileset.json", &tileset(&root)).unwrap();
    assert_eq!(
        change,
        TreeChange {
            changed: vec![world.id("b2")],
            ..TreeChange::default()
        }
    );
    world.states.apply(&world.tree, &change);
    world.check(&["b2", "c"], &["b2"]);
    assert!(!world.last.is_settled());
    world.load(&["b2"]);
    world.check(&["b2", "c"], &[]);
    assert_eq!(world.states.cpu_bytes(), TILE_BYTES * 3);

    // another shape below the root: old children go, new ones come, the root stands in
    let root = tile("a", [-400.0, 400.0], 100.0, "REPLACE", &[leaf("d", [-400.0, 400.0])]);
    let change = world.tree.set_root("/t/tileset.json", &tileset(&root)).unwrap();
    assert_eq!((change.added.len(), change.removed.len()), (1, 2));
    world.states.apply(&world.tree, &change);
    world.check(&["a"], &["d"]);
    assert_eq!(world.states.cpu_bytes(), TILE_BYTES);
}
