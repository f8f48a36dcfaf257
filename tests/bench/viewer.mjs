// Runs our viewer and two peers on the same served city, one after the other, several rounds, and prints medians as JSON.
//
// usage: node viewer.mjs SERVER_URL [OPTIONS_JSON]
//   error_px 16       screen-space error that every engine refines to; device pixel ratio 1 for all
//   view              id of a view of the manifest; the first one without it
//   view_scale 1      factor of the view's distance
//   without []        groups of the tileset that nobody draws ("underground": ours does not load what the ground covers)
//   rounds 3          each engine once a round
//   qualities ["low"] presets of ours; the first is compared (light by vertex, no shadows, one sample a pixel, as the
//                     peers, which light by pixel), others are shown beside it
//                     Each peer runs twice: with one sample a pixel, like ours, and with four, as it comes
//   engines           names to run, all without it; shots: folder for pictures
//   steps             rounds: also what a step of the time slider costs (steps.mjs)
//   compare           {demolish, qualities, rounds}: also what swipe and difference cost (comparison.mjs)
//
// What is measured, the same way for all (probe.mjs): frames are counted when they are drawn, not when they are handed
// over; while frames are timed the camera makes one step, the frame is drawn to its end, then the next step follows.
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { comparison, median } from './comparison.mjs';
import { installProbe } from './probe.mjs';
import { steps } from './steps.mjs';

const [server, given = '{}'] = process.argv.slice(2);
const options = { error_px: 16, view_scale: 1, without: [], rounds: 3, qualities: ['low'], ...JSON.parse(given) };
const here = dirname(fileURLToPath(import.meta.url));
const WIDTH = 960;
const HEIGHT = 540;
const FOVY = Math.PI / 4;
const TIMING = { warm_up: 3, seconds: 10, most: 120, least: 8, step_rad: 0.01 };
const FLAGS = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan',
  '--use-vulkan=swiftshader', '--use-angle=swiftshader',
  // The frame rate is limited to the display's, as in everybody's browser. Without the limit the compositor turns round
  // and round while a page waits for its frame, and takes half of the processors that the frame is drawn with.
];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm', '.css': 'text/css' };

const manifest = await (await fetch(`${server}/api/v1/manifest`)).json();
const found = options.view ? manifest.views.find(({ id }) => id === options.view) : manifest.views[0];
if (!found) throw new Error(`no view ${options.view}`);
const view = { target_enu: found.target_enu, distance_m: found.distance_m * options.view_scale, heading_deg: found.heading_deg, pitch_deg: found.pitch_deg };

/** Root file of the tileset without the groups that nobody draws, with absolute addresses. */
async function root() {
  const address = new URL(manifest.tileset_url, server).href;
  const file = await (await fetch(address)).json();
  file.root.children = file.root.children.filter(({ extras }) => !options.without.includes(extras?.group));
  for (const { content } of file.root.children) content.uri = new URL(content.uri, address).href;
  return JSON.stringify(file);
}
const tileset = await root();

const files = createServer((request, response) => {
  const name = normalize(decodeURIComponent(request.url.split(/[?#]/)[0]));
  if (name === '/tileset.json') { response.writeHead(200, { 'content-type': TYPES['.json'] }).end(tileset); return; }
  const path = join(here, name);
  if (!path.startsWith(here) || !existsSync(path)) { response.writeHead(404).end(); return; }
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(readFileSync(path));
});
await new Promise((resolve) => files.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${files.address().port}`;
const job = {
  tileset: `${base}/tileset.json`, error_px: options.error_px, ecef_from_enu: manifest.ecef_from_enu, view,
  fovy_rad: FOVY, fovx_rad: 2 * Math.atan(Math.tan(FOVY / 2) * (WIDTH / HEIGHT)),
};

/** Resident sizes of the heaviest page process and of the graphics process, and what JavaScript and wasm hold, MiB. */
async function memory(browser, page) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const rss = (type) => Math.max(...processInfo.filter((p) => p.type === type)
    .map(({ id }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024));
  const own = await page.evaluate(() => ({ js: performance.memory?.usedJSHeapSize ?? 0, wasm: window.probe.wasmBytes() }));
  return { page_process_mib: rss('renderer'), gpu_process_mib: rss('GPU'), js_heap_mib: own.js / 1048576, wasm_mib: own.wasm / 1048576 };
}

/** Processor time that all processes of the browser have taken so far, ms. */
async function processorTime(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const TICK_MS = 10;
  return processInfo.reduce((sum, { id }) => {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }, 0);
}

/** Frames of the page, from its navigation on: when the city was first seen, when the last change of picture was drawn. */
function landmarks({ frames, started_ms }) {
  const drawn = frames.filter(({ completed_ms }) => completed_ms !== null);
  const last = drawn.at(-1)?.triangles;
  let settled = drawn.length - 1;
  while (settled > 0 && drawn[settled - 1].triangles === last) settled -= 1;
  const first = drawn.find(({ triangles }) => triangles > 100);
  return {
    first_pixels_ms: first?.completed_ms ?? NaN,
    settled_ms: (drawn[settled]?.completed_ms ?? NaN) - started_ms,
    frames_to_settle: settled + 1,
    triangles: last,
  };
}

/** A browser of its own with the probed page at an address. */
async function open(url) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  const close = () => browser.close();
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, deviceScaleFactor: 1 });
    page.setDefaultTimeout(180_000);
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.addInitScript(installProbe);
    await page.goto(url);
    return { browser, page, errors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function measure(name, url, { settle, turn }) {
  const { browser, page, errors, close } = await open(url);
  try {
    await page.waitForFunction(() => window.peer || window.chengjing);
    const settling = await page.evaluate(settle);
    const before_ms = await processorTime(browser);
    const times_ms = await page.evaluate(turn, { ...TIMING, view });
    const cpu_ms = ((await processorTime(browser)) - before_ms) / (times_ms.length + TIMING.warm_up);
    if (options.shots) await page.screenshot({ path: join(options.shots, `${name.replaceAll(/\W+/g, '-')}.png`), timeout: 180_000 });
    return { name, ...landmarks(settling), frame_ms: median(times_ms), fastest_ms: Math.min(...times_ms), cpu_ms, timed: times_ms.length, ...(await memory(browser, page)), errors };
  } finally {
    await close();
  }
}

// these run in the page of a peer …
const peer = {
  settle: async () => {
    await window.peer.settled;
    return { frames: window.probe.frames.map((frame) => ({ ...frame })), started_ms: window.peer.started_ms };
  },
  turn: async ({ warm_up, seconds, most, least, step_rad }) => {
    const times_ms = [];
    const start = performance.now();
    for (let i = 0; i < warm_up + least || (performance.now() - start < seconds * 1000 && i < warm_up + most); i += 1) {
      const before = performance.now();
      await window.peer.draw(i * step_rad);
      if (i >= warm_up) times_ms.push(performance.now() - before);
    }
    return times_ms;
  },
};

// … and these in ours
const own = {
  settle: async () => {
    const { chengjing: viewer, probe } = window;
    await viewer.settled();
    while (probe.frames.some(({ completed_ms }) => completed_ms === null)) await probe.nextCompleted();
    return { frames: probe.frames.map((frame) => ({ ...frame })), started_ms: viewer.timings().started_ms };
  },
  turn: async ({ warm_up, seconds, most, least, step_rad, view }) => {
    const { chengjing: viewer, probe } = window;
    const times_ms = [];
    const start = performance.now();
    for (let i = 0; i < warm_up + least || (performance.now() - start < seconds * 1000 && i < warm_up + most); i += 1) {
      const before = performance.now();
      const drawn = probe.nextCompleted();
      viewer.flyTo({ ...view, heading_deg: view.heading_deg + ((i + 1) * step_rad * 180) / Math.PI }, { duration_ms: 0 });
      await drawn;
      if (i >= warm_up) times_ms.push(performance.now() - before);
    }
    return times_ms;
  },
};

const AS_IT_COMES = 4; // samples a pixel: CesiumJS' default, and what 3d-tiles-renderer's own examples ask for
const hash = (samples) => encodeURIComponent(JSON.stringify({ ...job, samples }));
const { target_enu: t } = view;
const link = [...t, view.distance_m, view.heading_deg, view.pitch_deg].join(',');
const ours = (quality) => `${server}/?bare&quality=${quality}&error=${options.error_px}#view=${link}`;
const engines = [
  ...options.qualities.map((quality) => [`chengjing, ${quality}`, ours(quality), own]),
  ...[['CesiumJS 1.145.0', 'cesium.html'], ['3d-tiles-renderer 0.5.3', 'tiles-renderer.html']].flatMap(([name, file]) => [
    [name, `${base}/${file}#${hash(1)}`, peer],
    [`${name}, as it comes`, `${base}/${file}#${hash(AS_IT_COMES)}`, peer],
  ]),
].filter(([name]) => options.engines?.some((wanted) => name.includes(wanted)) ?? true);
const runs = [];
for (let round = 0; round < options.rounds; round += 1) {
  for (const [name, url, drive] of engines) {
    const run = await measure(name, url, drive);
    runs.push(run);
    console.error(JSON.stringify(run));
  }
}
files.close();
const table = engines.map(([name]) => {
  const of = runs.filter((run) => run.name === name);
  const numbers = Object.keys(of[0]).filter((key) => typeof of[0][key] === 'number');
  return { name, ...Object.fromEntries(numbers.map((key) => [key, median(of.map((run) => run[key]))])), errors: of.flatMap((run) => run.errors) };
});
const compared = options.compare ? await comparison({ server, manifest, view, open: (quality) => open(ours(quality)), wanted: options.compare }) : [];
const stepped = options.steps ? await steps({ view, open: (quality) => open(ours(quality)), rounds: options.steps }) : [];
console.log(JSON.stringify({ size: [WIDTH, HEIGHT], options, view, table, compared, stepped }));
