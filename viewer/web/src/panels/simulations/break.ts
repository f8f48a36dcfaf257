// What a burst does, read from the tables of its result, and the hand that clicks pipes and valves.
import type { Json, LocalText } from "../../api";
import type { Shell } from "../../shell";
import type { Outcome, SimulationTable } from "./api";
import type { SimulationDesk } from "./desk";
import type { Sign } from "./state";

/** Name of the simulation. */
export const BREAK = "isolation";

export interface BreakValve {
  id: string;
  /** False for one that is said to be closed already. */
  isOpen: boolean;
  /** Valves to close instead when it is stuck, and what that costs more. */
  next: string[];
  morePeople: number;
  moreLengthM: number;
}

export interface BreakConsumer { id: string; name: string; kind: "hospital" | "school" | "building" | "hydrant"; people: number; why: LocalText }

export interface BreakAnswer { pipe: string; stuck: string[]; valves: BreakValve[]; consumers: BreakConsumer[] }

/** Signs over the city at most: more would only cover it. */
const MAX_SIGNS = 40;

/** The answer as the panel lists it. */
export function breakOf({ tables, params }: Outcome): BreakAnswer {
  const rows = (key: string): ((name: string) => Json)[] => rowsOf(tables.find((table) => table.key === key));
  return {
    pipe: String(params["pipe"] ?? ""),
    stuck: Array.isArray(params["stuck"]) ? params["stuck"].map(String) : [],
    valves: rows("valves").map((at) => ({
      id: String(at("feature_id")), isOpen: at("action_en") === "close", next: String(at("next") ?? "").split(" ").filter(Boolean),
      morePeople: Number(at("more_people")), moreLengthM: Number(at("more_length")),
    })),
    consumers: rows("consumers").map((at) => ({
      id: String(at("feature_id")), name: String(at("name")), kind: String(at("kind_en")) as BreakConsumer["kind"], people: Number(at("people")),
      why: { zh: String(at("why")), en: String(at("why_en")) },
    })),
  };
}

function rowsOf(table: SimulationTable | undefined): ((name: string) => Json)[] {
  if (!table) return [];
  const places = new Map(table.columns.map(({ key }, at) => [key, at]));
  return table.rows.map((row) => (name) => row[places.get(name) ?? -1] ?? null);
}

/** What clicks on the city mean while a burst is looked at. */
export class BreakHand {
  constructor(private readonly desk: SimulationDesk, private readonly shell: Shell) {}

  /** A pipe bursts; a valve that is to be closed is stuck; anything else is selected as ever. */
  async click(index: number): Promise<void> {
    const { id, name, class: kind } = await this.shell.api.featureByIndex(index);
    if (kind === "Pipe") return this.burst(id);
    const [outcome] = this.desk.state.run?.results ?? [];
    const answer = outcome && breakOf(outcome);
    if (answer && (answer.stuck.includes(id) || answer.valves.some((valve) => valve.id === id))) return this.toggleStuck(id);
    if (kind === "PipeNode") return this.shell.notify(this.shell.text.simulations.break_other.replace("{name}", name ?? id));
    await this.shell.select(id);
  }

  async burst(pipe: string): Promise<void> {
    this.desk.setParam(["pipe"], pipe);
    this.desk.setParam(["stuck"], []);
    await this.desk.run();
  }

  async toggleStuck(valve: string): Promise<void> {
    const before = this.desk.params["stuck"];
    const stuck = Array.isArray(before) ? before.map(String) : [];
    this.desk.setParam(["stuck"], stuck.includes(valve) ? stuck.filter((other) => other !== valve) : [...stuck, valve]);
    await this.desk.run();
  }

  /** Signs of what people must find at once: valves, the break, hospitals and schools. */
  async signs(outcome: Outcome): Promise<Sign[]> {
    const { pipe, stuck, valves, consumers } = breakOf(outcome);
    const wanted: Omit<Sign, "at">[] = [
      { id: pipe, kind: "broken", name: "" },
      ...valves.map(({ id, isOpen }) => ({ id, kind: isOpen ? "valve" as const : "closed" as const, name: "" })),
      ...stuck.map((id) => ({ id, kind: "stuck" as const, name: "" })),
      ...consumers.flatMap(({ id, kind, name }) => (kind === "hospital" || kind === "school" ? [{ id, kind, name }] : [])),
    ];
    const found = await Promise.allSettled(wanted.slice(0, MAX_SIGNS).map(async (sign): Promise<Sign> => {
      const { bounds_enu: [x0, y0, z0, x1, y1, z1] } = await this.shell.api.feature(sign.id);
      const isBuilding = sign.kind === "hospital" || sign.kind === "school";
      return { ...sign, at: [(x0 + x1) / 2, (y0 + y1) / 2, isBuilding ? z1 : (z0 + z1) / 2] };
    }));
    return found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }
}
