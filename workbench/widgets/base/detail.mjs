// @ts-check
/** The pane that shows one record in full. */
import { make, textual } from "./dom.mjs";

/** @param {string} title @param {[string, string][]} facts */
function pairs(title, facts) {
  const lines = facts.map(([name, value]) => make("tr", {}, textual("th", name, { scope: "row" }), textual("td", value)));
  return make("table", {}, make("caption", {}, title), make("tbody", {}, ...lines));
}

export class RecordDetail {
  #element;
  #closed;

  /** @param {HTMLElement} element @param {() => void} closed called when the pane was closed */
  constructor(element, closed) {
    this.#element = element;
    this.#closed = closed;
    element.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** @param {any} content @param {boolean} focus whether the keyboard goes on in the pane */
  open(content, focus = true) {
    const close = make("button", { type: "button" }, "Close record");
    close.addEventListener("click", () => this.#close());
    const title = textual("span", content.facts[0]?.[1] ?? "Record", { class: "wb-title" });
    // In the tab order, so that a long value can be scrolled by keys.
    const body = textual("pre", content.body, { tabindex: "0", "aria-label": "Value" });
    this.#element.replaceChildren(
      make("div", { class: "wb-bar" }, title, close),
      pairs("Facts", content.facts),
      content.headers.length ? pairs("Headers", content.headers) : make("div", { class: "wb-empty" }, "No headers."),
      body,
    );
    this.#element.hidden = false;
    if (focus) this.#element.focus({ preventScroll: true });
  }

  hide() {
    this.#element.hidden = true;
  }

  #close() {
    this.hide();
    this.#closed();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.#close();
  }
}
