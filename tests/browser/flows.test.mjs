// Scenarios by hand, through the real panels on a real server: lasso and marks, branch and merge, undo, links, comparing,
// phases, pipes. Each step is held against the server's answer and against what the engine shows.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get, newPage, openViewer } from "./helpers.mjs";
import { contains, Desk, first, openDesk, STATE } from "./planning.mjs";

const VIEWPORT = { width: 1200, height: 720 };
/** Half the vertical angle of view, as the engine's camera has it. */
const TAN_HALF_FOVY = Math.tan(Math.PI / 8);

let city, server, browser, viewer, page, desk, manifest, project, some;

before(async () => {
  ({ city, server, browser, viewer, page, desk, manifest, project } = await openDesk({ viewport: VIEWPORT }));
  some = await first(8, desk.pickable(project.center_enu));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

describe("marking with the lasso", () => {
  let id;

  /** Draws a ring of screen points; gives it as ENU, seen from straight above `at`. */
  async function lasso(at, halfWidthPx, halfHeightPx) {
    const distance_m = 300;
    await desk.look(at, { distance_m, pitch_deg: 90 });
    const { width, height } = VIEWPORT;
    const metres = (2 * distance_m * TAN_HALF_FOVY) / height;
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([sx, sy]) => [sx * halfWidthPx, sy * halfHeightPx]);
    const [x0, y0] = [width / 2, height / 2];
    assert.match(await desk.edit.locator("b[role=status]").innerText(), /已选 0 个/);
    await page.mouse.move(x0 + corners[0][0], y0 + corners[0][1]);
    await page.mouse.down();
    for (const [x, y] of [...corners.slice(1), corners[0]]) await page.mouse.move(x0 + x, y0 + y, { steps: 5 });
    await page.mouse.up();
    await desk.edit.locator(".chips button").first().waitFor();
    return corners.map(([x, y]) => [at[0] + x * metres, at[1] - y * metres]);
  }

  test("takes the buildings within it and no others", async () => {
    id = await desk.create("套索");
    await desk.dock("edit");
    await desk.edit.locator('[data-edit="lasso"]').click();
    const ring = await lasso(some[0].top, 130, 110);
    await desk.apply("demolish");
    const { edits } = await desk.scenario(id);
    assert.equal(edits.length, 1, "one lasso is one edit");
    const taken = new Set(edits[0].features);
    // roofs lean outwards from above, and the ring lies on the ground: what is well inside or well outside is certain
    const scaled = (by) => ring.map(([x, y]) => [some[0].top[0] + (x - some[0].top[0]) * by, some[0].top[1] + (y - some[0].top[1]) * by]);
    const all = await desk.buildings();
    const [sure, possible] = [0.8, 1.25].map((by) => all.filter(({ middle }) => contains(scaled(by), middle)).map(({ id }) => id));
    assert.ok(sure.length >= 2, `${sure.length} buildings in the ring`);
    for (const one of sure) assert.ok(taken.has(one), `${one} was left out of ${[...taken]}`);
    for (const one of taken) assert.ok(possible.includes(one), `${one} lies outside`);
    const states = await desk.states(id);
    for (const index of edits[0].feature_indices) assert.equal(states[index], STATE.demolished);
    assert.equal(await desk.count(id, STATE.demolished), taken.size);
  });

  test("marks 留 and 改 beside 拆, and the last word counts", async () => {
    // the lasso is still in the hand
    await lasso(some[0].top, 130, 110);
    await desk.apply("retain");
    await desk.mark(some[1].id);
    await desk.apply("modify", { facade: "真石漆" });
    const states = await desk.states(id);
    assert.equal(await desk.count(id, STATE.demolished), 0);
    assert.equal(states[some[1].index], STATE.modified);
    assert.equal(states[some[0].index], STATE.retained);
    await desk.mark(some[0].id);
    await desk.apply("demolish");
    assert.equal((await desk.states(id))[some[0].index], STATE.demolished);
  });

  test("shows the city without what was taken down once the colours are off", async () => {
    await desk.colors(true);
    assert.equal(await desk.above(some[0].top), some[0].index, "with colours its ghost stands");
    await desk.colors(false);
    assert.notEqual(await desk.above(some[0].top), some[0].index);
    assert.equal(await desk.above(some[1].top), some[1].index);
    await desk.colors(true);
  });
});

describe("branch and merge", () => {
  let ours, theirs;

  test("a branch starts with the edits of its scenario", async () => {
    ours = await desk.create("总图");
    await desk.mark(some[2].id);
    await desk.apply("demolish");
    await desk.menu('[data-scenario="branch"]');
    await desk.fillForm({ name: "总图·比选", author: "李" });
    await desk.named("总图·比选");
    theirs = await desk.idOf("总图·比选");
    assert.equal((await desk.scenario(theirs)).parent, ours);
    assert.equal((await desk.states(theirs))[some[2].index], STATE.demolished);
  });

  test("both are edited and the merge lists each conflict", async () => {
    await desk.mark(some[3].id, some[4].id);
    await desk.apply("demolish");
    await desk.mark(some[5].id);
    await desk.apply("retain");
    await desk.take(ours, "总图");
    await desk.mark(some[3].id, some[4].id);
    await desk.apply("modify", { facade: "清水砖" });
    await desk.menu('[data-scenario="merge"]');
    await desk.fillForm({ from: theirs, author: "王" });
    const dialog = page.locator("dialog#conflicts[open]");
    await dialog.waitFor();
    const listed = await dialog.locator("legend").allInnerTexts();
    assert.deepEqual(listed.map((text) => text.trim()).sort(), [some[3].id, some[4].id].sort());
    assert.match(await dialog.innerText(), /改造[\s\S]*拆除/);
    assert.ok(await dialog.locator("button.primary").isDisabled(), "nothing is chosen yet");
    assert.equal((await desk.states(ours))[some[3].index], STATE.modified, "nothing is merged yet");
  });

  test("choosing ours and theirs settles each feature by itself", async () => {
    const dialog = page.locator("dialog#conflicts[open]");
    const side = (feature, which) => dialog.locator(`input[name="conflict-${feature}"]`).nth(which).check();
    await side(some[3].id, 0);
    await side(some[4].id, 1);
    await desk.written(() => dialog.locator("button.primary").click());
    await page.locator("dialog#conflicts:not([open])").waitFor({ state: "attached" });
    const states = await desk.states(ours);
    assert.equal(states[some[3].index], STATE.modified, "ours");
    assert.equal(states[some[4].index], STATE.demolished, "theirs");
    assert.equal(states[some[5].index], STATE.retained, "what nobody disputed came along");
    await desk.colors(false);
    assert.equal(await desk.above(some[3].top), some[3].index);
    assert.notEqual(await desk.above(some[4].top), some[4].index, "the picture follows the merge");
    await desk.colors(true);
  });
});

describe("history", () => {
  let id, link;

  test("undo and redo by button and by key", async () => {
    id = await desk.create("步骤");
    await desk.mark(some[6].id);
    await desk.apply("demolish");
    const state = async () => (await desk.states(id))[some[6].index];
    await desk.written(() => page.locator('[data-scenario="undo"]').click());
    assert.equal(await state(), STATE.existing);
    await desk.written(() => page.locator('[data-scenario="redo"]').click());
    assert.equal(await state(), STATE.demolished);
    await page.locator("canvas").focus();
    await desk.written(() => page.keyboard.press("Control+z"));
    assert.equal(await state(), STATE.existing);
    await desk.written(() => page.keyboard.press("Control+Shift+Z"));
    assert.equal(await state(), STATE.demolished);
    await desk.written(() => page.keyboard.press("Control+z"));
    await desk.written(() => page.keyboard.press("Control+y"));
    assert.equal(await state(), STATE.demolished);
    await desk.colors(false);
    assert.notEqual(await desk.above(some[6].top), some[6].index);
    await desk.colors(true);
  });

  test("a scenario is renamed and its history lists every step", async () => {
    await desk.menu('[data-scenario="rename"]');
    await desk.fillForm({ name: "步骤·定稿" });
    await desk.named("步骤·定稿");
    assert.equal((await desk.scenario(id)).name, "步骤·定稿");
    await desk.menu('[data-scenario="history"]');
    const steps = page.locator("dialog#form ol li");
    await steps.first().waitFor();
    const texts = await steps.allInnerTexts();
    assert.equal(texts.length, (await get(server.origin, `/api/v1/scenarios/${id}/history`)).steps.length);
    assert.match(texts[0], /重命名/);
    assert.match(texts.join("\n"), /撤销[\s\S]*修改/);
    await page.keyboard.press("Escape");
  });

  test("a link pins the revision, and keeps showing it after archiving", async () => {
    const { revision } = await desk.scenario(id);
    link = `&scenario=${id}@${revision}`;
    await page.waitForFunction((pin) => location.hash.includes(pin), `scenario=${id}@${revision}`);
    await desk.mark(some[7].id);
    await desk.apply("demolish");
    await desk.menu('[data-scenario="archive"]');
    await desk.fillForm({});
    await desk.named("现状");
    assert.ok((await get(server.origin, "/api/v1/scenarios")).scenarios.every((one) => one.id !== id || one.is_archived));
    await page.locator('[data-scenario="menu"]').click();
    assert.equal(await page.locator(`[role="menuitemradio"][data-id="${id}"]`).count(), 0, "archived scenarios are not offered");
    await page.keyboard.press("Escape");
    const reader = await newPage(browser, { viewport: VIEWPORT });
    await reader.page.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
    await openViewer(reader.page, server.origin, { hash: `#${link}` });
    const pinned = new Desk(reader.page, server.origin, manifest);
    await pinned.named("步骤·定稿");
    await reader.page.locator("cj-scenario .lock").waitFor();
    await pinned.colors(false);
    assert.notEqual(await pinned.above(some[6].top), some[6].index, "taken down in the pinned revision");
    assert.equal(await pinned.above(some[7].top), some[7].index, "taken down later only");
    await pinned.dock("edit");
    assert.equal(await pinned.edit.locator('[data-edit="apply"]').count(), 0, "a pinned revision cannot be edited");
    assert.deepEqual(reader.errors, []);
    await reader.context.close();
  });
});

describe("console", () => {
  // a refused merge is an answer of the server; the browser itself writes it to the console
  test("no error in all of this", () => assert.deepEqual(viewer.errors.filter((text) => !text.includes("409 (Conflict)")), []));
});
