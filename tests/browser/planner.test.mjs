// A planner at work on the demo city, through the panels alone: a scenario, a block taken down, two towers drawn, a rule
// that fails, towers lowered until it passes, a swipe between before and after, the evidence pack.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { get, launch, makeCity, newPage, openViewer, settled, startServer } from "./helpers.mjs";

const NAME = "两栋塔楼";
const RULE = "jianke63/rebuild-ratio";
const TAKES_PICTURES = process.env.CHENGJING_SCREENSHOTS === "1";
const FOLDER = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));

let city, server, browser, viewer, page, project, site, scenario;

before(async () => {
  city = makeCity();
  server = await startServer(city.city);
  browser = await launch();
  viewer = await newPage(browser, { viewport: TAKES_PICTURES ? { width: 1440, height: 810 } : { width: 1200, height: 720 }, acceptDownloads: true });
  page = viewer.page;
  await viewer.context.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
  const { projects } = await get(server.origin, "/api/v1/projects");
  project = projects.find(({ name }) => name.includes("城中村")) ?? projects[0];
  site = middleOfFirstBlock(project, await get(server.origin, "/api/v1/manifest"));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

const edit = () => page.locator("cj-edit");

/** Middle of a project's first block, ENU metres; a project may have several, with others between them. */
function middleOfFirstBlock({ outline, center_enu }, { origin_lon_lat_height: [lon0, lat0] }) {
  const ring = outline.coordinates[0][0].slice(0, -1);
  const mean = (axis) => ring.reduce((sum, point) => sum + point[axis], 0) / ring.length;
  // metres a degree are good to a metre within a few kilometres, which is near enough to look at
  const metres = 111_320;
  return [(mean(0) - lon0) * metres * Math.cos((lat0 * Math.PI) / 180), (mean(1) - lat0) * metres, center_enu[2]];
}

/** Opens a tab of the dock, whatever is open. */
async function dock(tab) {
  const button = page.locator(`[data-dock="${tab}"]`);
  if ((await button.getAttribute("aria-selected")) !== "true") await button.click();
}

/** Looks at a point beside the middle of the site. */
async function lookAt(east, north) {
  const [x, y, z] = site;
  const view = { target_enu: [x + east, y + north, z], distance_m: 330, heading_deg: 20, pitch_deg: 42 };
  await page.evaluate((to) => window.chengjing.flyTo(to, { duration_ms: 0 }), view);
  await settled(page);
}

/** Types into a field of the edit panel as a person does: the value counts when the field is left. */
async function type(name, value) {
  const input = edit().locator(`input[name="${name}"]:visible`);
  await input.fill(String(value));
  await input.press("Tab");
}

/** Places a rectangle of typed size in the middle of the view. */
async function placeRectangle(width, depth) {
  const details = edit().locator("details").filter({ has: page.locator('[data-edit="place-rectangle"]') }).last();
  if ((await details.getAttribute("open")) === null) await details.locator("> summary").click();
  await type("width", width);
  await type("depth", depth);
  await edit().locator('[data-edit="place-rectangle"]:visible').click();
}

/** The scenario as the server holds it. */
async function stored() {
  return get(server.origin, `/api/v1/scenarios/${scenario}`);
}

/** Waits until the server holds the wanted number of edits; the panel is usable again by then. */
async function written(count) {
  await page.locator('[data-scenario="undo"]:not([disabled])').waitFor();
  const { edits } = await stored();
  assert.equal(edits.length, count);
  await settled(page);
  return edits;
}

/** Verdict of the rule, once the numbers on the panel belong to the newest revision. */
async function verdict(wanted) {
  await dock("indicators");
  await page.locator("cj-indicators").locator('[data-value="rules"]').click();
  const rule = page.locator(`[data-rule="${RULE}"].${wanted}`);
  await rule.waitFor();
  return rule;
}

async function picture(name) {
  if (!TAKES_PICTURES) return;
  mkdirSync(FOLDER, { recursive: true });
  await settled(page);
  await page.screenshot({ path: `${FOLDER}planner-${name}.jpg`, type: "jpeg", quality: 88 });
}

describe("a planner", () => {
  test("makes a scenario", async () => {
    await openViewer(page, server.origin, { quality: TAKES_PICTURES ? "medium" : "low" });
    await lookAt(0, 0);
    await page.locator('[data-scenario="menu"]').click();
    await page.locator('[data-scenario="create"]').click();
    await page.locator('dialog#form input[name="name"]').fill(NAME);
    await page.locator("dialog#form button.primary").click();
    await page.locator("cj-scenario .name b").filter({ hasText: NAME }).waitFor();
    const { scenarios } = await get(server.origin, "/api/v1/scenarios");
    assert.deepEqual(scenarios.map(({ name }) => name), [NAME]);
    scenario = scenarios[0].id;
    await picture("1-scenario");
  });

  test("takes down a block", async () => {
    await dock("edit");
    await edit().locator("details").filter({ has: page.locator('[data-edit="within"]') }).first().locator("> summary").click();
    await placeRectangle(110, 80);
    await edit().locator('[data-edit="within"]').click();
    const apply = edit().locator('[data-edit="apply"]:not([disabled])');
    await apply.waitFor();
    await picture("2-marked");
    await apply.click();
    const [demolition] = await written(1);
    assert.equal(demolition.action, "demolish");
    assert.ok(demolition.features.length >= 4, `${demolition.features.length} buildings`);
    await picture("3-demolished");
  });

  test("draws two towers in its place", async () => {
    await edit().locator('[data-value="draw"]').click();
    for (const [number, east] of [[1, -28], [2, 28]]) {
      await lookAt(east, 0);
      await placeRectangle(32, 24);
      await type("storeys", 33);
      await edit().locator('[data-edit="build"]:not([disabled])').click();
      await edit().locator('[data-edit="build"][disabled]').waitFor();
      await written(1 + number);
    }
    const towers = (await stored()).edits.filter(({ action }) => action === "build");
    assert.equal(towers.length, 2);
    // the towers are in the tiles and in the picture: one of them can be picked half-way up, above what stood there
    await lookAt(28, 0);
    const { width, height } = page.viewportSize();
    const picked = await page.evaluate(([x, y]) => window.chengjing.pick(x, y), [width / 2, height / 2 - 100]);
    const index = towers.flatMap(({ feature_indices }) => feature_indices);
    assert.ok(index.includes(picked.featureIndex), `picked ${picked.featureIndex}, the towers are ${index}`);
    await picture("4-towers");
  });

  test("sees that too much is built for what is taken down", async () => {
    await dock("indicators");
    await page.locator('cj-indicators select[name="area"]').selectOption(`project:${project.id}`);
    const rule = await verdict("fail");
    await rule.click();
    assert.match(await page.locator("cj-indicators .why").innerText(), /63/, "the clause is named");
    await picture("5-rule-fails");
    await rule.click();
  });

  test("lowers the towers until the rule is kept", async () => {
    let towers = (await stored()).edits.filter(({ action }) => action === "build").flatMap(({ features }) => features);
    let edits = 3;
    for (const storeys of [18, 8, 3]) {
      await dock("edit");
      await edit().locator('[data-value="mark"]').click();
      for (const id of towers) {
        await edit().locator('input[name="id"]').fill(id);
        await edit().locator('input[name="id"]').press("Enter");
        await edit().locator(`.chips button[title="${id}"]`).waitFor();
      }
      await edit().locator('[data-value="modify"]').click();
      await type("body_storeys", storeys);
      await edit().locator('[data-edit="apply"]:not([disabled])').click();
      await edit().locator('[data-edit="apply"][disabled]').waitFor();
      edits += 1;
      // a lowered tower is a new body in place of the old one
      towers = (await written(edits)).at(-1).added;
      assert.equal(towers.length, 2);
      const { results } = await (await fetch(`${server.origin}/api/v1/rules/check`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ scenario, area: { project: project.id } }),
      })).json();
      if (results.find(({ rule }) => rule === RULE).verdict === "pass") break;
    }
    await verdict("pass");
    await picture("6-rule-kept");
  });

  test("takes a step back and forth again", async () => {
    const before = (await stored()).revision;
    await page.locator('[data-scenario="undo"]').click();
    // the button is disabled while the step is being written, too
    const written = page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/redo"));
    await page.locator('[data-scenario="redo"]:not([disabled])').click();
    assert.equal((await written).ok(), true);
    await page.locator('[data-scenario="redo"][disabled]').waitFor();
    assert.equal((await stored()).revision, before + 2);
    await verdict("pass");
  });

  test("swipes between before and after", async () => {
    const compare = page.locator("cj-compare");
    if ((await compare.locator('[data-compare="fold"]').getAttribute("aria-expanded")) === "false") await compare.locator('[data-compare="fold"]').click();
    await compare.locator('[data-value="swipe"]').click();
    const handle = page.locator("cj-swipe .handle");
    const { x, y, width, height } = await handle.boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 - 120, y + height / 2, { steps: 3 });
    await page.mouse.up();
    assert.ok(Number(await handle.getAttribute("aria-valuenow")) < 45);
    assert.match(await page.locator("cj-swipe .line").innerText(), new RegExp(NAME));
    await picture("7-swipe");
    await compare.locator('[data-value="difference"]').click();
    await dock("changes");
    await page.locator("cj-changes").getByText(/拆/).first().waitFor();
    await picture("8-difference");
    await compare.locator('[data-value="single"]').click();
  });

  test("exports the evidence pack with views of the scene", async () => {
    await dock("indicators");
    const download = page.waitForEvent("download");
    const request = page.waitForRequest((request) => request.url().endsWith("/api/v1/reports"));
    await page.locator('[data-indicators="evidence"]').click();
    const { views } = (await request).postDataJSON();
    assert.equal(views.length, 3);
    const colors = await page.evaluate((pictures) => Promise.all(pictures.map(async (base64) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })), views.map(({ png_base64 }) => png_base64));
    assert.ok(colors.every((count) => count > 1000), `colours in the views: ${colors}`);
    assert.equal(new Set(views.map(({ png_base64 }) => png_base64)).size, 3, "before, after and difference are different pictures");
    const bytes = readFileSync(await (await download).path());
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    for (const name of ["report.pdf", "indicators.csv", "rules.csv", "changes.geojson", "manifest.json"]) assert.ok(bytes.includes(name), name);
    await picture("9-pack");
  });

  test("meets no error on the console in all of this", () => {
    assert.deepEqual(viewer.errors, []);
  });
});
