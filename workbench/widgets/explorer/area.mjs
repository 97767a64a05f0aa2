// @ts-check
/** Tabs, and the pane of the one that is chosen. */
import { make, textual } from "../base/dom.mjs";
import { Pane } from "./pane.mjs";

/** @typedef {import("./pane.mjs").Outline} Outline */

/**
 * The tab to which a key leads; null where the key leads nowhere.
 * @param {string} key @param {number} at @param {number} count
 */
export function tabAt(key, at, count) {
  if (key === "ArrowRight") return (at + 1) % count;
  if (key === "ArrowLeft") return (at + count - 1) % count;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}

export class Area {
  /** @type {Map<string, {tab: any, pane: Pane}>} */
  #panes = new Map();
  #id;
  #kernel;
  #choose;
  #chosen = "";
  #tabs;
  #panel = make("div", { role: "tabpanel", class: "wb-panel" });

  /** @param {string} label @param {string} id @param {import("./pane.mjs").Kernel} kernel @param {(name: string) => void} choose */
  constructor(label, id, kernel, choose) {
    this.#id = id;
    this.#kernel = kernel;
    this.#choose = choose;
    this.#tabs = make("div", { role: "tablist", class: "wb-tabs", "aria-label": label });
    this.#tabs.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
    this.#panel.id = `${id}-panel`;
    this.root = make("div", { class: "wb-area" }, this.#tabs, this.#panel);
  }

  close() {
    for (const { pane } of this.#panes.values()) pane.close();
  }

  /** @param {Outline[]} outlines @param {string} chosen */
  update(outlines, chosen) {
    for (const outline of outlines) if (!this.#panes.has(outline.name)) this.#add(outline);
    const name = this.#panes.has(chosen) ? chosen : outlines[0]?.name;
    if (name !== this.#chosen) this.#show(name);
    for (const outline of outlines) {
      const tab = this.#panes.get(outline.name)?.tab;
      tab?.classList.toggle("wb-failed", Boolean(outline.failure));
      tab?.classList.toggle("wb-working", Boolean(outline.busy));
    }
    const outline = outlines.find((one) => one.name === name);
    if (outline) this.#panes.get(name)?.pane.update(outline);
  }

  focusTab() {
    this.#panes.get(this.#chosen)?.tab.focus();
  }

  /** @param {Outline} outline */
  #add(outline) {
    const id = `${this.#id}-${outline.name}`;
    const tab = textual("button", outline.title, { type: "button", role: "tab", id, "aria-controls": this.#panel.id, "aria-selected": "false", tabindex: "-1" });
    tab.addEventListener("click", () => this.#choose(outline.name));
    this.#panes.set(outline.name, { tab, pane: new Pane(outline, `${id}-row`, this.#kernel) });
    this.#tabs.append(tab);
  }

  /** @param {string} name */
  #show(name) {
    this.#chosen = name;
    for (const [other, { tab }] of this.#panes) {
      tab.setAttribute("aria-selected", String(other === name));
      tab.setAttribute("tabindex", other === name ? "0" : "-1");
    }
    const shown = this.#panes.get(name);
    if (!shown) return;
    this.#panel.setAttribute("aria-labelledby", shown.tab.id);
    this.#panel.replaceChildren(shown.pane.root);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const names = [...this.#panes.keys()];
    const to = tabAt(event.key, names.indexOf(this.#chosen), names.length);
    if (to === null) return;
    event.preventDefault();
    this.#choose(names[to]);
    this.#panes.get(names[to])?.tab.focus();
  }
}
