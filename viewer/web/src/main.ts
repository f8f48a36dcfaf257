// The product's own page: one viewer over the whole window.
import type { ChengjingViewer } from "./element";
import "./element";

const viewer = document.querySelector<ChengjingViewer>("chengjing-viewer");
if (viewer) {
  window.chengjing = viewer;
  // `?bare` leaves the panels away: for a wall, an embedding page or a measurement.
  viewer.bare = new URLSearchParams(location.search).has("bare");
}
document.querySelector("#boot")?.remove();
