// @ts-check
/** Geometry of the drawing area: scale, position, what is in sight; no DOM. */

export const MIN_SCALE = 0.05;
export const MAX_SCALE = 4;
/** Least scale at which labels can be read: the smallest are 10.5 px high, and text below 10 px is not readable. */
export const READABLE_SCALE = 0.96;

/** @typedef {{k: number, x: number, y: number}} Transform */
/** @typedef {{key: string, x: number, y: number, w: number, h: number}} Box a node around its centre */

/**
 * Shows a drawing whole while its text can be read, never larger than life; of a larger one it shows the beginning at
 * the least readable scale, to be dragged.
 * @param {number} width @param {number} height @param {number} viewWidth @param {number} viewHeight
 * @param {number} [startY] height at which the first cause stands, which must be in sight
 * @param {boolean} [pinned] whether it begins at the very top, because its axis stays there
 * @returns {Transform}
 */
export function fit(width, height, viewWidth, viewHeight, startY = 0, pinned = false) {
  const margin = 16;
  const whole = Math.min((viewWidth - margin) / Math.max(width, 1), (viewHeight - margin) / Math.max(height, 1), 1);
  const k = Math.max(whole, READABLE_SCALE);
  return { k, x: begin(width * k, viewWidth, 0), y: pinned ? 0 : begin(height * k, viewHeight, startY * k) };
}

/**
 * Where a drawing begins in one direction: in the middle if it is all in sight, else so that a point of it is.
 * @param {number} size @param {number} room @param {number} point
 */
function begin(size, room, point) {
  return size <= room ? (room - size) / 2 : Math.max(Math.min(room / 2 - point, 12), room - size - 12);
}

/** @param {number} k */
export function clampScale(k) {
  return Math.min(Math.max(k, MIN_SCALE), MAX_SCALE);
}

/**
 * Zooms so that the point under (px, py) stays there.
 * @param {Transform} t @param {number} factor @param {number} px @param {number} py
 * @returns {Transform}
 */
export function zoomAt(t, factor, px, py) {
  const k = clampScale(t.k * factor);
  const ratio = k / t.k;
  return { k, x: px - (px - t.x) * ratio, y: py - (py - t.y) * ratio };
}

/**
 * Keeps some of the drawing in sight: a drawing that was dragged away altogether could not be found again.
 * @param {Transform} t @param {number} width @param {number} height @param {number} viewWidth @param {number} viewHeight
 * @returns {Transform}
 */
export function keepInSight(t, width, height, viewWidth, viewHeight) {
  const margin = 40;
  return {
    k: t.k,
    x: Math.min(Math.max(t.x, margin - width * t.k), viewWidth - margin),
    y: Math.min(Math.max(t.y, margin - height * t.k), viewHeight - margin),
  };
}

/**
 * Moves as little as possible to show a box.
 * @param {Transform} t @param {Box} box @param {number} viewWidth @param {number} viewHeight
 * @param {number} [covered] height at the top that something else covers
 * @returns {Transform}
 */
export function revealBox(t, box, viewWidth, viewHeight, covered = 0) {
  const margin = 12;
  const left = (box.x - box.w / 2) * t.k + t.x;
  const right = (box.x + box.w / 2) * t.k + t.x;
  const top = (box.y - box.h / 2) * t.k + t.y;
  const bottom = (box.y + box.h / 2) * t.k + t.y;
  const dx = left < margin ? margin - left : Math.min(viewWidth - margin - right, 0);
  const dy = top < margin + covered ? margin + covered - top : Math.min(viewHeight - margin - bottom, 0);
  return { k: t.k, x: t.x + dx, y: t.y + dy };
}

/**
 * Base line of the name of a lane: at its top or, where that is out of sight, at the first height in sight inside it.
 * @param {[string, string, number, number]} lane top and height are its last two @param {number} seen height in sight first
 */
export function nameBase([, , top, height], seen) {
  return 15 + Math.max(top, Math.min(seen, top + height - 20));
}

/**
 * Width of the column of names, in the scale of the drawing: as wide as it is drawn, at most a third of the view.
 * @param {number} width @param {number} viewWidth 0 before the view is laid out
 */
export function namesWidth(width, viewWidth) {
  return viewWidth ? Math.min(width, viewWidth / 3) : width;
}

/** Cuts a name; its end is kept, because long names differ there. @param {string} name @param {number} most characters */
export function shortName(name, most) {
  return name.length <= most ? name : `…${name.slice(name.length - Math.max(most - 1, 2))}`;
}
