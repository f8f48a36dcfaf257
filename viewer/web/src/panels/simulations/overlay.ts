// The header of a layer as it goes to the engine (`tiles/model/src/overlay.rs`): a difference tells its classes nowhere else.
import type { LegendClass } from "./api";

const MAGIC = "CJOV";
const VERSION = 2;
/** Magic, version and length of the header. */
const HEADER_AT = 12;

export interface OverlayHeader {
  times_s: number[];
  classes: LegendClass[];
  /** Limit and error of the method. */
  limit: [number, number] | null;
  /** Places of a difference that only one side has. */
  left_out: number;
}

interface WireHeader { times_s: number[]; classes: { from: number; rgba: [number, number, number, number] }[]; limit: [number, number] | null; left_out: number }

/** Reads the header; throws when the bytes are no overlay. */
export function overlayHeader(bytes: Uint8Array): OverlayHeader {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (bytes.length < HEADER_AT || magic !== MAGIC) throw new Error("not an overlay");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(4, true) !== VERSION) throw new Error(`overlay of version ${view.getUint32(4, true)}`);
  const json = new TextDecoder().decode(bytes.subarray(HEADER_AT, HEADER_AT + view.getUint32(8, true)));
  const { times_s, classes, limit, left_out } = JSON.parse(json) as WireHeader;
  return { times_s, limit, left_out, classes: classes.map(({ from, rgba }) => ({ from, color: hex(rgba) })) };
}

function hex([red, green, blue]: readonly number[]): string {
  return `#${[red, green, blue].map((part) => (part ?? 0).toString(16).padStart(2, "0")).join("")}`;
}
