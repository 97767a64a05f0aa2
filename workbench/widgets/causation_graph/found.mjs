// @ts-check
/** What was found by text: how it is counted, and which one comes next; no DOM. */

/**
 * What the line beside the field says.
 * @param {{events: number, folded: number, keys: string[]}} found @param {number} at place of the one shown, -1: none
 */
export function foundText({ events, folded, keys }, at) {
  if (!events) return "nothing found";
  const many = `${events.toLocaleString("en")} found`;
  const hidden = folded ? `, ${folded.toLocaleString("en")} of them folded` : "";
  return at < 0 || !keys.length ? many + hidden : `${at + 1} of ${keys.length} marks, ${many}${hidden}`;
}

/** The next place in a list, around its end. @param {number} at @param {number} step @param {number} count */
export function nextFound(at, step, count) {
  if (!count) return -1;
  return at < 0 ? (step > 0 ? 0 : count - 1) : (at + step + count) % count;
}
