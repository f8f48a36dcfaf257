// What stands before the city: name, progress of the engine's download, or why there is no city and what to do.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, formatNumber, local, messages } from "../i18n";
import type { FailureCode } from "../state/state";
import { icons, mark } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

const MEGABYTE = 1e6;

const ADVICE = {
  no_wasm: "advice_no_wasm",
  insecure: "advice_insecure",
  no_webgpu: "advice_no_webgpu",
  no_adapter: "advice_no_adapter",
  no_server: "advice_no_server",
  no_city: "advice_no_city",
  engine: "advice_engine",
  device_lost: "advice_device_lost",
} as const satisfies Record<FailureCode, string>;

export class StartScreen extends Panel {
  static override styles = [shared, css`
    :host { display: grid; place-items: center; padding: 24px; }
    .sheet { width: min(100%, 440px); display: grid; gap: 24px; }
    .sheet.failed { width: min(100%, 600px); padding: 32px; background: var(--cj-card-solid); }
    .head { display: flex; align-items: center; gap: 16px; }
    .head svg { width: 56px; height: 56px; }
    h1 { font-size: 28px; line-height: 1.2; font-weight: 600; letter-spacing: .06em; }
    .head p { color: var(--cj-muted); }
    .track { height: 4px; border-radius: 2px; background: rgb(255 255 255 / 14%); overflow: hidden; }
    .bar { height: 100%; background: var(--cj-accent); border-radius: 2px; transition: width 200ms linear; }
    .bar.unknown { width: 32%; animation: slide 1.4s ease-in-out infinite alternate; }
    @keyframes slide { from { transform: translateX(0); } to { transform: translateX(212%); } }
    .line { display: flex; justify-content: space-between; gap: 16px; margin-bottom: 8px; color: var(--cj-muted); }
    .reason { display: flex; gap: 12px; font-size: 16px; font-weight: 600; color: var(--cj-warn); }
    .reason .icon { margin-top: 2px; }
    .languages { display: grid; gap: 20px; }
    .languages > div { display: grid; gap: 4px; }
    .languages > div + div { border-top: 1px solid var(--cj-line); padding-top: 20px; }
    details { color: var(--cj-muted); overflow-wrap: anywhere; }
    summary { cursor: pointer; min-height: 24px; }
    @media (prefers-reduced-motion: reduce) { .bar.unknown { width: 100%; opacity: .4; } }
  `];

  override render(): TemplateResult {
    const { failure } = this.state;
    return failure ? this.#failed(failure.code, failure.details) : this.#progress();
  }

  #header(): TemplateResult {
    const { manifest, language } = this.state;
    const title = manifest ? local(manifest.title, language) : this.text.start.tagline;
    return html`<div class="head">${mark}<div><h1>${this.text.product}</h1><p>${title}</p></div></div>`;
  }

  #progress(): TemplateResult {
    const { phase, download, loading, language } = this.state;
    const { start } = this.text;
    const megabytes = (bytes: number): string => formatNumber(bytes / MEGABYTE, language, 1);
    let text = { preparing: start.preparing, manifest: start.manifest, download: start.download, starting: start.starting, tiles: start.tiles, running: "" }[phase];
    let amount = "";
    let share: number | null = null;
    if (phase === "download") {
      const known = download.total > 0;
      share = known ? Math.min(1, download.loaded / download.total) : null;
      amount = known
        ? fill(start.of, { loaded: megabytes(download.loaded), total: megabytes(download.total) })
        : fill(start.some, { loaded: megabytes(download.loaded) });
    } else if (phase === "tiles" && loading.wanted > 0) {
      text = fill(this.text.status.loading, { ...loading });
    }
    const percent = share === null ? null : Math.round(share * 100);
    return html`<div class="sheet">
      ${this.#header()}
      <div>
        <div class="line"><span>${text}</span><span class="number">${amount}</span></div>
        <div class="track" role="progressbar" aria-label=${text} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent ?? nothing}>
          ${percent === null ? html`<div class="bar unknown"></div>` : html`<div class="bar" style="width:${percent}%"></div>`}
        </div>
      </div>
    </div>`;
  }

  /** Both languages: who reads this may not be able to reach the switch. */
  #failed(code: FailureCode, details: string): TemplateResult {
    const both = this.state.language === "zh-CN" ? (["zh-CN", "en"] as const) : (["en", "zh-CN"] as const);
    return html`<div class="sheet card failed" role="alert">
      ${this.#header()}
      <div class="languages">${both.map((language) => {
        const { failure } = messages(language);
        return html`<div lang=${language}>
          <p class="reason">${icons.warning}<span>${failure.title}${language === "zh-CN" ? "：" : ": "}${failure[code]}</span></p>
          <p>${failure[ADVICE[code]]}</p>
        </div>`;
      })}</div>
      ${details ? html`<details><summary>${this.text.failure.details}</summary>${details}</details>` : nothing}
      <div><button class="primary" @click=${() => location.reload()}>${this.text.failure.retry}</button></div>
    </div>`;
  }
}

customElements.define("cj-start-screen", StartScreen);
