// @ts-check
/** One pane: its form, its table, its sections; asks the kernel for what changed while it is shown. */
import { make, show } from "../base/dom.mjs";
import { drawBlock } from "../sheet/blocks.mjs";
import { Form } from "./form.mjs";
import { Grid, unpacked } from "./grid.mjs";
import { Tree } from "./tree.mjs";

/** @typedef {{name: string, title: string, version: number, rows: number, busy: string, note: string, failure: string, picked: string}} Outline */
/** @typedef {{send: (content: any) => void, request: (content: any) => Promise<{content: any, buffers: DataView[]}>}} Kernel */

const RETRY_MS = 500;

export class Pane {
  /** @type {string[]} */
  #drawn = [];
  #version = -1;
  #wanted = -1;
  #asking = false;
  #columns = false;
  #timer = 0;
  #form;
  #grid;
  #kernel;
  #name;
  #note = make("div", { class: "wb-figures wb-line" });
  #busy = make("div", { class: "wb-line wb-busy", hidden: "" });
  #failure = make("div", { class: "wb-failure", hidden: "", role: "alert" });
  #sections = make("div", { class: "wb-blocks", tabindex: "0", role: "region" });

  /** @param {Outline} outline @param {string} id @param {Kernel} kernel */
  constructor(outline, id, kernel) {
    const pane = outline.name;
    this.#name = pane;
    this.#kernel = kernel;
    this.#form = new Form((press, values) => this.#press(press, values));
    this.#grid = new Grid(id, outline.title, (start, end) => kernel.request({ kind: "window", pane, start, end }), {
      pick: (key) => kernel.send({ kind: "pick", pane, key, how: "pick" }),
      enter: (key) => kernel.send({ kind: "pick", pane, key, how: "enter" }),
      sort: (column) => this.#press("sort", { ...this.#form.values(), column }),
    });
    this.#grid.root.hidden = true;
    this.#sections.setAttribute("aria-label", `${outline.title}: details`);
    const shown = make("div", { class: "wb-sheet wb-sections" }, this.#sections);
    this.root = make("div", { class: "wb-pane" }, this.#form.root, this.#busy, this.#failure, this.#note, this.#grid.root, shown);
  }

  close() {
    clearTimeout(this.#timer);
    this.#form.close();
    this.#grid.close();
  }

  /** @param {Outline} outline */
  update(outline) {
    show(this.#note, outline.note);
    show(this.#busy, outline.busy ? `${outline.busy} …` : "");
    show(this.#failure, outline.failure);
    this.#wanted = outline.version;
    this.#grid.set(outline.rows, outline.version, outline.picked);
    void this.#load();
  }

  /** @param {string} press @param {Record<string, string>} values */
  #press(press, values) {
    this.#kernel.send({ kind: "press", pane: this.#name, press, names: Object.keys(values), values: Object.values(values) });
  }

  async #load() {
    if (this.#asking || this.#version === this.#wanted) return;
    this.#asking = true;
    try {
      const { content, buffers } = await this.#kernel.request({ kind: "content", pane: this.#name });
      this.#version = content.version;
      this.#paint(content, unpacked(buffers[0]));
    } catch {
      this.#timer = setTimeout(() => this.#load(), RETRY_MS);
    } finally {
      this.#asking = false;
    }
    // Newer by now: the tick that said so came while this one was under way.
    if (this.#version < this.#wanted) void this.#load();
  }

  /** @param {any} content @param {any[]} blocks */
  #paint(content, blocks) {
    this.#form.set(content.inputs, content.presses);
    this.#columns = content.columns.length > 0;
    this.#grid.root.hidden = !this.#columns;
    if (this.#columns) this.#grid.setColumns(content.columns, content.order);
    const keys = blocks.map((block) => JSON.stringify(block));
    const shown = this.#sections.children;
    for (const [place, block] of blocks.entries()) {
      if (this.#drawn[place] === keys[place]) continue;
      const made = block.kind === "tree" ? new Tree(block).root : drawBlock(block);
      if (place < shown.length) shown[place].replaceWith(made);
      else this.#sections.append(made);
    }
    while (shown.length > blocks.length) this.#sections.lastChild.remove();
    this.#drawn = keys;
    this.#sections.hidden = !blocks.length;
  }
}
