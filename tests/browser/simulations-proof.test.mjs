// What simulations are for, as a planner does it in the page: a planned tower lowered until the old estate behind it has its sun,
// and a storm on the urban village with and without its renewal.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get } from "./helpers.mjs";
import { figure, openSimulations } from "./simulating.mjs";

let city, server, browser, viewer, page, project, desk, panel, sim;

before(async () => {
  ({ city, server, browser, viewer, page, project, desk, panel, sim } = await openSimulations("proof"));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

async function choose(name) {
  await sim.choose(name);
  await sim.openQuestion();
}

/** Opens a fold of the editing panel. */
async function unfold(details) {
  if ((await details.getAttribute("open")) === null) await details.locator("> summary").click();
}

/** Puts a box by its size around the middle of the view. */
async function placeBox(around, [width_m, depth_m]) {
  const sizes = around.locator("details").filter({ has: page.locator('input[name="width"]') }).last();
  await unfold(sizes);
  await desk.type("width", width_m);
  await desk.type("depth", depth_m);
  await desk.type("rotation", 90);
  await sizes.locator('[data-edit="place-rectangle"]').click();
  await sizes.locator("> summary").click();
}

/** Takes a box around a place as the area. */
async function takeArea([x, y], size_m, z) {
  await desk.dock("edit");
  await desk.look([x, y, z], { distance_m: 400, pitch_deg: 70 });
  await desk.edit.locator('[data-value="mark"]').click();
  await unfold(desk.edit.locator("details").filter({ has: page.locator('[data-edit="within"]') }));
  await placeBox(desk.edit, size_m);
  await desk.dock("simulations");
  await unfold(panel.locator("details.ask"));
  await panel.locator('[data-indicators="use-drawn"]').click();
}

describe("an old estate behind a planned tower", () => {
  /** Storeys that are planned, and outline of the tower. */
  const PLANNED = 18;
  const TOWER_M = [40, 16];
  const live = () => page.locator('[data-live="card"]');

  let houses, corner, before, tower, id, lowered;

  /** Does something to the draft and waits for what it means. */
  async function edited(act) {
    const answer = page.waitForResponse((response) => response.url().endsWith("/simulations/sunshine/live") && response.ok());
    await act();
    const bytes = await (await answer).body();
    const length = bytes.readUInt32LE(0);
    const told = JSON.parse(bytes.subarray(4, 4 + length).toString("utf8"));
    await page.locator('[data-live="card"][data-busy="false"]').waitFor();
    return { ...told, ms: Number(await live().getAttribute("data-ms")), serverMs: Number(/dur=([\d.]+)/.exec((await answer).headers()["server-timing"])[1]) };
  }

  const verdict = ({ verdicts }, feature) => verdicts.find((one) => one.feature === feature);
  const lost = (outcome) => before.verdicts.filter(({ feature, verdict: was }) => was === "pass" && verdict(outcome, feature).verdict === "fail").map(({ feature }) => feature);

  /** Houses that had their sun and no longer have it for certain. */
  const unsure = (outcome) => before.verdicts.filter(({ feature, verdict: was }) => was === "pass" && verdict(outcome, feature).verdict !== "pass").map(({ feature }) => feature);

  /** Pulls the slider of storeys; what comes after goes on from there. */
  const slide = (storeys) => desk.edit.locator('input[name="storeys_slide"]').fill(String(storeys));

  test("has its sun today where nothing stands before it", async () => {
    const { features } = await get(server.origin, "/ogc/collections/buildings-building/items?limit=3000");
    const names = new Set(features.filter(({ properties: { estate, use } }) => estate === "化建路小区" && use === "住宅").map(({ id }) => id));
    houses = (await desk.buildings()).filter(({ id }) => names.has(id));
    assert.ok(houses.length > 8, `${houses.length} houses`);
    // the southernmost house of the western row has open ground before it
    const west = Math.min(...houses.map(({ middle: [x] }) => x));
    corner = houses.filter(({ middle: [x] }) => x < west + 8).sort((a, b) => a.middle[1] - b.middle[1])[0].middle;
    id = await desk.create("沿河塔楼");
    await takeArea([corner[0] + 46, corner[1] + 12], [190, 230], project.center_enu[2]);
    await choose("sunshine");
    ({ results: [before] } = await sim.run());
    assert.equal(before.verdicts.length, houses.length, "every house of the estate is judged");
    assert.ok(before.verdicts.some(({ verdict }) => verdict === "pass"));
    assert.equal(before.layers[0].legend.limit.value, 2, "two hours on the great cold day");
    await sim.part("legend").filter({ hasText: "限值 2" }).waitFor();
  });

  test("loses it to a tower as it is drawn, before anything is saved", async () => {
    tower = [corner[0] + 2, corner[1] - 54];
    await panel.locator('[data-live="start"]').click();
    await live().waitFor();
    await desk.edit.locator('[data-value="draw"]').click();
    await desk.look([...tower, project.center_enu[2]], { distance_m: 260, pitch_deg: 40 });
    await slide(PLANNED);
    const high = await edited(() => placeBox(desk.edit, TOWER_M));
    assert.ok(lost(high.outcome).length > 0, "a house fails that passed");
    assert.equal(high.outcome.verdicts.length, houses.length + 1, "the tower is judged too");
    assert.ok(high.num_asked < high.num_points, `${high.num_asked} of ${high.num_points} points asked again`);
    await page.locator('[data-live="badge"]').filter({ hasText: "草稿预览" }).waitFor();
    for (const house of lost(high.outcome)) await live().locator(`[data-feature="${house}"][data-verdict="fail"]`).waitFor();
    await desk.look([corner[0] + 6, corner[1] - 16, project.center_enu[2] + 10], { distance_m: 200, heading_deg: 318, pitch_deg: 33 });
    await sim.picture("sunshine-1-tower");
    assert.equal((await desk.scenario(id)).edits.length, 0, "nothing is saved");
  });

  test("has it again when the tower is lowered", async () => {
    let storeys = PLANNED;
    let now;
    const took = [];
    do {
      storeys--;
      assert.ok(storeys > 1, "some tower is low enough");
      now = await edited(() => slide(storeys));
      took.push([now.ms, now.serverMs, now.num_asked]);
    } while (unsure(now.outcome).length > 0);
    assert.ok(storeys > 3 && storeys < PLANNED, `${storeys} storeys`);
    lowered = storeys;
    const darker = before.verdicts.filter(({ feature, value, verdict: was }) => was === "fail" && verdict(now.outcome, feature).value < value - 1e-3);
    console.log(`tower: ${storeys} storeys; of ${before.verdicts.length} houses ${darker.length} that had too little sun before have less`);
    const middle = (n) => took.map((one) => one[n]).sort((a, b) => a - b)[Math.floor(took.length / 2)];
    console.log(`live: ${middle(0)} ms to the picture, ${middle(1)} ms at the route, ${middle(2)} of ${now.num_points} points asked, ${took.length} edits`);
    await sim.picture("sunshine-2-lowered");
    // saved and computed it is what the preview said, to the last digit
    await desk.written(() => desk.edit.locator('[data-edit="build"]:not([disabled])').click());
    await page.locator('[data-live="standing"]').filter({ hasText: "尚未重新计算" }).waitFor();
    const { results: [whole] } = await sim.run(() => page.locator('[data-live="again"]').click());
    await page.locator('[data-live="standing"]').filter({ hasText: "与已完成的计算一致" }).waitFor();
    assert.equal(await page.locator('[data-live="badge"]').count(), 0);
    assert.deepEqual(unsure(whole), []);
    for (const { feature, value, verdict: ending } of before.verdicts) {
      const [preview, found] = [verdict(now.outcome, feature), verdict(whole, feature)];
      assert.deepEqual([preview.value, preview.verdict], [found.value, found.verdict], feature);
      assert.ok(found.value <= value + 1e-3, `${feature}: ${ending}`);
    }
  });

  test("tells how many storeys fit, and what one more would take", async () => {
    const built = (await desk.scenario(id)).edits[0].added[0];
    await page.evaluate((feature) => window.chengjing.select(feature), built);
    const answer = page.waitForResponse((response) => response.url().endsWith("/live") && response.request().postDataJSON().storeys_of);
    await page.locator('cj-edit [data-live="ask-storeys"]').click();
    await answer;
    const most = page.locator('cj-edit [data-live="most"]');
    await most.waitFor();
    // whoever has too little already must not lose more, so that it never allows more than what keeps the others' sun
    const [certain, open] = [Number(await most.getAttribute("data-certain")), Number(await most.getAttribute("data-most"))];
    assert.ok(certain <= open && certain <= lowered && open < PLANNED, `${certain} to ${open} of ${lowered}`);
    assert.ok((await most.locator("[data-feature]").count()) > 0, "those who would lose are named");
    await sim.picture("sunshine-3-storeys");
    await page.locator('cj-edit [data-live="stop"]').click();
    await live().waitFor({ state: "detached" });
  });
});

describe("a storm on the urban village with and without its renewal", () => {
  const VILLAGE = "魏岗村";
  /** Streets whose combined sewers are replaced. */
  const STREETS = ["豆腐路", "石桥巷", "银杏里"];
  const DIAMETER_MM = 1500;

  let houses, middle, size, before, after;

  const wet = ({ verdicts }) => verdicts.filter(({ verdict }) => verdict === "fail").length;

  test("is renewed in a scenario: houses go, towers come, sewers are replaced by larger ones", async () => {
    const { features } = await get(server.origin, "/ogc/collections/buildings-building/items?limit=3000");
    const names = new Set(features.filter(({ properties: { estate } }) => estate === VILLAGE).map(({ id }) => id));
    houses = (await desk.buildings()).filter(({ id }) => names.has(id));
    assert.ok(houses.length > 50, `${houses.length} houses`);
    const ends = [0, 1].map((axis) => houses.flatMap(({ ring }) => ring.map((at) => at[axis]))).map((all) => [Math.min(...all), Math.max(...all)]);
    middle = ends.map(([low, high]) => (low + high) / 2);
    size = ends.map(([low, high]) => high - low);
    const id = await desk.create("城中村更新");
    const z = project.center_enu[2];
    await takeArea(middle, [size[0] + 50, size[1] + 50], z);
    await desk.dock("edit");
    await desk.edit.locator('[data-value="mark"]').click();
    await unfold(desk.edit.locator("details").filter({ has: page.locator('[data-edit="within"]') }));
    await placeBox(desk.edit, [size[0] + 4, size[1] + 4]);
    await desk.edit.locator('[data-edit="within"]:not([disabled])').click();
    await desk.edit.locator(".chips button").first().waitFor();
    await desk.apply("demolish");
    assert.equal((await desk.scenario(id)).edits[0].features.length >= houses.length, true);
    await desk.edit.locator('[data-value="array"]').click();
    await placeBox(desk.edit, [size[0] - 10, size[1] - 10]);
    await desk.edit.locator('[role="radio"][data-value="tower"]').click();
    for (const [name, value] of Object.entries({ far: 1.6, storeys: 18, setback: 4 })) await desk.type(name, value);
    await desk.edit.locator('[data-edit="preview"]:not([disabled])').click();
    await desk.written(() => desk.edit.locator('[data-edit="place"]:not([disabled])').click());
    await desk.edit.locator('[data-value="pipe"]').click();
    for (const road of STREETS) {
      await desk.edit.locator('input[name="road"]').fill(road);
      await desk.edit.locator('select[name="pipe_class"]').selectOption("HS");
      await desk.type("diameter", DIAMETER_MM);
      const { edits } = await desk.written(() => desk.edit.locator('[data-edit="replace"]:not([disabled])').click());
      assert.ok(edits[0].feature_indices.length > 0, road);
    }
  });

  test("stands less deep in water, and fewer buildings are wet", async () => {
    await choose("flood");
    await panel.locator('select[name="cleared_surface"]').selectOption("green");
    await sim.type("cell_m", 3);
    await sim.type("run.rain.return_period_a", 50);
    await sim.type("run.rain.duration_min", 60);
    await panel.locator('input[name="compare"]').setChecked(true);
    ({ results: [after, before] } = await sim.run());
    assert.deepEqual([after, before].map(({ scenario }) => scenario.id === "base"), [false, true]);
    assert.ok(wet(before) > 0, "there is something to be mended");
    assert.ok(wet(after) < wet(before), `${wet(after)} and ${wet(before)} findings fail`);
    const all = ["deepest_m", "flooded_m2", "drained_m3"].map((key) => [figure(before, key), figure(after, key)]);
    const [deepest, flooded, drained] = all;
    console.log(`storm: failing ${wet(before)} → ${wet(after)}, deepest ${deepest.join(" → ")} m, flooded ${flooded.join(" → ")} m², drained ${drained.join(" → ")} m³`);
    assert.ok(deepest[1] < deepest[0] && flooded[1] < flooded[0], `${deepest} m, ${flooded} m²`);
    assert.ok(drained[1] > drained[0], "larger sewers take more");
  });

  test("is seen side by side under a swipe", async () => {
    await panel.locator('select[name="layer"]').selectOption("max_depth");
    await sim.part("view").locator('[data-value="swipe"]').click();
    await page.locator("cj-swipe").first().waitFor();
    await desk.look([middle[0], middle[1] - 10, project.center_enu[2]], { distance_m: 300, heading_deg: 8, pitch_deg: 48 });
    await sim.part("legend").waitFor();
    // the city as it will stand, without colours and ghosts of the scenario
    await desk.colors(false);
    await sim.picture("flood-swipe");
  });
});

describe("console", () => {
  test("no error in all of this", () => assert.deepEqual(viewer.errors, []));
});
