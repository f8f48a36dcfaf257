// What planning needs of the shell around it.
import type { Bounds, ServerApi } from "../api";
import type { ViewerCommand } from "../bridge.gen";
import type { Messages } from "../i18n";
import type { Action, ShellState } from "../state/state";

export interface PlanningHost {
  readonly api: ServerApi;
  readonly state: ShellState;
  readonly text: Messages;
  dispatch(action: Action): void;
  send(command: ViewerCommand): void;
  /** Gives the engine a table of states; empty bytes clear the side. */
  setStates(side: number, bytes: Uint8Array): void;
  /** Colours features `[feature]`; empty words take the colours away. */
  setTints(words: Uint32Array): void;
  announce(text: string): void;
  notify(text: string): void;
  flyToBounds(bounds: Bounds, name: string): void;
  /** The address may have to say something new. */
  touchLink(): void;
}
