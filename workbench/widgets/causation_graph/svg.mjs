// @ts-check
/** Makes SVG elements. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...Node} children
 * @returns {any}
 */
export function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {string} tag `text` or `title` @param {string} text @param {Record<string, any>} [attributes] */
export function drawText(tag, text, attributes = {}) {
  const node = draw(tag, attributes);
  node.textContent = text;
  return node;
}
