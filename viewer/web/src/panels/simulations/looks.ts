// Looks shared by the parts of the simulations panel: legends, endings, figures.
import { css } from "lit";

export const looks = css`
  .body { display: grid; gap: 12px; }
  h3 { margin: 0; font-size: 12px; font-weight: 600; color: var(--cj-muted); }
  .reference { font-size: 11px; padding: 0 6px; border-radius: 4px; border: 1px solid var(--cj-warn); color: var(--cj-warn); white-space: nowrap; }
  .check { display: flex; align-items: center; gap: 8px; min-height: 28px; font-size: 13px; cursor: pointer; }
  .check input { accent-color: var(--cj-accent); width: 16px; height: 16px; margin: 0; flex: none; }
  .group { display: grid; gap: 6px; padding: 10px 12px; border-radius: 8px; background: rgb(0 0 0 / 25%); }
  details > summary { cursor: pointer; font-size: 13px; padding: 4px 0; }
  details > summary:focus-visible { border-radius: 4px; }
  .mark { flex: none; width: 20px; height: 20px; border-radius: 50%; display: grid; place-content: center; font-size: 12px; font-weight: 700; }
  .mark.pass { background: #1d7a68; }
  .mark.fail { background: #c4473a; border-radius: 4px; }
  .mark.not_decidable { background: #5d6873; }
  .mark.within_error { color: #1d1503; text-shadow: 0 0 3px #fff2d6, 0 0 3px #fff2d6; background: repeating-linear-gradient(45deg, #ffc36b 0 3px, #8a6220 3px 5px); border-radius: 10px 10px 4px 4px; }
  .hatch { background: repeating-linear-gradient(45deg, rgb(255 255 255 / 75%) 0 2px, rgb(0 0 0 / 55%) 2px 5px); }
  .swatch { flex: none; width: 22px; height: 14px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 35%); }
  input[type="range"] { width: 100%; accent-color: var(--cj-accent); margin: 0; }
  a.plain { display: inline-flex; align-items: center; gap: 6px; min-height: 30px; padding: 0 10px; border: 1px solid var(--cj-line); border-radius: 8px; color: inherit; text-decoration: none; font-size: 13px; }
  a.plain:hover { background: var(--cj-hover); }
  table { border-collapse: collapse; font-size: 12px; width: 100%; }
  th { position: sticky; top: 0; background: var(--cj-card-solid); color: var(--cj-muted); font-weight: 500; text-align: left; }
  th, td { padding: 3px 8px 3px 0; border-bottom: 1px solid var(--cj-line); vertical-align: baseline; }
  td.number, th.number { text-align: right; white-space: nowrap; }
  th, td.short { white-space: nowrap; }
  td.long { min-width: 140px; }
  td button.link { min-height: 22px; font-size: 12px; margin: 0; }
`;
