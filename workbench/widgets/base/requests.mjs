// @ts-check
/** Requests to the kernel that wait for an answer; no DOM. */

export const REQUEST_TIMEOUT_MS = 5000;

/** @typedef {{resolve: (value: any) => void, reject: (error: Error) => void, timer: any}} Waiter */

export class PendingRequests {
  /** @type {Map<string, Waiter>} */
  #waiting = new Map();
  #made = 0;
  #prefix;

  /** @param {string} prefix makes the ids of this view differ from those of another view of the same widget */
  constructor(prefix) {
    this.#prefix = prefix;
  }

  /**
   * Starts to wait. The promise rejects after five seconds: an answer is lost when the kernel restarts, or when Jupyter
   * Server drops messages above its rate limit, and a view that waits for ever would never ask again.
   * @returns {{id: string, answer: Promise<any>}}
   */
  open() {
    const id = `${this.#prefix}-${++this.#made}`;
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.refuse(id, "timeout"), REQUEST_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
    });
    return { id, answer };
  }

  /**
   * Resolves a request; false when nobody waits for it, as in another view of the same widget.
   * @param {string} id @param {any} value
   */
  resolve(id, value) {
    const waiter = this.#settle(id);
    waiter?.resolve(value);
    return waiter !== undefined;
  }

  /** @param {string} id @param {string} message */
  refuse(id, message) {
    this.#settle(id)?.reject(new Error(message));
  }

  /** Forgets all requests. Their promises stay pending, so that no code of a closed view runs on. */
  close() {
    for (const id of [...this.#waiting.keys()]) this.#settle(id);
  }

  /** @param {string} id */
  #settle(id) {
    const waiter = this.#waiting.get(id);
    clearTimeout(waiter?.timer);
    this.#waiting.delete(id);
    return waiter;
  }
}
