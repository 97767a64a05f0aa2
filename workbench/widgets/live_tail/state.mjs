// @ts-check
/** State of the table: counters, rows at hand, the row at the top edge, focus and selection; no DOM. */
import { between, lastFirst } from "./geometry.mjs";
import { keepRows, markRows, storeRows } from "./rows.mjs";

/** @typedef {import("./rows.mjs").SelectMode} SelectMode */

/** @type {Record<string, any>} */
const NOTHING_YET = {
  view: -1, base: 0, end: 0, total: 0, held: 0, dropped: 0, behind: null, picked: 0, picks: 0, state: "waiting", note: "",
};

export class TableState {
  /** The newest tick. Positions in [base, end) exist; they count rows of the present filter, called `view`. */
  counts = NOTHING_YET;
  /** @type {import("./rows.mjs").Rows} */
  rows = new Map();
  /** Position at the top edge, with its fraction. */
  first = 0;
  /** Position of the keyboard focus; -1 for none. */
  focus = -1;
  /** Position where a range of selected rows starts; -1 for none. */
  anchor = -1;
  /** The selection changed in the kernel: rows at hand may be marked wrongly. */
  outdated = false;

  /**
   * Takes a tick, with the newest page while the view follows.
   * @param {any} content @param {[string[], number, number][] | null} page @param {number} viewportPx
   * @returns {string} what to say to a screen reader; empty for nothing
   */
  take(content, page, viewportPx) {
    const before = this.counts;
    this.counts = content;
    if (content.view !== before.view) this.#forget(viewportPx, Boolean(content.order));
    else if (content.picks !== before.picks) this.outdated = true;
    if (page !== null) {
      this.rows.clear();
      storeRows(this.rows, content.start, page);
      this.first = this.lastFirst(viewportPx);
    }
    keepRows(this.rows, content.base);
    return before.state !== content.state && before.view >= 0 ? `Reading is ${content.state}.` : "";
  }

  /**
   * Another filter or order makes another view, whose positions mean other records.
   * @param {number} viewportPx @param {boolean} sorted
   */
  #forget(viewportPx, sorted) {
    this.rows = new Map();
    this.focus = this.anchor = -1;
    // Sorted rows are read from the top, rows in the order of their coming from the newest.
    this.first = sorted ? this.counts.base : this.lastFirst(viewportPx);
  }

  /** @param {number} viewportPx */
  lastFirst(viewportPx) {
    return lastFirst(this.counts.base, this.counts.end, viewportPx);
  }

  /**
   * Brings the top edge inside what exists: old rows go away while the table is paused.
   * @param {boolean} following @param {number} viewportPx
   */
  settle(following, viewportPx) {
    const last = this.lastFirst(viewportPx);
    this.first = following ? last : Math.min(Math.max(this.first, this.counts.base), last);
  }

  /**
   * Marks the rows from `a` to `b` and makes the message that selects them in the kernel, which alone knows the
   * records outside the window.
   * @param {number} a @param {number} b @param {SelectMode} mode
   */
  select(a, b, mode) {
    const [start, end] = between(a, b);
    markRows(this.rows, start, end, mode);
    return { kind: "select", view: this.counts.view, start, end, mode };
  }

  /**
   * Selects by a click: alone, together with what is selected (Ctrl or Cmd), or up to the row clicked last (Shift).
   * @param {number} position @param {{shift: boolean, toggle: boolean}} held
   */
  click(position, held) {
    this.focus = position;
    if (held.shift && this.anchor >= 0) return this.select(this.anchor, position, "extend");
    this.anchor = position;
    return this.select(position, position, held.toggle ? "toggle" : "replace");
  }
}
