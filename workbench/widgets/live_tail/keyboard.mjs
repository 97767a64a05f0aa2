// @ts-check
/** Keys of the table; no DOM. */
import { moved, reveal } from "./geometry.mjs";

/** @typedef {import("./state.mjs").TableState} TableState */

/**
 * Applies a key to the state.
 * @param {TableState} state @param {string} key @param {boolean} shift @param {number} viewportPx
 * @returns {{moved?: true, select?: any, open?: number} | null} what is left to do: a message that selects, a record to
 *   open; null when the key means nothing here
 */
export function pressKey(state, key, shift, viewportPx) {
  const { base, end } = state.counts;
  // Without a focus, or when its row went away, keys start at the first row of the newest page.
  const from = state.focus < base ? Math.floor(state.lastFirst(viewportPx)) : state.focus;
  const to = moved(key, from, base, end, viewportPx);
  if (to !== null) {
    state.focus = to;
    state.first = reveal(to, state.first, viewportPx);
    if (!shift) return { moved: true };
    if (state.anchor < 0) state.anchor = from;
    return { moved: true, select: state.select(state.anchor, to, "extend") };
  }
  if (state.focus < base) return null;
  if (key === "Enter") return { open: state.focus };
  if (key !== " ") return null;
  state.anchor = state.focus;
  return { select: state.select(state.focus, state.focus, "toggle") };
}
