// The published tileset in other people's viewers: what CesiumJS and 3d-tiles-renderer draw of it, and read from it.
import assert from "node:assert/strict";
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { get, launch, makeCity, newPage, PATIENCE_MS, startServer } from "./helpers.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm", ".css": "text/css" };

let city, server, browser, files, manifest;

before(async () => {
  city = makeCity();
  server = await startServer(city.city);
  manifest = await get(server.origin, "/api/v1/manifest");
  browser = await launch();
  files = createServer(answer);
  await new Promise((resolve) => files.listen(0, "127.0.0.1", resolve));
});

after(async () => {
  await browser?.close();
  files?.close();
  await server?.stop();
  city?.remove();
});

/** Pages and packages of this folder; the tiles come from the city's server as if it were the same one. */
async function answer(request, response) {
  const path = decodeURIComponent(request.url.split(/[?#]/)[0]);
  if (path.startsWith("/tiles/")) {
    const tile = await fetch(server.origin + path);
    response.writeHead(tile.status, { "content-type": tile.headers.get("content-type") ?? "application/octet-stream" });
    Readable.fromWeb(tile.body).pipe(response);
    return;
  }
  const file = join(HERE, normalize(path));
  if (!file.startsWith(HERE) || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

/** Triangles that each has drawn. */
const triangles = [];

for (const [name, pageName] of [["CesiumJS", "cesium"], ["3d-tiles-renderer", "tiles-renderer"]]) {
  describe(name, () => {
    test("draws the city's first view and reads its features", async () => {
      const { page, errors } = await newPage(browser, { viewport: { width: 480, height: 270 } });
      const view = manifest.views[0];
      const job = encodeURIComponent(JSON.stringify({ manifest: { tileset_url: manifest.tileset_url, ecef_from_enu: manifest.ecef_from_enu }, view }));
      await page.goto(`http://127.0.0.1:${files.address().port}/peers/${pageName}.html#${job}`);
      await page.waitForFunction(() => window.ready, undefined, { timeout: PATIENCE_MS });
      const drawn = await page.evaluate(() => window.peer);
      assert.deepEqual(drawn.failures, []);
      assert.ok(drawn.tiles > 1, `${drawn.tiles} tiles`);
      assert.ok(drawn.triangles > 1000, `${drawn.triangles} triangles`);
      assert.ok(drawn.features > 10, `${drawn.features} features`);
      // Bare ground is a row of its tile's table and no feature of the city.
      const stored = drawn.samples.filter(({ feature_index }) => feature_index < manifest.feature_index_count);
      assert.ok(stored.length > 0, `${drawn.samples.length} samples, none of them a feature`);
      for (const { id, feature_index } of stored.slice(0, 20)) {
        const known = await get(server.origin, `/api/v1/features/${encodeURIComponent(id)}`);
        assert.equal(known.feature_index, feature_index, id);
      }
      assert.deepEqual(errors, []);
      triangles.push(drawn.triangles);
      console.log(`${name}: ${drawn.tiles} tiles, ${drawn.features} features, ${drawn.triangles} triangles`);
      await page.context().close();
    });
  });
}

test("both draw about the same: no group of the city is missing in one of them", () => {
  const [cesium, other] = triangles;
  assert.ok(other > 0.85 * cesium && other < 1.3 * cesium, `${triangles} triangles`);
});
