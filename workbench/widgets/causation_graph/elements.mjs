// @ts-check
/** The fixed elements of the graph's view. */
import { make, OWN_KEYS, statusLines, textual } from "../base/dom.mjs";
import { draw } from "./svg.mjs";

/** @param {string} text @param {string} [title] */
const button = (text, title) => make("button", { type: "button", title }, text);
/** @param {string} value @param {string} text */
const choice = (value, text) => make("option", { value }, text);

/** Pictures of one trace, and the buttons that choose them. */
const LAYOUTS = [["layered", "Layered"], ["swimlanes", "Swimlanes"], ["waterfall", "Waterfall"], ["sequence", "Sequence"],
  ["map", "Map"]];

/** @param {string} name */
function makeBar(name) {
  const lanes = make("select", { "aria-label": "Lanes" }, choice("topic", "by topic"), choice("source", "by source"));
  const boxes = make("select", { "aria-label": "Boxes" }, choice("event_type", "by type"), choice("source", "by source"),
    choice("topic", "by topic"));
  const layouts = Object.fromEntries(LAYOUTS.map(([layout, text]) => [layout, button(text)]));
  const find = make("input", { type: "search", "aria-label": "Find", placeholder: "Find (/)", size: 12 });
  const found = make("span", { class: "wb-found-text", "aria-live": "polite" });
  const controls = {
    figures: make("span", { class: "wb-figures" }),
    group: make("span", { class: "wb-layouts", role: "group", "aria-label": "View" }, ...Object.values(layouts)),
    laneLabel: make("label", { hidden: "" }, "Lanes ", lanes),
    boxLabel: make("label", { hidden: "" }, "Boxes ", boxes),
    zoomIn: button("Zoom in"),
    zoomOut: button("Zoom out"),
    fitAll: button("Fit", "As much as can be read; drag the drawing to see the rest"),
    fold: button("Fold"),
    finding: make("span", { class: "wb-finding" }, find, found),
  };
  controls.fold.hidden = true;
  const title = textual("span", name, { class: "wb-title" });
  const bar = make("div", { class: "wb-bar", ...OWN_KEYS }, title, ...Object.values(controls));
  return { ...controls, layouts, find, found, lanes, boxes, bar };
}

/** @param {string} name @param {HTMLElement} table */
export function makeElements(name, table) {
  const { bar, ...controls } = makeBar(name);
  const lines = statusLines();
  const facts = make("div", { class: "wb-facts" });
  const provenance = make("div", { class: "wb-facts" });
  const legend = make("div", { class: "wb-legend", "aria-label": "Legend" });
  const chosen = make("div", { class: "wb-chosen", hidden: "" });
  const detail = make("section", { class: "wb-detail", hidden: "", tabindex: "-1", "aria-label": "Record", ...OWN_KEYS });
  const world = draw("g", { class: "wb-world" });
  const top = draw("g", { "aria-hidden": "true" });
  const side = draw("g");
  // Covers the axis above the names.
  const corner = draw("path", { class: "wb-p-head", "aria-hidden": "true" });
  // In the focus order of the pointer only: a click beside the nodes gives the wheel to the drawing.
  const svg = draw("svg", { role: "group", tabindex: "-1", "aria-roledescription": "graph" }, world, side, top, corner);
  const stage = make("div", { class: "wb-stage", ...OWN_KEYS }, svg);
  const root = make("div", { class: "workbench wb-graph" }, bar, facts, legend, lines.note, lines.silence, lines.failure,
    stage, chosen, detail, table, provenance, lines.spoken);
  return { ...controls, ...lines, facts, legend, provenance, chosen, detail, world, side, top, corner, svg, stage, root };
}
