// Build of the DOM shell. The engine's wasm is put into public/engine by `cargo xtask web` beforehand and copied as it is.
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Size of the engine's wasm, so that the start screen can show a share of it even when the server compresses it; 0 = unknown. */
function engineBytes(): number {
  const path = fileURLToPath(new URL("public/engine/viewer_app_bg.wasm", import.meta.url));
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Chengjing server that `vite dev` passes the API and tiles on to. */
const server = process.env["CHENGJING_SERVER"] ?? "http://127.0.0.1:8686";
/** The page's own host goes along: the server takes writes from its own origin only. */
const proxy = { target: server, changeOrigin: false };

export default defineConfig({
  // Relative addresses: the page works below any path of a reverse proxy.
  base: "./",
  define: { __ENGINE_BYTES__: JSON.stringify(engineBytes()) },
  build: { target: "es2023", assetsInlineLimit: 0, chunkSizeWarningLimit: 600, reportCompressedSize: false },
  worker: { format: "es" },
  server: { host: "127.0.0.1", proxy: { "/api": proxy, "/tiles": proxy, "/ogc": proxy } },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
