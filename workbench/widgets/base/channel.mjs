// @ts-check
/** Talking to the kernel: ready, acknowledgements, requests with a time limit, and noticing silence. */

export const REQUEST_TIMEOUT_MS = 5000;
export const STALE_MS = 15000;
export const KNOCK_MS = 7000;

/** @typedef {{kind: string, [key: string]: any}} Content */

/**
 * Opens the channel of one view.
 * @param {any} model anywidget's model
 * @param {{
 *   tick?: (content: Content, buffers: DataView[]) => void,
 *   failed?: (message: string) => void,
 *   silence?: (text: string) => void,
 *   quiet?: boolean,
 *   other?: (content: Content, buffers: DataView[]) => void,
 * }} on
 */
export function openChannel(model, on) {
  const view = `v${Math.random().toString(36).slice(2, 10)}`;
  /** @type {Map<string, {resolve: (value: any) => void, reject: (error: Error) => void, timer: any}>} */
  const waiting = new Map();
  let requests = 0;
  let lastNews = Date.now();
  let lastKnock = Date.now();
  let closed = "";

  /** @param {Content} content */
  function send(content) {
    try {
      model.send(content);
    } catch {
      on.silence?.("The kernel cannot be reached.");
    }
  }

  /**
   * Asks, and promises the answer; rejects when it fails or takes longer than five seconds.
   * @param {Content} content
   * @returns {Promise<{content: Content, buffers: DataView[]}>}
   */
  function request(content) {
    const id = `${view}-${++requests}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(id, (w) => w.reject(new Error("timeout"))), REQUEST_TIMEOUT_MS);
      waiting.set(id, { resolve, reject, timer });
      send({ ...content, request: id });
    });
  }

  /** @param {string} id @param {(waiter: any) => void} how */
  function settle(id, how) {
    const waiter = waiting.get(id);
    if (!waiter) return false;
    clearTimeout(waiter.timer);
    waiting.delete(id);
    how(waiter);
    return true;
  }

  /** @param {Content} content @param {DataView[]} buffers */
  function receive(content, buffers) {
    lastNews = Date.now();
    if (!closed) on.silence?.("");
    if (content.kind === "tick") {
      send({ kind: "ack", number: content.number });
      closed = "";
      on.tick?.(content, buffers);
    } else if (content.kind === "closed") {
      closed = String(content.message);
      on.silence?.(`This view is ${closed}.`);
    } else if (content.kind === "failed") {
      const message = String(content.message);
      settle(content.request, (waiter) => waiter.reject(new Error(message)));
      on.failed?.(message);
    } else if (!settle(content.request, (waiter) => waiter.resolve({ content, buffers }))) {
      on.other?.(content, buffers);
    }
  }

  function watch() {
    const now = Date.now();
    if (closed || on.quiet) return;
    if (now - lastNews > KNOCK_MS && now - lastKnock > KNOCK_MS) {
      lastKnock = now;
      send({ kind: "ready" });
    }
    if (now - lastNews > STALE_MS) on.silence?.(`No news from the kernel since ${clock(lastNews)}.`);
  }

  model.on("msg:custom", receive);
  const timer = setInterval(watch, 1000);
  send({ kind: "ready" });

  return {
    view,
    send,
    request,
    close() {
      clearInterval(timer);
      for (const id of [...waiting.keys()]) settle(id, () => {});
      model.off("msg:custom", receive);
    },
  };
}

/** @param {number} ms */
export function clock(ms) {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

/**
 * Makes an element: attributes first, then children; strings become text.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
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
