// Base of all panels: draws the shell's state, passes intents on, and keeps nothing but what is folded or typed.
import { LitElement, type CSSResultGroup, type PropertyValues } from "lit";
import type { Messages } from "../i18n";
import type { Shell } from "../shell";
import type { ShellState } from "../state/state";
import { shared } from "./styles";

export abstract class Panel extends LitElement {
  static override properties = { shell: { attribute: false }, state: { attribute: false } };
  static override styles: CSSResultGroup = [shared];

  declare shell: Shell;
  declare state: ShellState;

  /**
   * What of the state the panel draws. While only other parts change, such as the camera on every frame of a flight, it
   * is not drawn anew; null = draw at every change.
   */
  protected drawn(_state: ShellState): readonly unknown[] | null {
    return null;
  }

  protected override shouldUpdate(changed: PropertyValues<this>): boolean {
    const before = changed.get("state") as ShellState | undefined;
    if (changed.size > 1 || !before) return true;
    const [was, is] = [this.drawn(before), this.drawn(this.state)];
    return !was || !is || was.some((part, index) => part !== is[index]);
  }

  protected get text(): Messages {
    return this.shell.text;
  }
}
