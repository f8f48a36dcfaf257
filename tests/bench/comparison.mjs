// What comparing costs: swipe and difference against the single view of the same scenario, in one page, in turns.
//
// The scenario is made as a planner makes one, through the server, and put away again. Its tables of states come from the
// server too and go to the engine's own façade, so that no panel takes part. Every mode draws the same steps of the
// camera; the first round warms pipelines and tiles up and does not count.

/** Metres a degree of latitude, near enough to find what stands around a point. */
const METRES = 111_320;
const REACH_M = 1_000;
/** Steps of the camera a mode and round, and how many of the first do not count. */
const STEPS = { timed: 12, warm_up: 2, step_deg: 0.6 };

const MODES = {
  single: { mode: 'single', sides: [1] },
  swipe: { mode: 'swipe', sides: [0, 1], position: 0.5 },
  difference: { mode: 'difference', sides: [0, 1] },
};

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function ask(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const sent = (method, body, tag) => ({ method, headers: { 'content-type': 'application/json', ...(tag ? { 'if-match': tag } : {}) }, body: JSON.stringify(body) });

/** Ids of the buildings nearest to a point, ENU metres. */
async function buildingsAround(server, manifest, [east, north], count) {
  const [lon0, lat0] = manifest.origin_lon_lat_height;
  const squeeze = METRES * Math.cos((lat0 * Math.PI) / 180);
  const [lon, lat] = [lon0 + east / squeeze, lat0 + north / METRES];
  const box = [lon - REACH_M / squeeze, lat - REACH_M / METRES, lon + REACH_M / squeeze, lat + REACH_M / METRES];
  const { features } = await ask(`${server}/ogc/collections/buildings-building/items?limit=5000&bbox=${box}`);
  const far = features.map(({ id, geometry }) => {
    const [[x, y]] = geometry.coordinates.flat(geometry.type === 'Polygon' ? 1 : 2);
    return { id, metres: Math.hypot((x - lon) * squeeze, (y - lat) * METRES) };
  });
  if (far.length < count) throw new Error(`${far.length} buildings around the view, ${count} are wanted`);
  return far.sort((a, b) => a.metres - b.metres).slice(0, count).map(({ id }) => id);
}

/** A scenario that takes the buildings around the view down: its id, and how it is put away. */
async function scenarioOf(server, manifest, view, count) {
  const features = await buildingsAround(server, manifest, view.target_enu, count);
  const { id } = await ask(`${server}/api/v1/scenarios`, sent('POST', { name: 'bench', author: 'bench' }));
  const putAway = () => ask(`${server}/api/v1/scenarios/${id}`, sent('DELETE', { author: 'bench' }, '*'));
  try {
    await ask(`${server}/api/v1/scenarios/${id}/edits`, sent('POST', { author: 'bench', edits: [{ action: 'demolish', features }] }, '*'));
  } catch (error) {
    await putAway();
    throw error;
  }
  return { id, putAway };
}

// these run in the page
async function prepare(scenario) {
  const engine = await import(new URL('engine/viewer_app.js', document.baseURI).href);
  for (const [side, id] of [[0, 'base'], [1, scenario]]) {
    const answer = await fetch(`/api/v1/scenarios/${id}/states`);
    if (!answer.ok) throw new Error(`states of ${id}: ${answer.status}`);
    engine.set_states(side, new Uint8Array(await answer.arrayBuffer()));
  }
  window.command = (command) => engine.command(JSON.stringify(command));
}

async function steps({ command, view, timed, warm_up, step_deg }) {
  const { chengjing: viewer, probe } = window;
  window.command({ type: 'set_compare', ...command });
  await viewer.flyTo(view, { duration_ms: 0 });
  await viewer.settled();
  const times_ms = [];
  for (let i = 1; i <= warm_up + timed; i += 1) {
    const before = performance.now();
    const drawn = probe.nextCompleted();
    viewer.flyTo({ ...view, heading_deg: view.heading_deg + i * step_deg }, { duration_ms: 0 });
    await drawn;
    if (i > warm_up) times_ms.push(performance.now() - before);
  }
  return times_ms;
}

/** Medians of the modes in one page, and how they stand to the single view: median of the rounds. */
async function inPage(page, scenario, view, rounds) {
  await page.waitForFunction(() => window.chengjing);
  await page.evaluate(() => window.chengjing.settled());
  await page.evaluate(prepare, scenario);
  const names = Object.keys(MODES);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    // nobody is always first
    for (const name of names.map((_, n) => names[(n + round) % names.length])) {
      const found = await page.evaluate(steps, { command: MODES[name], view, ...STEPS });
      if (round > 0) times[name].push(median(found));
    }
  }
  const frame_ms = Object.fromEntries(names.map((name) => [name, median(times[name])]));
  const ratio = (name) => median(times[name].map((ms, round) => ms / times.single[round]));
  return { frame_ms, swipe: ratio('swipe'), difference: ratio('difference'), rounds };
}

/**
 * Rows of the comparison.
 *
 * * `open(quality)` — an open page of the viewer at this quality, and how it is closed
 * * `wanted` — `demolish`, number of buildings; `qualities`; `rounds`
 */
export async function comparison({ server, manifest, view, open, wanted: { demolish, qualities, rounds } }) {
  const { id, putAway } = await scenarioOf(server, manifest, view, demolish);
  const rows = [];
  try {
    for (const quality of qualities) {
      const { page, close, errors } = await open(quality);
      try {
        rows.push({ quality, demolished: demolish, ...(await inPage(page, id, view, rounds)), errors });
        console.error(JSON.stringify(rows.at(-1)));
      } finally {
        await close();
      }
    }
  } finally {
    await putAway();
  }
  return rows;
}
