// @ts-check
/** Row elements, as many as fit on screen: a million rows would be a million elements otherwise. */
import { make, textual } from "../base/dom.mjs";
import { shownColumns } from "./columns.mjs";
import { makeCell } from "./head.mjs";

/** @typedef {import("./rows.mjs").Row} Row */

export class RowPool {
  /** @type {any[]} */
  #pool = [];
  #body;
  #columns;
  #id;

  /** @param {HTMLElement} body @param {any[]} columns @param {string} id makes the ids of the rows unique in the page */
  constructor(body, columns, id) {
    this.#body = body;
    this.#columns = columns;
    this.#id = id;
  }

  /** Elements for `count` rows; the others are hidden. @param {number} count @returns {any[]} */
  take(count) {
    while (this.#pool.length < count) this.#pool.push(this.#make(this.#pool.length));
    for (const element of this.#pool.slice(count)) element.hidden = true;
    return this.#pool.slice(0, count);
  }

  /** Makes the rows anew for other columns. @param {any[]} columns */
  reset(columns) {
    for (const element of this.#pool) element.remove();
    this.#pool = [];
    this.#columns = columns;
  }

  /** @param {number} number */
  #make(number) {
    const row = make("div", { class: "wb-row", role: "row", id: `${this.#id}-${number}` });
    row.append(...shownColumns(this.#columns).map((column, place) => makeCell(column, place, "gridcell")));
    this.#body.append(row);
    return row;
  }
}

/**
 * Fills an element with a row; a row that is not at hand yet is empty and busy.
 * @param {any} element @param {Row | undefined} row @param {{position: number, base: number, focused: boolean}} at
 * @param {Map<number, number>} starts number of characters that the texts of a column have in common, by its index
 */
export function fillRow(element, row, at, starts) {
  element.position = at.position;
  // Counts from 1, and the head is row 1.
  element.setAttribute("aria-rowindex", String(at.position - at.base + 2));
  element.setAttribute("aria-selected", String(Boolean(row?.picked)));
  element.setAttribute("aria-busy", String(!row));
  element.classList.toggle("wb-problem", Boolean(row?.problem));
  element.classList.toggle("wb-focus", at.focused);
  for (const cell of element.children) {
    const { index } = cell.column;
    fillCell(cell, row ? row.cells[index] : "", starts.get(index) ?? 0);
  }
}

/** @param {any} cell @param {string} text @param {number} start */
function fillCell(cell, text, start) {
  // Writing the same text would still cost a layout.
  if (cell.textContent === text && (cell.start ?? 0) === start) return;
  cell.start = start;
  if (!start || !text) {
    cell.textContent = text;
    cell.removeAttribute("title");
    return;
  }
  // The common start gives way where the column is too narrow: texts differ at their ends.
  const parts = [["wb-start", text.slice(0, start)], ["wb-end", text.slice(start)]];
  cell.replaceChildren(...parts.map(([kind, part]) => textual("span", part, { class: kind })));
  cell.title = text;
}

/** Position of the row that an event hit. @param {any} event @returns {number | undefined} */
export function positionOf(event) {
  return event.target.closest?.(".wb-body .wb-row")?.position;
}
