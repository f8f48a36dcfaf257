// What a share link carries in its hash: camera, layers that differ from the city's defaults, selection, time, mode, scenario and comparison.
import type { View } from "./bridge.gen";
import { MODES, type CompareMode } from "./planning/compare";
import { isDate } from "./planning/phase";

/** A scenario at a revision; null = whatever is newest. A side of a comparison may have a phase of its own. */
export interface PinnedScenario { id: string; revision: number | null; phase?: string }

/** State of a link; every part is optional, and an unreadable part is left out rather than breaking the rest. */
export interface LinkState {
  view?: View;
  /** Leaf layers that the city hides and the link shows. */
  on?: string[];
  /** Leaf layers that the city shows and the link hides. */
  off?: string[];
  /** String id of the selected feature. */
  selected?: string;
  underground?: boolean;
  /** Local solar time, 0–24. */
  hours?: number;
  /** Scenario at work, pinned to what the sender saw. */
  scenario?: PinnedScenario;
  /** Phase date, `YYYY-MM-DD`. */
  phase?: string;
  /** `others` are the third and fourth side of the 2×2. */
  compare?: { mode: CompareMode; position: number; against: PinnedScenario; others?: PinnedScenario[] };
}

const number = (value: number, decimals: number): string => String(Number(value.toFixed(decimals)));

/** Percent-encoding that leaves the characters readable which a hash may carry. */
const escape = (text: string): string => encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%3A", ":");

function unescape(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Hash (without `#`) of a state: metres to 0.1, degrees to 0.1, hours to 0.01. */
export function encodeLink(state: LinkState): string {
  const parts: string[] = [];
  if (state.view) {
    const { target_enu: t, distance_m, heading_deg, pitch_deg } = state.view;
    const values = [t[0], t[1], t[2], distance_m, heading_deg, pitch_deg].map((value) => number(value, 1));
    parts.push(`view=${values.join(",")}`);
  }
  if (state.on?.length) parts.push(`on=${state.on.map(escape).join(",")}`);
  if (state.off?.length) parts.push(`off=${state.off.map(escape).join(",")}`);
  if (state.selected) parts.push(`sel=${escape(state.selected)}`);
  if (state.underground) parts.push("under=1");
  if (state.hours !== undefined) parts.push(`time=${number(state.hours, 2)}`);
  if (state.scenario) parts.push(`scenario=${pin(state.scenario)}`);
  if (state.phase) parts.push(`phase=${state.phase}`);
  if (state.compare) parts.push(`compare=${state.compare.mode},${[number(state.compare.position, 3), ...[state.compare.against, ...(state.compare.others ?? [])].map(pin)].join()}`);
  return parts.join("&");
}

const pin = ({ id, revision, phase }: PinnedScenario): string => `${escape(id)}${revision === null ? "" : `@${revision}`}${phase ? `~${phase}` : ""}`;

function decodePin(text: string): PinnedScenario | null {
  const [scenario = "", phase = ""] = text.split("~");
  const [name = "", number] = scenario.split("@");
  const id = unescape(name);
  const revision = number === undefined ? null : Number(number);
  return id && (revision === null || (Number.isInteger(revision) && revision > 0)) ? { id, revision, ...(isDate(phase) ? { phase } : {}) } : null;
}

function decodeCompare(text: string): NonNullable<LinkState["compare"]> | null {
  const [name, place = "", other = "", ...more] = text.split(",");
  const mode = MODES.find((known) => known === name);
  const against = decodePin(other);
  const position = Number(place);
  if (!mode || !against || !(position > 0 && position < 1)) return null;
  const others = more.flatMap((pinned) => decodePin(pinned) ?? []);
  return { mode, position, against, ...(others.length > 0 ? { others } : {}) };
}

function decodeView(text: string): View | null {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (values.length !== 6 || !values.every(Number.isFinite)) return null;
  const [x, y, z, distance_m, heading_deg, pitch_deg] = values as [number, number, number, number, number, number];
  if (distance_m <= 0) return null;
  return { target_enu: [x, y, z], distance_m, heading_deg, pitch_deg };
}

/** State of a hash, with or without `#`. Unknown keys are ignored so that links of later versions still open. */
export function decodeLink(hash: string): LinkState {
  const state: LinkState = {};
  const list = (text: string): string[] =>
    text.split(",").map(unescape).filter((id): id is string => id !== null && id !== "");
  for (const part of hash.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at < 0) continue;
    const key = part.slice(0, at);
    const text = part.slice(at + 1);
    switch (key) {
      case "view": {
        const view = decodeView(text);
        if (view) state.view = view;
        break;
      }
      case "on":
        state.on = list(text);
        break;
      case "off":
        state.off = list(text);
        break;
      case "sel": {
        const id = unescape(text);
        if (id) state.selected = id;
        break;
      }
      case "under":
        if (text === "1") state.underground = true;
        break;
      case "time": {
        const hours = text === "" ? Number.NaN : Number(text);
        if (hours >= 0 && hours <= 24) state.hours = hours;
        break;
      }
      case "scenario": {
        const scenario = decodePin(text);
        if (scenario) state.scenario = scenario;
        break;
      }
      case "phase":
        if (isDate(text)) state.phase = text;
        break;
      case "compare": {
        const compare = decodeCompare(text);
        if (compare) state.compare = compare;
        break;
      }
      default:
        break;
    }
  }
  return state;
}
