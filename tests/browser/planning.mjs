// What a planner does with the panels, and what the server and the engine then say: shared by the tests of planning.
import assert from "node:assert/strict";
import { get, launch, makeCity, newPage, openViewer, settled, startServer } from "./helpers.mjs";

/** Codes of `city_model::scenario::FeatureState`. */
export const STATE = { existing: 0, retained: 1, modified: 2, demolished: 3, added: 4, absent: 5, abandoned: 6 };

/** Bytes of a table of states before the states themselves. */
const HEADER_BYTES = 32;

/** Metres a degree of latitude: good to a metre within a few kilometres, which is near enough to look at. */
const METRES = 111_320;

/** A server of a generated city and a planner at a page of it; `project` = the one that the tests work at. */
export async function openDesk(context) {
  const city = makeCity();
  const server = await startServer(city.city);
  const browser = await launch();
  const viewer = await newPage(browser, context);
  const { page } = viewer;
  await viewer.context.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
  const manifest = await get(server.origin, "/api/v1/manifest");
  const { projects } = await get(server.origin, "/api/v1/projects");
  const project = projects.find(({ name }) => name.includes("城中村")) ?? projects[0];
  await openViewer(page, server.origin);
  return { city, server, browser, viewer, page, manifest, project, desk: new Desk(page, server.origin, manifest) };
}

/** The panels of one page, as hands use them. */
export class Desk {
  constructor(page, origin, manifest) {
    Object.assign(this, { page, origin, manifest });
    this.edit = page.locator("cj-edit");
    this.compare = page.locator("cj-compare");
  }

  // Looking ----------------------------------------------------------------------------------------------------------

  /** Looks at a point, ENU metres. */
  async look(target_enu, { distance_m = 240, heading_deg = 0, pitch_deg = 60 } = {}) {
    await this.page.evaluate((view) => window.chengjing.flyTo(view, { duration_ms: 0 }), { target_enu, distance_m, heading_deg, pitch_deg });
    await settled(this.page);
  }

  /** Number of the feature in the middle of the picture, seen from above it. */
  async above([x, y, z]) {
    await this.look([x, y, z], { distance_m: 260, pitch_deg: 89 });
    const { width, height } = this.page.viewportSize();
    const { featureIndex } = await this.page.evaluate(([x, y]) => window.chengjing.pick(x, y), [width / 2, height / 2]);
    return featureIndex;
  }

  /** East and north of a longitude and latitude, ENU metres. */
  enu([lon, lat]) {
    const [lon0, lat0] = this.manifest.origin_lon_lat_height;
    return [(lon - lon0) * METRES * Math.cos((lat0 * Math.PI) / 180), (lat - lat0) * METRES];
  }

  /** The other way round. */
  lonLat([east, north]) {
    const [lon0, lat0] = this.manifest.origin_lon_lat_height;
    return [lon0 + east / (METRES * Math.cos((lat0 * Math.PI) / 180)), lat0 + north / METRES];
  }

  /** Buildings of the city: id, number, middle of the outline (ENU) and roof. */
  async buildings(limit = 3000) {
    const { features } = await get(this.origin, `/ogc/collections/buildings-building/items?limit=${limit}`);
    return features.map(({ id, geometry, properties }) => {
      const ring = (geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.coordinates[0][0]).map((at) => this.enu(at));
      const mean = (axis) => ring.reduce((sum, point) => sum + point[axis], 0) / ring.length;
      return { id, index: properties.feature_index, middle: [mean(0), mean(1)], ring };
    });
  }

  /** Buildings, nearest to a point first, that are what one sees from above their middle. */
  async *pickable(near) {
    const far = ({ middle: [x, y] }) => Math.hypot(x - near[0], y - near[1]);
    for (const { id } of (await this.buildings()).sort((a, b) => far(a) - far(b))) {
      const { bounds_enu: [x0, y0, , x1, y1, z1], feature_index } = await get(this.origin, `/api/v1/features/${id}`);
      const top = [(x0 + x1) / 2, (y0 + y1) / 2, z1];
      if ((await this.above(top)) === feature_index) yield { id, index: feature_index, top };
    }
  }

  // Panels -----------------------------------------------------------------------------------------------------------

  /** Opens a tab of the right column, whatever is open. */
  async dock(tab) {
    const button = this.page.locator(`[data-dock="${tab}"]`);
    if ((await button.getAttribute("aria-selected")) !== "true") await button.click();
  }

  async menu(item) {
    await this.page.locator('[data-scenario="menu"]').click();
    await this.page.locator(item).click();
  }

  /** Fills in the form of the scenario bar. */
  async fillForm(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.page.locator(`dialog#form [name="${name}"]`);
      if ((await field.evaluate((node) => node.localName)) === "select") await field.selectOption(value);
      else await field.fill(value);
    }
    await this.page.locator("dialog#form button.primary").click();
  }

  /** Makes a scenario and takes it up; gives its id. */
  async create(name, author = "王") {
    await this.menu('[data-scenario="create"]');
    await this.fillForm({ name, author });
    await this.named(name);
    return this.idOf(name);
  }

  async named(name) {
    await this.page.locator("cj-scenario .name b").filter({ hasText: name }).waitFor();
  }

  async idOf(name) {
    const { scenarios } = await get(this.origin, "/api/v1/scenarios");
    return scenarios.find((one) => one.name === name)?.id;
  }

  async take(id, name) {
    await this.menu(`[role="menuitemradio"][data-id="${id}"]`);
    await this.named(name);
  }

  /** Types into a field of the edit panel: the value counts when the field is left. */
  async type(name, value) {
    const input = this.edit.locator(`input[name="${name}"]:visible`);
    await input.fill(String(value));
    await input.press("Tab");
  }

  /** Marks features by their ids. */
  async mark(...ids) {
    await this.dock("edit");
    await this.edit.locator('[data-value="mark"]').click();
    for (const id of ids) {
      await this.edit.locator('input[name="id"]').fill(id);
      await this.edit.locator('input[name="id"]').press("Enter");
      await this.edit.locator(`.chips button[title="${id}"]`).waitFor();
    }
  }

  /** Marks what is marked as 留, 改 or 拆, and waits until the server has it. */
  async apply(action, fields = {}) {
    await this.edit.locator(`.act [data-value="${action}"]`).click();
    for (const [name, value] of Object.entries(fields)) await this.type(name, value);
    await this.written(() => this.edit.locator('[data-edit="apply"]:not([disabled])').click());
  }

  /** Date from which the next edits count. */
  async phaseOfEdits(date) {
    const details = this.edit.locator("details").filter({ has: this.page.locator('input[name="phase"]') }).last();
    if ((await details.getAttribute("open")) === null) await details.locator("> summary").click();
    await details.locator('input[name="phase"]').fill(date);
  }

  /** Does something that writes to the scenario, and waits for the answer and for the panel to have taken it up. */
  async written(act) {
    const answer = this.page.waitForResponse((response) => /\/scenarios\/[^/]+\/(edits|undo|redo|merge)$/.test(new URL(response.url()).pathname) && response.ok());
    await act();
    const body = await (await answer).json();
    // both buttons are shut while something is written, and one of them is open after any write
    await this.page.locator('[data-scenario="undo"]:not([disabled]), [data-scenario="redo"]:not([disabled])').first().waitFor();
    return body;
  }

  async mode(mode) {
    const fold = this.compare.locator('[data-compare="fold"]');
    if ((await fold.getAttribute("aria-expanded")) === "false") await fold.click();
    await this.compare.locator(`[data-value="${mode}"]`).click();
  }

  async colors(on) {
    await this.compare.locator('input[name="colors"]').setChecked(on);
    await settled(this.page);
  }

  // Server -----------------------------------------------------------------------------------------------------------

  scenario(id, revision = null) {
    return get(this.origin, `/api/v1/scenarios/${id}${revision === null ? "" : `?revision=${revision}`}`);
  }

  /** States by feature number. */
  async states(id, phase = null) {
    const response = await fetch(new URL(`/api/v1/scenarios/${id}/states${phase ? `?phase=${phase}` : ""}`, this.origin));
    assert.ok(response.ok, `states of ${id}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer()).subarray(HEADER_BYTES);
  }

  /** How many features have a state. */
  async count(id, state, phase = null) {
    return (await this.states(id, phase)).reduce((sum, code) => sum + (code === state ? 1 : 0), 0);
  }
}

/** True when the point lies within the ring. */
export function contains(ring, [x, y]) {
  let inside = false;
  ring.forEach(([ax, ay], index) => {
    const [bx, by] = ring[(index + 1) % ring.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

/** First few of an asynchronous sequence. */
export async function first(count, sequence) {
  const found = [];
  for await (const one of sequence) {
    found.push(one);
    if (found.length === count) break;
  }
  assert.equal(found.length, count);
  return found;
}
