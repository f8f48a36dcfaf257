// Results of other programs through the panel: files brought, what they are, over time, before against after, findings, refusals.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get, settled } from "./helpers.mjs";
import { openSimulations } from "./simulating.mjs";

/** Cells of the noise maps: about 10 m in degrees, and how many a side. */
const CELL_DEG = 1e-4;
const SIDE = 120;

let city, server, browser, viewer, page, desk, panel, sim;

before(async () => {
  ({ city, server, browser, viewer, page, desk, panel, sim } = await openSimulations("simulations-outside"));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

const files = () => panel.locator("cj-simulation-outside li[data-file]");

/** Places along streets, which are as loud as a street is: longitude and latitude, some metres apart. */
async function streets() {
  const { collections } = await get(server.origin, "/ogc/collections");
  const roads = collections.find(({ id }) => /road|transport|street/.test(id));
  const { features } = await get(server.origin, `/ogc/collections/${roads.id}/items?limit=4000`);
  const numbers = (value) => (typeof value[0] === "number" ? [value] : value.flatMap(numbers));
  const all = features.flatMap(({ geometry }) => (geometry?.coordinates ? numbers(geometry.coordinates) : []));
  // one place in twenty metres says as much
  return [...new Map(all.map(([lon, lat]) => [`${Math.round(lon / 2e-4)} ${Math.round(lat / 2e-4)}`, [lon, lat]])).values()];
}

/** A noise map as an ESRI ASCII grid in longitude and latitude; `level` gives dB from the distance to streets. */
function grid(places, level) {
  const [lon, lat] = sim.site().lonLat;
  const [west, south] = [lon - (SIDE * CELL_DEG) / 2, lat - (SIDE * CELL_DEG) / 2];
  const scale = Math.cos((lat * Math.PI) / 180);
  const near = places.filter(([x, y]) => Math.abs(x - lon) < SIDE * CELL_DEG && Math.abs(y - lat) < SIDE * CELL_DEG);
  const rows = [];
  for (let row = SIDE - 1; row >= 0; row--) {
    const values = [];
    for (let column = 0; column < SIDE; column++) {
      const [x, y] = [west + (column + 0.5) * CELL_DEG, south + (row + 0.5) * CELL_DEG];
      let least = Infinity;
      for (const [px, py] of near) least = Math.min(least, ((px - x) * scale) ** 2 + (py - y) ** 2);
      values.push(level(Math.sqrt(least) * 111_320, Math.hypot((x - lon) * scale, y - lat) * 111_320).toFixed(2));
    }
    rows.push(values.join(" "));
  }
  return `ncols ${SIDE}\nnrows ${SIDE}\nxllcorner ${west}\nyllcorner ${south}\ncellsize ${CELL_DEG}\nNODATA_value -9999\n${rows.join("\n")}\n`;
}

const noise = (loudness, quiet) => (toStreet, toSite) => Math.max(38, loudness - 9 * Math.log10(1 + toStreet / 4)) - (toSite < 220 ? quiet : 0);

const upload = (name, text) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) });

async function bring(...sent) {
  await panel.locator('input[name="outside-files"]').setInputFiles(sent);
}

async function tick(name, column, isOn) {
  await panel.locator(`li[data-file="${name}"] input[name="outside-${column}"]`).setChecked(isOn);
}

const shownClasses = () => sim.part("legend").locator("li .swatch:not(.hatch)").count();

describe("results of other programs", () => {
  test("are brought as files, and told what they are", async () => {
    await desk.look(sim.site().enu, { distance_m: 900, pitch_deg: 52 });
    await sim.choose("outside");
    const places = await streets();
    assert.ok(places.length > 100, `${places.length} places along streets`);
    const loud = [70, 77, 74];
    await bring(...loud.map((loudness, hour) => upload(`noise_0${6 + hour}h.asc`, grid(places, noise(loudness, 0)))));
    await files().nth(2).waitFor();
    assert.deepEqual(await files().locator(".name").allInnerTexts(), ["noise_06h.asc", "noise_07h.asc", "noise_08h.asc"]);
    assert.equal(await panel.locator('input[name="outside-show"]:checked').count(), 3);
    assert.equal(await panel.locator('select[name="outside-kind"]').inputValue(), "noise");
    await sim.picture("1-files");
  });

  test("lie over the city in their own system, with a reference value and its hatch", async () => {
    await panel.locator("cj-simulation-outside summary").click();
    await sim.type("outside-crs", "EPSG:4326");
    await sim.type("outside-limit", 60);
    await panel.locator('input[name="outside-limit-source"]').waitFor();
    await sim.type("outside-limit-source", "GB 3096-2008 2 类昼间");
    await sim.type("outside-error", 2);
    const { questions: [question], results: [outcome] } = await sim.run();
    assert.equal(question.params.files.length, 3);
    assert.deepEqual(question.params.layers[0].limit, { value: 60, source: "GB 3096-2008 2 类昼间", is_verified: false });
    const [layer] = outcome.layers;
    assert.deepEqual(layer.times_s, [6, 7, 8].map((hour) => hour * 3600));
    assert.deepEqual([layer.shape, layer.unit, layer.title.zh], ["grid", "dB(A)", "噪声"]);
    assert.ok(await shownClasses() >= layer.legend.classes.length);
    assert.equal(await sim.part("legend").locator(".reference").count(), 1);
    assert.equal(await sim.part("legend").locator(".hatch").count(), 1);
    await sim.picture("2-noise");
  });

  test("go through time and are probed", async () => {
    await sim.part("later").click();
    const answer = page.waitForResponse((response) => response.url().includes("/probe?"));
    const [lon, lat] = sim.site().lonLat;
    await panel.locator('input[name="probe-place"]').fill(`${lon.toFixed(6)}, ${lat.toFixed(6)}`);
    await panel.locator('input[name="probe-place"]').press("Enter");
    const { values } = await (await answer).json();
    assert.equal(values.length, 3);
    assert.ok(values[1] > values[0], `${values}`);
    await sim.part("probe-value").filter({ hasText: values[1].toFixed(2).replace(/\.?0+$/, "") }).waitFor();
    await panel.locator("cj-simulation-probe .chart svg").waitFor();
    await sim.part("play").click();
    await sim.part("play").click();
    await sim.picture("3-probe");
  });

  test("are held against another result, with one legend, by swipe and difference", async () => {
    await sim.openQuestion();
    const places = await streets();
    await bring(...[70, 77, 74].map((loudness, hour) => upload(`quiet_noise_0${6 + hour}h.asc`, grid(places, noise(loudness, 6)))));
    await files().nth(5).waitFor();
    for (const hour of [6, 7, 8]) await tick(`noise_0${hour}h.asc`, "before", true);
    assert.equal(await panel.locator('input[name="outside-show"]:checked').count(), 3);
    const { questions, results: [now, then] } = await sim.run();
    assert.equal(questions.length, 2);
    assert.deepEqual(questions[0].params.range, questions[1].params.range);
    assert.deepEqual(now.layers[0].legend.classes, then.layers[0].legend.classes);
    await sim.part("view").locator('[data-value="swipe"]').click();
    await sim.part("view").filter({ hasText: "左：noise_06h.asc … noise_08h.asc；右：quiet_noise_06h.asc … quiet_noise_08h.asc" }).waitFor();
    await settled(page);
    await sim.picture("4-swipe");
    await sim.part("view").locator('[data-value="difference"]').click();
    await sim.part("view").filter({ hasText: "减" }).waitFor();
    const answer = page.waitForResponse((response) => response.url().includes("/probe?") && response.url().includes("minus"));
    const [lon, lat] = sim.site().lonLat;
    await panel.locator('input[name="probe-place"]').fill(`${lon.toFixed(6)}, ${lat.toFixed(6)}`);
    await panel.locator('input[name="probe-place"]').press("Enter");
    const { values } = await (await answer).json();
    for (const value of values) assert.ok(Math.abs(value + 6) < 0.05, `${values}`);
    await sim.picture("5-difference");
  });

  test("by feature id colour buildings and give findings", async () => {
    await sim.openQuestion();
    const buildings = await desk.buildings();
    const [x, y] = sim.site().enu;
    const rows = buildings.map(({ id, middle }) => `${id},${(44 + 30 * Math.exp(-Math.hypot(middle[0] - x, middle[1] - y) / 260)).toFixed(2)}`);
    await bring(upload("facade_noise.csv", `feature_id,Lden [dB(A)]\n${rows.join("\n")}\nnot-here,50\n`));
    await panel.locator('li[data-file="facade_noise.csv"] input[name="outside-show"]:checked').waitFor();
    for (const hour of [6, 7, 8]) await tick(`noise_0${hour}h.asc`, "before", false);
    await sim.type("outside-limit", 60);
    await panel.locator('input[name="outside-error"]').waitFor();
    await sim.type("outside-error", 1);
    const { results: [outcome] } = await sim.run();
    assert.equal(outcome.layers[0].shape, "features");
    assert.equal(outcome.layers[0].count, buildings.length);
    assert.ok(outcome.verdicts.some(({ verdict }) => verdict === "within_error"));
    await sim.picture("6-buildings");
    // what lies nearer to the limit than the method can tell is striped on the buildings themselves
    const plain = await sim.scene();
    await sim.openQuestion();
    await sim.type("outside-error", 30);
    await sim.run();
    const striped = await sim.differing(plain, await sim.scene());
    assert.ok(striped > 0.04, `${striped}`);
    await sim.picture("6-hatched");
    await sim.openQuestion();
    await sim.type("outside-error", 1);
    await sim.run();
    await panel.locator('.segments [data-value="verdicts"]').first().click();
    const count = (ending) => new Intl.NumberFormat("zh-CN").format(outcome.verdicts.filter(({ verdict }) => verdict === ending).length);
    await sim.part("counts").filter({ hasText: `达标 ${count("pass")} · 不达标 ${count("fail")}` }).waitFor();
    await panel.locator('.segments [data-value="tables"]').first().click();
    await panel.locator('[data-table="unmatched"]').waitFor();
  });

  test("that are broken are refused by file, row and reason, and are not there", async () => {
    await sim.openQuestion();
    const there = await files().count();
    await bring(upload("broken.csv", "id,v\nb-1,1\nb-1,2\n"));
    await sim.part("outside-trouble").filter({ hasText: "broken.csv 第 3 行：b-1 在同一时刻出现两次" }).waitFor();
    assert.equal(await files().count(), there);
    await sim.picture("7-refused");
    await panel.locator('li[data-file="facade_noise.csv"] button').click();
    await panel.locator('li[data-file="facade_noise.csv"]').waitFor({ state: "detached" });
    assert.equal((await get(server.origin, "/api/v1/outside")).files.length, there - 1);
    const expected = viewer.errors.filter((error) => /422/.test(error));
    assert.deepEqual(viewer.errors.filter((error) => !expected.includes(error)), []);
  });
});
