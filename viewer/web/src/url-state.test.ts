import { describe, expect, it } from "vitest";
import { decodeLink, encodeLink, type LinkState } from "./url-state";

describe("share link", () => {
  it("comes back as it was, Chinese ids and separators included", () => {
    const state: LinkState = {
      view: { target_enu: [120.5, -80.3, 96], distance_m: 1250.7, heading_deg: 355.5, pitch_deg: 32.1 },
      on: ["underground/YS", "underground/WS"],
      off: ["buildings/building"],
      selected: "建筑-12,3&4=五/六",
      underground: true,
      hours: 16.25,
    };
    expect(decodeLink(`#${encodeLink(state)}`)).toEqual(state);
  });

  it("pins scenario, revision, phase and comparison", () => {
    const state: LinkState = {
      scenario: { id: "s-abcd2345", revision: 12 },
      phase: "2028-12-31",
      compare: { mode: "swipe", position: 0.375, against: { id: "base", revision: null } },
    };
    expect(encodeLink(state)).toBe("scenario=s-abcd2345@12&phase=2028-12-31&compare=swipe,0.375,base");
    expect(decodeLink(encodeLink(state))).toEqual(state);
    const against = { mode: "grid" as const, position: 0.5, against: { id: "s-other234", revision: 3 } };
    expect(decodeLink(encodeLink({ compare: against }))).toEqual({ compare: against });
    const grid = { mode: "grid" as const, position: 0.5, against: { id: "base", revision: null, phase: "2030-12-31" }, others: [{ id: "s-b", revision: 4 }, { id: "s-c", revision: 2, phase: "2028-12-31" }] };
    expect(encodeLink({ compare: grid })).toBe("compare=grid,0.5,base~2030-12-31,s-b@4,s-c@2~2028-12-31");
    expect(decodeLink(encodeLink({ compare: grid }))).toEqual({ compare: grid });
    expect(decodeLink("compare=grid,0.5,base~2030-02-31,@,s-c")).toEqual({ compare: { mode: "grid", position: 0.5, against: { id: "base", revision: null }, others: [{ id: "s-c", revision: null }] } });
  });

  it("passes over what is no scenario, phase or comparison", () => {
    expect(decodeLink("#scenario=@3&phase=2028-02-30&compare=fade,0.5,base")).toEqual({});
    expect(decodeLink("#scenario=s-a@zero&compare=swipe,1.5,base")).toEqual({});
    expect(decodeLink("#scenario=s-a")).toEqual({ scenario: { id: "s-a", revision: null } });
  });

  it("keeps ids with commas apart in layer lists", () => {
    const state: LinkState = { off: ["a,b", "c"] };
    expect(decodeLink(encodeLink(state))).toEqual(state);
  });

  it("rounds metres and degrees to a tenth, without trailing zeros", () => {
    const view = { target_enu: [1.04, 2.96, 3] as [number, number, number], distance_m: 100, heading_deg: 0, pitch_deg: 45.04 };
    expect(encodeLink({ view })).toBe("view=1,3,3,100,0,45");
  });

  it("leaves out what it cannot read and keeps the rest", () => {
    expect(decodeLink("#view=1,2,x,4,5,6&sel=%E0%A4%A&time=99&under=1&later=1")).toEqual({ underground: true });
    expect(decodeLink("#view=1,2,3,-4,5,6")).toEqual({});
    expect(decodeLink("#view=1,2,3,,5,6")).toEqual({});
    expect(decodeLink("#view=1,2,3")).toEqual({});
    expect(decodeLink("")).toEqual({});
  });

  it("is empty for the state that a city opens with", () => {
    expect(encodeLink({ on: [], off: [], underground: false })).toBe("");
  });
});
