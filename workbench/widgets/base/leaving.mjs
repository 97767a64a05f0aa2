// @ts-check
/** Tells the kernel when a view was removed from its notebook, so that the work for it ends. */

export class Leaving {
  /** @type {Element | null} */
  #page = null;
  #root;
  #send;

  /** @param {HTMLElement} root element of the view @param {(content: {kind: "gone"}) => void} send */
  constructor(root, send) {
    this.#root = root;
    this.#send = send;
  }

  /** Remembers the notebook that the view is in; a view is made before it is put into the page. */
  look() {
    this.#page ??= this.#root.closest(".jp-NotebookPanel");
  }

  /**
   * Says that the view is gone, if its notebook is still there: a notebook that was closed keeps its kernel, and shows
   * the view again when it is opened.
   */
  leave() {
    setTimeout(() => {
      if (this.#page?.isConnected) this.#send({ kind: "gone" });
    }, 0);
  }
}
