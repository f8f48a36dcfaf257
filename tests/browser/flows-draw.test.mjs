// Drawing and laying out, through the real panels on a real server: marks by click, snapping, an edit without a mouse,
// setbacks, an array up to a floor area ratio, an area drawn for its numbers, charts, the table of differences.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { animationFrames, settled } from "./helpers.mjs";
import { contains, first, openDesk } from "./planning.mjs";

const VIEWPORT = { width: 1200, height: 720 };
const MIDDLE = [VIEWPORT.width / 2, VIEWPORT.height / 2];
const TAN_HALF_FOVY = Math.tan(Math.PI / 8);

let city, server, browser, viewer, page, desk, manifest, project, some;

before(async () => {
  ({ city, server, browser, viewer, page, desk, manifest, project } = await openDesk({ viewport: VIEWPORT }));
  some = await first(3, desk.pickable(project.center_enu));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

/** Metres a degree of latitude and of longitude at the city, to some centimetres over a kilometre. */
function degrees() {
  const at = (manifest.origin_lon_lat_height[1] * Math.PI) / 180;
  return {
    north: 111_132.954 - 559.822 * Math.cos(2 * at) + 1.175 * Math.cos(4 * at),
    east: 111_412.84 * Math.cos(at) - 93.5 * Math.cos(3 * at),
  };
}

/** East and north of a longitude and latitude, metres from the origin. */
function metres([lon, lat]) {
  const { north, east } = degrees();
  const [lon0, lat0] = manifest.origin_lon_lat_height;
  return [(lon - lon0) * east, (lat - lat0) * north];
}

function lonLat([x, y]) {
  const { north, east } = degrees();
  const [lon0, lat0] = manifest.origin_lon_lat_height;
  return [lon0 + x / east, lat0 + y / north];
}

/** Outer ring of a GeoJSON polygon without its closing point, metres. */
const ringOf = ({ coordinates: [ring] }) => ring.slice(0, -1).map(metres);

function areaOf(ring) {
  return Math.abs(ring.reduce((sum, [x, y], n) => {
    const [nx, ny] = ring[(n + 1) % ring.length];
    return sum + x * ny - nx * y;
  }, 0)) / 2;
}

/** How far a point lies from the line through an edge, metres. */
function fromEdge([x, y], [ax, ay], [bx, by]) {
  return Math.abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / Math.hypot(bx - ax, by - ay);
}

const leastFromEdges = (point, ring) => Math.min(...ring.map((corner, n) => fromEdge(point, corner, ring[(n + 1) % ring.length])));

/** What the panels know, and a wait until it is as wanted. */
const known = (read) => page.evaluate(`(${read})(document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-scenario").state)`);
const becomes = (isSo) => page.waitForFunction(`(${isSo})(document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-scenario").state)`);

/** What is being drawn. */
const sketch = () => known((state) => state.planning.sketch);

/** Unfolds what makes a rectangle of typed size. */
async function unfoldSize() {
  const details = desk.edit.locator("details").filter({ has: page.locator('[data-edit="place-rectangle"]') }).last();
  if ((await details.getAttribute("open")) === null) await details.locator("> summary").click();
  return details;
}

/** Does something that edits, and gives what was asked for and what the server answered. */
async function asked(act) {
  const request = page.waitForRequest((one) => one.method() === "POST" && new URL(one.url()).pathname.endsWith("/edits"));
  const answer = await desk.written(act);
  return { edits: (await request).postDataJSON().edits, answer };
}

describe("marking by click", () => {
  test("a click marks the building under it, another takes it out again", async () => {
    await desk.create("点选");
    await desk.dock("edit");
    assert.equal(await desk.above(some[0].top), some[0].index);
    const chip = desk.edit.locator(`.chips button[title="${some[0].id}"]`);
    await page.mouse.click(...MIDDLE);
    await chip.waitFor();
    await page.mouse.click(...MIDDLE);
    await chip.waitFor({ state: "detached" });
    await page.mouse.click(...MIDDLE);
    await chip.waitFor();
    const { edits, answer } = await asked(() => desk.edit.locator('[data-edit="apply"]:not([disabled])').click());
    assert.deepEqual(edits[0].features, [some[0].id]);
    assert.deepEqual(answer.edits[0].feature_indices, [some[0].index]);
  });
});

describe("drawing by pointer", () => {
  const DISTANCE_M = 150;
  const METRES_A_PX = (2 * DISTANCE_M * TAN_HALF_FOVY) / VIEWPORT.height;
  const [WIDE_PX, DEEP_PX] = [90, 70];

  /** A building's corner, and the side to which a rectangle beside it touches nothing else. */
  async function freeCorner() {
    const features = await desk.buildings();
    const rings = features.map(({ ring }) => ring.map((at) => metres(desk.lonLat(at))));
    const corners = rings.flat();
    const near = corners.map((corner) => [corner, Math.hypot(corner[0] - project.center_enu[0], corner[1] - project.center_enu[1])]).sort((a, b) => a[1] - b[1]);
    for (const [[x, y]] of near) {
      for (const [sx, sy] of [[1, 1], [-1, 1], [1, -1], [-1, -1]]) {
        const [w, d] = [sx * WIDE_PX * METRES_A_PX, sy * DEEP_PX * METRES_A_PX];
        const others = [[x + w, y], [x + w, y + d], [x, y + d]];
        const isFree = ([px, py]) => corners.every(([cx, cy]) => Math.hypot(cx - px, cy - py) > 5) && !rings.some((ring) => contains(ring, [px, py]));
        const isAlone = corners.filter(([cx, cy]) => Math.hypot(cx - x, cy - y) < 5).length <= 2;
        if (isAlone && others.every(isFree)) return { corner: [x, y], sx, sy };
      }
    }
    return assert.fail("no corner has room beside it");
  }

  test("corners are brought to a building's corner, to right angles and to the start", async () => {
    const { corner, sx, sy } = await freeCorner();
    const [, , z] = some[0].top;
    await desk.look([...corner, z - 10], { distance_m: DISTANCE_M, pitch_deg: 90 });
    await desk.edit.locator('[data-value="draw"]').click();
    const around = page.waitForResponse((response) => response.url().includes("/ogc/collections/buildings-building/items") && response.ok());
    await desk.edit.locator('[data-edit="polygon"]').click();
    await (await around).finished();
    const snapped = [];
    const put = async (dx, dy, wanted) => {
      const at = [MIDDLE[0] + dx, MIDDLE[1] - dy];
      await page.mouse.move(...at);
      await becomes(`(state) => state.planning.sketch.cursor !== null && state.planning.sketch.snap === "${wanted}"`);
      snapped.push(await desk.edit.locator("p.hint .snap").allInnerTexts());
      await page.mouse.click(...at);
      await settled(page);
    };
    await put(4, 3, "vertex");
    await put(sx * WIDE_PX, 0, "none");
    await put(sx * WIDE_PX + 3, sy * DEEP_PX, "right_angle");
    await put(4, sy * DEEP_PX - 3, "right_angle");
    await put(5, 4, "start");
    assert.deepEqual(snapped.map(([words]) => words ?? ""), ["已吸附到角点", "", "直角", "直角", "点击闭合"]);
    const { closed, points } = await sketch();
    assert.ok(closed);
    assert.equal(points.length, 4);
    const { edits } = await asked(() => desk.edit.locator('[data-edit="build"]:not([disabled])').click());
    const ring = ringOf(edits[0].build.footprint);
    // one corner is the building's own, to a few centimetres; the pointer was a metre off
    const off = Math.min(...ring.map(([x, y]) => Math.hypot(x - corner[0], y - corner[1])));
    assert.ok(off < 0.1, `${off} m from the building's corner`);
    ring.forEach(([x, y], n) => {
      const [px, py] = ring[(n + 3) % 4];
      const [nx, ny] = ring[(n + 1) % 4];
      const cosine = ((px - x) * (nx - x) + (py - y) * (ny - y)) / (Math.hypot(px - x, py - y) * Math.hypot(nx - x, ny - y));
      assert.ok(Math.abs(cosine) < 1e-3, `corner ${n}: cosine ${cosine}`);
    });
  });
});

describe("without a mouse", () => {
  /** Presses Tab until the focus is on what the selector names. */
  async function reach(selector) {
    const isThere = () => page.evaluate((selector) => {
      let focused = document.activeElement;
      while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
      return focused?.matches(selector) ?? false;
    }, selector);
    for (let presses = 0; presses < 400; presses++) {
      if (await isThere()) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab does not lead to ${selector}`);
  }

  async function press(selector, key = "Enter") {
    await reach(selector);
    await page.keyboard.press(key);
  }

  /** Types into a box and leaves it. */
  async function fill(selector, text) {
    await reach(selector);
    await page.keyboard.press("Control+a");
    await page.keyboard.type(String(text));
    await page.keyboard.press("Tab");
  }

  let id;

  test("a scenario is made and a building taken down by its id", async () => {
    await page.evaluate(() => window.chengjing.select(null));
    await page.locator("canvas").focus();
    await press('[data-scenario="menu"]');
    await press('[data-scenario="create"]');
    await fill('dialog#form input[name="name"]', "键盘");
    await press("dialog#form button.primary");
    await desk.named("键盘");
    id = await desk.idOf("键盘");
    if ((await page.locator('[data-dock="edit"]').getAttribute("aria-selected")) !== "true") await press('[data-dock="edit"]');
    await reach('[data-value="draw"][aria-checked="true"], [data-value="mark"][aria-checked="true"]');
    for (let presses = 0; (await desk.edit.locator('[data-value="mark"]').getAttribute("aria-checked")) !== "true"; presses++) {
      assert.ok(presses < 4, "arrows lead through the tools");
      await page.keyboard.press("ArrowLeft");
    }
    await reach('input[name="id"]');
    await page.keyboard.type(some[1].id);
    await page.keyboard.press("Enter");
    await desk.edit.locator(`.chips button[title="${some[1].id}"]`).waitFor();
    const { edits } = await asked(() => press('[data-edit="apply"]'));
    assert.deepEqual(edits.map(({ action, features }) => [action, features]), [["demolish", [some[1].id]]]);
  });

  test("a block is drawn by typed corners, lengths and bearings, less its setback", async () => {
    await reach('[role="radio"][data-value="mark"]');
    await page.keyboard.press("ArrowRight");
    await desk.edit.locator('[data-value="draw"][aria-checked="true"]').waitFor();
    await press('[data-edit="polygon"]');
    const [lon, lat] = lonLat([project.center_enu[0], project.center_enu[1]]).map((value) => value.toFixed(7));
    // without a corner yet the typed values are folded
    const typed = desk.edit.locator("details").filter({ has: page.locator('input[name="lon"]') });
    if ((await typed.getAttribute("open")) === null) {
      await reach("details:has(input[name='lon']) > summary");
      await page.keyboard.press("Enter");
    }
    await fill('input[name="lon"]', lon);
    await fill('input[name="lat"]', lat);
    const corners = (count) => becomes(`(state) => state.planning.sketch.points.length === ${count}`);
    await press('.triple:has(input[name="lat"]) > button');
    await corners(1);
    for (const [n, [length, bearing]] of [[40, 90], [30, 0], [40, 270]].entries()) {
      await fill('input[name="length"]', length);
      await fill('input[name="bearing"]', bearing);
      await press('.triple:has(input[name="bearing"]) > button');
      await corners(n + 2);
    }
    await page.locator("canvas").focus();
    await page.keyboard.press("Enter");
    assert.ok((await sketch()).closed, "Enter closes the outline");
    await fill('input[name="storeys"]', 12);
    await fill('input[name="floor_height"]', 3.2);
    await fill('input[name="setback"]', 5);
    // 40 × 30 m less 5 m on every side
    const figures = await desk.edit.locator(".figures").innerText();
    assert.match(figures, /600 m²[\s\S]*7,200 m²[\s\S]*38\.4 m/);
    const { edits, answer } = await asked(() => press('[data-edit="build"]'));
    const { footprint, storeys, floor_height_m } = edits[0].build;
    assert.deepEqual([storeys, floor_height_m], [12, 3.2]);
    assert.ok(Math.abs(areaOf(ringOf(footprint)) - 600) < 1.5, `${areaOf(ringOf(footprint))} m²`);
    assert.equal(answer.added.length, 1);
    assert.equal((await desk.scenario(id)).edits.length, 2);
  });

  test("the last step is taken back by key", async () => {
    await page.locator("canvas").focus();
    await desk.written(() => page.keyboard.press("Control+z"));
    assert.equal((await desk.scenario(id)).edits.length, 1);
  });
});

describe("an array", () => {
  for (const [kind, far, storeys, setback] of [["slab", 1.2, 6, 6], ["tower", 2, 26, 10]]) {
    test(`of ${kind}s reaches its floor area ratio within the setback`, async () => {
      await desk.create(`排布 ${kind}`);
      await desk.look(project.center_enu, { distance_m: 500 });
      await desk.edit.locator('[data-value="array"]').click();
      await unfoldSize();
      await desk.type("width", 180);
      await desk.type("depth", 160);
      await desk.type("rotation", 70);
      await desk.edit.locator('[data-edit="place-rectangle"]:visible').click();
      await desk.edit.locator(`[role="radio"][data-value="${kind}"]`).click();
      for (const [name, value] of Object.entries({ far, storeys, setback })) await desk.type(name, value);
      const request = page.waitForRequest((one) => one.url().endsWith("/massing"));
      await desk.edit.locator('[data-edit="preview"]:not([disabled])').click();
      const { site, target_far, setback_m } = (await request).postDataJSON();
      assert.deepEqual([target_far, setback_m], [far, setback]);
      const place = desk.edit.locator('[data-edit="place"]:not([disabled])');
      await place.waitFor();
      const { edits, answer } = await asked(() => place.click());
      assert.equal(answer.added.length, edits.length);
      const plot = ringOf(site);
      assert.ok(Math.abs(areaOf(plot) - 180 * 160) < 40, `${areaOf(plot)} m²`);
      const floors = edits.map(({ build }) => areaOf(ringOf(build.footprint)) * build.storeys);
      const reached = floors.reduce((sum, area) => sum + area, 0) / areaOf(plot);
      assert.ok(reached >= far * 0.999 && reached <= far + Math.max(...floors) / areaOf(plot), `${reached} for ${far}`);
      for (const { build } of edits) {
        assert.equal(build.storeys, storeys);
        for (const corner of ringOf(build.footprint)) {
          assert.ok(contains(plot, corner) && leastFromEdges(corner, plot) > setback - 0.05, `${corner} is ${leastFromEdges(corner, plot)} m from the edge`);
        }
      }
    });
  }

  test("says so when the ratio does not fit", async () => {
    await (await unfoldSize()).locator('[data-edit="place-rectangle"]').click();
    await desk.type("far", 15);
    await desk.type("storeys", 6);
    await desk.edit.locator('[data-edit="preview"]:not([disabled])').click();
    await desk.edit.locator("p[role=status] .warn").waitFor();
  });
});

describe("numbers", () => {
  const panel = () => page.locator("cj-indicators");
  const answered = (act) => {
    const answer = page.waitForResponse((response) => response.url().endsWith("/api/v1/indicators") && response.request().method() === "POST" && response.request().postDataJSON().area.polygon !== undefined);
    return act().then(() => answer).then((response) => response.json());
  };

  test("are those of the area that was drawn on the map", async () => {
    await desk.take(await desk.idOf("点选"), "点选");
    await desk.dock("indicators");
    await desk.look(project.center_enu, { distance_m: 400, pitch_deg: 85 });
    await panel().locator('[data-indicators="draw"]').click();
    for (const [x, y] of [[520, 280], [700, 290], [690, 430], [530, 420]]) {
      await page.mouse.move(x, y);
      await animationFrames(page, 2);
      await page.mouse.click(x, y);
      await settled(page);
    }
    await page.locator("canvas").focus();
    await page.keyboard.press("Enter");
    const answer = await answered(() => panel().locator('[data-indicators="use-drawn"]').click());
    const pixel = (2 * 400 * TAN_HALF_FOVY) / VIEWPORT.height;
    const expected = areaOf([[520, 280], [700, 290], [690, 430], [530, 420]]) * pixel ** 2;
    const site = answer.indicators.find(({ id }) => id === "site_area").value;
    assert.ok(Math.abs(site / expected - 1) < 0.15, `${site} m², drawn were ${expected}`);
    await panel().locator('[data-indicator="site_area"] b').filter({ hasText: Math.round(site).toLocaleString("en-US") }).waitFor();
  });

  test("are drawn as bars, as the way from before to after and as a curve over the years", async () => {
    await panel().locator('select[name="area"]').selectOption(`project:${project.id}`);
    await panel().locator('[data-indicator="floor_area"]').waitFor();
    const years = new Set();
    page.on("request", (request) => {
      if (request.url().endsWith("/api/v1/indicators")) years.add(request.postDataJSON()?.phase?.slice(0, 4));
    });
    await panel().locator('[data-value="charts"]').click();
    const chart = page.locator("cj-chart");
    await chart.locator('select[name="of"]').selectOption("floor_area");
    const words = async () => (await chart.locator("svg text").allTextContents()).map((text) => text.trim());
    const shows = (text) => chart.locator("svg text").filter({ hasText: text }).first().waitFor();
    await chart.locator('[data-value="bars"]').click();
    await shows("现状");
    await shows("点选");
    await chart.locator('[data-value="waterfall"]').click();
    await shows("改造前");
    await shows("改造后");
    assert.ok((await words()).length > 3, `${await words()}`);
    await chart.locator('[data-value="curve"]').click();
    await shows("2035");
    await shows("2023");
    years.delete(undefined);
    assert.deepEqual([...years].sort(), Array.from({ length: 13 }, (_, n) => String(2023 + n)), "every year was asked for");
  });
});

describe("the table of differences", () => {
  test("flies to each", async () => {
    await desk.mode("difference");
    await desk.dock("changes");
    await desk.look([some[0].top[0] + 900, some[0].top[1], some[0].top[2]], { distance_m: 400 });
    const row = page.locator(`cj-changes [data-feature="${some[0].id}"]`);
    assert.match(await row.innerText(), /拆除/);
    await row.click();
    await becomes(`(state) => state.selection?.id === "${some[0].id}"`);
    await settled(page);
    const [x, y] = (await page.evaluate(() => window.chengjing.view)).target_enu;
    assert.ok(Math.hypot(x - some[0].top[0], y - some[0].top[1]) < 40, `looks at ${x}, ${y}`);
  });
});

describe("console", () => {
  test("no error in all of this", () => assert.deepEqual(viewer.errors, []));
});
