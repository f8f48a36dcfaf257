// The controller of planning: scenarios and their edits, phase, comparison; panels call its intents and draw the state.
import type { ScenarioEvent } from "../api";
import type { ViewerEvent } from "../bridge.gen";
import { ApiError } from "../http";
import { fill } from "../i18n";
import { remember } from "../preferences";
import { OfficeTints } from "../projects/tints";
import type { LinkState, PinnedScenario } from "../url-state";
import { AnalysisRunner } from "./analysis";
import { BASE, scenarioEtag, type EditRequest, type MergeConflict, type ScenarioDetail, type Standpoint } from "./api";
import { blinkInterval, clampPosition, MIN_BLINK_MS, type Compare, type CompareMode } from "./compare";
import type { PlanningHost } from "./host";
import { LAST_YEAR, phaseOfYear, yearOfPhase, FIRST_YEAR } from "./phase";
import { Sides } from "./sides";
import type { PlanningState } from "./state";
import { MapTools } from "./tools";
import { troubleOf } from "./trouble";

/** How long a year stands while the phases play. */
const YEAR_MS = 900;

export class Planner {
  readonly sides: Sides;
  readonly analysis: AnalysisRunner;
  readonly tools: MapTools;
  readonly offices: OfficeTints;
  #player: ReturnType<typeof setInterval> | undefined;
  #blinker: ReturnType<typeof setTimeout> | undefined;
  #blinkedAt = -Infinity;
  #nextBlink: ReturnType<typeof setTimeout> | undefined;
  #chosen = 0;

  constructor(private readonly host: PlanningHost) {
    this.sides = new Sides(host);
    this.tools = new MapTools(host, this.sides);
    this.offices = new OfficeTints(host);
    this.analysis = new AnalysisRunner(host, this.sides, (lines) => this.tools.showArea(lines));
  }

  get state(): PlanningState {
    return this.host.state.planning;
  }

  /** The scenario at work may be written to. */
  get canEdit(): boolean {
    const { scenario, isPinned } = this.state;
    return scenario !== null && !isPinned && !scenario.is_archived;
  }

  // Start and stop ---------------------------------------------------------------------------------------------------

  /** Reads what a link pins and the table that the first frame needs; null when the server has none. */
  async prepare(link: LinkState): Promise<Uint8Array | null> {
    this.#fromLink(link);
    try {
      if (link.scenario && link.scenario.id !== BASE) await this.#open(link.scenario.id, link.scenario.revision);
      const at = this.sides.standpoint(0);
      const table = await this.sides.table(at);
      this.sides.shown(0, at);
      return table;
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** After the engine stands: the list of scenarios, and what else of a link is not shown yet. */
  async opened(): Promise<void> {
    await this.refreshList();
    await this.#guard(() => this.#show());
    this.#keepBlinking();
    await this.refreshProjects();
  }

  /** Reads the project library. */
  async refreshProjects(): Promise<void> {
    const { projects: api } = this.host.api;
    await this.#guard(async () => {
      const [projects, vocabulary] = await Promise.all([api.list(), this.state.vocabulary ?? api.vocabulary()]);
      this.#set({ projects, vocabulary });
    });
  }

  /** A link that was followed while the page is open. */
  async follow(link: LinkState): Promise<void> {
    this.#fromLink(link);
    const id = link.scenario?.id ?? BASE;
    const { scenario } = this.state;
    if (id !== (scenario?.id ?? BASE) || (link.scenario?.revision ?? null) !== (scenario?.revision ?? null)) await this.choose(id, link.scenario?.revision ?? null);
    else await this.#show();
  }

  stop(): void {
    clearInterval(this.#player);
    clearTimeout(this.#blinker);
    clearTimeout(this.#nextBlink);
  }

  /** What a share link carries of planning: the scenario with its revision, the phase, the comparison. */
  link(): Pick<LinkState, "scenario" | "phase" | "compare"> {
    const { scenario, phase, compare } = this.state;
    const link: Pick<LinkState, "scenario" | "phase" | "compare"> = {};
    if (scenario) link.scenario = { id: scenario.id, revision: scenario.revision };
    if (phase) link.phase = phase;
    if (compare.mode !== "single") {
      const [against, ...others] = (compare.mode === "grid" ? [1, 2, 3] : [1]).map((side) => {
        const { scenario: id, revision, phase: at } = this.sides.standpoint(side);
        return { id, revision, ...(at ? { phase: at } : {}) };
      });
      if (against) link.compare = { mode: compare.mode, position: compare.position, against, ...(others.length > 0 ? { others } : {}) };
    }
    return link;
  }

  // Scenarios --------------------------------------------------------------------------------------------------------

  async refreshList(): Promise<void> {
    try {
      this.#set({ scenarios: await this.host.api.scenarios.list() });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes up a scenario (`base` = the city as it stands), at its newest or an older revision. */
  async choose(id: string, revision: number | null = null): Promise<void> {
    const run = ++this.#chosen;
    await this.#working(async () => {
      if (id === BASE) this.#set({ scenario: null, isPinned: false, stale: null, merge: null });
      else await this.#open(id, revision);
      if (run !== this.#chosen) return;
      this.tools.clear();
      await this.#changed();
      this.host.announce(fill(this.#text.chosen, { name: this.sides.name(0) }));
    });
  }

  async create(name: string, note: string): Promise<void> {
    await this.#working(async () => {
      const { data } = await this.host.api.scenarios.create({ name, author: this.#author, ...(note ? { note } : {}) });
      await this.#took(data.id);
    });
  }

  async branch(name: string): Promise<void> {
    const { scenario } = this.state;
    if (!scenario) return this.create(name, "");
    await this.#working(async () => {
      const { data } = await this.host.api.scenarios.branch(scenario.id, { name, author: this.#author });
      await this.#took(data.id);
    });
  }

  async rename(name: string): Promise<void> {
    await this.#write((scenario, etag) => this.host.api.scenarios.update(scenario.id, { name }, etag));
    await this.refreshList();
  }

  async archive(): Promise<void> {
    const { scenario } = this.state;
    if (!scenario) return;
    await this.#working(async () => {
      await this.host.api.scenarios.archive(scenario.id, this.#etag(scenario));
      await this.refreshList();
      this.#set({ scenario: null, isPinned: false });
      await this.#changed();
      this.host.notify(fill(this.#text.archived, { name: scenario.name }));
    });
  }

  /** Takes the edits of another scenario over; conflicts come up in `state.merge` and are settled by a second call. */
  async merge(from: string, resolve?: Record<string, "ours" | "theirs">): Promise<void> {
    const { scenario } = this.state;
    if (!scenario) return;
    await this.#working(async () => {
      try {
        const body = { from, author: this.#author, ...(resolve ? { resolve } : {}) };
        const { merged } = await this.host.api.scenarios.merge(scenario.id, body, this.#etag(scenario));
        this.#set({ merge: null });
        await this.#reread();
        this.host.notify(fill(this.#text.merged, { n: merged }));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409 || !error.problem.conflicts?.length) throw error;
        const conflicts = error.problem.conflicts as MergeConflict[];
        this.#set({ merge: { from, conflicts, resolve: resolve ?? {} } });
      }
    });
  }

  resolve(feature: string, which: "ours" | "theirs"): void {
    const { merge } = this.state;
    if (merge) this.#set({ merge: { ...merge, resolve: { ...merge.resolve, [feature]: which } } });
  }

  dismiss(): void {
    this.#set({ trouble: null, stale: null, merge: null });
  }

  setAuthor(author: string): void {
    remember("author", author);
    this.#set({ author });
  }

  // Edits ------------------------------------------------------------------------------------------------------------

  /** Writes edits as one step; true when they are in. A refusal is told in `state.trouble` or `state.stale`. */
  async edit(edits: EditRequest[]): Promise<boolean> {
    const { scenario } = this.state;
    if (!scenario || !this.canEdit) return false;
    return this.#working(async () => {
      try {
        await this.host.api.scenarios.edit(scenario.id, { author: this.#author, edits }, this.#etag(scenario));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 412) throw error;
        await this.#outrun(scenario, edits);
        return false;
      }
      // what was a draft is in the scenario now
      this.#set({ draft: [] });
      await this.#reread();
      this.host.announce(fill(this.#text.written, { n: edits.length }));
      return true;
    }, false);
  }

  /** What the editing panel would write now: simulations show it before it is saved. */
  setDraft(draft: readonly EditRequest[]): void {
    if (JSON.stringify(draft) !== JSON.stringify(this.state.draft)) this.#set({ draft });
  }

  setLive(isLive: boolean): void {
    if (isLive !== this.state.isLive) this.#set({ isLive });
  }

  /** After "someone else changed this scenario": takes the newest state, and writes the edits again when asked. */
  async reload(again: boolean): Promise<void> {
    const { stale } = this.state;
    if (!stale) return;
    this.#set({ stale: null });
    await this.#working(() => this.#reread());
    if (again) await this.edit(stale.edits);
  }

  async undo(): Promise<void> {
    if (this.state.scenario?.can_undo) await this.#write((scenario, etag) => this.host.api.scenarios.step(scenario.id, "undo", this.#author, etag), this.#text.undone);
  }

  async redo(): Promise<void> {
    if (this.state.scenario?.can_redo) await this.#write((scenario, etag) => this.host.api.scenarios.step(scenario.id, "redo", this.#author, etag), this.#text.redone);
  }

  // Phase ------------------------------------------------------------------------------------------------------------

  /** Shows the city at a phase; null = everything done. */
  setPhase(phase: string | null): void {
    if (phase === this.state.phase) return;
    this.#set({ phase });
    this.host.announce(phase ? fill(this.#text.phase_is, { year: phase.slice(0, 4) }) : this.#text.phase_all);
    void this.#guard(async () => {
      await this.#show();
      if (!this.state.playing) this.analysis.touch();
    });
  }

  play(on: boolean): void {
    clearInterval(this.#player);
    this.#set({ playing: on });
    if (!on) return this.analysis.touch();
    const now = yearOfPhase(this.state.phase);
    if (now === null || now >= LAST_YEAR) this.setPhase(phaseOfYear(FIRST_YEAR));
    this.#prefetch();
    this.#player = setInterval(() => {
      const year = yearOfPhase(this.state.phase) ?? FIRST_YEAR;
      if (year >= LAST_YEAR) return this.play(false);
      this.setPhase(phaseOfYear(year + 1));
      this.#prefetch();
    }, YEAR_MS);
  }

  #prefetch(): void {
    const year = yearOfPhase(this.state.phase);
    if (year !== null && year < LAST_YEAR) this.sides.table({ ...this.sides.standpoint(0), phase: phaseOfYear(year + 1) }).catch(() => undefined);
  }

  // Compare ----------------------------------------------------------------------------------------------------------

  setMode(mode: CompareMode): void {
    this.#compare({ mode, shown: 0 });
    this.host.announce(this.#text.modes[mode]);
  }

  /** What a side of the comparison stands for (1 = what the scenario is held against). */
  setOther(side: 1 | 2 | 3, at: Standpoint): void {
    const others = [...this.state.compare.others] as [Standpoint, Standpoint, Standpoint];
    others[side - 1] = at;
    this.#compare({ others });
  }

  setPosition(position: number): void {
    this.#set({ compare: { ...this.state.compare, position: clampPosition(position) } });
    this.sides.sendCompare();
    this.host.touchLink();
  }

  /** Colours by state; without them the city shows as it will stand, and ghosts come only when asked for. */
  setColors(colors: boolean): void {
    this.#set({ compare: { ...this.state.compare, colors, ghost: colors } });
    this.sides.sendCompare();
  }

  /** Shows what is taken down as a ghost, or leaves it out. */
  setGhost(ghost: boolean): void {
    this.#set({ compare: { ...this.state.compare, ghost } });
    this.sides.sendCompare();
    this.host.announce(ghost ? this.host.text.compare.ghost_on : this.host.text.compare.ghost_off);
  }

  setBlink(change: { hz?: number; running?: boolean }): void {
    const { compare } = this.state;
    this.#set({ compare: { ...compare, blinkHz: change.hz ?? compare.blinkHz, blinking: change.running ?? compare.blinking } });
    this.#keepBlinking();
  }

  /** One step of blink. A held key, or two quick presses, come no faster than the limit (WCAG 2.3.1): the next step waits its turn. */
  blinkStep(): void {
    if (this.state.compare.mode !== "blink" || this.#nextBlink !== undefined) return;
    const wait = MIN_BLINK_MS - (performance.now() - this.#blinkedAt);
    if (wait <= 0) return this.#blink();
    this.#nextBlink = setTimeout(() => {
      this.#nextBlink = undefined;
      this.#blink();
    }, Math.ceil(wait));
  }

  #blink(): void {
    const { compare } = this.state;
    if (compare.mode !== "blink") return;
    this.#blinkedAt = performance.now();
    const shown = compare.shown === 0 ? 1 : 0;
    this.#set({ compare: { ...compare, shown } });
    this.host.send({ type: "set_side", side: shown });
  }

  // What comes in ----------------------------------------------------------------------------------------------------

  onScenario({ id, revision, author }: ScenarioEvent): void {
    void this.#guard(async () => {
      await this.refreshList();
      const { scenario, isPinned, busy, compare } = this.state;
      if (scenario?.id === id && !isPinned && !busy && revision > scenario.revision) {
        await this.#reread();
        if (author !== this.#author) this.host.notify(fill(this.#text.others_wrote, { author, n: revision }));
      } else if (compare.others.some((other) => other.scenario === id)) await this.#changed();
    });
  }

  /** The stream opened again: what was missed is read. */
  onOpen(): void {
    const { scenario } = this.state;
    if (this.state.scenarios === null) return;
    void this.#guard(async () => {
      await this.refreshList();
      const newest = this.state.scenarios?.find(({ id }) => id === scenario?.id)?.revision;
      if (scenario && !this.state.isPinned && newest !== undefined && newest > scenario.revision) await this.#reread();
    });
  }

  /** The city has a new revision: tables of states are longer now. */
  onCity(): void {
    // The table of states gives new features their rows, into which tints are written.
    void this.#guard(() => this.#changed()).then(() => this.#guard(() => this.offices.renew()));
    void this.refreshProjects();
  }

  onEvent(event: ViewerEvent): boolean {
    return this.tools.onEvent(event);
  }

  // Within -----------------------------------------------------------------------------------------------------------

  get #text() {
    return this.host.text.planning;
  }

  get #author(): string {
    return this.state.author.trim() || this.#text.anonymous;
  }

  #set(change: Partial<PlanningState>): void {
    this.host.dispatch({ type: "planning", change });
  }

  #etag({ id, revision }: ScenarioDetail): string {
    return scenarioEtag(id, revision);
  }

  #fromLink(link: LinkState): void {
    if (link.phase !== undefined) this.#set({ phase: link.phase });
    if (!link.compare) return;
    const { compare } = this.state;
    const { mode, position, against, others = [] } = link.compare;
    const at = ({ id, revision, phase }: PinnedScenario): Standpoint => ({ scenario: id, revision, phase: phase ?? null });
    const [, second, third] = compare.others;
    const [other, another] = others.map(at);
    this.#set({ compare: { ...compare, mode, position: clampPosition(position), others: [at(against), other ?? second, another ?? third] } });
  }

  /** Reads a scenario; an older revision than the newest is pinned. */
  async #open(id: string, revision: number | null): Promise<void> {
    const { data: newest } = await this.host.api.scenarios.read(id, null);
    const isPinned = revision !== null && revision < newest.revision;
    const scenario = isPinned ? (await this.host.api.scenarios.read(id, revision)).data : newest;
    this.#set({ scenario: isPinned ? { ...scenario, revision } : scenario, isPinned, stale: null, merge: null });
  }

  async #took(id: string): Promise<void> {
    await this.refreshList();
    await this.#open(id, null);
    await this.#changed();
    this.host.announce(fill(this.#text.chosen, { name: this.sides.name(0) }));
  }

  async #reread(): Promise<void> {
    const { scenario } = this.state;
    if (scenario) await this.#open(scenario.id, null);
    await this.#changed();
  }

  /** The scenario at work, or what it is held against, is another one now. */
  async #changed(): Promise<void> {
    this.host.touchLink();
    await this.#show();
    this.analysis.touch();
  }

  /** Engine and table of differences follow the state. */
  async #show(): Promise<void> {
    await this.sides.show();
    if (this.state.compare.mode === "single") return this.#set({ diff: null });
    this.#set({ diff: await this.host.api.scenarios.diff(this.sides.standpoint(1), this.sides.standpoint(0)) });
  }

  #compare(change: Partial<Compare>): void {
    this.analysis.tint(null);
    this.#set({ compare: { ...this.state.compare, ...change } });
    this.host.touchLink();
    this.#keepBlinking();
    void this.#guard(() => this.#show());
    this.analysis.touch();
  }

  #keepBlinking(): void {
    clearTimeout(this.#blinker);
    const { mode, blinking, blinkHz } = this.state.compare;
    if (mode !== "blink" || !blinking) return;
    // From each step anew: an interval catches up after a busy moment, and two changes would come close together.
    this.#blinker = setTimeout(() => {
      this.blinkStep();
      this.#keepBlinking();
    }, blinkInterval(blinkHz));
  }

  /** Somebody was faster: says who and what, and keeps the edits for another try. */
  async #outrun(scenario: ScenarioDetail, edits: EditRequest[]): Promise<void> {
    const { data } = await this.host.api.scenarios.read(scenario.id, null);
    const changes = data.edits.filter(({ from_revision }) => from_revision > scenario.revision);
    this.#set({ stale: { edits, mine: scenario.revision, now: data.revision, changes } });
  }

  /** A write that needs the newest version; when it is not, the newest is read and the user told. */
  async #write(write: (scenario: ScenarioDetail, etag: string) => Promise<unknown>, done?: string): Promise<void> {
    const { scenario } = this.state;
    if (!scenario || !this.canEdit) return;
    await this.#working(async () => {
      try {
        await write(scenario, this.#etag(scenario));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 412) throw error;
        await this.#outrun(scenario, []);
        return;
      }
      await this.#reread();
      if (done) this.host.announce(done);
    });
  }

  async #working<T>(work: () => Promise<T>, otherwise?: T): Promise<T> {
    this.#set({ busy: true, trouble: null });
    try {
      return await work();
    } catch (error) {
      this.#fail(error);
      return otherwise as T;
    } finally {
      this.#set({ busy: false });
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const trouble = troubleOf(error, this.#text.errors);
    this.#set({ trouble });
    this.host.announce(trouble.text);
  }
}
