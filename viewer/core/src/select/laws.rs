//! Laws that hold for any tree, any way of the camera and any order in which tiles arrive.

use super::tests::{TILE_BYTES, World, above, tile};
use super::*;
use crate::tree::Tile;
use city_model::tileset::Refine;
use proptest::prelude::*;
use serde_json::Value;

/// A random tree over x from −2,000 to 2,000: errors halve or quarter downwards, tiles split their range.
fn any_tree() -> impl Strategy<Value = Value> {
    #[derive(Debug, Clone)]
    struct Shape {
        children: Vec<Shape>,
        is_add: bool,
        is_empty: bool,
    }
    let node = (any::<bool>(), 0..8).prop_map(|(is_add, n)| Shape {
        children: Vec::new(),
        is_add,
        is_empty: n == 0,
    });
    let tree = node.prop_recursive(5, 120, 4, |inner| {
        (prop::collection::vec(inner, 1..=4), 0..4, 0..8).prop_map(|(children, add, empty)| Shape {
            children,
            is_add: add == 0,
            is_empty: empty == 0,
        })
    });
    fn write(shape: &Shape, x: [f64; 2], error: f64, counter: &mut u32) -> Value {
        let width = (x[1] - x[0]) / shape.children.len().max(1) as f64;
        let name = if shape.is_empty && !shape.children.is_empty() {
            String::new()
        } else {
            format!("t{counter}")
        };
        *counter += 1;
        let children: Vec<Value> = shape
            .children
            .iter()
            .enumerate()
            .map(|(i, child)| {
                let start = x[0] + width * i as f64;
                write(child, [start, start + width], error * 0.4, counter)
            })
            .collect();
        let error = if children.is_empty() { 0.0 } else { error };
        tile(&name, x, error, if shape.is_add { "ADD" } else { "REPLACE" }, &children)
    }
    tree.prop_map(|shape| write(&shape, [-2000.0, 2000.0], 400.0, &mut 0))
}

fn path(tree: &TileTree, id: TileId) -> Vec<TileId> {
    std::iter::successors(Some(id), |id| tree.get(*id).and_then(|tile| tile.parent)).collect()
}

/// Checks the laws of one selection.
fn check(world: &World) -> Result<(), TestCaseError> {
    let (tree, states, last) = (&world.tree, &world.states, &world.last);
    let is_drawn = |id: TileId| last.render.binary_search(&id).is_ok();
    for id in &last.render {
        prop_assert!(states.get(*id).is_ready(), "{id:?} is drawn and not ready");
        for above in path(tree, *id).into_iter().skip(1) {
            let is_replaced = tree
                .get(above)
                .is_some_and(|t| t.refine == Refine::Replace && t.has_model());
            prop_assert!(
                !(is_replaced && is_drawn(above)),
                "{above:?} is drawn with its descendant {id:?}"
            );
        }
    }
    for id in &last.evict {
        prop_assert!(!is_drawn(*id), "{id:?} is drawn and evicted");
    }
    let is_over =
        states.cpu_bytes() > world.settings.cpu_budget_bytes || states.gpu_bytes() > world.settings.gpu_budget_bytes;
    prop_assert!(
        !is_over || states.resident().iter().all(|id| is_drawn(*id)),
        "over budget by what is not drawn"
    );
    // every visible leaf with something ready on its way to the root is covered, unless a tile without content above it
    // says that nothing is to be seen from here
    let shows_nothing = |id: TileId| {
        let is_fine = |tile: &Tile| {
            let sse_px =
                |view: &crate::ViewState| view.sse_px(tile.geometric_error_m, tile.volume.distance_m(view.eye_enu));
            world
                .views
                .0
                .iter()
                .all(|view| sse_px(view) <= world.settings.maximum_screen_space_error_px)
        };
        tree.get(id)
            .is_some_and(|tile| tile.content.is_none() && !tile.children.is_empty() && is_fine(tile))
    };
    let is_seen = |tile: &Tile| world.views.0.iter().any(|view| !view.culls(&tile.volume, &mut 0));
    for (leaf, tile) in tree
        .iter()
        .filter(|(_, tile)| tile.children.is_empty() && tile.is_live && is_seen(tile))
    {
        let way = path(tree, leaf);
        let is_covered = way.iter().any(|id| is_drawn(*id));
        let has_cover = way.iter().any(|id| states.get(*id).is_ready());
        prop_assert!(
            is_covered || !has_cover || tile.content.is_none() || way.iter().any(|id| shows_nothing(*id)),
            "a hole at {leaf:?} although something is ready"
        );
    }
    Ok(())
}

/// Starts all requests and lets some of them arrive.
fn arrive(world: &mut World, arrivals: u64) {
    let requests = world.last.load.clone();
    for (i, request) in requests.iter().enumerate() {
        world.states.set_loading(request.tile);
        if arrivals >> (i % 64) & 1 == 1 {
            world
                .states
                .set_ready(&world.tree, request.tile, TILE_BYTES, TILE_BYTES);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn laws_hold_on_any_way_through_any_tree(root in any_tree(), budget in 1_u64..60, limit in 0_u32..10, preloads in any::<bool>(),
        steps in prop::collection::vec((-2500.0..2500.0_f64, 5.0_f64..9.5, any::<u64>(), 0..40), 1..40)) {
        let mut world = World::new(&root);
        world.settings.cpu_budget_bytes = budget * TILE_BYTES;
        world.settings.loading_descendant_limit = limit;
        world.settings.preloads_siblings = preloads;
        for (x, log_height, arrivals, failure) in steps {
            world.views = above(x, log_height.exp());
            world.step();
            check(&world)?;
            arrive(&mut world, arrivals);
            if let (0, Some(request)) = (failure, world.last.load.first()) {
                let tile = request.tile;
                if !world.states.get(tile).is_ready() {
                    world.states.set_failed(tile, true);
                }
            }
        }
    }

    /// When everything arrives, selection comes to rest, and at rest it repeats itself: nothing is loaded only to be
    /// thrown away again, whatever the budget.
    #[test]
    fn selection_comes_to_rest(root in any_tree(), budget in 1_u64..60, limit in 0_u32..10, preloads in any::<bool>(), x in -2000.0..2000.0_f64, log_height in 5.0_f64..9.5) {
        let mut world = World::new(&root);
        world.settings.gpu_budget_bytes = budget * TILE_BYTES;
        world.settings.loading_descendant_limit = limit;
        world.settings.preloads_siblings = preloads;
        world.views = above(x, log_height.exp());
        let mut frames = 0;
        loop {
            world.step();
            check(&world)?;
            if world.last.load.is_empty() && world.last.evict.is_empty() {
                break;
            }
            arrive(&mut world, u64::MAX);
            frames += 1;
            prop_assert!(frames < 60, "does not come to rest: {:?}", world.last);
        }
        let before = world.last.clone();
        world.step();
        prop_assert_eq!(&world.last, &before);
        prop_assert!(world.last.is_settled());
    }
}

/// 100,000 tiles: a quadtree of REPLACE tiles eight levels deep, seen from low above its middle.
#[test]
fn a_hundred_thousand_tiles_are_selected_in_little_time() {
    fn grow(level: u32, x: f64, y: f64, half: f64, out: &mut String) {
        use std::fmt::Write as _;
        let error = if level == 0 { 0.0 } else { half * 0.1 };
        write!(
            out,
            r#"{{"boundingVolume":{{"box":[{x},{y},20,{half},0,0,0,{half},0,0,0,20]}},"geometricError":{error},"refine":"REPLACE","content":{{"uri":"{level}_{x}_{y}.glb","extras":{{"bytes":1000}}}}"#
        )
        .unwrap();
        if level > 0 {
            out.push_str(r#","children":["#);
            let quarter = half * 0.5;
            for (i, (sx, sy)) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)]
                .into_iter()
                .enumerate()
            {
                out.push_str(if i > 0 { "," } else { "" });
                grow(level - 1, x + sx * quarter, y + sy * quarter, quarter, out);
            }
            out.push(']');
        }
        out.push('}');
    }
    let mut root = String::new();
    grow(8, 0.0, 0.0, 16_000.0, &mut root);
    let text = format!(r#"{{"asset":{{"version":"1.1"}},"geometricError":9999,"root":{root}}}"#);
    let mut world = World::new(&tile("x", [0.0, 1.0], 0.0, "REPLACE", &[]));
    world.tree = TileTree::new(glam::DMat4::IDENTITY);
    let started = std::time::Instant::now();
    world.tree.set_root("/t/tileset.json", &text).unwrap();
    let parsed = started.elapsed();
    assert!(world.tree.len() > 80_000);
    let eye = glam::DVec3::new(0.0, -2000.0, 600.0);
    world.views = Views::single(crate::view::ViewState::perspective(
        eye,
        glam::DVec3::new(0.0, 1.0, -0.35),
        glam::DVec3::Z,
        0.8,
        [1920.0, 1080.0],
    ));
    world.settings.cpu_budget_bytes = u64::MAX;
    world.settings.gpu_budget_bytes = u64::MAX;
    for _ in 0..12 {
        world.step();
        arrive(&mut world, u64::MAX);
    }
    world.step();
    let started = std::time::Instant::now();
    let runs = 20;
    for _ in 0..runs {
        let again = select_tiles(&world.tree, &world.states, &world.views, &world.settings, &world.last);
        assert_eq!(again.render, world.last.render);
    }
    let each = started.elapsed() / runs;
    println!(
        "{} tiles: parsed in {parsed:?}, selected in {each:?} ({} visited, {} drawn)",
        world.tree.len(),
        world.last.stats.num_visited,
        world.last.render.len()
    );
    assert!(world.last.render.len() > 100);
    assert!(each.as_millis() < 50, "{each:?}");
}
