// @ts-check
/** Columns of the table: which are shown, how wide, in which order the rows are, and what texts have in common; no DOM. */

/**
 * @typedef {{name: string, title: string, width: number, numeric?: boolean, grow?: boolean, hidden?: boolean,
 *   ends?: boolean}} Column
 */

export const LEAST_PX = 36;
export const MOST_PX = 2000;

/** The columns that are shown, with the index of their cells. @param {Column[]} columns */
export function shownColumns(columns) {
  return columns.map((column, index) => ({ ...column, index })).filter((column) => !column.hidden);
}

/** Value of `grid-template-columns`. @param {Column[]} columns */
export function template(columns) {
  return shownColumns(columns)
    .map(({ width, grow }) => (grow ? `minmax(${width}px, 1fr)` : `${width}px`))
    .join(" ");
}

/** The columns with another width of one of them. @param {Column[]} columns @param {string} name @param {number} px */
export function withWidth(columns, name, px) {
  const width = Math.min(Math.max(Math.round(px), LEAST_PX), MOST_PX);
  return columns.map((column) => (column.name === name ? { ...column, width } : column));
}

/**
 * The columns with one shown or hidden; the last one stays.
 * @param {Column[]} columns @param {string} name @param {boolean} hidden
 */
export function withHidden(columns, name, hidden) {
  const changed = columns.map((column) => (column.name === name ? { ...column, hidden } : column));
  return changed.some((column) => !column.hidden) ? changed : columns;
}

/** Order after a click on a title: ascending, descending, as the rows came. @param {string} order @param {string} name */
export function nextOrder(order, name) {
  if (order === name) return `-${name}`;
  return order === `-${name}` ? "" : name;
}

/** Value of `aria-sort`. @param {string} order @param {string} name */
export function sortState(order, name) {
  if (order === name) return "ascending";
  return order === `-${name}` ? "descending" : "none";
}

/**
 * Number of characters at the beginning that all texts share, up to the last dot, hyphen, underscore, slash or colon
 * after which they differ. Of a single text: all but its last part.
 * @param {string[]} texts
 */
export function commonStart(texts) {
  const different = [...new Set(texts.filter((text) => text))];
  if (!different.length) return 0;
  let length = different[0].length;
  if (different.length === 1) length -= 1;
  for (const text of different) {
    let same = 0;
    while (same < length && text[same] === different[0][same]) same += 1;
    length = same;
  }
  while (length > 0 && !"._-/:".includes(different[0][length - 1])) length -= 1;
  return length;
}
