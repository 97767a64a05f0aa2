// @ts-check
/** Texts around the drawing: the header of a view, and what is known about the selected nodes. */
import { make, show, textual } from "../base/dom.mjs";
import { drawBadge } from "./drawing.mjs";
import { draw } from "./svg.mjs";

const STROKE = "M-14,0H14";
const BADGES = new Set(["failed", "dead", "break"]);

/** @param {any[]} entry kind, outline, dashes (of an area: opacity) and text; of a badge outline and sign */
function drawEntry([kind, path, dash, text]) {
  if (!kind) return textual("span", text);
  const style = `stroke-dasharray: ${dash || "none"}`;
  const picture = draw("svg", { viewBox: "-15 -9 30 18", "aria-hidden": "true" });
  if (kind === "node") picture.append(draw("path", { class: "wb-box", d: path, style }));
  if (kind === "area") picture.append(draw("path", { class: "wb-area", d: path, style: `fill-opacity: ${Number(dash)}` }));
  if (kind === "edge") picture.append(draw("path", { class: "wb-stroke", d: STROKE, style }));
  if (kind === "path") {
    picture.append(draw("path", { class: "wb-edge wb-path", d: STROKE }), draw("path", { class: "wb-core", d: STROKE }));
  }
  if (BADGES.has(kind)) picture.append(drawBadge([kind, 0, 0, path, dash]));
  return make("span", {}, picture, text);
}

/** @param {any} ui @param {any} view */
export function paintHeader(ui, view) {
  ui.figures.textContent = view.text;
  ui.facts.textContent = view.facts.join(" · ");
  ui.legend.replaceChildren(...view.legend.map(drawEntry));
  show(ui.note, view.notes.join(" · "));
  ui.provenance.textContent = view.provenance;
  for (const [layout, button] of Object.entries(ui.layouts)) {
    button.setAttribute("aria-pressed", String(view.layout === layout));
    button.hidden = view.layouts.length < 2 || !view.layouts.includes(layout);
  }
  ui.laneLabel.hidden = view.layout !== "swimlanes";
  // The map of an answer has the boxes that were asked for.
  ui.boxLabel.hidden = view.layout !== "map" || view.layouts.length < 2;
  ui.fold.hidden = !view.opened;
  ui.fold.textContent = `Fold ${view.opened} opened`;
}

/**
 * Shows the selected node with its facts, or how many are selected.
 * @param {HTMLElement} element @param {any[]} nodes @param {number} up causes drawn @param {number} down effects drawn
 * @returns {string} what to say to a screen reader
 */
export function paintChosen(element, nodes, up, down) {
  element.hidden = nodes.length === 0;
  if (!nodes.length) {
    element.replaceChildren();
    return "";
  }
  const one = nodes.length === 1 ? nodes[0] : null;
  const text = `${one ? one.name : `${nodes.length} nodes`} — drawn: ${up} before it, ${down} after it`;
  const facts = (one?.facts ?? []).map((/** @type {[string, string]} */ [name, value]) => textual("p", `${name}: ${value}`));
  element.replaceChildren(textual("div", text), ...facts);
  return text;
}
