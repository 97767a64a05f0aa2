// @ts-check
/** A decoded value as a tree: members open and close, and a search shows those that match. */
import { make, textual } from "../base/dom.mjs";

/** Trees of more nodes begin with only two levels open. */
const ALL_OPEN = 300;
const LEVELS = 2;

/** @typedef {[number, string, string, string]} Node depth, name, text, kind */

/**
 * Places of the nodes that are shown: those whose parents are all open, or that match and what is above them.
 * @param {Node[]} nodes @param {Set<number>} open @param {string} wanted
 * @returns {number[]}
 */
export function shownNodes(nodes, open, wanted) {
  if (wanted) return matching(nodes, wanted);
  const shown = [];
  let hiddenBelow = Infinity;
  for (const [place, [depth]] of nodes.entries()) {
    if (depth > hiddenBelow) continue;
    hiddenBelow = open.has(place) ? Infinity : depth;
    shown.push(place);
  }
  return shown;
}

/** @param {Node[]} nodes @param {string} wanted */
export function matches(nodes, wanted) {
  const text = wanted.toLowerCase();
  return nodes.map(([, name, value]) => name.toLowerCase().includes(text) || value.toLowerCase().includes(text));
}

/** @param {Node[]} nodes @param {string} wanted */
function matching(nodes, wanted) {
  const found = matches(nodes, wanted);
  const keep = new Set();
  /** @type {number[]} */
  const path = [];
  for (const [place, [depth]] of nodes.entries()) {
    path.length = depth;
    path[depth] = place;
    if (found[place]) for (const above of path) keep.add(above);
  }
  return [...keep].sort((a, b) => a - b);
}

/** @param {Node[]} nodes @param {number} place */
function hasMembers(nodes, place) {
  return nodes[place + 1]?.[0] > nodes[place][0];
}

export class Tree {
  #nodes;
  #open;
  #focus = 0;
  #wanted = "";
  #search;
  #list;
  #count = make("span", { class: "wb-figures", role: "status" });

  /** @param {{title: string, nodes: Node[], note: string}} block */
  constructor(block) {
    this.#nodes = block.nodes;
    const levels = block.nodes.length > ALL_OPEN ? LEVELS : Infinity;
    this.#open = new Set(block.nodes.flatMap(([depth], place) => (depth < levels ? [place] : [])));
    this.#search = make("input", { type: "search", placeholder: "find in the value", "aria-label": `Find in ${block.title}` });
    this.#search.addEventListener("input", () => this.#filter());
    this.#list = make("div", { role: "tree", class: "wb-tree", "aria-label": block.title });
    this.#list.addEventListener("click", (/** @type {any} */ event) => this.#clicked(event));
    this.#list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
    const head = make("div", { class: "wb-treehead" }, textual("span", block.title, { class: "wb-heading" }), this.#search, this.#count);
    this.root = make("div", { class: "wb-block" }, head, ...(block.note ? [textual("div", block.note, { class: "wb-note" })] : []), this.#list);
    this.#paint();
  }

  #filter() {
    this.#wanted = this.#search.value.trim();
    const found = matches(this.#nodes, this.#wanted).filter(Boolean).length;
    this.#count.textContent = this.#wanted ? `${found} found` : "";
    this.#paint();
  }

  #paint() {
    const shown = shownNodes(this.#nodes, this.#open, this.#wanted);
    if (!shown.includes(this.#focus)) this.#focus = shown[0] ?? 0;
    const found = this.#wanted ? matches(this.#nodes, this.#wanted) : [];
    this.#list.replaceChildren(...shown.map((place) => this.#item(place, Boolean(found[place]))));
  }

  /** @param {number} place @param {boolean} found */
  #item(place, found) {
    const [depth, name, text, kind] = this.#nodes[place];
    const inner = hasMembers(this.#nodes, place);
    const open = this.#open.has(place) || Boolean(this.#wanted);
    const item = make("div", {
      role: "treeitem", class: `wb-node${found ? " wb-found" : ""}`, tabindex: place === this.#focus ? "0" : "-1",
      "aria-level": depth + 1, "aria-expanded": inner ? String(open) : null, style: `padding-left: ${depth * 14}px`,
    }, textual("span", inner ? (open ? "▾" : "▸") : "", { class: "wb-twist", "aria-hidden": "true" }));
    if (name) item.append(textual("span", `${name}: `, { class: "wb-name" }));
    item.append(textual("span", text, { class: `wb-${kind}` }));
    item.place = place;
    return item;
  }

  /** @param {number} place */
  #toggle(place) {
    if (!hasMembers(this.#nodes, place)) return;
    if (this.#open.has(place)) this.#open.delete(place);
    else this.#open.add(place);
    this.#go(place);
  }

  /** @param {number} place */
  #go(place) {
    this.#focus = place;
    this.#paint();
    [...this.#list.children].find((one) => one.place === place)?.focus();
  }

  /** @param {any} event */
  #clicked(event) {
    const place = event.target.closest?.("[role=treeitem]")?.place;
    if (place !== undefined && !window.getSelection()?.toString()) this.#toggle(place);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const shown = shownNodes(this.#nodes, this.#open, this.#wanted);
    const at = shown.indexOf(this.#focus);
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -shown.length, End: shown.length }[event.key];
    const open = this.#open.has(this.#focus);
    if (step !== undefined) this.#go(shown[Math.min(Math.max(at + step, 0), shown.length - 1)]);
    else if (event.key === "Enter" || (event.key === "ArrowRight" && !open) || (event.key === "ArrowLeft" && open && hasMembers(this.#nodes, this.#focus))) this.#toggle(this.#focus);
    else if (event.key === "ArrowRight") this.#go(Math.min(this.#focus + 1, this.#nodes.length - 1));
    else if (event.key === "ArrowLeft") this.#go(this.#above(this.#focus));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} place */
  #above(place) {
    const depth = this.#nodes[place][0];
    for (let one = place - 1; one >= 0; one--) if (this.#nodes[one][0] < depth) return one;
    return place;
  }
}
