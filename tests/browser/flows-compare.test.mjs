// Comparing, phases and pipes, through the real panels on a real server: what each side shows, how fast it may blink, what
// comes and goes by its date, what lies in the street.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { animationFrames, get, newPage, openViewer, settled } from "./helpers.mjs";
import { first, openDesk, STATE } from "./planning.mjs";

const VIEWPORT = { width: 1200, height: 720 };

let city, server, browser, viewer, page, desk, some, ids;
/** Tiles that the page has asked for. */
const fetched = [];

before(async () => {
  let project;
  ({ city, server, browser, viewer, page, desk, project } = await openDesk({ viewport: VIEWPORT }));
  page.on("request", (request) => {
    if (request.url().includes("/tiles/content/")) fetched.push(request.url());
  });
  some = await first(4, desk.pickable(project.center_enu));
  // three scenarios, each without another building
  ids = [];
  for (const [n, name] of ["甲", "乙", "丙"].entries()) {
    ids.push(await desk.create(name));
    await desk.mark(some[n].id);
    await desk.apply("demolish");
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

/** What lies under a point, given as shares of the picture. */
const pickAt = (x, y) => page.evaluate(([x, y]) => window.chengjing.pick(x, y), [x * VIEWPORT.width, y * VIEWPORT.height]);

describe("comparing", () => {
  test("side by side shows both standpoints with one camera", async () => {
    await desk.mode("side_by_side");
    await desk.colors(false);
    await desk.above(some[2].top);
    assert.equal((await pickAt(0.25, 0.5)).featureIndex, some[2].index, "before, on the left, it stands");
    assert.notEqual((await pickAt(0.75, 0.5)).featureIndex, some[2].index, "after, on the right, it does not");
    const ground = async () => {
      const [left, right] = [await pickAt(0.1, 0.35), await pickAt(0.6, 0.35)].map(({ positionEnu }) => positionEnu);
      assert.ok(Math.hypot(left[0] - right[0], left[1] - right[1]) < 1, `${left} and ${right}`);
      return left;
    };
    const still = await ground();
    // the right column lies over the far right
    await page.mouse.move(VIEWPORT.width * 0.6, VIEWPORT.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(VIEWPORT.width * 0.53, VIEWPORT.height * 0.42, { steps: 4 });
    await page.mouse.up();
    await settled(page);
    const moved = await ground();
    assert.ok(Math.hypot(still[0] - moved[0], still[1] - moved[1]) > 2, "the drag in one half has moved both");
  });

  test("2×2 shows four scenarios with four answers", async () => {
    await desk.mode("grid");
    const choose = (side, id) => desk.compare.locator(`select[data-side="${side}"]`).selectOption(id);
    await choose(1, "base");
    await choose(2, ids[0]);
    await choose(3, ids[1]);
    await desk.colors(false);
    // by rows: the base, the scenario at work, and the two others
    const cells = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]];
    for (const [building, missing] of [[some[2], 1], [some[0], 2], [some[1], 3]]) {
      await desk.above(building.top);
      for (const [index, [x, y]] of cells.entries()) {
        const { featureIndex } = await pickAt(x, y);
        if (index === missing) assert.notEqual(featureIndex, building.index, `${building.id} is gone from cell ${index}`);
        else assert.equal(featureIndex, building.index, `${building.id} stands in cell ${index}`);
      }
    }
    assert.deepEqual((await page.locator("cj-swipe .name").allInnerTexts()).map((text) => text.trim()), ["现状", "丙", "甲", "乙"]);
    // a link carries all four
    await page.waitForFunction(([id]) => location.hash.includes(`compare=grid`) && location.hash.includes(id), [ids[1]]);
    const reader = await newPage(browser, { viewport: VIEWPORT });
    await reader.page.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
    await openViewer(reader.page, server.origin, { hash: new URL(page.url()).hash });
    await reader.page.locator("cj-swipe .name").nth(3).waitFor();
    assert.deepEqual((await reader.page.locator("cj-swipe .name").allInnerTexts()).map((text) => text.trim()), ["现状", "丙", "甲", "乙"]);
    await reader.context.close();
  });

  test("blinks no more than three times a second, and by a step key", async () => {
    await desk.mode("blink");
    const showing = desk.compare.locator("b[role=status]");
    const hz = desk.compare.locator('input[name="hz"]');
    await hz.fill("12");
    await hz.press("Tab");
    const changes = await showing.evaluate((node, wanted) => new Promise((resolve) => {
      const times = [];
      new MutationObserver(() => {
        times.push(performance.now());
        if (times.length === wanted) resolve(times);
      }).observe(node, { characterData: true, childList: true, subtree: true });
    }), 8);
    for (let at = 3; at < changes.length; at++) assert.ok(changes[at] - changes[at - 3] > 950, `four changes within ${changes[at] - changes[at - 3]} ms`);
    assert.equal(Number(await hz.inputValue()), 3, "the box says what is in force");
    await desk.compare.locator("button[aria-pressed=true]").filter({ hasText: "暂停闪烁" }).click();
    await desk.above(some[2].top);
    const seen = [];
    for (let step = 0; step < 2; step++) {
      const before = await showing.innerText();
      await page.locator("canvas").focus();
      await page.keyboard.press("b");
      await page.waitForFunction(([before]) => document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-compare").shadowRoot.querySelector("b[role=status]").innerText !== before, [before]);
      await settled(page);
      seen.push((await pickAt(0.5, 0.5)).featureIndex === some[2].index);
    }
    assert.notEqual(seen[0], seen[1], "one of the two has the building");
    // a key held down is no way around the limit
    const count = await showing.evaluate(async (node) => {
      let changes = 0;
      new MutationObserver(() => { changes++; }).observe(node, { characterData: true, childList: true, subtree: true });
      const canvas = document.querySelector("canvas");
      const begin = performance.now();
      while (performance.now() - begin < 1000) {
        canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "b", bubbles: true, composed: true }));
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return changes;
    });
    assert.ok(count >= 1 && count <= 4, `${count} changes in a second of a held key`);
  });

  test("the swipe line goes by drag, by buttons and by a typed place", async () => {
    await desk.mode("swipe");
    await desk.colors(false);
    await desk.above(some[2].top);
    const handle = page.locator("cj-swipe .handle");
    const now = async () => Number(await handle.getAttribute("aria-valuenow"));
    const stands = async () => {
      await settled(page);
      return (await pickAt(0.5, 0.5)).featureIndex === some[2].index;
    };
    const { x, y, width, height } = await handle.boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(VIEWPORT.width * 0.7, y + height / 2, { steps: 4 });
    await page.mouse.up();
    assert.ok(Math.abs((await now()) - 70) <= 1, `${await now()}`);
    assert.ok(await stands(), "left of the line is before");
    const typed = desk.compare.locator('input[name="position"]');
    await typed.fill("30");
    await typed.press("Tab");
    assert.equal(await now(), 30);
    assert.ok(!(await stands()), "right of the line is after");
    const [left, right] = ["左移", "右移"].map((name) => desk.compare.getByRole("button", { name }));
    await right.click();
    assert.equal(await now(), 35);
    await left.click();
    await left.click();
    assert.equal(await now(), 25);
    await handle.focus();
    await page.keyboard.press("Home");
    assert.equal(await now(), 2);
    await desk.mode("single");
    assert.equal(await handle.count(), 0);
  });
});

describe("phases", () => {
  let id, tower;

  test("edits carry the day from which they count", async () => {
    id = await desk.create("分期");
    await desk.mark(some[0].id, some[1].id);
    await desk.phaseOfEdits("2027-06-30");
    await desk.apply("demolish");
    await desk.above(some[3].top);
    await desk.edit.locator('[data-value="draw"]').click();
    await desk.edit.locator("details").filter({ has: page.locator('[data-edit="place-rectangle"]') }).last().locator("> summary").click();
    await desk.type("width", 24);
    await desk.type("depth", 18);
    await desk.type("storeys", 30);
    await desk.edit.locator('[data-edit="place-rectangle"]:visible').click();
    await desk.phaseOfEdits("2030-01-01");
    const { added } = await desk.written(() => desk.edit.locator('[data-edit="build"]:not([disabled])').click());
    tower = added[0].feature_index;
    const { edits } = await desk.scenario(id);
    assert.deepEqual(edits.map(({ action, phase }) => [action, phase]), [["demolish", "2027-06-30"], ["build", "2030-01-01"]]);
    await desk.dock("edit");
  });

  test("buildings go and come as the slider moves", async () => {
    await desk.colors(false);
    const slider = desk.compare.locator('input[name="phase"]');
    await slider.focus();
    await page.keyboard.press("Home");
    const seen = [];
    let year = 2023;
    for (const wanted of [2026, 2027, 2029, 2030]) {
      await slider.focus();
      for (; year < wanted; year++) await page.keyboard.press("ArrowRight");
      assert.equal(await desk.compare.locator('input[name="year"]').inputValue(), String(wanted));
      const stands = (await desk.above(some[0].top)) === some[0].index;
      const [x, y, z] = some[3].top;
      const rises = (await desk.above([x, y, z])) === tower;
      seen.push([wanted, stands, rises]);
    }
    assert.deepEqual(seen, [[2026, true, false], [2027, false, false], [2029, false, false], [2030, false, true]]);
    const counts = await Promise.all([2026, 2029, 2030].map(async (year) => [await desk.count(id, STATE.demolished, `${year}-12-31`), await desk.count(id, STATE.added, `${year}-12-31`)]));
    assert.deepEqual(counts, [[0, 0], [2, 0], [2, 1]]);
  });

  test("play shows every year to the last, and each is another answer of the server", async () => {
    await desk.colors(true);
    await desk.compare.locator('[data-phase="all"]').click();
    await settled(page);
    const [known, count] = [new Set(fetched), fetched.length];
    const shown = [];
    const play = desk.compare.locator('[data-phase="play"]');
    const years = desk.compare.locator('input[name="year"]').evaluate((node) => new Promise((resolve) => {
      const seen = [];
      const look = () => {
        if (node.value && seen.at(-1) !== node.value) seen.push(node.value);
        if (node.value === "2035") resolve(seen);
        else requestAnimationFrame(look);
      };
      look();
    }));
    await play.click();
    shown.push(...(await years));
    assert.deepEqual(shown.map(Number), Array.from({ length: 13 }, (_, index) => 2023 + index));
    await desk.compare.locator('[data-phase="play"][aria-pressed="false"]').waitFor();
    await desk.compare.locator('[data-phase="all"]').click();
    await settled(page);
    assert.deepEqual(fetched.slice(count).filter((tile) => known.has(tile)), [], "no year fetches a tile that is already there");
  });
});

describe("pipes", () => {
  let id, road, pipes;
  const pipe = () => desk.edit;

  before(async () => {
    const { features } = await get(server.origin, "/ogc/collections/underground-JS/items?limit=2000");
    const roads = new Map();
    for (const one of features.filter(({ properties }) => properties.class === "Pipe" && properties.road)) roads.set(one.properties.road, [...(roads.get(one.properties.road) ?? []), one]);
    [road, pipes] = [...roads].sort((a, b) => b[1].length - a[1].length)[0];
  });

  test("a street's water mains are replaced: the old ones stay in the ground, new ones lie beside them", async () => {
    id = await desk.create("管网");
    await page.evaluate((id) => window.chengjing.select(id), pipes[0].id);
    await desk.dock("edit");
    await pipe().locator('[data-value="pipe"]').click();
    await pipe().getByRole("button", { name: "取自所选管段" }).click();
    assert.equal(await pipe().locator('input[name="road"]').inputValue(), road);
    await desk.type("diameter", 400);
    await pipe().locator('select[name="material"]').selectOption({ index: 1 });
    const { added } = await desk.written(() => pipe().locator('[data-edit="replace"]').click());
    assert.ok(added.length > 0, "new pipes");
    const states = await desk.states(id);
    for (const { properties } of pipes) assert.equal(states[properties.feature_index], STATE.abandoned);
    for (const { feature_index } of added) assert.equal(states[feature_index], STATE.added);
    const laid = await get(server.origin, `/api/v1/features/${added[0].id}`);
    assert.equal(laid.attributes.diameter_mm, 400);
    assert.equal(laid.attributes.road, road);
    // the picture: from above, with the ground opened, one of the new pipes lies in the street
    await settled(page);
    const found = [];
    for (const { id } of added.slice(0, 6)) {
      const { bounds_enu: [x0, y0, z0, x1, y1, z1] } = await get(server.origin, `/api/v1/features/${id}`);
      await desk.look([(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2], { distance_m: 25, pitch_deg: 88 });
      found.push((await pickAt(0.5, 0.5)).featureIndex);
    }
    const fresh = new Set(added.map(({ feature_index }) => feature_index));
    assert.ok(found.some((index) => fresh.has(index)), `picked ${found}`);
  });

  test("a street's pipes are taken out of use", async () => {
    await desk.written(() => page.locator('[data-scenario="undo"]').click());
    assert.equal(await desk.count(id, STATE.abandoned), 0);
    const { edits } = await desk.written(() => pipe().locator('[data-edit="abandon"]').click());
    assert.equal(edits[0].action, "abandon");
    assert.equal(await desk.count(id, STATE.abandoned), edits[0].feature_indices.length);
    assert.ok(edits[0].feature_indices.length >= pipes.length);
  });

  test("a new line is drawn on the map and laid", async () => {
    const [x, y, z] = some[3].top;
    await desk.look([x, y, z], { distance_m: 300, pitch_deg: 80 });
    const details = pipe().locator("details").filter({ has: page.locator('[data-edit="pipe-line"]') });
    if ((await details.getAttribute("open")) === null) await details.locator("> summary").click();
    await pipe().locator('[data-edit="pipe-line"]').click();
    for (const [px, py] of [[420, 300], [520, 340], [640, 330]]) {
      await page.mouse.move(px, py);
      await animationFrames(page, 2);
      await page.mouse.click(px, py);
      await settled(page);
    }
    await pipe().locator('[data-edit="pipe-line"]').locator("xpath=..").locator("ol li").nth(2).waitFor();
    await desk.type("depth_m", 2);
    const { added } = await desk.written(() => pipe().locator('[data-edit="lay"]:not([disabled])').click());
    assert.equal(added.length, 1);
    const laid = await get(server.origin, `/api/v1/features/${added[0].id}`);
    assert.equal(laid.class, "Pipe");
    assert.equal(laid.attributes.diameter_mm, 400);
    assert.equal((await desk.states(id))[added[0].feature_index], STATE.added);
    await settled(page);
    const [x0, y0, , x1, y1] = laid.bounds_enu;
    assert.ok(Math.hypot(x1 - x0, y1 - y0) > 20, `${laid.bounds_enu}`);
  });
});

describe("console", () => {
  test("no error in all of this", () => assert.deepEqual(viewer.errors, []));
});
