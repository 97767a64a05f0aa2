// @ts-check
/** Row elements, as many as fit on screen: a million rows would be a million elements otherwise. */
import { make } from "../base/dom.mjs";
import { makeCell } from "./elements.mjs";

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

  /** @param {number} number */
  #make(number) {
    const row = make("div", { class: "wb-row", role: "row", id: `${this.#id}-${number}` });
    row.append(...this.#columns.map((column, index) => makeCell(column, index, "gridcell")));
    this.#body.append(row);
    return row;
  }
}

/**
 * Fills an element with a row; a row that is not at hand yet is empty and busy.
 * @param {any} element @param {Row | undefined} row @param {{position: number, base: number, focused: boolean}} at
 */
export function fillRow(element, row, at) {
  element.hidden = false;
  element.position = at.position;
  // Counts from 1, and the head is row 1.
  element.setAttribute("aria-rowindex", String(at.position - at.base + 2));
  element.setAttribute("aria-selected", String(Boolean(row?.picked)));
  element.setAttribute("aria-busy", String(!row));
  element.classList.toggle("wb-problem", Boolean(row?.problem));
  element.classList.toggle("wb-focus", at.focused);
  for (const [index, cell] of [...element.children].entries()) {
    const text = row ? row.cells[index] : "";
    // Writing the same text would still cost a layout.
    if (cell.textContent !== text) cell.textContent = text;
  }
}

/** Position of the row that an event hit. @param {any} event @returns {number | undefined} */
export function positionOf(event) {
  return event.target.closest?.(".wb-body .wb-row")?.position;
}
