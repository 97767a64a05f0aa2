// @ts-check
/** Asks the kernel for the rows on screen, one request at a time; no DOM. */
import { windowAt } from "./geometry.mjs";
import { hasRows, KEPT_ROWS, keepRows, storeRows } from "./rows.mjs";

const decoder = new TextDecoder();

/** Rows of a message's buffer. @param {DataView} buffer */
export function unpacked(buffer) {
  return JSON.parse(decoder.decode(buffer));
}

export class WindowRequests {
  #asking = false;
  #askAgain = false;
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
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    this.#state.outdated = false;
    try {
      const { content, buffers } = await this.#request({ kind: "window", start, end });
      this.#store(content, buffers, start, end);
    } catch {
      this.#askAgain = true;
    } finally {
      this.#asking = false;
      if (this.#askAgain) {
        this.#askAgain = false;
        void this.ask();
      }
    }
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
