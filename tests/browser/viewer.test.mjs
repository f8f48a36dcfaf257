// The viewer on a served city, in a real browser: what a user does, and what the page promises to scripts.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { animationFrames, chengjing, findFeature, get, launch, makeCity, newPage, openViewer, settled, startServer, stats } from "./helpers.mjs";
import { takeScreenshots } from "./screenshots.mjs";

let city, server, browser, viewer, page, manifest;

before(async () => {
  city = makeCity();
  server = await startServer(city.city);
  manifest = await get(server.origin, "/api/v1/manifest");
  browser = await launch();
  viewer = await newPage(browser);
  page = viewer.page;
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

const panel = () => page.locator("cj-attributes");
const live = () => page.locator('chengjing-viewer [aria-live="polite"]');

/** Brings the view back to where it began and clears what a test before has left. */
async function home() {
  await page.evaluate(() => window.chengjing.select(null));
  await page.locator('[data-nav="home"]').click();
  await settled(page);
}

describe("the viewer", () => {
  test("opens the city and settles with triangles on the screen", async () => {
    await openViewer(page, server.origin);
    const { triangles, tilesDrawn, featuresDrawn, drawCalls, cpuBytes, gpuBytes } = await stats(page);
    for (const [name, value] of Object.entries({ triangles, tilesDrawn, featuresDrawn, drawCalls, cpuBytes, gpuBytes })) assert.ok(value > 0, `${name} = ${value}`);
    assert.equal(await page.title(), `${manifest.title.zh} · 城镜`);
  });

  test("draws no frame while nothing moves", async () => {
    await settled(page);
    const before = (await stats(page)).frames;
    await animationFrames(page, 60);
    assert.equal((await stats(page)).frames, before);
  });

  test("says that generated data is generated, and whom to credit", async () => {
    assert.equal(await page.locator("cj-status .badge").count(), manifest.is_generated ? 1 : 0);
    for (const { text } of manifest.credits) assert.match(await page.locator("cj-status .credits").innerText(), new RegExp(escape(text)));
  });

  test("shows the attributes of a building that is clicked", async () => {
    await page.locator("cj-sidebar .fold").first().click();
    const { x, y, feature } = await findFeature(page, server.origin, (f) => f.class.startsWith("Building"));
    await page.mouse.click(x, y);
    await panel().locator(".id").filter({ hasText: feature.id }).waitFor();
    const shown = await panel().locator("section").innerText();
    if (feature.name) assert.ok(shown.includes(feature.name), shown);
    const { year, storeys } = feature.attributes;
    if (year) assert.match(shown, new RegExp(`建成年份\\s+${year}`));
    if (storeys) assert.match(shown, new RegExp(`层数\\s+${storeys} 层`));
    assert.match(await live().innerText(), new RegExp(`已选择${escape(feature.name ?? feature.id)}`));
    await page.keyboard.press("Escape");
    await panel().waitFor({ state: "hidden" });
  });

  test("finds a Chinese name by keyboard, flies there and selects it", async () => {
    await home();
    const project = manifest.projects[manifest.projects.length - 1];
    const name = project?.name ?? (await get(server.origin, "/api/v1/search?q=a&limit=1")).results[0].name;
    const before = await page.evaluate(() => location.hash);
    await page.locator('[role="combobox"]').fill(name);
    await page.locator('[role="option"]').first().waitFor();
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator('[role="combobox"]').getAttribute("aria-activedescendant"), "option-0");
    await page.keyboard.press("Enter");
    await page.locator(project ? "cj-project-sheet h2" : "cj-attributes h2").filter({ hasText: name }).waitFor();
    await settled(page);
    // The address follows the camera: this is what a shared link would open.
    await page.waitForFunction((old) => location.hash !== old && location.hash.includes("sel="), before);
    if (project) {
      const [x, y] = /view=([-\d.]+),([-\d.]+)/.exec(await page.evaluate(() => location.hash)).slice(1).map(Number);
      const off = Math.hypot(x - project.center_enu[0], y - project.center_enu[1]);
      assert.ok(off <= 2 * project.radius_m + 20, `looks ${off} m beside a project of ${project.radius_m} m`);
    }
  });

  test("draws fewer features with a layer off and as many with it on again", async () => {
    await home();
    const drawn = async () => {
      await settled(page);
      return (await stats(page)).featuresDrawn;
    };
    const all = await drawn();
    await page.locator("cj-sidebar .fold").first().click();
    const box = page.locator('[data-layer="buildings"]');
    await box.uncheck();
    const without = await drawn();
    assert.ok(without < all, `${without} < ${all}`);
    await box.check();
    assert.equal(await drawn(), all);
    await page.locator("cj-sidebar .fold").first().click();
  });

  test("shows pipes below the ground and tells about the one that is clicked", async (t) => {
    if (!manifest.layers.some(({ id }) => id === "underground")) return t.skip("this city has no pipes");
    await page.locator('[data-nav="underground"]').click();
    const view = manifest.views.find(({ id }) => id === "underground") ?? manifest.views[0];
    const { target_enu, heading_deg } = view;
    await page.evaluate((view) => window.chengjing.flyTo(view, { duration_ms: 0 }), { target_enu, distance_m: 120, heading_deg, pitch_deg: 60 });
    const { x, y, feature } = await findFeature(page, server.origin, (f) => f.class === "Pipe");
    await page.mouse.click(x, y);
    await panel().locator(".id").filter({ hasText: feature.id }).waitFor();
    assert.match(await panel().locator("section").innerText(), /管线类别/);
    assert.equal(await page.locator('[data-nav="underground"]').getAttribute("aria-pressed"), "true");
    await page.locator('[data-nav="underground"]').click();
  });

  test("moves by keyboard while the view has the focus, and not while a panel has it", async () => {
    await home();
    const heading = () => page.locator('[data-nav="north"]').getAttribute("aria-label");
    const before = await heading();
    await page.locator('[role="combobox"]').focus();
    await page.keyboard.press("Shift+ArrowRight");
    assert.equal(await heading(), before);
    await page.locator("chengjing-viewer > canvas").focus();
    await page.keyboard.press("Shift+ArrowRight");
    await page.locator(`[data-nav="north"]:not([aria-label="${before}"])`).waitFor();
    await page.locator('[data-nav="north"]').click();
    await settled(page);
    assert.match(await heading(), /\D0°/);
  });

  test("speaks English when asked and remembers it", async () => {
    await page.locator('[data-tool="language"]').click();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.match(await page.locator("cj-sidebar section").innerText(), /Layers/);
    assert.equal(await page.evaluate(() => localStorage.getItem("chengjing.language")), "en");
    await page.locator('[data-tool="language"]').click();
    assert.match(await page.locator("cj-sidebar section").innerText(), /图层/);
  });

  test("has no accessibility fault that axe knows of", async () => {
    await page.evaluate((id) => window.chengjing.select(id), (await get(server.origin, "/api/v1/features/by-index/0")).id);
    await page.locator("cj-sidebar .fold").first().click();
    await page.locator('[data-nav="time"]').click();
    await page.locator('[data-tool="settings"]').click();
    await page.addScriptTag({ path: new URL("node_modules/axe-core/axe.min.js", import.meta.url).pathname });
    const check = () => page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    const faults = (await check()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.flat().join(" ")).join(" | ")}`);
    await page.locator('[data-tool="settings"]').click();
    await page.locator('[data-tool="help"]').click();
    faults.push(...(await check()).violations.map(({ id, nodes }) => `help: ${id}: ${nodes.map(({ target }) => target.flat().join(" ")).join(" | ")}`));
    await page.keyboard.press("Escape");
    await page.locator('[data-nav="time"]').click();
    assert.deepEqual(faults, []);
  });

  test("opens a shared link as it was", async () => {
    await home();
    const { layers } = manifest;
    const leaf = layers.find(({ parent, visible }) => parent === "buildings" && visible) ?? layers.find(({ parent }) => parent !== null);
    const { page: other, errors } = await newPage(browser);
    await openViewer(other, server.origin, { hash: `#view=10,20,${manifest.views[0]?.target_enu[2] ?? 0},400,45,50&off=${leaf.id}&time=16.5` });
    assert.match(await other.locator('[data-nav="time"]').innerText(), /16:30/);
    assert.match(await other.locator('[data-nav="north"]').getAttribute("aria-label"), /45°/);
    assert.equal(await other.locator(`[data-layer="${leaf.id}"]`).isChecked(), false);
    assert.deepEqual(errors, []);
    await other.context().close();
  });

  test("takes up a new revision while it is open", async (t) => {
    if (!city.isOurs) return t.skip("a city that was given is not edited");
    await home();
    const { id } = await get(server.origin, `/api/v1/features/by-index/${(await findFeature(page, server.origin, (f) => f.class === "Building")).feature.feature_index}`);
    await page.evaluate((id) => window.chengjing.select(id), id);
    chengjing("set", city.city, id, "storeys=27");
    chengjing("publish", city.city);
    await panel().getByText("27 层").waitFor();
    await settled(page);
    assert.ok((await stats(page)).triangles > 0);
  });

  test("wrote no error to the console in all of this", () => {
    assert.deepEqual(viewer.errors, []);
  });

  if (process.env.CHENGJING_SCREENSHOTS === "1") {
    test("has its pictures taken", () => takeScreenshots(browser, server.origin, manifest));
  }
});

describe("a browser that cannot draw the city", () => {
  /** Text of the start screen's failure, and the errors on the console. */
  async function failure(prepare) {
    const bare = await launch({ webgpu: false });
    try {
      const { page, errors } = await newPage(bare);
      await prepare(page);
      await page.goto(server.origin);
      return { text: await page.locator("cj-start-screen .failed").innerText(), errors };
    } finally {
      await bare.close();
    }
  }

  test("is told in both languages that there is no graphics processor, and what to do", async () => {
    const { text, errors } = await failure(() => {});
    for (const words of ["没有找到可用的图形处理器", "更新显卡驱动", "no usable graphics processor", "Update the graphics driver"]) assert.ok(text.includes(words), text);
    assert.deepEqual(errors, []);
  });

  test("is told in both languages that it lacks WebGPU, and which browsers have it", async () => {
    const { text, errors } = await failure((page) => page.addInitScript(() => delete Navigator.prototype.gpu));
    for (const words of ["此浏览器不支持 WebGPU", "Chrome 或 Edge", "does not support WebGPU", "Use Chrome or Edge"]) assert.ok(text.includes(words), text);
    assert.deepEqual(errors, []);
  });
});

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
