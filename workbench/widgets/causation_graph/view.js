// @ts-check
/** View of the causal graph: draws it, highlights causes and effects, and says what people select. */
import { Channel } from "../base/channel.mjs";
import { RecordDetail } from "../base/detail.mjs";
import { hideStill, show } from "../base/dom.mjs";
import { Leaving } from "../base/leaving.mjs";
import { drawGraph, drawLaneNames, drawParts } from "./drawing.mjs";
import { makeElements } from "./elements.mjs";
import { EventTable } from "./event_table.mjs";
import { Finder } from "./find.mjs";
import { paintChosen, paintHeader } from "./header.mjs";
import { keyAction } from "./keyboard.mjs";
import { neighbours, related, toggled } from "./links.mjs";
import { Names } from "./names.mjs";
import { Viewport } from "./viewport.mjs";

const decoder = new TextDecoder();
/** Pictures whose nodes stand in rows. */
const LISTED = new Set(["waterfall", "sequence", "diff"]);

class GraphView {
  /** Number of the drawing on screen: another tab that says `ready` brings the same one again. */
  #serial = -1;
  /** @type {Map<string, any>} */
  #nodes = new Map();
  /** @type {ReturnType<typeof drawGraph>} */
  #drawn = { layers: [], groups: new Map(), lines: [] };
  #links = neighbours([]);
  /** @type {Set<string>} */
  #selected = new Set();
  /** Key of the one node in the tab order. */
  #current = "";
  #table = new EventTable((key, adding) => this.#act(key, adding));
  /** Key of the event whose record is asked for or shown. */
  #shown = "";
  #model;
  #ui;
  #channel;
  #viewport;
  #detail;
  #leaving;
  #finder;
  /** Height of the picture; infinite for a graph, which is placed in the middle. */
  #needed = Infinity;

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    this.#ui = makeElements(model.get("name"), this.#table.element);
    el.append(this.#ui.root);
    // Without `tick`: this widget sends when something changed, and its silence means nothing.
    this.#channel = new Channel(model, {
      failed: (message) => this.#failed(message),
      silence: (text) => show(this.#ui.silence, text),
      other: (content, buffers) => this.#receive(content, buffers),
    });
    this.#detail = new RecordDetail(this.#ui.detail, () => this.#rove(this.#current, true));
    this.#viewport = new Viewport(this.#ui, () => this.#cleared());
    this.#finder = new Finder(this.#ui.find, this.#ui.found, {
      ask: (text) => this.#channel.request({ kind: "find", text }),
      mark: (keys) => this.#markFound(keys),
      go: (key) => this.#goTo(key),
      leave: () => this.#rove(this.#current, true),
    });
    this.#leaving = new Leaving(this.#ui.root, model.get("still_id"), (content) => this.#channel.send(content));
    this.#listen();
  }

  open() {
    this.#model.on("change:height", this.#resized);
    this.#resized();
    this.#channel.open();
  }

  close() {
    this.#channel.close();
    this.#finder.close();
    this.#leaving.leave();
    this.#model.off("change:height", this.#resized);
    this.#ui.root.remove();
  }

  #listen() {
    const { layouts, lanes, boxes, zoomIn, zoomOut, fitAll, fold, svg } = this.#ui;
    for (const [layout, button] of Object.entries(layouts)) {
      /** @type {any} */ (button).addEventListener("click", () => this.#setTrait("layout_name", layout));
    }
    for (const [trait, select] of Object.entries({ lanes, boxes })) {
      /** @type {any} */ (select).addEventListener("change", (/** @type {any} */ event) => this.#setTrait(trait, event.target.value));
    }
    zoomIn.addEventListener("click", () => this.#viewport.zoom(1.25));
    zoomOut.addEventListener("click", () => this.#viewport.zoom(0.8));
    fitAll.addEventListener("click", () => this.#viewport.fit());
    fold.addEventListener("click", () => this.#channel.send({ kind: "fold" }));
    svg.addEventListener("click", (/** @type {any} */ event) => this.#clicked(event));
    svg.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
  }

  /** @param {string} name @param {string} value */
  #setTrait(name, value) {
    this.#model.set(name, value);
    this.#model.save_changes();
  }

  #resized = () => {
    // A small picture with an axis takes no more room than it needs: its table comes at once.
    const room = this.#model.get("height");
    this.#ui.stage.style.height = `${Math.min(room, Math.max(this.#needed + 16, 160))}px`;
    this.#viewport.fit();
  };

  /** @param {string} text */
  #say(text) {
    this.#ui.spoken.textContent = text;
  }

  /** @param {string} message */
  #failed(message) {
    show(this.#ui.failure, message);
    this.#say(message);
  }

  /** @param {any} content @param {DataView[]} buffers */
  #receive(content, buffers) {
    this.#leaving.look();
    if (content.kind === "view" && content.serial !== this.#serial) {
      this.#paint(JSON.parse(decoder.decode(buffers[0])), content.picked, this.#serial >= 0);
      this.#serial = content.serial;
    }
    if (content.kind === "picked") this.#select(content.keys, false);
  }

  /** @param {any} view @param {string[]} selected @param {boolean} again whether another drawing was shown before */
  #paint(view, selected, again) {
    show(this.#ui.failure, "");
    this.#nodes = new Map(view.nodes.map((/** @type {any} */ node) => [node.key, node]));
    this.#links = neighbours([...view.edges, ...(view.links ?? [])], LISTED.has(view.layout));
    this.#drawn = drawGraph(view);
    paintHeader(this.#ui, view);
    for (const trait of ["lanes", "boxes"]) this.#ui[trait].value = this.#model.get(trait);
    this.#ui.root.dataset.layout = view.layout;
    this.#ui.world.replaceChildren(...this.#drawn.layers);
    const names = view.sideWidth ? new Names(view, this.#drawn) : null;
    this.#ui.side.replaceChildren(...(names ? [names.element] : drawLaneNames(view.lanes)));
    this.#ui.top.replaceChildren(...drawParts(view.top ?? []));
    this.#ui.svg.setAttribute("aria-label", `${this.#model.get("name")}: ${view.text}`);
    this.#table.paint(view.rows, view.titles, view.numeric);
    // Other pictures have other keys: the keyboard goes on at what is selected.
    if (!this.#nodes.has(this.#current)) {
      this.#current = selected.find((key) => this.#nodes.has(key)) ?? view.nodes[0]?.key ?? "";
    }
    this.#rove(this.#current, false);
    this.#select(selected, false);
    this.#needed = view.topHeight ? view.height : Infinity;
    this.#viewport.show(view, names);
    this.#resized();
    const [first] = this.#selected;
    if (first !== undefined) this.#viewport.reveal(this.#nodes.get(first));
    this.#finder.again();
    if (again) this.#say(`Drawn again: ${view.text}.`);
  }

  /** @param {string[]} keys @param {boolean} tell whether the kernel does not know yet */
  #select(keys, tell) {
    this.#selected = new Set(keys.filter((key) => this.#nodes.has(key)));
    const { up, down, edge } = related(this.#selected, this.#links);
    for (const [key, group] of this.#drawn.groups) {
      group.setAttribute("aria-pressed", String(this.#selected.has(key)));
      group.classList.toggle("wb-up", up.has(key));
      group.classList.toggle("wb-down", down.has(key));
    }
    for (const { line, head, cause, effect } of this.#drawn.lines) {
      const marked = edge(cause, effect);
      line.classList.toggle("wb-related", marked);
      head.classList.toggle("wb-related", marked);
    }
    this.#table.mark(this.#selected);
    const chosen = [...this.#selected].map((key) => this.#nodes.get(key));
    const text = paintChosen(this.#ui.chosen, chosen, up.size, down.size);
    if (text) this.#say(text);
    if (tell) this.#channel.send({ kind: "select", keys: [...this.#selected] });
    void this.#showRecord(chosen.length === 1 && chosen[0].kind === "event" ? chosen[0].key : "");
  }

  /**
   * Shows the record of the one event that is selected; with several or none the pane is hidden.
   * @param {string} key
   */
  async #showRecord(key) {
    if (key === this.#shown) return;
    this.#shown = key;
    this.#detail.hide();
    if (!key) return;
    const answer = await this.#channel.request({ kind: "record", key }).catch(() => null);
    // Another event may have been selected meanwhile; the focus stays in the drawing.
    if (answer?.content.facts && key === this.#shown) this.#detail.open(answer.content, false);
  }

  /** @param {Set<string>} keys */
  #markFound(keys) {
    for (const [key, group] of this.#drawn.groups) group.classList.toggle("wb-found", keys.has(key));
  }

  /** Shows a node that was found, and selects it; the focus stays in the field. @param {string} key */
  #goTo(key) {
    const node = this.#nodes.get(key);
    if (!node) return;
    this.#drawn.groups.get(this.#current)?.classList.remove("wb-at");
    this.#drawn.groups.get(key)?.classList.add("wb-at");
    this.#rove(key, false);
    this.#viewport.reveal(node);
    if (node.kind !== "group") this.#select([key], true);
    else this.#say(node.name);
  }

  #cleared() {
    if (this.#selected.size) this.#select([], true);
  }

  /**
   * Moves the one tab stop to a node: Tab leads into the drawing and out of it, arrow keys walk inside.
   * @param {string} key @param {boolean} focus
   */
  #rove(key, focus) {
    this.#drawn.groups.get(this.#current)?.setAttribute("tabindex", "-1");
    this.#current = key;
    const group = this.#drawn.groups.get(key);
    if (!group) return;
    group.setAttribute("tabindex", "0");
    if (!focus) return;
    this.#viewport.reveal(this.#nodes.get(key));
    // The browser would scroll the clipping box, and the transform would no longer say what is in sight.
    group.focus({ preventScroll: true });
  }

  /**
   * Selects a node, or opens a folded group. A row of the table may have no node, being folded into one.
   * @param {string} key @param {boolean} adding
   */
  #act(key, adding) {
    const node = this.#nodes.get(key);
    if (!node) return;
    this.#rove(key, true);
    if (node.kind === "group") {
      this.#say("Opening.");
      this.#channel.send({ kind: "open", key });
    } else {
      this.#select(adding ? toggled(this.#selected, key) : [key], true);
    }
  }

  /** @param {any} event */
  #clicked(event) {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key !== undefined) this.#act(key, event.ctrlKey || event.metaKey);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape") {
      // Gives the keys back to the notebook, which sees this one too.
      /** @type {any} */ (document.activeElement)?.blur();
      return;
    }
    if (event.key === "Tab") return;
    event.stopPropagation();
    const action = keyAction(event.key, event.ctrlKey, this.#current, this.#nodes, this.#links);
    if (action === null) return;
    event.preventDefault();
    if (action.focus !== undefined) this.#rove(action.focus, true);
    if (action.act !== undefined) this.#act(action.act, Boolean(action.adding));
    if (action.zoom !== undefined) this.#viewport.zoom(action.zoom);
    if (action.fit) this.#viewport.fit();
    if (action.find) this.#ui.find.focus();
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new GraphView(model, el);
  view.open();
  const showStill = hideStill(model);
  return () => {
    showStill();
    view.close();
  };
}

export default { render };
