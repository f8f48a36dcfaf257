import { describe, expect, it } from "vitest";
import { differenceOf } from "./difference";
import { HEADER_BYTES, stateOf } from "./sides";

const [EXISTING, RETAINED, MODIFIED, DEMOLISHED, ADDED, ABSENT] = [0, 1, 2, 3, 4, 5];

const table = (...states: number[]): Uint8Array => new Uint8Array([...new Array<number>(HEADER_BYTES).fill(7), ...states]);
const counted = (...features: number[]) => ({ features, isCapped: false });

describe("difference of an indicator", () => {
  //           0 gone      1 new    2 changed   3 same     4 beside   5 beside, gone
  const before = table(EXISTING, ABSENT, EXISTING, RETAINED, EXISTING, EXISTING);
  const after = table(DEMOLISHED, ADDED, MODIFIED, RETAINED, EXISTING, DEMOLISHED);
  const { sides: [a, b], figures, features } = differenceOf(before, after, counted(0, 2, 3), counted(1, 2, 3));

  it("counts what counts only before, only after, and on both sides", () => {
    expect(figures).toEqual({ more: 1, less: 1, changed: 1, same: 1, isCapped: false });
    expect([...features].sort()).toEqual([0, 1, 2, 3]);
  });

  it("is drawn as removed, added, changed and kept", () => {
    expect([0, 1, 2, 3].map((feature) => [stateOf(a, feature), stateOf(b, feature)])).toEqual([[EXISTING, DEMOLISHED], [ABSENT, ADDED], [RETAINED, MODIFIED], [RETAINED, RETAINED]]);
  });

  it("leaves what does not count the same on both sides: standing, or not there at all", () => {
    expect([4, 5].map((feature) => [stateOf(a, feature), stateOf(b, feature)])).toEqual([[EXISTING, EXISTING], [ABSENT, ABSENT]]);
  });

  it("says when the server listed only the first of the features", () => {
    expect(differenceOf(before, after, { features: [0], isCapped: true }, counted(1)).figures.isCapped).toBe(true);
  });

  it("keeps the head of the table, and takes tables of different length", () => {
    const { sides: [short, long] } = differenceOf(table(EXISTING), table(EXISTING, ADDED), counted(), counted(1));
    expect([short[0], short.length, long.length]).toEqual([7, HEADER_BYTES + 2, HEADER_BYTES + 2]);
    expect([stateOf(short, 1), stateOf(long, 1)]).toEqual([ABSENT, ADDED]);
  });
});
