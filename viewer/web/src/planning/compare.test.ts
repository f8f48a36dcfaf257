import { describe, expect, it } from "vitest";
import { blinkInterval, clampPosition, compareCommands, initialCompare, MODES, sidesOf } from "./compare";
import { isDate, phaseOfYear, readYear, yearOfPhase } from "./phase";

describe("comparison", () => {
  it("has before on the left and after on the right", () => {
    expect(compareCommands({ ...initialCompare(), mode: "swipe", position: 0.3 })).toEqual([
      { type: "set_scenario_colors", enabled: true, removed: true },
      { type: "set_compare", mode: "swipe", sides: [1, 0], position: 0.3 },
    ]);
  });

  it("blinks as single sides, since the engine knows no blinking", () => {
    const commands = compareCommands({ ...initialCompare(), mode: "blink", shown: 1 });
    expect(commands.at(-2)).toMatchObject({ type: "set_compare", mode: "single" });
    expect(commands.at(-1)).toEqual({ type: "set_side", side: 1 });
  });

  it("uses each side once and all four in the grid", () => {
    for (const mode of MODES) expect(new Set(sidesOf(mode)).size).toBe(sidesOf(mode).length);
    expect([...sidesOf("grid")].sort()).toEqual([0, 1, 2, 3]);
  });

  it("never changes more than three times a second, whatever is asked", () => {
    for (const hz of [3, 4, 60, Infinity, Number.NaN, -1, 0]) expect(1000 / blinkInterval(hz)).toBeLessThanOrEqual(3);
    expect(blinkInterval(1)).toBe(1000);
  });

  it("keeps the handle within reach", () => {
    expect([clampPosition(-3), clampPosition(0.4), clampPosition(7), clampPosition(Number.NaN)]).toEqual([0.02, 0.4, 0.98, 0.5]);
  });
});

describe("phases", () => {
  it("are the last day of a year of the plan", () => {
    expect([phaseOfYear(2027), phaseOfYear(1999), phaseOfYear(2099)]).toEqual(["2027-12-31", "2023-12-31", "2035-12-31"]);
    expect([yearOfPhase("2027-12-31"), yearOfPhase(null), yearOfPhase("soon")]).toEqual([2027, null, null]);
  });

  it("take a typed year only when it is one", () => {
    expect([readYear(" 2030 "), readYear("2036"), readYear("2030.5"), readYear("")]).toEqual([2030, null, null, null]);
  });

  it("know the days of the calendar", () => {
    expect([isDate("2028-02-29"), isDate("2027-02-29"), isDate("2027-13-01"), isDate("2027-1-1")]).toEqual([true, false, false, false]);
  });
});
