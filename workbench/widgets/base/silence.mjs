// @ts-check
/** Notices that the kernel is silent; no DOM, the time is given with each call (milliseconds). */

/** The kernel sends a pulse every five seconds, so that this much silence means trouble. */
export const STALE_MS = 15000;
export const KNOCK_MS = 7000;

export class SilenceWatch {
  /** @param {number} now */
  constructor(now) {
    this.lastNews = now;
    this.lastKnock = now;
  }

  /** @param {number} now */
  heard(now) {
    this.lastNews = now;
  }

  /**
   * Whether to say `ready` again: a kernel that stopped sending to a tab it believed closed resumes on `ready`.
   * @param {number} now
   */
  knockDue(now) {
    if (now - this.lastNews <= KNOCK_MS || now - this.lastKnock <= KNOCK_MS) return false;
    this.lastKnock = now;
    return true;
  }

  /**
   * Text that says since when the kernel is silent; empty while it is not.
   * @param {number} now
   */
  notice(now) {
    return now - this.lastNews > STALE_MS ? `No news from the kernel since ${clock(this.lastNews)}.` : "";
  }
}

/** @param {number} ms */
export function clock(ms) {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}
