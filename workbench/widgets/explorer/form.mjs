// @ts-check
/** The form of a pane: fields and buttons, as the kernel describes them; what is being typed stays. */
import { make, textual } from "../base/dom.mjs";

const PAUSE_MS = 200;

/** @typedef {{name: string, label: string, kind: string, value: string, options: string[], hint: string, live: boolean, grow: boolean}} Field */
/** @typedef {{name: string, label: string, enabled: boolean, danger: boolean}} Press */

/** @param {Field} field @returns {any} */
function makeField(field) {
  if (field.kind === "choice") {
    return make("select", {}, ...field.options.map((option) => textual("option", option, { value: option })));
  }
  if (field.kind === "check") return make("input", { type: "checkbox" });
  if (field.kind === "area") return make("textarea", { rows: "4", placeholder: field.hint, spellcheck: "false" });
  return make("input", { type: "text", placeholder: field.hint, spellcheck: "false", autocomplete: "off" });
}

export class Form {
  #shape = "";
  /** @type {Map<string, {field: Field, element: any, sent: string[]}>} `sent`: what the kernel was told and has not said back, oldest first */
  #fields = new Map();
  /** @type {Press[]} */
  #presses = [];
  #timer = 0;
  #send;

  /** @param {(press: string, values: Record<string, string>) => void} send */
  constructor(send) {
    this.#send = send;
    this.root = make("form", { class: "wb-form" });
    this.root.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const first = this.#presses.find((press) => press.enabled);
      if (first) this.press(first.name);
    });
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** @param {string} name */
  press(name) {
    clearTimeout(this.#timer);
    this.#tell(name);
  }

  /** @param {string} press */
  #tell(press) {
    const values = this.values();
    for (const [name, one] of this.#fields) if (one.sent.at(-1) !== values[name]) one.sent.push(values[name]);
    this.#send(press, values);
  }

  /** @returns {Record<string, string>} */
  values() {
    const read = (/** @type {any} */ { field, element }) =>
      field.kind === "check" ? (element.checked ? "yes" : "") : element.value;
    return Object.fromEntries([...this.#fields].map(([name, one]) => [name, read(one)]));
  }

  /** @param {Field[]} fields @param {Press[]} presses */
  set(fields, presses) {
    const shape = JSON.stringify([fields.map((f) => [f.name, f.label, f.kind, f.options]), presses.map((p) => [p.name, p.label])]);
    if (shape !== this.#shape) this.#build(fields, presses);
    this.#shape = shape;
    this.#presses = presses;
    for (const field of fields) this.#refresh(field);
    for (const press of presses) {
      const button = [...this.root.querySelectorAll("button")].find((one) => one.name === press.name);
      if (button) button.disabled = !press.enabled;
    }
    this.root.hidden = !fields.length && !presses.length;
  }

  /** Takes a value of the kernel, but only one that it changed and that was not typed here: the next may be half typed. @param {Field} field */
  #refresh(field) {
    const one = this.#fields.get(field.name);
    if (!one) return;
    // A slow kernel says back what was typed before, while something newer is on its way to it.
    const place = one.sent.lastIndexOf(field.value);
    if (place >= 0) one.sent.splice(0, place + 1);
    else if (one.field.value !== field.value) {
      this.#write(one.element, field);
      one.sent = [];
    }
    one.field = field;
  }

  /** @param {any} element @param {Field} field */
  #write(element, field) {
    if (field.kind === "check") element.checked = field.value === "yes";
    else if (element.value !== field.value) element.value = field.value;
  }

  /** @param {Field[]} fields @param {Press[]} presses */
  #build(fields, presses) {
    const typed = this.values();
    const former = this.#fields;
    const focused = /** @type {any} */ (document.activeElement)?.name;
    this.#fields = new Map();
    const labels = fields.map((field) => {
      const element = makeField(field);
      element.name = field.name;
      element.setAttribute("aria-label", field.label);
      // What was typed stays, unless the kernel changed the field meanwhile.
      const same = former.get(field.name)?.field.value === field.value;
      this.#write(element, { ...field, value: same ? typed[field.name] : field.value });
      element.addEventListener(field.kind === "text" || field.kind === "area" ? "input" : "change", () => this.#changed(field));
      this.#fields.set(field.name, { field, element, sent: [] });
      const kind = `wb-field${field.kind === "check" ? " wb-check" : ""}${field.grow ? " wb-grow" : ""}`;
      return make("label", { class: kind }, textual("span", field.label), element);
    });
    const buttons = presses.map((press, place) => {
      const button = textual("button", press.label, { type: place ? "button" : "submit", name: press.name, class: press.danger ? "wb-danger" : null });
      if (place) button.addEventListener("click", () => this.press(press.name));
      return button;
    });
    const inside = this.root.contains(document.activeElement);
    this.root.replaceChildren(...labels, make("div", { class: "wb-presses" }, ...buttons));
    if (inside) [...this.root.elements].find((one) => one.name === focused)?.focus({ preventScroll: true });
  }

  /** @param {Field} field */
  #changed(field) {
    if (!field.live) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell("input"), PAUSE_MS);
  }
}
