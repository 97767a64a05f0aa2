// @ts-check
/** Draws the blocks of a sheet; `blocks.py` has a class for each kind. */
import { make, textual } from "../base/dom.mjs";

/** @param {string} title */
const heading = (title) => textual("div", title, { class: "wb-heading" });

/** @param {any} block */
function drawFacts(block) {
  const rows = block.pairs.map((/** @type {[string, string]} */ [name, value]) =>
    make("tr", {}, textual("th", name, { scope: "row" }), textual("td", value)));
  return [make("table", {}, textual("caption", block.title), make("tbody", {}, ...rows))];
}

const SHORT = 24;

/**
 * A cell of a table; a short text stays on one line, so that a narrow view scrolls instead of breaking numbers.
 * @param {string} text
 */
const cell = (text) => textual("td", text, text.length <= SHORT ? { class: "wb-short" } : {});

/** @param {any} block */
function drawTable(block) {
  const head = block.columns.map((/** @type {string} */ title) => textual("th", title, { scope: "col" }));
  const rows = block.rows.map((/** @type {string[]} */ row) => make("tr", {}, ...row.map(cell)));
  const table = make("table", {}, textual("caption", block.title), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  // In the tab order, because a region that scrolls could not be scrolled by keys otherwise.
  return [make("div", { class: "wb-scroll", tabindex: "0", role: "region", "aria-label": block.title }, table)];
}

/** @param {any} block */
function drawLines(block) {
  return [heading(block.title), make("ul", {}, ...block.items.map((/** @type {string} */ item) => textual("li", item)))];
}

/** @param {any} block */
function drawPreformatted(block) {
  return [heading(block.title), textual("pre", block.text, { tabindex: "0", role: "region", "aria-label": block.title })];
}

/** @param {string} name @param {number | null} share from 0 to 1; null has no end @param {string} figures */
function drawTrack(name, share, figures) {
  const track = make("div", {
    class: `wb-track${share === null ? " wb-endless" : ""}`, role: "progressbar", "aria-label": name, "aria-valuetext": figures,
  });
  if (share !== null) {
    // Rounded down: 99.9 % must not read as done.
    track.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
    track.append(make("div", { style: `width: ${Math.min(Math.max(share, 0), 1) * 100}%` }));
  }
  return track;
}

/** @param {any} block */
function drawBars(block) {
  const parts = make("div", { class: "wb-parts" });
  for (const [name, share, figures] of block.bars) {
    parts.append(textual("span", name), drawTrack(name, share, figures), textual("span", figures, { class: "wb-words" }));
  }
  return [heading(block.title), parts];
}

/** @param {any} block */
function drawRanges(block) {
  const parts = make("div", { class: "wb-parts wb-axis" });
  for (const [name, begin, end, figures] of block.ranges) {
    const track = make("div", { class: "wb-track wb-range", role: "img", "aria-label": `${name}: ${figures}` });
    // At least a mark: a range of one record would be thinner than a pixel.
    track.append(make("div", { style: `margin-left: ${Math.min(begin * 100, 98)}%; width: ${Math.max((end - begin) * 100, 2)}%` }));
    parts.append(textual("span", name), track, textual("span", figures, { class: "wb-words" }));
  }
  return [heading(block.title), parts];
}

/** @type {Record<string, string>} */
const LINE_TAGS = { "+": "ins", "-": "del" };

/** @param {any} block */
function drawDifference(block) {
  const lines = block.lines.map((/** @type {string} */ line) => {
    const head = /^(\+\+\+|---|@@)/.test(line);
    return textual(head ? "strong" : LINE_TAGS[line[0]] ?? "span", line);
  });
  const text = make("pre", { class: "wb-diff", tabindex: "0", role: "region", "aria-label": block.title }, ...lines);
  return [heading(block.title), ...(lines.length ? [text] : []), ...(block.note ? [textual("div", block.note)] : [])];
}

/** @type {Record<string, (block: any) => any[]>} */
const KINDS = {
  facts: drawFacts,
  table: drawTable,
  lines: drawLines,
  preformatted: drawPreformatted,
  bars: drawBars,
  ranges: drawRanges,
  difference: drawDifference,
};

/** @param {any} block */
export function drawBlock(block) {
  return frame(block, KINDS[block.kind]?.(block) ?? []);
}

/** @param {any} block @param {any[]} parts */
export function frame(block, parts) {
  const tone = block.tone && block.tone !== "plain" ? ` wb-${block.tone}` : "";
  return make("div", { class: `wb-block${tone}` }, ...parts);
}
