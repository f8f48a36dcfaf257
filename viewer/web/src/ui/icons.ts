// The shell's own icons: strokes on a 24 px grid in the text's colour, hidden from assistive technology (words stand beside).
import { svg, type SVGTemplateResult } from "lit";

const icon = (content: SVGTemplateResult): SVGTemplateResult => svg`<svg class="icon" viewBox="0 0 24 24" width="20" height="20"
  fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${content}</svg>`;

export const icons = {
  layers: icon(svg`<path d="M12 3 3 8l9 5 9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5" transform="translate(0 -.6)"/>`),
  project: icon(svg`<path d="M4 20V9l6-4v15M10 20V12h10v8M2.5 20h19M13.5 15.5h3M6.7 10.5v.01M6.7 14v.01"/>`),
  view: icon(svg`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>`),
  search: icon(svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>`),
  close: icon(svg`<path d="M6 6l12 12M18 6 6 18"/>`),
  chevron: icon(svg`<path d="m9 5.5 6.5 6.5L9 18.5"/>`),
  fold: icon(svg`<path d="M14 6.5 8.5 12l5.5 5.5M19 4v16"/>`),
  share: icon(svg`<path d="M10 14a4.2 4.2 0 0 0 6 .3l3-3a4.2 4.2 0 0 0-6-6L11.7 6.6M14 10a4.2 4.2 0 0 0-6-.3l-3 3a4.2 4.2 0 0 0 6 6l1.3-1.3"/>`),
  settings: icon(svg`<path d="M4 7h9M19 7h1M4 17h1M11 17h9"/><circle cx="16" cy="7" r="2.6"/><circle cx="8" cy="17" r="2.6"/>`),
  help: icon(svg`<circle cx="12" cy="12" r="9"/><path d="M9.3 9.4a2.8 2.8 0 1 1 4.2 2.4c-1 .6-1.5 1.1-1.5 2.2M12 17.2v.01"/>`),
  plus: icon(svg`<path d="M12 5v14M5 12h14"/>`),
  minus: icon(svg`<path d="M5 12h14"/>`),
  tilt_up: icon(svg`<path d="M3 18.5h18M6 18.5 9.5 9h5l3.5 9.5M12 5.8V2.5M10 4l2-1.8L14 4"/>`),
  tilt_down: icon(svg`<rect x="5" y="8.5" width="14" height="12" rx="1"/><path d="M12 2v4M10 4.5 12 6.3l2-1.8"/>`),
  home: icon(svg`<path d="M4 11.5 12 4.5l8 7M6.2 10v9.5h4.3v-5.5h3v5.5h4.3V10"/>`),
  underground: icon(svg`<path d="M2.5 9h19M6 9V4.5h5V9M14 9V6.5h4V9"/><circle cx="8" cy="16" r="3"/><path d="M11 16h10.5M8 9v4"/>`),
  sun: icon(svg`<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>`),
  copy: icon(svg`<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5.5 15H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v.5"/>`),
  target: icon(svg`<circle cx="12" cy="12" r="5.5"/><path d="M12 2.5v5M12 16.5v5M2.5 12h5M16.5 12h5"/>`),
  up: icon(svg`<path d="M12 19V5.5M6.5 11 12 5.5 17.5 11"/>`),
  warning: icon(svg`<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.01"/>`),
  info: icon(svg`<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.01"/>`),
  scenario: icon(svg`<circle cx="6" cy="5.5" r="2.2"/><circle cx="6" cy="18.5" r="2.2"/><circle cx="18" cy="9" r="2.2"/><path d="M6 7.7v8.6M18 11.2c0 3.6-5 3.2-9.8 5.6"/>`),
  undo: icon(svg`<path d="M8.5 5 4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3"/>`),
  redo: icon(svg`<path d="M15.5 5 20 9.5 15.5 14M19.5 9.5H10a5.5 5.5 0 0 0 0 11h3"/>`),
  edit: icon(svg`<path d="M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5 17.5 10"/>`),
  chart: icon(svg`<path d="M4 4v16h16M8.5 16.5v-5M12.5 16.5v-9M16.5 16.5V13"/>`),
  simulation: icon(svg`<path d="M9.5 3.5h5M10.5 3.5v6L4.8 18.4A1.4 1.4 0 0 0 6 20.5h12a1.4 1.4 0 0 0 1.2-2.1L13.5 9.5v-6M7.6 14.5h8.8"/>`),
  changes: icon(svg`<path d="M8 4v16M8 20l-3.5-3.5M8 20l3.5-3.5M16 20V4M16 4l-3.5 3.5M16 4l3.5 3.5"/>`),
  play: icon(svg`<path d="M7.5 5v14l11-7z"/>`),
  pause: icon(svg`<path d="M8 5v14M16 5v14"/>`),
  table: icon(svg`<rect x="3.5" y="5" width="17" height="14" rx="1.5"/><path d="M3.5 10h17M10 5v14"/>`),
  pack: icon(svg`<path d="M12 3.5v10M8 9.8l4 4 4-4M4 15.5V20h16v-4.5"/>`),
  bulb: icon(svg`<path d="M9.5 18h5M10.5 21h3M12 3a6 6 0 0 0-3.6 10.8c.8.6 1.1 1.4 1.1 2.2h5c0-.8.3-1.6 1.1-2.2A6 6 0 0 0 12 3z"/>`),
  history: icon(svg`<path d="M4 5v4.5h4.5M4.6 9.5A8 8 0 1 1 4 13M12 8v4.5l3 2"/>`),
  lasso: icon(svg`<path d="M12 4c5 0 8.5 2.4 8.5 5.5S17 15 12 15s-8.5-2.4-8.5-5.5S7 4 12 4zM7.5 14.3c-1.6 1.6-.8 3.2 1 3.2s2.3 1.6 1 3"/>`),
  flag: icon(svg`<path d="M6 21V4M6 5h11l-2.5 3.5L17 12H6"/>`),
  language: icon(svg`<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.6 2.5 3.9 5.5 3.9 9s-1.3 6.5-3.9 9c-2.6-2.5-3.9-5.5-3.9-9S9.4 5.5 12 3z"/>`),
};

/** The product's mark: a tower and its image in the water. */
export const mark = svg`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
  <rect width="32" height="32" rx="8" fill="#0f2a33"/>
  <path d="M7 16V10.5h4.5V16M12.5 16V5.5H19V16M20 16V8.5l5-1.8V16" fill="#5fd0d8"/>
  <path d="M4.5 16.8h23" stroke="#fff" stroke-width="1.3" stroke-linecap="round"/>
  <path d="M7 18v3.5h4.5V18M12.5 18v8H19v-8M20 18v5l5 1.4V18" fill="#5fd0d8" opacity=".42"/>
</svg>`;
