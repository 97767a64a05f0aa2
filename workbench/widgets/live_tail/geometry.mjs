// @ts-check
/** Geometry of a table that shows a part of very many rows; no DOM. Positions are absolute: [base, end). */

export const ROW_PX = 22;
export const OVERSCAN_ROWS = 10;
export const MAX_SCROLL_PX = 8000000;

/** @param {number} rows */
export function scrollHeight(rows) {
  return Math.min(rows * ROW_PX, MAX_SCROLL_PX);
}

/**
 * The position at the top edge, with its fraction.
 * @param {number} scrollTop @param {number} base @param {number} end @param {number} viewportPx
 */
export function firstAt(scrollTop, base, end, viewportPx) {
  const rows = end - base;
  const range = scrollHeight(rows) - viewportPx;
  if (range <= 0) return base;
  const share = Math.min(Math.max(scrollTop / range, 0), 1);
  return base + share * (rows - viewportPx / ROW_PX);
}

/**
 * Where to scroll so that `first` is at the top edge.
 * @param {number} first @param {number} base @param {number} end @param {number} viewportPx
 */
export function scrollFor(first, base, end, viewportPx) {
  const rows = end - base;
  const hidden = rows - viewportPx / ROW_PX;
  if (hidden <= 0) return 0;
  const range = scrollHeight(rows) - viewportPx;
  return Math.min(Math.max((first - base) / hidden, 0), 1) * range;
}

/**
 * Rows to have at hand.
 * @param {number} first @param {number} base @param {number} end @param {number} viewportPx
 * @param {number} beyond rows above and below those on screen
 * @returns {[number, number]}
 */
export function windowAt(first, base, end, viewportPx, beyond = OVERSCAN_ROWS) {
  const start = Math.max(base, Math.floor(first) - beyond);
  const stop = Math.min(end, Math.ceil(first + viewportPx / ROW_PX) + beyond);
  return [Math.min(start, stop), stop];
}

/** @param {number} base @param {number} end @param {number} viewportPx */
export function lastFirst(base, end, viewportPx) {
  return Math.max(base, end - viewportPx / ROW_PX);
}

/**
 * Top edge that shows `position` in full, moving as little as possible.
 * @param {number} position @param {number} first @param {number} viewportPx
 */
export function reveal(position, first, viewportPx) {
  const rows = viewportPx / ROW_PX;
  if (position < first) return position;
  return position + 1 > first + rows ? position + 1 - rows : first;
}

/**
 * Where a key moves the focus; null when the key moves nothing.
 * @param {string} key @param {number} focus @param {number} base @param {number} end @param {number} viewportPx
 */
export function moved(key, focus, base, end, viewportPx) {
  if (end <= base) return null;
  const page = Math.max(Math.floor(viewportPx / ROW_PX) - 1, 1);
  const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity }[key];
  if (step === undefined) return null;
  return Math.min(Math.max(focus + step, base), end - 1);
}

/**
 * Positions between two rows, both included, as [start, end).
 * @param {number} a @param {number} b
 * @returns {[number, number]}
 */
export function between(a, b) {
  return [Math.min(a, b), Math.max(a, b) + 1];
}
