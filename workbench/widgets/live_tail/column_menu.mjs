// @ts-check
/** The menu of the columns: which are shown, how wide they are, and by which one the rows are sorted. */
import { make, textual } from "../base/dom.mjs";
import { LEAST_PX, MOST_PX, withHidden, withWidth } from "./columns.mjs";

export class ColumnMenu {
  #button;
  #panel;
  #model;

  /** @param {HTMLElement} button @param {HTMLElement} panel @param {any} model */
  constructor(button, panel, model) {
    this.#button = button;
    this.#panel = panel;
    this.#model = model;
    button.addEventListener("click", () => this.#toggle());
    panel.addEventListener("keydown", (event) => this.#pressed(event));
    this.#show(false);
  }

  /** Draws what the model says, unless the menu is closed. */
  refresh() {
    if (this.#panel.hidden) return;
    const focused = /** @type {any} */ (document.activeElement)?.dataset?.wbKey;
    this.#panel.replaceChildren(this.#sorting(), ...this.#model.get("columns").map((/** @type {any} */ c) => this.#line(c)));
    if (focused) /** @type {any} */ (this.#panel.querySelector(`[data-wb-key="${focused}"]`))?.focus();
  }

  #toggle() {
    this.#show(this.#panel.hidden);
  }

  /** @param {boolean} open */
  #show(open) {
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    this.refresh();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    event.stopPropagation();
    if (event.key !== "Escape") return;
    this.#show(false);
    this.#button.focus();
  }

  #sorting() {
    const order = this.#model.get("order") ?? "";
    const select = make("select", { "aria-label": "Sort by", "data-wb-key": "order" });
    const options = [["", "as they came"]];
    for (const { name, title } of this.#model.get("columns")) {
      options.push([name, `${title}, ascending`], [`-${name}`, `${title}, descending`]);
    }
    for (const [value, title] of options) select.append(textual("option", title, { value }));
    select.value = order;
    select.addEventListener("change", () => this.#save("order", select.value));
    return make("label", { class: "wb-column" }, textual("span", "Sort the rows held"), select);
  }

  /** @param {any} column */
  #line(column) {
    const { name, title, width, hidden } = column;
    const box = make("input", { type: "checkbox", "data-wb-key": `${name}-shown` });
    box.checked = !hidden;
    box.addEventListener("change", () => this.#save("columns", withHidden(this.#model.get("columns"), name, !box.checked)));
    const size = make("input", {
      type: "number", min: LEAST_PX, max: MOST_PX, step: 10, value: width, "aria-label": `Width of ${title} in pixels`,
      "data-wb-key": `${name}-width`,
    });
    size.addEventListener("change", () => this.#save("columns", withWidth(this.#model.get("columns"), name, Number(size.value))));
    return make("div", { class: "wb-column" }, make("label", {}, box, textual("span", title)), size);
  }

  /** @param {string} trait @param {any} value */
  #save(trait, value) {
    this.#model.set(trait, value);
    this.#model.save_changes();
    this.refresh();
  }
}
