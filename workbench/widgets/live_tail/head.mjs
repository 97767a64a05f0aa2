// @ts-check
/** The titles of the columns: a click sorts, and dragging the edge of a title changes the width of its column. */
import { make, textual } from "../base/dom.mjs";
import { nextOrder, shownColumns, sortState, template, withWidth } from "./columns.mjs";

/** @param {any} column @param {number} place @param {string} role */
export function makeCell(column, place, role) {
  const kind = `${column.numeric ? " wb-numeric" : ""}${column.ends ? " wb-ends" : ""}`;
  const cell = make("div", { class: `wb-cell${kind}`, role, "aria-colindex": place + 1 });
  cell.column = column;
  return cell;
}

export class Head {
  #grid;
  #row;
  #model;

  /** @param {HTMLElement} grid @param {HTMLElement} row @param {any} model */
  constructor(grid, row, model) {
    this.#grid = grid;
    this.#row = row;
    this.#model = model;
    this.refresh();
  }

  refresh() {
    const columns = this.#model.get("columns");
    const shown = shownColumns(columns);
    this.#grid.style.setProperty("--wb-columns", template(columns));
    this.#grid.setAttribute("aria-colcount", String(shown.length));
    this.#row.replaceChildren(...shown.map((column, place) => this.#title(column, place)));
  }

  /** @param {any} column @param {number} place */
  #title(column, place) {
    const cell = makeCell(column, place, "columnheader");
    const order = this.#model.get("order") ?? "";
    cell.setAttribute("aria-sort", sortState(order, column.name));
    cell.title = `${column.title}: click to sort the rows that are held`;
    const edge = make("span", { class: "wb-edge", "aria-hidden": "true" });
    edge.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.#drag(event, column, cell));
    edge.addEventListener("click", (/** @type {MouseEvent} */ event) => event.stopPropagation());
    cell.append(textual("span", column.title, { class: "wb-words" }), edge);
    cell.addEventListener("click", () => this.#sort(nextOrder(order, column.name)));
    return cell;
  }

  /** @param {string} order */
  #sort(order) {
    this.#model.set("order", order);
    this.#model.save_changes();
  }

  /** @param {PointerEvent} event @param {any} column @param {HTMLElement} cell */
  #drag(event, column, cell) {
    event.preventDefault();
    const edge = /** @type {HTMLElement} */ (event.currentTarget);
    const from = cell.getBoundingClientRect().width - event.clientX;
    // The pointer stays with the edge when it leaves it.
    edge.setPointerCapture(event.pointerId);
    const sized = (/** @type {PointerEvent} */ moved) =>
      withWidth(this.#model.get("columns"), column.name, from + moved.clientX);
    edge.onpointermove = (moved) => this.#grid.style.setProperty("--wb-columns", template(sized(moved)));
    edge.onpointerup = (moved) => {
      this.#model.set("columns", sized(moved));
      this.#model.save_changes();
    };
  }
}
