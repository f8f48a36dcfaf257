// The city's fixed views.
import { css, html, type TemplateResult } from "lit";
import type { ViewInfo } from "../api";
import { fill, local } from "../i18n";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

export class ViewsPanel extends Panel {
  static override styles = [shared, css`
    :host { display: block; }
    li button { width: 100%; justify-content: flex-start; gap: 12px; min-height: 40px; }
    .icon { color: var(--cj-muted); }
    p { padding: 8px; }
  `];

  override render(): TemplateResult {
    const views = this.state.manifest?.views ?? [];
    if (views.length === 0) return html`<p class="muted">${this.text.views.empty}</p>`;
    return html`<ul>${views.map((view) => html`<li><button data-view=${view.id} @click=${() => this.#go(view)}>${icons.view}${local(view.title, this.state.language)}</button></li>`)}</ul>`;
  }

  #go({ id, title, target_enu, distance_m, heading_deg, pitch_deg }: ViewInfo): void {
    this.shell.announce(fill(this.text.announce.flying, { name: local(title, this.state.language) }));
    // The view below the ground is of no use with the ground in the way, nor any other with it gone.
    const underground = id.startsWith("underground");
    if (underground !== this.state.underground) this.shell.setUnderground(underground);
    this.shell.flyTo({ target_enu, distance_m, heading_deg, pitch_deg });
  }
}

customElements.define("cj-views", ViewsPanel);
