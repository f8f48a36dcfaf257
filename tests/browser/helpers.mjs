// A Chengjing server on a city, a Chromium that can draw it in software, and ways to ask the viewer.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

/** Software WebGPU through SwiftShader; all four are needed together, else the device is lost at once. */
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan", "--use-vulkan=swiftshader", "--use-angle=swiftshader"];
const QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Small and low: a software renderer draws a few frames a second. The layout is the desktop's. */
export const VIEWPORT = { width: 800, height: 480 };

/** How long one step may take on a slow machine. */
export const PATIENCE_MS = 120_000;

function binary() {
  const path = process.env.CHENGJING_BIN;
  assert.ok(path && existsSync(path), "CHENGJING_BIN must name the built server, e.g. CHENGJING_BIN=target/release/chengjing");
  return path;
}

/** Runs a command of the server binary to its end and gives what it printed. */
export function chengjing(...args) {
  const { status, stdout, stderr } = spawnSync(binary(), args, { encoding: "utf8" });
  assert.equal(status, 0, `chengjing ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** City folder: the one of CHENGJING_CITY, else a small generated one. `remove` deletes what was made. */
export function makeCity() {
  const given = process.env.CHENGJING_CITY;
  if (given) return { city: given, isOurs: false, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "chengjing-browser-"));
  const city = join(folder, "city");
  chengjing("demo", city, "--buildings", "2000", "--seed", "1");
  return { city, isOurs: true, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Serves a city on a free port; resolves when it says where. */
export async function startServer(city) {
  const child = spawn(binary(), ["serve", city, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  const origin = await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        const found = /127\.0\.0\.1:(\d+)/.exec(line);
        if (found && found[1] !== "0") resolve(`http://${found[0]}`);
      });
    }
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${log.join("\n")}`)));
  });
  const stop = () => new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", resolve);
    child.kill("SIGTERM");
  });
  return { origin, stop, log };
}

/** A browser; `webgpu: false` finds no adapter, as on a machine without a usable GPU. */
export function launch({ webgpu = true } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...QUIET, ...(webgpu ? WEBGPU : [])],
  });
}

/** A page whose console errors and uncaught exceptions are kept in `errors`. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: VIEWPORT, locale: "zh-CN", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const errors = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  return { page, context, errors };
}

/** Opens the viewer and waits until the city stands still. `hash` is a share link's. */
export async function openViewer(page, origin, { hash = "", quality = "low" } = {}) {
  await page.goto(`${origin}/?quality=${quality}${hash}`);
  await page.waitForFunction(() => window.chengjing !== undefined);
  // Whatever goes wrong at the start shows as a failure: report its text instead of running into the time limit.
  const failed = page.locator("cj-start-screen .failed").waitFor().then(
    async () => { throw new Error(await page.locator("cj-start-screen .failed").innerText()); },
    () => new Promise(() => {}),
  );
  await Promise.race([failed, page.locator("cj-status").waitFor()]);
  await settled(page);
}

/** Waits for the viewer's own word that everything wanted is drawn. */
export async function settled(page) {
  await withLimit(page.evaluate(() => window.chengjing.settled()), "settled()");
}

/** Fails with a name instead of hanging. */
async function withLimit(promise, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** The viewer's figures. They come with frames, so they are read two frames after the last change. */
export async function stats(page) {
  await animationFrames(page, 2);
  return page.evaluate(() => window.chengjing.stats());
}

/** Waits for a number of the browser's own animation frames, in which an idle engine draws nothing. */
export function animationFrames(page, count) {
  return page.evaluate(
    (left) => new Promise((resolve) => {
      const step = () => (left-- > 0 ? requestAnimationFrame(step) : resolve());
      step();
    }),
    count,
  );
}

/** JSON of the server. */
export async function get(origin, path) {
  const response = await fetch(new URL(path, origin));
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

/**
 * First point of a grid over the free middle of the canvas at which the viewer picks a feature that `wanted` accepts.
 * Gives the point and the feature as the server knows it.
 */
export async function findFeature(page, origin, wanted) {
  const seen = new Map();
  const area = await freeArea(page);
  for (const stride of [40, 16, 8]) {
    for (let y = area.top + stride / 2; y < area.bottom; y += stride) {
      for (let x = area.left + stride / 2; x < area.right; x += stride) {
        // pins and other panels may lie over the city anywhere
        if (!(await page.evaluate(([x, y]) => document.elementFromPoint(x, y) instanceof HTMLCanvasElement, [x, y]))) continue;
        const { featureIndex } = await withLimit(page.evaluate(([x, y]) => window.chengjing.pick(x, y), [x, y]), "pick()");
        if (featureIndex === null) continue;
        if (!seen.has(featureIndex)) seen.set(featureIndex, await get(origin, `/api/v1/features/by-index/${featureIndex}`));
        if (wanted(seen.get(featureIndex))) return { x, y, feature: seen.get(featureIndex) };
      }
    }
  }
  const classes = [...new Set([...seen.values()].map((feature) => feature.class))];
  return assert.fail(`nothing suitable under the grid; there were ${seen.size} features of ${classes.join(", ") || "no class"}`);
}

/** The part of the canvas that no panel covers, CSS pixels. */
async function freeArea(page) {
  const { width, height } = page.viewportSize();
  const box = async (name) => ((await page.locator(name).isVisible()) ? page.locator(name).boundingBox() : null);
  const [left, right, nav, top, bottom] = await Promise.all(["cj-sidebar .card", "cj-attributes", "cj-navigation", "cj-search .box", "cj-status"].map(box));
  return {
    left: left && left.height > 100 ? left.x + left.width : 8,
    right: Math.min(right?.x ?? width, nav?.x ?? width),
    top: Math.max((top?.y ?? 0) + (top?.height ?? 0), left && left.height <= 100 ? left.y + left.height : 0),
    bottom: bottom?.y ?? height,
  };
}
