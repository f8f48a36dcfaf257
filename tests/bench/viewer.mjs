// Runs our viewer and two peers on the same served city, one after the other, several rounds, and prints medians as
// JSON: frame time while the camera turns, time from engine start to settled, memory of the page's process.
//
// usage: node viewer.mjs SERVER_URL [rounds]
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const [server, rounds = '3'] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const WIDTH = 960;
const HEIGHT = 540;
const TURN_SECONDS = 8;
const FOVY = Math.PI / 4;
const FLAGS = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan',
  '--use-vulkan=swiftshader', '--use-angle=swiftshader', '--disable-gpu-vsync', '--disable-frame-rate-limit',
];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm', '.css': 'text/css' };

const files = createServer((request, response) => {
  const path = join(here, normalize(decodeURIComponent(request.url.split(/[?#]/)[0])));
  if (!path.startsWith(here) || !existsSync(path)) { response.writeHead(404).end(); return; }
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(readFileSync(path));
});
await new Promise((resolve) => files.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${files.address().port}`;

const manifest = await (await fetch(`${server}/api/v1/manifest`)).json();
// VIEW_SCALE brings the camera nearer (0.4: more triangles); the time to settled is then that of the first view
const view = { ...manifest.views[0], distance_m: manifest.views[0].distance_m * Number(process.env.VIEW_SCALE ?? 1) };
const job = {
  tileset: server + manifest.tileset_url, ecef_from_enu: manifest.ecef_from_enu, view,
  fovy_rad: FOVY, fovx_rad: 2 * Math.atan(Math.tan(FOVY / 2) * (WIDTH / HEIGHT)),
};

async function processMemory(browser, page) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const rss = (id) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  const heaviest = Math.max(...processInfo.filter((p) => p.type === 'renderer').map((p) => rss(p.id)));
  const heap = await page.evaluate(() => (performance.memory?.usedJSHeapSize ?? 0) / 1048576);
  return { renderer_process_mib: heaviest, js_heap_mib: heap };
}

async function measure(name, url, drive) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(url);
    await page.waitForFunction(() => window.ready || window.chengjing, null, { timeout: 120000 });
    const result = await page.evaluate(drive, { seconds: TURN_SECONDS, view });
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), timeout: 120000 });
    return { name, ...result, ...(await processMemory(browser, page)), errors };
  } finally {
    await browser.close();
  }
}

// runs in the page of a peer
const drivePeer = async ({ seconds }) => {
  const settled_ms = await window.peer.settled;
  const first = window.peer.frames();
  const start = performance.now();
  await new Promise((resolve) => {
    const turn = () => {
      const t = (performance.now() - start) / 1000;
      if (t > seconds) { resolve(); return; }
      window.peer.look(t * 0.05);
      requestAnimationFrame(turn);
    };
    turn();
  });
  const frames = window.peer.frames() - first;
  return { settled_ms, frame_ms: (performance.now() - start) / Math.max(frames, 1), frames, triangles: window.peer.triangles() };
};

// runs in our page
const driveOurs = async ({ seconds, view }) => {
  const viewer = window.chengjing;
  await viewer.settled();
  const settled_ms = viewer.timings?.().settled_ms ?? null;
  const { target_enu, distance_m, heading_deg, pitch_deg } = view;
  const start_view = { target_enu, distance_m, heading_deg, pitch_deg };
  viewer.flyTo(start_view, { duration_ms: 0 });
  await viewer.settled();
  const first = viewer.stats().frames;
  const start = performance.now();
  await new Promise((resolve) => {
    const turn = () => {
      const t = (performance.now() - start) / 1000;
      if (t > seconds) { resolve(); return; }
      viewer.flyTo({ ...start_view, heading_deg: start_view.heading_deg + (t * 0.05 * 180) / Math.PI }, { duration_ms: 0 });
      requestAnimationFrame(turn);
    };
    turn();
  });
  const stats = viewer.stats();
  const frames = stats.frames - first;
  return { settled_ms, frame_ms: (performance.now() - start) / Math.max(frames, 1), frames, triangles: stats.triangles };
};

const hash = encodeURIComponent(JSON.stringify(job));
const engines = [
  ['chengjing', `${server}/?bare&quality=low`, driveOurs],
  ['cesium 1.145.0', `${base}/cesium.html#${hash}`, drivePeer],
  ['3d-tiles-renderer 0.5.3', `${base}/tiles-renderer.html#${hash}`, drivePeer],
];
const runs = [];
for (let round = 0; round < Number(rounds); round += 1) {
  for (const [name, url, drive] of engines) runs.push(await measure(name, url, drive));
}
files.close();
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const table = engines.map(([name]) => {
  const own = runs.filter((run) => run.name === name);
  const of = (key) => median(own.map((run) => run[key] ?? NaN));
  return { name, frame_ms: of('frame_ms'), settled_ms: of('settled_ms'), triangles: of('triangles'), renderer_process_mib: of('renderer_process_mib'), js_heap_mib: of('js_heap_mib'), errors: own.flatMap((run) => run.errors) };
});
console.log(JSON.stringify({ size: [WIDTH, HEIGHT], rounds: Number(rounds), view: view.id, table }));
