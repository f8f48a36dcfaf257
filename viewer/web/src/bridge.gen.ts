// Provisional: replaced by the file generated from viewer/core/src/bridge.rs. Names and shapes are the bridge's contract.

export interface View { target_enu: [number, number, number]; distance_m: number; heading_deg: number; pitch_deg: number }

export type Quality = "low" | "medium" | "high";

export interface ViewerStats {
  fps: number;
  frames: number;
  draw_calls: number;
  triangles: number;
  tiles_drawn: number;
  tiles_loading: number;
  features_drawn: number;
  cpu_bytes: number;
  gpu_bytes: number;
  starved: boolean;
}

export type ViewerCommand =
  | { type: "fly_to"; view: View; duration_ms?: number }
  | { type: "fly_to_bounds"; bounds_enu: [number, number, number, number, number, number] }
  | { type: "set_layer"; id: string; visible: boolean }
  | { type: "select"; feature_index: number | null; related: number[] }
  | { type: "set_hover"; enabled: boolean }
  | { type: "pick"; request_id: number; x: number; y: number }
  | { type: "zoom"; factor: number }
  | { type: "orbit"; heading_deg: number; pitch_deg: number }
  | { type: "pan"; x_px: number; y_px: number }
  | { type: "reset_north" }
  | { type: "set_quality"; quality: Quality }
  | { type: "set_underground"; enabled: boolean }
  | { type: "set_time"; hours: number }
  | { type: "set_reduced_motion"; enabled: boolean }
  | { type: "set_budget"; cpu_bytes: number; gpu_bytes: number }
  | { type: "reload_tileset"; url: string; changed: string[] }
  | { type: "simulate_device_loss" };

export type ViewerEvent =
  | { type: "ready" }
  | ({ type: "stats" } & ViewerStats)
  | { type: "settled"; frame: number }
  | { type: "loading"; wanted: number; loaded: number }
  | { type: "picked"; request_id: number; feature_index: number | null; position_enu: [number, number, number] | null }
  | { type: "clicked"; feature_index: number | null; position_enu: [number, number, number] | null; ctrl: boolean; shift: boolean }
  | { type: "hovered"; feature_index: number | null }
  | { type: "camera"; view: View; eye_enu: [number, number, number] }
  | { type: "starved"; starved: boolean; missing_tiles: number; drawn_error_px: number }
  | { type: "device_lost"; recovered: boolean }
  | { type: "failed"; code: string; message: string };
