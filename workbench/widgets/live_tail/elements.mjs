// @ts-check
/** The fixed elements of the table's view. */
import { make, OWN_KEYS, statusLines, textual } from "../base/dom.mjs";

/** @param {any} column @param {number} index @param {string} role */
export function makeCell(column, index, role) {
  return make("div", { class: `wb-cell${column.numeric ? " wb-numeric" : ""}`, role, "aria-colindex": index + 1 });
}

/** @param {any[]} columns @param {string} name */
function makeGrid(columns, name) {
  const grid = make("div", {
    class: "wb-grid", role: "grid", tabindex: "0", "aria-multiselectable": "true", "aria-colcount": columns.length,
    "aria-label": `Records of ${name}`, ...OWN_KEYS,
  });
  const widths = columns.map((c) => (c.grow ? `minmax(${c.width}px, 1fr)` : `${c.width}px`));
  grid.style.setProperty("--wb-columns", widths.join(" "));
  const head = make("div", { class: "wb-row", role: "row", "aria-rowindex": "1" });
  for (const [index, column] of columns.entries()) {
    const cell = makeCell(column, index, "columnheader");
    cell.textContent = column.title;
    head.append(cell);
  }
  const body = make("div", { class: "wb-body", role: "rowgroup" });
  const empty = make("div", { class: "wb-empty", hidden: "" }, "No rows yet.");
  grid.append(make("div", { class: "wb-head", role: "rowgroup" }, head), body, empty);
  return { grid, head, body, empty };
}

/**
 * @param {any[]} columns @param {string} name @param {string} id
 */
export function makeElements(columns, name, id) {
  const controls = {
    follow: make("button", { type: "button" }),
    stop: make("button", { type: "button" }, "Stop reading"),
    filter: make("input", {
      class: "wb-filter", type: "text", spellcheck: "false", autocomplete: "off", "aria-label": "Filter",
      placeholder: "words, or: where partition = 3 and value like '%…%'",
    }),
    figures: make("span", { class: "wb-figures" }),
  };
  const lines = statusLines();
  const table = makeGrid(columns, name);
  const detail = make("section", { class: "wb-detail", hidden: "", tabindex: "-1", "aria-label": "Record", ...OWN_KEYS });
  const title = textual("span", name, { class: "wb-title" });
  const bar = make("div", { class: "wb-bar", ...OWN_KEYS }, title, ...Object.values(controls));
  const root = make("div", { class: "workbench wb-tail", id }, bar, lines.note, lines.silence, lines.failure, table.grid, detail, lines.spoken);
  return { ...controls, ...lines, ...table, detail, root };
}
