// Sunshine while massing is edited: what the draft would mean is asked anew after each change, and only the newest answer counts.
import type { Shell } from "../../shell";
import type { EditRequest } from "../../planning/api";
import { troubleOf } from "../../planning/trouble";
import { BASE } from "../../planning/api";
import { ApiError } from "../../http";
import type { SimulationApi, SimulationQuestion } from "./api";
import type { Stage } from "./stage";
import type { DeskState, LiveState } from "./state";

/** Storeys that are tried at most. */
const MOST_STOREYS = 80;

/** What the live part needs of its desk. */
export interface LiveHost { state(): DeskState; set(change: Partial<DeskState>): void }

export class Live {
  /** Random: two pages do not overtake each other. */
  readonly #client = Math.random().toString(36).slice(2);
  #turn = 0;
  #storeysTurn = 0;
  /** What the last request asked. */
  #asked = "";
  /** What was wanted last, and since when. */
  #seen = "";
  #isAsking = false;
  #changedAt = 0;
  #release: (() => void) | null = null;

  constructor(private readonly shell: Shell, private readonly api: SimulationApi, private readonly stage: Stage, private readonly host: LiveHost) {}

  get isOn(): boolean {
    return this.#release !== null;
  }

  start(): void {
    if (this.isOn) return;
    this.#release = this.shell.subscribe(() => this.look());
    this.#asked = this.#seen = "";
    this.host.set({ live: { isBusy: false, answer: null, hasDraft: false, trouble: null, tookMs: null } });
    this.shell.planner.setLive(true);
    this.look();
  }

  stop(): void {
    if (!this.isOn) return;
    this.#release?.();
    this.#release = null;
    this.host.set({ live: null });
    this.shell.planner.setLive(false);
  }

  /** Asks when something has changed that matters. While an answer is awaited only the newest change is kept. */
  look(): void {
    // a write is one change, though draft and scenario follow each other
    if (!this.isOn || this.shell.state.planning.busy) return;
    const body = this.#body();
    if (!body) return;
    const key = JSON.stringify(body);
    if (key !== this.#seen) {
      this.#seen = key;
      this.#changedAt = performance.now();
    }
    if (key !== this.#asked && !this.#isAsking) void this.#ask(key, body);
  }

  #body(): { question: SimulationQuestion; edits: readonly EditRequest[]; layer?: string } | null {
    const { run, layer } = this.host.state();
    const question = this.#question();
    if (!run?.results.length || !question || layer === null) return null;
    return { question, edits: this.shell.planner.canEdit ? this.shell.state.planning.draft : [], layer };
  }

  /** The question of the result, for the scenario at work as it stands. */
  #question(): SimulationQuestion | null {
    const asked = this.host.state().run?.questions[0];
    if (!asked) return null;
    const { scenario, revision, phase } = this.shell.planner.sides.standpoint(0);
    return { scenario, area: asked.area, params: asked.params, ...(scenario !== BASE && revision !== null ? { scenario_revision: revision } : {}), ...(phase ? { phase } : {}) };
  }

  async #ask(key: string, body: { question: SimulationQuestion; edits: readonly EditRequest[]; layer?: string }): Promise<void> {
    this.#isAsking = true;
    this.#asked = key;
    const started = this.#changedAt;
    this.#set({ isBusy: true });
    try {
      const { answer, overlay } = await this.api.live("sunshine", { ...body, client: this.#client, turn: ++this.#turn });
      if (this.isOn && this.host.state().run) {
        if (body.layer !== undefined && body.layer === this.host.state().layer) this.stage.lend(overlay, this.host.state());
        this.#set({ answer, hasDraft: body.edits.length > 0, trouble: null, tookMs: performance.now() - started });
      }
    } catch (error) {
      const isOvertaken = error instanceof ApiError && error.problem.overtaken === true;
      if (!isOvertaken) this.#set({ trouble: troubleOf(error, this.shell.text.planning.errors) });
    }
    this.#isAsking = false;
    this.#set({ isBusy: false });
    // what came meanwhile
    this.look();
  }

  #set(change: Partial<LiveState>): void {
    const { live } = this.host.state();
    if (live) this.host.set({ live: { ...live, ...change } });
  }

  /** How many storeys a building may have, one of the draft too. */
  async storeys(building: string, name: string, storeyM: number): Promise<void> {
    const question = this.#question();
    if (!question) return;
    const turn = ++this.#storeysTurn;
    const asked = { building, name, isBusy: true, answer: null, trouble: null };
    this.host.set({ storeys: asked });
    const edits = this.isOn && this.shell.planner.canEdit ? this.shell.state.planning.draft : [];
    try {
      const body = { question, edits, client: `${this.#client}-storeys`, turn, storeys_of: { building, storey_m: storeyM, max_storeys: MOST_STOREYS } };
      const { answer } = await this.api.live("sunshine", body);
      if (turn === this.#storeysTurn) this.host.set({ storeys: { ...asked, isBusy: false, answer: answer.storeys } });
    } catch (error) {
      if (turn === this.#storeysTurn) this.host.set({ storeys: { ...asked, isBusy: false, trouble: troubleOf(error, this.shell.text.planning.errors) } });
    }
  }
}
