// Scenario states and comparisons as the engine draws them: what pixels show, what can be picked, what is fetched.
// The tables are made here and handed to the engine's own façade, so that no scenario need be stored for it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findFeature, get, launch, makeCity, newPage, openViewer, settled, startServer } from "./helpers.mjs";

/** Codes of `city_model::scenario::FeatureState`. */
const [EXISTING, MODIFIED, DEMOLISHED, ADDED, ABSENT] = [0, 2, 3, 4, 5];

let city, server, browser, viewer, page, manifest;
const fetched = [];

before(async () => {
  city = makeCity();
  server = await startServer(city.city);
  manifest = await get(server.origin, "/api/v1/manifest");
  browser = await launch();
  viewer = await newPage(browser);
  page = viewer.page;
  page.on("request", (request) => {
    if (request.url().includes("/tiles/")) fetched.push(request.url());
  });
  await page.addInitScript(watchFrames);
  // the first visit's hint lies over the city
  await page.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
  await openViewer(page, server.origin);
  await page.evaluate(async () => {
    window.engine = await import(new URL("engine/viewer_app.js", document.baseURI).href);
  });
  await page.locator("cj-sidebar .fold").first().click();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

/** In the page: counts what is handed to the GPU. */
function watchFrames() {
  const { submit } = GPUQueue.prototype;
  window.watched = { queue: null, frames: 0 };
  GPUQueue.prototype.submit = function (...buffers) {
    window.watched.queue = this;
    window.watched.frames++;
    return submit.apply(this, buffers);
  };
}

/** Gives commands and states to the engine and waits until nothing more is drawn. `states`: side to `[[feature, code]]`, null = no table. */
async function show(commands, states = {}) {
  await page.evaluate(
    async ([commands, states, count]) => {
      for (const [side, changes] of Object.entries(states)) window.engine.set_states(Number(side), changes ? table(changes) : new Uint8Array());
      for (const command of commands) window.engine.command(JSON.stringify(command));
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      for (let drawn = -1; drawn !== window.watched.frames; ) {
        drawn = window.watched.frames;
        // the engine hands the next picture over only when the GPU is done with the last
        await window.watched.queue.onSubmittedWorkDone();
        for (let left = 6; left > 0; left--) await frame();
      }
      function table(changes) {
        const bytes = new Uint8Array(32 + count);
        bytes.set([0x43, 0x4a, 0x53, 0x54, 1]);
        new DataView(bytes.buffer).setUint32(24, count, true);
        for (const [feature, code] of changes) bytes[32 + feature] = code;
        return bytes;
      }
    },
    [commands, states, manifest.feature_index_count],
  );
}

/** Mean colour of a square around a point, as the screen shows it. */
async function colorAt({ x, y }, reach = 6) {
  const png = (await page.screenshot({ clip: { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach } })).toString("base64");
  return page.evaluate(async (png) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const sum = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) for (const band of [0, 1, 2]) sum[band] += data[at + band];
    return sum.map((value) => value / (data.length / 4));
  }, png);
}

const distance = (a, b) => Math.hypot(...a.map((value, band) => value - b[band]));
const single = (side, colors) => [{ type: "set_scenario_colors", enabled: colors }, { type: "set_compare", mode: "single", sides: [side] }];
const pickAt = ({ x, y }) => page.evaluate(([x, y]) => window.chengjing.pick(x, y), [x, y]);

describe("scenario states", () => {
  let place, feature, withIt, without;

  before(async () => {
    await show(single(0, false), { 0: null, 1: null });
    const view = manifest.views.find(({ id }) => id === "overview") ?? manifest.views[0];
    const { target_enu, heading_deg } = view;
    await page.evaluate((view) => window.chengjing.flyTo(view, { duration_ms: 0 }), { target_enu, distance_m: 260, heading_deg, pitch_deg: 50 });
    await settled(page);
    // a building that is large on the screen: the same under the corners of the square that is measured
    const under = async (x, y) => (await pickAt({ x, y })).featureIndex;
    const tried = new Set();
    for (;;) {
      const found = await findFeature(page, server.origin, (f) => f.class.startsWith("Building") && !tried.has(f.feature_index));
      const { x, y } = found;
      feature = found.feature.feature_index;
      const corners = [[-8, -8], [8, -8], [-8, 8], [8, 8]].map(([dx, dy]) => under(x + dx, y + dy));
      if ((await Promise.all(corners)).every((index) => index === feature)) {
        place = { x, y };
        break;
      }
      tried.add(feature);
    }
    withIt = await colorAt(place);
    await show(single(1, false), { 1: [[feature, DEMOLISHED]] });
    without = await colorAt(place);
  });

  test("what is demolished is gone from the after view and cannot be picked", async () => {
    assert.ok(distance(withIt, without) > 12, `${withIt} and ${without} look alike`);
    await show(single(1, false));
    assert.notEqual((await pickAt(place)).featureIndex, feature);
    await show(single(0, false));
    assert.equal((await pickAt(place)).featureIndex, feature);
    assert.ok(distance(await colorAt(place), withIt) < 4, "the other side shows it as before");
  });

  test("left of the swipe line stands the building, right of it it does not", async () => {
    const { width } = page.viewportSize();
    const swipe = (position) => [{ type: "set_compare", mode: "swipe", sides: [0, 1], position }];
    await show(swipe((place.x + 40) / width));
    assert.ok(distance(await colorAt(place), withIt) < 4, "left of the line");
    assert.equal((await pickAt(place)).featureIndex, feature);
    await show(swipe((place.x - 40) / width));
    // what lies behind it may move, as water does
    const right = await colorAt(place);
    assert.ok(distance(right, without) < 0.2 * distance(withIt, without), `right of the line: ${right}, without it ${without}, with it ${withIt}`);
    assert.notEqual((await pickAt(place)).featureIndex, feature);
  });

  test("differences have the colours of their kind", async () => {
    const difference = [{ type: "set_compare", mode: "difference", sides: [0, 1] }];
    const seen = async (a, b) => {
      await show(difference, { 0: [[feature, a]], 1: [[feature, b]] });
      return colorAt(place, 8);
    };
    const [r, g, b] = await seen(EXISTING, DEMOLISHED);
    assert.ok(r > g + 20 && r > b + 15, `removed is red: ${[r, g, b]}`);
    assert.equal((await pickAt(place)).featureIndex, feature, "the ghost of what was removed can be asked");
    const [ar, ag, ab] = await seen(ABSENT, ADDED);
    assert.ok(ag > ar + 20 && ab > ar + 20, `added is teal: ${[ar, ag, ab]}`);
    const [cr, cg, cb] = await seen(EXISTING, MODIFIED);
    assert.ok(cb > cr + 30 && cb > cg + 15, `changed is blue: ${[cr, cg, cb]}`);
    const kept = await seen(MODIFIED, MODIFIED);
    assert.ok(Math.max(...kept) - Math.min(...kept) < 40, `kept is pale: ${kept}`);
  });

  test("differences have a pattern of their kind, so that they read without colour", async () => {
    const { bounds_enu: [x0, y0, , x1, y1, z1] } = await get(server.origin, `/api/v1/features/by-index/${feature}`);
    const here = await page.evaluate(() => window.chengjing.view);
    await page.evaluate((view) => window.chengjing.flyTo(view, { duration_ms: 0 }), { target_enu: [(x0 + x1) / 2, (y0 + y1) / 2, z1], distance_m: 45, heading_deg: 20, pitch_deg: 89 });
    await settled(page);
    const { width, height } = page.viewportSize();
    const middle = { x: width / 2, y: height / 2 };
    assert.equal((await pickAt(middle)).featureIndex, feature);
    /** Of the grey around the middle of the roof: how strong its edges are, how much they run one way (0–1), and across which angle. */
    const pattern = async (a, b) => {
      await show([{ type: "set_compare", mode: "difference", sides: [0, 1] }], { 0: [[feature, a]], 1: [[feature, b]] });
      const reach = 40;
      const png = (await page.screenshot({ clip: { x: middle.x - reach, y: middle.y - reach, width: 2 * reach, height: 2 * reach } })).toString("base64");
      return page.evaluate(async (png) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
        const { width, height } = bitmap;
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        const grey = (x, y) => [0.2126, 0.7152, 0.0722].reduce((sum, share, band) => sum + share * data[4 * (y * width + x) + band], 0);
        let [xx, xy, yy] = [0, 0, 0];
        for (let y = 1; y < height - 1; y++) {
          for (let x = 1; x < width - 1; x++) {
            const [dx, dy] = [(grey(x + 1, y) - grey(x - 1, y)) / 2, (grey(x, y + 1) - grey(x, y - 1)) / 2];
            [xx, xy, yy] = [xx + dx * dx, xy + dx * dy, yy + dy * dy];
          }
        }
        const count = (width - 2) * (height - 2);
        return { edges: Math.sqrt((xx + yy) / count), oneWay: Math.hypot(xx - yy, 2 * xy) / (xx + yy || 1), angle_deg: (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI };
      }, png);
    };
    const kept = await pattern(EXISTING, EXISTING);
    const [removed, changed, added] = [await pattern(EXISTING, DEMOLISHED), await pattern(EXISTING, MODIFIED), await pattern(ABSENT, ADDED)];
    const told = JSON.stringify({ kept, removed, changed, added });
    assert.ok(kept.edges < 0.5, `kept is plain: ${told}`);
    for (const one of [removed, changed, added]) assert.ok(one.edges > 2, `the others are not: ${told}`);
    assert.ok(removed.oneWay > 0.7 && changed.oneWay > 0.7, `removed and changed are lines of one direction: ${told}`);
    assert.ok(added.oneWay < 0.5, `added is a grid: ${told}`);
    const turned = Math.abs(((removed.angle_deg - changed.angle_deg + 270) % 180) - 90);
    assert.ok(Math.abs(turned - 45) < 20, `the lines of removed stand aslant to those of changed: ${told}`);
    await page.evaluate((view) => window.chengjing.flyTo(view, { duration_ms: 0 }), here);
    await settled(page);
  });

  test("side by side shows the same view twice, and four sides in a grid", async () => {
    const { width, height } = page.viewportSize();
    await show([{ type: "set_compare", mode: "side_by_side", sides: [0, 1] }], { 0: null, 1: null });
    const left = { x: width * 0.3, y: height * 0.45 };
    const [here, there] = [await colorAt(left, 20), await colorAt({ ...left, x: left.x + width / 2 }, 20)];
    assert.ok(distance(here, there) < 3, `${here} and ${there}`);
    const [one, other] = [await pickAt(left), await pickAt({ ...left, x: left.x + width / 2 })];
    assert.equal(one.featureIndex, other.featureIndex);
    one.positionEnu?.forEach((value, axis) => assert.ok(Math.abs(value - other.positionEnu[axis]) < 0.5));
    const colors = { type: "set_scenario_colors", enabled: true };
    await show([colors, { type: "set_compare", mode: "grid", sides: [0, 1, 2, 3] }], { 3: Array.from({ length: manifest.feature_index_count }, (_, i) => [i, MODIFIED]) });
    const corner = await colorAt({ x: width * 0.62, y: height * 0.7 }, 20);
    const opposite = await colorAt({ x: width * 0.62, y: height * 0.2 }, 20);
    assert.ok(corner[2] - corner[0] > opposite[2] - opposite[0] + 20, `only the fourth side is blue: ${corner}, ${opposite}`);
  });

  test("no switch of states, sides or modes fetches anything", async () => {
    await show(single(0, true), { 0: null, 1: null, 3: null });
    await settled(page);
    const known = fetched.length;
    await show(single(1, true), { 1: [[feature, DEMOLISHED]] });
    await show([{ type: "set_side", side: 0 }]);
    await show([{ type: "set_compare", mode: "swipe", sides: [0, 1], position: 0.5 }]);
    await show([{ type: "set_compare", mode: "difference", sides: [0, 1] }], { 0: [[feature, MODIFIED]] });
    await show(single(0, true), { 0: null, 1: null });
    assert.deepEqual(fetched.slice(known), []);
  });

  test("a million states are switched within 200 ms of the engine's time", async () => {
    const times = await page.evaluate(async () => {
      const count = 1_000_000;
      const tables = [3, 5].map((step) => {
        const bytes = new Uint8Array(32 + count);
        bytes.set([0x43, 0x4a, 0x53, 0x54, 1]);
        new DataView(bytes.buffer).setUint32(24, count, true);
        for (let feature = 0; feature < count; feature += step) bytes[32 + feature] = 3;
        return bytes;
      });
      const times = [];
      for (let turn = 0; turn < 6; turn++) {
        const { frames, queue } = window.watched;
        await queue.onSubmittedWorkDone();
        const tick = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
        let spent = 0;
        do {
          // callbacks of a frame run in the order in which they were asked for: one before the engine's, one after it
          const begin = tick();
          const called = performance.now();
          if (spent === 0) window.engine.set_states(2, tables[turn % 2]);
          spent += performance.now() - called;
          const end = tick();
          spent += -(await begin) + (await end);
        } while (window.watched.frames === frames);
        times.push(spent);
      }
      window.engine.set_states(2, new Uint8Array());
      return times.slice(1);
    });
    const middle = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
    assert.ok(middle <= 200, `${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  });

  test("says what is wrong with a table and goes on", async () => {
    const wrong = (side, bytes) => page.evaluate(([side, bytes]) => {
      try {
        window.engine.set_states(side, new Uint8Array(bytes));
        return null;
      } catch (error) {
        return String(error);
      }
    }, [side, bytes]);
    assert.match(await wrong(0, [1, 2, 3]), /CJST/);
    assert.match(await wrong(4, []), /side 4/);
    assert.equal(await wrong(0, []), null);
  });

  test("wrote no error to the console in all of this", () => {
    assert.deepEqual(viewer.errors, []);
  });
});
