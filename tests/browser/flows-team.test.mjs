// Two planners at two browsers on one scenario: what one writes the other sees, who is second hears of it, and nobody is told
// of their own work.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chengjing, get, launch, makeCity, newPage, openViewer, settled, startServer } from "./helpers.mjs";
import { Desk, first, STATE } from "./planning.mjs";

const VIEWPORT = { width: 1200, height: 720 };
const NAME = "会商";

let city, server, browser, wang, li, some, id;

before(async () => {
  city = makeCity();
  server = await startServer(city.city);
  browser = await launch();
  const manifest = await get(server.origin, "/api/v1/manifest");
  const { projects } = await get(server.origin, "/api/v1/projects");
  const open = async () => {
    const viewer = await newPage(browser, { viewport: VIEWPORT });
    await viewer.context.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
    await openViewer(viewer.page, server.origin);
    await viewer.page.evaluate(watchNotices);
    return { ...viewer, desk: new Desk(viewer.page, server.origin, manifest) };
  };
  wang = await open();
  some = await first(4, wang.desk.pickable(projects[0].center_enu));
  id = await wang.desk.create(NAME, "王");
  li = await open();
  await li.desk.menu('[data-scenario="create"]');
  await li.desk.fillForm({ name: "李的草稿", author: "李" });
  await li.desk.named("李的草稿");
  await li.desk.take(id, NAME);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

/** In the page: keeps every notice that was shown. */
function watchNotices() {
  window.notices = [];
  const root = document.querySelector("chengjing-viewer").shadowRoot;
  new MutationObserver(() => {
    const shown = [...root.querySelectorAll(".notice")];
    window.together = Math.max(window.together ?? 0, shown.length);
    const text = shown[0]?.innerText;
    if (text && window.notices.at(-1) !== text) window.notices.push(text);
  }).observe(root, { childList: true, subtree: true, characterData: true });
}

const notices = ({ page }) => page.evaluate(() => window.notices);
const revisionOf = (page) => page.evaluate(() => document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-scenario").state.planning.scenario.revision);
const reaches = (page, revision) => page.waitForFunction(([wanted]) => document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-scenario").state.planning.scenario.revision >= wanted, [revision], { polling: "raf" });

describe("live push", () => {
  test("what one takes down is gone from the other's picture", async () => {
    await li.desk.colors(false);
    assert.equal(await li.desk.above(some[0].top), some[0].index);
    await wang.desk.mark(some[0].id);
    const times = [];
    for (const [action, fields] of [["demolish", {}], ["retain", {}], ["demolish", {}]]) {
      if (times.length > 0) await wang.desk.mark(some[0].id);
      await wang.desk.edit.locator(`.act [data-value="${action}"]`).click();
      const wanted = (await revisionOf(wang.page)) + 1;
      const [sent, tables] = [wang.page.waitForRequest((request) => request.url().endsWith("/edits")), li.page.waitForResponse((response) => response.url().includes("/states") && response.url().includes(`revision=${wanted}`))];
      const came = reaches(li.page, wanted);
      await wang.desk.apply(action, fields);
      const begin = (await sent).timing().startTime;
      const end = (await tables).request().timing();
      await came;
      times.push(end.startTime + end.responseEnd - begin);
    }
    console.log(`from the edit's request to the other viewer's table of states: ${times.map((ms) => Math.round(ms)).join(", ")} ms`);
    await settled(li.page);
    assert.notEqual(await li.desk.above(some[0].top), some[0].index);
    assert.equal((await li.desk.states(id))[some[0].index], STATE.demolished);
    assert.ok((await notices(li)).some((text) => /王.*更新了方案/.test(text)), `${await notices(li)}`);
    assert.deepEqual((await notices(wang)).filter((text) => text.includes("更新了方案")), [], "nobody is told of their own edits");
  });

  test("a new building comes into both pictures, and is no news to its author", async () => {
    const [x, y, z] = some[1].top;
    await wang.desk.above(some[1].top);
    await wang.desk.edit.locator('[data-value="draw"]').click();
    await wang.desk.edit.locator("details").filter({ has: wang.page.locator('[data-edit="place-rectangle"]') }).last().locator("> summary").click();
    await wang.desk.type("storeys", 40);
    await wang.desk.edit.locator('[data-edit="place-rectangle"]:visible').click();
    const published = [wang, li].map(({ page }) => page.waitForResponse((response) => response.url().endsWith("/tiles/city/tileset.json")));
    const { added, revision } = await wang.desk.written(() => wang.desk.edit.locator('[data-edit="build"]:not([disabled])').click());
    await Promise.all(published);
    await reaches(li.page, revision);
    for (const { desk, page } of [wang, li]) {
      await settled(page);
      assert.equal(await desk.above([x, y, z]), added[0].feature_index);
    }
    assert.deepEqual((await notices(wang)).filter((text) => text.includes("城市数据已更新")), []);
    assert.deepEqual(await Promise.all([wang, li].map(({ page }) => page.evaluate(() => window.together ?? 0))).then((counts) => counts.every((count) => count <= 1)), true, "one notice at a time");
  });
});

describe("two planners and one building", () => {
  test("the second is told who was faster and with what, and decides", async () => {
    await wang.desk.mark(some[2].id);
    await wang.desk.edit.locator('.act [data-value="demolish"]').click();
    await li.desk.mark(some[2].id);
    await li.desk.edit.locator('.act [data-value="retain"]').click();
    // Li's edit is held on its way until Wang's is in
    await li.page.route("**/edits", async (route) => {
      await wang.desk.written(() => wang.desk.edit.locator('[data-edit="apply"]:not([disabled])').click());
      await route.continue();
    }, { times: 1 });
    await li.desk.edit.locator('[data-edit="apply"]:not([disabled])').click();
    const dialog = li.page.locator("dialog#stale[open]");
    await dialog.waitFor();
    const text = await dialog.innerText();
    assert.match(text, /他人已修改此方案/);
    assert.match(text, new RegExp(`拆除 ${some[2].id}.*王`), "what was done, to which building, by whom");
    assert.equal((await li.desk.states(id))[some[2].index], STATE.demolished, "nothing of the second is written yet");
    await li.desk.written(() => dialog.locator('[data-stale="again"]').click());
    assert.equal((await li.desk.states(id))[some[2].index], STATE.retained, "now it was wanted");
    const { edits } = await li.desk.scenario(id);
    assert.deepEqual(edits.slice(-2).map(({ action, author }) => [action, author]), [["demolish", "王"], ["retain", "李"]]);
    await reaches(wang.page, (await li.desk.scenario(id)).revision);
    assert.ok((await notices(wang)).some((text) => /李.*更新了方案/.test(text)));
  });

  test("a project's record is not overwritten unseen", async () => {
    const { projects } = await get(server.origin, "/api/v1/projects");
    const target = projects[0];
    const openSheet = async ({ page }) => {
      await page.evaluate((id) => window.chengjing.select(id), target.id);
      await page.locator('[data-dock="selection"]').waitFor();
      if ((await page.locator('[data-dock="selection"]').getAttribute("aria-selected")) !== "true") await page.locator('[data-dock="selection"]').click();
      await page.locator('[data-project-sheet="edit"]').click();
      return page.locator("cj-project-sheet");
    };
    const [his, hers] = [await openSheet(wang), await openSheet(li)];
    await hers.locator('input[name="responsible_unit"]').fill("李填的单位");
    await his.locator('input[name="responsible_unit"]').fill("王填的单位");
    const taken = li.page.waitForResponse((response) => response.url().includes("/api/v1/manifest"));
    await his.locator("form button.primary").click();
    await his.locator('[data-project-sheet="edit"]').waitFor();
    await taken;
    await settled(li.page);
    assert.equal(await hers.locator('input[name="responsible_unit"]').inputValue(), "李填的单位", "a form that is open stays as it is");
    await hers.locator("form button.primary").click();
    await hers.locator(".trouble").filter({ hasText: "他人已修改此项目" }).waitFor();
    const stored = async () => (await get(server.origin, `/api/v1/projects/${target.id}`)).responsible_unit;
    assert.equal(await stored(), "王填的单位");
    assert.equal(await hers.locator('input[name="responsible_unit"]').inputValue(), "李填的单位");
    await hers.locator("form button.primary").click();
    await hers.locator('[data-project-sheet="edit"]').waitFor();
    assert.equal(await stored(), "李填的单位");
  });
});

describe("changes from outside", () => {
  test("are told once to whoever did not make them", async () => {
    // a third browser that has written nothing
    const reader = await newPage(browser, { viewport: { width: 800, height: 480 } });
    await reader.context.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
    await openViewer(reader.page, server.origin);
    // what the tests before have written may still be told
    await reader.page.locator(".notice").waitFor({ state: "detached" });
    await reader.page.evaluate(watchNotices);
    const file = join(city.city, "..", "outside.csv");
    writeFileSync(file, `项目名称,责任单位\n${(await get(server.origin, "/api/v1/projects")).projects[1].name},外部单位\n`);
    chengjing("projects", "--city", city.city, "import", file);
    await reader.page.locator(".notice").filter({ hasText: "城市数据已更新" }).waitFor();
    assert.equal((await notices(reader)).length, 1);
    assert.deepEqual(reader.errors, []);
    await reader.context.close();
  });
});

describe("console", () => {
  // a refused write is an answer; the browser itself writes it to the console
  test("no error in all of this", () => assert.deepEqual([...wang.errors, ...li.errors].filter((text) => !text.includes(" 412 ")), []));
});
