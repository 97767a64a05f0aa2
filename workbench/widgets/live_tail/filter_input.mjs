// @ts-check
/** The filter: sent when typing rests, because each change is a query in the kernel. */

export const FILTER_DELAY_MS = 300;

export class FilterInput {
  /** @type {any} */
  #timer = 0;
  #input;
  #model;
  #sending;

  /** @param {any} input @param {any} model @param {() => void} sending called before another filter is sent */
  constructor(input, model, sending) {
    this.#input = input;
    this.#model = model;
    this.#sending = sending;
    input.value = model.get("filter");
    input.addEventListener("input", () => this.#typed());
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
  }

  /** Shows a filter that Python set, unless someone types: it would be overwritten under the cursor. */
  refresh() {
    if (document.activeElement !== this.#input) this.#input.value = this.#model.get("filter");
  }

  close() {
    clearTimeout(this.#timer);
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), FILTER_DELAY_MS);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Enter") this.#send();
    // Escape goes on to the notebook, which leaves the edit mode with it.
    if (event.key !== "Escape") event.stopPropagation();
  }

  #send() {
    clearTimeout(this.#timer);
    if (this.#model.get("filter") === this.#input.value) return;
    this.#sending();
    this.#model.set("filter", this.#input.value);
    this.#model.save_changes();
  }
}
