// @ts-check
/** Causes and effects of the drawn nodes: neighbours, reach, and what a selection relates to; no DOM. */

/**
 * `listed`: the nodes stand in rows, so that up and down lead to the row before and after.
 * @typedef {{effects: Map<string, string[]>, causes: Map<string, string[]>, listed?: boolean}} Links
 */

/**
 * Neighbours of each key, in the order of the edges.
 * @param {[string, string, ...any[]][]} edges cause and effect first
 * @param {boolean} [listed]
 * @returns {Links}
 */
export function neighbours(edges, listed = false) {
  /** @type {Map<string, string[]>} */
  const effects = new Map();
  /** @type {Map<string, string[]>} */
  const causes = new Map();
  for (const [cause, effect] of edges) {
    append(effects, cause, effect);
    append(causes, effect, cause);
  }
  return { effects, causes, listed };
}

/** @param {Map<string, string[]>} lists @param {string} key @param {string} value */
function append(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/**
 * Everything that can be reached from some keys, themselves left out. Iterative, because a chain may be longer than the
 * stack; each key is visited once, so that a cycle ends.
 * @param {Iterable<string>} keys @param {Map<string, string[]>} next
 */
export function reach(keys, next) {
  const start = new Set(keys);
  /** @type {Set<string>} */
  const found = new Set();
  const waiting = [...start];
  while (waiting.length) {
    for (const key of next.get(waiting.pop() ?? "") ?? []) {
      if (!found.has(key)) {
        found.add(key);
        waiting.push(key);
      }
    }
  }
  for (const key of start) found.delete(key);
  return found;
}

/**
 * What a selection relates to: its causes, its effects, and a test for the edges between them. An edge from a cause of
 * the selection to an effect of it that passes the selection by is not related.
 * @param {Set<string>} selected @param {Links} links
 */
export function related(selected, links) {
  const up = reach(selected, links.causes);
  const down = reach(selected, links.effects);
  const upward = new Set([...up, ...selected]);
  const downward = new Set([...down, ...selected]);
  const edge = (/** @type {string} */ cause, /** @type {string} */ effect) => selected.size > 0
    && ((upward.has(cause) && upward.has(effect)) || (downward.has(cause) && downward.has(effect)));
  return { up, down, edge };
}

/**
 * The selection after a click with Ctrl or Cmd: with the key if it was not selected, else without it.
 * @param {Set<string>} selected @param {string} key
 */
export function toggled(selected, key) {
  return selected.has(key) ? [...selected].filter((one) => one !== key) : [...selected, key];
}
