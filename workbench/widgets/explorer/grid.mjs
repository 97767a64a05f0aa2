// @ts-check
/** A table of any number of rows: the kernel keeps them, this shows those on screen. */
import { make, textual } from "../base/dom.mjs";
import { firstAt, moved, reveal, ROW_PX, scrollFor, scrollHeight, windowAt } from "../live_tail/geometry.mjs";
import { drawTrend } from "./trend.mjs";

const decoder = new TextDecoder();
const RETRY_MS = 500;
/** Rows to have at hand above and below those on screen: most scrolling then asks for nothing. */
const AHEAD_ROWS = 60;

/** @typedef {{name: string, title: string, width: number, numeric: boolean, grow: boolean}} Column */
/** @typedef {[string, string[], number, number[]]} PackedRow key, cells, problem, trend */

/** @param {DataView} buffer */
export function unpacked(buffer) {
  return JSON.parse(decoder.decode(buffer));
}

export class Grid {
  /** @type {Column[]} */
  #columns = [];
  /** @type {Map<number, PackedRow>} */
  #rows = new Map();
  /** @type {any[]} */
  #pool = [];
  #count = 0;
  #version = -1;
  #picked = "";
  #focus = 0;
  #first = 0;
  #asking = false;
  #outdated = true;
  #frame = 0;
  #timer = 0;
  #head = make("div", { class: "wb-row wb-head", role: "row", "aria-rowindex": "1" });
  #body = make("div", { class: "wb-body", role: "rowgroup" });
  #id;
  #ask;
  #act;

  /**
   * @param {string} id makes the ids of rows unique @param {string} label
   * @param {(start: number, end: number) => Promise<{content: any, buffers: DataView[]}>} ask
   * @param {{pick: (key: string) => void, enter: (key: string) => void, sort: (column: string) => void}} act
   */
  constructor(id, label, ask, act) {
    this.#id = id;
    this.#ask = ask;
    this.#act = act;
    this.root = make("div", { class: "wb-grid", role: "grid", tabindex: "0", "aria-label": label, "aria-rowcount": "1" });
    this.root.append(make("div", { role: "rowgroup", class: "wb-heads" }, this.#head), this.#body);
    this.root.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
    this.root.addEventListener("click", (/** @type {any} */ event) => this.#clicked(event, this.#act.pick));
    this.root.addEventListener("dblclick", (/** @type {any} */ event) => this.#clicked(event, this.#act.enter));
    this.observer = new ResizeObserver(() => this.#soon());
    this.observer.observe(this.root);
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
  }

  /** @param {Column[]} columns @param {string} order */
  setColumns(columns, order) {
    const widths = columns.map((c) => (c.grow ? `minmax(${c.width}px, 1fr)` : `${c.width}px`)).join(" ");
    this.root.style.setProperty("--wb-columns", widths);
    this.root.style.setProperty("--wb-width", `${columns.reduce((sum, column) => sum + column.width, 0)}px`);
    if (JSON.stringify(columns) !== JSON.stringify(this.#columns)) {
      this.#columns = columns;
      for (const row of this.#pool) row.remove();
      this.#pool = [];
    }
    const name = order.replace(/^-/, "");
    this.#head.replaceChildren(...columns.map((column) => {
      const sorted = column.name !== name ? null : order.startsWith("-") ? "descending" : "ascending";
      const cell = textual("div", column.title, { class: cellClass(column), role: "columnheader", "aria-sort": sorted });
      cell.addEventListener("click", () => this.#act.sort(column.name));
      return cell;
    }));
    this.#soon();
  }

  /** @param {number} count @param {number} version @param {string} picked */
  set(count, version, picked) {
    if (count === this.#count && version === this.#version && picked === this.#picked) return;
    this.#outdated = this.#outdated || version !== this.#version;
    this.#count = count;
    this.#version = version;
    this.#picked = picked;
    this.#focus = Math.min(this.#focus, Math.max(count - 1, 0));
    this.root.setAttribute("aria-rowcount", String(count + 1));
    // As high as its rows where these are few; 40 px hold the head and a scrollbar.
    this.root.style.height = `min(var(--wb-height), ${count * ROW_PX + 40}px)`;
    this.#soon();
  }

  get #viewportPx() {
    return Math.max(this.root.clientHeight - this.#head.offsetHeight, ROW_PX);
  }

  #soon() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    const height = this.#viewportPx;
    if (!this.root.isConnected || !this.root.clientHeight) return;
    this.#body.style.height = `${scrollHeight(this.#count)}px`;
    this.#first = firstAt(this.root.scrollTop, 0, this.#count, height);
    const [start, end] = windowAt(this.#first, 0, this.#count, height);
    while (this.#pool.length < end - start) this.#pool.push(this.#makeRow(this.#pool.length));
    for (const element of this.#pool) element.stays = false;
    // A row keeps its element while it is on screen: scrolling by three rows writes three.
    for (let position = start; position < end; position++) this.#fill(this.#pool[position % this.#pool.length], position);
    for (const element of this.#pool) element.hidden = !element.stays;
    const focused = this.#pool.find((one) => !one.hidden && one.position === this.#focus);
    if (focused) this.root.setAttribute("aria-activedescendant", focused.id);
    else this.root.removeAttribute("aria-activedescendant");
    void this.#load(start, end);
  }

  /** @param {number} number */
  #makeRow(number) {
    const row = make("div", { class: "wb-row", role: "row", id: `${this.#id}-${number}` });
    row.append(...this.#columns.map((column) => make("div", { class: cellClass(column), role: "gridcell" })));
    this.#body.append(row);
    return row;
  }

  /** @param {any} element @param {number} position */
  #fill(element, position) {
    const row = this.#rows.get(position);
    element.stays = true;
    element.position = position;
    const top = Math.round(this.root.scrollTop + (position - this.#first) * ROW_PX);
    if (element.top !== top) element.style.transform = `translateY(${top}px)`;
    element.top = top;
    const picked = Boolean(row && row[0] === this.#picked);
    const marks = [position, picked, !row, row?.[2], position === this.#focus].join();
    // Writing the same again would still cost a style.
    if (element.marks !== marks) {
      element.marks = marks;
      element.setAttribute("aria-rowindex", String(position + 2));
      element.setAttribute("aria-selected", String(picked));
      element.setAttribute("aria-busy", String(!row));
      element.classList.toggle("wb-problem", Boolean(row?.[2]));
      element.classList.toggle("wb-focus", position === this.#focus);
    }
    if (element.row === row && row) return;
    element.row = row;
    for (const [place, cell] of [...element.children].entries()) {
      const text = row?.[1][place] ?? "";
      if (this.#columns[place]?.name === "trend") drawTrend(cell, row?.[3] ?? []);
      else if (cell.textContent !== text) cell.textContent = text;
    }
  }

  /** One request at a time: scrolling would queue hundreds. @param {number} start @param {number} end */
  async #load(start, end) {
    const missing = () => {
      for (let at = start; at < end; at++) if (!this.#rows.has(at)) return true;
      return false;
    };
    if (this.#asking || (!this.#outdated && !missing())) return;
    this.#asking = true;
    this.#outdated = false;
    try {
      const { content, buffers } = await this.#ask(Math.max(start - AHEAD_ROWS, 0), Math.min(end + AHEAD_ROWS, this.#count));
      if (content.version !== this.#version) this.#outdated = true;
      this.#rows = new Map(unpacked(buffers[0]).map((/** @type {PackedRow} */ row, /** @type {number} */ place) => [content.start + place, row]));
      this.#soon();
    } catch {
      this.#outdated = true;
      this.#timer = setTimeout(() => this.#soon(), RETRY_MS);
    } finally {
      this.#asking = false;
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const to = moved(event.key, this.#focus, 0, this.#count, this.#viewportPx);
    const row = this.#rows.get(this.#focus);
    if (to !== null) {
      this.#focus = to;
      const first = reveal(to, this.#first, this.#viewportPx);
      this.root.scrollTop = scrollFor(first, 0, this.#count, this.#viewportPx);
      this.#soon();
    } else if (event.key === "Enter" && row) this.#act.enter(row[0]);
    else if (event.key === " " && row) this.#act.pick(row[0]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {any} event @param {(key: string) => void} act */
  #clicked(event, act) {
    const position = event.target.closest?.(".wb-body .wb-row")?.position;
    const row = this.#rows.get(position);
    if (!row) return;
    this.#focus = position;
    act(row[0]);
    this.#soon();
  }
}

/** @param {Column} column */
function cellClass(column) {
  return `wb-cell${column.numeric ? " wb-numeric" : ""}`;
}
