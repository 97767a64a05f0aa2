// @ts-check
/** Draws lanes, time ticks, edges and nodes at the positions that the kernel computed. */
import { arrowHead, edgePath, fitted, fittedEnd, labelPoint, outline, readable } from "./shapes.mjs";
import { draw, drawText } from "./svg.mjs";

/** Narrower nodes have no label; their name is in the accessible name and in the table. */
const LABELLED_PX = 48;
const TWO_LINES_PX = 34;
/** Widths of a character on average: measuring 5,000 texts would cost a layout each. */
const LABEL_CHARACTER_PX = 6.7;
const SMALL_CHARACTER_PX = 6;
const TICK_CHARACTER_PX = 6.2;
const LANE_CHARACTER_PX = 7.2;
/** Room for the title of a lane; `swimlanes.py` begins the time axis behind it. */
const LANE_LABEL_PX = 196;

/** @typedef {{line: any, head: any, time: any, cause: string, effect: string}} Line */

/** @param {[string, number, number, number]} lane @param {number} width */
function drawLane([name, y, height, events], width) {
  const count = ` (${events.toLocaleString("en")})`;
  // Nodes begin right of the titles; of a long name the end is kept, where names of topics differ.
  const label = drawText("text", fittedEnd(name, LANE_LABEL_PX, LANE_CHARACTER_PX, count), { x: 6, y: y + 15 });
  label.append(drawText("title", `${name}${count}`));
  return draw("g", { class: "wb-lane" }, draw("rect", { x: 0, y, width, height }), label);
}

/** @param {[number, string][]} ticks @param {number} height */
function drawTicks(ticks, height) {
  const labelled = readable(ticks, TICK_CHARACTER_PX);
  return ticks.map(([x, label], index) => {
    const line = draw("line", { x1: x, x2: x, y1: 0, y2: height });
    return draw("g", { class: "wb-tick" }, line, drawText("text", labelled[index] ? label : "", { x: x + 3, y: height - 4 }));
  });
}

/** @param {any[]} edge @returns {Line} */
function drawEdge([cause, effect, route, dash, width, broken, hop]) {
  const style = `--wb-width: ${Number(width)}px; stroke-dasharray: ${dash || "none"}`;
  const line = draw("path", { class: `wb-edge${broken ? " wb-break" : ""}`, d: edgePath(route), style });
  const head = draw("path", { class: `wb-head${broken ? " wb-break" : ""}`, d: arrowHead(route) });
  const time = hop ? drawText("text", hop, { class: "wb-hop", ...labelPoint(route) }) : null;
  return { line, head, time, cause, effect };
}

/** A red badge in the corner: a failed event or a dead letter. @param {any} node */
export function drawFailure(node) {
  const [x, y] = [node.w / 2, -node.h / 2];
  const cross = draw("path", { d: `M${x - 3},${y - 3}L${x + 3},${y + 3}M${x + 3},${y - 3}L${x - 3},${y + 3}` });
  return draw("g", { class: "wb-failed" }, draw("circle", { cx: x, cy: y, r: 7 }), cross);
}

/** @param {any} node */
function drawNode(node) {
  const wide = node.w >= LABELLED_PX;
  const group = draw("g", {
    class: `wb-node wb-${node.kind}${node.cycle ? " wb-cycle" : ""}${wide ? "" : " wb-small"}`, role: "button",
    tabindex: "-1", "aria-label": node.name, "aria-pressed": "false", transform: `translate(${node.x},${node.y})`,
    style: `--wb-colour: ${node.colour}`,
  });
  const ring = { x: -node.w / 2 - 5, y: -node.h / 2 - 5, width: node.w + 10, height: node.h + 10, rx: 7 };
  const dash = `stroke-dasharray: ${node.dash || "none"}`;
  const box = draw("path", { class: "wb-box", d: outline(node.shape, node.w, node.h), style: dash });
  group.append(drawText("title", node.name), draw("rect", { class: "wb-ring", ...ring }), box);
  if (wide) group.append(...drawLabels(node));
  if (node.failed) group.append(drawFailure(node));
  group.dataset.key = node.key;
  return group;
}

/** @param {any} node */
function drawLabels(node) {
  const x = -node.w / 2 + 12;
  const room = node.w - 24;
  const two = node.sub && node.h >= TWO_LINES_PX;
  const label = drawText("text", fitted(node.label, room, LABEL_CHARACTER_PX), { x, y: two ? -3 : 4 });
  if (!two) return [label];
  return [label, drawText("text", fitted(node.sub, room, SMALL_CHARACTER_PX), { x, y: 12, class: "wb-sub" })];
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
  for (const { line, head, time } of lines) layers[2].append(line, head, ...(time ? [time] : []));
  return { layers, groups, lines };
}
