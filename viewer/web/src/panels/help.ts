// Help sheet: every way to move about, by mouse, touch and keyboard.
import { css, html, type TemplateResult } from "lit";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

export class HelpSheet extends Panel {
  static override styles = [shared, css`
    dialog { width: min(760px, calc(100vw - 32px)); max-height: calc(100vh - 48px); color: var(--cj-text); background: var(--cj-card-solid); border: 1px solid var(--cj-line); border-radius: var(--cj-radius); padding: 24px; }
    dialog::backdrop { background: rgb(6 10 14 / 55%); }
    .head { display: flex; justify-content: space-between; align-items: center; margin-bottom: 16px; }
    h2 { font-size: 17px; }
    .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px 32px; align-items: start; }
    h3 { font-size: 12px; color: var(--cj-muted); margin-bottom: 4px; }
    section + section { margin-top: 16px; }
    dl { display: grid; grid-template-columns: 1fr auto; }
    dt, dd { padding: 5px 0; border-top: 1px solid var(--cj-line); }
    dd { text-align: right; color: var(--cj-muted); }
    kbd { font: inherit; font-size: 12px; color: var(--cj-text); border: 1px solid var(--cj-line); background: rgb(255 255 255 / 8%); border-radius: 4px; padding: 1px 7px; }
  `];

  /** Opens the sheet over everything; Escape closes it. */
  show(): void {
    const dialog = this.renderRoot.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  override render(): TemplateResult {
    const { help, close } = this.text;
    const rows = (title: string, entries: [string, unknown][]): TemplateResult => html`<section><h3>${title}</h3><dl>${entries.map(([what, how]) => html`<dt>${what}</dt><dd>${how}</dd>`)}</dl></section>`;
    const key = (name: string): TemplateResult => html`<kbd>${name}</kbd>`;
    return html`<dialog aria-labelledby="help-title">
      <div class="head"><h2 id="help-title">${help.title}</h2><button aria-label=${close} title=${close} @click=${() => this.renderRoot.querySelector("dialog")?.close()}>${icons.close}</button></div>
      <div class="columns">
        <div>
          ${rows(help.mouse, [[help.pan, help.drag_left], [help.rotate, help.drag_right], [help.zoom, help.wheel], [help.pick, help.click]])}
          ${rows(help.touch, [[help.pan, help.one_finger], [help.rotate, help.two_fingers], [help.zoom, help.pinch]])}
        </div>
        ${rows(help.keys, [
          [help.pan, key(help.arrows)],
          [help.rotate, key(help.shift_arrows)],
          [help.zoom, key(help.plus_minus)],
          [help.north, key("N")],
          [help.home, key("H")],
          [help.underground, key("U")],
          [help.search, key("/")],
          [help.escape, key("Esc")],
          [help.help, key("?")],
          [help.undo, key("Ctrl Z")],
          [help.redo, key("Ctrl Y")],
          [help.blink, key("B")],
          [help.ghost, key("G")],
          [help.close_outline, key("Enter")],
          [help.remove_point, key("⌫")],
        ])}
      </div>
    </dialog>`;
  }
}

customElements.define("cj-help", HelpSheet);
