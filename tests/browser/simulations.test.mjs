// Simulations through their panel: a question, its job, layers over the city, values at a place, findings, before against after.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { animationFrames, get } from "./helpers.mjs";
import { first } from "./planning.mjs";
import { openSimulations } from "./simulating.mjs";

/** A number as the panel writes it. */
const written = (value) => new Intl.NumberFormat("zh-CN", { maximumFractionDigits: Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 3 }).format(Math.abs(value) < 0.0005 ? 0 : value);

let city, server, browser, viewer, page, project, desk, panel, sim;

before(async () => {
  ({ city, server, browser, viewer, page, project, desk, panel, sim } = await openSimulations("simulations"));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

/** Chooses a simulation and unfolds its question. */
async function choose(name) {
  await sim.choose(name);
  await sim.openQuestion();
}

describe("simulations", () => {
  test("are those of the server", async () => {
    const { simulations } = await get(server.origin, "/api/v1/simulations");
    await desk.look(sim.site().enu, { distance_m: 420, pitch_deg: 65 });
    await desk.dock("simulations");
    const options = panel.locator('select[name="simulation"] option');
    await options.first().waitFor({ state: "attached" });
    assert.deepEqual(await options.allInnerTexts(), simulations.map(({ title }) => title.zh));
    await sim.picture("1-panel");
  });

  test("ask by fields, and refuse JSON that names what there is not", async () => {
    await choose("sunshine");
    await panel.locator('select[name="area"]').selectOption(`project:${project.id}`);
    const advanced = panel.locator('textarea[name="advanced"]');
    await panel.locator("summary").filter({ hasText: "高级参数" }).click();
    await advanced.fill('{ "eror_min": 3 }');
    await advanced.press("Tab");
    await sim.part("json-fault").filter({ hasText: "eror_min" }).waitFor();
    assert.ok(await sim.part("run").isDisabled());
    await advanced.fill('{ "error_min": 4 }');
    await advanced.press("Tab");
    await sim.part("json-fault").waitFor({ state: "detached" });
    assert.ok(await sim.part("run").isEnabled());
    await sim.type("spacing_m", 3);
    await panel.locator('select[name="city"]').selectOption("small");
  });
});

describe("reach", () => {
  let outcome;

  test("walks from places that are typed and clicked", async () => {
    await choose("reach");
    const { lonLat: [lon, lat] } = sim.site();
    await panel.locator('input[name="place"]').fill(`${lon.toFixed(6)}, ${lat.toFixed(6)}`);
    await panel.locator('input[name="place"]').press("Enter");
    await sim.part("pick-places").click();
    await sim.clickMiddle();
    await panel.locator("cj-simulation-form .chips button").nth(1).waitFor();
    await sim.part("pick-places").click();
    const without = await sim.scene();
    const { questions: [question], results } = await sim.run();
    [outcome] = results;
    assert.deepEqual(question.area, { project: project.id });
    assert.equal(question.params.starts_deg.length, 2);
    assert.deepEqual(question.params.starts_deg[0], [Number(lon.toFixed(6)), Number(lat.toFixed(6))]);
    const [layer] = outcome.layers;
    assert.equal(await sim.part("legend").locator("li .swatch:not(.hatch)").count() >= layer.legend.classes.length, true);
    const shown = await sim.scene();
    const share = await sim.differing(shown, without);
    assert.ok(share > 0.01, `the layer lies over the city: ${share}`);
    await sim.picture("2-reach");
    await panel.locator('input[name="visible"]').setChecked(false);
    assert.ok((await sim.differing(await sim.scene(), without)) < share / 4, "and goes when it is switched off");
    await panel.locator('input[name="visible"]').setChecked(true);
    assert.ok((await sim.differing(await sim.scene(), shown)) < share / 4);
  });

  test("tells the value at a place that is clicked", async () => {
    const layer = outcome.layers.find(({ shape }) => shape === "areas" || shape === "grid");
    await sim.show(layer);
    const answer = page.waitForResponse((response) => response.url().includes("/probe?"));
    await sim.clickMiddle();
    const { values: [value] } = await (await answer).json();
    // an area is told by its name
    const kind = layer.shape === "areas" ? layer.legend.classes.findLast(({ from }) => value >= from).title.zh : written(value);
    await sim.part("probe-value").filter({ hasText: kind }).waitFor();
    await sim.picture("3-probe");
  });

  test("lays its areas on the ground, under the name of each", async () => {
    const { lonLat } = sim.site();
    for (const layer of outcome.layers.filter(({ shape }) => shape === "areas")) {
      await sim.show(layer);
      await desk.look([...desk.enu(lonLat), project.center_enu[2]], { distance_m: 900, pitch_deg: 70 });
      const shown = await sim.scene();
      await panel.locator('input[name="visible"]').setChecked(false);
      const share = await sim.differing(shown, await sim.scene());
      assert.ok(share > 0.02, `${layer.key}: ${share}`);
      await panel.locator('input[name="visible"]').setChecked(true);
      await sim.picture(`3-${layer.key}`);
      const named = layer.legend.classes.every(({ title }) => title);
      if (named) assert.deepEqual((await sim.part("legend").locator("li .number").allInnerTexts()).slice().reverse(), layer.legend.classes.map(({ title }) => title.zh));
    }
    assert.ok(outcome.layers.some(({ key }) => key === "circles"));
    await desk.look(sim.site().enu, { distance_m: 420, pitch_deg: 65 });
  });

  test("shows figures, tables and how it was found", async () => {
    await sim.section("tables");
    for (const { title } of outcome.figures) await panel.locator("dt").filter({ hasText: title.zh }).first().waitFor();
    const table = outcome.tables.find(({ rows }) => rows.length > 0);
    const shown = panel.locator(`[data-table="${table.key}"]`);
    if ((await shown.getAttribute("open")) === null) await shown.locator("summary").click();
    assert.equal(await shown.locator("tbody tr").count(), Math.min(500, table.rows.length));
    await sim.picture("4-tables");
    await sim.section("method");
    await sim.part("method").filter({ hasText: outcome.method.validity.zh }).waitFor();
    assert.equal(await panel.locator("li[data-note]").count(), outcome.notes.length);
    for (const source of outcome.method.sources) assert.ok((await sim.part("method").innerText()).includes(source), source);
  });
});

describe("sunshine", () => {
  let outcome;

  test("keeps its fields, and says that shadows on screen are for display only", async () => {
    await choose("sunshine");
    const { questions: [question], results } = await sim.run();
    [outcome] = results;
    assert.deepEqual(question.params, { city: "small", error_min: 4, spacing_m: 3 });
    await sim.part("screen-shadows").filter({ hasText: "屏幕阴影仅供显示" }).waitFor();
    await sim.picture("5-sunshine");
  });

  test("marks the limit on the legend, and that it is a reference value", async () => {
    const layer = outcome.layers.find(({ legend }) => legend.limit);
    await sim.show(layer);
    await sim.part("legend").filter({ hasText: `限值 ${written(layer.legend.limit.value)} ${layer.unit}` }).waitFor();
    assert.equal(await sim.part("legend").locator(".reference").count(), layer.legend.limit.is_verified ? 0 : 1);
    assert.equal(await sim.part("legend").locator(".hatch").count(), layer.error === null ? 0 : 1);
  });

  test("lists findings by colour and sign, and flies to the building", async () => {
    await sim.section("verdicts");
    const count = (ending) => outcome.verdicts.filter(({ verdict }) => verdict === ending).length;
    await sim.part("counts").filter({ hasText: `达标 ${count("pass")} · 不达标 ${count("fail")} · 误差范围内 ${count("within_error")} · 无法判定 ${count("not_decidable")}` }).waitFor();
    const signs = { pass: "✓", fail: "✕", within_error: "≈", not_decidable: "?" };
    const verdict = panel.locator("button.verdict").first();
    assert.equal(await verdict.locator(".mark").innerText(), signs[await verdict.getAttribute("data-verdict")]);
    const id = await verdict.getAttribute("data-feature");
    const before = await sim.scene();
    await sim.picture("6-findings");
    await verdict.click();
    await page.locator("cj-dock [data-dock=selection]").waitFor();
    assert.ok((await sim.differing(await sim.scene(), before)) > 0.2, "the view went there");
    // the building that was gone to answers for itself
    await sim.section("map");
    const layer = outcome.layers.find(({ shape }) => shape === "features");
    await sim.show(layer);
    const answer = page.waitForResponse((response) => response.url().includes("/probe?"));
    await sim.part("probe-selected").click();
    const url = new URL((await answer).url());
    assert.equal(url.searchParams.get("feature"), id);
    const { values: [value] } = await (await answer).json();
    await sim.part("probe-value").filter({ hasText: written(value) }).waitFor();
    await sim.picture("7-building");
  });

  test("can be downloaded", async () => {
    const response = await fetch(await sim.part("csv").getAttribute("href"));
    assert.equal(response.status, 200);
    assert.ok((await response.text()).split("\n").length > 1);
  });

  test("goes from the city when the panel is closed, and is there again when it is opened", async () => {
    const shown = await sim.scene();
    await desk.dock("edit");
    await panel.waitFor({ state: "detached" });
    const without = await sim.scene();
    const share = await sim.differing(shown, without);
    assert.ok(share > 0.01, `the colours of buildings go: ${share}`);
    await desk.dock("simulations");
    await sim.part("legend").waitFor();
    assert.ok((await sim.differing(await sim.scene(), shown)) < share / 4);
  });
});

describe("flood", () => {
  let outcome;

  test("takes a design storm by its numbers", async () => {
    await choose("flood");
    await sim.type("cell_m", 8);
    await sim.type("run.rain.return_period_a", 20);
    await sim.type("run.rain.duration_min", 60);
    const { questions: [question], results } = await sim.run();
    [outcome] = results;
    assert.equal(question.params.cell_m, 8);
    assert.equal(question.params.run.rain.return_period_a, 20);
    assert.equal(outcome.params.run.rain.duration_min, 60);
  });

  test("goes through time by button, key and typing, and reads the value that holds", async () => {
    const layer = outcome.layers.find(({ times_s }) => times_s.length > 2);
    await panel.locator('select[name="layer"]').selectOption(layer.key);
    const time = sim.part("time");
    await time.waitFor();
    const typed = time.locator('[name="time-typed"]');
    const clock = (seconds) => `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;
    assert.equal(await typed.inputValue(), clock(layer.times_s[0]));
    await sim.part("later").click();
    assert.equal(await typed.inputValue(), clock(layer.times_s[1]));
    await time.locator('input[type="range"]').press("ArrowRight");
    assert.equal(await typed.inputValue(), clock(layer.times_s[2]));
    const last = layer.times_s.at(-1);
    await typed.fill(clock(last));
    await typed.press("Enter");
    await sim.part("later").and(page.locator("[disabled]")).waitFor();
    const answer = page.waitForResponse((response) => response.url().includes("/probe?"));
    const { lonLat: [lon, lat] } = sim.site();
    await panel.locator('input[name="probe-place"]').fill(`${lon.toFixed(6)}, ${lat.toFixed(6)}`);
    await panel.locator('input[name="probe-place"]').press("Enter");
    const { values } = await (await answer).json();
    assert.equal(values.length, layer.times_s.length);
    const value = values.at(-1);
    await sim.part("probe-value").filter({ hasText: value === null ? "—" : written(value) }).waitFor();
    await panel.locator("cj-simulation-probe .chart svg").waitFor();
    await sim.picture("8-flood");
  });

  test("is a surface that one sees through and that moves, and rests for who wants no motion", async () => {
    const layer = outcome.layers.find(({ key }) => key === "max_depth");
    await sim.show(layer);
    await desk.look(sim.site().enu, { distance_m: 420, pitch_deg: 65 });
    const changed = (a, b) => sim.share((p, q) => [0, 1, 2].some((i) => Math.abs(p[i] - q[i]) > 4), a, b);
    const water = await sim.scene();
    assert.equal(await changed(water, await sim.scene()), 0, "reduced motion: it rests");
    await panel.locator('input[name="visible"]').setChecked(false);
    const dry = await sim.scene();
    await panel.locator('input[name="visible"]').setChecked(true);
    const wet = await changed(water, dry);
    assert.ok(wet > 0.02, `${wet} of the picture is under water`);
    // what lies below still differs from place to place: bright ground stays brighter than dark ground
    const through = await sim.correlation(water, dry);
    assert.ok(through > 0.1, `the ground is seen through it: ${through}`);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    let moved = 0;
    for (let tries = 0; moved === 0 && tries < 20; tries++) {
      await animationFrames(page, 20);
      moved = await changed(water, await sim.scene());
    }
    assert.ok(moved > 0.001, `${moved}`);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await sim.show(outcome.layers.find(({ times_s }) => times_s.length > 2));
  });

  test("plays and stops", async () => {
    const typed = sim.part("time").locator('[name="time-typed"]');
    const before = await typed.inputValue();
    await sim.part("play").click();
    await page.waitForFunction((was) => {
      const find = (root) => root.querySelector('[name="time-typed"]') ?? [...root.querySelectorAll("*")].map((one) => one.shadowRoot && find(one.shadowRoot)).find(Boolean);
      return find(document).value !== was;
    }, before);
    await sim.part("play").click();
    assert.equal(await sim.part("play").getAttribute("aria-pressed"), "false");
  });
});

describe("before against after", () => {
  let outcomes;

  test("a scenario is held against the city as it is, as a difference with a legend of its own", async () => {
    await desk.look(sim.site().enu, { distance_m: 420, pitch_deg: 65 });
    await desk.create("拆一栋");
    const [gone] = await first(1, desk.pickable(sim.site().enu));
    await desk.mark(gone.id);
    await desk.apply("demolish");
    await choose("sunshine");
    await panel.locator('input[name="compare"]').setChecked(true);
    const { questions, results } = await sim.run();
    outcomes = results;
    assert.deepEqual(questions.map(({ scenario }) => scenario), [await desk.idOf("拆一栋"), "base"]);
    const layer = results[0].layers.find(({ shape }) => shape === "features");
    await sim.show(layer);
    const plain = await sim.part("legend").locator("li").allInnerTexts();
    await sim.part("view").locator('[data-value="difference"]').click();
    await sim.part("view").filter({ hasText: "拆一栋减现状" }).waitFor();
    assert.equal(await panel.locator(".trouble").count(), 0, await panel.innerText());
    // seven classes around nothing
    await sim.part("legend").locator("li").nth(6).waitFor();
    await sim.part("legend").locator("li").filter({ hasText: /^-/ }).first().waitFor();
    const difference = await sim.part("legend").locator("li").allInnerTexts();
    assert.equal(difference.length, 7);
    assert.notDeepEqual(difference, plain);
    await sim.picture("9-difference");
  });

  test("both lie beside each other under the swipe line", async () => {
    const layer = outcomes[0].layers.find(({ shape }) => shape !== "features");
    await sim.show(layer);
    await sim.part("view").locator('[data-value="swipe"]').click();
    await page.locator("cj-swipe .handle").waitFor();
    await sim.picture("10-swipe");
    await sim.part("view").locator('[data-value="after"]').click();
    await page.locator("cj-swipe .handle").waitFor({ state: "detached" });
  });

  test("an edit makes the result out of date", async () => {
    assert.equal(await sim.part("outdated").count(), 0);
    await desk.written(() => page.locator('[data-scenario="undo"]').click());
    await sim.part("outdated").filter({ hasText: "方案已修改，请重新计算" }).waitFor();
    await sim.picture("11-outdated");
  });
});

describe("a job", () => {
  test("can be stopped", async () => {
    await choose("sunshine");
    await panel.locator('input[name="compare"]').setChecked(false);
    await panel.locator('select[name="area"]').selectOption("city");
    await sim.type("spacing_m", 0.2);
    await sim.part("run").click();
    await sim.part("cancel").click();
    await panel.locator('[data-simulation="job"][data-state="cancelled"]').waitFor();
    assert.equal(await sim.part("legend").count(), 0);
    await sim.picture("12-cancelled");
  });

  test("says in words why the server refuses it", async () => {
    await choose("reach");
    await panel.locator('select[name="area"]').selectOption(`project:${project.id}`);
    const advanced = panel.locator('textarea[name="advanced"]');
    await panel.locator("summary").filter({ hasText: "高级参数" }).click();
    await advanced.fill('{ "snap_m": 900 }');
    await advanced.press("Tab");
    await sim.part("run").click();
    await sim.part("failed").filter({ hasText: "snap_m" }).waitFor();
    await sim.picture("13-failed");
  });

  test("speaks English when the page does", async () => {
    await page.locator('[data-tool="language"]').click();
    await sim.part("failed").filter({ hasText: "The simulation failed" }).waitFor();
    await sim.picture("14-english");
  });

  test("leaves no error on the console", () => {
    assert.deepEqual(viewer.errors, []);
  });
});
