import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ViewerCommand } from "../bridge.gen";
import { Shell } from "../shell";
import type { Edit, ScenarioDetail } from "./api";

const edit = (uid: string, from_revision: number, author: string): Edit => ({
  uid, seq: from_revision, action: "demolish", features: [uid], feature_indices: [1], attributes: {}, project: null, phase: null, author, note: "", at: "2026-11-22T10:00:00Z", from_revision, until_revision: null,
});

/** A server with one scenario that checks versions as the real one does. */
class Server {
  revision = 3;
  edits: Edit[] = [edit("b-1", 2, "李")];
  asked: string[] = [];
  written: unknown[] = [];
  tables = 0;

  detail(revision = this.revision): ScenarioDetail {
    const edits = this.edits.filter(({ from_revision }) => from_revision <= revision);
    return {
      id: "s-a", name: "方案甲", note: "", base_revision: 1, revision, parent: null, parent_revision: null, num_edits: edits.length, created_at: "", created_by: "李", updated_at: "", is_archived: false,
      edits, can_undo: true, can_redo: false,
    };
  }

  answer(url: URL, init: RequestInit): Response {
    const headers = init.headers as Record<string, string>;
    const method = init.method ?? "GET";
    this.asked.push(`${method} ${url.pathname}${url.search}`);
    if (url.pathname.endsWith("/states")) {
      this.tables++;
      return new Response(new Uint8Array(33));
    }
    if (url.pathname === "/api/v1/scenarios") return Response.json({ scenarios: [this.detail()] });
    if (url.pathname.endsWith("/diff")) return Response.json({ added: [], removed: [], changed: [], kept: { count: 1 } });
    if (method === "POST") {
      const etag = `"s-a-${this.revision}"`;
      if (headers["if-match"] !== etag) return Response.json({ status: 412, detail: "changed" }, { status: 412, headers: { etag } });
      this.written.push(JSON.parse(String(init.body)));
      this.revision++;
      this.edits.push(edit(`b-${this.revision}`, this.revision, "张"));
      return Response.json({ revision: this.revision, edits: [], added: [], city_revision: 1 });
    }
    const revision = Number(url.searchParams.get("revision") ?? this.revision);
    return Response.json(this.detail(revision), { headers: { etag: `"s-a-${revision}"` } });
  }
}

let server: Server;
let shell: Shell;
let sent: ViewerCommand[];

beforeEach(() => {
  server = new Server();
  vi.stubGlobal("fetch", (url: URL, init: RequestInit) => Promise.resolve(server.answer(url, init)));
  shell = new Shell({ server: new URL("http://127.0.0.1:9/"), canvasSelector: "#none", quality: "low", errorPx: null, reducedMotion: matchMedia("(prefers-reduced-motion: reduce)"), ownsAddress: false });
  shell.dispatch({ type: "language", language: "zh-CN" });
  shell.planner.setAuthor("张");
  sent = [];
  shell.send = (command) => void sent.push(command);
});

afterEach(() => {
  shell.planner.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("writing", () => {
  it("names the version that was seen and takes up the new one", async () => {
    await shell.planner.choose("s-a");
    expect(await shell.planner.edit([{ action: "demolish", features: ["b-9"] }])).toBe(true);
    expect(server.written).toEqual([{ author: "张", edits: [{ action: "demolish", features: ["b-9"] }] }]);
    expect(shell.state.planning.scenario?.revision).toBe(4);
    expect(shell.state.planning.stale).toBeNull();
  });

  it("tells who was faster with what, and writes again when asked", async () => {
    await shell.planner.choose("s-a");
    server.revision = 5;
    server.edits.push(edit("b-77", 5, "王"));
    expect(await shell.planner.edit([{ action: "retain", features: ["b-9"] }])).toBe(false);
    expect(server.written).toEqual([]);
    expect(shell.state.planning.stale).toMatchObject({ mine: 3, now: 5, changes: [{ uid: "b-77", author: "王" }] });
    await shell.planner.reload(true);
    expect(shell.state.planning.stale).toBeNull();
    expect(server.written).toHaveLength(1);
    expect(shell.state.planning.scenario?.revision).toBe(6);
  });

  it("is not possible on the city as it stands, nor on a pinned revision", async () => {
    expect(await shell.planner.edit([{ action: "retain" }])).toBe(false);
    await shell.planner.choose("s-a", 2);
    expect(shell.state.planning.isPinned).toBe(true);
    expect(await shell.planner.edit([{ action: "retain" }])).toBe(false);
    expect(server.asked.filter((request) => request.startsWith("POST"))).toEqual([]);
  });

  it("says in words which feature was refused and why", async () => {
    await shell.planner.choose("s-a");
    const errors = [{ at: "edits[0]", feature: "b-9", message: "no such feature" }];
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ detail: "1 problem", errors }), { status: 422, headers: { "content-type": "application/problem+json" } })));
    expect(await shell.planner.edit([{ action: "demolish", features: ["b-9"] }])).toBe(false);
    expect(shell.state.planning.trouble).toEqual({ text: "内容不符合要求：1 problem", items: errors });
    expect(shell.state.planning.busy).toBe(false);
  });
});

describe("what others write", () => {
  it("is taken up when it is newer, and left alone when it is my own", async () => {
    await shell.planner.choose("s-a");
    const before = server.asked.length;
    shell.planner.onScenario({ id: "s-a", revision: 3, author: "张", archived: false });
    await vi.waitFor(() => expect(server.asked.slice(before)).toEqual(["GET /api/v1/scenarios"]));
    server.revision = 4;
    shell.planner.onScenario({ id: "s-a", revision: 4, author: "王", archived: false });
    await vi.waitFor(() => expect(shell.state.planning.scenario?.revision).toBe(4));
    await vi.waitFor(() => expect(shell.state.notice).toBe("王 更新了方案（第 4 版）"));
  });

  it("does not move a pinned link", async () => {
    await shell.planner.choose("s-a", 2);
    server.revision = 9;
    shell.planner.onScenario({ id: "s-a", revision: 9, author: "王", archived: false });
    await vi.waitFor(() => expect(shell.state.planning.scenarios?.[0]?.revision).toBe(9));
    expect(shell.state.planning.scenario?.revision).toBe(2);
  });
});

describe("phases and comparison", () => {
  it("fetch each table once, however often one goes back and forth", async () => {
    await shell.planner.choose("s-a");
    for (const phase of ["2027-12-31", "2030-12-31", "2027-12-31", "2030-12-31"]) {
      shell.planner.setPhase(phase);
      await new Promise((resolve) => setTimeout(resolve));
    }
    await vi.waitFor(() => expect(server.asked.filter((request) => request.includes("/states"))).toHaveLength(3));
  });

  it("pin the scenario and its revision in the link", async () => {
    await shell.planner.choose("s-a");
    shell.planner.setMode("swipe");
    shell.planner.setPosition(0.25);
    shell.planner.setPhase("2028-12-31");
    expect(shell.planner.link()).toEqual({ scenario: { id: "s-a", revision: 3 }, phase: "2028-12-31", compare: { mode: "swipe", position: 0.25, against: { id: "base", revision: null } } });
  });

  it("blink by the clock at the asked rate, and stop when told", () => {
    vi.useFakeTimers();
    shell.planner.setMode("blink");
    shell.planner.setBlink({ hz: 2 });
    const steps = (): number[] => sent.flatMap((command) => (command.type === "set_side" ? [command.side] : []));
    sent.length = 0;
    vi.advanceTimersByTime(2000);
    expect(steps()).toEqual([1, 0, 1, 0]);
    shell.planner.setBlink({ running: false });
    sent.length = 0;
    vi.advanceTimersByTime(5000);
    expect(steps()).toEqual([]);
    shell.planner.blinkStep();
    expect(steps()).toEqual([1]);
    // a key that is held down is no way around the limit
    for (let frame = 0; frame < 60; frame++) {
      vi.advanceTimersByTime(16);
      shell.planner.blinkStep();
    }
    expect(steps().length).toBeLessThanOrEqual(4);
  });
});

describe("features behind a number", () => {
  it("are lit by the numbers that the server tells, without asking for each", async () => {
    shell.planner.analysis.light("pipe_length", ["p-1", "p-2"], [7, 9]);
    await vi.waitFor(() => expect(sent.at(-1)).toEqual({ type: "set_highlight", features: [7, 9] }));
    expect(server.asked).toEqual([]);
    shell.planner.analysis.light("pipe_length", ["p-1", "p-2"], [7, 9]);
    expect(sent.at(-1)).toEqual({ type: "set_highlight", features: [] });
  });

  it("are asked for where a server tells no numbers", async () => {
    shell.planner.analysis.light("floor_area", ["b-1"], []);
    await vi.waitFor(() => expect(server.asked).toEqual(["GET /api/v1/features/b-1"]));
  });
});

describe("ghosts", () => {
  it("go with the colours until they are asked for by themselves", () => {
    const last = (): ViewerCommand | undefined => sent.findLast(({ type }) => type === "set_scenario_colors");
    shell.planner.setColors(false);
    expect(last()).toEqual({ type: "set_scenario_colors", enabled: false, removed: false });
    shell.planner.setGhost(true);
    expect(last()).toEqual({ type: "set_scenario_colors", enabled: false, removed: true });
    shell.planner.setColors(true);
    shell.planner.setGhost(false);
    expect(last()).toEqual({ type: "set_scenario_colors", enabled: true, removed: false });
  });
});
