import { expect, it } from "vitest";
import { clampTime, formatTime, played, readTime, stepAt, stepped, valueAtTime } from "./steps";

const times = [0, 300, 600, 3600];

it("finds the step that holds at a time", () => {
  expect([-5, 0, 299.9, 300, 1000, 3600, 9999].map((time) => stepAt(times, time))).toEqual([0, 0, 0, 1, 2, 3, 3]);
  expect(stepAt([], 10)).toBe(0);
});

it("steps within the layer, and plays round", () => {
  expect([stepped(times, 310, 1), stepped(times, 310, -1), stepped(times, 3600, 1), stepped(times, 0, -10)]).toEqual([600, 0, 3600, 0]);
  expect([played(times, 0), played(times, 600), played(times, 3600)]).toEqual([300, 3600, 0]);
});

it("keeps a time within the layer", () => {
  expect([clampTime(times, -1), clampTime(times, 450), clampTime(times, 1e9), clampTime(times, Number.NaN)]).toEqual([0, 450, 3600, 0]);
});

it("writes times and reads them as they are typed", () => {
  expect([0, 59.6, 3900, 90_000].map(formatTime)).toEqual(["0:00:00", "0:01:00", "1:05:00", "25:00:00"]);
  expect(["1:05:00", "1：05", "90", " 0:00:30 "].map(readTime)).toEqual([3900, 3900, 5400, 30]);
  expect(["", "noon", "1:75", "1:2:3:4", "-5"].map(readTime)).toEqual([null, null, null, null, null]);
  for (const time of times) expect(readTime(formatTime(time))).toBe(time);
});

it("reads the value of the step that holds, gaps included", () => {
  expect([0, 450, 700, 5000].map((time) => valueAtTime(times, [1, null, 3, 4], time))).toEqual([1, null, 3, 4]);
});
