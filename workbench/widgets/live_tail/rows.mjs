// @ts-check
/** Rows that the browser holds, by position; no DOM. */

/** @typedef {{cells: string[], picked: boolean, problem: boolean}} Row */
/** @typedef {Map<number, Row>} Rows */
/** @typedef {"replace" | "toggle" | "extend"} SelectMode */

/** Rows kept on each side of the newest window, so that a short way back needs no request. */
export const KEPT_ROWS = 400;

/**
 * Stores rows as the kernel packs them: cells, whether the row is selected, whether the record has a problem.
 * @param {Rows} rows @param {number} start @param {[string[], number, number][]} packed
 */
export function storeRows(rows, start, packed) {
  for (const [index, [cells, picked, problem]] of packed.entries()) {
    rows.set(start + index, { cells, picked: Boolean(picked), problem: Boolean(problem) });
  }
}

/**
 * Forgets the rows outside [start, end); without this a page that scrolls for hours would hold every row it passed.
 * @param {Rows} rows @param {number} start @param {number} [end]
 */
export function keepRows(rows, start, end = Infinity) {
  for (const position of [...rows.keys()]) if (position < start || position >= end) rows.delete(position);
}

/** @param {Rows} rows @param {number} start @param {number} end */
export function hasRows(rows, start, end) {
  for (let position = start; position < end; position++) if (!rows.has(position)) return false;
  return true;
}

/**
 * Marks the rows in [start, end) as the kernel will: at once, because its answer may take a while under load.
 * @param {Rows} rows @param {number} start @param {number} end @param {SelectMode} mode
 */
export function markRows(rows, start, end, mode) {
  for (const [position, row] of rows) {
    const inside = position >= start && position < end;
    if (mode === "toggle") row.picked = inside ? !row.picked : row.picked;
    else if (mode === "replace" || inside) row.picked = inside;
  }
}
