// @ts-check
/** Geometry and reach of a drawn graph; no DOM. */

export const MIN_SCALE = 0.05;
export const MAX_SCALE = 4;
export const READABLE_SCALE = 0.55;

/** @typedef {{k: number, x: number, y: number}} Transform */
/** @typedef {{key: string, x: number, y: number, w: number, h: number}} Box */

/**
 * Neighbours of each key, in the order of the edges.
 * @param {[string, string, ...any[]][]} edges
 */
export function neighbours(edges) {
  /** @type {Map<string, string[]>} */
  const effects = new Map();
  /** @type {Map<string, string[]>} */
  const causes = new Map();
  for (const [cause, effect] of edges) {
    effects.set(cause, [...(effects.get(cause) ?? []), effect]);
    causes.set(effect, [...(causes.get(effect) ?? []), cause]);
  }
  return { effects, causes };
}

/**
 * Everything that can be reached from some keys, themselves left out; cycles end by themselves.
 * @param {Iterable<string>} keys @param {Map<string, string[]>} next
 */
export function reach(keys, next) {
  const start = new Set(keys);
  /** @type {Set<string>} */
  const found = new Set();
  const waiting = [...start];
  while (waiting.length) {
    for (const key of next.get(waiting.pop() ?? "") ?? []) {
      if (!found.has(key)) {
        found.add(key);
        waiting.push(key);
      }
    }
  }
  for (const key of start) found.delete(key);
  return found;
}

/**
 * Shows a drawing whole, never larger than life.
 * @param {number} width @param {number} height @param {number} viewWidth @param {number} viewHeight
 * @returns {Transform}
 */
export function fit(width, height, viewWidth, viewHeight) {
  const margin = 16;
  const k = Math.min((viewWidth - margin) / Math.max(width, 1), (viewHeight - margin) / Math.max(height, 1), 1);
  const scale = clampScale(k);
  return { k: scale, x: (viewWidth - width * scale) / 2, y: (viewHeight - height * scale) / 2 };
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
 * Keeps some of the drawing in sight.
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
 * @returns {Transform}
 */
export function revealBox(t, box, viewWidth, viewHeight) {
  const margin = 12;
  const left = (box.x - box.w / 2) * t.k + t.x;
  const right = (box.x + box.w / 2) * t.k + t.x;
  const top = (box.y - box.h / 2) * t.k + t.y;
  const bottom = (box.y + box.h / 2) * t.k + t.y;
  const dx = left < margin ? margin - left : Math.min(viewWidth - margin - right, 0);
  const dy = top < margin ? margin - top : Math.min(viewHeight - margin - bottom, 0);
  return { k: t.k, x: t.x + dx, y: t.y + dy };
}

/**
 * Where a key leads from a node: right to an effect, left to a cause, up and down to what is drawn nearest there.
 * @param {string} pressed @param {string} key @param {Map<string, Box>} boxes
 * @param {Map<string, string[]>} effects @param {Map<string, string[]>} causes
 * @returns {string | null}
 */
export function next(pressed, key, boxes, effects, causes) {
  if (pressed === "ArrowRight") return (effects.get(key) ?? []).find((one) => boxes.has(one)) ?? null;
  if (pressed === "ArrowLeft") return (causes.get(key) ?? []).find((one) => boxes.has(one)) ?? null;
  const ordered = [...boxes.keys()];
  if (pressed === "Home") return ordered[0] ?? null;
  if (pressed === "End") return ordered[ordered.length - 1] ?? null;
  const sign = { ArrowUp: -1, ArrowDown: 1 }[pressed];
  const from = boxes.get(key);
  if (!sign || !from) return null;
  let best = null;
  let least = Infinity;
  for (const box of boxes.values()) {
    const dy = (box.y - from.y) * sign;
    const cost = dy + 2 * Math.abs(box.x - from.x);
    if (box.key !== key && dy > 0 && cost < least) [best, least] = [box.key, cost];
  }
  return best;
}

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
 * What is shown first: the whole drawing while it can be read, else its beginning at a size that can.
 * @param {number} width @param {number} height @param {number} viewWidth @param {number} viewHeight
 * @returns {Transform}
 */
export function opening(width, height, viewWidth, viewHeight) {
  const whole = fit(width, height, viewWidth, viewHeight);
  return whole.k >= READABLE_SCALE ? whole : { k: READABLE_SCALE + 0.1, x: 12, y: 12 };
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
