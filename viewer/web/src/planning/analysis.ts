// Indicators and rules of an area at two standpoints: asked for while somebody looks, anew after each edit.
import { outerRings, type GeoFeature, type Geometry } from "../geojson";
import { enuFromGeodetic, geodeticFromEnu } from "../geo";
import { BASE, type AnalysisRequest, type Area, type Standpoint } from "./api";
import { standpointKey } from "./compare";
import { differenceOf, type Counted } from "./difference";
import type { PlanningHost } from "./host";
import { phaseOfYear, YEARS } from "./phase";
import type { Sides } from "./sides";
import { inset, type Point } from "./sketch";
import type { Analysis } from "./state";
import { troubleOf } from "./trouble";

/** Edits that follow each other within this time are counted once. */
const PAUSE_MS = 250;

/** The edge is drawn this far outside of the area, clear of a project's own walls, metres. */
const EDGE_M = 1.5;

/** So many features are asked for one by one; more are found by the box of the area. */
const FEW = 48;

/** Layers in which the features behind a number are looked for. */
const LAYERS = ["buildings/building", "buildings/other", "proposals/building", "ground/green", "ground/road", "projects/project"];
const PIPES = "underground/";

/** A value of a year; null = not to be had. */
export interface CurvePoint { year: number; value: number | null }

export class AnalysisRunner {
  /** Somebody looks at the numbers. */
  #isWatched = false;
  /** Somebody looks at the area. */
  #isOutlined = false;
  #asking = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #curves = new Map<string, Promise<Map<string, number | null>>>();
  #indices = new Map<string, Promise<Map<string, number>>>();

  /** `outline` draws the area's edge in the scene; without lines it goes. */
  constructor(private readonly host: PlanningHost, private readonly sides: Sides, private readonly outline: (lines: readonly Point[][]) => void) {}

  /** The panel is open: numbers are kept true from now on. `outlined` = the area's edge shows, also for those who ask other questions of it. */
  watch(on: boolean, outlined = on): void {
    if (outlined !== this.#isOutlined) {
      this.#isOutlined = outlined;
      void this.#showArea();
    }
    if (on !== this.#isWatched) {
      this.#isWatched = on;
      if (!on) queueMicrotask(() => this.tint(null));
    }
    const { before, outdated, busy } = this.#state;
    if (on && !busy && (before === null || outdated)) this.touch();
  }

  setArea(area: Area, areaName: string, outline: Analysis["outline"] = null): void {
    this.light(null, []);
    this.tint(null);
    this.#set({ area, areaName, outline, before: null, after: null, rules: null });
    void this.#showArea();
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
      if (signal.aborted) return;
      this.#set({ before, after, rules, outdated: false, busy: false });
      const { tint } = this.#state;
      if (tint) await this.#tint(tint.id);
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

  // Area in the scene --------------------------------------------------------------------------------------------------

  /** Draws the edge of the area while somebody looks at its numbers; of the whole city there is none to draw. */
  async #showArea(): Promise<void> {
    const { area } = this.#state;
    const geometry = this.#isOutlined ? await this.#geometry().catch(() => null) : null;
    const { manifest } = this.host.state;
    if (this.#state.area !== area || !manifest) return;
    const [, , height] = manifest.origin_lon_lat_height;
    this.outline((this.#isOutlined ? outerRings(geometry) : []).map((ring) => {
      const corners = ring.slice(0, -1).map(([lon = 0, lat = 0]) => enuFromGeodetic(manifest.ecef_from_enu, lon, lat, height));
      const edge = inset(corners, -EDGE_M) ?? corners;
      return [...edge, ...edge.slice(0, 1)];
    }));
  }

  async #geometry(): Promise<Geometry | null> {
    const { area, outline } = this.#state;
    if (outline) return outline;
    if ("project" in area) return this.host.state.planning.projects?.find(({ id }) => id === area.project)?.outline ?? (await this.host.api.projects.read(area.project)).data.outline;
    if (!("zone" in area)) return null;
    const { features } = await this.host.api.featuresIn("projects/zone", null, 500);
    return features.find(({ id }) => id === area.zone)?.geometry ?? null;
  }

  // Difference as a layer ----------------------------------------------------------------------------------------------

  /** Colours the scene by what of an indicator's features counts before and after; the same again, or null, ends it. */
  tint(id: string | null): void {
    const { tint } = this.#state;
    if (id !== null && id !== tint?.id) return void this.#tint(id).catch((error: unknown) => this.#set({ trouble: troubleOf(error, this.host.text.planning.errors) }));
    if (!tint) return;
    this.#set({ tint: null });
    this.host.send({ type: "set_ghost", features: [], rest: false });
    void this.sides.show();
  }

  async #tint(id: string): Promise<void> {
    const { before, after } = this.#state;
    const [was, is] = [before, after].map((answer) => answer?.indicators.find((one) => one.id === id));
    if (!was || !is) return this.tint(null);
    const [tableA, tableB, ...counted] = await Promise.all([
      this.sides.table(this.sides.standpoint(1)),
      this.sides.table(this.sides.standpoint(0)),
      ...[was, is].map(async (one): Promise<Counted> => ({ features: await this.#numbersOf(one), isCapped: one.num_features > one.features.length })),
    ]);
    const [first, second] = counted;
    if (!first || !second || after !== this.#state.after) return;
    const { sides, figures, features } = differenceOf(tableA, tableB, first, second);
    this.light(null, []);
    this.sides.lend({ 2: sides[0], 3: sides[1] });
    this.#set({ tint: { id, ...figures } });
    this.host.send({ type: "set_scenario_colors", enabled: true, removed: true });
    this.host.send({ type: "set_compare", mode: "difference", sides: [2, 3] });
    this.host.send({ type: "set_ghost", features: [...features], rest: true });
  }

  async #numbersOf({ features, feature_indices }: { features: readonly string[]; feature_indices?: readonly number[] }): Promise<readonly number[]> {
    return feature_indices?.length === features.length ? feature_indices : this.#resolve(features);
  }

  // Features of a number -----------------------------------------------------------------------------------------------

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
    const lit = indices?.length === features.length ? indices : await this.#resolve(features);
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
    const layers = manifest.layers.map(({ id }) => id).filter((id) => LAYERS.includes(id) || id.startsWith(PIPES));
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
