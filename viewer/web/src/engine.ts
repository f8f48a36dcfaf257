// The engine's wasm module: download with progress, start on a canvas, commands in, events out.
import type { SceneManifest } from "./api";
import type { Quality, View, ViewerCommand, ViewerEvent } from "./bridge.gen";

declare const __ENGINE_BYTES__: number;

/** What wasm-bindgen writes for viewer-app (`viewer/app/src/web.rs`). */
interface EngineModule {
  default(init: { module_or_path: Response }): Promise<unknown>;
  start(canvas_selector: string, options_json: string, on_event: (json: string) => void): Promise<void>;
  command(json: string): void;
  adopt_workers(workers: Worker[]): void;
  set_states(side: number, bytes: Uint8Array): void;
  set_tints(words: Uint32Array): void;
  set_overlay(side: number, overlay: Uint8Array): void;
}

/** Options of `start`; the wire form is snake_case. */
export interface EngineOptions {
  tileset_url: string;
  manifest: SceneManifest;
  worker_url: string;
  decode_js_url: string;
  decode_wasm_url: string;
  num_workers: number;
  quality: Quality;
  /** Screen-space error to refine to, device pixels; null = the preset's. */
  maximum_error_px: number | null;
  reduced_motion: boolean;
  cpu_budget_bytes: number;
  gpu_budget_bytes: number;
  initial_view: View | null;
  device_pixel_ratio: number;
}

/** Engine that runs. */
export interface Engine {
  send(command: ViewerCommand): void;
  /** Table of states of a side, 0–3, as the server wrote it; empty bytes clear it. */
  setStates(side: number, bytes: Uint8Array): void;
  /** Colours `[feature]` in place of the former ones: red, green, blue, share from the lowest byte up; empty takes them away. */
  setTints(words: Uint32Array): void;
  /** Layer of a simulation on a side, 0–3, as the server wrote it, shown at its first step; empty bytes take it away. Throws when it cannot be read. */
  setOverlay(side: number, bytes: Uint8Array): void;
}

/** Called with bytes so far and in all; `total` 0 = unknown. */
export type Progress = (loaded: number, total: number) => void;

/** Address of a file of the engine, next to the page's own scripts. */
export function engineUrl(file: string): string {
  return new URL(`engine/${file}`, document.baseURI).href;
}

/** Fetches and compiles the engine while it streams in; `start` afterwards gives it the canvas. */
export async function downloadEngine(progress: Progress): Promise<EngineModule> {
  const [module, response] = await Promise.all([
    import(/* @vite-ignore */ engineUrl("viewer_app.js")) as Promise<EngineModule>,
    fetch(engineUrl("viewer_app_bg.wasm")),
  ]);
  if (!response.ok || !response.body) throw new Error(`viewer_app_bg.wasm: ${response.status} ${response.statusText}`);
  await module.default({ module_or_path: counted(response, progress) });
  return module;
}

/** The same response, with its decoded bytes counted on the way to the compiler. */
function counted(response: Response, progress: Progress): Response {
  // Content-Length of a compressed answer counts the compressed bytes: the size known at build time is the better total.
  const length = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length") ?? 0);
  const total = length || __ENGINE_BYTES__;
  let loaded = 0;
  let reported = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      if (loaded - reported > 100_000) {
        reported = loaded;
        progress(loaded, total);
      }
      controller.enqueue(chunk);
    },
    flush: () => progress(loaded, loaded),
  });
  const body = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(counter);
  return new Response(body, { headers: { "content-type": "application/wasm" } });
}

/** Starts decode workers and has them load their decoder, while the engine is still on its way. */
export function startWorkers(url: string, count: number): Worker[] {
  return Array.from({ length: count }, () => {
    const worker = new Worker(url, { type: "module" });
    worker.postMessage({ type: "init", decode_js_url: engineUrl("viewer_decode.js"), decode_wasm_url: engineUrl("viewer_decode_bg.wasm") });
    return worker;
  });
}

/** Starts a downloaded engine. Events come one at a time, each after the call that caused it has returned. */
export async function startEngine(
  module: EngineModule,
  canvasSelector: string,
  options: EngineOptions,
  workers: Worker[],
  onEvent: (event: ViewerEvent) => void,
): Promise<Engine> {
  // The engine calls from within its frame: answering at once with a command would enter it a second time.
  const deliver = (json: string): void => queueMicrotask(() => onEvent(JSON.parse(json) as ViewerEvent));
  module.adopt_workers(workers);
  await module.start(canvasSelector, JSON.stringify(options), deliver);
  return {
    send: (command) => module.command(JSON.stringify(command)),
    setStates: (side, bytes) => module.set_states(side, bytes),
    setTints: (words) => module.set_tints(words),
    setOverlay: (side, bytes) => module.set_overlay(side, bytes),
  };
}

/** Memory that this device may be trusted with: half a gigabyte of each on a small one, a gigabyte on others. */
export function memoryBudget(deviceMemoryGiB: number | undefined): { cpu_budget_bytes: number; gpu_budget_bytes: number } {
  const small = deviceMemoryGiB !== undefined && deviceMemoryGiB <= 4;
  const mebibytes = small ? 384 : 768;
  return { cpu_budget_bytes: mebibytes * 2 ** 20, gpu_budget_bytes: mebibytes * 2 ** 20 };
}

/** Decode workers for a machine: one core stays with the page. */
export function workerCount(cores: number | undefined): number {
  return Math.min(4, Math.max(1, (cores ?? 2) - 1));
}
