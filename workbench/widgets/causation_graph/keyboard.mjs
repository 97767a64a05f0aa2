// @ts-check
/** Keys of the drawing; no DOM. */

/** @typedef {import("./geometry.mjs").Box} Box */

/**
 * Where a key leads from a node: right to an effect, left to a cause, up and down to what is drawn nearest there.
 * @param {string} pressed @param {string} key @param {Map<string, Box>} boxes
 * @param {import("./links.mjs").Links} links
 * @returns {string | null}
 */
export function next(pressed, key, boxes, { effects, causes, listed }) {
  // In a map a box may lead to itself, which would keep the focus where it is.
  const drawn = (/** @type {string} */ one) => one !== key && boxes.has(one);
  if (pressed === "ArrowRight") return (effects.get(key) ?? []).find(drawn) ?? null;
  if (pressed === "ArrowLeft") return (causes.get(key) ?? []).find(drawn) ?? null;
  const ordered = [...boxes.keys()];
  if (pressed === "Home") return ordered[0] ?? null;
  if (pressed === "End") return ordered[ordered.length - 1] ?? null;
  const sign = { ArrowUp: -1, ArrowDown: 1 }[pressed];
  if (sign && listed) return ordered[ordered.indexOf(key) + sign] ?? null;
  const from = boxes.get(key);
  if (!sign || !from) return null;
  let best = null;
  let least = Infinity;
  for (const box of boxes.values()) {
    const dy = (box.y - from.y) * sign;
    // Sideways counts double: down means the node below rather than a nearer one far to the side.
    const cost = dy + 2 * Math.abs(box.x - from.x);
    if (box.key !== key && dy > 0 && cost < least) [best, least] = [box.key, cost];
  }
  return best;
}

/**
 * What a key does.
 * @param {string} pressed @param {boolean} ctrl @param {string} current key of the node that has the focus
 * @param {Map<string, Box>} boxes @param {import("./links.mjs").Links} links
 * @returns {{focus?: string, act?: string, adding?: boolean, zoom?: number, fit?: true, find?: true} | null} null: nothing
 */
export function keyAction(pressed, ctrl, current, boxes, links) {
  const to = next(pressed, current, boxes, links);
  if (to !== null) return { focus: to };
  if ((pressed === "Enter" || pressed === " ") && current) return { act: current, adding: ctrl || pressed === " " };
  if (pressed === "+" || pressed === "=") return { zoom: 1.25 };
  if (pressed === "-") return { zoom: 0.8 };
  if (pressed === "/") return { find: true };
  return pressed === "0" ? { fit: true } : null;
}

/**
 * Row of the table that an arrow key leads to; null when the key leads nowhere.
 * @param {string} pressed @param {number} at @param {number} rows
 */
export function nextRow(pressed, at, rows) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[pressed];
  return step ? Math.min(Math.max(at + step, 0), rows - 1) : null;
}
