// The controller of simulations: question, jobs that are followed while they run, results and what of them lies over the city.
import type { Json } from "../../api";
import { geodeticFromEnu } from "../../geo";
import { ApiError } from "../../http";
import { local } from "../../i18n";
import { BASE, type Area, type Standpoint } from "../../planning/api";
import { standpointKey } from "../../planning/compare";
import { troubleOf } from "../../planning/trouble";
import type { Click, Shell } from "../../shell";
import { BREAK, BreakHand } from "./break";
import { SimulationApi, type Job, type Outcome, type Params, type Probe, type ProbePlace, type SimulationEntry, type SimulationLayer, type SimulationQuestion } from "./api";
import { Live } from "./live";
import { fieldPaths, fieldsOf, missingFeature, withoutChanges } from "./parameters";
import { chosenFiles, outsideQuestions } from "./outside-question";
import { isSame, questionOf, readAdvanced, valueAt, withAdvanced, withValue } from "./question";
import { Stage, type Place } from "./stage";
import { initialDesk, type DeskState } from "./state";
import { clampTime, played } from "./steps";

/** A running job is asked after at once, then less and less often. */
const FIRST_POLL_MS = 20;
const POLL_MS = 500;
const POLL_GROWTH = 1.6;

/** What they are about lies below the ground. */
const UNDERGROUND: readonly string[] = [BREAK, "hydraulics"];

const desks = new WeakMap<Shell, SimulationDesk>();

export class SimulationDesk {
  readonly api: SimulationApi;
  state: DeskState = initialDesk();
  #listeners = new Set<() => void>();
  #isOpen = false;
  #following = new AbortController();
  readonly #stage: Stage;
  readonly #live: Live;
  #player: ReturnType<typeof setInterval> | undefined;
  #release: (() => void) | null = null;
  #revision: string | null = null;
  #probes = 0;
  #runs = 0;
  /** The ground was opened for what is looked at, not by the user. */
  #openedGround = false;
  readonly breaks: BreakHand;

  private constructor(private readonly shell: Shell) {
    this.api = new SimulationApi(shell.api.http);
    this.#stage = new Stage(shell, this.api);
    this.#live = new Live(shell, this.api, this.#stage, { state: () => this.state, set: (change) => this.#set(change) });
    this.breaks = new BreakHand(this, shell);
  }

  /** The desk of a shell: a panel that is opened again finds its question and result. */
  static of(shell: Shell): SimulationDesk {
    const desk = desks.get(shell) ?? new SimulationDesk(shell);
    desks.set(shell, desk);
    return desk;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // The panel --------------------------------------------------------------------------------------------------------

  open(): void {
    this.#isOpen = true;
    this.#release = this.shell.takeClicks((click) => this.#clicked(click));
    if (!this.state.catalogue) void this.#guard(() => this.#readCatalogue());
    if (this.isRunning) void this.#guard(() => this.#follow());
    this.#openGround();
    void this.#guard(() => this.#show());
  }

  /** Nothing of a simulation stays over the city when its panel is closed; a job goes on without being watched. */
  close(): void {
    this.#isOpen = false;
    this.#release?.();
    this.play(false);
    this.#set({ isPicking: false });
    if (this.#live.isOn) return;
    this.#following.abort();
    this.#stage.takeAway();
    this.#openGround();
  }

  /** Does something and says what went wrong with it. */
  guard(work: () => Promise<void>): Promise<void> {
    return this.#guard(work);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Opens the ground over pipes, and shuts it again when nothing looks at them any more. */
  #openGround(): void {
    const wants = this.#isOpen && UNDERGROUND.includes(this.state.name);
    const { underground } = this.shell.state;
    if (wants && !underground) {
      this.#openedGround = true;
      this.shell.setUnderground(true);
    } else if (!wants && this.#openedGround) {
      this.#openedGround = false;
      if (underground) this.shell.setUnderground(false);
    }
  }

  // While one edits --------------------------------------------------------------------------------------------------

  /** Keeps the result in sight while massing is edited, and shows what each edit would mean. */
  setLive(isLive: boolean): void {
    if (isLive) return this.#live.start();
    this.#live.stop();
    if (this.#isOpen) void this.#guard(() => this.#show());
    else this.close();
  }

  /** There is a result of sunshine to be followed. */
  get canLive(): boolean {
    return this.state.run?.name === "sunshine" && this.state.run.results.length > 0;
  }

  /** How many storeys a building may have. */
  async askStoreys(building: string, name: string, storeyM: number): Promise<void> {
    await this.#live.storeys(building, name, storeyM);
  }

  /** Asks the question of the result again, for the scenario as it stands. */
  async again(): Promise<void> {
    const asked = this.state.run?.questions[0];
    if (asked) await this.run([questionOf(this.shell.planner.sides.standpoint(0), asked.area, asked.params, {})]);
  }

  get isRunning(): boolean {
    return this.state.run?.jobs.some(isGoing) ?? false;
  }

  // Question ---------------------------------------------------------------------------------------------------------

  get entry(): SimulationEntry | null {
    return this.state.catalogue?.find(({ name }) => name === this.state.name) ?? null;
  }

  /** Parameters of the simulation that is chosen. */
  get params(): Params {
    return this.state.params[this.state.name] ?? this.entry?.params ?? {};
  }

  choose(name: string): void {
    this.#set({ name, typed: null, isPicking: false, isProbing: false, trouble: null });
    // what bursts is chosen by the next click: nothing else may lie over the pipes
    if (name === BREAK && this.state.run && this.state.run.name !== name) {
      this.#stage.forget();
      this.#set({ run: null, layer: null, isDifference: false });
    }
    this.#openGround();
  }

  setParam(path: readonly string[], value: Json): void {
    this.#setParams(withValue(this.params, path, value));
  }

  /** Takes up typed JSON as far as it can be used. */
  setAdvanced(text: string): void {
    const defaults = this.entry?.params ?? {};
    const read = readAdvanced(text, defaults);
    if ("fault" in read) return this.#set({ typed: { text, fault: read.fault } });
    this.#set({ typed: null });
    this.#setParams(withAdvanced(this.params, read.params, defaults, fieldPaths(this.state.name)));
  }

  setParams(params: Params): void {
    this.#setParams(params);
  }

  /** Files of other programs that the chosen ones are held against. */
  setBefore(before: readonly string[]): void {
    this.#set({ outside: { ...this.state.outside, before } });
  }

  async readOutside(): Promise<void> {
    const files = await this.api.outside();
    this.#set({ outside: { ...this.state.outside, files } });
  }

  addPlace(path: readonly string[], place: readonly [number, number]): void {
    const before = valueAt(this.params, path);
    this.setParam(path, [...(Array.isArray(before) ? before : []), [...place]]);
  }

  setCompared(isCompared: boolean): void {
    this.#set({ isCompared });
  }

  pick(isPicking: boolean): void {
    this.#set({ isPicking, isProbing: isPicking ? false : this.state.isProbing });
  }

  /** There is something to hold the scenario against. */
  get canCompare(): boolean {
    const { sides } = this.shell.planner;
    return standpointKey(sides.standpoint(0)) !== standpointKey(sides.standpoint(1));
  }

  /** The questions as the form has them now: of the scenario, then of what it is held against. */
  questions(): SimulationQuestion[] {
    const defaults = this.entry?.params ?? {};
    const { files, before } = this.state.outside;
    if (this.state.name === "outside") return outsideQuestions(this.#standpoints(), this.#area, this.params, defaults, before, files ?? []);
    const without = this.comparesUnchanged ? withoutChanges(this.state.name, this.params) : null;
    return this.#standpoints().map((at, side) => questionOf(at, this.#area, side > 0 && without ? without : this.params, defaults));
  }

  /** The form asks something else than what the result answers. */
  get isOtherQuestion(): boolean {
    const { run } = this.state;
    if (!run) return false;
    const plain = (questions: readonly SimulationQuestion[]): Json => questions.map(({ scenario_revision: _, ...rest }) => rest) as unknown as Json;
    return run.name !== this.state.name || !isSame(plain(run.questions), plain(this.questions()));
  }

  /** There is no other scenario to hold the question against, but it changes something itself. */
  get comparesUnchanged(): boolean {
    return !this.canCompare && withoutChanges(this.state.name, this.params) !== null;
  }

  #names(): string[] {
    const { sides } = this.shell.planner;
    return this.#standpoints().map((_, side) => (side > 0 && this.comparesUnchanged ? `${sides.name(0)} · ${this.#text.unchanged}` : sides.name(side)));
  }

  #standpoints(): Standpoint[] {
    const { sides } = this.shell.planner;
    if (this.state.isCompared && this.comparesUnchanged) return [sides.standpoint(0), sides.standpoint(0)];
    return this.state.isCompared && this.canCompare ? [sides.standpoint(0), sides.standpoint(1)] : [sides.standpoint(0)];
  }

  /** What a result of other programs is called beside another: its files. */
  #filesOf(params: Params): string {
    const chosen = chosenFiles(params).map((id) => this.state.outside.files?.find((file) => file.id === id)?.name ?? id);
    return chosen.length > 2 ? `${chosen[0]} … ${chosen.at(-1)}` : chosen.join(", ");
  }

  get #area(): Area {
    return this.shell.state.planning.analysis.area;
  }

  // Jobs -------------------------------------------------------------------------------------------------------------

  async run(given?: SimulationQuestion[]): Promise<void> {
    const entry = given ? (this.state.catalogue?.find(({ name }) => name === this.state.run?.name) ?? null) : this.entry;
    if (!entry) return;
    if (entry.name === BREAK) return this.#answer();
    if (this.state.isStarting || this.isRunning) return;
    const missing = given ? null : missingFeature(entry.name, this.params);
    if (missing) return this.#fail(this.#text.needs_selected.replace("{name}", local(missing.label, this.shell.state.language)));
    const questions = given ?? this.questions();
    const { sides } = this.shell.planner;
    const names = entry.name === "outside" && questions.length > 1 ? questions.map(({ params }) => this.#filesOf(params)) : given ? questions.map((_, side) => sides.name(side)) : this.#names();
    const { layer } = this.state;
    this.#following.abort();
    if (entry.name !== "sunshine") this.setLive(false);
    if (!this.#live.isOn) this.#stage.forget();
    this.play(false);
    this.#set({ storeys: null, isStarting: true, trouble: null, failure: null, run: null, layer: null, isDifference: false, difference: null, probed: null, probeTrouble: null, isPicking: false, isVisible: true, timeS: 0, signs: [] });
    try {
      const jobs: Job[] = [];
      for (const question of questions) jobs.push(await this.api.start(entry.name, question));
      this.#set({ run: { name: entry.name, questions, names, jobs, results: [] }, isStarting: false });
    } catch (error) {
      this.#set({ isStarting: false });
      return this.#caught(error);
    }
    await this.#guard(() => this.#follow(given ? layer : null));
  }

  /** A question that is answered within a blink: the picture stays until the next one comes, a later question overtakes. */
  async #answer(): Promise<void> {
    const missing = missingFeature(BREAK, this.params);
    if (missing) return this.#fail(this.#text.needs_selected.replace("{name}", local(missing.label, this.shell.state.language)));
    const turn = ++this.#runs;
    const questions = this.questions();
    const names = this.#names();
    this.#following.abort();
    this.#following = new AbortController();
    const { signal } = this.#following;
    this.#set({ isStarting: true, trouble: null, failure: null, isPicking: false, isProbing: false });
    try {
      let jobs = await Promise.all(questions.map((question) => this.api.start(BREAK, question, signal)));
      await poll(() => jobs.some(isGoing), async () => {
        jobs = await Promise.all(jobs.map((job) => (isGoing(job) ? this.api.job(job.key, signal) : job)));
      }, signal);
      signal.throwIfAborted();
      const failed = jobs.find(({ state }) => state !== "done");
      const results = failed ? [] : await Promise.all(jobs.map(({ key }) => this.api.result(key, signal)));
      if (turn !== this.#runs) return;
      const [first] = results;
      const layer = first?.layers.find(({ key }) => key === this.state.layer) ?? first?.layers[0];
      if (!first) this.#stage.takeAway();
      this.#set({ run: { name: BREAK, questions, names, jobs, results }, isStarting: false, failure: failed?.error ?? null, layer: layer?.key ?? null, isDifference: false, difference: null, probed: null, isVisible: true, timeS: 0, signs: [] });
      if (!first) return this.shell.announce(failed?.error ? this.#text.failed.replace("{reason}", local(failed.error, this.shell.state.language)) : this.#text.states.cancelled);
      const figure = (key: string): string => String(first.figures.find((one) => one.key === key)?.value ?? 0);
      this.shell.announce(this.#text.break_done.replace("{valves}", figure("valves")).replace("{buildings}", figure("buildings")));
      await this.#show();
      const signs = await this.breaks.signs(first);
      if (turn === this.#runs) this.#set({ signs });
    } catch (error) {
      if (turn !== this.#runs) return;
      this.#set({ isStarting: false });
      this.#caught(error);
    }
  }

  async cancel(): Promise<void> {
    const { run } = this.state;
    if (!run) return;
    await this.#guard(async () => {
      await Promise.all(run.jobs.filter(isGoing).map(({ key }) => this.api.cancel(key)));
    });
  }

  /** Asks after the jobs until all are over, then reads their results. */
  async #follow(shown: string | null = null): Promise<void> {
    this.#following.abort();
    this.#following = new AbortController();
    const { signal } = this.#following;
    await poll(() => this.isRunning, () => this.#readJobs(signal), signal);
    const { run } = this.state;
    if (!run || signal.aborted) return;
    const failed = run.jobs.find(({ state }) => state === "failed");
    if (failed) {
      this.#set({ failure: failed.error ?? null });
      return this.shell.announce(this.#text.failed.replace("{reason}", failed.error ? local(failed.error, this.shell.state.language) : ""));
    }
    if (run.jobs.some(({ state }) => state === "cancelled")) return this.shell.announce(this.#text.states.cancelled);
    const results = await Promise.all(run.jobs.map(({ key }) => this.api.result(key, signal)));
    // Where the question is about a feature, the next click chooses the next one; elsewhere it reads a value.
    const isOfFeature = fieldsOf(run.name, run.questions[0]?.params ?? {}).some(({ kind }) => kind === "feature");
    this.#set({ run: { ...run, results }, isProbing: !isOfFeature && results.some(({ layers }) => layers.length > 0) });
    this.shell.announce(this.#text.done);
    const layers = results[0]?.layers ?? [];
    const first = layers.find(({ key }) => key === shown) ?? layers[0];
    if (first) await this.setLayer(first.key);
  }

  async #readJobs(signal?: AbortSignal): Promise<void> {
    const { run } = this.state;
    if (!run) return;
    const jobs = await Promise.all(run.jobs.map(({ key }) => this.api.job(key, signal)));
    const now = this.state.run;
    if (now && now.jobs[0]?.key === jobs[0]?.key) this.#set({ run: { ...now, jobs } });
  }

  /** The scenario may have been written to: whether the result is out of date is the server's to say. */
  scenarioChanged(): void {
    const { scenario } = this.shell.state.planning;
    const revision = scenario ? `${scenario.id}@${scenario.revision}` : BASE;
    if (revision === this.#revision) return;
    this.#revision = revision;
    if (this.state.run && !this.isRunning) void this.#guard(() => this.#readJobs());
  }

  // What lies over the city ------------------------------------------------------------------------------------------

  /** The layer that is shown, as the first result describes it. */
  get layer(): SimulationLayer | null {
    return this.state.run?.results[0]?.layers.find(({ key }) => key === this.state.layer) ?? null;
  }

  /** Key of the result that is subtracted. */
  get minus(): string | null {
    return this.state.isDifference ? (this.state.run?.results[1]?.key ?? null) : null;
  }

  async setLayer(key: string): Promise<void> {
    this.play(false);
    const layer = this.state.run?.results[0]?.layers.find((one) => one.key === key);
    const timeS = clampTime(layer?.times_s ?? [0], this.state.timeS);
    this.#set({ layer: key, timeS });
    await this.#guard(() => this.#show());
    await this.#probeAgain();
  }

  /** Shows the scenario's layer, both beside each other, or their difference. */
  async setView(view: "after" | "swipe" | "difference"): Promise<void> {
    const { planner } = this.shell;
    const { mode } = this.shell.state.planning.compare;
    if (view === "swipe" && mode !== "swipe") planner.setMode("swipe");
    if (view !== "swipe" && mode !== "single") planner.setMode("single");
    this.#set({ isDifference: view === "difference" });
    await this.#guard(() => this.#show());
    await this.#probeAgain();
  }

  setOpacity(opacity: number): void {
    this.#set({ opacity });
    this.#stage.tell(this.state);
  }

  setVisible(isVisible: boolean): void {
    this.#set({ isVisible });
    this.#stage.tell(this.state);
  }

  setTime(timeS: number): void {
    this.#set({ timeS: clampTime(this.layer?.times_s ?? [0], timeS) });
    this.#stage.tell(this.state);
  }

  play(isPlaying: boolean, speed = this.state.speed): void {
    clearInterval(this.#player);
    if (isPlaying !== this.state.isPlaying || speed !== this.state.speed) this.#set({ isPlaying, speed });
    if (isPlaying) this.#player = setInterval(() => this.setTime(played(this.layer?.times_s ?? [0], this.state.timeS)), 1000 / speed);
  }

  /** Brings the sides to what is chosen. */
  async #show(): Promise<void> {
    const { run, layer, isDifference } = this.state;
    if (!run || layer === null) return;
    // the edits are drawn, not what was found without them
    if (this.#live.isOn) return this.#live.look();
    if (!this.#isOpen) return;
    const has = (outcome: Outcome | undefined): outcome is Outcome => outcome?.layers.some(({ key }) => key === layer) ?? false;
    const [after, before] = run.results;
    const places: Place[] = [];
    if (has(after)) places.push({ side: 0, key: after.key, layer, minus: this.minus });
    if (has(before) && !isDifference) places.push({ side: 1, key: before.key, layer, minus: null });
    const drawn = await this.#stage.show(places, () => this.state);
    if (drawn) this.#set({ difference: isDifference ? drawn.classes : null, leftOut: isDifference ? drawn.left_out : 0 });
  }

  // Probe ------------------------------------------------------------------------------------------------------------

  setProbing(isProbing: boolean): void {
    this.#set({ isProbing, isPicking: isProbing ? false : this.state.isPicking });
  }

  async probe(place: ProbePlace, title: string): Promise<void> {
    const { run, layer } = this.state;
    if (!run || layer === null) return;
    const turn = ++this.#probes;
    const of = (at: number): { key: string; name: string } | null => {
      const result = run.results[at];
      return result?.layers.some(({ key }) => key === layer) ? { key: result.key, name: run.names[at] ?? "" } : null;
    };
    const wanted = (this.minus ? [of(0)] : run.results.map((_, at) => of(at))).filter((one) => one !== null);
    const answers = await Promise.allSettled(wanted.map(({ key }) => this.#probe(key, layer, place)));
    if (turn !== this.#probes) return;
    const series = answers.flatMap((answer, at) => (answer.status === "fulfilled" ? [{ name: wanted[at]?.name ?? "", probe: answer.value }] : []));
    const [wrong] = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as unknown] : []));
    if (series.length > 0) return this.#set({ probed: { place, title, series }, probeTrouble: null });
    const isNothing = wrong instanceof ApiError && wrong.status === 404;
    this.#set({ probed: { place, title, series: [] }, probeTrouble: isNothing ? this.#text.probe_none : troubleOf(wrong, this.shell.text.planning.errors).text });
  }

  async #probe(key: string, layer: string, place: ProbePlace): Promise<Probe> {
    try {
      return await this.api.probe(key, layer, this.minus, place);
    } catch (error) {
      // The height is that of the ellipsoid; where the city's datum is far from it, the place in plan has to do.
      if (!("lon" in place) || place.height === null || !(error instanceof ApiError) || error.status !== 404) throw error;
      return this.api.probe(key, layer, this.minus, { ...place, height: null });
    }
  }

  async #probeAgain(): Promise<void> {
    const { probed } = this.state;
    if (probed) await this.#guard(() => this.probe(probed.place, probed.title));
  }

  /** A click adds a start or is probed; otherwise it selects as ever. */
  #clicked({ position_enu, feature_index }: Click): boolean {
    const { manifest } = this.shell.state;
    const { isPicking, isProbing, run } = this.state;
    if (this.state.name === BREAK && !isPicking && !isProbing) {
      if (feature_index === null) this.shell.notify(this.#text.break_hint);
      else void this.#guard(() => this.breaks.click(feature_index));
      return true;
    }
    if (!manifest || (!isPicking && (!isProbing || !run || !this.layer))) return false;
    if (!isPicking && this.layer?.shape === "features") {
      if (feature_index !== null) void this.#guard(() => this.#probeIndex(feature_index));
      else this.#set({ probed: null, probeTrouble: this.#text.probe_none });
      return true;
    }
    if (!position_enu) return true;
    const { lonDeg, latDeg, heightM } = geodeticFromEnu(manifest.ecef_from_enu, position_enu);
    const [lon, lat] = [Number(lonDeg.toFixed(7)), Number(latDeg.toFixed(7))];
    if (isPicking) this.addPlace(["starts_deg"], [lon, lat]);
    else void this.#guard(() => this.probe({ lon, lat, height: Number(heightM.toFixed(2)) }, this.placeTitle(lon, lat)));
    return true;
  }

  async #probeIndex(index: number): Promise<void> {
    const { id, name } = await this.shell.api.featureByIndex(index);
    await this.probe({ feature: id }, name ?? id);
  }

  placeTitle(lon: number, lat: number): string {
    return this.#text.probe_place.replace("{lon}", lon.toFixed(5)).replace("{lat}", lat.toFixed(5));
  }

  // Within -----------------------------------------------------------------------------------------------------------

  get #text() {
    return this.shell.text.simulations;
  }

  async #readCatalogue(): Promise<void> {
    const catalogue = await this.api.list();
    this.#set({ catalogue, name: this.state.name || (catalogue[0]?.name ?? "") });
    this.#openGround();
  }

  #setParams(params: Params): void {
    this.#set({ params: { ...this.state.params, [this.state.name]: params } });
  }

  #set(change: Partial<DeskState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener();
  }

  #fail(text: string): void {
    this.#set({ trouble: { text, items: [] } });
    this.shell.announce(text);
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#caught(error);
    }
  }

  #caught(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const trouble = troubleOf(error, this.shell.text.planning.errors);
    this.#set({ trouble });
    this.shell.announce(trouble.text);
  }
}

function isGoing({ state }: Job): boolean {
  return state === "queued" || state === "running";
}

/** Reads again and again, ever less often, while there is something to wait for; an abort ends it at once. */
async function poll(isGoingOn: () => boolean, read: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let wait = FIRST_POLL_MS; isGoingOn() && !signal.aborted; wait = Math.min(POLL_MS, wait * POLL_GROWTH)) {
    await pause(wait, signal);
    if (!signal.aborted) await read();
  }
}

/** Waits; an abort ends it at once. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
