// Tables of states: fetched once per scenario, revision and phase, kept for a while, and handed to the engine's sides.
import type { Standpoint } from "./api";
import { BASE } from "./api";
import { compareCommands, sidesOf, standpointKey } from "./compare";
import type { PlanningHost } from "./host";

/** Tables kept: a play through all years, there and back, fetches each once. A table of a million features is 1 MB. */
const KEPT = 32;

/** State of a proposal that is not part of the scenario, and of what is gone or not there yet. */
export const ABSENT = 5;

/** Bytes of a table before its states: magic, version, city and scenario revision, count, reserved. */
export const HEADER_BYTES = 32;

/** State of a feature in a table; what lies beyond it is absent. */
export function stateOf(table: Uint8Array, featureIndex: number): number {
  return table[HEADER_BYTES + featureIndex] ?? ABSENT;
}

export class Sides {
  #tables = new Map<string, Promise<Uint8Array>>();
  #shown = new Map<number, string>();
  #run = 0;

  constructor(private readonly host: PlanningHost) {}

  /** What a side stands for now. */
  standpoint(side: number): Standpoint {
    const { scenario, phase, compare } = this.host.state.planning;
    if (side > 0) {
      const other = compare.others[side - 1] ?? { scenario: BASE, revision: null, phase: null };
      return { ...other, revision: other.revision ?? this.#newest(other.scenario) };
    }
    return scenario ? { scenario: scenario.id, revision: scenario.revision, phase } : { scenario: BASE, revision: null, phase };
  }

  /** Name of a side for the eye: scenario and year. */
  name(side: number): string {
    const { planning: text } = this.host.text;
    const { scenario: id, phase } = this.standpoint(side);
    const { scenario, scenarios } = this.host.state.planning;
    const name = id === BASE ? text.base : (scenario?.id === id ? scenario.name : (scenarios?.find((one) => one.id === id)?.name ?? id));
    return phase ? `${name} · ${phase.slice(0, 4)}` : name;
  }

  /** The table of a side, from what is kept or from the server. */
  table(at: Standpoint): Promise<Uint8Array> {
    const key = this.#key(at);
    const kept = this.#tables.get(key);
    if (kept) {
      // Used again: the youngest once more.
      this.#tables.delete(key);
      this.#tables.set(key, kept);
      return kept;
    }
    const coming = this.host.api.scenarios.states(at);
    this.#tables.set(key, coming);
    coming.catch(() => this.#tables.delete(key));
    for (const old of [...this.#tables.keys()].slice(0, -KEPT)) this.#tables.delete(old);
    return coming;
  }

  /** A table that was fetched before the engine stood. */
  shown(side: number, at: Standpoint): void {
    this.#shown.set(side, this.#key(at));
  }

  /** Puts tables of somebody's own making on sides; the next `show` hands the scenarios' tables over again. */
  lend(tables: Readonly<Record<number, Uint8Array>>): void {
    for (const [side, table] of Object.entries(tables)) {
      this.host.setStates(Number(side), table);
      this.#shown.delete(Number(side));
    }
  }

  /** Brings the engine to the comparison and the standpoints of the state. A later call overtakes an earlier one. */
  async show(): Promise<void> {
    const run = ++this.#run;
    const needed = sidesOf(this.host.state.planning.compare.mode).map((side) => ({ side, at: this.standpoint(side) }));
    const tables = await Promise.all(needed.map(({ at }) => this.table(at)));
    if (run !== this.#run) return;
    needed.forEach(({ side, at }, index) => {
      const key = this.#key(at);
      const table = tables[index];
      if (!table || this.#shown.get(side) === key) return;
      this.host.setStates(side, table);
      this.#shown.set(side, key);
    });
    this.sendCompare();
  }

  /** Tells the engine the mode, position and colours, without touching tables. The difference of an indicator keeps the picture while it is on. */
  sendCompare(): void {
    if (this.host.state.planning.analysis.tint) return;
    for (const command of compareCommands(this.host.state.planning.compare)) this.host.send(command);
  }

  #newest(id: string): number | null {
    return id === BASE ? null : (this.host.state.planning.scenarios?.find((one) => one.id === id)?.revision ?? null);
  }

  /** Tables grow with the city: a new revision of it asks for new ones. */
  #key(at: Standpoint): string {
    return `${this.host.state.manifest?.revision ?? 0}#${standpointKey(at)}`;
  }
}
