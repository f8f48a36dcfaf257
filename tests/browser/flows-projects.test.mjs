// The project library by hand, through the real panels on a real server: files in and out, drawing, the record with its
// lists, the table, town offices in the scene, and three hundred signs that stay readable.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { animationFrames, get, settled } from "./helpers.mjs";
import { openDesk } from "./planning.mjs";

const VIEWPORT = { width: 1400, height: 860 };
const GENERATED = 300;

let city, server, browser, viewer, page, desk, library, sheet;

before(async () => {
  ({ city, server, browser, viewer, page, desk } = await openDesk({ viewport: VIEWPORT, acceptDownloads: true }));
  library = page.locator("cj-library");
  sheet = page.locator("cj-project-sheet");
  await page.locator("cj-sidebar").getByRole("tab", { name: "项目" }).click();
  await page.locator('[data-open="library"]').click();
  await library.locator("tbody tr").first().waitFor();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  city?.remove();
});

const projects = async () => (await get(server.origin, "/api/v1/projects")).projects;
const named = async (name) => (await projects()).find((one) => one.name === name);

/** A square around a point, ENU metres, as a ring in degrees. */
function square([x, y], half) {
  const corner = (sx, sy) => desk.lonLat([x + sx * half, y + sy * half]);
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1), corner(-1, -1)];
}

/** Gives a file to the library and waits for its answer. */
async function importFile(name, mimeType, text) {
  const answer = page.waitForResponse((response) => response.url().includes("/projects/import"));
  await library.locator('input[type="file"]').setInputFiles({ name, mimeType, buffer: Buffer.from(text) });
  return (await answer).json();
}

/** Text of a file of a ZIP archive. */
function unzipped(bytes, name) {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size, nameSize, extraSize, noteSize, local] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    if (bytes.toString("utf8", at + 46, at + 46 + nameSize) === name) {
      const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const content = bytes.subarray(begin, begin + size);
      return (method === 0 ? content : inflateRawSync(content)).toString();
    }
    at += 46 + nameSize + extraSize + noteSize;
  }
  return assert.fail(`${name} is not in the archive`);
}

/** The row of a project in the table. */
const row = (id) => library.locator(`[data-row="${id}"]`);

describe("projects from files", () => {
  test("a GeoJSON file adds a project to the server, the table and the scene", async () => {
    const feature = { type: "Feature", geometry: { type: "Polygon", coordinates: [square([150, 250], 60)] }, properties: { name: "导入甲", stage: "入库", investment_cny: 12_000_000, town_office: "中心办" } };
    const report = await importFile("甲.geojson", "application/geo+json", JSON.stringify({ type: "FeatureCollection", features: [feature] }));
    assert.deepEqual([report.imported, report.updated, report.quarantined], [1, 0, 0], JSON.stringify(report));
    const stored = await named("导入甲");
    assert.equal(stored.stage, "入库");
    await row(stored.id).waitFor();
    await page.locator("cj-projects").locator(`[data-project="${stored.id}"]`).waitFor();
    assert.equal((await page.locator(".notice").innerText()).includes("导入 1 个"), true);
  });

  test("a CSV file joins by name and says what it could not use", async () => {
    const wkt = `POLYGON((${square([-300, 300], 50).map((at) => at.join(" ")).join(",")}))`;
    const csv = `项目名称,阶段,总投资(万元),范围\n导入甲,开工,1500,\n导入乙,谋划,800,"${wkt}"\n导入丙,谋划,1,"POLYGON((1 2))"\n`;
    const report = await importFile("乙.csv", "text/csv", csv);
    assert.deepEqual([report.imported, report.updated, report.quarantined], [1, 1, 1], JSON.stringify(report));
    assert.equal((await named("导入甲")).investment_cny, 15_000_000);
    assert.equal((await named("导入甲")).stage, "开工");
    await row((await named("导入乙")).id).waitFor();
    const problem = await library.locator(".trouble").innerText();
    assert.match(problem, /导入丙|4/, "the row that could not be used is named");
  });

  test("projects of another city are refused one by one with the reason", async () => {
    const before = (await projects()).length;
    const kofu = readFileSync(new URL("../fixtures/citygml/kofu_urf.gml", import.meta.url), "utf8");
    const report = await importFile("kofu.gml", "application/gml+xml", kofu);
    assert.equal(report.status, 422, JSON.stringify(report).slice(0, 400));
    assert.equal(report.errors.length, 27);
    for (const { feature, message } of report.errors) assert.match(`${feature} ${message}`, /^urf_\S+ it lies 2\d\d\d km from the middle of the city/);
    await library.locator(".trouble").filter({ hasText: report.errors[0].feature }).waitFor();
    assert.equal((await projects()).length, before);
  });

  test("a file of another kind is refused with a word", async () => {
    await library.locator('input[type="file"]').setInputFiles({ name: "图.dwg", mimeType: "application/octet-stream", buffer: Buffer.from("x") });
    await library.locator(".trouble").filter({ hasText: "图.dwg" }).waitFor();
  });

  test("all three formats come out with every project", async () => {
    const count = (await projects()).length;
    await library.locator("details.menu summary").click();
    for (const format of ["geojson", "csv", "xlsx"]) {
      const download = page.waitForEvent("download");
      await library.locator("details.menu a").filter({ hasText: format.toUpperCase() }).click();
      const file = await download;
      assert.equal(file.suggestedFilename(), `projects.${format}`);
      const bytes = readFileSync(await file.path());
      if (format === "geojson") assert.equal(JSON.parse(bytes).features.length, count);
      else if (format === "csv") assert.ok(bytes.toString().includes("导入乙"));
      else {
        // beside the data stands the 三库一单: a title, every project, and a filled cell for each quarter of its time
        assert.match(unzipped(bytes, "xl/workbook.xml"), /项目数据[\s\S]*三库一单/);
        const rows = unzipped(bytes, "xl/worksheets/sheet2.xml").match(/<row [\s\S]*?<\/row>/g);
        const words = [...unzipped(bytes, "xl/sharedStrings.xml").matchAll(/<t[^>]*>([^<]*)<\/t>/g)].map(([, word]) => word);
        const inRow = (row) => [...row.matchAll(/t="s"><v>(\d+)<\/v>/g)].map(([, index]) => words[index]);
        const columnOf = (letters) => [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
        const quarter = (day) => Number(day.slice(0, 4)) * 4 + Math.floor((Number(day.slice(5, 7)) - 1) / 3);
        const dated = (await projects()).filter(({ start_on, finish_on }) => start_on && finish_on);
        assert.ok(dated.length >= 10, `${dated.length} projects with dates`);
        const BEFORE_BARS = 12;
        const firstYear = Math.min(...dated.map(({ start_on }) => Number(start_on.slice(0, 4))));
        for (const { name, start_on, finish_on } of dated) {
          const row = rows.find((one) => inRow(one).includes(name)) ?? assert.fail(`${name} is not in the list`);
          const filled = [...row.matchAll(/<c r="([A-Z]+)\d+" s="\d+"\/>/g)].map(([, letters]) => columnOf(letters)).filter((column) => column > BEFORE_BARS);
          const [from, to] = [start_on, finish_on].map((day) => quarter(day) - 4 * firstYear + BEFORE_BARS + 1);
          assert.deepEqual(filled, Array.from({ length: to - from + 1 }, (_, n) => from + n), `${name}: ${start_on} to ${finish_on}`);
        }
        assert.ok(rows.some((row) => inRow(row).includes("导入乙")), "a project without dates is listed too");
      }
    }
    await library.locator("details.menu summary").click();
  });
});

describe("the table", () => {
  test("filters, sorts and flies", async () => {
    const rows = async () => (await library.locator("tbody tr td:first-child").allInnerTexts()).map((text) => text.trim());
    const all = await projects();
    assert.equal((await rows()).length, all.length);
    await library.locator('input[type="search"]').fill("导入");
    assert.deepEqual((await rows()).sort(), ["导入乙", "导入甲"]);
    await library.locator('input[type="search"]').fill("");
    await library.getByLabel("阶段", { exact: true }).selectOption("开工");
    assert.equal((await rows()).length, all.filter(({ stage }) => stage === "开工").length);
    await library.getByLabel("阶段", { exact: true }).selectOption("");
    await library.getByLabel("排序", { exact: true }).selectOption("investment");
    const most = all.toSorted((a, b) => (b.investment_cny ?? -1) - (a.investment_cny ?? -1));
    assert.equal((await rows())[0], most[0].name);
    const target = await named("导入乙");
    await row(target.id).click();
    await sheet.locator("h2").filter({ hasText: "导入乙" }).waitFor();
    await settled(page);
    const [x, y] = (await page.evaluate(() => window.chengjing.view)).target_enu;
    assert.ok(Math.hypot(x - target.center_enu[0], y - target.center_enu[1]) < 60, `looks at ${x}, ${y}`);
  });
});

describe("the schedule", () => {
  test("has a bar for every project with dates, on the years of the plan, and its milestones", async () => {
    const all = await projects();
    const bars = new Map(await library.locator("tbody tr").evaluateAll((rows) => rows.map((row) => {
      const bar = row.querySelector(".gantt .bar");
      const lane = row.querySelector(".gantt .lane").getBoundingClientRect();
      const box = bar?.getBoundingClientRect();
      return [row.querySelector("[data-row]").dataset.row, bar ? { from: (box.left - lane.left) / lane.width, to: (box.right - lane.left) / lane.width, stones: row.querySelectorAll(".stone").length } : null];
    })));
    const share = (day) => (Date.parse(day) - Date.parse("2023-01-01")) / (Date.parse("2036-01-01") - Date.parse("2023-01-01"));
    const dated = all.filter(({ start_on, finish_on }) => start_on > "2023" && finish_on < "2036");
    assert.ok(dated.length >= 10, `${dated.length} projects with dates`);
    for (const { id, name, start_on, finish_on, milestones } of dated) {
      const { from, to, stones } = bars.get(id) ?? assert.fail(`${name} has no bar`);
      assert.ok(Math.abs(from - share(start_on)) < 0.01 && Math.abs(to - share(finish_on)) < 0.01, `${name}: ${start_on}–${finish_on} lies at ${from}–${to}`);
      const shown = milestones.filter(({ planned_on, done_on }) => (done_on ?? planned_on) >= "2023" && (done_on ?? planned_on) < "2036");
      assert.equal(stones, shown.length, name);
    }
    assert.equal(bars.get((await named("导入乙")).id), null, "without dates there is no bar");
  });
});

describe("the ranks of town offices", () => {
  test("stand in order with their targets of 上街区", async () => {
    const offices = await get(server.origin, "/api/v1/projects/offices");
    const targets = Object.fromEntries(offices.map(({ name, target_cny }) => [name, target_cny]));
    assert.deepEqual(targets, { 峡窝镇: 1.5e9, 工业办: 4.5e8, 中心办: 1e8, 新安办: 1.5e8, 济办: 1e8 });
    await library.locator('[data-value="offices"]').click();
    const shown = (await library.locator(".offices tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.innerText.trim())))).map(([rank, name, count]) => [Number(rank), name, Number(count)]);
    assert.deepEqual(shown, offices.toSorted((a, b) => a.rank - b.rank).map(({ rank, name, num_projects }) => [rank, name, num_projects]));
    const words = await library.locator(".offices").innerText();
    assert.match(words, /15 亿元/);
    assert.match(words, /2025 年目标为示例数据：上街区/);
    await library.locator('[data-value="table"]').click();
  });
});

describe("the envelope", () => {
  test("stands as a wall of glass around a project on demand", async () => {
    const { center_enu, radius_m } = (await projects()).find(({ name }) => name.includes("城中村"));
    await desk.look(center_enu, { distance_m: Math.max(250, 2.5 * radius_m), pitch_deg: 25 });
    const band = { x: VIEWPORT.width * 0.35, y: VIEWPORT.height * 0.15, width: VIEWPORT.width * 0.35, height: VIEWPORT.height * 0.35 };
    const shot = async () => (await page.screenshot({ clip: band, style: "chengjing-viewer { visibility: hidden !important; } canvas { visibility: visible !important; }" })).toString("base64");
    /** Share of the points that differ clearly. */
    const changed = (a, b) => page.evaluate(async (pictures) => {
      const [one, other] = await Promise.all(pictures.map(async (base64) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
      }));
      let count = 0;
      for (let at = 0; at < one.length; at += 4) if (Math.abs(one[at] - other[at]) + Math.abs(one[at + 1] - other[at + 1]) + Math.abs(one[at + 2] - other[at + 2]) > 24) count++;
      return count / (one.length / 4);
    }, [a, b]);
    const envelope = library.getByLabel("玻璃体块");
    const low = await shot();
    await envelope.check();
    await settled(page);
    const high = await shot();
    await envelope.uncheck();
    await settled(page);
    const again = await shot();
    const [rise, rest] = [await changed(low, high), await changed(low, again)];
    assert.ok(rise > 0.05 && rise > 5 * rest, `${rise} of the picture changed, ${rest} when the wall was low again`);
  });
});

describe("a project drawn on the map", () => {
  test("is stored with the outline that was clicked", async () => {
    await desk.look([600, 500, 20], { distance_m: 700, pitch_deg: 85 });
    await library.locator('[data-library="create"]').click();
    // between the left card, the table and the record
    for (const [x, y] of [[560, 200], [700, 200], [700, 300], [560, 300]]) {
      await page.mouse.move(x, y);
      await animationFrames(page, 2);
      await page.mouse.click(x, y);
      await settled(page);
    }
    await library.getByRole("button", { name: "闭合" }).click();
    await library.locator('form input[name="name"]').fill("图上所画");
    await library.locator("form button.primary").click();
    await sheet.locator("h2").filter({ hasText: "图上所画" }).waitFor();
    const stored = await named("图上所画");
    const metres = (2 * 700 * Math.tan(Math.PI / 8)) / VIEWPORT.height;
    const expected = 140 * 100 * metres ** 2;
    assert.ok(Math.abs(stored.area_m2 / expected - 1) < 0.15, `${stored.area_m2} m², drawn were ${expected}`);
    await row(stored.id).waitFor();
  });
});

describe("the record", () => {
  const list = (name) => sheet.locator(`[data-list="${name}"]`);

  test("takes years of investment, milestones, documents and photos", async () => {
    await sheet.locator('[data-project-sheet="edit"]').click();
    await sheet.locator('[data-add="investment"]').click();
    await list("investment").locator('input[name="year"]').fill("2026");
    await list("investment").locator('input[name="planned"]').fill("1200");
    await list("investment").locator('input[name="done"]').fill("300.5");
    await sheet.locator('[data-add="investment"]').click();
    assert.equal(await list("investment").locator('input[name="year"]').nth(1).inputValue(), "2027", "the year after the last");
    await sheet.locator('[data-add="milestones"]').click();
    await list("milestones").locator('input[name="planned_on"]').fill("2026-05-01");
    await sheet.locator('[data-add="milestones"]').click();
    await list("milestones").locator('input[name="done_on"]').nth(1).fill("2026-09-30");
    await sheet.locator('[data-add="documents"]').click();
    await list("documents").locator('input[name="title"]').fill("批复");
    await list("documents").locator('input[name="url"]').fill("https://example.org/approval.pdf");
    await sheet.locator('[data-add="photos"]').click();
    await list("photos").locator('input[name="photo"]').fill("photos/one.jpg");
    await sheet.locator("form button.primary").click();
    await sheet.locator('[data-project-sheet="edit"]').waitFor();
    const stored = await named("图上所画");
    assert.deepEqual(stored.investment, [{ year: 2026, planned_cny: 12_000_000, done_cny: 3_005_000 }, { year: 2027, planned_cny: null, done_cny: null }]);
    assert.deepEqual(stored.milestones.map(({ planned_on, done_on }) => [planned_on, done_on]), [["2026-05-01", null], [null, "2026-09-30"]]);
    assert.notEqual(stored.milestones[0].step, stored.milestones[1].step, "each step once");
    assert.deepEqual(stored.documents, [{ title: "批复", url: "https://example.org/approval.pdf" }]);
    assert.deepEqual(stored.photos, ["photos/one.jpg"]);
    const text = await sheet.locator("section").innerText();
    assert.match(text, /批复/);
    assert.match(text, /2026-09-30/);
  });

  test("takes rows out again, and tells what the server refuses", async () => {
    await sheet.locator('[data-project-sheet="edit"]').click();
    await list("photos").getByRole("button", { name: /删除/ }).click();
    await list("investment").getByRole("button", { name: "删除 2027" }).click();
    await list("documents").locator('input[name="url"]').fill("javascript:alert(1)");
    await sheet.locator("form button.primary").click();
    await sheet.locator(".trouble").waitFor();
    assert.equal((await named("图上所画")).photos.length, 1, "nothing of it was written");
    await list("documents").locator('input[name="url"]').fill("https://example.org/second.pdf");
    await sheet.locator("form button.primary").click();
    await sheet.locator('[data-project-sheet="edit"]').waitFor();
    const stored = await named("图上所画");
    assert.deepEqual(stored.photos, []);
    assert.deepEqual(stored.investment.map(({ year }) => year), [2026]);
    assert.equal(stored.documents[0].url, "https://example.org/second.pdf");
  });
});

describe("town offices in the scene", () => {
  const RAMP = ["#46327e", "#365c8d", "#277f8e", "#4ac16d", "#d8e219"];
  const rgb = (color) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const far = (a, b) => Math.hypot(...a.map((value, n) => value - b[n]));

  /** A grid over the picture, CSS pixels. */
  const grid = Array.from({ length: 35 * 21 }, (_, n) => [20 + (n % 35) * 40, 20 + Math.floor(n / 35) * 40]);

  /** What the engine has drawn at the points of the grid, without anything that lies over the canvas. */
  async function picture() {
    const style = "chengjing-viewer { visibility: hidden !important; } canvas { visibility: visible !important; }";
    const png = (await page.screenshot({ style, scale: "css" })).toString("base64");
    return page.evaluate(async ([png, points]) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      return points.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]);
    }, [png, grid]);
  }

  test("are coloured by the engine on the ground, by their share of the target, with edges and a legend", async () => {
    const checkbox = library.locator('input[name="choropleth"]');
    const offices = (await get(server.origin, "/api/v1/projects/offices")).filter(({ zone_id }) => zone_id);
    const view = (await get(server.origin, "/api/v1/manifest")).views.find(({ id }) => id === "overview");
    await library.locator('[data-value="offices"]').click();
    await desk.look(view.target_enu, { distance_m: 3000, pitch_deg: 60 });
    const buildings = new Set((await desk.buildings()).map(({ index }) => index));
    const picked = await page.evaluate((points) => Promise.all(points.map(([x, y]) => window.chengjing.pick(x, y))), grid);
    const isBuilding = picked.map(({ featureIndex }) => buildings.has(featureIndex));
    const plain = await picture();
    await checkbox.check();
    await settled(page);
    const coloured = await picture();

    const stepOf = (share) => rgb(RAMP[Math.min(4, Math.floor(share * 4))]);
    /** How much nearer to a colour the ground of a zone is than it was, mean of its points. */
    const nearerTo = (color, inside, colours) => mean(grid.flatMap((_, n) => (inside[n] && !isBuilding[n] ? [far(plain[n], color) - far(colours[n], color)] : [])));

    const zones = page.locator("cj-zones path");
    const drawn = new Map(await zones.evaluateAll((paths, points) => paths.map((path) => {
      const inside = points.map(([x, y]) => path.isPointInFill(new DOMPoint(x, y)));
      return [path.dataset.zone, { fill: getComputedStyle(path).fill, width: path.getBoundingClientRect().width, inside }];
    }), grid));
    for (const { zone_id, done_cny, target_cny, name } of offices) {
      const { fill, width, inside } = drawn.get(zone_id) ?? assert.fail(`${name} has no edge`);
      assert.equal(fill, "none", "only the engine colours");
      assert.ok(width > 10, name);
      assert.ok(inside.filter((isInside, n) => isInside && !isBuilding[n]).length >= 5, `${name} is in the picture`);
      const nearer = nearerTo(stepOf(done_cny / target_cny), inside, coloured);
      assert.ok(nearer > 12, `${name}: the ground comes nearer to its colour by ${nearer}`);
    }
    // a few points lie on an edge, half on the ground behind
    const walls = grid.flatMap((_, n) => (isBuilding[n] ? [far(plain[n], coloured[n])] : []));
    const touched = walls.filter((change) => change > 2).length;
    assert.ok(walls.length >= 20, `${walls.length} points on buildings`);
    assert.ok(touched < 0.25 * walls.length, `${touched} of ${walls.length} points on buildings took a colour, which lies behind them`);

    await checkbox.uncheck();
    await settled(page);
    const left = await picture();
    // stripes of projects and water have moved on: single points are not the same
    for (const { zone_id, done_cny, target_cny, name } of offices) {
      const nearer = nearerTo(stepOf(done_cny / target_cny), drawn.get(zone_id).inside, left);
      assert.ok(Math.abs(nearer) < 4, `${name} keeps ${nearer} of its colour`);
    }

    await checkbox.check();
    await zones.first().waitFor();
    const widths = [...drawn.values()].map(({ width }) => width);
    await desk.look(view.target_enu, { distance_m: 1500, pitch_deg: 60 });
    assert.notDeepEqual(await zones.evaluateAll((paths) => paths.map((path) => path.getBoundingClientRect().width)), widths, "edges go with the camera");
    await page.locator("cj-zones .legend button").click();
    assert.equal(await zones.count(), 0);
    assert.equal(await checkbox.isChecked(), false);
  });

  test("keep their colours in a new revision of the city", async () => {
    const checkbox = library.locator('input[name="choropleth"]');
    await checkbox.check();
    await settled(page);
    const former = await picture();
    assert.ok(new Set(former.map(String)).size > 50, "there is a picture");
    const answer = page.waitForResponse((response) => response.url().endsWith("/projects/offices"));
    const feature = { type: "Feature", geometry: { type: "Polygon", coordinates: [square([-500, 100], 5)] }, properties: { name: "导入丁", stage: "谋划" } };
    await importFile("丁.geojson", "application/geo+json", JSON.stringify({ type: "FeatureCollection", features: [feature] }));
    assert.equal((await answer).status(), 200, "the zones' numbers are asked for anew");
    await page.waitForFunction(() => document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-pins").state.manifest.projects.some(({ name }) => name === "导入丁"));
    await settled(page);
    const now = await picture();
    const changed = grid.filter((_, n) => far(now[n], former[n]) > 12);
    assert.ok(changed.length < 0.05 * grid.length, `${changed.length} points of ${grid.length} changed`);
    await checkbox.uncheck();
  });
});

describe("three hundred projects", () => {
  test("stand as a bounded number of signs, none over another", async () => {
    const features = Array.from({ length: GENERATED }, (_, n) => ({
      type: "Feature",
      geometry: { type: "Polygon", coordinates: [square([-1500 + (n % 20) * 150, -1000 + Math.floor(n / 20) * 130], 45)] },
      properties: { name: `批量项目第${n + 1}号`, stage: ["谋划", "评审", "入库", "开工", "建成", "运营"][n % 6], investment_cny: 1e6 * (n + 1) },
    }));
    const report = await importFile("批量.geojson", "application/geo+json", JSON.stringify({ type: "FeatureCollection", features }));
    assert.equal(report.imported, GENERATED, JSON.stringify(report).slice(0, 400));
    await library.getByRole("button", { name: "关闭项目库" }).click();
    await page.waitForFunction(([count]) => document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-pins").state.manifest.projects.length >= count, [GENERATED]);
    for (const distance_m of [3500, 1800, 900]) {
      await desk.look([0, 0, 20], { distance_m, pitch_deg: 45 });
      await animationFrames(page, 2);
      const boxes = await page.locator("cj-pins button").evaluateAll((pins) => pins.map((pin) => {
        const { left, right, top, bottom } = pin.getBoundingClientRect();
        return { left, right, top, bottom, many: Number(pin.innerText) || 1 };
      }));
      assert.ok(boxes.length > 3 && boxes.length < 90, `${boxes.length} signs at ${distance_m} m`);
      const overlaps = boxes.flatMap((a, n) => boxes.slice(0, n).filter((b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1));
      assert.equal(overlaps.length, 0, `${overlaps.length} of ${boxes.length} signs lie over others at ${distance_m} m`);
    }
  });

  test("cost little of a frame", async () => {
    const times = await page.evaluate(async () => {
      const pins = document.querySelector("chengjing-viewer").shadowRoot.querySelector("cj-pins");
      const times = [];
      const { performUpdate } = Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf(pins)));
      pins.performUpdate = function () {
        const begin = performance.now();
        performUpdate.call(this);
        // the layout that the new places ask for belongs to the cost
        void this.offsetWidth;
        times.push(performance.now() - begin);
      };
      const { view } = window.chengjing;
      for (let step = 0; step < 40; step++) await window.chengjing.flyTo({ ...view, distance_m: 1800, heading_deg: step * 9 }, { duration_ms: 0 });
      delete pins.performUpdate;
      return times;
    });
    const sorted = times.toSorted((a, b) => a - b);
    assert.ok(times.length >= 40, `${times.length} drawings`);
    console.log(`signs of ${GENERATED} projects: median ${sorted[times.length >> 1].toFixed(2)} ms, p95 ${sorted[Math.floor(times.length * 0.95)].toFixed(2)} ms a drawing`);
  });
});

describe("console", () => {
  // what the server refuses is its answer; the browser itself writes it to the console
  test("no error in all of this", () => assert.deepEqual(viewer.errors.filter((text) => !/ 422 |one\.jpg/.test(text)), []));
});
