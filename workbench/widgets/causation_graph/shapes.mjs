// @ts-check
/** Paths and labels of nodes, edges and axes; no DOM. */

/** @param {[number, number][]} route */
function throughBends(route) {
  const pieces = [`M${route[0]}`];
  for (let i = 1; i < route.length - 1; i++) {
    const [[x, y], [nx, ny]] = [route[i], route[i + 1]];
    const last = i === route.length - 2;
    pieces.push(`Q${x},${y} ${last ? nx : (x + nx) / 2},${last ? ny : (y + ny) / 2}`);
  }
  return pieces.join("");
}

/**
 * Path of an edge: a curve between two points, rounded bends through more.
 * @param {[number, number][]} route
 */
export function edgePath(route) {
  if (route.length < 2) return "";
  const [[x0, y0], [x1, y1]] = [route[0], route[route.length - 1]];
  if (route.length > 2) return throughBends(route);
  const bend = Math.max(Math.abs(x1 - x0) / 2, 12) * (x1 >= x0 ? 1 : -1);
  return `M${x0},${y0}C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`;
}

/**
 * Triangle at the end of a route.
 * @param {[number, number][]} route
 */
export function arrowHead(route) {
  if (route.length < 2) return "";
  const [x, y] = route[route.length - 1];
  const [fx, fy] = route[route.length - 2];
  const level = route.length === 2;
  const angle = level ? (x >= fx ? 0 : Math.PI) : Math.atan2(y - fy, x - fx);
  const corner = (/** @type {number} */ turn) => {
    const at = angle + Math.PI + turn;
    return `${(x + 8 * Math.cos(at)).toFixed(1)},${(y + 8 * Math.sin(at)).toFixed(1)}`;
  };
  return `M${x},${y}L${corner(0.42)}L${corner(-0.42)}Z`;
}

/**
 * Text that fits a width, with an ellipsis where it was cut.
 * @param {string} text @param {number} width @param {number} perCharacter
 */
export function fitted(text, width, perCharacter) {
  const room = Math.floor(width / perCharacter);
  if (text.length <= room) return text;
  return room < 2 ? "" : `${text.slice(0, room - 1)}…`;
}

/**
 * Text that fits a width together with what follows it; of a text that is cut the end is kept.
 * @param {string} text @param {number} width @param {number} perCharacter @param {string} suffix
 */
export function fittedEnd(text, width, perCharacter, suffix) {
  const room = Math.max(Math.floor(width / perCharacter) - suffix.length, 2);
  return text.length <= room ? `${text}${suffix}` : `…${text.slice(text.length - room + 1)}${suffix}`;
}

/**
 * Where the time of a hop is written: above the last stretch before the effect, which no other hop to it shares.
 * @param {[number, number][]} route
 */
export function labelPoint(route) {
  const [x, y] = route[route.length - 1];
  return { x: x - 8, y: y - 5 };
}

/**
 * Outline of a node around its centre; the shape carries what the colour does not.
 * @param {string} shape @param {number} w @param {number} h
 */
export function outline(shape, w, h) {
  const [x, y] = [w / 2, h / 2];
  const c = Math.min(x, y);
  const bow = (/** @type {number} */ rx, /** @type {number} */ ry) =>
    `M${-x + rx},${-y}H${x - rx}A${rx},${ry} 0 0 1 ${x},${-y + ry}V${y - ry}A${rx},${ry} 0 0 1 ${x - rx},${y}`
    + `H${-x + rx}A${rx},${ry} 0 0 1 ${-x},${y - ry}V${-y + ry}A${rx},${ry} 0 0 1 ${-x + rx},${-y}Z`;
  if (shape === "pill") return bow(c, c);
  if (shape === "ellipse") return bow(x, y);
  if (shape === "plain") return `M${-x},${-y}H${x}V${y}H${-x}Z`;
  if (shape === "diamond") return `M${-x},0L${-x + c},${-y}H${x - c}L${x},0L${x - c},${y}H${-x + c}Z`;
  if (shape === "cut") return `M${-x + c / 2},${-y}H${x}V${y - c / 2}L${x - c / 2},${y}H${-x}V${-y + c / 2}Z`;
  if (shape === "stack") return `${bow(4, 4)}M${-x + 4},${y + 3}H${x + 3}V${-y + 4}V${y + 3}H${-x + 4}Z`;
  return bow(Math.min(5, c), Math.min(5, c));
}

/**
 * Which labels of an axis can be written without running into the one before.
 * @param {[number, string][]} ticks @param {number} perCharacter
 * @returns {boolean[]}
 */
export function readable(ticks, perCharacter) {
  let free = -Infinity;
  return ticks.map(([x, label]) => {
    if (x < free) return false;
    free = x + label.length * perCharacter + 10;
    return true;
  });
}
