// The product's own page: one viewer over the whole window.
import type { ChengjingViewer } from "./element";
import "./element";

const viewer = document.querySelector<ChengjingViewer>("chengjing-viewer");
if (viewer) window.chengjing = viewer;
document.querySelector("#boot")?.remove();
