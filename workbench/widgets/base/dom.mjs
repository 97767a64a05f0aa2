// @ts-check
/** Building blocks of the views. Text from events only ever becomes text nodes, never markup. */

/**
 * Attribute of elements that handle keys themselves. Lumino, which runs JupyterLab's shortcuts, ignores key events of
 * an element that has it; otherwise `a` or `d d` typed here would insert or delete cells of the notebook.
 */
export const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

/**
 * Makes an element: attributes first, then children; strings become text nodes.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] null, undefined and false leave an attribute out
 * @param {...(Node | string | null)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/**
 * Makes an element that holds one text.
 * @param {string} tag @param {string} text @param {Record<string, any>} [attributes]
 */
export function textual(tag, text, attributes = {}) {
  const node = make(tag, attributes);
  node.textContent = text;
  return node;
}

/**
 * Shows a text in a line, or hides the line when there is none.
 * @param {HTMLElement} node @param {string} text
 */
export function show(node, text) {
  node.textContent = text;
  node.hidden = !text;
}

/**
 * Hides the still pictures of a view from the first message of the kernel on; they are outputs of their own, see
 * `still.py`. A view without a kernel, as in exported HTML that holds the state of its widgets, stays empty.
 * @param {any} model
 * @returns {() => void} shows them again
 */
export function hideStill(model) {
  const rule = textual("style", `.wb-still-${model.get("still_id")} { display: none }`);
  const heard = () => document.head.append(rule);
  model.on("msg:custom", heard);
  return () => {
    model.off("msg:custom", heard);
    rule.remove();
  };
}

/**
 * The lines under the title of every view. `spoken` is read aloud by screen readers: it gets state changes, failures
 * and selections, never the counters, which would talk without end.
 */
export function statusLines() {
  return {
    note: make("div", { class: "wb-note", hidden: "" }),
    silence: make("div", { class: "wb-note", hidden: "", role: "alert" }),
    failure: make("div", { class: "wb-failure", hidden: "" }),
    spoken: make("div", { class: "wb-unseen", role: "status", "aria-live": "polite" }),
  };
}
