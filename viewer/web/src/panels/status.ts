// Bottom line: that the data is generated, who is to be credited, what is loading, where the view is.
import { css, html, nothing, type TemplateResult } from "lit";
import { geodeticFromEnu } from "../geo";
import { fill, formatLength, formatNumber } from "../i18n";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

/** What the underground mode draws, metres; the same numbers as `shaders::depth_grid`. */
const DEPTHS = { a: 5, b: 10, cell: 20, fog: 30 };

export class StatusPanel extends Panel {
  static override styles = [shared, css`
    :host { display: block; }
    footer { display: flex; align-items: center; gap: 4px 16px; min-height: 32px; padding: 0 12px; font-size: 12px; border-radius: 8px; }
    .badge { flex: none; display: inline-flex; align-items: center; gap: 6px; padding: 0 8px; line-height: 20px; border-radius: 4px; background: var(--cj-warn); color: #2b1a00; font-weight: 600; }
    .credits { flex: 0 1 auto; min-width: 0; min-height: 24px; padding: 0 4px; gap: 6px; justify-content: flex-start; font-size: 12px; color: var(--cj-muted); }
    .credits span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .credits .icon { width: 16px; height: 16px; }
    .space { flex: 1; }
    .loading { flex: none; display: flex; align-items: center; gap: 8px; }
    .track { width: 96px; height: 3px; border-radius: 2px; background: rgb(255 255 255 / 18%); overflow: hidden; }
    .bar { height: 100%; background: var(--cj-accent); }
    .starved { flex: none; display: flex; align-items: center; gap: 6px; color: var(--cj-warn); }
    .starved .icon { width: 16px; height: 16px; }
    .depths { flex: none; color: var(--cj-muted); white-space: nowrap; }
    .where { flex: none; display: flex; gap: 12px; color: var(--cj-muted); white-space: nowrap; }
    dialog { width: min(560px, calc(100vw - 32px)); color: var(--cj-text); background: var(--cj-card-solid); border: 1px solid var(--cj-line); border-radius: var(--cj-radius); padding: 24px; font-size: 14px; }
    dialog::backdrop { background: rgb(6 10 14 / 55%); }
    dialog .head { display: flex; justify-content: space-between; align-items: center; margin-bottom: 8px; }
    dialog h2 { font-size: 17px; }
    dialog li { padding: 8px 0; border-top: 1px solid var(--cj-line); overflow-wrap: anywhere; }
    dialog dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; border-top: 1px solid var(--cj-line); padding-top: 12px; }
    dialog dt { color: var(--cj-muted); }
    dialog dd { overflow-wrap: anywhere; }
    @media (max-width: 720px) {
      footer { flex-wrap: wrap; padding: 4px 12px; }
      .where, .depths, .space { display: none; }
      .credits { flex: 1 1 0; }
    }
  `];

  override render(): TemplateResult {
    const { status, generated, generated_title } = this.text;
    const { manifest, loading, starved, language, phase } = this.state;
    const busy = phase === "running" && loading.loaded < loading.wanted;
    const credits = manifest?.credits.map(({ text }) => text).join(" · ") || status.no_credits;
    return html`<footer class="card" aria-label=${status.label}>
        ${manifest?.is_generated ? html`<span class="badge" title=${generated_title}>${generated}</span>` : nothing}
        <button class="credits" title=${status.credits_title} aria-haspopup="dialog" @click=${() => this.#dialog?.showModal()}>${icons.info}<span>${credits}</span></button>
        <span class="space"></span>
        ${starved ? html`<span class="starved" role="status" title=${fill(status.starved_title, { n: formatNumber(starved.missing_tiles, language), px: formatNumber(starved.drawn_error_px, language) })}>${icons.warning}${status.starved}</span>` : nothing}
        ${busy ? html`<span class="loading number">${fill(status.loading, { ...loading })}<span class="track"><span class="bar" style="display:block;width:${(100 * loading.loaded) / loading.wanted}%"></span></span></span>` : nothing}
        ${this.#depths()}
        ${this.#where()}
      </footer>
      <dialog aria-labelledby="credits-title">${this.#credits()}</dialog>`;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  #depths(): TemplateResult | typeof nothing {
    const { manifest, underground } = this.state;
    const has_ground = manifest?.layers.some(({ id }) => id === "ground" || id.startsWith("ground/"));
    if (!underground || !has_ground) return nothing;
    return html`<span class="depths number" title=${fill(this.text.status.depths_title, DEPTHS)}>${fill(this.text.status.depths, DEPTHS)}</span>`;
  }

  #where(): TemplateResult | typeof nothing {
    const { camera, manifest, language } = this.state;
    if (!camera || !manifest) return nothing;
    const at = geodeticFromEnu(manifest.ecef_from_enu, camera.view.target_enu);
    const degrees = (value: number, positive: string, negative: string): string => `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
    const eye = camera.eye_enu[2] - camera.view.target_enu[2];
    return html`<span class="where number" title=${this.text.status.center}><span>${degrees(at.latDeg, "N", "S")}</span><span>${degrees(at.lonDeg, "E", "W")}</span><span>${fill(this.text.status.eye, { m: formatLength(eye, language) })}</span></span>`;
  }

  #credits(): TemplateResult | typeof nothing {
    const { manifest } = this.state;
    if (!manifest) return nothing;
    const { status, close, generated_title } = this.text;
    return html`<div class="head"><h2 id="credits-title">${status.credits_title}</h2><button aria-label=${close} title=${close} @click=${() => this.#dialog?.close()}>${icons.close}</button></div>
      ${manifest.is_generated ? html`<p style="padding:8px 0;color:var(--cj-warn)">${generated_title}</p>` : nothing}
      ${manifest.credits.length === 0 ? html`<p class="muted">${status.no_credits}</p>` : html`<ul>${manifest.credits.map(({ text, licence }) => html`<li>${text}<br><span class="muted">${status.licence} ${licence}</span></li>`)}</ul>`}
      <dl><dt>${status.crs}</dt><dd>${manifest.crs}</dd><dt>${status.datum}</dt><dd>${manifest.vertical_datum}</dd></dl>`;
  }
}

customElements.define("cj-status", StatusPanel);
