// @ts-check
/** Draws lanes, time ticks, edges and nodes: paths, places and texts come from the kernel, see `content.py`. */
import { draw, drawText } from "./svg.mjs";

/** @typedef {{line: any, core: any, head: any, time: any, cause: string, effect: string}} Line */

/** @param {[string, string, number, number]} lane @param {number} width */
function drawLane([, , y, height], width) {
  return draw("g", { class: "wb-lane" }, draw("rect", { x: 0, y, width, height }));
}

/** Names of lanes, which stay in sight when the drawing is dragged. @param {[string, string, number, number][]} lanes */
export function drawLaneNames(lanes) {
  return lanes.map(([label, title]) => {
    const text = drawText("text", label, { class: "wb-lane-name", x: 6, "aria-hidden": "true" });
    text.append(drawText("title", title));
    return text;
  });
}

/** Lines and folded gaps of the axis, whose labels stay at the top. @param {[number, number][]} ticks @param {number} height */
function drawTicks(ticks, height) {
  return ticks.map(([x, gap]) => {
    const line = gap
      ? draw("rect", { class: "wb-p-idle", x: x - gap / 2, y: 0, width: gap, height })
      : draw("line", { x1: x, x2: x, y1: 0, y2: height });
    return draw("g", { class: "wb-tick" }, line);
  });
}

/** Lines, areas and texts of a picture, each with its look. @param {any[][]} parts */
export function drawParts(parts) {
  return parts.map(([look, ...rest]) => {
    if (rest.length === 1) return draw("path", { class: `wb-p-${look}`, d: rest[0] });
    const [x, y, text, anchor] = rest;
    return drawText("text", text, { class: `wb-p-${look}`, x, y, "text-anchor": anchor });
  });
}

/** @param {any[]} edge @returns {Line} */
function drawEdge([cause, effect, path, arrow, dash, width, broken, critical, hop]) {
  const style = `--wb-width: ${Number(width)}px; stroke-dasharray: ${dash || "none"}`;
  const line = draw("path", { class: `wb-edge${broken ? " wb-break" : ""}${critical ? " wb-path" : ""}`, d: path, style });
  // Over the line of the critical path, in the colour of the page: it becomes a double line.
  const core = critical ? draw("path", { class: "wb-core", d: path }) : null;
  const head = draw("path", { class: `wb-head${broken ? " wb-break" : ""}`, d: arrow });
  return { line, core, head, time: hop && drawHop(hop), cause, effect };
}

/** @param {[string, number, number, string]} hop time, place and anchor */
function drawHop([time, x, y, anchor]) {
  return drawText("text", time, { class: "wb-hop", x, y, "text-anchor": anchor });
}

/** A badge: its kind, place, outline and sign. @param {[string, number, number, string, string]} badge */
export function drawBadge([kind, x, y, outline, sign]) {
  const parts = [draw("path", { class: "wb-outline", d: outline }), draw("path", { class: "wb-sign", d: sign })];
  return draw("g", { class: `wb-badge wb-${kind}`, transform: `translate(${x},${y})` }, ...parts);
}

/** @param {any} node */
function drawBox(node) {
  const style = `stroke-dasharray: ${node.dash || "none"}`;
  const drawn = [draw("path", { class: "wb-box", d: node.path, style })];
  if (node.inner) drawn.push(draw("path", { class: "wb-inner", d: node.inner }));
  return [...drawn, ...node.texts.map((/** @type {any} */ [text, x, y, name]) => drawText("text", text, { x, y, class: name }))];
}

/** @param {any} node */
function drawNode(node) {
  const wide = node.parts || node.texts.length > 0;
  const group = draw("g", {
    class: `wb-node wb-${node.kind}${node.cycle ? " wb-cycle" : ""}${wide ? "" : " wb-small"}`, role: "button",
    tabindex: "-1", "aria-label": node.name, "aria-pressed": "false", transform: `translate(${node.x},${node.y})`,
    style: `--wb-colour: ${node.colour}`,
  });
  // Rows of a picture stand close to each other: their rings must not lie on the neighbours.
  const pad = node.parts && node.kind !== "type" ? 0 : 5;
  const ring = { x: -node.w / 2 - pad, y: -node.h / 2 - pad, width: node.w + 2 * pad, height: node.h + 2 * pad, rx: pad + 2 };
  group.append(drawText("title", node.name), draw("rect", { class: "wb-ring", ...ring }));
  if (node.parts) group.append(draw("rect", { class: "wb-hit", ...ring }), ...drawParts(node.parts));
  else group.append(...drawBox(node));
  group.append(...node.badges.map(drawBadge));
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
    draw("g", hidden, ...drawParts(view.behind ?? [])),
    draw("g", hidden, ...view.lanes.map((/** @type {any} */ lane) => drawLane(lane, view.width))),
    draw("g", hidden, ...drawTicks(view.ticks, view.height)),
    draw("g", hidden),
    draw("g", { role: "group", "aria-label": "Events" }, ...groups.values()),
  ];
  // One by one: as arguments of one call, 10,000 elements come near the limit of the stack.
  for (const { line, core, head } of lines) layers[3].append(...[line, core, head].filter((one) => one));
  // Above all lines, which would pass through them.
  for (const { time } of lines) if (time) layers[3].append(time);
  return { layers, groups, lines };
}
