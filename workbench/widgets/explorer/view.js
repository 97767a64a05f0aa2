// @ts-check
/** View of the explorer: panes about the cluster beside panes about the selected record. */
import { Channel } from "../base/channel.mjs";
import { hideStill, make, OWN_KEYS, show, statusLines, textual } from "../base/dom.mjs";
import { Leaving } from "../base/leaving.mjs";
import { Area } from "./area.mjs";

class ExplorerView {
  #id = `wb-${Math.random().toString(36).slice(2, 10)}`;
  /** @type {any} */
  #content = null;
  #wish = -1;
  #state = make("span", { class: "wb-figures" });
  #lines = statusLines();
  #model;
  #channel;
  #leaving;
  #main;
  #detail;

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    this.#channel = new Channel(model, {
      tick: (content) => this.#tick(content),
      failed: (message) => this.#failed(message),
      silence: (text) => show(this.#lines.silence, text),
    });
    const kernel = {
      send: (/** @type {any} */ content) => this.#sent(content),
      request: (/** @type {any} */ content) => this.#channel.request(content),
    };
    this.#main = new Area("Cluster", `${this.#id}-main`, kernel, (name) => this.#choose("pane", name));
    this.#detail = new Area("Selected record", `${this.#id}-detail`, kernel, (name) => this.#choose("detail", name));
    const { note, silence, failure, spoken } = this.#lines;
    const name = model.get("name");
    const bar = make("div", { class: "wb-bar" }, textual("span", name, { class: "wb-title" }), this.#state);
    const areas = make("div", { class: "wb-areas" }, this.#main.root, this.#detail.root);
    this.root = make("section", { class: "workbench wb-explorer mathjax_ignore tex2jax_ignore", "aria-label": name, ...OWN_KEYS }, bar, note, silence, failure, areas, spoken);
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
    this.#leaving = new Leaving(this.root, model.get("still_id"), (content) => this.#channel.send(content));
    el.append(this.root);
  }

  open() {
    for (const name of ["pane", "detail", "height"]) this.#model.on(`change:${name}`, this.#paint);
    this.#channel.open();
  }

  close() {
    this.#channel.close();
    this.#leaving.leave();
    for (const name of ["pane", "detail", "height"]) this.#model.off(`change:${name}`, this.#paint);
    this.#main.close();
    this.#detail.close();
    this.root.remove();
  }

  /** @param {any} content */
  #sent(content) {
    show(this.#lines.failure, "");
    this.#channel.send(content);
  }

  /** @param {any} content */
  #tick(content) {
    this.#leaving.look();
    this.#say(content);
    const [number, pane] = content.wish;
    const follow = this.#wish >= 0 && number > this.#wish;
    this.#wish = number;
    this.#content = content;
    if (follow) this.#choose("pane", pane);
    this.#paint();
  }

  /** Tells screen readers what ended, and which record is selected. @param {any} content */
  #say(content) {
    const before = this.#content;
    if (!before) return;
    const ended = content.panes.concat(content.details).find((/** @type {any} */ pane, /** @type {number} */ place) =>
      before.panes.concat(before.details)[place]?.busy && !pane.busy);
    if (ended) this.#lines.spoken.textContent = `${ended.title}: ${ended.failure || ended.note || "done"}`;
    else if (content.record !== before.record) this.#lines.spoken.textContent = `Record ${content.record} is selected.`;
  }

  #paint = () => {
    this.root.style.setProperty("--wb-height", `${this.#model.get("height")}px`);
    const content = this.#content;
    if (!content) return;
    const chosen = [content.topic && `topic ${content.topic}`, content.record && `record ${content.record}`].filter(Boolean);
    this.#state.textContent = [content.state, ...chosen].join("; ");
    this.#main.update(content.panes, this.#model.get("pane"));
    this.#detail.update(content.details, this.#model.get("detail"));
  };

  /** @param {string} message */
  #failed(message) {
    show(this.#lines.failure, message);
    this.#lines.spoken.textContent = message;
  }

  /** @param {"pane" | "detail"} trait @param {string} name */
  #choose(trait, name) {
    if (this.#model.get(trait) === name) return;
    this.#model.set(trait, name);
    this.#model.save_changes();
  }

  /** Escape goes from inside a pane to its tab, and from there back to the notebook. @param {KeyboardEvent} event */
  #pressed(event) {
    const active = /** @type {any} */ (document.activeElement);
    if (event.key !== "Escape" || !active) {
      event.stopPropagation();
      return;
    }
    if (active.getAttribute("role") === "tab") {
      active.blur();
      return;
    }
    event.stopPropagation();
    (this.#detail.root.contains(active) ? this.#detail : this.#main).focusTab();
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new ExplorerView(model, el);
  view.open();
  const showStill = hideStill(model);
  return () => {
    showStill();
    view.close();
  };
}

export default { render };
