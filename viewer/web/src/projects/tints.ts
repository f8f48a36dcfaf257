// Town offices coloured in the scene by the share of their target that is done: the engine's tints follow the state.
import type { PlanningHost } from "../planning/host";
import type { OfficeTint } from "../planning/state";
import { rampColor } from "./ramp";

/** Share of a tint in a feature's colour: all of it. */
const WHOLE = 0xff;

/** Tints `[feature]` up to the last zone of the offices, as `Engine.setTints` takes them; without offices there are none. */
export function tintWords(offices: readonly Pick<OfficeTint, "featureIndex" | "share">[]): Uint32Array {
  const words = new Uint32Array(offices.reduce((count, { featureIndex }) => Math.max(count, featureIndex + 1), 0));
  for (const { featureIndex, share } of offices) words[featureIndex] = wordOf(rampColor(share));
  return words;
}

/** A `#rrggbb` as red, green, blue and share, from the lowest byte up. */
function wordOf(color: string): number {
  const rgb = Number.parseInt(color.slice(1), 16);
  return ((WHOLE << 24) | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
}

export class OfficeTints {
  #run = 0;

  constructor(private readonly host: PlanningHost) {}

  /** Colours the offices' zones; null takes the colours away. The engine keeps them over a lost device. */
  show(offices: readonly OfficeTint[] | null): void {
    this.#run++;
    this.host.dispatch({ type: "planning", change: { offices } });
    this.host.setTints(tintWords(offices ?? []));
  }

  /** The city has a new revision, in which zones may have other numbers. Those that are gone lose their colour. */
  async renew(): Promise<void> {
    const { offices } = this.host.state.planning;
    if (!offices) return;
    const run = ++this.#run;
    const found = await this.host.api.projects.offices();
    if (run !== this.#run) return;
    const numbers = new Map(found.map(({ zone_id, zone_index }) => [zone_id, zone_index]));
    this.show(offices.flatMap((office) => {
      const featureIndex = numbers.get(office.id) ?? null;
      return featureIndex === null ? [] : [{ ...office, featureIndex }];
    }));
  }
}
