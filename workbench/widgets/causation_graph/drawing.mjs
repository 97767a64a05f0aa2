// @ts-check
/** Draws lanes, time ticks, edges and nodes: paths, places and texts come from the kernel, see `content.py`. */
import { draw, drawText } from "./svg.mjs";

/** The cross and the radius of the badge of a failure; `shapes.py` has the same for the picture that stays. */
const BADGE = "M-3,-3L3,3M3,-3L-3,3";
const BADGE_RADIUS = 7;

/** @typedef {{line: any, head: any, time: any, cause: string, effect: string}} Line */

/** @param {[string, string, number, number]} lane @param {number} width */
function drawLane([label, title, y, height], width) {
  const text = drawText("text", label, { x: 6, y: y + 15 });
  text.append(drawText("title", title));
  return draw("g", { class: "wb-lane" }, draw("rect", { x: 0, y, width, height }), text);
}

/** @param {[number, string][]} ticks @param {number} height */
function drawTicks(ticks, height) {
  return ticks.map(([x, label]) => {
    const line = draw("line", { x1: x, x2: x, y1: 0, y2: height });
    return draw("g", { class: "wb-tick" }, line, drawText("text", label, { x: x + 3, y: height - 4 }));
  });
}

/** @param {any[]} edge @returns {Line} */
function drawEdge([cause, effect, path, arrow, dash, width, broken, hop]) {
  const style = `--wb-width: ${Number(width)}px; stroke-dasharray: ${dash || "none"}`;
  const line = draw("path", { class: `wb-edge${broken ? " wb-break" : ""}`, d: path, style });
  const head = draw("path", { class: `wb-head${broken ? " wb-break" : ""}`, d: arrow });
  return { line, head, time: hop && drawHop(hop), cause, effect };
}

/** @param {[string, number, number, string]} hop time, place and anchor */
function drawHop([time, x, y, anchor]) {
  return drawText("text", time, { class: "wb-hop", x, y, "text-anchor": anchor });
}

/** A red badge in the corner: a failed event or a dead letter. @param {number} x @param {number} y */
export function drawFailure(x, y) {
  const parts = [draw("circle", { r: BADGE_RADIUS }), draw("path", { d: BADGE })];
  return draw("g", { class: "wb-failed", transform: `translate(${x},${y})` }, ...parts);
}

/** @param {any} node */
function drawNode(node) {
  const wide = node.texts.length > 0;
  const group = draw("g", {
    class: `wb-node wb-${node.kind}${node.cycle ? " wb-cycle" : ""}${wide ? "" : " wb-small"}`, role: "button",
    tabindex: "-1", "aria-label": node.name, "aria-pressed": "false", transform: `translate(${node.x},${node.y})`,
    style: `--wb-colour: ${node.colour}`,
  });
  const ring = { x: -node.w / 2 - 5, y: -node.h / 2 - 5, width: node.w + 10, height: node.h + 10, rx: 7 };
  const dash = `stroke-dasharray: ${node.dash || "none"}`;
  const box = draw("path", { class: "wb-box", d: node.path, style: dash });
  group.append(drawText("title", node.name), draw("rect", { class: "wb-ring", ...ring }), box);
  for (const [text, x, y, name] of node.texts) group.append(drawText("text", text, { x, y, class: name }));
  if (node.failed) group.append(drawFailure(node.w / 2, -node.h / 2));
  group.dataset.key = node.key;
  return group;
}

/**
 * Draws a view.
 * @param {any} view
 * @returns {{layers: any[], groups: Map<string, any>, lines: Line[]}} layers from back to front; the element of each
 *   node by key; the elements of each edge
 */
export function drawGraph(view) {
  // Hidden from the accessibility tree: the name of a node says how many effects it has, the table names its causes.
  const hidden = { "aria-hidden": "true" };
  const lines = view.edges.map(drawEdge);
  const groups = new Map(view.nodes.map((/** @type {any} */ node) => [node.key, drawNode(node)]));
  const layers = [
    draw("g", hidden, ...view.lanes.map((/** @type {any} */ lane) => drawLane(lane, view.width))),
    draw("g", hidden, ...drawTicks(view.ticks, view.height)),
    draw("g", hidden),
    draw("g", { role: "group", "aria-label": "Events" }, ...groups.values()),
  ];
  // One by one: as arguments of one call, 10,000 elements come near the limit of the stack.
  for (const { line, head } of lines) layers[2].append(line, head);
  // Above all lines, which would pass through them.
  for (const { time } of lines) if (time) layers[2].append(time);
  return { layers, groups, lines };
}
