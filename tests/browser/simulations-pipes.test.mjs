// Water networks and bursts in the browser: a click on a pipe, valves that are stuck, before against after; flow that is seen to run.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { animationFrames, get, stats } from "./helpers.mjs";
import { figure, openSimulations } from "./simulating.mjs";

/** The street whose main bursts. */
const STREET = "中原路";
/** Colours of `isolation/outcome/layers.rs`, sRGB. */
const SHUT = [230, 159, 0];

let city, server, browser, viewer, page, desk, panel, sim, pipes;

before(async () => {
  ({ city, server, browser, viewer, page, desk, panel, sim } = await openSimulations("simulations"));
  const { features } = await get(server.origin, "/ogc/collections/underground-JS/items?limit=3000");
  pipes = features.filter(({ geometry }) => geometry.type.endsWith("LineString")).map(({ id, geometry, properties }) => ({
    id, index: properties.feature_index, road: properties.road, diameter_mm: properties.diameter_mm, ends: [properties.from_node, properties.to_node],
    line: geometry.type === "LineString" ? geometry.coordinates : geometry.coordinates[0],
  }));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

const table = (outcome, key) => {
  const { columns, rows } = outcome.tables.find((one) => one.key === key);
  return rows.map((row) => Object.fromEntries(columns.map(({ key: name }, at) => [name, row[at]])));
};

/** Runs a simulation by the interface and gives its result. */
async function ask(name, question) {
  const response = await fetch(new URL(`/api/v1/simulations/${name}`, server.origin), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(question) });
  return sim.resultOf(await response.json());
}

/** Does something and gives the results that the panel then shows. */
async function answered(act, count = 1) {
  const found = [];
  let told;
  const all = new Promise((resolve) => { told = resolve; });
  const note = (response) => {
    if (!/\/api\/v1\/jobs\/[0-9a-f]+\/result$/.test(new URL(response.url()).pathname)) return;
    found.push(response);
    if (found.length === count) told();
  };
  page.on("response", note);
  await act();
  await all;
  page.off("response", note);
  const outcomes = await Promise.all(found.map((response) => response.json()));
  return outcomes.sort((a, b) => (a.scenario.id === "base") - (b.scenario.id === "base"));
}

/** Middle of a pipe, ENU metres. */
async function middle(id) {
  const { bounds_enu: [x0, y0, z0, x1, y1, z1] } = await get(server.origin, `/api/v1/features/${id}`);
  return [(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2];
}

/** Clicks the middle of the picture, where the pipe lies that is looked at. */
async function clickMiddle(index) {
  assert.equal((await page.evaluate(([x, y]) => window.chengjing.pick(x, y), sim.middle())).featureIndex, index, "the pipe lies in the middle");
  await sim.clickMiddle();
}

/** What the panel lists is what the server says. */
async function lists(outcome) {
  const valves = table(outcome, "valves");
  await panel.locator('[data-figure="valves"]').filter({ hasText: new RegExp(`^${valves.length}(\\D|$)`) }).waitFor();
  const shown = await panel.locator("[data-valve]").evaluateAll((all) => all.map((one) => one.dataset.valve));
  assert.deepEqual(shown, valves.map(({ feature_id }) => feature_id));
  const important = table(outcome, "consumers").filter(({ kind_en }) => kind_en === "hospital" || kind_en === "school");
  assert.deepEqual(await panel.locator('[data-break="important"] .link').allInnerTexts(), important.map(({ name }) => name));
  assert.equal(Number(await panel.locator('[data-figure="buildings"]').evaluate((one) => one.firstChild.nextSibling?.data ?? one.textContent)), figure(outcome, "buildings"));
}

/** The main of the street whose burst cuts off most. */
async function worst() {
  const mains = pipes.filter(({ road }) => road === STREET);
  const found = [];
  for (const main of mains) found.push({ main, outcome: await ask("isolation", { params: { pipe: main.id } }) });
  return found.sort((a, b) => figure(b.outcome, "buildings") - figure(a.outcome, "buildings"))[0];
}

describe("a burst main on the main street", () => {
  let main, plain, still, burst;

  before(async () => { ({ main } = await worst()); });

  /** The scene without projects: the hatch of works under way moves. */
  async function withoutMotion() {
    const show = (isShown) => page.evaluate((isShown) => window.chengjing.setLayer("projects", isShown), isShown);
    await show(false);
    const seen = await sim.scene();
    await show(true);
    return seen;
  }

  test("is a click away: the ground opens, valves, pipes and people cut off are named", async () => {
    await sim.choose("isolation");
    await sim.part("break-hint").waitFor();
    await page.locator('[data-nav="underground"][aria-pressed="true"]').waitFor();
    await desk.look(await middle(main.id), { distance_m: 320, pitch_deg: 62, heading_deg: 20 });
    plain = await sim.scene();
    still = await withoutMotion();
    [burst] = await answered(() => clickMiddle(main.index));
    assert.equal(burst.params.pipe, main.id);
    assert.deepEqual(burst.figures, (await ask("isolation", { params: { pipe: main.id } })).figures);
    assert.ok(figure(burst, "valves") > 0 && figure(burst, "buildings") > 0);
    await lists(burst);
    await page.locator('cj-simulation-signs [data-sign="broken"]').waitFor();
    assert.equal(await page.locator('cj-simulation-signs [data-sign="valve"]').count() > 0, true);
  });

  test("is read through ground and buildings, while all else fades", async () => {
    const shown = await sim.scene();
    assert.ok((await sim.colored(plain, SHUT)) < 0.001);
    const marked = await sim.colored(shown, SHUT);
    assert.ok(marked > 0.002, `shut pipes and buildings: ${marked}`);
    // other pipes were bright lines and are faint ones now
    assert.ok((await sim.differing(shown, plain)) > 0.03);
    await sim.picture("burst-1");
    // from right above, and with the ground shut
    await desk.look(await middle(main.id), { distance_m: 420, pitch_deg: 89 });
    assert.ok((await sim.colored(await sim.scene(), SHUT)) > 0.002, "from above");
    await page.locator('[data-nav="underground"]').click();
    assert.ok((await sim.colored(await sim.scene(), SHUT)) > 0.0005, "through the ground");
    await page.locator('[data-nav="underground"]').click();
    await desk.look(await middle(main.id), { distance_m: 320, pitch_deg: 62, heading_deg: 20 });
  });

  test("goes on to the next valves when one is stuck, in the list and in the scene", async () => {
    const [{ feature_id: stuck, next }] = table(burst, "valves").filter(({ next_count }) => next_count > 0);
    const [wider] = await answered(() => panel.locator(`[data-valve="${stuck}"] .toggle`).click());
    assert.deepEqual(wider.params.stuck, [stuck]);
    const valves = table(wider, "valves").map(({ feature_id }) => feature_id);
    assert.ok(!valves.includes(stuck));
    for (const other of next.split(" ")) assert.ok(valves.includes(other), other);
    assert.ok(figure(wider, "length_shut") > figure(burst, "length_shut"));
    await lists(wider);
    await panel.locator(`[data-stuck="${stuck}"]`).waitFor();
    await sim.picture("burst-2-stuck");
    const sign = page.locator(`cj-simulation-signs [data-sign="stuck"][data-id="${stuck}"]`);
    await sign.waitFor();
    const [again] = await answered(() => sign.dispatchEvent("click"));
    assert.deepEqual(again.figures, burst.figures);
    await lists(again);
  });

  test("flies to who is cut off", async () => {
    const consumer = panel.locator('[data-break="important"] .link, [data-break="others"] .link').first();
    if (!(await consumer.isVisible())) await panel.locator('[data-break="others"] summary').click();
    const was = await sim.scene();
    await consumer.click();
    await page.locator("cj-dock [data-dock=selection]").waitFor();
    assert.ok((await sim.differing(await sim.scene(), was)) > 0.1);
    await desk.dock("simulations");
  });

  test("is less of a trouble once the scenario sets more valves", async () => {
    const closing = new Set(table(burst, "valves").map(({ feature_id }) => feature_id));
    const nodes = main.ends.filter((id) => !closing.has(id));
    assert.ok(nodes.length > 0, "an end of the main without a valve");
    await desk.create("中原路增设阀门");
    const id = await desk.idOf("中原路增设阀门");
    const etag = (await fetch(new URL(`/api/v1/scenarios/${id}`, server.origin))).headers.get("etag");
    const response = await fetch(new URL(`/api/v1/scenarios/${id}/edits`, server.origin), {
      method: "POST", headers: { "content-type": "application/json", "if-match": etag },
      body: JSON.stringify({ author: "王", edits: [{ action: "modify", features: nodes, attributes: { node_kind: "阀门井" }, note: "消防栓处增设检修阀门" }] }),
    });
    assert.ok(response.ok, await response.text());
    await sim.choose("isolation");
    await sim.openQuestion();
    await panel.locator('input[name="compare"]').setChecked(true);
    await desk.look(await middle(main.id), { distance_m: 520, pitch_deg: 60, heading_deg: 20 });
    const [now, then] = await answered(() => clickMiddle(main.index), 2);
    assert.deepEqual([now.scenario.id, then.scenario.id], [id, "base"]);
    assert.deepEqual(then.figures, burst.figures);
    assert.ok(figure(now, "buildings") < figure(then, "buildings"), `${figure(now, "buildings")} of ${figure(then, "buildings")}`);
    assert.ok(figure(now, "people") < figure(then, "people"));
    for (const node of nodes) assert.ok(table(now, "valves").some(({ feature_id }) => feature_id === node), node);
    await panel.locator('[data-figure="buildings"] small').filter({ hasText: String(figure(then, "buildings")) }).waitFor();
    await sim.closeQuestion();
    // colours of features have a left and a right
    await sim.part("view").locator('[data-value="swipe"]').click();
    await page.locator("cj-swipe .handle").waitFor();
    await sim.picture("burst");
    const [x, y] = sim.middle();
    const right = () => sim.scene({ x: x + 12, y: y - 230, width: 200, height: 190 });
    const swiped = await right();
    await sim.part("view").locator('[data-value="after"]').click();
    await page.locator("cj-swipe .handle").waitFor({ state: "detached" });
    assert.ok((await sim.differing(swiped, await right())) < 0.01, "the scenario is on the right");
    const after = await sim.colored(await sim.scene(), SHUT);
    assert.ok(after > 0);
    await sim.openQuestion();
    await panel.locator('input[name="compare"]').setChecked(false);
  });

  test("is answered for gas and heat by a typed id", async () => {
    for (const code of ["RQ", "RL"]) {
      const { features } = await get(server.origin, `/ogc/collections/underground-${code}/items?limit=50`);
      const pipe = features.find(({ geometry }) => geometry.type.endsWith("LineString"));
      await sim.openQuestion();
      const input = panel.locator('input[name="pipe"]');
      const [outcome] = await answered(async () => {
        await input.fill(pipe.id);
        await input.press("Tab");
      });
      assert.equal(outcome.params.pipe, pipe.id);
      assert.ok(figure(outcome, "length_shut") > 0);
    }
  });

  test("leaves the picture as it was", async () => {
    await desk.look(await middle(main.id), { distance_m: 320, pitch_deg: 62, heading_deg: 20 });
    await desk.dock("edit");
    await panel.waitFor({ state: "detached" });
    assert.equal(await page.locator("cj-simulation-signs button").count(), 0);
    assert.equal(await page.locator('[data-nav="underground"]').getAttribute("aria-pressed"), "false");
    await page.locator('[data-nav="underground"]').click();
    const change = await sim.differing(await withoutMotion(), still);
    assert.ok(change < 0.01, `pipes are as they were before: ${change} of the picture differ`);
    await page.locator('[data-nav="underground"]').click();
  });
});

describe("the water network", () => {
  let outcome, main;

  before(() => { main = pipes.filter(({ road, diameter_mm }) => road === STREET && diameter_mm >= 200)[2]; });

  async function show(key) {
    const layer = outcome.layers.find((one) => one.key === key);
    await sim.show(layer);
    return layer;
  }

  test("shows its values on the pipes over time", async () => {
    await sim.choose("hydraulics");
    await desk.look(await middle(main.id), { distance_m: 320, pitch_deg: 62, heading_deg: 20 });
    const plain = await sim.scene();
    [outcome] = await answered(() => sim.part("run").click());
    for (const key of ["pressure", "flow", "velocity"]) {
      await show(key);
      assert.ok((await sim.differing(await sim.scene(), plain)) > 0.005, key);
    }
    assert.equal(await page.locator('[data-nav="underground"]').getAttribute("aria-pressed"), "true");
    await sim.picture("flow");
  });

  test("tells value and curve of a pipe that is clicked", async () => {
    const layer = await show("flow");
    const answer = page.waitForResponse((response) => response.url().includes("/probe?"));
    await clickMiddle(main.index);
    const { values } = await (await answer).json();
    assert.equal(values.length, layer.times_s.length);
    await panel.locator("cj-simulation-probe .chart svg").waitFor();
  });

  test("moves where water flows, and rests for who wants no motion", async () => {
    await show("flow");
    const frames = async () => (await stats(page)).frames;
    const still = [await sim.scene(), await frames(), await sim.scene(), await frames()];
    assert.equal(still[1], still[3], "reduced motion: nothing is drawn while nothing changes");
    assert.equal(await sim.differing(still[0], still[2]), 0);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    const a = await sim.scene();
    let moved = 0;
    for (let tries = 0; moved === 0 && tries < 20; tries++) {
      await animationFrames(page, 30);
      moved = await sim.differing(a, await sim.scene());
    }
    assert.ok(moved > 0.0002, `marks move: ${moved}`);
    await show("pressure");
    const rest = await sim.scene();
    await animationFrames(page, 60);
    assert.equal(await sim.differing(rest, await sim.scene()), 0, "a layer without flow stands still");
    await page.emulateMedia({ reducedMotion: "reduce" });
  });

  test("answers what a shut pipe, a new main and more demand do", async () => {
    await page.evaluate((id) => window.chengjing.select(id), main.id);
    await desk.dock("simulations");
    await sim.openQuestion();
    await panel.locator('[data-simulation="add-selected"][data-name="demands"]').click();
    const amount = panel.locator('input[name="demands.0.demand_lps"]');
    await amount.fill("60");
    await amount.press("Tab");
    const [more] = await answered(() => sim.part("run").click());
    assert.deepEqual(more.params.demands, [{ node: main.id, demand_lps: 60 }]);
    const lowest = (one) => one.layers.find(({ key }) => key === "pressure").range[0];
    assert.ok(lowest(more) < lowest(outcome), "more demand, less pressure");
    await sim.openQuestion();
    await panel.locator(`[data-change="${main.id}"] .link`).click();
    await panel.locator('[data-simulation="add-selected"][data-name="closed"]').click();
    const [shut] = await answered(() => sim.part("run").click());
    assert.deepEqual(shut.params.closed, [main.id]);
    const probe = await get(server.origin, `/api/v1/jobs/${shut.key}/layers/flow/probe?feature=${main.id}`);
    assert.ok(probe.values.every((value) => Math.abs(value) < 1e-3), "nothing flows through a shut pipe");
  });

  test("leaves no error on the console", () => {
    assert.deepEqual(viewer.errors, []);
  });
});
