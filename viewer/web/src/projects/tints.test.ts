// Words of the engine's tints, and how they follow a new revision of the city.
import { describe, expect, it } from "vitest";
import type { PlanningHost } from "../planning/host";
import type { OfficeTint } from "../planning/state";
import type { Office } from "./api";
import { OfficeTints, tintWords } from "./tints";

const office = (id: string, featureIndex: number, share: number | null): OfficeTint => ({ id, featureIndex, name: id, share, rings: [] });

describe("tints of offices", () => {
  it("are red, green, blue and the whole share from the lowest byte up, nothing in between", () => {
    const words = tintWords([office("b", 3, 1.2), office("a", 1, 0.1)]);
    expect([...new Uint8Array(words.buffer)]).toEqual([0, 0, 0, 0, 0x46, 0x32, 0x7e, 255, 0, 0, 0, 0, 0xd8, 0xe2, 0x19, 255]);
    expect(tintWords([])).toHaveLength(0);
  });

  it("go to the engine, are found anew in another revision, and go when they are switched off", async () => {
    const sent: Uint32Array[] = [];
    const planning: { offices: readonly OfficeTint[] | null } = { offices: null };
    const answer = [{ zone_id: "a", zone_index: 2 }, { zone_id: "b", zone_index: null }] as Office[];
    const host = {
      state: { planning },
      api: { projects: { offices: () => Promise.resolve(answer) } },
      dispatch: ({ change }: { change: typeof planning }) => Object.assign(planning, change),
      setTints: (words: Uint32Array) => sent.push(words),
    } as unknown as PlanningHost;
    const tints = new OfficeTints(host);
    await tints.renew();
    expect(sent).toEqual([]);
    tints.show([office("a", 0, 0.6), office("b", 1, null)]);
    await tints.renew();
    expect(planning.offices?.map(({ id, featureIndex }) => [id, featureIndex])).toEqual([["a", 2]]);
    tints.show([office("a", 2, 0.6)]);
    const late = tints.renew();
    tints.show(null);
    await late;
    expect(planning.offices).toBeNull();
    expect(sent.map((words) => [...words])).toEqual([[0xff8e7f27, 0xff6d6359], [0, 0, 0xff8e7f27], [0, 0, 0xff8e7f27], []]);
  });
});
