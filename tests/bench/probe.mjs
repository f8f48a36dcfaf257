// Put into every page before its scripts run: counts the triangles of each frame where every engine must pass, at the
// draw calls of WebGL and WebGPU, and learns when the graphics process has really finished a frame.
//
// A frame that was handed over is not a frame that was drawn: WebGL and WebGPU queue work that a software renderer takes
// up much later. WebGPU says when a submission is done (`onSubmittedWorkDone`); WebGL does so by a fence while loading,
// where waiting must not slow the page down, and by reading one pixel while frames are timed.

/** Runs in the page; leaves `window.probe`. */
export function installProbe() {
  let triangles = 0;
  const wrap = (prototype, name, before) => {
    const original = prototype?.[name];
    if (!original) return;
    prototype[name] = function wrapped(...given) {
      before.apply(this, given);
      return original.apply(this, given);
    };
  };
  const TRIANGLES = 4;
  const webgl = globalThis.WebGL2RenderingContext?.prototype;
  const count = (mode, vertices, instances = 1) => { triangles += mode === TRIANGLES ? Math.floor(vertices / 3) * instances : 0; };
  wrap(webgl, 'drawElements', (mode, vertices) => count(mode, vertices));
  wrap(webgl, 'drawRangeElements', (mode, _start, _end, vertices) => count(mode, vertices));
  wrap(webgl, 'drawArrays', (mode, _first, vertices) => count(mode, vertices));
  wrap(webgl, 'drawElementsInstanced', (mode, vertices, _type, _offset, instances) => count(mode, vertices, instances));
  wrap(webgl, 'drawArraysInstanced', (mode, _first, vertices, instances) => count(mode, vertices, instances));
  const pass = globalThis.GPURenderPassEncoder?.prototype;
  wrap(pass, 'draw', (vertices, instances) => count(TRIANGLES, vertices, instances));
  wrap(pass, 'drawIndexed', (vertices, instances) => count(TRIANGLES, vertices, instances));

  // Linear memories of wasm modules of the page; those of its workers are part of the process' size only.
  const memories = new Set();
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const result = await original.apply(WebAssembly, given);
      const { exports } = result.instance ?? result;
      for (const value of Object.values(exports ?? {})) if (value instanceof WebAssembly.Memory) memories.add(value);
      return result;
    };
  }

  const frames = [];
  const waiting = [];
  const begin = () => {
    const frame = { triangles, submitted_ms: performance.now(), completed_ms: null };
    triangles = 0;
    frames.push(frame);
    return frame;
  };
  const complete = (frame) => {
    frame.completed_ms = performance.now();
    for (const resolve of waiting.splice(0)) resolve(frame);
  };

  // WebGPU: the submission that follows the canvas' texture is the frame.
  let hasCanvas = false;
  wrap(globalThis.GPUCanvasContext?.prototype, 'getCurrentTexture', () => { hasCanvas = true; });
  const queue = globalThis.GPUQueue?.prototype;
  const submit = queue?.submit;
  if (submit) {
    queue.submit = function submitted(...given) {
      submit.apply(this, given);
      if (!hasCanvas) return;
      hasCanvas = false;
      const frame = begin();
      this.onSubmittedWorkDone().then(() => complete(frame));
    };
  }

  window.probe = {
    frames,
    wasmBytes: () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
    /** Resolves when the next frame to be completed is. */
    nextCompleted: () => new Promise((resolve) => { waiting.push(resolve); }),
    /** End of a frame of a WebGL page that goes on without waiting. */
    fence(gl) {
      const frame = begin();
      const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
      const look = () => {
        if (gl.getSyncParameter(sync, gl.SYNC_STATUS) !== gl.SIGNALED) { setTimeout(look, 1); return; }
        gl.deleteSync(sync);
        complete(frame);
      };
      setTimeout(look, 1);
    },
    /** End of a frame of a WebGL page that waits until it is drawn. */
    finish(gl) {
      const frame = begin();
      const bound = gl.getParameter(gl.FRAMEBUFFER_BINDING);
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      gl.bindFramebuffer(gl.FRAMEBUFFER, bound);
      complete(frame);
    },
  };
}
