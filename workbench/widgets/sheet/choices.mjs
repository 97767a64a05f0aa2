// @ts-check
/** Draws the lists and buttons of a sheet; `choices.py` has a class for each. */
import { make, OWN_KEYS, textual } from "../base/dom.mjs";
import { frame } from "./blocks.mjs";

/** @typedef {(name: string, option: number) => void} Choose */

/** @param {any} part @param {Choose} choose */
function drawList(part, choose) {
  const options = part.options.map((/** @type {string} */ text, /** @type {number} */ index) =>
    textual("option", text, { value: index, selected: index === part.chosen }));
  const list = make("select", { "data-wb-name": part.name, "aria-label": part.label }, ...options);
  if (part.chosen < 0) list.selectedIndex = -1;
  list.addEventListener("change", () => choose(part.name, list.selectedIndex));
  return make("label", {}, textual("span", part.label), list);
}

/** @param {any} part @param {Choose} choose */
function drawPress(part, choose) {
  const button = textual("button", part.label, { type: "button", "data-wb-name": part.name, disabled: !part.enabled });
  button.addEventListener("click", () => choose(part.name, 0));
  return button;
}

/**
 * @param {any} block
 * @param {Choose} choose called with the name of a choice and the index of the option that was chosen
 */
export function drawChoices(block, choose) {
  const parts = block.parts.map((/** @type {any} */ part) => (part.options ? drawList(part, choose) : drawPress(part, choose)));
  return frame(block, [make("div", { class: "wb-choices", role: "group", "aria-label": block.title, ...OWN_KEYS }, ...parts)]);
}
