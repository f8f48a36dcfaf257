// Which layers show: a leaf is on or off, a group follows from its leaves. Commands say the difference to the engine.
import type { LayerInfo } from "../api";
import type { ViewerCommand } from "../bridge.gen";

/** A group with its leaves, as the tree shows it. A group without leaves is a leaf itself. */
export interface LayerNode { layer: LayerInfo; leaves: LayerInfo[] }

/** Leaf layer id → shown. */
export type LayerVisibility = Readonly<Record<string, boolean>>;

export type TriState = "on" | "off" | "mixed";

/** The manifest's flat list as a tree of two levels, empty groups left out. */
export function layerTree(layers: readonly LayerInfo[]): LayerNode[] {
  return layers
    .filter((layer) => layer.parent === null)
    .map((layer) => ({ layer, leaves: layers.filter((leaf) => leaf.parent === layer.id) }));
}

/** What shows when a city opens: a leaf below a hidden group is hidden. */
export function defaultVisibility(layers: readonly LayerInfo[]): LayerVisibility {
  const visible: Record<string, boolean> = {};
  for (const { layer, leaves } of layerTree(layers)) {
    if (leaves.length === 0) visible[layer.id] = layer.visible;
    for (const leaf of leaves) visible[leaf.id] = layer.visible && leaf.visible;
  }
  return visible;
}

/** State of a group's box. */
export function groupState(node: LayerNode, visible: LayerVisibility): TriState {
  const leaves = leafIds(node);
  const on = leaves.filter((id) => visible[id]).length;
  return on === 0 ? "off" : on === leaves.length ? "on" : "mixed";
}

/** Visibility after a layer or a whole group was switched; unknown ids change nothing. */
export function withLayer(layers: readonly LayerInfo[], visible: LayerVisibility, id: string, on: boolean): LayerVisibility {
  const node = layerTree(layers).find(({ layer }) => layer.id === id);
  const ids = node ? leafIds(node) : id in visible ? [id] : [];
  return ids.length === 0 ? visible : { ...visible, ...Object.fromEntries(ids.map((leaf) => [leaf, on])) };
}

/**
 * Commands that bring the engine from one state to the other.
 *
 * A group is on while any of its leaves is. When a group is switched its leaves are told anew, so that it does not
 * matter whether the engine hands a group's state down.
 */
export function layerCommands(layers: readonly LayerInfo[], from: LayerVisibility, to: LayerVisibility): ViewerCommand[] {
  const commands: ViewerCommand[] = [];
  const tell = (id: string, visible: boolean): void => void commands.push({ type: "set_layer", id, visible });
  for (const node of layerTree(layers)) {
    const ids = leafIds(node);
    const [was, is] = [ids.some((id) => from[id]), ids.some((id) => to[id])];
    if (was !== is) tell(node.layer.id, is);
    if (node.leaves.length === 0) continue;
    for (const id of ids) {
      if (was !== is ? is : from[id] !== to[id]) tell(id, to[id] ?? false);
    }
  }
  return commands;
}

/** Leaves that differ from what the city opens with, as a share link carries them. */
export function layerDifference(base: LayerVisibility, visible: LayerVisibility): { on: string[]; off: string[] } {
  const changed = Object.keys(visible).filter((id) => visible[id] !== base[id]).sort();
  return { on: changed.filter((id) => visible[id]), off: changed.filter((id) => !visible[id]) };
}

function leafIds(node: LayerNode): string[] {
  return node.leaves.length === 0 ? [node.layer.id] : node.leaves.map((leaf) => leaf.id);
}
