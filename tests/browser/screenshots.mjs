// Pictures for the documents, into docs/screenshots/: the city's fixed views, a selection, English, a phone, no WebGPU.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findFeature, launch, newPage, openViewer, settled } from "./helpers.mjs";

const FOLDER = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
// a city with trees compresses badly as PNG
const JPEG = { type: "jpeg", quality: 88 };
const LARGE = { width: 1440, height: 810 };

/** The street at eight in the evening, from above the roofs; leaves the morning behind. */
async function night(page, street, shoot) {
  if (!street) return;
  const hour = page.locator('cj-time input[type="range"]');
  await page.locator('[data-nav="time"]').click();
  const morning = await hour.inputValue();
  await hour.fill("20");
  await page.evaluate((view) => window.chengjing.flyTo({ ...view, distance_m: 420, pitch_deg: 17 }, { duration_ms: 0 }), street);
  await shoot(page, "night");
  await hour.fill(morning);
  await page.locator('[data-nav="time"]').click();
}

/** Takes all pictures of a served city. */
export async function takeScreenshots(browser, origin, manifest) {
  mkdirSync(FOLDER, { recursive: true });
  const shoot = async (page, name) => {
    await settled(page);
    await page.screenshot({ path: `${FOLDER}${name}.jpg`, ...JPEG });
  };
  const { page, context } = await newPage(browser, { viewport: LARGE });
  await context.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
  await openViewer(page, origin, { quality: "medium" });
  for (const { id } of manifest.views) {
    await page.locator("#tab-views").click();
    await page.locator(`[data-view="${id}"]`).click();
    await page.locator("#tab-layers").click();
    await shoot(page, id);
  }
  await night(page, manifest.views.find(({ id }) => id === "street"), shoot);
  await page.locator('[data-nav="home"]').click();
  await settled(page);
  const { x, y } = await findFeature(page, origin, (feature) => feature.class === "Building");
  await page.mouse.click(x, y);
  await page.locator("cj-attributes .id").waitFor();
  await page.locator('[data-tool="language"]').click();
  await page.locator("#tab-projects").click();
  await shoot(page, "selection-english");
  await context.close();

  const phone = await newPage(browser, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await phone.context.addInitScript(() => localStorage.setItem("chengjing.hint", "shown"));
  await openViewer(phone.page, origin);
  await shoot(phone.page, "phone");
  await phone.context.close();

  const bare = await launch({ webgpu: false });
  const { page: message } = await newPage(bare, { viewport: { width: 960, height: 540 } });
  await message.addInitScript(() => delete Navigator.prototype.gpu);
  await message.goto(origin);
  await message.locator("cj-start-screen .failed").waitFor();
  await message.screenshot({ path: `${FOLDER}no-webgpu.jpg`, ...JPEG });
  await bare.close();
}
