// From the form to the question: parameters read and written by their path, what has no field as JSON, and what differs from the defaults.
import type { Json } from "../../api";
import type { Area, Standpoint } from "../../planning/api";
import { BASE } from "../../planning/api";
import type { Params, SimulationQuestion } from "./api";

/** The value at a path; undefined when there is none. */
export function valueAt(params: Json | undefined, path: readonly string[]): Json | undefined {
  let value: Json | undefined = params;
  for (const name of path) {
    if (!isObject(value)) return undefined;
    value = value[name];
  }
  return value;
}

/** The same parameters with another value at a path. */
export function withValue(params: Params, path: readonly string[], value: Json): Params {
  const [name, ...rest] = path;
  if (name === undefined) return params;
  if (rest.length === 0) return { ...params, [name]: value };
  const inner = params[name];
  return { ...params, [name]: withValue(isObject(inner) ? inner : {}, rest, value) };
}

/** Parameters without those at paths that have fields of their own. */
export function advancedOf(params: Params, taken: readonly (readonly string[])[]): Params {
  return Object.fromEntries(Object.entries(params).flatMap(([name, value]): [string, Json][] => {
    const below = taken.filter(([first]) => first === name).map(([, ...rest]) => rest);
    if (below.some((path) => path.length === 0)) return [];
    if (below.length === 0 || !isObject(value)) return [[name, value]];
    const rest = advancedOf(value, below);
    return Object.keys(rest).length > 0 ? [[name, rest]] : [];
  }));
}

/** Why a typed JSON cannot be used. */
export type AdvancedFault = { kind: "syntax"; reason: string } | { kind: "object" } | { kind: "unknown"; names: string[] };

/** Reads the typed JSON: an object of parameters that the simulation has. */
export function readAdvanced(text: string, defaults: Params): { params: Params } | { fault: AdvancedFault } {
  let read: unknown;
  try {
    read = text.trim() === "" ? {} : JSON.parse(text);
  } catch (error) {
    return { fault: { kind: "syntax", reason: error instanceof Error ? error.message : String(error) } };
  }
  if (!isObject(read as Json)) return { fault: { kind: "object" } };
  const names = Object.keys(read as Params).filter((name) => !(name in defaults));
  if (names.length > 0) return { fault: { kind: "unknown", names } };
  return { params: read as Params };
}

/** All parameters after the JSON was typed: what it leaves out of those without a field has its default. */
export function withAdvanced(params: Params, typed: Params, defaults: Params, taken: readonly (readonly string[])[]): Params {
  let next = merged(defaults, typed);
  for (const path of taken) {
    const value = valueAt(params, path);
    if (value !== undefined && valueAt(typed, path) === undefined) next = withValue(next, path, value);
  }
  return next;
}

function merged(below: Params, above: Params): Params {
  const next = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = below[name];
    next[name] = isObject(value) && isObject(under) ? merged(under, value) : value;
  }
  return next;
}

/** Parameters that are not the defaults. */
export function changedParams(params: Params, defaults: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => !isSame(value, defaults[name])));
}

/** The question for a scenario at a revision and phase, or for the city as it stands. */
export function questionOf(at: Standpoint, area: Area, params: Params, defaults: Params): SimulationQuestion {
  const question: SimulationQuestion = { scenario: at.scenario, area, params: changedParams(params, defaults) };
  if (at.scenario !== BASE && at.revision !== null) question.scenario_revision = at.revision;
  if (at.phase) question.phase = at.phase;
  return question;
}

/** A typed place: longitude, latitude in degrees; null when it is none. */
export function readPlace(text: string): [number, number] | null {
  const parts = text.trim().split(/[\s,，;；]+/).map(Number);
  const [lon, lat] = parts;
  if (parts.length !== 2 || lon === undefined || lat === undefined) return null;
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null;
}

/** Typed numbers between spaces, commas or semicolons; null when one of them is none. */
export function readNumbers(text: string): number[] | null {
  const words = text.trim().split(/[\s,，;；]+/).filter(Boolean);
  const numbers = words.map(Number);
  return numbers.every(Number.isFinite) ? numbers : null;
}

/** Equal as JSON; the order of an object's names does not matter. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((value, index) => isSame(value, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && isSame(a[name], b[name]));
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
