// @ts-check
/** The column of the names of rows, which stays in sight while the bars are dragged; see `namesWidth`. */
import { drawParts } from "./drawing.mjs";
import { shortName } from "./geometry.mjs";
import { draw } from "./svg.mjs";

const CHARACTER_PX = 7;
const BADGE_PX = 17;
const MARGIN_PX = 10;

export class Names {
  /** Each node with its rectangles and badges, and its texts as they came. @type {any[]} */
  #rows;
  #width;
  #edge;
  element;

  /** Takes the nodes out of a drawing; their bars stay. @param {any} view @param {{layers: any[], groups: Map<string, any>}} drawn */
  constructor({ sideWidth: width, height, behind, nodes }, { layers, groups }) {
    this.#width = width;
    this.#edge = draw("rect", { class: "wb-names-edge", width: 1, height });
    const stripes = behind.filter((/** @type {any[]} */ [look]) => look === "stripe");
    const ground = [draw("rect", { class: "wb-names-ground", width, height }), ...drawParts(stripes), this.#edge];
    this.#rows = nodes.map((/** @type {any} */ node) => parted(node, groups.get(node.key), width));
    const events = draw("g", { role: "group", "aria-label": "Events" }, ...groups.values());
    layers.at(-1).setAttribute("aria-hidden", "true");
    this.element = draw("svg", { class: "wb-names", height }, draw("g", { "aria-hidden": "true" }, ...ground), events);
  }

  /** Makes the column as wide as it may be. @param {number} shown */
  narrow(shown) {
    const saved = this.#width - shown;
    this.element.setAttribute("width", shown);
    this.#edge.setAttribute("x", shown - 1);
    for (const { node, boxes, badges, texts } of this.#rows) {
      for (const box of boxes) box.setAttribute("width", node.w - saved);
      node.badges.forEach((/** @type {any[]} */ [, x, y], /** @type {number} */ at) => {
        badges[at].setAttribute("transform", `translate(${x - saved},${y})`);
      });
      // The first is the name; the source behind it needs the whole width.
      const [[text, x, name], ...others] = texts;
      for (const [other] of others) other.toggleAttribute("hidden", saved > 0);
      const left = ((node.x + x) * shown) / this.#width;
      const room = shown - left - MARGIN_PX - badges.length * BADGE_PX;
      text.setAttribute("x", left - node.x);
      text.textContent = shortName(name, Math.floor(room / CHARACTER_PX));
    }
  }
}

/** Leaves the bars of a node where it was. @param {any} node @param {any} group @param {number} width */
function parted(node, group, width) {
  const [, ring, hit, ...drawn] = group.children;
  const place = { transform: `translate(${node.x},${node.y})`, style: `--wb-colour: ${node.colour}` };
  const bars = draw("g", { class: "wb-bars", "data-key": node.key, ...place });
  /** @type {any[]} */
  const texts = [];
  node.parts.forEach((/** @type {any[]} */ [, x, , text], /** @type {number} */ at) => {
    if (text && node.x + x < width) texts.push([drawn[at], x, text]);
    else bars.append(drawn[at]);
  });
  group.replaceWith(bars);
  return { node, boxes: [ring, hit], badges: drawn.slice(node.parts.length), texts };
}
