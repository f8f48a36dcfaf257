//! What is joined to what, by names, by places and by both.

use super::*;

fn pipe(id: &str, nodes: Option<[&str; 2]>, points: &[[f64; 3]]) -> Pipe {
    Pipe {
        id: id.into(),
        class: "JS".into(),
        nodes: nodes.map(|ends| ends.map(str::to_owned)),
        points: points.to_vec(),
        ..Pipe::default()
    }
}

fn topology<'a>(pipes: &'a [Pipe], valves: &[Valve]) -> Topology<'a> {
    Topology::new(pipes, valves, "JS", 0.2, 1.5)
}

fn links(topology: &Topology<'_>, pipe: u32) -> Vec<[u32; 2]> {
    topology
        .pipe_links
        .of(pipe)
        .map(|link| topology.links[link as usize].nodes)
        .collect()
}

#[test]
fn what_has_no_names_joins_what_has_them() {
    // a proposal without names, before the survey in the list, begins at one of the two places of node b, a metre apart
    let pipes = [
        pipe("new", None, &[[101.1, 0.0, 0.0], [101.0, 50.0, 0.0]]),
        pipe("west", Some(["a", "b"]), &[[0.0, 0.0, 0.0], [100.0, 0.0, 0.0]]),
        pipe("east", Some(["b", "c"]), &[[101.0, 0.0, 0.0], [200.0, 0.0, 0.0]]),
        // ends on the middle of a pipe with names
        pipe("tee", None, &[[150.0, 0.1, 0.0], [150.0, 80.0, 0.0]]),
        // lies on it too, and is joined by its names alone
        pipe("over", Some(["x", "y"]), &[[170.0, 0.0, 0.0], [170.0, -80.0, 0.0]]),
    ];
    let topology = topology(&pipes, &[]);
    let [a, b, c] = ["a", "b", "c"].map(|name| topology.node_named(name).unwrap());
    assert_eq!(links(&topology, 1), [[a, b]]);
    assert_eq!(links(&topology, 0)[0][0], b);
    let east = links(&topology, 2);
    let middle = links(&topology, 3)[0][0];
    assert_eq!(east, [[b, middle], [middle, c]]);
    let [x, y] = ["x", "y"].map(|name| topology.node_named(name).unwrap());
    assert_eq!(links(&topology, 4), [[x, y]]);
    assert_eq!(topology.faults.tees, [3]);
    // a node is where the first pipe has it, a tee where its own pipe ends
    let places = topology.node_places();
    assert_eq!(places[b as usize], Some([101.1, 0.0, 0.0]));
    assert_eq!(places[middle as usize].map(|p| p[0]), Some(150.0));
}

#[test]
fn a_valve_on_the_middle_of_a_pipe_divides_it_there() {
    let pipes = [pipe(
        "main",
        None,
        &[[0.0, 0.0, -1.0], [60.0, 0.0, -1.0], [100.0, 0.0, -3.0]],
    )];
    let valve = Valve {
        id: "v".into(),
        index: 9,
        class: "JS".into(),
        at: At::Point([80.0, 1.0]),
        is_open: false,
    };
    let topology = topology(&pipes, &[valve]);
    assert_eq!(topology.links.len(), 2);
    let seat = topology.seats[0];
    assert_eq!((seat.link, seat.is_open), (0, false));
    assert_eq!(topology.node_places()[seat.node as usize], Some([80.0, 0.0, -2.0]));
}
