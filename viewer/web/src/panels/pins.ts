// Signs of projects over the city: one each from near, clusters from afar. The list in the left card is their way by keyboard.
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import { fill } from "../i18n";
import type { Bounds, ProjectInfo } from "../api";
import { cluster, type Pin } from "../projects/list";
import type { Project } from "../projects/api";
import { STATUS_COLORS, statusFill, statusKind } from "../projects/status";
import { projector } from "../projection";
import { groupBy } from "../ui/group";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

/** Half the width of a common sign, and how far it stands above its place. */
const HALF_PX = 64;
const LIFT_PX = 46;

/** Widths of a sign: what its border, dot and one letter (Chinese, other) take, and the most; pixels. */
const FRAME_PX = 40;
const LETTER_PX = [12.5, 7] as const;
const WIDEST_PX = 180;
const HEIGHT_PX = 40;

/** A sign for several: no larger than that for one with two letters. */
const SEVERAL = { halfWidth: 32, height: HEIGHT_PX };

/** While the camera moves, the cards around it are measured this often; milliseconds. */
const MEASURED_FOR_MS = 250;

/** A sign stands this high over its project, metres. */
const MAST_M = 60;

/** Nearer than this the project's own outline says enough, metres. */
const NEAR_M = 350;

/** Room that a project's own sign takes. */
function sizeOf({ name }: ProjectInfo): { halfWidth: number; height: number } {
  let letters = 0;
  for (const letter of name) letters += LETTER_PX[letter > "\u2e80" ? 0 : 1];
  return { halfWidth: Math.max(SEVERAL.halfWidth, Math.min(WIDEST_PX, FRAME_PX + letters) / 2), height: HEIGHT_PX };
}

/** While the camera moves a sign keeps its element, so that only its place changes and no text is set anew. */
function keyOf({ items }: Pin<ProjectInfo>): string {
  return `${items[0]?.id}${items.length > 1 ? "+" : ""}`;
}

interface Box { left: number; right: number; top: number; bottom: number }

export class PinsOverlay extends Panel {
  static override styles = [shared, css`
    :host { position: absolute; inset: 0; pointer-events: none; overflow: hidden; z-index: 0; }
    button {
      position: absolute; left: 0; top: 0; contain: layout style; min-height: 28px; min-width: 28px; padding: 0 10px 0 6px; gap: 6px; border-radius: 14px; pointer-events: auto; font-size: 12px; font-weight: 600;
      background: rgb(17 22 28 / 84%); border: 1px solid rgb(255 255 255 / 22%); box-shadow: 0 2px 8px rgb(4 10 16 / 40%); white-space: nowrap; max-width: 180px;
    }
    button:hover { background: var(--cj-card-solid); z-index: 2; }
    button::after { content: ""; position: absolute; left: 50%; top: 100%; width: 1px; height: 18px; background: rgb(255 255 255 / 60%); }
    button span { overflow: hidden; text-overflow: ellipsis; }
    button i { flex: none; width: 14px; height: 14px; border-radius: 4px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 45%); }
    button.many { padding: 0 10px; border-radius: 18px; min-height: 34px; min-width: 34px; font-size: 14px; }
    .ring { flex: none; width: 20px; height: 20px; border-radius: 50%; }
  `];

  #cards: readonly Box[] = [];
  #measuredAt = -Infinity;
  #measuredFor: ShellState["camera"] = null;
  #known: { of: readonly Project[] | null; records: ReadonlyMap<string, Project> } | null = null;

  protected override drawn(state: ShellState): readonly unknown[] {
    const { camera, manifest, planning, layers, underground, language, settled, selection } = state;
    // cards come and go with a selection and the panels of planning, and have found their place when the picture stands still
    return [camera, manifest, planning, layers, underground, language, settled, selection];
  }

  override render(): TemplateResult | typeof nothing {
    const { camera, manifest, planning, layers, underground } = this.state;
    const mode = planning.compare.mode;
    const { width, height } = { width: this.clientWidth, height: this.clientHeight };
    if (!camera || !manifest || !width || underground || layers["projects/project"] === false || planning.tool !== "none" || mode === "side_by_side" || mode === "grid") return nothing;
    if (camera.view.distance_m < NEAR_M) return nothing;
    const project = projector(camera.view, { width, height });
    const all: readonly ProjectInfo[] = manifest.projects;
    const covered = this.#covered();
    const isFree = ({ x, y }: { x: number; y: number }): boolean => !covered.some((card) => x > card.left - HALF_PX && x < card.right + HALF_PX && y - LIFT_PX < card.bottom && y > card.top);
    const placed = all.flatMap((item) => {
      const [x, y, z] = item.center_enu;
      const at = project([x, y, z + MAST_M]);
      return at && at.x > 0 && at.x < width && at.y > LIFT_PX && at.y < height && isFree(at) ? [{ item, at }] : [];
    });
    return html`<section aria-label=${this.text.projects.title}>${repeat(cluster(placed, sizeOf, SEVERAL), keyOf, (pin) => this.#pin(pin))}</section>`;
  }

  /** Cards of the shell that lie over the picture: a sign half below one would only be in the way. */
  #covered(): readonly Box[] {
    const now = performance.now();
    const { camera } = this.state;
    if (camera === this.#measuredFor || now - this.#measuredAt > MEASURED_FOR_MS) {
      this.#cards = this.#measure();
      this.#measuredAt = now;
    }
    this.#measuredFor = camera;
    return this.#cards;
  }

  #measure(): Box[] {
    const here = this.getBoundingClientRect();
    const root = this.getRootNode();
    if (!(root instanceof ShadowRoot)) return [];
    return [...root.querySelectorAll(".top > *, .middle > :not(.bottom), .bottom > *, cj-library, cj-status")].map((card) => {
      const { left, right, top, bottom } = card.getBoundingClientRect();
      return { left: left - here.left, right: right - here.left, top: top - here.top, bottom: bottom - here.top };
    }).filter(({ left, right }) => right > left);
  }

  #pin({ items, x, y }: Pin<ProjectInfo>): TemplateResult {
    const place = styleMap({ transform: `translate(${x.toFixed(1)}px,${y.toFixed(1)}px) translate(-50%,calc(-100% - 18px))` });
    const [only] = items;
    if (items.length === 1 && only) {
      return html`<button tabindex="-1" data-pin=${only.id} style=${place} title="${only.name} · ${only.stage}" @click=${() => this.#open(only)}><i style="background:${statusFill(this.#kind(only))}"></i><span>${only.name}</span></button>`;
    }
    return html`<button class="many number" tabindex="-1" style=${place} title=${fill(this.text.library.pins, { n: items.length })} @click=${() => this.#into(items)}><span class="ring" style="background:${this.#ring(items)}"></span>${items.length}</button>`;
  }

  /** Slices by status, as a pie. */
  #ring(items: readonly ProjectInfo[]): string {
    let at = 0;
    const counts = groupBy(items, (item) => this.#kind(item));
    const slices = [...counts].map(([kind, { length }]) => {
      const from = at;
      at += (length / items.length) * 100;
      return `${STATUS_COLORS[kind]} ${from}% ${at}%`;
    });
    return `radial-gradient(circle, #141a21 0 5px, transparent 5.5px), conic-gradient(${slices.join(",")})`;
  }

  #kind({ id, stage }: ProjectInfo): ReturnType<typeof statusKind> {
    const { projects } = this.state.planning;
    if (this.#known?.of !== projects) this.#known = { of: projects, records: new Map(projects?.map((one) => [one.id, one])) };
    return statusKind(this.#known.records.get(id) ?? { stage, exit: null });
  }

  #open({ center_enu: [x, y, z], radius_m: r, name, id }: ProjectInfo): void {
    this.shell.flyToBounds([x - r, y - r, z, x + r, y + r, z + 20], name);
    void this.shell.select(id);
  }

  #into(items: readonly ProjectInfo[]): void {
    const bounds: Bounds = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
    for (const { center_enu, radius_m } of items) {
      center_enu.forEach((value, axis) => {
        const reach = axis === 2 ? 0 : radius_m;
        bounds[axis] = Math.min(bounds[axis] ?? value, value - reach);
        bounds[axis + 3] = Math.max(bounds[axis + 3] ?? value, value + reach);
      });
    }
    this.shell.flyToBounds(bounds, fill(this.text.projects.count, { n: items.length }));
  }
}

customElements.define("cj-pins", PinsOverlay);
