// Tools on the map: marking by click and lasso, drawing outlines with snapping. Every point may come from the pointer or be typed.
import type { ViewerEvent } from "../bridge.gen";
import type { LineString, Polygon } from "../geojson";
import { outerRings } from "../geojson";
import { enuFromGeodetic, geodeticFromEnu } from "../geo";
import { fill } from "../i18n";
import type { Massing } from "./api";
import type { PlanningHost } from "./host";
import { ABSENT, stateOf, type Sides } from "./sides";
import { contains, rectangleFrom, signedArea, snap, type Point } from "./sketch";
import type { DrawUse, MapTool, Marked, PlanningState, Sketch } from "./state";

type ToolPoint = Extract<ViewerEvent, { type: "tool_point" }>;

type Rgb = [number, number, number];

/** Snapping reaches this far on the screen, pixels. */
const SNAP_PX = 12;

/** Half of the vertical angle of view of the engine's camera (`viewer/core/src/camera.rs`). */
const HALF_FOVY_RAD = Math.PI / 8;

/** Corners of what stands around are known within this distance of the middle of the view, metres. */
const SNAP_RADIUS_M = 300;

/** Buildings that one lasso takes at most. */
const MAX_LASSO = 5000;

const MARK_RGB: Rgb = [255, 195, 107];
const SKETCH_RGB: Rgb = [95, 208, 216];
const PREVIEW_RGB: Rgb = [72, 199, 174];
const AREA_RGB: Rgb = [255, 214, 102];

export class MapTools {
  #lasso: Point[] = [];
  #height = 0;
  #vertices: Point[] = [];
  #verticesAt: Point | null = null;
  #area: readonly Point[][] = [];

  constructor(private readonly host: PlanningHost, private readonly sides: Sides) {}

  /** Takes a tool in the hand; the same again puts it down. */
  take(tool: MapTool): void {
    const { tool: now, sketch } = this.host.state.planning;
    const next = tool === now ? "none" : tool;
    if (next !== "draw" && sketch && !sketch.closed && sketch.use !== "pipe") this.#set({ sketch: null });
    this.#set({ tool: next });
    this.host.send({ type: "set_tool", tool: next === "draw" ? "draw" : next === "lasso" ? "lasso" : "none" });
    this.#redraw();
  }

  /** Starts an outline. */
  draw(use: DrawUse, shape: Sketch["shape"]): void {
    this.#set({ sketch: { use, shape, points: [], cursor: null, closed: false, snap: "none" }, preview: null });
    if (this.host.state.planning.tool !== "draw") this.take("draw");
    void this.#learnVertices();
    this.#redraw();
  }

  /** Puts everything down: tool, marks and outline. */
  clear(): void {
    this.#set({ marked: [], sketch: null, preview: null, tool: "none" });
    this.host.send({ type: "set_tool", tool: "none" });
    this.host.send({ type: "set_highlight", features: [] });
    this.#redraw();
  }

  clearSketch(): void {
    this.#set({ sketch: null, preview: null });
    if (this.host.state.planning.tool === "draw") this.take("none");
    this.#redraw();
  }

  // Marks ------------------------------------------------------------------------------------------------------------

  /** Adds buildings to what is marked. */
  mark(found: readonly Marked[]): void {
    const known = new Set(this.host.state.planning.marked.map(({ id }) => id));
    this.#setMarked([...this.host.state.planning.marked, ...found.filter(({ id }) => !known.has(id))]);
  }

  /** Marks a building, or takes it out when it is marked. */
  toggle(one: Marked): void {
    const { marked } = this.host.state.planning;
    const without = marked.filter(({ id }) => id !== one.id);
    this.#setMarked(without.length < marked.length ? without : [...marked, one]);
  }

  #setMarked(next: readonly Marked[]): void {
    this.#set({ marked: next });
    this.#light(next);
    this.host.announce(fill(this.host.text.edit.marked, { n: next.length }));
  }

  unmark(): void {
    this.#set({ marked: [] });
    this.#light([]);
  }

  /** Marks by a typed id; throws what the server says when there is no such feature. */
  async markById(id: string): Promise<void> {
    const { feature_index, name, id: found } = await this.host.api.feature(id);
    this.mark([{ id: found, featureIndex: feature_index, name: name ?? found }]);
  }

  async #markByIndex(index: number): Promise<void> {
    const { id, name, feature_index } = await this.host.api.featureByIndex(index);
    this.toggle({ id, featureIndex: feature_index, name: name ?? id });
  }

  async #markWithin(ring: readonly Point[]): Promise<void> {
    const { manifest } = this.host.state;
    if (!manifest || ring.length < 3 || Math.abs(signedArea(ring)) < 1) return;
    const corners = ring.map((point) => geodeticFromEnu(manifest.ecef_from_enu, point));
    const [lons, lats] = [corners.map(({ lonDeg }) => lonDeg), corners.map(({ latDeg }) => latDeg)];
    const box = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] as const;
    const layers = ["buildings/building", "buildings/other", "proposals/building"].filter((id) => manifest.layers.some((layer) => layer.id === id));
    const [table, ...answers] = await Promise.all([this.sides.table(this.sides.standpoint(0)), ...layers.map((layer) => this.host.api.featuresIn(layer, box, MAX_LASSO))]);
    const found = answers.flatMap(({ features }) => features).flatMap(({ id, geometry, properties }): Marked[] => {
      const [outline] = outerRings(geometry);
      // Proposals of other scenarios, and what does not stand yet, are not there to be marked.
      if (!outline || properties.feature_index === undefined || stateOf(table, properties.feature_index) === ABSENT) return [];
      const points = outline.map(([lon = 0, lat = 0]) => enuFromGeodetic(manifest.ecef_from_enu, lon, lat, manifest.origin_lon_lat_height[2]));
      const middle: [number, number] = [mean(points, 0), mean(points, 1)];
      return contains(ring, middle) ? [{ id, featureIndex: properties.feature_index, name: properties.name ?? id }] : [];
    });
    this.mark(found);
  }

  #light(marked: readonly Marked[]): void {
    this.host.send({ type: "set_highlight", features: marked.map(({ featureIndex }) => featureIndex), rgb: MARK_RGB });
  }

  // Outlines ---------------------------------------------------------------------------------------------------------

  /** Adds a corner that was typed or clicked; the third of a rectangle finishes it. */
  addPoint(point: Point): void {
    const { sketch } = this.host.state.planning;
    if (!sketch || sketch.closed) return;
    const [a, b] = sketch.points;
    if (sketch.shape === "rectangle" && a && b) return this.#finish(rectangleFrom(a, b, point));
    this.#sketch({ points: [...sketch.points, point], cursor: null, snap: "none" });
  }

  /** Puts a finished outline in place of what is drawn. */
  setOutline(use: DrawUse, points: readonly Point[]): void {
    this.#set({ sketch: { use, shape: "polygon", points, cursor: null, closed: true, snap: "none" }, preview: null });
    this.#endDrawing();
  }

  /** Takes the last corner back; opens a finished outline again. */
  removePoint(): void {
    const { sketch } = this.host.state.planning;
    if (!sketch) return;
    if (sketch.closed) this.#sketch({ closed: false });
    else this.#sketch({ points: sketch.points.slice(0, -1) });
  }

  close(): void {
    const { sketch } = this.host.state.planning;
    if (sketch?.use === "pipe") return this.#endDrawing();
    if (sketch && !sketch.closed && sketch.points.length >= 3) this.#finish(sketch.points);
  }

  #finish(points: readonly Point[]): void {
    this.#sketch({ points, cursor: null, closed: true, snap: "none" });
    this.#endDrawing();
  }

  #endDrawing(): void {
    if (this.host.state.planning.tool !== "none") this.take("none");
    this.#redraw();
  }

  /** Marks the buildings within the drawn outline: the lasso of those who type. */
  async markOutline(): Promise<void> {
    const { sketch } = this.host.state.planning;
    if (!sketch?.closed) return;
    await this.#markWithin(sketch.points);
    this.clearSketch();
  }

  /** The drawn corners as a line in longitude and latitude; null with fewer than two. */
  line(): LineString | null {
    const { manifest, planning } = this.host.state;
    const points = planning.sketch?.points ?? [];
    if (!manifest || points.length < 2) return null;
    return { type: "LineString", coordinates: points.map((point) => {
      const { lonDeg, latDeg } = geodeticFromEnu(manifest.ecef_from_enu, point);
      return [lonDeg, latDeg];
    }) };
  }

  /** The drawn outline as GeoJSON; null when there is none. */
  outline(): Polygon | null {
    const { sketch } = this.host.state.planning;
    return sketch?.closed ? this.polygon(sketch.points) : null;
  }

  /** A ring of the scene as a polygon in longitude and latitude, counter-clockwise and closed. */
  polygon(ring: readonly Point[]): Polygon | null {
    const { manifest } = this.host.state;
    if (!manifest || ring.length < 3) return null;
    const ordered = signedArea(ring) < 0 ? [...ring].reverse() : ring;
    const positions = ordered.map((point) => {
      const { lonDeg, latDeg } = geodeticFromEnu(manifest.ecef_from_enu, point);
      return [lonDeg, latDeg];
    });
    const [first] = positions;
    return first ? { type: "Polygon", coordinates: [[...positions, first]] } : null;
  }

  /** A point at a longitude and latitude, on the level of the view's middle. */
  pointAt(lonDeg: number, latDeg: number): Point | null {
    const { manifest, camera } = this.host.state;
    if (!manifest) return null;
    const z = camera?.view.target_enu[2] ?? 0;
    const [x, y] = enuFromGeodetic(manifest.ecef_from_enu, lonDeg, latDeg, manifest.origin_lon_lat_height[2] + z);
    return [x, y, z];
  }

  /** Shows bodies before they are stored. */
  preview(bodies: readonly Massing[], reachedFar: number, isReached: boolean): void {
    this.#set({ preview: { bodies, reachedFar, isReached } });
    this.#redraw();
  }

  /** Outlines the area whose numbers are looked at; whatever is being drawn goes first. */
  showArea(lines: readonly Point[][]): void {
    this.#area = lines;
    this.#redraw();
  }

  /** Draws outline, bodies and lasso anew. */
  #redraw(): void {
    const { sketch, preview, tool } = this.host.state.planning;
    const rings: Point[][] = [];
    const lines: Point[][] = [];
    let color: Rgb = SKETCH_RGB;
    let extrude_m: number | undefined;
    if (preview && preview.bodies.length > 0) {
      color = PREVIEW_RGB;
      extrude_m = Math.max(...preview.bodies.map(({ storeys, floor_height_m }) => storeys * floor_height_m));
      for (const { footprint } of preview.bodies) {
        rings.push((footprint.coordinates[0] ?? []).slice(0, -1).flatMap(([lon = 0, lat = 0]) => {
          const point = this.pointAt(lon, lat);
          return point ? [point] : [];
        }));
      }
    } else if (sketch) {
      if (sketch.closed) {
        rings.push([...sketch.points]);
        if (sketch.use === "block" && this.#height > 0) extrude_m = this.#height;
      } else {
        const open = sketch.cursor ? [...sketch.points, sketch.cursor] : [...sketch.points];
        const [a, b] = sketch.points;
        if (sketch.shape === "rectangle" && a && b && sketch.cursor) rings.push(rectangleFrom(a, b, sketch.cursor));
        else if (open.length > 1) lines.push(open);
      }
    }
    if (tool === "lasso" && this.#lasso.length > 1) lines.push([...this.#lasso]);
    if (rings.length === 0 && lines.length === 0 && this.#area.length > 0) {
      color = AREA_RGB;
      lines.push(...this.#area.map((line) => [...line]));
    }
    this.host.send({ type: "set_sketch", rings, lines, color, ...(extrude_m === undefined ? {} : { extrude_m }) });
  }

  /** Height of the body over a closed outline, metres. */
  setHeight(heightM: number): void {
    this.#height = heightM;
    this.#redraw();
  }

  // Pointer ----------------------------------------------------------------------------------------------------------

  /** True when the tool took the event, so that it does not select as well. */
  onEvent(event: ViewerEvent): boolean {
    const { tool } = this.host.state.planning;
    if (event.type === "clicked" && tool === "mark") {
      if (event.feature_index !== null) this.#markByIndex(event.feature_index).catch(() => undefined);
      return true;
    }
    if (event.type !== "tool_point") return false;
    if (tool === "lasso") this.#lassoed(event);
    else if (tool === "draw") this.#drawn(event);
    return true;
  }

  #lassoed({ kind, position_enu }: ToolPoint): void {
    if (kind === "press") this.#lasso = [];
    if (position_enu && (kind === "press" || kind === "drag")) {
      this.#lasso.push(position_enu);
      this.#redraw();
    }
    if (kind !== "release") return;
    const ring = this.#lasso;
    this.#lasso = [];
    this.#redraw();
    this.#markWithin(ring).catch((error: unknown) => this.host.notify(error instanceof Error ? error.message : String(error)));
  }

  #drawn({ kind, position_enu }: ToolPoint): void {
    const { sketch } = this.host.state.planning;
    if (!sketch || sketch.closed || !position_enu) return;
    if (kind === "double") return this.close();
    // A line may well come back to its start.
    const { point, kind: snapped } = snap(position_enu, sketch.use === "pipe" ? sketch.points.slice(-2) : sketch.points, this.#vertices, this.#tolerance());
    if (kind === "click") {
      if (snapped === "start") this.close();
      else this.addPoint(point);
    } else if (kind === "move") this.#sketch({ cursor: point, snap: snapped });
  }

  /** Metres of the snapping distance at the middle of the view. */
  #tolerance(): number {
    const height = globalThis.innerHeight || 800;
    const far = this.host.state.camera?.view.distance_m ?? 100;
    return (SNAP_PX * 2 * far * Math.tan(HALF_FOVY_RAD)) / height;
  }

  /** Reads the corners of the buildings around the middle of the view. */
  async #learnVertices(): Promise<void> {
    const { manifest, camera } = this.host.state;
    if (!manifest || !camera) return;
    const [x, y, z] = camera.view.target_enu;
    if (this.#verticesAt && Math.hypot(this.#verticesAt[0] - x, this.#verticesAt[1] - y) < SNAP_RADIUS_M / 3) return;
    const [low, high] = [-SNAP_RADIUS_M, SNAP_RADIUS_M].map((off) => geodeticFromEnu(manifest.ecef_from_enu, [x + off, y + off, z]));
    if (!low || !high) return;
    try {
      const { features } = await this.host.api.featuresIn("buildings/building", [low.lonDeg, low.latDeg, high.lonDeg, high.latDeg], 1000);
      this.#vertices = features.flatMap(({ geometry }) => outerRings(geometry).flat())
        .map(([lon = 0, lat = 0]) => enuFromGeodetic(manifest.ecef_from_enu, lon, lat, manifest.origin_lon_lat_height[2] + z));
      this.#verticesAt = [x, y, z];
    } catch {
      // Without the corners there is still the right angle to snap to.
      this.#vertices = [];
    }
  }

  #sketch(change: Partial<Sketch>): void {
    const { sketch } = this.host.state.planning;
    if (sketch) this.#set({ sketch: { ...sketch, ...change }, preview: null });
    this.#redraw();
  }

  #set(change: Partial<PlanningState>): void {
    this.host.dispatch({ type: "planning", change });
  }
}

function mean(points: readonly Point[], axis: 0 | 1): number {
  return points.reduce((sum, point) => sum + point[axis], 0) / Math.max(1, points.length);
}
