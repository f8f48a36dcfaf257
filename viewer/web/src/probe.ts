// What the browser must have before the engine is fetched, so that a plain message can stand in for a black canvas.
import type { FailureCode } from "./state/state";

/** The parts of the browser that are asked; a test passes its own. */
export interface Surroundings {
  hasWebAssembly: boolean;
  isSecureContext: boolean;
  gpu: { requestAdapter(): Promise<unknown> } | undefined;
}

/** The page's real surroundings. */
export function surroundings(): Surroundings {
  const { gpu } = navigator as Navigator & { gpu?: Surroundings["gpu"] };
  return { hasWebAssembly: typeof WebAssembly === "object", isSecureContext: globalThis.isSecureContext, gpu };
}

/** Null when the engine can run, else the reason why not. */
export async function probe(around: Surroundings): Promise<{ code: FailureCode; details: string } | null> {
  if (!around.hasWebAssembly) return { code: "no_wasm", details: "" };
  if (!around.gpu) return { code: around.isSecureContext ? "no_webgpu" : "insecure", details: "" };
  try {
    const adapter = await around.gpu.requestAdapter();
    return adapter ? null : { code: "no_adapter", details: "" };
  } catch (error) {
    return { code: "no_adapter", details: String(error) };
  }
}
