// Indicators and rules of an area at two standpoints: asked for while somebody looks, anew after each edit.
import type { GeoFeature } from "../geojson";
import { geodeticFromEnu } from "../geo";
import { BASE, type AnalysisRequest, type Area, type Standpoint } from "./api";
import { standpointKey } from "./compare";
import type { PlanningHost } from "./host";
import { phaseOfYear, YEARS } from "./phase";
import type { Sides } from "./sides";
import type { Analysis } from "./state";
import { troubleOf } from "./trouble";

/** Edits that follow each other within this time are counted once. */
const PAUSE_MS = 250;

/** So many features are asked for one by one; more are found by the box of the area. */
const FEW = 48;

/** Layers in which the features behind a number are looked for. */
const LAYERS = ["buildings/building", "buildings/other", "proposals/building", "ground/green", "ground/road", "projects/project"];

/** A value of a year; null = not to be had. */
export interface CurvePoint { year: number; value: number | null }

export class AnalysisRunner {
  /** Somebody looks at the numbers. */
  #isWatched = false;
  #asking = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #curves = new Map<string, Promise<Map<string, number | null>>>();
  #indices = new Map<string, Promise<Map<string, number>>>();

  constructor(private readonly host: PlanningHost, private readonly sides: Sides) {}

  /** The panel is open: numbers are kept true from now on. */
  watch(on: boolean): void {
    this.#isWatched = on;
    const { before, outdated, busy } = this.#state;
    if (on && !busy && (before === null || outdated)) this.touch();
  }

  setArea(area: Area, areaName: string, outline: Analysis["outline"] = null): void {
    this.light(null, []);
    this.#set({ area, areaName, outline, before: null, after: null, rules: null });
    this.touch();
  }

  /** The numbers belong to an older state of things. */
  touch(): void {
    clearTimeout(this.#timer);
    if (!this.#state.outdated) this.#set({ outdated: true });
    if (this.#isWatched) this.#timer = setTimeout(() => void this.#run(), PAUSE_MS);
  }

  async #run(): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#set({ busy: true, trouble: null });
    try {
      const { analysis } = this.host.api;
      const [before, after, rules] = await Promise.all([
        analysis.indicators(this.request(1), signal),
        analysis.indicators(this.request(0), signal),
        analysis.check(this.request(0), signal),
      ]);
      if (!signal.aborted) this.#set({ before, after, rules, outdated: false, busy: false });
    } catch (error) {
      if (!signal.aborted) this.#set({ trouble: troubleOf(error, this.host.text.planning.errors), busy: false });
    }
  }

  /** Question for a side; numbers that need a "before" take side 1. */
  request(side: number, phase?: string): AnalysisRequest {
    const at = this.sides.standpoint(side);
    const against = this.sides.standpoint(1);
    const request: AnalysisRequest = { scenario: at.scenario, area: this.#state.area };
    if (at.scenario !== BASE && at.revision !== null) request.scenario_revision = at.revision;
    const wanted = phase ?? at.phase;
    if (wanted) request.phase = wanted;
    request.baseline = { scenario: against.scenario, ...(against.phase ? { phase: against.phase } : {}) };
    return request;
  }

  /** An indicator over the years of the plan, for the scenario at work. Years are asked one after the other, and kept. */
  async curve(indicator: string, onPoint: (points: CurvePoint[]) => void, signal: AbortSignal): Promise<void> {
    const points: CurvePoint[] = [];
    for (const year of YEARS) {
      if (signal.aborted) return;
      const values = await this.#year(year, this.sides.standpoint(0));
      points.push({ year, value: values.get(indicator) ?? null });
      onPoint([...points]);
    }
  }

  #year(year: number, at: Standpoint): Promise<Map<string, number | null>> {
    const phase = phaseOfYear(year);
    const key = `${this.host.state.manifest?.revision}#${standpointKey({ ...at, phase })}#${JSON.stringify(this.#state.area)}`;
    const kept = this.#curves.get(key);
    if (kept) return kept;
    const coming = this.host.api.analysis.indicators(this.request(0, phase)).then(({ indicators }) => new Map(indicators.map(({ id, value }) => [id, value])));
    this.#curves.set(key, coming);
    coming.catch(() => this.#curves.delete(key));
    for (const old of [...this.#curves.keys()].slice(0, -4 * YEARS.length)) this.#curves.delete(old);
    return coming;
  }

  /** Lights the features that count for a number; the same number again puts them out. */
  light(id: string | null, features: readonly string[], indices?: readonly number[]): void {
    if (id === null || id === this.#state.lit) {
      if (this.#state.lit === null) return;
      this.#set({ lit: null });
      return this.host.send({ type: "set_highlight", features: [] });
    }
    this.#set({ lit: id });
    void this.#light(id, features, indices);
  }

  async #light(id: string, features: readonly string[], indices?: readonly number[]): Promise<void> {
    const lit = indices ?? (await this.#resolve(features));
    if (this.#state.lit !== id) return;
    this.host.send({ type: "set_highlight", features: [...lit] });
    this.host.announce(this.host.text.indicators.lit.replace("{n}", String(lit.length)));
  }

  /** Dense numbers of features of the area, by its box on the server: their tiles need not be loaded. */
  async #resolve(features: readonly string[]): Promise<number[]> {
    if (features.length <= FEW) {
      const details = await Promise.allSettled(features.map((id) => this.host.api.feature(id)));
      return details.flatMap((detail) => (detail.status === "fulfilled" ? [detail.value.feature_index] : []));
    }
    const known = await this.#known();
    return features.flatMap((feature) => known.get(feature) ?? []);
  }

  #known(): Promise<Map<string, number>> {
    const { manifest } = this.host.state;
    const bounds = this.#state.after?.area.bounds_enu ?? manifest?.bounds_enu;
    if (!manifest || !bounds) return Promise.resolve(new Map());
    const key = `${manifest.revision}#${bounds.join()}`;
    const kept = this.#indices.get(key);
    if (kept) return kept;
    const [low, high] = [[bounds[0], bounds[1], 0], [bounds[3], bounds[4], 0]].map((at) => geodeticFromEnu(manifest.ecef_from_enu, at as [number, number, number]));
    if (!low || !high) return Promise.resolve(new Map());
    const box = [low.lonDeg, low.latDeg, high.lonDeg, high.latDeg] as const;
    const layers = LAYERS.filter((id) => manifest.layers.some((layer) => layer.id === id));
    const coming = Promise.all(layers.map((layer) => this.host.api.featuresIn(layer, box, 10_000)))
      .then((answers) => new Map(answers.flatMap(({ features }) => features.flatMap(numbered))));
    this.#indices.clear();
    this.#indices.set(key, coming);
    coming.catch(() => this.#indices.delete(key));
    return coming;
  }

  get #state(): Analysis {
    return this.host.state.planning.analysis;
  }

  #set(change: Partial<Analysis>): void {
    this.host.dispatch({ type: "planning", change: { analysis: { ...this.#state, ...change } } });
  }
}

function numbered({ id, properties }: GeoFeature): [string, number][] {
  return properties.feature_index === undefined ? [] : [[id, properties.feature_index]];
}
