// What a planner does with the panel of simulations, and what is then seen: shared by the tests of simulations.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { get, settled } from "./helpers.mjs";
import { openDesk } from "./planning.mjs";

const TAKES_PICTURES = process.env.CHENGJING_SCREENSHOTS === "1";
const FOLDER = process.env.CHENGJING_SCREENSHOT_FOLDER ?? fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));

/** Anything that the page shows once a question was answered or refused. */
const ENDED = ['[data-simulation="legend"]', '[data-simulation="failed"]', "section > .all > .trouble"].map((one) => `cj-simulations ${one}`).concat('[data-live="card"][data-preview="false"]').join(", ");

/** A desk as of `openDesk`, and the panel of simulations at it; pictures are named `prefix`-name. */
export async function openSimulations(prefix) {
  const opened = await openDesk({ viewport: TAKES_PICTURES ? { width: 1440, height: 900 } : { width: 1200, height: 720 } });
  return { ...opened, panel: opened.page.locator("cj-simulations"), sim: new Simulations(opened, prefix) };
}

/** The panel of simulations of one page, as hands use it, and the scene as eyes see it. */
class Simulations {
  constructor({ page, server, project, desk }, prefix) {
    Object.assign(this, { page, server, project, desk, prefix, panel: page.locator("cj-simulations") });
  }

  // Panel ------------------------------------------------------------------------------------------------------------

  part(name) {
    return this.panel.locator(`[data-simulation="${name}"]`);
  }

  /** Shows a section of the results. */
  section(name) {
    return this.panel.locator(`.segments [data-value="${name}"]`).first().click();
  }

  async #isAsking() {
    return (await this.panel.locator("details.ask").getAttribute("open")) !== null;
  }

  async openQuestion() {
    if (!(await this.#isAsking())) await this.part("question").click();
  }

  async closeQuestion() {
    if (await this.#isAsking()) await this.part("question").click();
  }

  /** Chooses a simulation. */
  async choose(name) {
    await this.desk.dock("simulations");
    await this.panel.locator('select[name="simulation"]').selectOption(name);
  }

  /** Types into a field: the value counts when it is left. */
  async type(name, value) {
    const input = this.panel.locator(`input[name="${name}"]`);
    await input.fill(String(value));
    await input.press("Tab");
  }

  /** Shows another layer, and waits until its legend stands. */
  async show(layer) {
    await this.panel.locator('select[name="layer"]').selectOption(layer.key);
    await this.part("legend").locator("h3").filter({ hasText: layer.title.zh }).waitFor();
    await settled(this.page);
  }

  /** Runs what the form asks, or what `act` asks, and waits for the end; questions and results, of the scenario first. */
  async run(act = () => this.part("run").click()) {
    const asked = [];
    const note = (request) => {
      if (request.method() === "POST" && /\/api\/v1\/simulations\/\w+$/.test(request.url())) asked.push(request);
    };
    this.page.on("request", note);
    await act();
    await this.page.locator(ENDED).first().waitFor();
    this.page.off("request", note);
    assert.equal(await this.part("failed").count(), 0, (await this.panel.allInnerTexts()).join("\n"));
    const results = [];
    for (const request of asked) results.push(await this.resultOf(await (await request.response()).json()));
    return { questions: asked.map((request) => request.postDataJSON()), results };
  }

  /** Result of a job, once it is done. */
  async resultOf(job) {
    while (job.state === "queued" || job.state === "running") job = await get(this.server.origin, `/api/v1/jobs/${job.key}`);
    assert.equal(job.state, "done", JSON.stringify(job));
    return get(this.server.origin, `/api/v1/jobs/${job.key}/result`);
  }

  // Scene ------------------------------------------------------------------------------------------------------------

  /** Middle of the site: longitude and latitude, and ENU metres. */
  site() {
    const ring = this.project.outline.coordinates[0][0].slice(0, -1);
    const mean = (axis) => ring.reduce((sum, point) => sum + point[axis], 0) / ring.length;
    const lonLat = [mean(0), mean(1)];
    return { lonLat, enu: [...this.desk.enu(lonLat), this.project.center_enu[2]] };
  }

  /** Middle of the picture, pixels. */
  middle() {
    const { width, height } = this.page.viewportSize();
    return [width / 2, height / 2];
  }

  clickMiddle() {
    return this.page.mouse.click(...this.middle());
  }

  /** A part of the city as it is drawn now, without what lies under the pointer being lit: PNG in base64. */
  async scene(clip) {
    await this.page.mouse.move(2, 2);
    await settled(this.page);
    const [x, y] = this.middle();
    return (await this.page.screenshot({ clip: clip ?? { x: x - 210, y: y - 180, width: 420, height: 360 } })).toString("base64");
  }

  /** What a function makes of the bytes (red, green, blue, alpha) of pictures; it runs in the page. */
  #measure(source, pictures) {
    return this.page.evaluate(async ([source, all]) => {
      const data = await Promise.all(all.map(async (base64) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
      }));
      return new Function(`return ${source}`)()(...data);
    }, [source, pictures]);
  }

  /** Share of pixels that a test of (pixels…) accepts, its source or itself; each pixel is [red, green, blue]. */
  share(wanted, ...pictures) {
    return this.#measure(`(...data) => {
      const accepts = ${wanted};
      let count = 0;
      for (let at = 0; at < data[0].length; at += 4) if (accepts(...data.map((one) => [one[at], one[at + 1], one[at + 2]]))) count++;
      return (count * 4) / data[0].length;
    }`, pictures);
  }

  /** Correlation of the red of two pictures over the pixels at which they differ: 0 where one says nothing of the other. */
  correlation(a, b) {
    return this.#measure(`(a, b) => {
      const pairs = [];
      for (let at = 0; at < a.length; at += 4) if ([0, 1, 2].some((i) => Math.abs(a[at + i] - b[at + i]) > 4)) pairs.push([a[at], b[at]]);
      const mean = (k) => pairs.reduce((sum, pair) => sum + pair[k], 0) / pairs.length;
      const [x, y] = [mean(0), mean(1)];
      const sum = (of) => pairs.reduce((all, [p, q]) => all + of(p - x, q - y), 0);
      return sum((p, q) => p * q) / Math.sqrt(sum((p) => p * p) * sum((_, q) => q * q));
    }`, [a, b]);
  }

  /** Share of pixels by which two pictures differ so much that one sees it. */
  differing(a, b) {
    return this.share((p, q) => [0, 1, 2].some((i) => Math.abs(p[i] - q[i]) > 32), a, b);
  }

  /** Share of a picture that has a colour of a legend. */
  colored(one, [r, g, b]) {
    return this.share(`(p) => Math.abs(p[0] - ${r}) < 30 && Math.abs(p[1] - ${g}) < 30 && Math.abs(p[2] - ${b}) < 40`, one);
  }

  /** Keeps a screenshot for the documents, when they are wanted. */
  async picture(name) {
    if (!TAKES_PICTURES) return;
    mkdirSync(FOLDER, { recursive: true });
    await this.page.mouse.move(2, 2);
    await settled(this.page);
    await this.page.screenshot({ path: join(FOLDER, `${this.prefix}-${name}.jpg`), type: "jpeg", quality: 86 });
  }
}

/** A number of a result's figures. */
export const figure = (outcome, key) => outcome.figures.find((one) => one.key === key).value;
