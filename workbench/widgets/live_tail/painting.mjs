// @ts-check
/** Paints the state of the table, once per animation frame however much arrives between two. */
import { show } from "../base/dom.mjs";
import { commonStart, shownColumns } from "./columns.mjs";
import { canStop, countersText } from "./counters.mjs";
import { ROW_PX, scrollFor, scrollHeight, windowAt } from "./geometry.mjs";
import { fillRow, RowPool } from "./row_pool.mjs";

export class Painter {
  /** Where painting scrolled to. A scroll event that reports another place was made by a person. */
  expectedScroll = 0;
  #frame = 0;
  #model;
  #ui;
  #state;
  #painted;
  #pool;

  /**
   * @param {any} model @param {any} ui elements of the view @param {import("./state.mjs").TableState} state
   * @param {string} id @param {() => void} painted called after each painting
   */
  constructor(model, ui, state, id, painted) {
    this.#model = model;
    this.#ui = ui;
    this.#state = state;
    this.#painted = painted;
    this.#pool = new RowPool(ui.body, model.get("columns"), id);
  }

  /** Height of the rows on screen; one row while the view is hidden and has none. */
  viewportPx = () => Math.max(this.#ui.grid.clientHeight - this.#ui.head.offsetHeight, ROW_PX);

  soon = () => {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#paint());
  };

  /** Makes the rows anew, for other columns. */
  columnsChanged() {
    this.#pool.reset(this.#model.get("columns"));
    this.soon();
  }

  close() {
    cancelAnimationFrame(this.#frame);
  }

  #paint() {
    this.#frame = 0;
    const height = this.viewportPx();
    const { base, end } = this.#state.counts;
    this.#ui.body.style.height = `${scrollHeight(end - base)}px`;
    this.#state.settle(this.#model.get("follow"), height);
    this.#scrollTo(scrollFor(this.#state.first, base, end, height));
    this.#paintRows(height);
    this.#paintBar();
    this.#painted();
  }

  /** @param {number} wanted */
  #scrollTo(wanted) {
    const { grid } = this.#ui;
    if (Math.abs(grid.scrollTop - wanted) > 1) grid.scrollTop = wanted;
    // Read back: the browser rounds to device pixels and stops at the end.
    this.expectedScroll = grid.scrollTop;
  }

  /** @param {number} height */
  #paintRows(height) {
    const { first, focus, rows, counts } = this.#state;
    const [start, end] = windowAt(first, counts.base, counts.end, height);
    // Nobody scrolls while it follows: at each tick all rows are others, and those off screen would be written too.
    const [seen, unseen] = this.#model.get("follow") ? windowAt(first, counts.base, counts.end, height, 0) : [start, end];
    const elements = this.#pool.take(end - start);
    const starts = this.#commonStarts(start, end);
    for (const [index, element] of elements.entries()) {
      const position = start + index;
      element.hidden = position < seen || position >= unseen;
      if (element.hidden) continue;
      fillRow(element, rows.get(position), { position, base: counts.base, focused: position === focus }, starts);
      // Placed from the top edge: above the cap of the scroll height a position has no pixel of its own.
      element.style.transform = `translateY(${Math.round(this.expectedScroll + (position - first) * ROW_PX)}px)`;
    }
    const { grid, empty } = this.#ui;
    grid.setAttribute("aria-rowcount", String(counts.end - counts.base + 1));
    // The grid keeps the focus and names the row, because the row's element is used for another one while scrolling.
    if (focus >= seen && focus < unseen) grid.setAttribute("aria-activedescendant", elements[focus - start].id);
    else grid.removeAttribute("aria-activedescendant");
    empty.hidden = counts.end > counts.base;
    empty.textContent = this.#model.get("filter") ? "No row matches the filter." : "No rows yet.";
  }

  /** @param {number} start @param {number} end @returns {Map<number, number>} */
  #commonStarts(start, end) {
    const { rows } = this.#state;
    const shown = Array.from({ length: end - start }, (_, at) => rows.get(start + at)).filter((row) => row !== undefined);
    const columns = shownColumns(this.#model.get("columns")).filter(({ ends }) => ends);
    return new Map(columns.map(({ index }) => [index, commonStart(shown.map(({ cells }) => cells[index]))]));
  }

  #paintBar() {
    const { figures, follow, stop, note } = this.#ui;
    const { counts } = this.#state;
    figures.textContent = countersText(counts, Boolean(this.#model.get("filter")));
    follow.textContent = this.#model.get("follow") ? "Pause" : "Follow";
    stop.disabled = !canStop(counts.state);
    show(note, counts.note);
  }
}
