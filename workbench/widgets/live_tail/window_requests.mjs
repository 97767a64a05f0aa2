// @ts-check
/** Asks the kernel for the rows on screen, one request at a time; no DOM. */
import { windowAt } from "./geometry.mjs";
import { hasRows, KEPT_ROWS, keepRows, storeRows } from "./rows.mjs";

const decoder = new TextDecoder();

/** Waiting time after a refused or lost request, which doubles with each further one up to the second number. */
export const RETRY_MS = 250;
export const RETRY_LIMIT_MS = 10000;

/** Rows of a message's buffer. @param {DataView} buffer */
export function unpacked(buffer) {
  return JSON.parse(decoder.decode(buffer));
}

export class WindowRequests {
  #asking = false;
  #askAgain = false;
  #failures = 0;
  /** @type {any} */
  #timer = 0;
  #state;
  #request;
  #viewportPx;
  #arrived;

  /**
   * @param {import("./state.mjs").TableState} state
   * @param {(content: any) => Promise<{content: any, buffers: DataView[]}>} request
   * @param {() => number} viewportPx
   * @param {() => void} arrived called when rows came
   */
  constructor(state, request, viewportPx, arrived) {
    this.#state = state;
    this.#request = request;
    this.#viewportPx = viewportPx;
    this.#arrived = arrived;
  }

  /**
   * Asks for the window if rows of it are missing. While a request is in flight no other is sent: scrolling would
   * queue hundreds, each for rows that have left the screen when it is answered.
   */
  async ask() {
    const { first, counts, rows, outdated } = this.#state;
    const [start, end] = windowAt(first, counts.base, counts.end, this.#viewportPx());
    if (!outdated && hasRows(rows, start, end)) return;
    if (this.#asking || this.#timer) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    this.#state.outdated = false;
    try {
      const { content, buffers } = await this.#request({ kind: "window", start, end });
      this.#failures = 0;
      this.#store(content, buffers, start, end);
    } catch {
      // Asked again at once, a request that the kernel refuses would come back hundreds of times a second.
      this.#timer = setTimeout(() => this.#retry(), Math.min(RETRY_MS * 2 ** this.#failures, RETRY_LIMIT_MS));
      this.#failures += 1;
    } finally {
      this.#asking = false;
      if (this.#askAgain && !this.#timer) {
        this.#askAgain = false;
        void this.ask();
      }
    }
  }

  #retry() {
    this.#timer = 0;
    this.#askAgain = false;
    void this.ask();
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** @param {any} content @param {DataView[]} buffers @param {number} start @param {number} end */
  #store(content, buffers, start, end) {
    const { counts, rows } = this.#state;
    // The filter changed meanwhile: these positions mean other records now.
    if (content.view !== counts.view) return;
    keepRows(rows, start - KEPT_ROWS, end + KEPT_ROWS + 1);
    storeRows(rows, content.start, unpacked(buffers[0]));
    this.#arrived();
  }
}
