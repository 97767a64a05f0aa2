// @ts-check
/** The fixed elements of the table's view. */
import { make, OWN_KEYS, statusLines, textual } from "../base/dom.mjs";

/** @param {string} name */
function makeGrid(name) {
  const grid = make("div", {
    class: "wb-grid", role: "grid", tabindex: "0", "aria-multiselectable": "true", "aria-label": `Records of ${name}`,
    ...OWN_KEYS,
  });
  const head = make("div", { class: "wb-row", role: "row", "aria-rowindex": "1" });
  const body = make("div", { class: "wb-body", role: "rowgroup" });
  const empty = make("div", { class: "wb-empty", hidden: "" }, "No rows yet.");
  grid.append(make("div", { class: "wb-head", role: "rowgroup" }, head), body, empty);
  return { grid, head, body, empty };
}

/**
 * @param {string} name @param {string} id
 */
export function makeElements(name, id) {
  const controls = {
    follow: make("button", { type: "button" }),
    stop: make("button", { type: "button" }, "Stop reading"),
    filter: make("input", {
      class: "wb-filter", type: "text", spellcheck: "false", autocomplete: "off", "aria-label": "Filter",
      placeholder: "words, or: where partition = 3 and value like '%…%'",
    }),
    choose: make("button", { type: "button" }, "Columns"),
    figures: make("span", { class: "wb-figures" }),
  };
  const lines = statusLines();
  const table = makeGrid(name);
  const menu = make("div", { class: "wb-menu", hidden: "", role: "group", "aria-label": "Columns", ...OWN_KEYS });
  const detail = make("section", { class: "wb-detail", hidden: "", tabindex: "-1", "aria-label": "Record", ...OWN_KEYS });
  const title = textual("span", name, { class: "wb-title" });
  const bar = make("div", { class: "wb-bar", ...OWN_KEYS }, title, ...Object.values(controls));
  const root = make("div", { class: "workbench wb-tail mathjax_ignore tex2jax_ignore", id }, bar, menu, lines.note, lines.silence, lines.failure, table.grid, detail, lines.spoken);
  return { ...controls, ...lines, ...table, menu, detail, root };
}
