// What planning asks of the engine and hears from it, on top of the general bridge.
import type { ViewerCommand, ViewerEvent } from "../bridge.gen";

export type Enu = [number, number, number];
export type Rgb = [number, number, number];

export type PlanningCommand =
  | { type: "set_compare"; mode: "single" | "swipe" | "difference" | "side_by_side" | "grid"; sides: number[]; position?: number }
  | { type: "set_scenario_colors"; enabled: boolean; removed?: boolean }
  | { type: "set_side"; side: number }
  | { type: "set_highlight"; features: number[]; rgb?: Rgb }
  | { type: "set_tool"; tool: "none" | "draw" | "lasso" }
  | { type: "set_sketch"; rings: Enu[][]; lines: Enu[][]; extrude_m?: number; color?: Rgb };

export type PointKind = "click" | "double" | "move" | "press" | "drag" | "release";

export type PlanningEvent = { type: "tool_point"; position_enu: Enu | null; x: number; y: number; kind: PointKind };

export type AnyCommand = ViewerCommand | PlanningCommand;
export type AnyEvent = ViewerEvent | PlanningEvent;
