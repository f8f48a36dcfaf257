// Decode worker: fetches a tile, decodes it by viewer-decode's wasm and hands the buffers over without a copy.
/// <reference lib="webworker" />

/** A decoded tile, as wasm-bindgen's class gives it (`viewer/decode/src/web.rs`); each array is a copy of its own. */
interface DecodedTile {
  num_primitives(): number;
  origin(): Float64Array;
  bounds(): Float64Array;
  num_features(): number;
  positions(primitive: number): Float32Array<ArrayBuffer>;
  attributes(primitive: number): Uint32Array<ArrayBuffer>;
  indices(primitive: number): Uint32Array<ArrayBuffer>;
  uv(primitive: number): Float32Array<ArrayBuffer> | undefined;
  image_bytes(primitive: number): Uint8Array<ArrayBuffer> | undefined;
  image_mime(primitive: number): string | undefined;
  free(): void;
}

interface DecodeModule {
  default(init: { module_or_path: string }): Promise<unknown>;
  decode_tile(bytes: Uint8Array): DecodedTile;
}

interface Image { width: number; height: number; rgba: Uint8Array }

interface Primitive {
  positions: Float32Array;
  attributes: Uint32Array;
  indices: Uint32Array;
  uv?: Float32Array;
  image?: Image;
}

type Message =
  | { type: "init"; decode_js_url: string; decode_wasm_url: string }
  | { type: "load"; id: number; url: string }
  | { type: "cancel"; id: number };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const running = new Map<number, AbortController>();
let decoder: Promise<DecodeModule> | null = null;

scope.addEventListener("message", (event: MessageEvent<Message>) => {
  const message = event.data;
  switch (message.type) {
    case "init":
      decoder = load(message.decode_js_url, message.decode_wasm_url);
      // A failed start is reported by each job that waits for it.
      decoder.catch(() => undefined);
      break;
    case "load":
      void run(message.id, message.url);
      break;
    case "cancel":
      running.get(message.id)?.abort();
      break;
  }
});

async function load(jsUrl: string, wasmUrl: string): Promise<DecodeModule> {
  const module = (await import(/* @vite-ignore */ jsUrl)) as DecodeModule;
  await module.default({ module_or_path: wasmUrl });
  return module;
}

async function run(id: number, url: string): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
    if (new URL(url, scope.location.href).pathname.endsWith(".json")) {
      scope.postMessage({ type: "json", id, text: await response.text() });
      return;
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!decoder) throw new Error("load before init");
    const module = await decoder;
    if (abort.signal.aborted) return;
    await decode(module, id, bytes, abort.signal);
  } catch (error) {
    // A cancelled job has no reader any more.
    if (abort.signal.aborted) return;
    scope.postMessage({ type: "failed", id, message: `${url}: ${error instanceof Error ? error.message : String(error)}` });
  } finally {
    running.delete(id);
  }
}

async function decode(module: DecodeModule, id: number, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const decoded = module.decode_tile(bytes);
  try {
    const primitives: Primitive[] = [];
    const transfer: ArrayBuffer[] = [];
    for (let index = 0; index < decoded.num_primitives(); index++) {
      const positions = decoded.positions(index);
      const attributes = decoded.attributes(index);
      const indices = decoded.indices(index);
      const primitive: Primitive = { positions, attributes, indices };
      transfer.push(positions.buffer, attributes.buffer, indices.buffer);
      const uv = decoded.uv(index);
      if (uv) {
        primitive.uv = uv;
        transfer.push(uv.buffer);
      }
      const picture = decoded.image_bytes(index);
      if (picture) {
        const image = await readImage(picture, decoded.image_mime(index) ?? "");
        primitive.image = image;
        transfer.push(image.rgba.buffer as ArrayBuffer);
      }
      primitives.push(primitive);
    }
    if (signal.aborted) return;
    const tile = {
      origin: Array.from(decoded.origin()),
      bounds: Array.from(decoded.bounds()),
      features: decoded.num_features(),
      primitives,
    };
    scope.postMessage({ type: "loaded", id, tile }, transfer);
  } finally {
    decoded.free();
  }
}

/** Pixels of a JPEG, PNG or WebP, as the browser reads them; rows from the top, straight alpha. */
async function readImage(bytes: Uint8Array<ArrayBuffer>, mime: string): Promise<Image> {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: mime }), {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no 2d canvas in this worker");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, rgba: new Uint8Array(data.buffer) };
}
