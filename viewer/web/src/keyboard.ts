// Keys of the 3D view. They work while the canvas has the focus only, so that no panel loses a letter (WCAG 2.1.4).
import type { ViewerCommand } from "./bridge.gen";

/** What a key asks for: a command of the engine or something of the shell. */
export type KeyAction = ViewerCommand | { type: "home" | "underground" | "search" | "clear" | "help" };

const PAN_PX = 100;
const TURN_DEG = 15;
const TILT_DEG = 10;
const ZOOM = Math.SQRT2;

/** The parts of a keyboard event that matter. */
export type KeyStroke = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** Action of a key, or null when the key is none of the view's. Arrows move, with Shift they turn and tilt. */
export function keyAction({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyStroke): KeyAction | null {
  if (ctrlKey || metaKey || altKey) return null;
  const pan = (x_px: number, y_px: number): ViewerCommand => ({ type: "pan", x_px, y_px });
  const orbit = (heading_deg: number, pitch_deg: number): ViewerCommand => ({ type: "orbit", heading_deg, pitch_deg });
  switch (key) {
    // The view moves towards the arrow: what is drawn goes the other way.
    case "ArrowLeft":
      return shiftKey ? orbit(-TURN_DEG, 0) : pan(-PAN_PX, 0);
    case "ArrowRight":
      return shiftKey ? orbit(TURN_DEG, 0) : pan(PAN_PX, 0);
    case "ArrowUp":
      return shiftKey ? orbit(0, -TILT_DEG) : pan(0, -PAN_PX);
    case "ArrowDown":
      return shiftKey ? orbit(0, TILT_DEG) : pan(0, PAN_PX);
    case "+":
    case "=":
      return { type: "zoom", factor: ZOOM };
    case "-":
    case "_":
      return { type: "zoom", factor: 1 / ZOOM };
    case "n":
    case "N":
      return { type: "reset_north" };
    case "h":
    case "H":
    case "Home":
      return { type: "home" };
    case "u":
    case "U":
      return { type: "underground" };
    case "/":
      return { type: "search" };
    case "?":
      return { type: "help" };
    case "Escape":
      return { type: "clear" };
    default:
      return null;
  }
}
