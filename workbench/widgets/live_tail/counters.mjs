// @ts-check
/** The line of counters above the table; no DOM. */

const READING = ["live", "waiting", "no answer", "paused"];

/** @param {number} value */
const grouped = (value) => value.toLocaleString("en");

/**
 * @param {Record<string, any>} counts the newest tick @param {boolean} filtered
 */
export function countersText(counts, filtered) {
  const parts = [`${grouped(counts.total)} read`, `${grouped(counts.held)} held`, `${grouped(counts.dropped)} dropped`];
  if (counts.behind !== null) parts.push(`${grouped(counts.behind)} behind`);
  else if (canStop(counts.state)) parts.push("behind: unknown");
  if (counts.picked) parts.push(`${grouped(counts.picked)} selected`);
  if (counts.filtering) parts.push("filtering…");
  else if (filtered) parts.push(`${grouped(counts.end - counts.base)} match`);
  return `${counts.state} · ${parts.join(" · ")}`;
}

/** Whether there is reading that can be stopped. @param {string} state */
export function canStop(state) {
  return READING.includes(state);
}
