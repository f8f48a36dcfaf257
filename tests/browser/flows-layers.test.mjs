// What numbers look like in the scene: ghosts of what is taken down, the difference of an indicator as a layer, the edge of
// the area, the features behind a number.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { settled } from "./helpers.mjs";
import { first, openDesk } from "./planning.mjs";

const VIEWPORT = { width: 1200, height: 720 };

let city, server, browser, viewer, page, desk, project, some, panel;

before(async () => {
  ({ city, server, browser, viewer, page, desk, project } = await openDesk({ viewport: VIEWPORT }));
  panel = page.locator("cj-indicators");
  // well inside the project, so that its numbers move
  const ring = project.outline.coordinates[0][0].slice(0, -1).map((at) => desk.enu(at));
  some = await first(3, desk.pickable([0, 1].map((axis) => ring.reduce((sum, point) => sum + point[axis], 0) / ring.length)));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

/** Share of the pixels around the middle of the picture that `wanted` accepts. */
async function share(wanted, reach = 30) {
  await settled(page);
  const png = (await page.screenshot({ clip: { x: VIEWPORT.width / 2 - reach, y: VIEWPORT.height / 2 - reach, width: 2 * reach, height: 2 * reach } })).toString("base64");
  return page.evaluate(async ([png, wanted]) => {
    const accepts = new Function("r", "g", "b", `return ${wanted}`);
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (accepts(data[at], data[at + 1], data[at + 2])) count++;
    return count / (data.length / 4);
  }, [png, wanted]);
}

const RED = "r > g + 25 && r > b + 20";
const YELLOW = "r > 190 && g > 160 && b < 150";

describe("ghosts", () => {
  test("of what is taken down come and go by their own button and key, without colours too", async () => {
    await desk.create("残影");
    await desk.mark(some[0].id, some[1].id);
    await desk.apply("demolish");
    const stands = async () => (await desk.above(some[0].top)) === some[0].index;
    const ghost = desk.compare.locator('input[name="ghost"]');
    assert.ok(await stands(), "its ghost can be asked");
    await ghost.uncheck();
    assert.ok(!(await stands()));
    await desk.colors(false);
    assert.ok(!(await stands()));
    assert.equal(await ghost.isChecked(), false);
    await ghost.check();
    assert.ok(await stands(), "a ghost without the other colours");
    await page.locator("canvas").focus();
    await page.keyboard.press("g");
    assert.ok(!(await stands()));
    assert.equal(await ghost.isChecked(), false);
    await desk.colors(true);
    assert.ok(await ghost.isChecked());
  });
});

describe("numbers in the scene", () => {
  const figures = async () => Object.fromEntries((await panel.locator(".tint .key").allInnerTexts()).map((text) => text.trim().split(/\s+(?=[\d,]+$)/)));

  test("the chosen area has its edge drawn while its numbers are looked at", async () => {
    const [lon, lat] = project.outline.coordinates[0][0][0];
    const [next] = project.outline.coordinates[0][0].slice(1);
    const [x, y] = desk.enu([(lon + next[0]) / 2, (lat + next[1]) / 2]);
    await desk.look([x, y, project.center_enu[2]], { distance_m: 120, pitch_deg: 80 });
    const without = await share(YELLOW, 60);
    await desk.dock("indicators");
    await panel.locator('select[name="area"]').selectOption(`project:${project.id}`);
    await panel.locator('[data-indicator="floor_area"]').waitFor();
    const withIt = await share(YELLOW, 60);
    assert.ok(withIt > without + 0.003, `yellow pixels ${without} before, ${withIt} after`);
    await panel.locator('select[name="area"]').selectOption("city");
    await panel.locator('[data-indicator="floor_area"]').waitFor();
    assert.ok((await share(YELLOW, 60)) < (without + withIt) / 2, "the city has no edge to draw");
  });

  test("the difference of an indicator colours what counts only before, and says so", async () => {
    await panel.locator('select[name="area"]').selectOption(`project:${project.id}`);
    await panel.locator('[data-indicator="floor_area"]').waitFor();
    await desk.colors(false);
    assert.ok(!((await desk.above(some[0].top)) === some[0].index));
    const without = await share(RED);
    await panel.locator('[data-indicator="floor_area"]').click();
    await panel.locator('[data-tint="floor_area"]').click();
    await panel.locator(".tint").waitFor();
    const withIt = await share(RED);
    assert.ok(withIt > without + 0.2, `red pixels ${without} before, ${withIt} after`);
    const count = await figures();
    const answer = async (scenario) => (await (await fetch(`${server.origin}/api/v1/indicators`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ scenario, area: { project: project.id } }),
    })).json()).indicators.find(({ id }) => id === "floor_area");
    const [before, after] = await Promise.all([answer("base"), answer(await desk.idOf("残影"))]);
    const gone = before.features.filter((id) => !after.features.includes(id));
    assert.ok(gone.length >= 1);
    assert.equal(Number(count["仅之前计入"].replace(/,/g, "")), gone.length);
    assert.equal(Number(count["均计入，无改动"].replace(/,/g, "")), after.features.length);
    // a new edit colours anew, without being asked
    await desk.written(() => page.locator('[data-scenario="undo"]').click());
    await panel.locator(".tint .key").filter({ hasText: "仅之前计入 0" }).waitFor();
    await desk.written(() => page.locator('[data-scenario="redo"]').click());
    await panel.locator(".tint .key").filter({ hasText: `仅之前计入 ${gone.length}` }).waitFor();
    await panel.locator('[data-tint="floor_area"]').click();
    assert.ok((await share(RED)) < without + 0.05, "and the picture is as it was");
    assert.notEqual(await desk.above(some[0].top), some[0].index);
  });

  test("every feature behind a number is lit, pipes too", async () => {
    await panel.locator('select[name="area"]').selectOption("city");
    await panel.locator('[data-indicator="pipe_length"]').click();
    const lit = page.evaluate(() => new Promise((resolve) => {
      const live = document.querySelector("chengjing-viewer").shadowRoot.querySelector('[aria-live="polite"]');
      new MutationObserver(() => {
        const [, count] = /已点亮 ([\d,]+) 个要素/.exec(live.innerText) ?? [];
        if (count) resolve(Number(count.replace(/,/g, "")));
      }).observe(live, { childList: true, characterData: true, subtree: true });
    }));
    await panel.locator('[data-light="pipe_length"]').click();
    const { indicators } = await (await fetch(`${server.origin}/api/v1/indicators`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ scenario: await desk.idOf("残影"), area: { city: true } }),
    })).json();
    assert.equal(await lit, indicators.find(({ id }) => id === "pipe_length").features.length);
    await panel.locator('[data-light="pipe_length"][aria-pressed="true"]').click();
  });
});

describe("console", () => {
  test("no error in all of this", () => assert.deepEqual(viewer.errors, []));
});
