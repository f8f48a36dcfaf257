// The loop of a peer's page: frames without waiting until everything wanted is drawn, then one completed frame a pose.

/**
 * @param engine `{ started_ms, gl, frame(), isCalm(), look(turn) }`; `frame` draws, `isCalm` says after it that nothing is
 *   left to load
 * @returns what the bench drives
 */
export function runPeer({ started_ms, gl, frame, isCalm, look }) {
  const animationFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const CALM_FRAMES = 4;
  const settle = async () => {
    for (let calm = 0; calm < CALM_FRAMES;) {
      await animationFrame();
      frame();
      window.probe.fence(gl);
      calm = isCalm() ? calm + 1 : 0;
    }
    while (window.probe.frames.some(({ completed_ms }) => completed_ms === null)) await window.probe.nextCompleted();
  };
  const draw = async (turn) => {
    await animationFrame();
    look(turn);
    frame();
    window.probe.finish(gl);
  };
  return { started_ms, settled: settle(), draw };
}
