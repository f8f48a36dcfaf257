// Base of the parts of the simulations panel: each draws the desk's state, which comes as a property of its own.
import { Panel } from "../../ui/panel";
import type { ShellState } from "../../state/state";
import type { SimulationDesk } from "./desk";
import type { DeskState } from "./state";

export abstract class SimulationPart extends Panel {
  static override properties = { ...Panel.properties, desk: { attribute: false }, now: { attribute: false } };

  declare desk: SimulationDesk;
  declare now: DeskState;

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning, state.selection, state.language];
  }

  /** Goes to a feature and selects it. */
  protected async fly(id: string): Promise<void> {
    const detail = await this.shell.select(id);
    if (detail) this.shell.flyToBounds(detail.bounds_enu, detail.name ?? id);
    else this.shell.notify(this.shell.state.selection?.error ?? id);
  }
}
