// @ts-check
/** Finding by text: the kernel looks into all events, folded ones too; the view marks what it shows of them. */

import { foundText, nextFound } from "./found.mjs";

/** How long a pause in typing is before the kernel is asked. */
const PAUSE_MS = 200;

export class Finder {
  #at = -1;
  #timer = 0;
  /** Number of the newest question: an answer to an older one is dropped. */
  #asked = 0;
  /** @type {{events: number, folded: number, keys: string[]}} */
  #found = { events: 0, folded: 0, keys: [] };
  #field;
  #said;
  #does;

  /**
   * @param {any} field where people type @param {any} said the line beside it
   * @param {{ask: (text: string) => Promise<any>, mark: (keys: Set<string>) => void, go: (key: string) => void,
   *   leave: () => void}} does
   */
  constructor(field, said, does) {
    this.#field = field;
    this.#said = said;
    this.#does = does;
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
  }

  /** Asks again: another drawing is shown. */
  again() {
    if (this.#field.value) void this.#ask(false);
  }

  close() {
    clearTimeout(this.#timer);
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(false), PAUSE_MS);
  }

  /** @param {boolean} go whether to show the first one at once */
  async #ask(go) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const number = ++this.#asked;
    const text = this.#field.value;
    const answer = text ? await this.#does.ask(text).catch(() => null) : null;
    if (number !== this.#asked) return;
    this.#found = answer?.content ?? { events: 0, folded: 0, keys: [] };
    this.#at = -1;
    this.#does.mark(new Set(this.#found.keys));
    this.#say(text);
    if (go) this.#step(1);
  }

  /** @param {string} text */
  #say(text) {
    this.#said.textContent = text ? foundText(this.#found, this.#at) : "";
  }

  /** @param {number} step */
  #step(step) {
    this.#at = nextFound(this.#at, step, this.#found.keys.length);
    if (this.#at >= 0) this.#does.go(this.#found.keys[this.#at]);
    this.#say(this.#field.value);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    event.stopPropagation();
    if (event.key === "Escape") {
      this.#field.value = "";
      void this.#ask(false);
      this.#does.leave();
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    // Typed and not asked yet: the answer of the text that stood there before would be stepped through.
    if (this.#timer) void this.#ask(true);
    else this.#step(event.shiftKey ? -1 : 1);
  }
}
