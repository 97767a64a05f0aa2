// @ts-check
/** The table below the drawing: the same events, for screen readers and for copying. */
import { make, OWN_KEYS, textual } from "../base/dom.mjs";
import { nextRow } from "./keyboard.mjs";

const INDENT_PX = 12;
/** Deeper rows are not indented further, or the texts of a long chain would leave the table. */
const MOST_INDENTS = 20;

/** @param {any[]} row */
function makeRow([key, depth, name, ...texts]) {
  const button = textual("button", name || "(no type)", { type: "button", tabindex: "-1" });
  button.style.marginLeft = `${Math.min(depth, MOST_INDENTS) * INDENT_PX}px`;
  const row = make("tr", {}, make("th", { scope: "row" }, button), ...texts.map((text) => textual("td", text)));
  row.dataset.key = key;
  return row;
}

export class EventTable {
  #caption = make("caption");
  #head = make("thead");
  #table = make("table", OWN_KEYS);
  /** A key may have several rows: the edges of a map that begin at one type. @type {any[]} */
  #rows = [];
  #chosen;

  /** @param {(key: string, adding: boolean) => void} chosen called when a row is clicked */
  constructor(chosen) {
    this.#chosen = chosen;
    this.element = make("div", { class: "wb-table", tabindex: "-1" }, this.#table);
    this.#table.addEventListener("click", (/** @type {any} */ event) => this.#clicked(event));
    this.#table.addEventListener("keydown", (/** @type {any} */ event) => this.#pressed(event));
  }

  /** @param {any[][]} rows @param {string[]} titles @param {number[]} numeric columns that are aligned right */
  paint(rows, titles, numeric) {
    this.#rows = rows.map(makeRow);
    const body = make("tbody");
    for (const row of this.#rows) body.append(row);
    this.#head.replaceChildren(make("tr", {}, ...titles.map((text) => textual("th", text, { scope: "col" }))));
    for (const row of [this.#head.firstChild, ...this.#rows]) {
      for (const place of numeric) row.children[place]?.classList.add("wb-number");
    }
    this.#table.replaceChildren(this.#caption, this.#head, body);
    this.#caption.textContent = `The same as a table, ${rows.length.toLocaleString("en")} rows`;
    // One button is in the tab order, and arrow keys lead to the others: Tab leaves the table at once.
    const [first] = this.#buttons();
    if (first) first.tabIndex = 0;
  }

  /** @param {Set<string>} selected */
  mark(selected) {
    for (const row of this.#rows) {
      if (selected.has(row.dataset.key)) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  /** @returns {any[]} */
  #buttons() {
    return [...this.#table.querySelectorAll("tbody button")];
  }

  /** @param {any} event */
  #clicked(event) {
    const key = event.target.closest("tbody tr")?.dataset.key;
    if (key !== undefined) this.#chosen(key, event.ctrlKey || event.metaKey);
    // Choosing moves the focus to the node of the drawing; whoever works in the table stays in it.
    if (event.target.closest("button")) event.target.focus();
  }

  /** @param {any} event */
  #pressed(event) {
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
    const buttons = this.#buttons();
    const at = buttons.indexOf(document.activeElement);
    const to = nextRow(event.key, at, buttons.length);
    if (to === null) return;
    if (at >= 0) buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
    event.preventDefault();
  }
}
