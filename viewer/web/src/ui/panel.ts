// Base of all panels: draws the shell's state, passes intents on, and keeps nothing but what is folded or typed.
import { LitElement, type CSSResultGroup } from "lit";
import type { Messages } from "../i18n";
import type { Shell } from "../shell";
import type { ShellState } from "../state/state";
import { shared } from "./styles";

export abstract class Panel extends LitElement {
  static override properties = { shell: { attribute: false }, state: { attribute: false } };
  static override styles: CSSResultGroup = [shared];

  declare shell: Shell;
  declare state: ShellState;

  protected get text(): Messages {
    return this.shell.text;
  }
}
