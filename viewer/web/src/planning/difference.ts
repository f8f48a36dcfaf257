// The difference of an indicator as a layer: what counts before and after, written as two tables of states of which the engine
// draws the difference. Colours and hatches are those of any difference; what does not count is see-through.
import { ABSENT, HEADER_BYTES, stateOf } from "./sides";

/** Codes of `city_model::scenario::FeatureState`. */
const [EXISTING, RETAINED, MODIFIED, DEMOLISHED, ADDED, ABANDONED] = [0, 1, 2, 3, 4, 6];

/** Dense numbers of the features that count; `isCapped` = the server listed only the first of them. */
export interface Counted { features: readonly number[]; isCapped: boolean }

export interface Difference {
  /** Tables of before and after. */
  sides: [Uint8Array, Uint8Array];
  /** Everything that counts on either side. */
  features: ReadonlySet<number>;
  figures: { more: number; less: number; changed: number; same: number; isCapped: boolean };
}

/**
 * Two tables whose difference shows an indicator's.
 *
 * * `tableA`, `tableB` — states at both standpoints, as the server writes them
 * * `before`, `after` — features that count there
 */
export function differenceOf(tableA: Uint8Array, tableB: Uint8Array, before: Counted, after: Counted): Difference {
  const [wasIn, isIn] = [new Set(before.features), new Set(after.features)];
  const longer = tableA.length > tableB.length ? tableA : tableB;
  const sides: [Uint8Array, Uint8Array] = [longer.slice(), longer.slice()];
  const figures = { more: 0, less: 0, changed: 0, same: 0, isCapped: before.isCapped || after.isCapped };
  for (let feature = 0; feature < longer.length - HEADER_BYTES; feature++) {
    const [a, b] = [stateOf(tableA, feature), stateOf(tableB, feature)];
    let look: readonly [number, number];
    if (wasIn.has(feature) && isIn.has(feature)) {
      const isChanged = b === MODIFIED && a !== MODIFIED;
      figures[isChanged ? "changed" : "same"]++;
      look = [RETAINED, isChanged ? MODIFIED : RETAINED];
    } else if (wasIn.has(feature)) {
      figures.less++;
      look = [EXISTING, DEMOLISHED];
    } else if (isIn.has(feature)) {
      figures.more++;
      look = [ABSENT, ADDED];
    } else {
      const state = b === DEMOLISHED || b === ABSENT || b === ABANDONED ? ABSENT : b;
      look = [state, state];
    }
    sides[0][HEADER_BYTES + feature] = look[0];
    sides[1][HEADER_BYTES + feature] = look[1];
  }
  return { sides, features: new Set([...wasIn, ...isIn]), figures };
}
