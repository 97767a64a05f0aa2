// @ts-check
import { make, openChannel } from "../base/channel.mjs";
import { between, firstAt, lastFirst, moved, reveal, ROW_PX, scrollFor, scrollHeight, windowAt } from "./geometry.mjs";

const FILTER_DELAY_MS = 300;
const decoder = new TextDecoder();

/** @typedef {{cells: string[], picked: boolean, problem: boolean}} Row */

/**
 * Builds the fixed parts of the view.
 * @param {any} model @param {HTMLElement} el @param {string} id
 */
function build(model, el, id) {
  const columns = model.get("columns");
  const parts = {
    columns,
    title: make("span", { class: "wb-title" }),
    follow: make("button", { type: "button" }),
    stop: make("button", { type: "button" }, "Stop reading"),
    filter: make("input", {
      class: "wb-filter", type: "text", spellcheck: "false", autocomplete: "off", "aria-label": "Filter",
      placeholder: "words, or: where partition = 3 and value like '%…%'",
    }),
    figures: make("span", { class: "wb-figures" }),
    note: make("div", { class: "wb-note", hidden: "" }),
    silence: make("div", { class: "wb-note", hidden: "", role: "alert" }),
    failure: make("div", { class: "wb-failure", hidden: "" }),
    spoken: make("div", { class: "wb-unseen", role: "status", "aria-live": "polite" }),
    grid: make("div", {
      class: "wb-grid", role: "grid", tabindex: "0", "aria-multiselectable": "true", "aria-colcount": columns.length,
      "data-lm-suppress-shortcuts": "true",
    }),
    body: make("div", { class: "wb-body", role: "rowgroup" }),
    empty: make("div", { class: "wb-empty", hidden: "" }, "No rows yet."),
    detail: make("section", { class: "wb-detail", hidden: "", tabindex: "-1", "aria-label": "Record", "data-lm-suppress-shortcuts": "true" }),
  };
  parts.title.textContent = model.get("name");
  parts.grid.setAttribute("aria-label", `Records of ${model.get("name")}`);
  const head = make("div", { class: "wb-row", role: "row", "aria-rowindex": "1" });
  for (const [index, column] of columns.entries()) {
    const cell = make("div", { class: `wb-cell${column.numeric ? " wb-numeric" : ""}`, role: "columnheader", "aria-colindex": index + 1 });
    cell.textContent = column.title;
    head.append(cell);
  }
  const widths = columns.map((/** @type {any} */ c) => (c.grow ? `minmax(${c.width}px, 1fr)` : `${c.width}px`));
  parts.grid.style.setProperty("--wb-columns", widths.join(" "));
  parts.grid.append(make("div", { class: "wb-head", role: "rowgroup" }, head), parts.body, parts.empty);
  const bar = make("div", { class: "wb-bar", "data-lm-suppress-shortcuts": "true" }, parts.title, parts.follow, parts.stop, parts.filter, parts.figures);
  const root = make("div", { class: "workbench wb-tail", id }, bar, parts.note, parts.silence, parts.failure, parts.grid, parts.detail, parts.spoken);
  el.append(root);
  return { ...parts, root, head };
}

/** @param {string} title @param {[string, string][]} facts */
function pairs(title, facts) {
  const lines = facts.map(([name, value]) => {
    const line = make("tr", {}, make("th", { scope: "row" }), make("td"));
    line.firstChild.textContent = name;
    line.lastChild.textContent = value;
    return line;
  });
  return make("table", {}, make("caption", {}, title), make("tbody", {}, ...lines));
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const id = `wb-${Math.random().toString(36).slice(2, 10)}`;
  const ui = build(model, el, id);
  /** @type {any} */
  let counts = { view: -1, base: 0, end: 0, total: 0, held: 0, dropped: 0, behind: null, picked: 0, picks: 0, state: "waiting", note: "" };
  /** @type {Map<number, Row>} */
  let rows = new Map();
  /** @type {any[]} */
  const pool = [];
  let first = 0;
  let focus = -1;
  let anchor = -1;
  let expectedScroll = 0;
  let frame = 0;
  let asking = false;
  let askAgain = false;
  let outdated = false;

  const viewportPx = () => Math.max(ui.grid.clientHeight - ui.head.offsetHeight, ROW_PX);
  const following = () => model.get("follow");

  const channel = openChannel(model, {
    tick,
    failed: (message) => {
      show(ui.failure, message);
      say(message);
    },
    silence: (text) => show(ui.silence, text),
  });

  /** @param {HTMLElement} node @param {string} text */
  function show(node, text) {
    node.textContent = text;
    node.hidden = !text;
  }

  /** @param {string} text */
  function say(text) {
    ui.spoken.textContent = text;
  }

  /** @param {any} content @param {DataView[]} buffers */
  function tick(content, buffers) {
    const before = counts;
    counts = content;
    if (content.view !== before.view) forget();
    else if (content.picks !== before.picks) outdated = true;
    if (before.state !== content.state && before.view >= 0) say(`Reading is ${content.state}.`);
    if (content.start !== undefined && following()) {
      rows.clear();
      store(content.start, buffers[0]);
      first = lastFirst(counts.base, counts.end, viewportPx());
    }
    for (const position of rows.keys()) if (position < counts.base) rows.delete(position);
    paintSoon();
  }

  function forget() {
    rows = new Map();
    focus = anchor = -1;
    first = lastFirst(counts.base, counts.end, viewportPx());
  }

  /** @param {number} start @param {DataView} buffer */
  function store(start, buffer) {
    const packed = JSON.parse(decoder.decode(buffer));
    for (const [index, [cells, picked, problem]] of packed.entries()) {
      rows.set(start + index, { cells, picked: Boolean(picked), problem: Boolean(problem) });
    }
  }

  async function ask() {
    const [start, end] = windowAt(first, counts.base, counts.end, viewportPx());
    let missing = outdated;
    for (let position = start; position < end && !missing; position++) missing = !rows.has(position);
    if (!missing) return;
    if (asking) {
      askAgain = true;
      return;
    }
    asking = true;
    outdated = false;
    try {
      const { content, buffers } = await channel.request({ kind: "window", start, end });
      if (content.view === counts.view) {
        for (const position of [...rows.keys()]) if (position < start - 400 || position > end + 400) rows.delete(position);
        store(content.start, buffers[0]);
        paintSoon();
      }
    } catch {
      askAgain = true;
    } finally {
      asking = false;
      if (askAgain) {
        askAgain = false;
        void ask();
      }
    }
  }

  function paintSoon() {
    if (!frame) frame = requestAnimationFrame(paint);
  }

  function paint() {
    frame = 0;
    const height = viewportPx();
    ui.body.style.height = `${scrollHeight(counts.end - counts.base)}px`;
    if (following()) first = lastFirst(counts.base, counts.end, height);
    first = Math.min(Math.max(first, counts.base), lastFirst(counts.base, counts.end, height));
    expectedScroll = scrollFor(first, counts.base, counts.end, height);
    if (Math.abs(ui.grid.scrollTop - expectedScroll) > 1) ui.grid.scrollTop = expectedScroll;
    expectedScroll = ui.grid.scrollTop;
    paintRows(height);
    paintFigures();
    if (!following()) void ask();
  }

  /** @param {number} height */
  function paintRows(height) {
    const [start, end] = windowAt(first, counts.base, counts.end, height);
    while (pool.length < end - start) pool.push(newRow(pool.length));
    for (let position = start; position < end; position++) {
      const element = pool[position - start];
      element.hidden = false;
      fill(element, position, rows.get(position));
      element.style.transform = `translateY(${Math.round(expectedScroll + (position - first) * ROW_PX)}px)`;
    }
    for (const element of pool.slice(end - start)) element.hidden = true;
    ui.grid.setAttribute("aria-rowcount", String(counts.end - counts.base + 1));
    const seen = focus >= start && focus < end;
    if (seen) ui.grid.setAttribute("aria-activedescendant", pool[focus - start].id);
    else ui.grid.removeAttribute("aria-activedescendant");
    ui.empty.hidden = counts.end > counts.base;
    ui.empty.textContent = model.get("filter") ? "No row matches the filter." : "No rows yet.";
  }

  /** @param {number} number */
  function newRow(number) {
    const row = make("div", { class: "wb-row", role: "row", id: `${id}-${number}` });
    for (const [index, column] of ui.columns.entries()) {
      row.append(make("div", { class: `wb-cell${column.numeric ? " wb-numeric" : ""}`, role: "gridcell", "aria-colindex": index + 1 }));
    }
    ui.body.append(row);
    return row;
  }

  /** @param {any} element @param {number} position @param {Row | undefined} row */
  function fill(element, position, row) {
    element.position = position;
    element.setAttribute("aria-rowindex", String(position - counts.base + 2));
    element.setAttribute("aria-selected", String(Boolean(row?.picked)));
    element.setAttribute("aria-busy", String(!row));
    element.classList.toggle("wb-problem", Boolean(row?.problem));
    element.classList.toggle("wb-focus", position === focus);
    for (const [index, cell] of [...element.children].entries()) {
      const text = row ? row.cells[index] : "";
      if (cell.textContent !== text) cell.textContent = text;
    }
  }

  function paintFigures() {
    const n = (/** @type {number} */ value) => value.toLocaleString("en");
    const parts = [`${n(counts.total)} read`, `${n(counts.held)} held`, `${n(counts.dropped)} dropped`];
    parts.push(counts.behind === null ? "behind: unknown" : `${n(counts.behind)} behind`);
    if (counts.picked) parts.push(`${n(counts.picked)} selected`);
    if (model.get("filter")) parts.push(`${n(counts.end - counts.base)} match`);
    ui.figures.textContent = `${counts.state} · ${parts.join(" · ")}`;
    ui.follow.textContent = following() ? "Pause" : "Follow";
    ui.stop.disabled = !["live", "waiting", "paused"].includes(counts.state);
    show(ui.note, counts.note);
  }

  /** @param {boolean} on */
  function setFollow(on) {
    if (on === following()) return;
    model.set("follow", on);
    model.save_changes();
  }

  function followChanged() {
    say(following() ? "Following the newest rows." : "Paused.");
    paintSoon();
  }

  function pause() {
    if (!following()) return;
    setFollow(false);
  }

  function scrolled() {
    if (Math.abs(ui.grid.scrollTop - expectedScroll) <= 1) return;
    pause();
    first = firstAt(ui.grid.scrollTop, counts.base, counts.end, viewportPx());
    paintSoon();
  }

  /** @param {WheelEvent} event */
  function wheeled(event) {
    if (event.deltaY < 0) pause();
  }

  /** @param {number} a @param {number} b @param {"replace" | "toggle" | "extend"} mode */
  function select(a, b, mode) {
    const [start, end] = between(a, b);
    for (const [position, row] of rows) {
      const inside = position >= start && position < end;
      if (mode === "toggle") row.picked = inside ? !row.picked : row.picked;
      else if (mode === "replace" || inside) row.picked = inside;
    }
    channel.send({ kind: "select", view: counts.view, start, end, mode });
    paintSoon();
  }

  /** @param {any} event */
  function clicked(event) {
    const position = event.target.closest?.(".wb-body .wb-row")?.position;
    if (position === undefined) return;
    pause();
    focus = position;
    if (event.shiftKey && anchor >= 0) {
      select(anchor, position, "extend");
      if (window.getSelection) window.getSelection()?.removeAllRanges();
    } else {
      anchor = position;
      select(position, position, event.ctrlKey || event.metaKey ? "toggle" : "replace");
    }
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "Escape") {
      ui.grid.blur();
      return;
    }
    event.stopPropagation();
    const from = focus < counts.base ? Math.floor(lastFirst(counts.base, counts.end, viewportPx())) : focus;
    const to = moved(event.key, from, counts.base, counts.end, viewportPx());
    if (to !== null) {
      event.preventDefault();
      pause();
      focus = to;
      first = reveal(focus, first, viewportPx());
      if (event.shiftKey) {
        if (anchor < 0) anchor = from;
        select(anchor, focus, "extend");
      }
      paintSoon();
    } else if (event.key === " " && focus >= counts.base) {
      event.preventDefault();
      anchor = focus;
      select(focus, focus, "toggle");
    } else if (event.key === "Enter" && focus >= counts.base) {
      event.preventDefault();
      void open(focus);
    }
  }

  /** @param {number} position */
  async function open(position) {
    const answer = await channel.request({ kind: "record", view: counts.view, position }).catch(() => null);
    if (answer) paintDetail(answer.content);
    else say("The record could not be opened.");
  }

  /** @param {any} content */
  function paintDetail(content) {
    const close = make("button", { type: "button" }, "Close record");
    close.addEventListener("click", closeDetail);
    const title = make("span", { class: "wb-title" });
    title.textContent = content.facts[0]?.[1] ?? "Record";
    const body = make("pre", { tabindex: "0", "aria-label": "Value" });
    body.textContent = content.body;
    ui.detail.replaceChildren(
      make("div", { class: "wb-bar" }, title, close),
      pairs("Facts", content.facts),
      content.headers.length ? pairs("Headers", content.headers) : make("div", { class: "wb-empty" }, "No headers."),
      body,
    );
    ui.detail.hidden = false;
    ui.detail.focus({ preventScroll: true });
  }

  function closeDetail() {
    ui.detail.hidden = true;
    ui.grid.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  function pressedInDetail(event) {
    event.stopPropagation();
    if (event.key === "Escape") closeDetail();
  }

  /** @type {any} */
  let filterTimer = 0;
  function sendFilter() {
    clearTimeout(filterTimer);
    if (model.get("filter") === ui.filter.value) return;
    show(ui.failure, "");
    model.set("filter", ui.filter.value);
    model.save_changes();
  }

  function filterTyped() {
    clearTimeout(filterTimer);
    filterTimer = setTimeout(sendFilter, FILTER_DELAY_MS);
  }

  function filterChanged() {
    if (document.activeElement !== ui.filter) ui.filter.value = model.get("filter");
    paintSoon();
  }

  function resized() {
    ui.grid.style.height = `${model.get("height") + ui.head.offsetHeight}px`;
    paintSoon();
  }

  ui.filter.value = model.get("filter");
  ui.filter.addEventListener("input", filterTyped);
  ui.filter.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") sendFilter();
    if (event.key !== "Escape") event.stopPropagation();
  });
  ui.follow.addEventListener("click", () => setFollow(!following()));
  ui.stop.addEventListener("click", () => channel.send({ kind: "stop" }));
  ui.grid.addEventListener("scroll", scrolled, { passive: true });
  ui.grid.addEventListener("wheel", wheeled, { passive: true });
  ui.grid.addEventListener("click", clicked);
  ui.grid.addEventListener("dblclick", (/** @type {any} */ event) => {
    const position = event.target.closest?.(".wb-body .wb-row")?.position;
    if (position !== undefined) void open(position);
  });
  ui.grid.addEventListener("keydown", pressed);
  ui.detail.addEventListener("keydown", pressedInDetail);
  model.on("change:follow", followChanged);
  model.on("change:filter", filterChanged);
  model.on("change:height", resized);
  const observer = new ResizeObserver(paintSoon);
  observer.observe(ui.grid);
  resized();

  return () => {
    channel.close();
    observer.disconnect();
    clearTimeout(filterTimer);
    cancelAnimationFrame(frame);
    model.off("change:follow", followChanged);
    model.off("change:filter", filterChanged);
    model.off("change:height", resized);
    ui.root.remove();
  };
}

export default { render };
