import { expect, it } from "vitest";
import { probe } from "./probe";

const good = { hasWebAssembly: true, isSecureContext: true, gpu: { requestAdapter: () => Promise.resolve({}) } };

it("tells apart what is missing", async () => {
  expect(await probe(good)).toBeNull();
  expect((await probe({ ...good, hasWebAssembly: false }))?.code).toBe("no_wasm");
  expect((await probe({ ...good, gpu: undefined }))?.code).toBe("no_webgpu");
  expect((await probe({ ...good, gpu: undefined, isSecureContext: false }))?.code).toBe("insecure");
  expect((await probe({ ...good, gpu: { requestAdapter: () => Promise.resolve(null) } }))?.code).toBe("no_adapter");
  expect(await probe({ ...good, gpu: { requestAdapter: () => Promise.reject(new Error("blocked")) } })).toEqual({
    code: "no_adapter",
    details: "Error: blocked",
  });
});
