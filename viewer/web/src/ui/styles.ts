// Looks shared by all panels: dark translucent cards on an 8 px grid, one accent colour, visible focus, no motion when unwanted.
import { css } from "lit";

export const tokens = css`
  :host {
    --cj-accent: #5fd0d8;
    --cj-accent-ink: #06262b;
    --cj-card: rgb(17 22 28 / 82%);
    --cj-backdrop: blur(14px) saturate(130%);
    --cj-card-solid: #161c24;
    --cj-line: rgb(255 255 255 / 11%);
    --cj-hover: rgb(255 255 255 / 9%);
    --cj-text: #eef2f5;
    --cj-muted: #aeb9c4;
    --cj-warn: #ffc36b;
    --cj-radius: 12px;
    --cj-time: 180ms;
    --cj-font: "Noto Sans SC Variable", "Noto Sans SC", "PingFang SC", "Microsoft YaHei UI", "Microsoft YaHei", system-ui, sans-serif;
  }
  /* Blurring what moves behind a card costs a weak machine more than the card is worth. */
  :host([data-quality="low"]) { --cj-backdrop: none; --cj-card: rgb(17 22 28 / 90%); }
  @media (prefers-reduced-motion: reduce) {
    :host { --cj-time: 0ms; }
  }
`;

export const shared = css`
  :host {
    color: var(--cj-text);
    font: 400 14px/1.5 var(--cj-font);
    font-variant-numeric: tabular-nums;
    -webkit-font-smoothing: antialiased;
  }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
  ul, ol { list-style: none; }
  h2 { font-size: 14px; font-weight: 600; }
  .card {
    background: var(--cj-card);
    border: 1px solid var(--cj-line);
    border-radius: var(--cj-radius);
    box-shadow: 0 8px 28px rgb(4 10 16 / 30%);
    backdrop-filter: var(--cj-backdrop);
  }
  button, input, select {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-height: 32px;
    min-width: 32px;
    padding: 0 8px;
    border: 0;
    border-radius: 8px;
    background: transparent;
    cursor: pointer;
    transition: background var(--cj-time), color var(--cj-time);
  }
  button:hover { background: var(--cj-hover); }
  button[aria-pressed="true"], button[aria-expanded="true"].tool { background: var(--cj-accent); color: var(--cj-accent-ink); }
  button:disabled { opacity: .45; cursor: default; }
  button.plain { border: 1px solid var(--cj-line); padding: 0 12px; }
  button.primary { background: var(--cj-accent); color: var(--cj-accent-ink); padding: 0 16px; font-weight: 600; }
  button.link {
    justify-content: flex-start;
    min-height: 28px;
    padding: 0 4px;
    margin-left: -4px;
    color: var(--cj-accent);
    text-align: left;
  }
  :focus-visible { outline: 2px solid var(--cj-accent); outline-offset: 2px; }
  button[aria-pressed="true"]:focus-visible, button.primary:focus-visible { outline-color: #fff; }
  .icon { flex: none; display: block; }
  .muted { color: var(--cj-muted); }
  .number { font-variant-numeric: tabular-nums; }
  .scroll {
    overflow: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: rgb(255 255 255 / 25%) transparent;
  }
  .sr-only {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation: none !important; transition: none !important; }
  }
`;
