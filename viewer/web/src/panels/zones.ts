// Over the picture: edges, names and figures of the town offices that the engine colours by investment, and the legend.
import { css, html, nothing, svg, type TemplateResult } from "lit";
import { formatNumber } from "../i18n";
import { RAMP } from "../projects/ramp";
import { ringProjector } from "../projection";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

export class ZonesOverlay extends Panel {
  static override styles = [shared, css`
    :host { position: absolute; inset: 0; pointer-events: none; overflow: hidden; z-index: 0; }
    svg.edges { position: absolute; inset: 0; width: 100%; height: 100%; }
    path { fill: none; stroke: #fff; stroke-width: 2; stroke-linejoin: round; }
    text { fill: #fff; font-size: 14px; font-weight: 600; text-anchor: middle; paint-order: stroke; stroke: rgb(6 12 18 / 80%); stroke-width: 4px; }
    .legend { position: absolute; left: 50%; top: 72px; transform: translateX(-50%); display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 4px 4px 4px 16px; font-size: 12px; pointer-events: auto; max-width: calc(100% - 32px); }
    /* below the names of the panes */
    .legend.paned { top: 120px; }
    .legend i { display: inline-block; width: 16px; height: 12px; border-radius: 3px; vertical-align: -1px; margin-right: 4px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 35%); }
    .legend b { font-weight: 600; }
  `];

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning.offices, state.planning.offices && state.camera, state.planning.compare.mode, state.language];
  }

  override render(): TemplateResult | typeof nothing {
    const { planning, camera, language } = this.state;
    const { offices, compare } = planning;
    const { library: text } = this.text;
    const [width, height] = [this.clientWidth, this.clientHeight];
    if (!offices || !camera) return nothing;
    // Panes of a comparison have pictures of their own, on which one drawing would lie askew; their colours keep the legend.
    const isPaned = compare.mode === "side_by_side" || compare.mode === "grid";
    const project = ringProjector(camera.view, { width, height });
    const share = (value: number | null): string => (value === null ? "—" : `${formatNumber(value * 100, language)} %`);
    return html`${isPaned ? nothing : html`<svg class="edges" role="img" aria-label=${text.offices}>${offices.map((office) => {
        const rings = office.rings.map((ring) => project(ring)).filter((ring) => ring.length > 2);
        const [first] = rings;
        if (!first) return nothing;
        const middle = (axis: 0 | 1): number => first.reduce((sum, point) => sum + point[axis], 0) / first.length;
        const [x, y] = [middle(0), middle(1)];
        return svg`<path data-zone=${office.id} d=${rings.map((ring) => `M${ring.map((point) => `${point[0].toFixed(1)} ${point[1].toFixed(1)}`).join("L")}Z`).join("")}></path>
          <text x=${x.toFixed(1)} y=${y.toFixed(1)}>${office.name} ${share(office.share)}</text>`;
      })}</svg>`}
      <div class="legend card ${isPaned ? "paned" : ""}" role="group" aria-label=${text.choropleth}><b>${text.choropleth_title}</b>${RAMP.map(({ color, words }) => html`<span><i style="background:${color}"></i>${words}</span>`)}
        <button aria-label=${text.choropleth_off} title=${text.choropleth_off} @click=${() => this.shell.planner.offices.show(null)}>${icons.close}</button></div>`;
  }
}

customElements.define("cj-zones", ZonesOverlay);
