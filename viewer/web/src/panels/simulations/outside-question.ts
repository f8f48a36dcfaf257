// Results of other programs: files on the server, and the question that is made of them.
import type { Json, LocalText } from "../../api";
import type { Area, Standpoint } from "../../planning/api";
import type { Params, SimulationQuestion } from "./api";
import { questionOf, valueAt, withValue } from "./question";

export type OutsideFormat = "geotiff" | "ascii" | "table" | "epanet" | "swmm";

/** Formats as they are called in every language. */
export const FORMATS: Record<OutsideFormat, string> = { geotiff: "GeoTIFF", ascii: "ESRI ASCII", table: "CSV", epanet: "EPANET", swmm: "SWMM" };

/** A column or quantity with values. */
export interface OutsideColumn { column: string; title: LocalText; unit: string; range: [number, number] | null }

/** One of `GET /api/v1/outside`. */
export interface OutsideFile {
  id: string;
  name: string;
  bytes: number;
  format: OutsideFormat;
  /** What it seems to be about. */
  kind: OutsideKind;
  found: {
    crs: string | null;
    bounds: [number, number, number, number] | null;
    cells: [number, number] | null;
    columns: OutsideColumn[];
    header: string[];
    id_column: string | null;
    time_column: string | null;
    ids: number;
    steps: number;
    time_s: number | null;
  };
}

export const KINDS = ["wind", "noise", "heat", "traffic", "network", "other"] as const;
export type OutsideKind = (typeof KINDS)[number];

/** Usual units, shown where the file states none. */
export const UNITS: Record<OutsideKind, string> = { wind: "m/s", noise: "dB(A)", heat: "°C", traffic: "veh/h", network: "", other: "" };

/** Ids of the files that are asked for, in their order. */
export function chosenFiles(params: Params): string[] {
  const files = params["files"];
  if (!Array.isArray(files)) return [];
  return files.flatMap((file) => (typeof file === "object" && file !== null && !Array.isArray(file) && typeof file["id"] === "string" ? [file["id"]] : []));
}

/** Rasters may come as a series, one a step; everything else as one file. */
export function isRaster(format: OutsideFormat): boolean {
  return format === "geotiff" || format === "ascii";
}

/** The ids after a file is taken in or out: files of another format give way. */
export function toggled(chosen: readonly string[], file: OutsideFile, isIn: boolean, files: readonly OutsideFile[]): string[] {
  if (!isIn) return chosen.filter((id) => id !== file.id);
  const kept = isRaster(file.format) ? chosen.filter((id) => id !== file.id && files.some((one) => one.id === id && one.format === file.format)) : [];
  const order = files.map(({ id }) => id);
  return [...kept, file.id].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

/** Parameters with other files. What a former file had as columns does not hold for another. */
export function withFiles(params: Params, ids: readonly string[], files: readonly OutsideFile[]): Params {
  const before = files.find(({ id }) => id === chosenFiles(params)[0]);
  const now = files.find(({ id }) => id === ids[0]);
  const next: Params = { ...params, files: ids.map((id) => ({ id })) };
  if (now && !isSameShape(before, now)) Object.assign(next, { layers: [], id_column: null, time_column: null, time_unit_s: null, crs: null, kind: null, title: null });
  return next;
}

function isSameShape(before: OutsideFile | undefined, now: OutsideFile): boolean {
  return before !== undefined && before.format === now.format && before.found.header.join() === now.found.header.join();
}

/** A member of the only layer that the form describes; undefined when it says nothing. */
export function styleAt(params: Params, path: readonly string[]): Json | undefined {
  const layers = params["layers"];
  return Array.isArray(layers) ? valueAt(layers[0], path) : undefined;
}

/** Parameters whose layer has another member; a layer that says nothing is left out, so that all columns are shown. */
export function withStyle(params: Params, path: readonly string[], value: Json, columns: readonly OutsideColumn[]): Params {
  const layers = params["layers"];
  const [first] = Array.isArray(layers) ? layers : [];
  const style = typeof first === "object" && first !== null && !Array.isArray(first) ? first : { column: columns[0]?.column ?? "" };
  const next = withValue(style, path, value);
  // A limit is a value with its source; without a value there is none.
  if (valueAt(next, ["limit", "value"]) === null) next["limit"] = null;
  else if (next["limit"]) next["limit"] = { source: "", is_verified: false, ...(next["limit"] as Params) };
  return { ...params, layers: [next] };
}

/** Lowest and highest value of what is asked for in all of these files. */
export function rangeOf(ids: readonly string[], column: string | null, files: readonly OutsideFile[]): [number, number] | null {
  const ranges = files.filter(({ id }) => ids.includes(id)).flatMap(({ found }) => found.columns.filter((one) => column === null || one.column === column).slice(0, 1).flatMap(({ range }) => (range ? [range] : [])));
  if (ranges.length === 0) return null;
  const [low, high] = [Math.min(...ranges.map(([least]) => least)), Math.max(...ranges.map(([, greatest]) => greatest))];
  return low < high ? [low, high] : null;
}

/**
 * The questions: of the scenario, and of what it is held against. With files of its own the other side is asked of
 * them, and both get one legend.
 */
export function outsideQuestions(at: readonly Standpoint[], area: Area, params: Params, defaults: Params, before: readonly string[], files: readonly OutsideFile[]): SimulationQuestion[] {
  const [first] = at;
  if (before.length === 0 || !first) return at.map((one) => questionOf(one, area, params, defaults));
  const column = styleAt(params, ["column"]);
  const range = rangeOf([...chosenFiles(params), ...before], typeof column === "string" ? column : null, files);
  const shared: Params = params["range"] === null && range ? { ...params, range } : params;
  const other: Params = { ...shared, files: before.map((id) => ({ id })) };
  return [questionOf(first, area, shared, defaults), questionOf(at[1] ?? first, area, other, defaults)];
}
