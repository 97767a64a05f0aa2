// @ts-check
/** View of a sheet: a title, a state, and the blocks of the newest tick. */
import { Channel } from "../base/channel.mjs";
import { hideStill, make, show, statusLines } from "../base/dom.mjs";
import { Leaving } from "../base/leaving.mjs";
import { drawBlock } from "./blocks.mjs";
import { drawChoices } from "./choices.mjs";

class SheetView {
  /** @type {string[]} */
  #drawn = [];
  #title = make("span", { class: "wb-title" });
  #state = make("span", { class: "wb-figures" });
  #lines = statusLines();
  #blocks = make("div", { class: "wb-blocks" });
  #frame = 0;
  #model;
  #channel;
  #leaving;

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    const { note, silence, failure, spoken } = this.#lines;
    const bar = make("div", { class: "wb-bar" }, this.#title, this.#state);
    this.root = make("section", { class: "workbench wb-sheet mathjax_ignore tex2jax_ignore" }, bar, note, silence, failure, this.#blocks, spoken);
    this.#channel = new Channel(model, {
      tick: (content) => this.#tick(content),
      failed: (message) => this.#failed(message),
      silence: (text) => show(silence, text),
    });
    this.#leaving = new Leaving(this.root, model.get("still_id"), (content) => this.#channel.send(content));
    this.#rename();
    el.append(this.root);
  }

  open() {
    this.#model.on("change:name", this.#rename);
    // A chart may stand beside this sheet, and plotly's widget learns its width from a resized window only.
    this.#frame = requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
    this.#channel.open();
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#channel.close();
    this.#leaving.leave();
    this.#model.off("change:name", this.#rename);
    this.root.remove();
  }

  #rename = () => {
    this.#title.textContent = this.#model.get("name");
    this.root.setAttribute("aria-label", this.#model.get("name"));
  };

  /** @param {any} content */
  #tick(content) {
    this.#leaving.look();
    const word = content.state.split(" ")[0];
    const before = this.#state.textContent;
    // Spoken when the first word changes; what follows it are figures.
    if (before && before.split(" ")[0] !== word) this.#lines.spoken.textContent = `${this.#model.get("name")}: ${content.state}`;
    this.#state.textContent = content.state;
    this.root.classList.toggle("wb-ill", word === "failed");
    show(this.#lines.note, content.note);
    this.#paint(content.blocks);
  }

  /** @param {string} message */
  #failed(message) {
    show(this.#lines.failure, message);
    this.#lines.spoken.textContent = message;
  }

  /**
   * Replaces the blocks that changed and leaves the others alone, so that they keep their scroll position, focus and
   * selected text.
   * @param {any[]} blocks
   */
  #paint(blocks) {
    const keys = blocks.map((block) => JSON.stringify(block));
    const shown = this.#blocks.children;
    for (const [index, block] of blocks.entries()) {
      if (this.#drawn[index] === keys[index]) continue;
      if (index < shown.length) this.#replace(shown[index], block);
      else this.#blocks.append(this.#draw(block));
    }
    while (shown.length > blocks.length) this.#blocks.lastChild.remove();
    this.#drawn = keys;
  }

  /** @param {any} block */
  #draw(block) {
    return block.kind === "choices" ? drawChoices(block, this.#choose) : drawBlock(block);
  }

  /** @param {any} former @param {any} block */
  #replace(former, block) {
    const made = this.#draw(block);
    const focused = former.contains(document.activeElement) ? document.activeElement?.getAttribute("data-wb-name") : null;
    former.replaceWith(made);
    // Who chooses with the keyboard stays at the list that they chose from.
    const same = focused && [...made.querySelectorAll("[data-wb-name]")].find((one) => one.getAttribute("data-wb-name") === focused);
    if (same) same.focus({ preventScroll: true });
  }

  /** @param {string} name @param {number} option */
  #choose = (name, option) => this.#channel.send({ kind: "choose", name, option });
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new SheetView(model, el);
  view.open();
  const showStill = hideStill(model);
  return () => {
    showStill();
    view.close();
  };
}

export default { render };
