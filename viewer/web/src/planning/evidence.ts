// The evidence pack: views of before, after and difference taken from the canvas, sent along, and the zip handed to the user.
import type { Shell } from "../shell";
import { BASE, type ReportRequest } from "./api";

/** Widest view that is sent, pixels. */
const MAX_WIDTH_PX = 1600;

/** Makes the pack of the area and scenario at work and starts its download. */
export async function evidencePack(shell: Shell, canvas: HTMLCanvasElement): Promise<void> {
  const { planning, language } = shell.state;
  const { scenario, phase, analysis } = planning;
  const request: ReportRequest = {
    scenario: scenario?.id ?? BASE,
    baseline: planning.compare.others[0].scenario,
    area: analysis.area,
    views: await views(shell, canvas),
    lang: language === "zh-CN" ? "zh" : "en",
    ...(phase ? { phase } : {}),
  };
  const zip = await shell.api.analysis.report(request);
  const name = [scenario?.name ?? shell.text.planning.base, analysis.areaName, scenario ? `r${scenario.revision}` : ""].filter(Boolean).join("-").replace(/[\\/:*?"<>|\s]+/g, "_");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(zip);
  link.download = `${name}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Before, after and the difference, from where the camera stands. Leaves the comparison as it was. */
async function views(shell: Shell, canvas: HTMLCanvasElement): Promise<{ title: string; png_base64: string }[]> {
  const { indicators: text } = shell.text;
  const { sides } = shell.planner;
  const taken: { title: string; png_base64: string }[] = [];
  const before = await sides.table(sides.standpoint(1));
  shell.setStates(1, before);
  sides.shown(1, sides.standpoint(1));
  try {
    for (const [title, mode, side, enabled] of [[text.view_before, "single", 1, false], [text.view_after, "single", 0, false], [text.view_difference, "difference", 0, true]] as const) {
      shell.send({ type: "set_scenario_colors", enabled });
      shell.send({ type: "set_compare", mode, sides: mode === "difference" ? [1, 0] : [side] });
      if (mode === "single") shell.send({ type: "set_side", side });
      await shell.settled();
      taken.push({ title, png_base64: await picture(canvas, () => shell.send({ type: "set_scenario_colors", enabled })) });
    }
  } finally {
    sides.sendCompare();
  }
  return taken;
}

/** Frames after which a canvas that stays empty counts as one that cannot be read. */
const MOST_FRAMES = 120;

/** What the canvas shows, as PNG in base64, no wider than allowed; `redraw` has the engine draw it again. */
async function picture(canvas: HTMLCanvasElement, redraw: () => void): Promise<string> {
  const scale = Math.min(1, MAX_WIDTH_PX / Math.max(1, canvas.width));
  const copy = new OffscreenCanvas(Math.max(1, Math.round(canvas.width * scale)), Math.max(1, Math.round(canvas.height * scale)));
  const context = copy.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no 2d context");
  // A WebGPU canvas can be read only in the frame that draws it: the engine's callback stands before ours in the line.
  for (let frame = 0; frame < MOST_FRAMES; frame++) {
    redraw();
    await new Promise<void>((resolve) => requestAnimationFrame(() => {
      context.drawImage(canvas, 0, 0, copy.width, copy.height);
      resolve();
    }));
    const [, , , alpha] = context.getImageData(copy.width >> 1, copy.height >> 1, 1, 1).data;
    if (alpha) return base64(new Uint8Array(await (await copy.convertToBlob({ type: "image/png" })).arrayBuffer()));
  }
  throw new Error("the picture of the canvas is empty");
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
