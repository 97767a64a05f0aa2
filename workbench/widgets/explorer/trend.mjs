// @ts-check
/** A small line of the last values; the figure stands beside it. Its points need no DOM. */

const SVG = "http://www.w3.org/2000/svg";
export const WIDTH = 80;
export const HEIGHT = 16;

/**
 * Points of the line, from the oldest at the left to the newest at the right edge.
 * @param {number[]} values
 * @returns {string}
 */
export function points(values) {
  const top = Math.max(...values, 0);
  const step = values.length > 1 ? WIDTH / (values.length - 1) : WIDTH;
  const y = (/** @type {number} */ value) => (top > 0 ? HEIGHT - 1 - (value / top) * (HEIGHT - 2) : HEIGHT - 1);
  return values.map((value, place) => `${(place * step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
}

/** @param {any} cell @param {number[]} values */
export function drawTrend(cell, values) {
  const line = points(values);
  if (cell.trend === line) return;
  cell.trend = line;
  cell.replaceChildren();
  if (values.length < 2) return;
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["width", WIDTH], ["height", HEIGHT], ["aria-hidden", "true"]]) {
    svg.setAttribute(String(name), String(value));
  }
  const drawn = document.createElementNS(SVG, "polyline");
  drawn.setAttribute("points", line);
  svg.append(drawn);
  cell.append(svg);
}
