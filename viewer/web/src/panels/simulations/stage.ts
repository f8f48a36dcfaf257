// Layers of simulations over the city: their bytes, the sides of the engine that they lie on, and at what time they are shown.
import type { Shell } from "../../shell";
import type { SimulationApi } from "./api";
import { overlayHeader, type OverlayHeader } from "./overlay";

/** Layers kept as bytes: going back and forth between a few fetches none twice. */
const KEPT = 8;

const NOTHING = new Uint8Array();

/** A layer of a result on a side of the comparison; `minus` = the result that is subtracted. */
export interface Place { side: 0 | 1; key: string; layer: string; minus: string | null }

/** A layer as it is drawn: its classes, and how many places of a difference only one side has. */
export type Drawn = Pick<OverlayHeader, "classes" | "left_out">;

/** How what lies over the city is shown. */
export interface Showing { timeS: number; opacity: number; isVisible: boolean }

export class Stage {
  #overlays = new Map<string, Promise<Uint8Array>>();
  /** What lies on each side. */
  #shown = new Map<number, string>();
  #turn = 0;

  constructor(private readonly shell: Shell, private readonly api: SimulationApi) {}

  /**
   * Brings the sides to these layers; a later call overtakes an earlier one. Gives what the first layer says of itself as it
   * is drawn, null when it was overtaken.
   */
  async show(places: readonly Place[], showing: () => Showing): Promise<Drawn | null> {
    const turn = ++this.#turn;
    const bytes = await Promise.all(places.map((place) => this.#overlay(place)));
    if (turn !== this.#turn) return null;
    for (const side of [0, 1]) {
      const at = places.findIndex((place) => place.side === side);
      const place = places[at];
      const name = place ? nameOf(place) : "";
      if ((this.#shown.get(side) ?? "") === name) continue;
      this.shell.setOverlay(side, bytes[at] ?? NOTHING);
      this.#shown.set(side, name);
    }
    this.tell(showing());
    return bytes[0] ? overlayHeader(bytes[0]) : { classes: [], left_out: 0 };
  }

  /** Puts bytes of nobody's keeping on the scenario's side; the next `show` hands the result over again. */
  lend(bytes: Uint8Array, showing: Showing): void {
    this.#turn++;
    this.shell.setOverlay(0, bytes);
    this.#shown.set(0, "lent");
    this.tell(showing);
  }

  /** Time, opacity and visibility of what is shown. */
  tell({ timeS, opacity, isVisible }: Showing): void {
    for (const [side, name] of this.#shown) if (name) this.shell.send({ type: "show_overlay", side, time_s: timeS, opacity, visible: isVisible });
  }

  takeAway(): void {
    this.#turn++;
    for (const [side, name] of this.#shown) if (name) this.shell.setOverlay(side, NOTHING);
    this.#shown.clear();
  }

  /** Another question: nothing of the former one is needed again. */
  forget(): void {
    this.takeAway();
    this.#overlays.clear();
  }

  #overlay(place: Place): Promise<Uint8Array> {
    const name = nameOf(place);
    const kept = this.#overlays.get(name);
    if (kept) return kept;
    const coming = this.api.overlay(place.key, place.layer, place.minus);
    this.#overlays.set(name, coming);
    coming.catch(() => this.#overlays.delete(name));
    for (const old of [...this.#overlays.keys()].slice(0, -KEPT)) this.#overlays.delete(old);
    return coming;
  }
}

function nameOf({ key, layer, minus }: Place): string {
  return `${key}/${layer}-${minus ?? ""}`;
}
