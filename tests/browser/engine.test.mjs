// What the engine itself promises: touch, memory, textures, the loss of the graphics device.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { animationFrames, chengjing, get, launch, makeCity, newPage, openViewer, settled, startServer, stats } from "./helpers.mjs";

const HOUSE = fileURLToPath(new URL("../fixtures/cityjson/fzkhaus/fzkhaus.city.json", import.meta.url));

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** A page with the viewer on a city, without panels, and the engine's own façade in `window.engine`. */
async function open(origin, options = {}) {
  const opened = await newPage(browser, options.context);
  const { page } = opened;
  await page.addInitScript(() => {
    localStorage.setItem("chengjing.hint", "shown");
    window.devices = 0;
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = function counted(...given) {
      window.devices += 1;
      return requestDevice.apply(this, given);
    };
  });
  await openViewer(page, origin, { quality: `${options.quality ?? "low"}&bare` });
  await page.evaluate(async () => {
    window.engine = await import(new URL("engine/viewer_app.js", document.baseURI).href);
    window.command = (command) => window.engine.command(JSON.stringify(command));
  });
  return opened;
}

/** The picture as `{ width, height, data }`, straight rgba bytes. */
async function pixels(page) {
  const png = (await page.screenshot({ timeout: 120_000 })).toString("base64");
  return page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { width, height, data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { width, height, data: Array.from(data) };
  }, png);
}

/** Share of pixels of two pictures that differ by more than a few steps in some channel. */
function difference(a, b) {
  let differing = 0;
  for (let i = 0; i < a.data.length; i += 4) {
    if ([0, 1, 2].some((channel) => Math.abs(a.data[i + channel] - b.data[i + channel]) > 6)) differing += 1;
  }
  return (differing * 4) / a.data.length;
}

const view = (page) => page.evaluate(() => window.chengjing.view);

describe("a city under the hand", () => {
  let city, server, opened, page;
  before(async () => {
    city = makeCity();
    server = await startServer(city.city);
    opened = await open(server.origin, { context: { hasTouch: true } });
    page = opened.page;
  });
  after(async () => {
    await opened?.context.close();
    await server?.stop();
    city?.remove();
  });

  /** Moves fingers from their first to their last points and lifts them; `[[x, y] …]` a finger. */
  async function touch(fingers) {
    const session = await page.context().newCDPSession(page);
    const send = (type, step) => session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: step === null ? [] : fingers.map(([from, to], id) => ({ id, x: from[0] + (to[0] - from[0]) * step, y: from[1] + (to[1] - from[1]) * step })),
    });
    await send("touchStart", 0);
    for (let i = 1; i <= 8; i += 1) {
      await send("touchMove", i / 8);
      await animationFrames(page, 2);
    }
    await send("touchEnd", null);
    await settled(page);
    await animationFrames(page, 10);
    await session.detach();
  }

  test("is drawn in every quality", async () => {
    for (const quality of ["medium", "high"]) {
      const other = await open(server.origin, { quality });
      await settled(other.page);
      const { data } = await pixels(other.page);
      await other.context.close();
      let black = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] + data[i + 1] + data[i + 2] < 24) black += 1;
      assert.ok((black * 4) / data.length < 0.1, `${quality}: ${(black * 400) / data.length} % of the picture is black`);
    }
  });

  test("moves with one finger: what was under it stays under it", async () => {
    const before = await view(page);
    const under = await page.evaluate(() => window.chengjing.pick(400, 300));
    await touch([[[400, 300], [280, 240]]]);
    const after = await view(page);
    const moved = Math.hypot(after.target_enu[0] - before.target_enu[0], after.target_enu[1] - before.target_enu[1]);
    assert.ok(moved > 5, `moved ${moved} m`);
    assert.ok(Math.abs(after.heading_deg - before.heading_deg) < 0.01 && Math.abs(after.pitch_deg - before.pitch_deg) < 0.01);
    const now = await page.evaluate(() => window.chengjing.pick(280, 240));
    const off = Math.hypot(...now.positionEnu.map((c, i) => c - under.positionEnu[i]));
    // what a finger travels before it counts as a drag is not followed, and the nearest roof there may be another
    assert.ok(off < before.distance_m * 0.1, `${off} m beside the point that was taken`);
  });

  test("comes nearer when two fingers spread and goes back when they close", async () => {
    const before = await view(page);
    await touch([[[380, 260], [260, 260]], [[420, 260], [540, 260]]]);
    const near = await view(page);
    assert.ok(near.distance_m < before.distance_m * 0.5, `${near.distance_m} of ${before.distance_m} m`);
    await touch([[[260, 260], [380, 260]], [[540, 260], [420, 260]]]);
    const back = await view(page);
    assert.ok(Math.abs(back.distance_m / before.distance_m - 1) < 0.4, `${back.distance_m} of ${before.distance_m} m`);
  });

  test("turns when two fingers turn", async () => {
    const before = await view(page);
    await touch([[[300, 260], [400, 160]], [[500, 260], [400, 360]]]);
    const turned = Math.abs((((await view(page)).heading_deg - before.heading_deg + 540) % 360) - 180);
    assert.ok(turned > 60 && turned < 120, `turned by ${turned}°`);
  });

  test("tilts when two fingers move up together", async () => {
    const before = await view(page);
    await touch([[[380, 200], [380, 300]], [[420, 200], [420, 300]]]);
    const { pitch_deg } = await view(page);
    assert.ok(Math.abs(pitch_deg - before.pitch_deg) > 5, `${before.pitch_deg}° → ${pitch_deg}°`);
  });

  test("selects what one finger taps", async () => {
    await page.evaluate(() => window.chengjing.select(null));
    const { featureIndex } = await page.evaluate(() => window.chengjing.pick(400, 300));
    assert.notEqual(featureIndex, null);
    await page.touchscreen.tap(400, 300);
    const { id } = await get(server.origin, `/api/v1/features/by-index/${featureIndex}`);
    await page.locator("cj-attributes .id").filter({ hasText: id }).waitFor({ state: "attached" });
    assert.deepEqual(opened.errors, []);
  });
});

/** Number of pixels that are within a few steps of a colour in one picture and are not in another. */
function become(before, after, [r, g, b]) {
  const is = ({ data }, i) => Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 40;
  let found = 0;
  for (let i = 0; i < after.data.length; i += 4) if (is(after, i) && !is(before, i)) found += 1;
  return found;
}

/** Thin lines of a row of numbers: what stands out from its neighbourhood. */
const lines = (row) => row.slice(4, -4).map((v, i) => v - (row[i] + row[i + 8]) / 2);

/** How alike a row of numbers is to itself moved by some places: 1 the same, 0 nothing in common. */
function likeness(row, places) {
  const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
  const product = (by) => row.slice(by).reduce((sum, v, i) => sum + (v - mean) * (row[i] - mean), 0) / (row.length - by);
  return product(places) / product(0);
}

describe("a city seen closely", () => {
  let city, server;
  before(async () => {
    city = makeCity();
    server = await startServer(city.city);
  });
  after(async () => {
    await server?.stop();
    city?.remove();
  });

  test("outlines the building that is selected, and near ones faintly", async () => {
    const OUTLINE = [255, 204, 77];
    const { page, context, errors } = await open(server.origin, { quality: "medium" });
    try {
      const { results } = await get(server.origin, `/api/v1/search?q=${encodeURIComponent("写字楼")}&limit=20`);
      const building = results.find(({ class: kind, bounds_enu }) => kind === "Building" && bounds_enu[5] - bounds_enu[2] > 30);
      const [x0, y0, z0, x1, y1, z1] = building.bounds_enu;
      const target_enu = [(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2];
      await page.evaluate((target_enu) => window.chengjing.flyTo({ target_enu, distance_m: 260, heading_deg: 30, pitch_deg: 35 }, { duration_ms: 0 }), target_enu);
      await settled(page);
      const plain = await pixels(page);
      await page.evaluate((id) => window.chengjing.select(id), building.id);
      await page.evaluate((target_enu) => window.chengjing.flyTo({ target_enu, distance_m: 260, heading_deg: 30, pitch_deg: 35 }, { duration_ms: 0 }), target_enu);
      await settled(page);
      await animationFrames(page, 4);
      const selected = await pixels(page);
      assert.ok(become(plain, selected, OUTLINE) > 80, `${become(plain, selected, OUTLINE)} pixels of outline`);
      assert.ok(become(selected, plain, OUTLINE) < 50, "nothing else of that colour goes");
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });

  test("shows known depths below the ground: a grid of 20 m, five metres down", async () => {
    const { page, context, errors } = await open(server.origin);
    try {
      const DISTANCE_M = 300;
      const view = await page.evaluate(() => window.chengjing.view);
      for (const layer of ["buildings", "vegetation", "underground", "projects"]) {
        await page.evaluate((layer) => window.chengjing.setLayer(layer, false), layer);
      }
      await page.evaluate((view) => window.chengjing.flyTo(view, { duration_ms: 0 }), { ...view, distance_m: DISTANCE_M, heading_deg: 0, pitch_deg: 90 });
      const columns = async () => {
        await settled(page);
        await animationFrames(page, 4);
        const { width, height, data } = await pixels(page);
        return lines(Array.from({ length: width }, (_, x) => {
          let sum = 0;
          for (let y = 0; y < height; y += 1) sum += data[(y * width + x) * 4 + 1];
          return sum / height;
        }));
      };
      await page.evaluate(() => window.command({ type: "set_underground", enabled: true }));
      const shown = await columns();
      await page.evaluate(() => window.command({ type: "set_underground", enabled: false }));
      const hidden = await columns();
      // what lies 5 m lower is as much smaller; the view's target lies on the ground to within a few metres
      const pixelsPerM = page.viewportSize().height / (2 * Math.tan(Math.PI / 8) * (DISTANCE_M + 5));
      const cell = Math.round(20 * pixelsPerM);
      const [at, between] = [likeness(shown, cell), likeness(shown, Math.round(cell * 0.5))];
      assert.ok(at > 0.3 && at > between + 0.3, `columns repeat after ${cell} pixels by ${at}, after half of it by ${between}`);
      assert.ok(likeness(hidden, cell) < at - 0.2, `without the mode they do so by ${likeness(hidden, cell)}`);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
});

describe("a city in little memory", () => {
  const budget = (page, bytes) => page.evaluate((bytes) => {
    window.command({ type: "set_budget", cpu_bytes: bytes, gpu_bytes: bytes });
    window.command({ type: "zoom", factor: 1.0001 });
  }, bytes);

  test("becomes coarser, says so, leaves no hole, and is whole again when there is memory", async () => {
    const city = makeCity();
    const server = await startServer(city.city);
    const { page, context, errors } = await open(server.origin);
    try {
      const free = await stats(page);
      assert.equal(free.starved, false);
      const whole = await pixels(page);
      const most = Math.round(free.gpuBytes * 0.6);
      await budget(page, most);
      await page.waitForFunction((before) => window.chengjing.stats().starved && window.chengjing.stats().triangles < before, free.triangles);
      await settled(page);
      const starved = await stats(page);
      assert.ok(starved.gpuBytes <= most, `${starved.gpuBytes} of ${most} bytes on the GPU`);
      assert.ok(starved.tilesDrawn > 0 && starved.tilesDrawn < free.tilesDrawn, `${starved.tilesDrawn} of ${free.tilesDrawn} tiles`);
      // coarser tiles stand in for finer ones: the city still covers what it covered, if with less detail
      const coarse = await pixels(page);
      assert.ok(difference(whole, coarse) < 0.5, `${difference(whole, coarse)} of the picture differ`);
      await page.locator("cj-status .starved").waitFor({ state: "attached" });
      await budget(page, 2 ** 30);
      await page.waitForFunction((before) => !window.chengjing.stats().starved && window.chengjing.stats().tilesDrawn === before, free.tilesDrawn);
      await settled(page);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
      await server.stop();
      city.remove();
    }
  });
});

describe("a lost graphics device", () => {
  test("comes back with the same picture, camera and selection", async () => {
    const city = makeCity();
    const server = await startServer(city.city);
    const { page, context, errors } = await open(server.origin);
    try {
      const { id } = await get(server.origin, "/api/v1/features/by-index/0");
      await page.evaluate((id) => window.chengjing.select(id), id);
      await page.evaluate((view) => window.chengjing.flyTo({ ...view, heading_deg: view.heading_deg + 25 }, { duration_ms: 0 }), await view(page));
      await animationFrames(page, 2);
      await settled(page);
      await animationFrames(page, 10);
      const [before, whole, seen] = [await view(page), await stats(page), await pixels(page)];
      await page.evaluate(() => window.command({ type: "simulate_device_loss" }));
      // a second device is opened, and the page stops saying that the first is lost
      await page.waitForFunction(() => window.devices === 2);
      await page.waitForFunction(() => window.chengjing.settled().then(() => true, () => false));
      await page.waitForFunction((triangles) => window.chengjing.settled().then(() => window.chengjing.stats().triangles === triangles, () => false), whole.triangles);
      await animationFrames(page, 10);
      assert.deepEqual(await view(page), before);
      const again = await pixels(page);
      // water and the hatch of works under way have moved on meanwhile; a blank or broken picture differs nearly everywhere
      assert.ok(difference(seen, again) < 0.15, `${difference(seen, again)} of the picture differ`);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
      await server.stop();
      city.remove();
    }
  });
});

describe("a textured house", () => {
  test("shows the picture on its roof, repeated", async () => {
    const folder = mkdtempSync(join(tmpdir(), "chengjing-textured-"));
    const city = join(folder, "city");
    chengjing("import", city, HOUSE);
    chengjing("publish", city);
    const server = await startServer(city);
    const { page, context, errors } = await open(server.origin);
    try {
      const { views } = await get(server.origin, "/api/v1/manifest");
      const { target_enu } = views.find(({ id }) => id === "street");
      await page.evaluate((target_enu) => window.chengjing.flyTo({ target_enu, distance_m: 26, heading_deg: 30, pitch_deg: 45 }, { duration_ms: 0 }), target_enu);
      await settled(page);
      await animationFrames(page, 10);
      const { width, height, data } = await pixels(page);
      // the middle of the picture is roof: a flat colour would be one or two, shingles are many
      const colors = new Set();
      for (let y = Math.round(height * 0.42); y < height * 0.6; y += 1) {
        for (let x = Math.round(width * 0.45); x < width * 0.6; x += 1) {
          const at = (y * width + x) * 4;
          colors.add((data[at] >> 3 << 10) | (data[at + 1] >> 3 << 5) | (data[at + 2] >> 3));
        }
      }
      assert.ok(colors.size > 20, `${colors.size} colours`);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
