// What a step of the time slider costs: layers as large as a city has, in the page, with the step and without, in turns.
//
// The layers are written here, byte by byte as the server writes them (tiles/model/src/overlay.rs), so that their size is
// exact. Either kind of frame moves the camera by the same angle; one of them shows the next step of the layer as well.
import { median } from './comparison.mjs';

const GRID = 2_000;
const PIPES = 15_000;
const STEPS = 6;
/** Frames of either kind a round, and the angle between them. */
const FRAMES = { timed: 12, warm_up: 2, step_deg: 0.6 };

// this runs in the page: it has no names from outside
async function lay({ kind, grid, pipes, steps, view }) {
  const engine = await import(new URL('engine/viewer_app.js', document.baseURI).href);
  window.command = (command) => engine.command(JSON.stringify(command));
  const WIDTH = 4_096;
  const [x, y, z] = view.target_enu;
  const [vertices, indices, features] = [[], [], []];
  let size = [grid, grid];
  if (kind === 'grid') {
    const half = grid / 2;
    for (const [across, up] of [[0, 0], [1, 0], [0, 1], [1, 1]]) vertices.push(across * grid - half, up * grid - half, 1, across * grid, up * grid, 0, 0, 0, 0);
    indices.push(0, 1, 2, 2, 1, 3);
  } else if (kind === 'lines') {
    // a hundred and twenty rows of pipes, ten metres each; a value at either end
    size = [WIDTH, Math.ceil((2 * pipes) / WIDTH)];
    for (let pipe = 0; pipe < pipes; pipe += 1) {
      const [east, north] = [(pipe % 120) * 10 - 600, Math.floor(pipe / 120) * 10 - 600];
      const first = vertices.length / 9;
      for (const end of [0, 1]) {
        const texel = 2 * pipe + end;
        for (const turned of [1, -1]) vertices.push(east + end * 10, north, 1, (texel % WIDTH) + 0.5, Math.floor(texel / WIDTH) + 0.5, end * 10, turned, 0, 0);
      }
      indices.push(first, first + 1, first + 2, first + 2, first + 1, first + 3);
    }
  } else {
    size = [WIDTH, Math.ceil(pipes / WIDTH)];
    for (let pipe = 0; pipe < pipes; pipe += 1) features.push(pipe);
  }
  const header = JSON.stringify({
    kind: { grid: 'surface', lines: 'vertices', features: 'features' }[kind], look: 'ramp', is_smooth: false, is_through: false,
    origin_enu: [x, y, z], size, times_s: Array.from({ length: steps }, (_, step) => step * 60), offset: 0, scale: 1 / 65_534,
    classes: [[0, 68, 1, 84], [0.25, 59, 82, 139], [0.5, 33, 145, 140], [0.75, 253, 231, 37]].map(([from, r, g, b]) => ({ from, rgba: [r, g, b, 255] })),
    limit: null, left_out: 0, counts: [vertices.length / 9, indices.length, features.length],
  });
  const text = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 4) * 4));
  const cells = size[0] * size[1];
  const words = vertices.length + indices.length + features.length;
  const bytes = new Uint8Array(12 + text.length + words * 4 + cells * steps * 2);
  const at = 12 + text.length;
  bytes.set(new TextEncoder().encode('CJOV'));
  new Uint32Array(bytes.buffer, 4, 2).set([2, text.length]);
  bytes.set(text, 12);
  new Float32Array(bytes.buffer, at, vertices.length).set(vertices);
  new Uint32Array(bytes.buffer, at + vertices.length * 4, indices.length + features.length).set([...indices, ...features]);
  const values = new Uint16Array(bytes.buffer, at + words * 4, cells * steps);
  for (let i = 0; i < values.length; i += 1) values[i] = ((i % cells) * 31 + Math.floor(i / cells) * 9_001) % 65_535;
  engine.set_overlay(0, bytes);
  window.command({ type: 'show_overlay', side: 0, time_s: 0, opacity: 1, visible: true });
  await window.chengjing.flyTo(view, { duration_ms: 0 });
  await window.chengjing.settled();
}

async function turn({ view, steps, timed, warm_up, step_deg }) {
  const { chengjing: viewer, probe } = window;
  const times_ms = { still: [], stepped: [] };
  for (let i = 0; i < 2 * (timed + warm_up); i += 1) {
    const name = i % 2 === 0 ? 'still' : 'stepped';
    const before = performance.now();
    const drawn = probe.nextCompleted();
    if (name === 'stepped') window.command({ type: 'show_overlay', side: 0, time_s: ((i >> 1) % steps) * 60, opacity: 1, visible: true });
    viewer.flyTo({ ...view, heading_deg: view.heading_deg + i * step_deg }, { duration_ms: 0 });
    await drawn;
    if (i >= 2 * warm_up) times_ms[name].push(performance.now() - before);
  }
  return times_ms;
}

async function takeAway() {
  const engine = await import(new URL('engine/viewer_app.js', document.baseURI).href);
  engine.set_overlay(0, new Uint8Array());
}

/**
 * Rows of the steps, one a kind of layer.
 *
 * * `open(quality)` — an open page of the viewer at this quality, and how it is closed
 */
export async function steps({ view, open, rounds }) {
  const { page, close, errors } = await open('low');
  const rows = [];
  try {
    await page.waitForFunction(() => window.chengjing);
    await page.evaluate(() => window.chengjing.settled());
    for (const kind of ['grid', 'lines', 'features']) {
      await page.evaluate(lay, { kind, grid: GRID, pipes: PIPES, steps: STEPS, view });
      const found = { still: [], stepped: [] };
      for (let round = 0; round < rounds; round += 1) {
        const times_ms = await page.evaluate(turn, { view, steps: STEPS, ...FRAMES });
        for (const name of ['still', 'stepped']) found[name].push(...times_ms[name]);
      }
      await page.evaluate(takeAway);
      const [frame_ms, stepped_ms] = [median(found.still), median(found.stepped)];
      rows.push({ kind, values: kind === 'grid' ? GRID * GRID : PIPES, frame_ms, stepped_ms, ratio: stepped_ms / frame_ms, frames: found.still.length, errors });
      console.error(JSON.stringify(rows.at(-1)));
    }
  } finally {
    await close();
  }
  return rows;
}
