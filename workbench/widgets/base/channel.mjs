// @ts-check
/** Messages between one view and the kernel: ready, acknowledgements, requests, and noticing silence; no DOM. */
import { PendingRequests } from "./requests.mjs";
import { SilenceWatch } from "./silence.mjs";

/** @typedef {{kind: string, [key: string]: any}} Content */
/**
 * @typedef {object} Handlers
 * @property {(content: Content, buffers: DataView[]) => void} [tick]
 * @property {(content: Content, buffers: DataView[]) => void} [other] any message that is no tick and no answer
 * @property {(message: string) => void} failed
 * @property {(text: string) => void} silence says why nothing comes; an empty text when something came again
 */

export class Channel {
  #closed = "";
  #timer = 0;
  #view = `v${Math.random().toString(36).slice(2, 10)}`;
  #requests = new PendingRequests(this.#view);
  #silence = new SilenceWatch(Date.now());
  #model;
  #handlers;

  /**
   * @param {any} model anywidget's model
   * @param {Handlers} handlers without `tick` for a widget that sends only on demand, whose silence means nothing
   */
  constructor(model, handlers) {
    this.#model = model;
    this.#handlers = handlers;
  }

  /** Starts to listen, and only then says `ready`: the kernel holds messages back until it hears it. */
  open() {
    this.#model.on("msg:custom", this.#receive);
    if (this.#handlers.tick) this.#timer = setInterval(this.#watch, 1000);
    this.send({ kind: "ready" });
  }

  close() {
    clearInterval(this.#timer);
    this.#requests.close();
    this.#model.off("msg:custom", this.#receive);
  }

  /** @param {Content} content */
  send(content) {
    try {
      this.#model.send(content);
    } catch {
      // JupyterLab throws when the comm is gone, as after a restart of the kernel.
      this.#handlers.silence("The kernel cannot be reached.");
    }
  }

  /**
   * Sends a request, and promises its answer; rejects when it fails or takes too long.
   * @param {Content} content
   * @returns {Promise<{content: Content, buffers: DataView[]}>}
   */
  request(content) {
    const { id, answer } = this.#requests.open();
    this.send({ ...content, request: id });
    return answer;
  }

  // Bound, because the same function must be given to `on` and `off`.
  #receive = (/** @type {Content} */ content, /** @type {DataView[]} */ buffers) => {
    this.#silence.heard(Date.now());
    if (!this.#closed) this.#handlers.silence("");
    if (content.kind === "tick") {
      // Acknowledged here, not when painted: browsers slow down timers and frames of a hidden tab, or stop them, and
      // the kernel would take the hidden tab for a closed one.
      this.send({ kind: "ack", number: content.number });
      this.#closed = "";
      this.#handlers.tick?.(content, buffers);
    } else if (content.kind === "closed") {
      this.#closed = String(content.message);
      this.#handlers.silence(content.final ? "" : `This view is ${this.#closed}.`);
    } else if (content.kind === "failed") {
      const message = String(content.message);
      this.#requests.refuse(content.request, message);
      this.#handlers.failed(message);
    } else if (!this.#requests.resolve(content.request, { content, buffers })) {
      this.#handlers.other?.(content, buffers);
    }
  };

  #watch = () => {
    if (this.#closed) return;
    const now = Date.now();
    if (this.#silence.knockDue(now)) this.send({ kind: "ready" });
    const notice = this.#silence.notice(now);
    if (notice) this.#handlers.silence(notice);
  };
}
